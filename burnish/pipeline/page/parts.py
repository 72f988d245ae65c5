"""Connected parts of what is marked on a small plane, and the rectangles around them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .planes import Flags


def parts(marked: Flags) -> Iterator[Flags]:
    """Each part [H, W] of what is marked whose pixels touch, by a side or a corner."""
    names = np.arange(1, marked.size + 1).reshape(marked.shape) * marked
    while True:
        # Each takes the highest name around it, until each part has one.
        taken = np.maximum.reduce([_shifted(names, y, x) for y in (0, 1, 2) for x in (0, 1, 2)])
        taken *= marked
        if np.array_equal(taken, names):
            break
        names = taken
    for name in np.unique(names[marked]):
        yield names == name


def box(part: Flags) -> tuple[slice, slice]:
    """The rectangle around a part that is not empty."""
    rows = np.flatnonzero(part.any(1))
    columns = np.flatnonzero(part.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _shifted(names: NDArray[np.int64], y: int, x: int) -> NDArray[np.int64]:
    """The names, each moved to a neighbour: up to one pixel up or down, left or right."""
    height, width = names.shape
    return np.pad(names, 1)[y : y + height, x : x + width]
