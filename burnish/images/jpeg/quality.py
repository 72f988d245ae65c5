"""The quality that a JPEG was saved with, from its quantisation table: the setting of libjpeg (IJG)
whose table is nearest.

ITU-T T.81, annex K.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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


def table_at(quality: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The table [64] of brightness that libjpeg has at a quality from 1 to 100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    table: np.ndarray[tuple[int], np.dtype[np.int64]] = np.clip(
        (LUMINANCE * scale + 50) // 100, 1, 255
    )
    return table


#: [100, 64], sorted within each: Pillow has changed the order in which it gives them, and which of
#: them stand where says nothing more of the quality
_TABLES = np.sort(np.stack([table_at(quality) for quality in range(1, 101)]), 1)


def jpeg_quality(table: Sequence[int]) -> int:
    """The quality, 1 to 100, whose table is nearest to a table [64] of brightness."""
    distance = np.abs(_TABLES - np.sort(np.asarray(table))).sum(1)
    return int(distance.argmin()) + 1
