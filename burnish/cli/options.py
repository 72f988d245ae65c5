"""Options that several commands have, each described once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

#: the formats that -f takes, each by its usual ending, in words
FORMATS = "jpg, png, webp, tif, avif, jxl, gif, bmp, pnm, pfm, dpx, tga or heic"
#: the word for mending a film by the frames around each, which films get without -m
MENDS = "film"


class Device(StrEnum):
    """Where a model runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Precision(StrEnum):
    """In what a model computes."""

    auto = "auto"
    fp32 = "fp32"
    bf16 = "bf16"
    int8 = "int8"


class Sampling(StrEnum):
    """How finely a JPEG has its colours, against its brightness."""

    full = "444"
    half = "422"
    quarter = "420"


Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT", show_default=False, help="Pictures, or folders of them."),
]
Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", show_default=False, help="A shipped model's name, or a model file."
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        show_default=False,
        help="A folder, or, for one input, a file.",
    ),
]
Recursive = Annotated[bool, typer.Option("-r", "--recursive", help="Subfolders too.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist already.")]
Megapixels = Annotated[
    float,
    typer.Option(
        "--max-megapixels",
        min=0,
        metavar="MP",
        show_default=False,
        help="Refuse larger pictures (200); 0: none.",
    ),
]
Threads = Annotated[
    int | None, typer.Option(min=1, metavar="N", show_default=False, help="Processor threads.")
]
Precise = Annotated[
    Precision,
    typer.Option(
        "--precision",
        metavar="P",
        show_default=False,
        show_choices=False,
        help="auto, fp32, bf16 or int8.",
    ),
]
#: short for --precision fp32
Full = Annotated[bool, typer.Option("--fp32", hidden=True, help="Full precision.")]
Where = Annotated[Device, typer.Option("--device", help="auto, cpu or cuda.", show_choices=False)]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]
