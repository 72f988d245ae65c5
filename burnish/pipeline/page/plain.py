"""Ink that is plain to see: what is as dark as a page's writing, however wide, and straight lines.

The network has learned strokes, and hollows what is wider: heads of notes, squares of codes. It has
learned to take the lines of squared paper away, and with them those of staves and tables, which are
darker.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from .planes import Flags
from .strokes import runs
from .tones import SOLID as SURE
from .tones import Tones

#: what is so many times as dark as half of the ink may be ink, and what is as dark is
SOLID = (SURE, 1.0)
#: the same of lines, which are thinner than pixels, or paler
LINE = (0.35, 0.6)
#: a line is at least as long, and at most as wide, as such shares of the page's longer side; so
#: many pixels are never too wide
LONG, THIN, NARROW = 0.07, 0.003, 3


def plain(light: Array, found: Array) -> Array:
    """How sure ink is plain to see, at each pixel of an evened page [H, W].

    found: how sure there is paper, by which it is known how dark the page's ink is.
    """
    tones = Tones.of(light, found)
    if tones is None or not tones.clear:
        return np.zeros_like(light)
    darkness = tones.darkness(light)
    return np.maximum(_between(darkness, SOLID), _lines(darkness))


def _lines(darkness: Array) -> Array:
    """How sure there is a thin straight line along a row or a column, at each pixel."""
    dark = darkness > LINE[0]
    return np.where(_level(dark) | _level(dark.T).T, _between(darkness, LINE), np.float32(0))


def _level(dark: Flags) -> Flags:
    """The pixels [H, W] of level lines among what is dark."""
    side = max(dark.shape)
    # One that is not quite level goes on a row above or below.
    goes_on = dark.copy()
    goes_on[1:] |= dark[:-1]
    goes_on[:-1] |= dark[1:]
    across = runs(dark.T).T
    thin = across <= max(NARROW, THIN * side)
    found: Flags = dark & thin & (runs(goes_on) >= LONG * side)
    return found


def _between(darkness: Array, ends: tuple[float, float]) -> Array:
    """0 up to the first of two ends, 1 from the second on."""
    first, last = ends
    found: Array = np.clip((darkness - first) / np.float32(last - first), 0, 1)
    return found
