"""Grain: what a filled place lacks, taken from beside it, so that it is no smooth patch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...ground.planes import blurred, deviation
from ...ground.regions import Region, dilated

Places = NDArray[np.int64]

#: how far away grain is taken from, in pixels: the first place that is whole counts
AWAY = (4, 8, 16, 32, 64)
#: the directions in which such a place is looked for
WAYS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))
#: the side of the square whose mean is what is not grain, in pixels
MEAN = 5
#: grain that is stronger than so many times its spread is an edge of the picture
EDGE = 2.5


def without_grain(pixels: Array, lost: Region) -> Array:
    """The pixels [C, H, W], each the mean of known ones around it, so that no grain is drawn out.

    Those that lie nearer count more: 4, 2 at its sides, 1 at its corners. Lost ones stay.
    """
    known = (~lost).astype(np.float32)
    weight = np.maximum(blurred(known), np.float32(1e-6))
    smooth = [blurred(plane * known) / weight for plane in pixels]
    return np.where(lost, pixels, np.stack(smooth))


def with_grain(pixels: Array, filled: Array, lost: Region, strength: float) -> Array:
    """The filled pixels [C, H, W] with grain where they are lost, and the same bits elsewhere.

    pixels: the picture as it came [C, H, W], from whose whole parts the grain is copied, with its
    colour, and as coarse as it is. strength: its spread, in 0..1.
    """
    rows, columns = np.nonzero(lost)
    found = _detail(pixels, *_sources(lost, rows, columns))
    most = EDGE * deviation(found)
    found = np.clip(found, -most, most)
    found *= np.float32(strength / max(float(found.std()), 1e-6))
    result = filled.copy()
    result[:, rows, columns] += found
    return result


def _sources(lost: Region, rows: Places, columns: Places) -> tuple[Places, Places]:
    """For each lost pixel one beside it whose surroundings are whole; itself where there is none.

    Neighbours have the same way to theirs, as far as that leads to whole places.
    """
    height, width = lost.shape
    broken = dilated(lost, MEAN // 2)
    from_rows, from_columns = rows.copy(), columns.copy()
    open_ones = np.arange(len(rows))
    for away in AWAY:
        for down, right in WAYS:
            row = rows[open_ones] + away * down
            column = columns[open_ones] + away * right
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            inside[inside] = ~broken[row[inside], column[inside]]
            from_rows[open_ones[inside]] = row[inside]
            from_columns[open_ones[inside]] = column[inside]
            open_ones = open_ones[~inside]
    return from_rows, from_columns


def _detail(pixels: Array, rows: Places, columns: Places) -> Array:
    """What pixels at these places have beside the mean of their surroundings. [C, places]"""
    _, height, width = pixels.shape
    mean = np.zeros((len(pixels), len(rows)), np.float32)
    reach = range(-(MEAN // 2), MEAN // 2 + 1)
    for down in reach:
        for right in reach:
            row = np.clip(rows + down, 0, height - 1)
            mean += pixels[:, row, np.clip(columns + right, 0, width - 1)]
    detail: Array = pixels[:, rows, columns] - mean / np.float32(MEAN * MEAN)
    return detail
