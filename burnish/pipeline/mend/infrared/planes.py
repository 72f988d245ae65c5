"""Planes of density: how they are made, moved and brought to one size."""

from __future__ import annotations

import numpy as np

from ....contract import Array
from ....ground.planes import highest
from ....ground.resize import resize

#: light of less than this share of the highest is not told from none
FLOOR = np.float32(1e-3)
#: the lobes of Lanczos's kernel to each side
LOBES = 4


def density(light: Array) -> Array:
    """How much darker than 1 light is, as a natural logarithm: 0 for white, 0.7 for half of it."""
    result: Array = -np.log(np.maximum(light, 0) + FLOOR)
    return result


def at_size(plane: Array, height: int, width: int) -> Array:
    """A plane [h, w] at the size of the picture.

    Of a larger one the darkest of the pixels that come together counts, as a mean would lose fine
    hairs.
    """
    down = max(1, plane.shape[0] // height)
    across = max(1, plane.shape[1] // width)
    whole = plane[: plane.shape[0] // down * down, : plane.shape[1] // across * across]
    blocks = whole.reshape(whole.shape[0] // down, down, whole.shape[1] // across, across)
    small = blocks.min(axis=(1, 3))
    return small if small.shape == (height, width) else resize(small, height, width)


def as_coarse(planes: Array, height: int, width: int) -> Array:
    """Planes of light [..., H, W] as a scan of that size would have them, at their own size."""
    if height >= planes.shape[-2]:
        return planes
    return resize(resize(planes, height, width, "area"), *planes.shape[-2:])


def steepness(plane: Array) -> Array:
    """By how much a plane [H, W] changes from a pixel to the next, near each pixel."""
    steps = [np.abs(np.diff(plane, axis=axis)) for axis in (0, 1)]
    down = np.pad(steps[0], ((1, 0), (0, 0)))
    right = np.pad(steps[1], ((0, 0), (1, 0)))
    return highest(np.maximum(down, right), 1)


def moved(plane: Array, down: float, right: float) -> Array:
    """A plane [H, W] moved by so many pixels, parts of them by Lanczos's kernel; borders go on."""
    return np.ascontiguousarray(_moved(_moved(plane, down).T, right).T)


def _moved(plane: Array, down: float) -> Array:
    count = len(plane)
    whole = int(np.floor(-down))
    part = -down - whole
    taps = np.arange(1 - LOBES, LOBES + 1)
    weights = np.sinc(taps - part) * np.sinc((taps - part) / LOBES)
    weights = (weights / weights.sum()).astype(np.float32)
    result = np.zeros_like(plane)
    for tap, weight in zip(taps, weights, strict=True):
        rows = np.clip(np.arange(count) + whole + tap, 0, count - 1)
        result += weight * plane[rows]
    return result
