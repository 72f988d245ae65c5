"""PSNR and SSIM on Y, as super-resolution reports them.

Y is BT.601 in 16..235, of pictures rounded to 8 bits; Y itself is not rounded. Grey stays as it is.
"""

from __future__ import annotations

import numpy as np

from ..contract import Array
from .distance import decibels
from .pictures import Planes, eight_bit, grey
from .similarity import ssim_of_planes

#: ITU-R BT.601: what red, green and blue of 255 add to the 16 of black, over 255
STUDIO = (65.481 / 255, 128.553 / 255, 24.966 / 255)


def psnr_y(restored: Array, clean: Array, crop: int = 0) -> float:
    """Peak signal-to-noise ratio of Y, peak 255, in dB; infinite for equal pictures.

    UsageError: shapes differ, or raw planes.
    """
    a, b = _lumas(restored, clean, crop)
    return decibels(float(np.mean(np.square(a - b))), 255)


def ssim_y(restored: Array, clean: Array, crop: int = 0) -> float:
    """Structural similarity of Y, range 255.

    Raises TooSmall below 11x11, UsageError for raw planes or where shapes differ.
    """
    return ssim_of_planes(*_lumas(restored, clean, crop))


def _lumas(restored: Array, clean: Array, crop: int) -> tuple[Planes, Planes]:
    """Both as [1, H, W]."""
    a, b = (
        (0 if len(planes) == 1 else 16) + grey(planes, STUDIO)[None]
        for planes in eight_bit(restored, clean, crop)
    )
    return a, b
