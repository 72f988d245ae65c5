"""Mending: damage that was found, as a mask, becomes pixels again, and nothing else changes.

`region` says which pixels, `filled` goes on with what surrounds them, `without_grain`, or a network
does where they are narrow (`by_width`), and `with_grain` gives them the grain of what lies beside
them. `dirt` finds damage by a scan's infrared, and `brightened` gives back the light that thin dirt
has taken.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.fill import filled
from ...ground.regions import Region
from .by_network import WIDEST, Fill, by_width, filled_by, where_lost
from .grain import with_grain, without_grain
from .infrared import Dirt, brightened, dirt
from .regions import region, thick

__all__ = [
    "WIDEST",
    "Dirt",
    "Fill",
    "Region",
    "brightened",
    "by_width",
    "dirt",
    "filled",
    "filled_by",
    "mended",
    "region",
    "thick",
    "where_lost",
]

#: grain of less than this, as RMS in 8-bit steps, nobody misses
FINE = 1.0


def mended(pixels: Array, lost: Region, noise: float, fill: Fill = filled) -> Array:
    """The pixels [1, C, H, W] with those that are lost [H, W] mended; all others are the same bits.

    noise: the noise or grain of the picture, as RMS in 8-bit steps; it is put back. fill: what goes
    on with what surrounds them.
    """
    if not lost.any() or lost.all():
        return pixels.copy()
    if noise < FINE:
        return fill(pixels[0], lost)[None]
    smooth = fill(without_grain(pixels[0], lost), lost)
    return with_grain(pixels[0], np.where(lost, smooth, pixels[0]), lost, noise / 255)[None]
