"""PSNR-B: a PSNR that also counts the blocks of JPEG.

Yim and Bovik, "Quality assessment of deblocked images", TIP 2011, eqs. 11 to 19.
"""

from __future__ import annotations

import math

import numpy as np

from ..contract import Array
from .distance import decibels
from .pictures import Planes, TooSmall, eight_bit, grey

#: the side of JPEG's blocks; a picture has to be wider by one for a boundary and other places to be
#: in it
BLOCK = 8
SMALLEST = BLOCK + 1


def psnr_b(restored: Array, clean: Array, crop: int = 0) -> float:
    """PSNR of the brightness with the restored picture's blocking effect added to the error, in dB.

    Brightness is BT.601, 0..255, of the 8-bit picture. The grid of blocks is that of the whole
    picture, whatever the crop. Raises TooSmall where less than 9x9 is left, UsageError for raw
    planes or where shapes differ.
    """
    a, b = (grey(x) for x in eight_bit(restored, clean, crop))
    if min(a.shape) < SMALLEST:
        raise TooSmall(
            f"PSNR-B wants pictures of {SMALLEST}x{SMALLEST} and more, not "
            f"{a.shape[1]}x{a.shape[0]}"
        )
    return decibels(float(np.mean(np.square(a - b))) + blocking_effect(a, crop), 255)


def blocking_effect(plane: Planes, crop: int = 0) -> float:
    """How much neighbours differ across the blocks' boundaries beyond what they differ elsewhere.

    It is squared, times log2 8 / log2 of the smaller side, or 0. plane: [H, W], which a crop of
    that many pixels left of a larger one, in which the blocks begin at its corner.
    """
    across, elsewhere = (
        np.concatenate(found)
        for found in zip(*(_squares(p, crop) for p in (plane, plane.T)), strict=True)
    )
    excess = float(np.mean(across) - np.mean(elsewhere))
    return math.log2(BLOCK) / math.log2(min(plane.shape)) * excess if excess > 0 else 0.0


def _squares(plane: Planes, crop: int) -> tuple[Planes, Planes]:
    """The squared differences of neighbours in a row: those across a boundary, and all others."""
    squares = np.square(np.diff(plane, axis=1))
    boundary = (np.arange(squares.shape[1]) + crop) % BLOCK == BLOCK - 1
    return squares[:, boundary].ravel(), squares[:, ~boundary].ravel()
