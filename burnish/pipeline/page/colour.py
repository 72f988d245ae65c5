"""The colours of ink: found on the page as it came, and given to the ink that is left.

Where ink covers a share a of a pixel, its paper being white, the pixel is 1 - a (1 - k), with the
ink's colour k. So 1 - k is what fits the pixels around best, by least squares.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.resize import resize
from .planes import mean

#: the side of the blocks, in pixels, in which ink has one colour
BLOCK = 4
#: ink whose channels are apart by less than the first is black, by more than the second coloured
NEUTRAL, COLOURED = 0.1, 0.22
#: such an area of ink in a block is enough to tell its colour
ENOUGH = 0.05
#: a pixel of the page whose channels are further apart than the first is not all paper, whatever
#: its brightness; by more than the second, it is all ink. Of warm colours, stains have as much
PALE, FULL = 0.16, 0.34


def inked(even: Array, ink: Array) -> Array:
    """Ink of its own colours on white paper.

    even: the page as it came [3, H, W], paper being 1. ink: how much of each pixel it covers
    [H, W]. Returns [3, H, W]. Black and grey ink is black.
    """
    colour = _colours(even, ink)
    apart = colour.max(0) - colour.min(0)
    share = np.clip((apart - NEUTRAL) / (COLOURED - NEUTRAL), 0, 1)
    found: Array = 1 - ink * (1 - share * colour)
    return found


def coloured(even: Array) -> Array:
    """How much of each pixel is covered by what has a cold colour, however pale. [H, W] in 0..1"""
    red, green, blue = even
    tint = mean(even.max(0) - even.min(0), 1)
    cold = (blue > red + 0.02) | (green > red + 0.02) | (blue > green + 0.04)
    return np.where(cold, np.clip((tint - PALE) / (FULL - PALE), 0, 1), 0).astype(np.float32)


def _colours(even: Array, ink: Array) -> Array:
    """The colour of the ink around each pixel [3, H, W]; 0 where there is none."""
    height, width = ink.shape
    small = (-(-height // BLOCK), -(-width // BLOCK))
    covered = mean(resize(ink * ink, *small, "area"), 1)
    taken = [mean(resize((1 - plane) * ink, *small, "area"), 1) for plane in even]
    clear = covered > ENOUGH / 9
    colours = [np.where(clear, 1 - t / np.maximum(covered, 1e-6), 0).clip(0, 1) for t in taken]
    return resize(np.stack(colours).astype(np.float32), height, width, "bilinear")
