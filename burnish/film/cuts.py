"""cut(): whether a new shot begins between two frames; it looks at nothing but these."""

from __future__ import annotations

import numpy as np

from ..contract import Array
from .frame import Frame, Layout

#: rows and columns of the small picture in which frames are compared
SMALL = 16
#: frames of a shot differ by less than this, on average over the small picture, in shares of white,
#: and their small pictures are alike by at least so much
DIFFERENT, ALIKE = 0.06, 0.7


def small(frame: Frame, layout: Layout) -> Array:
    """The first plane of a frame as a small picture, float32 of 0 to 1."""
    plane = frame.planes[0]
    rows = np.linspace(0, plane.shape[0], min(SMALL, plane.shape[0]) + 1).astype(int)
    columns = np.linspace(0, plane.shape[1], min(SMALL, plane.shape[1]) + 1).astype(int)
    sums = np.add.reduceat(plane.astype(np.float32), rows[:-1], axis=0)
    sums = np.add.reduceat(sums, columns[:-1], axis=1)
    areas = np.outer(np.diff(rows), np.diff(columns))
    shown: Array = (sums / areas / (2**layout.bits - 1)).astype(np.float32)
    return shown


def cut(before: Array, after: Array) -> bool:
    """Whether two small pictures are of different shots: far apart, and unlike one another.

    A flash, a fade or flicker moves all of a picture and leaves it like the one before.
    """
    if float(np.abs(after - before).mean()) < DIFFERENT:
        return False
    first = before - before.mean()
    second = after - after.mean()
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return size == 0 or float((first * second).sum()) / size < ALIKE
