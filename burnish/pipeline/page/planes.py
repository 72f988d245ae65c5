"""Figures of the blocks of a page's planes, and planes of another size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...ground.resize import resize

Flags = NDArray[np.bool_]


def blocks(plane: Array, side: int, figure: Callable[[Array], Array]) -> Array:
    """A figure of each block of a plane [H, W], of the values [..., side * side]; borders go on."""
    height, width = plane.shape
    rows = -(-height // side)
    columns = -(-width // side)
    whole = np.pad(plane, ((0, rows * side - height), (0, columns * side - width)), "edge")
    parts = whole.reshape(rows, side, columns, side).swapaxes(1, 2)
    return figure(parts.reshape(rows, columns, side * side))


def spread(figures: Array, side: int, size: tuple[int, ...]) -> Array:
    """Figures of blocks for the pixels of a plane of that size, from block to block smoothly."""
    rows, columns = (side * count for count in figures.shape)
    return resize(figures, rows, columns, "bilinear")[: size[0], : size[1]]


def smaller(planes: Array, side: int) -> Array:
    """The planes [C, H, W] with their longer side at most `side`, by the mean of what a pixel
    covers.
    """
    height, width = planes.shape[1:]
    share = side / max(height, width)
    if share >= 1:
        return planes
    return resize(planes, max(1, round(height * share)), max(1, round(width * share)), "area")


def total(values: Array) -> Array:
    """The sum of the values of blocks [..., N]."""
    found: Array = values.sum(-1)
    return found
