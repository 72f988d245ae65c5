"""Mending: damage that was found, as a mask, becomes pixels again, and nothing else changes.

`region` says which pixels, `filled` goes on with what surrounds them, `without_grain`, and
`with_grain` gives them the grain of what lies beside them. `dirt` finds damage by a scan's
infrared, and `brightened` gives back the light that thin dirt has taken.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from .fill import filled
from .grain import with_grain, without_grain
from .infrared import Dirt, brightened, dirt
from .regions import Region, region, thick

__all__ = ["Dirt", "Region", "brightened", "dirt", "mended", "region", "thick"]

#: grain of less than this, as RMS in 8-bit steps, nobody misses
FINE = 1.0


def mended(pixels: Array, lost: Region, noise: float) -> Array:
    """The pixels [1, C, H, W] with those that are lost [H, W] mended; all others are the same bits.

    noise: the noise or grain of the picture, as RMS in 8-bit steps; it is put back.
    """
    if not lost.any() or lost.all():
        return pixels.copy()
    if noise < FINE:
        return filled(pixels[0], lost)[None]
    smooth = filled(without_grain(pixels[0], lost), lost)
    return with_grain(pixels[0], np.where(lost, smooth, pixels[0]), lost, noise / 255)[None]
