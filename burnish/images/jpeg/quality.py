"""The quality that a JPEG was saved with, from its quantisation table: the setting of libjpeg (IJG)
or mozjpeg whose table is nearest.

ITU-T T.81, annex K.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: of brightness, at quality 50, row by row
LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
).ravel()

#: the same of mozjpeg, its third (by N. Robidoux, for ImageMagick)
MOZJPEG = np.array(
    [
        [16, 16, 16, 18, 25, 37, 56, 85],
        [16, 17, 20, 27, 34, 40, 53, 75],
        [16, 20, 24, 31, 43, 62, 91, 135],
        [18, 27, 31, 40, 53, 74, 106, 156],
        [25, 34, 43, 53, 69, 94, 131, 189],
        [37, 40, 62, 74, 94, 124, 169, 238],
        [56, 53, 91, 106, 131, 169, 226, 311],
        [85, 75, 135, 156, 189, 238, 311, 418],
    ]
).ravel()


def table_at(quality: int, base: NDArray[np.int64] = LUMINANCE) -> NDArray[np.int64]:
    """The table [64] of brightness that libjpeg makes of one for 50 at a quality from 1 to 100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((base * scale + 50) // 100, 1, 255)


#: [200, 64], of libjpeg at 1 to 100, then of mozjpeg, sorted within each: Pillow has changed the
#: order in which it gives them, and which of them stand where says nothing more of the quality
_TABLES = np.sort(
    [table_at(quality, base) for base in (LUMINANCE, MOZJPEG) for quality in range(1, 101)], 1
)


def jpeg_quality(table: Sequence[int]) -> int:
    """The quality, 1 to 100, whose table is nearest to a table [64] of brightness."""
    distance = np.abs(_TABLES - np.sort(np.asarray(table))).sum(1)
    return int(distance.argmin()) % 100 + 1
