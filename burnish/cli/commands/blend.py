"""`burnish blend`: one model with a mix dial, of relatives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..app import app
from ..opening import training_wing
from ..outputs import PLOT, WEIGHTS, prepare

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="A B",
        show_default=False,
        help="Networks (.safetensors) fine-tuned from one another.",
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="OUT", show_default=False, help="The .safetensors file to write."
    ),
]
Mix = Annotated[
    float | None,
    typer.Option(
        metavar="MIX",
        min=0,
        max=1,
        show_default=False,
        help="The one network there, without a mix dial.",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", show_default=False, help="A picture of how alike their filters are (.png)."
    ),
]


@app.command(short_help="One model with a mix dial, of relatives.")
def blend(files: Files, output: Output, at: Mix = None, plot: Plot = None) -> None:
    """burnish blend soft.safetensors sharp.safetensors -o both.safetensors

    Prints how alike the filters are, layer by layer; networks that were trained apart are refused,
    since nothing lies between them.
    """
    training_wing()
    from ...study.trained.blend import between, draw
    from ...study.trained.blend import blend as blended

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
