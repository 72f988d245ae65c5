"""What came of every way through a model: as lines, as a record, and as heat maps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import LOST, Array
from ...report.sheet import Cell, heat_picture, sheet
from .way import Outcome


def line(outcome: Outcome) -> str:
    """One outcome in a line: whether it agrees, how far it is apart, what is allowed, and where."""
    mark = "  " if outcome.agrees else "X "
    words = outcome.way.allowed.words
    return f"{mark}{outcome.way.name:<44} {outcome.apart:8.1e}  {words:<12} {outcome.where}"


def record(outcome: Outcome) -> dict[str, Any]:
    """One outcome as a record that JSON can hold."""
    return {
        "way": outcome.way.name,
        "agrees": outcome.agrees,
        "apart": outcome.apart if np.isfinite(outcome.apart) else None,
        "allowed": outcome.way.allowed.most,
        "by": "rms" if outcome.way.allowed.mean_square else "largest",
        "where": outcome.where,
    }


def summed(name: str, outcomes: Sequence[Outcome]) -> str:
    """All outcomes in a sentence."""
    wrong = [outcome for outcome in outcomes if not outcome.agrees]
    if not wrong:
        return f"{name}: all {len(outcomes)} ways give what training's forward gives"
    worst = max(wrong, key=lambda outcome: outcome.apart / outcome.way.allowed.most)
    return (
        f"{name}: {len(wrong)} of {len(outcomes)} ways do not give what training's forward gives; "
        f"the worst is {worst.way.name}, apart by {worst.apart:.1e} ({worst.where})"
    )


def draw(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Draws a sheet for each way that does not agree, and returns their paths.

    There are what went in, what training's forward gives, what the way gave, and the difference as
    a heat map. What failed, or came in another shape, has none.
    """
    drawn = []
    for outcome in outcomes:
        if not outcome.agrees and outcome.comparable:
            cells = _cells(outcome)
            height, width = outcome.difference.shape[-2:]
            # Long ones go below one another.
            rows = [cells] if width < 2 * height else [[cell] for cell in cells]
            path = folder / f"{_slug(outcome.way.name)}.png"
            drawn.append(sheet(rows, path, 256 if width < 2 * height else 1024))
    return drawn


def _cells(outcome: Outcome) -> list[Cell]:
    case = outcome.way.case
    assert outcome.got is not None
    crop = outcome.place[0]
    amounts = outcome.difference[crop].max(0)
    largest = float(amounts.max())
    return [
        Cell(_picture(case.image[crop]), f"{outcome.way.name}: what went in"),
        Cell(_picture(case.wanted[crop]), "training's forward"),
        Cell(_picture(outcome.got[crop]), "this way"),
        Cell(heat_picture(amounts, largest), f"difference; white is {largest:.1e}"),
    ]


def _picture(planes: Array) -> Array:
    """Planes [C, H, W] as something to look at, [H, W, 1 or 3]; what is lost is black."""
    shown = planes if len(planes) in (1, 3) else planes[:1]
    known = np.nan_to_num(np.where(shown < LOST / 4, 0, shown))
    return np.asarray(known.transpose(1, 2, 0), np.float32)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
