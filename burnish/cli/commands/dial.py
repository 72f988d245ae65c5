"""`burnish dial`: a picture along a dial."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import UsageError
from ..app import app, say
from ..opening import open_model
from ..options import Full, Model, Precise, Precision, Threads, Where
from ..outputs import SHEET, prepare
from ..words import parse_levels, precision_of

#: the side of the piece that is shown
SIDE = 256
Picture = Annotated[Path, typer.Argument(metavar="PICTURE", show_default=False, help="A picture.")]
Strip = Annotated[
    Path,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        show_default=False,
        help="The strip to write (.png, .jpg).",
    ),
]
Dials = Annotated[
    list[str],
    typer.Option(
        "-d",
        "--dial",
        metavar="NAME=A,B,C",
        show_default=False,
        help="Which dial, and where it stands.",
    ),
]
Whole = Annotated[
    bool, typer.Option("--whole", help="All of the picture, not the piece with most detail.")
]


@app.command(short_help="A picture along a dial, side by side.")
def dial(
    model: Model,
    picture: Picture,
    output: Strip,
    dial: Dials = [],  # noqa: B006
    whole: Whole = False,
    device: Where = "auto",
    threads: Threads = None,
    precision: Precise = Precision.auto,
    fp32: Full = False,
) -> None:
    """burnish dial photo scan.png -o strip.png -d noise=5,15,25,50

    Shows a piece of the picture at several settings, with what each took away below it. Other dials
    are set with -d NAME=A.
    """
    from ...study.dial.strip import strip

    levels = parse_levels(dial)
    turned = _turned(levels)
    prepare(output, "-o", SHEET, [picture])
    opened = open_model(model)
    opened.open(device=device, threads=threads, precision=precision_of(precision, fp32))
    made = strip(
        opened,
        picture,
        output,
        dial=turned,
        values=levels[turned] if turned else (),
        others={name: values[0] for name, values in levels.items() if name != turned},
        side=None if whole else SIDE,
        say=say,
    )
    print(made)


def _turned(levels: dict[str, list[float]]) -> str | None:
    """The dial that is turned: the one with several values, or else the first; None without any."""
    several = [name for name, values in levels.items() if len(values) > 1] or list(levels)[:1]
    if len(several) > 1:
        raise UsageError(
            f"-d: one dial at a time is turned; {' and '.join(several)} have several values"
        )
    return several[0] if several else None
