"""Options that several commands have, each described once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Device(StrEnum):
    """Where a model runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT", show_default=False, help="Pictures, or folders of them."),
]
Dials = Annotated[
    list[str],
    typer.Option(
        "-d",
        "--dial",
        metavar="NAME=VALUE",
        show_default=False,
        help="A dial's setting: a number, auto, or a map's file.",
    ),
]
ModelName = Annotated[
    str,
    typer.Option("-m", "--model", metavar="MODEL", help="A shipped model's name, or a model file."),
]
Threads = Annotated[
    int | None, typer.Option(min=1, metavar="N", show_default=False, help="Processor threads.")
]
Full = Annotated[bool, typer.Option("--fp32", help="Full precision.")]
Where = Annotated[Device, typer.Option("--device", help="auto, cpu or cuda.", show_choices=False)]
Megapixels = Annotated[
    float,
    typer.Option(
        "--max-megapixels", min=0, metavar="MP", help="Refuse larger pictures; 0 lifts the limit."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]
