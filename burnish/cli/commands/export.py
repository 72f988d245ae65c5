"""`burnish export`: a model file made of trained weights, and verified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..app import app
from ..opening import training_wing
from ..outputs import MODEL, prepare
from ..words import parse_fold

Source = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FILE",
        show_default=False,
        help="A shipped model's name, or a .safetensors file.",
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="OUT", show_default=False, help="The .onnx file to write."
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Keep weights in float32 (twice the size).")]
At = Annotated[
    list[str],
    typer.Option(
        "--at",
        metavar="NAME=VALUE",
        show_default=False,
        help="Fold the dials at this setting into a plain network.",
    ),
]


@app.command(short_help="Make a model file, and verify it.")
def export(
    source: Source,
    output: Output,
    full: Full = False,
    at: At = [],  # noqa: B006
) -> None:
    """burnish export runs/photo/photo.safetensors -o photo.onnx

    Makes a model file: ONNX with contract and card inside, held against the training forward before
    it is kept.
    """
    training_wing()
    from ...inference.zoo import find
    from ...study.trained.verify import export_verified

    prepare(output, "-o", MODEL, [Path(source)])
    path = Path(source)
    if path.suffix != ".safetensors":
        path = find(source).with_suffix(".safetensors")
    print(f"{output}  {export_verified(path, output, half=not full, at=parse_fold(at) or None)}")
