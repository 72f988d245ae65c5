"""`burnish plot`: the curves of training runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..app import app
from ..opening import training_wing
from ..outputs import PAGE, PLOT, prepare

Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN...", show_default=False, help="Folders of runs, or a model file with a dial."
    ),
]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="A .png, or an .html page with it.")
]
Smooth = Annotated[float, typer.Option(metavar="S", help="0 (as measured) to below 1.")]
What = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,...", show_default=False, help="Curves whose names hold these words."
    ),
]


@app.command(short_help="The curves of training runs.")
def plot(
    runs: Runs,
    output: Output = Path("burnish_curves.png"),
    smooth: Smooth = 0.9,
    what: What = None,
) -> None:
    """burnish plot runs/photo runs/other -o curves.png --what loss,psnr

    Draws the curves of training runs, smoothed, laid over each other; of a model file
    (.safetensors), how its filters move along its dial.
    """
    prepare(output, "-o", (*PLOT, *PAGE), runs)
    if len(runs) == 1 and runs[0].suffix == ".safetensors":
        training_wing()
        from ...study.trained.filters import draw

        print(draw(runs[0], output))
        return
    from ...report.plot import plot_runs

    words = [word.strip() for word in (what or "").split(",")]
    plot_runs(runs, output, smooth=smooth, what=[word for word in words if word])
    print(output)
