"""Structural similarity, at one scale and at five.

SSIM: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to
structural similarity", TIP 2004, eq. 13. MS-SSIM: Wang, Simoncelli, Bovik, "Multiscale structural
similarity for image quality assessment", Asilomar 2003, eq. 7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from .pictures import Planes, TooSmall, eight_bit

#: the window of SSIM: 11x11, Gaussian of sigma 1.5, sum 1; and the constants that keep its two
#: quotients apart from 0/0
RADIUS = 5
_TAPS = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / 1.5) ** 2)
WINDOW = _TAPS / _TAPS.sum()
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
#: what each scale counts, the finest first
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
#: five scales, and the window still has to fit into the coarsest
SMALLEST = WINDOW.size * 2 ** (len(SCALES) - 1)


def ssim(restored: Array, clean: Array, crop: int = 0) -> float:
    """Structural similarity, up to 1: the mean over the channels of the valid region.

    There the window lies inside. Raises TooSmall below 11x11, UsageError where shapes differ.
    """
    return ssim_of_planes(*eight_bit(restored, clean, crop))


def ssim_of_planes(a: Array | Planes, b: Array | Planes) -> float:
    """The same of planes [C, H, W] in 0..255. TooSmall: below 11x11."""
    if min(a.shape[-2:]) < WINDOW.size:
        raise TooSmall(
            f"SSIM wants pictures of {WINDOW.size}x{WINDOW.size} and more, not "
            f"{a.shape[-1]}x{a.shape[-2]}"
        )
    return float(
        np.mean([np.mean(np.multiply(*_similarity(x, y))) for x, y in zip(a, b, strict=True)])
    )


def ms_ssim(restored: Array, clean: Array, crop: int = 0) -> float:
    """Structure at five scales, each half as large, and brightness at the coarsest, up to 1.

    It is the mean over the channels of each channel's product. A scale whose structure is negative
    on average has no power of 0.0448 or so, and counts 0. Raises TooSmall for a side below 176,
    UsageError where shapes differ.
    """
    a, b = eight_bit(restored, clean, crop)
    if min(a.shape[-2:]) < SMALLEST:
        raise TooSmall(
            f"MS-SSIM wants pictures of {SMALLEST}x{SMALLEST} and more (five scales of a window "
            f"of 11), not {a.shape[-1]}x{a.shape[-2]}"
        )
    return float(
        np.mean(
            [
                _ms_ssim_of_plane(x.astype(np.float64), y.astype(np.float64))
                for x, y in zip(a, b, strict=True)
            ]
        )
    )


def _ms_ssim_of_plane(a: Planes, b: Planes) -> float:
    product = 1.0
    for i, power in enumerate(SCALES):
        if i:
            a, b = _halved(a), _halved(b)
        luminance, structure = _similarity(a, b)
        similar = structure if i < len(SCALES) - 1 else luminance * structure
        product *= np.maximum(np.mean(similar), 0) ** power  # numpy's maximum keeps a NaN
    return float(product)


def _halved(plane: Planes) -> Planes:
    """The mean of every four pixels; an odd last row or column is left out.

    [H, W] -> [H // 2, W // 2]
    """
    height, width = (side // 2 for side in plane.shape)
    mean: Planes = plane[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean((1, 3))
    return mean


def _similarity(a: Array | Planes, b: Array | Planes) -> tuple[Planes, Planes]:
    """SSIM's two factors, brightness and structure, by sum and difference: their four local moments
    hold all, where the pictures' own would be five.
    """
    total, difference = a.astype(np.float64) + b, a.astype(np.float64) - b
    mean_s, mean_d = np.square(_local_mean(total)), np.square(_local_mean(difference))
    var_s, var_d = (
        _local_mean(np.square(total)) - mean_s,
        _local_mean(np.square(difference)) - mean_d,
    )
    luminance = (mean_s - mean_d + 2 * C1) / (mean_s + mean_d + 2 * C1)
    structure = (var_s - var_d + 2 * C2) / (var_s + var_d + 2 * C2)
    return luminance, structure


def _local_mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """The plane under the window at every place where it lies inside: columns first, then rows.

    [H, W] -> [H - 10, W - 10]
    """
    for _ in range(2):
        kept = plane.shape[0] - 2 * RADIUS
        result = WINDOW[RADIUS] * plane[RADIUS : RADIUS + kept]
        for i in range(RADIUS):
            result += WINDOW[i] * (
                plane[i : i + kept] + plane[2 * RADIUS - i : 2 * RADIUS - i + kept]
            )
        plane = result.T
    return plane
