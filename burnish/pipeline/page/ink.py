"""The ink of a page: a network at the sizes that fit its strokes, and a threshold beside it.

The network has learned strokes of two or three pixels. Where they are wider, it looks at the page
made smaller, so that they are that wide, and a little wider; pale ink is made darker before. Where
ink stands out clearly from its paper, a threshold knows the edges of strokes better, and is
believed as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...contract import Array
from ...ground.channels import grey
from ...ground.planes import deviation
from ...ground.resize import resize
from .edges import sharpened
from .plain import plain
from .planes import Flags
from .strokes import stroke_width, threshold

#: what tells ink from paper: a page [1, 3, H, W] -> [1, 1, H, W], in which ink is 0 and paper is 1
Tells = Callable[[Array], Array]

#: strokes of so many pixels the network has learned; wider ones are seen so many times as wide
FINE, SEEN = 3.0, (1.4, 1.0)
#: how dark ink is made for the network at least, 1 being black: fine strokes; and wider ones, which
#: are made so dark, and by so many times of their own darkness darker, up to the third
DARK_FINE, DARK, DARKER, DARKEST = 0.45, 0.2, 1.5, 0.9
#: what is less than so many times as dark as the grain is deep may be no ink: of grain it is 2.2
CLEAR = 2.25
#: what lies along the border, such a share of each side, is not asked
BORDER = 0.02


@dataclass(frozen=True)
class Writing:
    """What the ink of an evened page is like."""

    #: how much darker than paper half of the ink is, from 0 to 1
    depth: float
    #: how wide its strokes are, in pixels
    width: float
    #: how far the page's brightness spreads, as a standard deviation, which paper decides
    grain: float

    @classmethod
    def of(cls, light: Array) -> Writing:
        """What is written on an evened page [H, W]."""
        inner = _inner(light)
        ink = _written(inner < threshold(inner))
        if not ink.any() or ink.all():
            return cls(1.0, 0.0, 0.0)
        grain = deviation(inner - np.median(inner))
        return cls(1 - float(np.median(inner[ink])), stroke_width(ink), grain)

    @property
    def fine(self) -> bool:
        """Whether its strokes are as fine as those that the network has learned."""
        return self.width <= FINE

    @property
    def gain(self) -> float:
        """How many times as dark it is made for the network."""
        if self.depth < CLEAR * self.grain:
            return 1.0
        wanted = DARK_FINE if self.fine else min(DARK + DARKER * self.depth, DARKEST)
        return max(1.0, wanted / self.depth)

    @property
    def shares(self) -> tuple[float, ...]:
        """The sizes at which the network looks at the page, as shares of its own."""
        if self.fine:
            return (1.0,)
        return tuple(dict.fromkeys(min(1.0, wide * FINE / self.width) for wide in SEEN))


def paper_in(even: Array, tells: Tells) -> Array:
    """How sure it is that there is paper, and no ink, at each pixel of an evened page.

    [C, H, W] -> [H, W], in which paper is 1 and ink 0.
    """
    light = grey(even)
    writing = Writing.of(light)
    darker = np.clip(1 - (1 - even) * np.float32(writing.gain), 0, 1)[None]
    shares = writing.shares
    found = np.zeros(light.shape, np.float32)
    for share in shares:
        found += _seen(darker, share, tells)
    found /= len(shares)
    if not writing.fine:
        found = sharpened(found, light, writing.width)
    return np.minimum(found, 1 - plain(light, found))


def _written(ink: Flags) -> Flags:
    """What is dark [H, W] without rims and gutters: what comes straight from a side of the page."""
    inner = ink.copy()
    for axis in (0, 1):
        inner &= ~np.logical_and.accumulate(ink, axis)
        inner &= ~np.flip(np.logical_and.accumulate(np.flip(ink, axis), axis), axis)
    return inner if inner.any() else ink


def _inner(light: Array) -> Array:
    """A page without its borders."""
    height, width = light.shape
    down = round(BORDER * height)
    right = round(BORDER * width)
    return light[down : height - down, right : width - right]


def _seen(page: Array, share: float, tells: Tells) -> Array:
    """What the network tells of a page [1, C, H, W] at such a share of its size. [H, W]"""
    height, width = page.shape[-2:]
    if share == 1:
        whole: Array = tells(page)[0, 0]
        return whole
    small = resize(page, max(1, round(share * height)), max(1, round(share * width)), "area")
    found: Array = resize(tells(small), height, width, "bilinear")[0, 0]
    return found
