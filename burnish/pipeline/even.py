"""Where a picture is perfectly even: nothing is spoiled there, so nothing is changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from ..ground.planes import ROWS, Planes, raw

#: an even place is so for that many pixels in each direction: more than the largest block of a
#: JPEG, 16 pixels, whose inside is even however badly it was compressed
AROUND = 8

Flags = NDArray[np.bool_]


def keep_even(before: Planes, after: Array, rows: slice, columns: slice) -> None:
    """Makes `after`, a part of a result, what `before` [1, C, H, W] is there, where that is even.

    In place. rows, columns: where the part lies.
    """
    left = max(0, columns.start - AROUND)
    wide = columns.stop - columns.start
    for top in range(rows.start, rows.stop, ROWS):
        bottom = min(top + ROWS, rows.stop)
        first = max(0, top - AROUND)
        window = np.s_[..., first : bottom + AROUND, left : columns.stop + AROUND]
        found = even(np.ascontiguousarray(raw(before)[window]))
        found = found[..., top - first : bottom - first, columns.start - left :][..., :wide]
        if found.any():  # in a photograph, mostly not
            kept = after[..., top - rows.start : bottom - rows.start, :]
            np.copyto(kept, before[..., top:bottom, columns], where=found)


def even(pixels: NDArray[Any]) -> Flags:
    """Where all pixels within AROUND are of exactly the same colour. [1, C, H, W] -> [1, 1, H, W]

    Beyond the edges the picture counts as going on.
    """
    planes = pixels[0]
    across = np.ones(planes.shape[1:], np.bool_)
    for plane in planes:
        across[:, 1:] &= plane[:, 1:] == plane[:, :-1]
    # Every step within the window is 0: those across in all of its rows, those down in its columns.
    # A step stands at the second of its pixels, so the first in the window does not count.
    found = _all_along(across, 1, AROUND - 1)
    if found.any():  # in a photograph, mostly not
        down = np.ones_like(across)
        for plane in planes:
            down[1:] &= plane[1:] == plane[:-1]
        found = _all_along(found, 0, AROUND)
        found &= _all_along(_all_along(down, 0, AROUND - 1), 1, AROUND)
    return found[None, None]


def _all_along(flags: Flags, axis: int, back: int) -> Flags:
    """Whether all flags along an axis are set, from `back` before each place to AROUND behind it.

    [H, W]; flags beyond the edges count as set.
    """
    along = flags.swapaxes(0, axis)
    kept = along.copy()
    for apart in range(1, AROUND + 1):
        kept[:-apart] &= along[apart:]
    for apart in range(1, back + 1):
        kept[apart:] &= along[:-apart]
    return kept.swapaxes(0, axis)
