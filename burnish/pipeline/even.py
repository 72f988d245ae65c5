"""Where a picture is perfectly even: nothing is spoiled there, so nothing is changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..contract import Array

#: an even place is so for that many pixels in each direction: more than the largest block of a
#: JPEG, 16 pixels, whose inside is even however badly it was compressed
AROUND = 8

Flags = NDArray[np.bool_]


def even(pixels: Array) -> Flags:
    """Where all pixels within AROUND are of exactly the same colour. [1, C, H, W] -> [1, 1, H, W]

    Beyond the edges the picture counts as going on.
    """
    planes = pixels[0]
    down = np.ones(planes.shape[1:], np.bool_)
    down[1:] = (planes[:, 1:] == planes[:, :-1]).all(0)
    across = np.ones_like(down)
    across[:, 1:] = (planes[:, :, 1:] == planes[:, :, :-1]).all(0)
    # Every step within the window is 0: those across in all of its rows, those down in its columns.
    steps = _all_along(_all_along(across, 1, steps=True), 0)
    steps &= _all_along(_all_along(down, 0, steps=True), 1)
    return steps[None, None]


def _all_along(flags: Flags, axis: int, steps: bool = False) -> Flags:
    """Whether all flags within AROUND along an axis are set; of steps, those between the pixels.

    A step stands at the second of its pixels, so that the first in the window does not count.
    """
    length = flags.shape[axis]
    unset = np.cumsum(~flags, axis, dtype=np.int32)
    before = np.arange(length) - AROUND - (0 if steps else 1)
    last = np.minimum(np.arange(length) + AROUND, length - 1)
    shape = [-1 if i == axis else 1 for i in range(flags.ndim)]
    found = np.take(unset, np.maximum(before, 0), axis)
    counted: NDArray[np.int32] = np.take(unset, last, axis)
    counted -= np.where(before.reshape(shape) < 0, 0, found)
    whole: Flags = counted == 0
    return whole
