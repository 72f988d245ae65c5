"""Marks: what is marked in a frame, grown, without what is thick, and what hangs on seeds.

`ground/regions.py` has the like for pictures, without OpenCV, which takes ten times as long
or more: too long for every frame of a film.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .library import opencv

Marked = NDArray[np.bool_]


def grown(marked: Marked, reach: int) -> Marked:
    """What lies within a square of `reach` pixels to each side of what is marked."""
    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    wide: Marked = opencv().dilate(marked.astype(np.uint8), square) > 0
    return wide


def thin(marked: Marked, side: int) -> Marked:
    """What is marked, but for what holds a square of that side, and what hangs on such a one.

    That is as far as half a side away.
    """
    cv2 = opencv()
    square = np.ones((side, side), np.uint8)
    thick: Marked = cv2.morphologyEx(marked.astype(np.uint8), cv2.MORPH_OPEN, square) > 0
    return marked & ~grown(thick, side // 2) if thick.any() else marked


def connected(marked: Marked, seeds: Marked) -> Marked:
    """What is marked and hangs together with a seed."""
    if not seeds.any():
        return np.zeros_like(marked)
    count, numbers = opencv().connectedComponents(marked.astype(np.uint8), connectivity=8)
    kept = np.zeros(count, np.bool_)
    kept[np.unique(numbers[seeds])] = True
    kept[0] = False
    found: Marked = kept[numbers]
    return found
