"""`burnish sweep`: many recipes trained alike, and compared on a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..app import app, say
from ..clusters import Cluster, OnCluster, Share, Workers, ray_wanted
from ..opening import training_wing

if TYPE_CHECKING:
    from ...study.sweep import Places, Sweep

SweepFile = Annotated[
    Path, typer.Argument(metavar="SWEEP", show_default=False, help="A sweep (YAML).")
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "-o", "--out", metavar="FOLDER", show_default=False, help="The sweep's folder (runs/NAME)."
    ),
]
Only = Annotated[
    str | None, typer.Option(metavar="POINT", show_default=False, help="One point alone.")
]
Retry = Annotated[bool, typer.Option("--retry", help="Try again what failed.")]
Page = Annotated[
    bool, typer.Option("--page", help="Make the page alone, of the results in the folder.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be trained.")]


@app.command(short_help="Train many recipes alike, and compare them on a page.")
def sweep(
    file: SweepFile,
    out: Folder = None,
    only: Only = None,
    retry: Retry = False,
    page: Page = False,
    dry_run: DryRun = False,
    cluster: OnCluster = None,
    workers: Workers = None,
    gpu_share: Share = None,
) -> None:
    """burnish sweep studies/which_loss.yaml

    Trains a recipe once for every value of some of its keys, with several seeds, and compares the
    results on one page. The same command resumes.
    """
    training_wing()
    from ...study.sweep import HERE, load, outline, remake, run

    machines = Cluster(cluster, workers, gpu_share)
    loaded = load(file, out, check=not page)
    if dry_run:
        print(outline(loaded))
    elif page:
        print(remake(loaded, str(file)))
    else:
        places = _on(machines, loaded) if machines.named else HERE
        print(run(loaded, say, source=str(file), only=only, retry=retry, places=places))


def _on(machines: Cluster, loaded: Sweep) -> Places:
    """A cluster as places for the points of a sweep."""
    with ray_wanted():
        from ...study.sweep.cluster import on_cluster
    return on_cluster(loaded, machines.address, most=machines.workers, share=machines.share)
