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


#: the word that asks what there is
LISTED = "list"


def _listed(context: typer.Context, word: str | None) -> str | None:
    """The word; where it asks what there is, that is said, and nothing else is done."""
    if word == LISTED and not context.resilient_parsing:
        from ..inference.backends.choice import listing

        print("\n".join(listing()))
        raise typer.Exit
    return word


Where = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="DEVICE",
        show_default=False,
        callback=_listed,
        is_eager=True,
        help="auto, cpu, openvino:gpu ...; list: all.",
    ),
]
#: short for what --device says before a colon
By = Annotated[
    str | None,
    typer.Option(
        "--backend",
        hidden=True,
        metavar="NAME",
        show_default=False,
        callback=_listed,
        is_eager=True,
        help="What runs it; list shows all.",
    ),
]
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
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]
ModelName = Annotated[
    str,
    typer.Option(
        "-m",
        "--model",
        metavar="MODEL",
        show_default=False,
        help="A model's name, or its file; without it, auto.",
    ),
]
Paintings = Annotated[
    list[str],
    typer.Option(
        "--style",
        metavar="PAINTING[:0.7]",
        show_default=False,
        help="Paint it after this picture, or several.",
    ),
]
Dials = Annotated[
    list[str],
    typer.Option(
        "-d",
        "--dial",
        metavar="NAME=VALUE",
        show_default=False,
        help="Its setting: a number, auto, or a map's file.",
    ),
]
Strength = Annotated[float, typer.Option(metavar="S", help="0 (the input) to 1 (all of it).")]
StrengthMap = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", show_default=False, help="Where: all of it in white, none in black."
    ),
]
Sized = Annotated[
    str | None,
    typer.Option(
        "-s",
        "--to",
        metavar="3|3000x",
        show_default=False,
        help="The result's size: so many times, or pixels.",
    ),
]
Tile = Annotated[
    str,
    typer.Option("-t", "--tile", metavar="auto|0|N", help="Tile size; 0 is no tiles."),
]
Format = Annotated[
    str | None,
    typer.Option(
        "-f",
        "--format",
        metavar="EXT",
        show_default=False,
        help=f"{FORMATS}; else as it was.",
    ),
]
Suffix = Annotated[
    str | None,
    typer.Option(
        metavar="S",
        show_default=False,
        help="Added to names ('_restored' without -o).",
    ),
]
Quality = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=100,
        metavar="Q",
        show_default=False,
        help="Of JPEG, WebP (95, or as it was).",
    ),
]
Sampled = Annotated[
    Sampling | None,
    typer.Option(
        hidden=True,
        metavar="J:A:B",
        show_default=False,
        show_choices=False,
        help="Of a JPEG's colours: 444, 422 or 420.",
    ),
]
NoProfile = Annotated[
    bool, typer.Option("--no-icc", hidden=True, help="Do not heed the colour profile.")
]
Salvage = Annotated[bool, typer.Option("--salvage", help="Restore what is left of damaged files.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse what cannot be kept whole.")]
PageNumbers = Annotated[
    str | None,
    typer.Option(
        "--pages", metavar="3,5-7", show_default=False, help="These pages or frames of each file."
    ),
]
Each = Annotated[bool, typer.Option("--each", help="Estimate for each page or frame by itself.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only errors.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Device, engine, precision.")]
