"""A mosaic's samples as planes of half its size: one for each place of its pattern of two by two.

Which colour comes first depends on where packing begins.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array

#: where packing begins, in samples from the top and from the left
Beginning = tuple[int, int]


def red_first(pattern: tuple[tuple[int, ...], ...]) -> Beginning:
    """Where packing begins so that the planes are red, green, green and blue, of a Bayer pattern,
    in which 0 is red.
    """
    flat = [colour for row in pattern for colour in row]
    row, column = divmod(flat.index(0), 2)
    return row, column


def packed(mosaic: Array, beginning: Beginning = (0, 0)) -> Array:
    """The planes [4, h, w] of samples [H, W], which are mirrored where they are short of a pair.

    The mirror stands on the last sample, so that colours stay where they belong.
    """
    (above, left), (height, width) = beginning, mosaic.shape
    below, right = (height + above) % 2, (width + left) % 2
    even = np.pad(mosaic, ((above, below), (left, right)), mode="reflect")
    return np.stack([even[row::2, column::2] for row in (0, 1) for column in (0, 1)])


def unpacked(planes: Array, shape: tuple[int, ...], beginning: Beginning = (0, 0)) -> Array:
    """The samples [H, W] of planes that were packed from there."""
    _, height, width = planes.shape
    even = np.empty((2 * height, 2 * width), planes.dtype)
    for place, plane in enumerate(planes):
        even[place // 2 :: 2, place % 2 :: 2] = plane
    (above, left), (rows, columns) = beginning, shape
    return even[above : above + rows, left : left + columns]
