"""The colours of ink: found on the page as it came, and given to the ink that is left.

It is the colour of its darkest pixels nearby, which lie in the middle of strokes: at their edges,
paper shines through.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.channels import grey
from ...ground.planes import mean
from .planes import Flags, blocks, spread, total

#: the side of the blocks, in pixels, in which ink has one colour
BLOCK = 4
#: ink whose channels are apart by less than the first is black, by more than the second coloured
NEUTRAL, COLOURED = 0.1, 0.22
#: a pixel counts by this power of how dark it is
CORE = 4
#: a pixel of the page whose channels are further apart than the first is not all paper, however
#: bright it is; by more than the second, no paper at all
PALE, FULL = 0.2, 0.38
#: from red to yellow, green leaves blue and comes to red; brown begins at such a share of the way
BROWN = 0.2


def inked(even: Array, ink: Array) -> Array:
    """Ink of its own colours on white paper.

    even: the page as it came [3, H, W], paper being 1. ink: how much of each pixel it covers
    [H, W]. Returns [3, H, W]. Black and grey ink is black.
    """
    found: Array = 1 - ink * (1 - tinted(_colours(even, ink)))
    return found


def tinted(colours: Array) -> Array:
    """The colours [C, H, W] of what is dark; black for those that are grey."""
    apart = colours.max(0) - colours.min(0)
    found: Array = colours * np.clip((apart - NEUTRAL) / (COLOURED - NEUTRAL), 0, 1)
    return found


def coloured(even: Array) -> Array:
    """How much of each pixel is covered by what has a colour that no stain has, however pale.

    even: as in `inked`. [H, W] in 0..1
    """
    tint = even.max(0) - even.min(0)
    sure = (mean(tint, 1) > PALE) & ~brown(even)
    return np.where(sure, np.clip((tint - PALE) / (FULL - PALE), 0, 1), 0).astype(np.float32)


def brown(colours: Array) -> Flags:
    """Where the hue [3, H, W] lies between red and yellow, as that of stains and old paper."""
    red, green, blue = colours
    found: Flags = (red >= green) & (green >= blue) & (green - blue >= BROWN * (red - blue))
    return found


def _colours(even: Array, ink: Array) -> Array:
    """The colour of the ink around each pixel [3, H, W]; white where there is none."""
    weights = ink * (1 - grey(even)) ** CORE
    whole = mean(blocks(weights, BLOCK, total), 1)
    sums = [mean(blocks(plane * weights, BLOCK, total), 1) for plane in even]
    colours = np.stack(sums) / np.maximum(whole, np.float32(1e-6))
    shown = np.where(whole > 1e-6, colours, np.float32(1)).clip(0, 1)
    return np.stack([spread(plane, BLOCK, ink.shape) for plane in shown])
