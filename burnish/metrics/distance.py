"""How far apart two pictures are, pixel by pixel."""

from __future__ import annotations

import math

import numpy as np

from ..contract import Array
from .pictures import Planes, eight_bit, on_planes


def psnr(restored: Array, clean: Array, crop: int = 0) -> float:
    """Peak signal-to-noise ratio over all channels, in dB; infinite for equal pictures.

    crop: pixels left out at every border. Raises UsageError where shapes differ.
    """
    a, b = eight_bit(restored, clean, crop)
    return decibels(float(np.mean(np.square(a - b), dtype=np.float64)), 255)


def decibels(error: float, peak: float) -> float:
    """The PSNR of a mean squared error, of which NaN stays NaN."""
    return math.inf if error == 0 else 10 * math.log10(peak**2 / error)


@on_planes
def rmse(restored: Planes, clean: Planes) -> float:
    """Root of the mean squared error over all channels, of 1.

    Clipped to [0, 1], not rounded to 8 bits, so that it also tells fine differences apart.
    """
    return math.sqrt(np.mean(np.square(restored - clean)))
