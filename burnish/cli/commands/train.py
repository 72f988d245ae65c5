"""`burnish train`: what a recipe says, trained; and three looks before a long run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import UsageError
from ..app import app, say
from ..clusters import Cluster, OnCluster, Workers, ray_wanted
from ..opening import training_wing

if TYPE_CHECKING:
    from ...training.recipe.recipe import Recipe

RecipeFile = Annotated[
    Path, typer.Argument(metavar="RECIPE", show_default=False, help="A recipe (YAML).")
]
Changes = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY=VALUE",
        show_default=False,
        help="Keys to change, such as optimizer.args.lr=5e-4.",
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "-o", "--out", metavar="FOLDER", show_default=False, help="The run's folder (runs/NAME)."
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        show_default=False,
        help="Stop after so long; the same command goes on from there.",
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Begin again where a run could be resumed.")]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Say what would be trained, and what it would cost; writes nothing."
    ),
]
Overfit = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        show_default=False,
        help="See whether N fixed crops are learnt; writes nothing.",
    ),
]
FindRate = Annotated[
    bool,
    typer.Option("--find-lr", help="Sweep the learning rate; writes a plot, find_lr.png, alone."),
]


@app.command(short_help="Train what a recipe says, or go on.")
def train(
    recipe: RecipeFile,
    changes: Changes = [],  # noqa: B006
    out: Folder = None,
    minutes: Minutes = None,
    fresh: Fresh = False,
    dry_run: DryRun = False,
    overfit: Overfit = None,
    find_lr: FindRate = False,
    cluster: OnCluster = None,
    workers: Workers = None,
) -> None:
    """burnish train recipes/photo.yaml data.batch=16

    Trains what a recipe says; the same command resumes after a stop, to the same bits. Several
    processes: torchrun -m burnish.cli train ..., or --cluster ray.
    """
    training_wing()
    machines = Cluster(cluster, workers)
    from ...training.recipe.file import load

    loaded = load(recipe, changes, lambda note: say(f"note: {note}"))
    if sum((dry_run, overfit is not None, find_lr)) > 1:
        raise UsageError("--dry-run, --overfit and --find-lr are three things; take one at a time")
    if machines.named and (dry_run or overfit is not None or find_lr):
        raise UsageError("--cluster is for the run; --dry-run, --overfit, --find-lr take none")
    if dry_run:
        from ...training.before.plan import plan

        result = plan(loaded)
    elif overfit is not None:
        from ...training.before.overfit import overfit as learn_by_heart

        result = learn_by_heart(loaded, overfit)
    elif find_lr:
        result = _find_rate(loaded, out)
    elif machines.named:
        result = str(_on_cluster(loaded, out, machines, resume=not fresh, minutes=minutes))
    else:
        from ...training.loop.train import train as run

        result = str(run(loaded, out, resume=not fresh, minutes=minutes))
    # One process of several speaks.
    if os.environ.get("RANK", "0") == "0":
        print(result)


def _on_cluster(
    recipe: Recipe, out: Path | None, machines: Cluster, *, resume: bool, minutes: float | None
) -> Path:
    """Trains by processes on the machines of a cluster."""
    with ray_wanted():
        from ...training.loop.cluster import train_on_cluster

    return train_on_cluster(
        recipe,
        out,
        say=say,
        address=machines.address,
        processes=machines.workers,
        resume=resume,
        minutes=minutes,
    )


def _find_rate(recipe: Recipe, out: Path | None) -> str:
    """Sweeps the learning rate. Returns where the plot lies, and the rate that it suggests."""
    from ...training.before.find_lr import find_lr

    folder = out or Path(recipe.out or Path("runs") / recipe.name)
    plot = folder / "find_lr.png"
    rate = find_lr(recipe, plot).suggestion
    said = "the loss falls at no rate" if rate is None else f"optimizer.args.lr={rate:.1e}"
    return f"{plot}  {said}"
