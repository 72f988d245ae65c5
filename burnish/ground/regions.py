"""Regions: pixels that are marked, and what lies near them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Region = NDArray[np.bool_]


def dilated(marked: Region, reach: int) -> Region:
    """What lies within a square of `reach` pixels to each side of what is marked."""
    return spread(spread(marked, 0, reach, reach), 1, reach, reach)


def spread(marked: Region, axis: int, before: int, after: int) -> Region:
    """What lies so many pixels before or after something that is marked, along an axis."""
    count = marked.shape[axis]
    pad = [(0, 0), (0, 0)]
    pad[axis] = (after + 1, before)
    sums = np.cumsum(np.pad(marked, pad), axis, dtype=np.int32)
    width = before + after + 1
    near: Region = sums.take(range(width, width + count), axis) != sums.take(range(count), axis)
    return near
