"""`burnish tune`: which setting a few examples ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..app import app, say
from ..opening import as_file, open_model
from ..options import AsJson, Model, Threads, Where
from ..outputs import SHEET, prepare
from ..words import parse_names

#: the side of the piece of each picture that is looked at
SIDE = 256
PicturePairs = Annotated[
    Path,
    typer.Argument(
        metavar="PAIRS",
        show_default=False,
        help="A folder of pairs; or of pictures that have no clean side.",
    ),
]
Names = Annotated[
    list[str],
    typer.Option(
        "-d", "--dial", metavar="NAME", show_default=False, help="Which dials (all), or strength."
    ),
]
MetricName = Annotated[
    str, typer.Option(metavar="NAME", help="What is to be best; docs/metrics.md lists them.")
]
Strips = Annotated[
    Path,
    typer.Option(
        "-o",
        "--output",
        metavar="FOLDER",
        help="Where strips go, where there are no clean sides.",
    ),
]
Whole = Annotated[
    bool, typer.Option("--whole", help="All of each picture, not the piece with most detail.")
]


@app.command(short_help="Which setting a few examples ask for.")
def tune(
    model: Model,
    folder: PicturePairs,
    dial: Names = [],  # noqa: B006
    metric: MetricName = "psnr",
    output: Strips = Path("burnish_strips"),
    whole: Whole = False,
    device: Where = "auto",
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """burnish tune photo pairs/ -d noise -d strength

    Finds the dials' best settings on pairs (noisy beside clean), with the interval they come from.
    Without clean sides, shows strips to choose from.
    """
    from dataclasses import asdict

    from ...study.dial.tune import next_step
    from ...study.dial.tune import tune as fit
    from ...study.evaluate import PicturePairs, holds_pairs
    from ...study.rows import open_row

    names = parse_names(dial)
    if not folder.is_dir() or not holds_pairs(folder):
        _show_strips(model, folder, names, output, device, threads, as_json)
        return
    row = open_row(as_file(model), name=model, device=device, threads=threads)
    side = None if whole else SIDE
    found = fit(row, PicturePairs(folder), names, metric=metric, side=side, say=say)
    for tuned in found:
        print(json.dumps(asdict(tuned)) if as_json else tuned.sentence())
    if not as_json:
        print(next_step(model, found))


def _show_strips(
    model: str,
    folder: Path,
    names: list[str],
    output: Path,
    device: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Writes strips of the folder's pictures along a dial, to choose from with one's own eyes."""
    from ...study.dial.tune import choose

    prepare(output / "strip.png", "-o", SHEET, [folder])
    say("no clean sides there, so your eyes choose:")
    opened = open_model(model)
    opened.open(device=device, threads=threads)
    for made in choose(opened, folder, output, dial=names[0] if names else None, say=say):
        print(json.dumps({"strip": str(made)}) if as_json else made)
