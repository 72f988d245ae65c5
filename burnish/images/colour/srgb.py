"""The curve of sRGB (IEC 61966-2-1), from numbers to light and back.

It is mirrored for what lies below 0, and goes on above 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import Array

Numbers = NDArray[np.floating[Any]]


def light_of(numbers: Numbers) -> Array:
    """The light of numbers of sRGB: 0 of 0, 1 of 1. float32, of any shape."""
    size = np.abs(numbers)
    light = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    return np.copysign(light, numbers).astype(np.float32)


def numbers_of(light: Numbers) -> Array:
    """The numbers that sRGB has for light: the way back. float32, of any shape."""
    size = np.abs(light)
    numbers = np.where(size <= 0.0031308, 12.92 * size, 1.055 * size ** (1 / 2.4) - 0.055)
    return np.copysign(numbers, light).astype(np.float32)
