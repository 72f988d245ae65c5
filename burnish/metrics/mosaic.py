"""The score of the raw denoising contest (ZTE, 2022), as its contestants' code has it.

It is made of PSNR and a one-dimensional SSIM on the sensor's 14-bit mosaic.
"""

from __future__ import annotations

import numpy as np

from ..contract import Array
from .distance import decibels
from .pictures import Planes, TooSmall, eight_bit, matched

#: the sensor's black and white
BLACK, WHITE = 1024, 16383
#: the window of SSIM: so many pixels of a column, all alike
TAPS = 7


def psnr_mosaic(restored: Array, clean: Array, crop: int = 0) -> float:
    """PSNR of the frames, in dB.

    It is that of raw planes' mosaic with the peak at 16383; of grey and colour pictures it is what
    `psnr` gives.
    """
    a, b, peak = _frames(restored, clean, crop)
    return decibels(float(np.mean(np.square(a - b))), peak)


def ssim_columns(restored: Array, clean: Array, crop: int = 0) -> float:
    """SSIM along every column of the frames, averaged over columns and frames, up to 1.

    It is what skimage gives a 2-D array as `multichannel=True`. Seven equal taps, covariance of a
    sample (n / (n - 1)), K1 0.01, K2 0.03, the valid rows. Raises TooSmall for fewer than 7 rows.
    """
    a, b, peak = _frames(restored, clean, crop)
    if a.shape[1] < TAPS:
        raise TooSmall(f"SSIM along columns wants {TAPS} rows and more, not {a.shape[1]}")
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    mean_a, mean_b, sample = _column_mean(a), _column_mean(b), TAPS / (TAPS - 1)
    variances = sample * (_column_mean(a * a) - mean_a**2 + _column_mean(b * b) - mean_b**2)
    covariance = sample * (_column_mean(a * b) - mean_a * mean_b)
    similarity = (
        (2 * mean_a * mean_b + c1)
        * (2 * covariance + c2)
        / ((mean_a**2 + mean_b**2 + c1) * (variances + c2))
    )
    return float(np.mean(similarity))


def contest(restored: Array, clean: Array, crop: int = 0) -> float:
    """`score` of the two above."""
    return score(psnr_mosaic(restored, clean, crop), ssim_columns(restored, clean, crop))


def score(decibel: float, similarity: float) -> float:
    """The contest's score: 100 at 60 dB and SSIM 1, and without an upper end.

    It is 100 (0.8 max(PSNR - 30, 0) / 30 + 0.2 max(SSIM - 0.8, 0) / 0.2).
    """
    return float(
        100 * (0.8 * np.maximum(decibel - 30, 0) / 30 + 0.2 * np.maximum(similarity - 0.8, 0) / 0.2)
    )  # numpy's maximum keeps a NaN


def _frames(restored: Array, clean: Array, crop: int) -> tuple[Planes, Planes, float]:
    """Both as frames [F, H, W], and their peak: four raw planes make one mosaic of 14 bits; one or
    three channels are as many frames of 8 bits.
    """
    a, b = (x.astype(np.float64) for x in matched(restored, clean, crop))
    if len(a) == 4:
        return _mosaic(a), _mosaic(b), float(WHITE)
    a, b = (x.astype(np.float64) for x in eight_bit(restored, clean, crop))
    return a, b, 255.0


def _mosaic(planes: Planes) -> Planes:
    """Red, green, green and blue back in their places on the sensor, in its numbers, a half rounded
    up.

    [4, H, W] -> [1, 2H, 2W]
    """
    _, height, width = planes.shape
    interleaved = (
        planes.reshape(2, 2, height, width).transpose(2, 0, 3, 1).reshape(1, 2 * height, 2 * width)
    )
    rounded: Planes = np.floor(interleaved * (WHITE - BLACK) + BLACK + 0.5)
    return rounded


def _column_mean(frames: Planes) -> Planes:
    """[F, H, W] -> [F, H - 6, W]"""
    kept = frames.shape[1] - TAPS + 1
    total: Planes = np.sum([frames[:, i : i + kept] for i in range(TAPS)], 0) / TAPS
    return total
