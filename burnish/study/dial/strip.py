"""A picture at several settings of a dial, side by side, with what each took away: what `burnish
dial` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ... import images
from ...contract import Array, Dial
from ...errors import DialError
from ...ground.remarks import Say, silent
from ...images import Picture
from ...images import turned as upright
from ...images.exif import orientation
from ...inference.model import Model
from ...pipeline import FOUND, Asked, ask
from ...report.sheet import Cell, residual_picture, sheet
from ..contact import corner

#: positions without a word, pictures in a line, their width on the strip, and what is taken away is
#: multiplied with to be seen
POSITIONS, ACROSS, WIDTH, GAIN = 5, 7, 260, 3.0


def strip(
    model: Model,
    picture: Path,
    output: Path,
    *,
    dial: str | None = None,
    values: Sequence[float] = (),
    others: Mapping[str, float] | None = None,
    side: int | None = 256,
    say: Say = silent,
) -> Path:
    """Writes the strip (.png, .jpg) and returns where it is.

    dial: which one is turned, without it the first. values: where it stands, without them from one
    end of its range to the other. others: where the other dials stand. side: of the piece that is
    shown, where the picture has most detail; None for all of it. DialError, UsageError.
    """
    turned = turned_dial(model, dial)
    read = images.read(picture)
    before = read.pixels
    tag = orientation(read.exif)
    stops = _stops(model, read, turned, values, others or {})
    height, width = before.shape[-2:]
    left, top, across = corner(before, side) if side is not None else (0, 0, 0)
    window = (top, left, across, across) if side is not None else (0, 0, height, width)
    shown = _piece(before, window, 1, tag)
    cells = [(Cell(shown, "as it is"), Cell(np.full_like(shown, 128), f"taken away, x{GAIN:g}"))]
    for caption, asked in stops:
        say(caption)
        after = model.restore(read, asked).picture.pixels
        scale = after.shape[-1] // width
        piece = _piece(after, window, scale, tag)
        cells.append(
            (
                Cell(piece, caption),
                Cell(residual_picture(shown.repeat(scale, 0).repeat(scale, 1), piece, GAIN)),
            )
        )
    rows = [
        line
        for i in range(0, len(cells), ACROSS)
        for line in zip(*cells[i : i + ACROSS], strict=True)
    ]
    return sheet(rows, output, WIDTH)


def _stops(
    model: Model, read: Picture, turned: Dial, values: Sequence[float], others: Mapping[str, float]
) -> list[tuple[str, Asked]]:
    """What is written below each picture, and what it is restored with; at the end what `auto`
    finds, where it can.
    """
    even = map(float, np.linspace(turned.low, turned.high, POSITIONS))
    values = [turned.check(value) for value in values] or list(even)
    rest = {name: value for name, value in others.items() if name != turned.name}
    settled = model.settle(read, ask(model.contract, rest))
    stops = [
        (f"{turned.name} {value:g}", Asked({**settled.dials, turned.name: value}))
        for value in values
    ]
    if settled.origins[turned.name] in FOUND:
        found = float(np.max(settled.dials[turned.name]))
        stops.append((f"{turned.name} auto: {found:.3g}", Asked(settled.dials)))
    return stops


def turned_dial(model: Model, dial: str | None) -> Dial:
    """The dial of that name, without one the first. DialError."""
    if not model.contract.dials:
        raise DialError("this model has no dials, so there is nothing to turn")
    return model.contract.dial(dial or model.contract.dials[0].name)


def _piece(
    picture: Array, window: tuple[int, int, int, int], scale: int, tag: int
) -> NDArray[np.uint8]:
    """The window (top, left, height, width) of a picture [1, C, scale H, scale W] stored under
    orientation `tag`, as it is looked at: [h, w, C].
    """
    top, left, height, width = (scale * value for value in window)
    piece = upright(picture[0, :, top : top + height, left : left + width], tag)
    return np.rint(np.clip(piece, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
