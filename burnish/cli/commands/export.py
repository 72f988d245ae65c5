"""`burnish export`: a model file made of trained weights, and verified."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..app import app
from ..opening import training_wing
from ..outputs import prepare
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
        "-o",
        "--output",
        metavar="OUT",
        show_default=False,
        help="The file to write; an .onnx, if not --as.",
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


class Way(StrEnum):
    """What a model is exported as."""

    plain = "plain"
    one_input = "one-input"
    openvino = "openvino"
    ncnn = "ncnn"
    torch = "torch"


As = Annotated[
    Way,
    typer.Option(
        "--as",
        metavar="WAY",
        show_choices=False,
        help="plain, one-input (dials as further channels), openvino, ncnn or torch.",
    ),
]


@app.command(short_help="Make a model file, and verify it.")
def export(
    source: Source,
    output: Output,
    full: Full = False,
    at: At = [],  # noqa: B006
    way: As = Way.plain,
) -> None:
    """burnish export runs/photo/photo.safetensors -o photo.onnx

    Makes a model file: ONNX with contract and card inside, held against the training forward before
    it is kept. For other programs: docs/elsewhere.md.
    """
    training_wing()
    from ...inference.zoo import find
    from ...study.trained.elsewhere import WAYS, export_as

    prepare(output, "-o", [WAYS[way]], [Path(source)])
    path = Path(source)
    if path.suffix != ".safetensors":
        path = find(source).with_suffix(".safetensors")
    said = export_as(way, path, output, half=not full, at=parse_fold(at) or None)
    print(f"{output}  {said}")
