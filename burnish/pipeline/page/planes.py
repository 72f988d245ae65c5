"""What is asked of planes again and again on pages: their highest and lowest values nearby, their
mean nearby, and figures of their blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...ground.resize import resize

Flags = NDArray[np.bool_]
#: a plane [H, W] of numbers, or of flags
Plane = TypeVar("Plane", bound=NDArray[Any])


def highest(plane: Plane, reach: int) -> Plane:
    """The highest value within a square of `reach` pixels to each side. [H, W] -> [H, W]"""
    return _extreme(plane, reach, np.maximum)


def lowest(plane: Plane, reach: int) -> Plane:
    """The lowest value within a square of `reach` pixels to each side. [H, W] -> [H, W]"""
    return _extreme(plane, reach, np.minimum)


def closed(plane: Plane, reach: int) -> Plane:
    """The plane [H, W] without what is dark and at most 2 `reach` wide (Serra 1982)."""
    return lowest(highest(plane, reach), reach)


def opened(plane: Plane, reach: int) -> Plane:
    """The plane [H, W] without what is light and at most 2 `reach` wide (Serra 1982)."""
    return highest(lowest(plane, reach), reach)


def mean(plane: NDArray[Any], reach: int) -> Array:
    """The mean within a square of `reach` pixels to each side; borders go on. [H, W] -> [H, W]"""
    return _mean(_mean(plane, reach).T, reach).T


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


def _extreme(plane: Plane, reach: int, either: Any) -> Plane:
    """The highest or lowest value within a square, along one axis and then the other."""
    down = _along(plane, reach, either)
    across: Plane = _along(down.T, reach, either).T
    return across


def _along(plane: Any, reach: int, either: Any) -> Any:
    """The same within `reach` rows. What holds for a window of twice the rows is of two of them."""
    whole = 2 * reach + 1
    found = np.pad(plane, ((reach, reach), (0, 0)), "edge")
    seen = 1
    while 2 * seen <= whole:
        found = either(found[:-seen], found[seen:])
        seen *= 2
    rest = whole - seen
    return either(found[: len(found) - rest], found[rest:])


def _mean(plane: NDArray[Any], reach: int) -> Array:
    """The mean within `reach` rows."""
    padded = np.pad(plane, ((reach + 1, reach), (0, 0)), "edge")
    sums = np.cumsum(padded, 0, dtype=np.float64)
    whole = 2 * reach + 1
    return np.asarray((sums[whole:] - sums[:-whole]) / whole, np.float32)
