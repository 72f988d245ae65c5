"""How close a restored picture is to the clean one; every metric carries its definition, and no figure is printed without it.

Pictures are float arrays [C, H, W] or [1, C, H, W] in 0..1, C 1 (grey), 3 (RGB) or 4 (raw). Both are clipped and rounded to 8 bits first, as the field does.
SSIM: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity", 2004.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .contract import Array
from .errors import UsageError

#: the window of SSIM: 11x11, Gaussian of sigma 1.5, sum 1; and the constants that keep its two quotients apart from 0/0
RADIUS = 5
_TAPS = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / 1.5) ** 2)
WINDOW = _TAPS / _TAPS.sum()
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
PLANES = {1: "grey", 3: "RGB", 4: "raw planes", None: "RGB and grey"}


@dataclass(frozen=True)
class Metric:
    """A figure for a restored picture. definition: its terms, with {planes} and {crop} open; function: (restored, clean, crop) -> figure; digits to print."""

    name: str
    definition: str
    function: Callable[[Array, Array, int], float]
    digits: int

    def stamp(self, channels: int | None, crop: int = 0, pictures: int | None = None) -> str:
        """The definition filled in, as in `PSNR[RGB, 8-bit, crop 0, mean of 68]`. channels: 1, 3, 4 (raw), or None for both grey and colour."""
        text = self.definition.format(planes=PLANES[channels], crop=crop)
        return text if pictures is None else f"{text[:-1]}, mean of {pictures}]"


def psnr(restored: Array, clean: Array, crop: int = 0) -> float:
    """Peak signal-to-noise ratio over all channels, in dB; infinite for equal pictures. crop: pixels left out at every border. UsageError: shapes differ."""
    a, b = _eight_bit(restored, clean, crop)
    error = float(np.mean(np.square(a - b), dtype=np.float64))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def ssim(restored: Array, clean: Array, crop: int = 0) -> float:
    """Structural similarity, up to 1: the mean over the channels of the valid region (the window lies inside). UsageError: below 11x11, or shapes differ."""
    a, b = _eight_bit(restored, clean, crop)
    if min(a.shape[-2:]) < WINDOW.size:
        raise UsageError(f"SSIM wants pictures of {WINDOW.size}x{WINDOW.size} and more, not {a.shape[-1]}x{a.shape[-2]}")
    return float(np.mean([_ssim_of_plane(x, y) for x, y in zip(a, b, strict=True)]))


def _ssim_of_plane(a: Array, b: Array) -> float:
    """By sum and difference: their four local moments hold all that the formula asks for, where the two pictures' own would be five."""
    total, difference = a.astype(np.float64) + b, a.astype(np.float64) - b
    mean_s, mean_d = np.square(_local_mean(total)), np.square(_local_mean(difference))
    var_s, var_d = _local_mean(np.square(total)) - mean_s, _local_mean(np.square(difference)) - mean_d
    luminance = (mean_s - mean_d + 2 * C1) / (mean_s + mean_d + 2 * C1)
    structure = (var_s - var_d + 2 * C2) / (var_s + var_d + 2 * C2)
    return float(np.mean(luminance * structure))


def _local_mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """The plane under the window at every place where it lies inside: columns first, then rows. [H, W] -> [H - 10, W - 10]"""
    for _ in range(2):
        kept = plane.shape[0] - 2 * RADIUS
        result = WINDOW[RADIUS] * plane[RADIUS : RADIUS + kept]
        for i in range(RADIUS):
            result += WINDOW[i] * (plane[i : i + kept] + plane[2 * RADIUS - i : 2 * RADIUS - i + kept])
        plane = result.T
    return plane


def _eight_bit(restored: Array, clean: Array, crop: int) -> tuple[Array, Array]:
    """Both as [C, H, W] in 0..255, clipped, rounded and cropped. A NaN stays one, and so does the figure."""
    if restored.shape != clean.shape or clean.ndim not in (3, 4) or (clean.ndim == 4 and clean.shape[0] != 1):
        raise UsageError(f"a metric compares two pictures [C, H, W] of one shape, not {list(restored.shape)} and {list(clean.shape)}")
    height, width = clean.shape[-2:]
    if crop < 0 or 2 * crop >= min(height, width):
        raise UsageError(f"a crop of {crop} leaves nothing of a picture of {width}x{height}")
    a, b = (np.rint(np.clip(x, 0, 1) * 255).reshape(-1, height, width)[:, crop : height - crop, crop : width - crop] for x in (restored, clean))
    return a, b


#: what `burnish evaluate` prints, by name
METRICS = {
    "psnr": Metric("psnr", "PSNR[{planes}, 8-bit, crop {crop}]", psnr, 2),
    "ssim": Metric("ssim", "SSIM[{planes}, 8-bit, 11x11 Gaussian 1.5, valid, crop {crop}]", ssim, 4),
}
