"""What is asked of planes again and again: their highest and lowest values nearby, their mean
nearby, them blurred, a little or by a Gaussian, and how far values spread.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...contract import Array

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


def blurred(plane: Array, times: int = 1) -> Array:
    """A plane [H, W] by 1, 2, 1 along both axes so many times, mirrored at the border."""
    for _ in range(times):
        wide = np.pad(plane, 1, "symmetric")
        tall = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
        plane = np.asarray((tall[:-2] + 2 * tall[1:-1] + tall[2:]) / np.float32(16), np.float32)
    return plane


def gaussian(plane: Array, sigma: float, reach: int) -> Array:
    """A plane [H, W] blurred by a Gaussian of that sigma in pixels, mirrored at the border.

    reach: how many pixels to each side count, which are taken one after another: so that the last
    bit does not depend on where in a larger plane this one lies.
    """
    steps = np.arange(reach + 1)
    weights = np.exp(-0.5 * (steps / sigma) ** 2)
    weights = (weights / (weights.sum() + weights[1:].sum())).astype(np.float32)
    return _weighted(_weighted(plane, weights).T, weights).T


def deviation(values: NDArray[Any]) -> float:
    """Their standard deviation, as the median of their distances from 0 tells it."""
    return 1.4826 * float(np.median(np.abs(values)))


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


def _weighted(plane: Array, weights: Array) -> Array:
    """The sum of rows to both sides, by what each weighs at its distance: weights [reach + 1]."""
    reach = len(weights) - 1
    rows = len(plane)
    padded = np.pad(plane, ((reach, reach), (0, 0)), "symmetric")
    found: Array = weights[0] * plane
    for apart in range(1, reach + 1):
        above = padded[reach - apart : reach - apart + rows]
        pair = above + padded[reach + apart : reach + apart + rows]
        pair *= weights[apart]
        found += pair
    return found


def _mean(plane: NDArray[Any], reach: int) -> Array:
    """The mean within `reach` rows."""
    padded = np.pad(plane, ((reach + 1, reach), (0, 0)), "edge")
    sums = np.cumsum(padded, 0, dtype=np.float64)
    whole = 2 * reach + 1
    return np.asarray((sums[whole:] - sums[:-whole]) / whole, np.float32)
