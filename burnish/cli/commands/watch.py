"""`burnish watch`: pictures that come into a folder, each restored when it is whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ...errors import InputMissing
from ..app import app
from ..archiving import Beside, Mode, Restart, order_of
from ..console import Console
from ..masks import Masks
from ..meant import meant_by
from ..options import (
    AsJson,
    By,
    Dials,
    Each,
    Format,
    Full,
    Megapixels,
    ModelName,
    NoProfile,
    Overwrite,
    PageNumbers,
    Precise,
    Precision,
    Quality,
    Quiet,
    Recursive,
    Salvage,
    Sampled,
    Sized,
    Strength,
    StrengthMap,
    Strict,
    Suffix,
    Threads,
    Tile,
    Verbose,
    Where,
)
from ..starting import one_thread_for_algebra

Watched = Annotated[
    Path, typer.Argument(metavar="FOLDER", show_default=False, help="Where the pictures come.")
]
Into = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        show_default=False,
        help="The folder of the results, the journal and the log.",
    ),
]
Settle = Annotated[
    float,
    typer.Option(min=0.1, metavar="SECONDS", help="A picture has to stand still for so long."),
]


@app.command(short_help="Restore what comes into a folder.")
def watch(
    context: typer.Context,
    folder: Watched,
    output: Into,
    settle: Settle = 3.0,
    model: ModelName = "auto",
    dial: Dials = [],  # noqa: B006 (typer's way)
    strength: Strength = 1.0,
    strength_map: StrengthMap = None,
    to: Sized = None,
    tile: Tile = "auto",
    format: Format = None,
    recursive: Recursive = False,
    suffix: Suffix = None,
    quality: Quality = None,
    sampling: Sampled = None,
    strict: Strict = False,
    salvage: Salvage = False,
    no_icc: NoProfile = False,
    pages: PageNumbers = None,
    alone: Each = False,
    overwrite: Overwrite = False,
    max_megapixels: Megapixels = 200,
    device: Where = "auto",
    backend: By = None,
    threads: Threads = None,
    precision: Precise = Precision.auto,
    fp32: Full = False,
    restart: Restart = False,
    sidecar: Beside = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """burnish watch scans/ -o clean/

    Restores what comes into a folder, each picture when it is whole. Ctrl-C ends it."""
    one_thread_for_algebra()
    if not folder.is_dir():
        raise InputMissing(f"{folder}: no such folder; make it, or check the name")
    _watch(folder, Path(output), context)


def _watch(folder: Path, output: Path, context: typer.Context) -> NoReturn:
    """Restores what comes, as the words say, until it is told to end."""
    from ...inference.archive.watch import watch

    said = context.params
    mode = Mode(
        archive=True, restart=said["restart"], sidecar=said["sidecar"], salvage=said["salvage"]
    )
    masks = Masks()
    words = said["recursive"], said["suffix"], said["format"]
    model, pairs = masks.meant(said["model"], mode.pairs([folder], str(output), *words), mode)
    order = order_of(meant_by(model, pairs, masks, context), mode, output)

    def find() -> list[tuple[str, str]]:
        return masks.pictures(model, mode.pairs([folder], str(output), *words))

    # Nobody knows how many will come.
    tone = {name: said[name] for name in ("quiet", "verbose", "as_json")}
    console = Console(0, **tone)
    console.aside(f"{os.path.join(folder, '')} is watched; ctrl-C ends it")
    try:
        watch(order, model, find, console, settle=said["settle"])
    except (KeyboardInterrupt, SystemExit):
        console.aside("stopped; the same command goes on")
        raise
