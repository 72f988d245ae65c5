"""Mending: damage that was found, as a mask, becomes pixels again, and nothing else changes.

`region` says which pixels, `filled` goes on with what surrounds them, `without_grain`, or a network
does where they are narrow, and `with_grain` gives them the grain of what lies beside
them. `dirt` finds damage by a scan's infrared, and `brightened` gives back the light that thin dirt
has taken.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.fill import filled
from ...ground.regions import Region
from .by_network import WIDEST, Fill, filled_by, where_lost
from .grain import with_grain, without_grain
from .infrared import Dirt, brightened, dirt
from .regions import region, thick

__all__ = [
    "WIDEST",
    "Dirt",
    "Fill",
    "Region",
    "brightened",
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


def mended(pixels: Array, lost: Region, noise: float, network: Fill | None = None) -> Array:
    """The pixels [1, C, H, W] with those that are lost [H, W] mended; all others are the same bits.

    noise: the noise or grain of the picture, as RMS in 8-bit steps; it is put back. network: what
    fills the narrow places; without one, and in those wider than WIDEST, the picture goes on
    smoothly.
    """
    if not lost.any() or lost.all():
        return pixels.copy()
    noisy = noise >= FINE
    known = pixels[0]
    smooth = without_grain(known, lost) if noisy else known
    wide = lost if network is None else thick(lost, WIDEST + 1)
    # A network has learned what grain is. What goes on smoothly would draw it out.
    if network is not None and not np.array_equal(wide, lost):
        smooth = np.where(lost, network(known, lost), smooth)
    result = np.where(lost, filled(smooth, wide), known)
    return (with_grain(known, result, lost, noise / 255) if noisy else result)[None]
