"""`burnish models`: what ships, and the filters; or what each would make of a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ...errors import UsageError
from ..app import app
from ..options import AsJson
from ..outputs import SHEET, prepare

On = Annotated[
    Path | None,
    typer.Option(
        "--on",
        metavar="PICTURE",
        show_default=False,
        help="Try every model of its kind on a piece of it.",
    ),
]
Budget = Annotated[
    str, typer.Option("--budget", metavar="5s", help="For all of them together: 5s, 2m.")
]
Sheet = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="Where the sheet of --on goes.")
]
#: seconds of the units that a budget may have
UNITS = {"s": 1.0, "m": 60.0}


@app.command(short_help="The models that ship.")
def models(
    on: On = None,
    budget: Budget = "5s",
    output: Sheet = Path("burnish_models.png"),
    as_json: AsJson = False,
) -> None:
    """burnish models

    The models that ship: task, dials, size, measured quality and speed, training data, licence.
    Then the filters, which have no weights. With --on PICTURE, what each would make of it, and the
    time and memory that the whole would take, on one sheet.
    """
    if on is not None:
        _try(on, seconds_of(budget), output, as_json)
        return
    from ...inference.classical import FILTERS, cards
    from ...inference.classical.painting import NAME as STYLE
    from ...inference.zoo import DEFAULT, find, load, names
    from ...report.cards import describe, record

    shipped = [(find(name), load(name)) for name in names()]
    if as_json:
        for path, model in shipped:
            print(json.dumps(record(path, model.contract, model.card)))
        for name in FILTERS:
            print(json.dumps(cards.record(name)))
        return
    described = [describe(path, model.contract, model.card) for path, model in shipped]
    chooses = f"{DEFAULT}, where no model is named, {load(DEFAULT).card['task']}"
    paints = f"{STYLE}, which has no weights either, {load(STYLE).card['task']}"
    print("\n\n".join([*described, chooses, paints, cards.listing()]))


def seconds_of(words: str) -> float:
    """The seconds of a budget such as "5s", "2m" or "5". UsageError for another."""
    number, unit = (words[:-1], words[-1]) if words[-1:] in UNITS else (words, "s")
    try:
        seconds = float(number) * UNITS[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--budget {words}: is a time, such as 5s or 2m")
    return seconds


def _try(source: Path, budget: float, output: Path, as_json: bool) -> None:
    """Tries every model on a piece of a picture, and draws what came out."""
    from ...images import read
    from ...study.speed.on import draw, line, tried

    prepare(output, "-o", SHEET)
    picture = read(source)
    found = []
    for one in tried(picture, budget):
        found.append(one)
        record = {
            "model": one.model,
            "seconds": one.seconds,
            "memory": one.memory,
            "said": one.said,
            "tried": one.piece is not None,
        }
        print(json.dumps(record) if as_json else f"{one.model}: {line(one)}")
    drawn = draw(output, picture, found)
    if not as_json:
        print(drawn)
