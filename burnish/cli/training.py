"""Commands that train networks, and that make model files of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .app import app, say
from .opening import training_wing
from .words import parse_fold


@app.command(short_help="Train what a recipe says, or go on.")
def train(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", show_default=False, help="A recipe (YAML).")
    ],
    changes: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY=VALUE",
            show_default=False,
            help="Keys to change, such as optimizer.args.lr=5e-4.",
        ),
    ] = [],  # noqa: B006
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FOLDER",
            show_default=False,
            help="The run's folder (runs/NAME).",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Stop after so long; the same command goes on from there.",
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin again where a run could be resumed.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what would be trained, and what it would cost; writes nothing."
        ),
    ] = False,
    overfit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            show_default=False,
            help="See whether N fixed crops are learnt; writes nothing.",
        ),
    ] = None,
    find_lr: Annotated[
        bool,
        typer.Option(
            "--find-lr", help="Sweep the learning rate; writes a plot, find_lr.png, alone."
        ),
    ] = False,
) -> None:
    """burnish train recipes/photo.yaml data.batch=16

    Trains what a recipe says; the same command resumes after a stop, to the same bits. Several
    processes: torchrun -m burnish.cli train ...
    """
    training_wing()
    from ..training.recipe.file import load

    loaded, main = load(recipe, changes), os.environ.get("RANK", "0") == "0"
    if sum((dry_run, overfit is not None, find_lr)) > 1:
        raise UsageError("--dry-run, --overfit and --find-lr are three things; take one at a time")
    if dry_run:
        from ..training.before.plan import plan

        result = plan(loaded)
    elif overfit is not None:
        from ..training.before.overfit import overfit as learn_by_heart

        result = learn_by_heart(loaded, overfit)
    elif find_lr:
        from ..training.before.find_lr import find_lr as sweep

        picture = (out or Path(loaded.out or Path("runs") / loaded.name)) / "find_lr.png"
        rate = sweep(loaded, picture).suggestion
        result = (
            f"{picture}  "
            f"{'the loss falls at no rate' if rate is None else f'optimizer.args.lr={rate:.1e}'}"
        )
    else:
        from ..training.loop.train import train as run

        result = str(run(loaded, out, resume=not fresh, minutes=minutes))
    if main:
        print(result)


@app.command(short_help="Train many recipes alike, and compare them on a page.")
def sweep(
    file: Annotated[
        Path, typer.Argument(metavar="SWEEP", show_default=False, help="A sweep (YAML).")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FOLDER",
            show_default=False,
            help="The sweep's folder (runs/NAME).",
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="POINT", show_default=False, help="One point alone.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed.")] = False,
    page: Annotated[
        bool, typer.Option("--page", help="Make the page alone, of the results in the folder.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be trained.")] = False,
) -> None:
    """burnish sweep studies/which_loss.yaml

    Trains a recipe once for every value of some of its keys, with several seeds, and compares the
    results on one page. The same command resumes.
    """
    training_wing()
    from ..study.sweep import load, outline, remake, run

    loaded = load(file, out, check=not page)
    if dry_run:
        print(outline(loaded))
    elif page:
        print(remake(loaded, str(file)))
    else:
        print(run(loaded, say, source=str(file), only=only, retry=retry))


@app.command(short_help="The curves of training runs.")
def plot(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            show_default=False,
            help="Folders of runs, or a model file with a dial.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="A .png, or an .html page with it."),
    ] = Path("burnish_curves.png"),
    smooth: Annotated[float, typer.Option(metavar="S", help="0 (as measured) to below 1.")] = 0.9,
    what: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...", show_default=False, help="Curves whose names hold these words."
        ),
    ] = None,
) -> None:
    """burnish plot runs/photo runs/other -o curves.png --what loss,psnr

    Draws the curves of training runs, smoothed, laid over each other; of a model file
    (.safetensors), how its filters move along its dial.
    """
    from ..report.plot import plot_runs
    from .outputs import PAGE, PLOT, prepare

    prepare(output, "-o", (*PLOT, *PAGE), runs)
    if len(runs) == 1 and runs[0].suffix == ".safetensors":
        training_wing()
        from ..study.trained.filters import draw

        print(draw(runs[0], output))
        return
    plot_runs(
        runs,
        output,
        smooth=smooth,
        what=[word.strip() for word in what.split(",") if word.strip()] if what else (),
    )
    print(output)


@app.command(short_help="One model with a mix dial, of relatives.")
def blend(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="A B",
            show_default=False,
            help="Networks (.safetensors) fine-tuned from one another.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            show_default=False,
            help="The .safetensors file to write.",
        ),
    ],
    at: Annotated[
        float | None,
        typer.Option(
            metavar="MIX",
            min=0,
            max=1,
            show_default=False,
            help="The one network there, without a mix dial.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="A picture of how alike their filters are (.png).",
        ),
    ] = None,
) -> None:
    """burnish blend soft.safetensors sharp.safetensors -o both.safetensors

    Prints how alike the filters are, layer by layer; networks that were trained apart are refused,
    since nothing lies between them.
    """
    training_wing()
    from ..study.trained.blend import between, draw
    from ..study.trained.blend import blend as blended
    from .outputs import PLOT, WEIGHTS, prepare

    prepare(output, "-o", WEIGHTS, files)
    if plot is not None:
        prepare(plot, "--plot", PLOT)
    restorer, found = blended(files) if at is None else between(files, at)
    if plot is not None:
        draw(plot, files, found)
    for related in found:
        print(related.to_text())
    restorer.save(output)
    print(output)


@app.command(short_help="Make a model file, and verify it.")
def export(
    source: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE",
            show_default=False,
            help="A shipped model's name, or a .safetensors file.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", show_default=False, help="The .onnx file to write."
        ),
    ],
    full: Annotated[
        bool, typer.Option("--full", help="Keep weights in float32 (twice the size).")
    ] = False,
    at: Annotated[
        list[str],
        typer.Option(
            "--at",
            metavar="NAME=VALUE",
            show_default=False,
            help="Fold the dials at this setting into a plain network.",
        ),
    ] = [],  # noqa: B006
) -> None:
    """burnish export runs/photo/photo.safetensors -o photo.onnx

    Makes a model file: ONNX with contract and card inside, held against the training forward before
    it is kept.
    """
    from ..inference.zoo import find

    training_wing()
    from ..study.trained.verify import export_verified
    from .outputs import MODEL, prepare

    prepare(output, "-o", MODEL, [Path(source)])
    path = (
        Path(source)
        if source.endswith(".safetensors")
        else find(source).with_suffix(".safetensors")
    )
    print(f"{output}  {export_verified(path, output, half=not full, at=parse_fold(at) or None)}")


@app.command(short_help="The JSON schema of recipes.")
def schema() -> None:
    """burnish schema > recipe.schema.json

    The JSON schema of recipes, for editors.
    """
    training_wing()
    from ..training.recipe.file import schema as recipe_schema

    print(json.dumps(recipe_schema(), indent=2))
