"""clean(): a page cleaned, from evening its paper to leaving its ink alone."""

from __future__ import annotations

import numpy as np

from ...contract import Array, mix
from ...ground.channels import grey
from ...ground.fill import pull_and_push
from ...ground.planes import highest
from .areas import Areas
from .colour import coloured, inked, tinted
from .ink import Tells, paper_in
from .paper import papers
from .planes import Flags
from .strokes import threshold

#: where the dial of cleaning makes paper white
WHITE = 50.0
#: the darkest part of the paper, in percent, stays grey when paper is made white
DARKEST = 2
#: so many pixels along the rim of a dark area are neither
RIM = 2


def clean(planes: Array, found: Areas, cleaning: float, colour: float, tells: Tells) -> Array:
    """A page [1 or 3, H, W] in 0..1 cleaned, and as large; its pictures are made white.

    found: its areas. cleaning: 0 evens the paper's light, 50 makes paper white, 100 leaves ink
    alone. colour: from 0, grey, to 100, ink's own. tells: what tells ink from paper.
    """
    dark = found.dark
    turned: Array = np.where(dark, 1 - planes, planes) if dark.any() else planes
    light = _light(turned, dark)
    unclipped: Array = np.where(found.pictures, np.float32(1), turned / light)
    even: Array = np.clip(unclipped, 0, 1)
    result = even if cleaning <= 0 else _cleaned(even, unclipped, cleaning, colour, tells)
    if dark.any():
        ground = tinted(1 - light)
        result = np.asarray(np.where(dark, 1 - result * (1 - ground), result), np.float32)
    if len(result) == 1 or colour >= 100:
        return result
    return mix(grey(result)[None], result, colour / 100)


def _light(turned: Array, dark: Flags) -> Array:
    """The light of the paper [C, H, W] of a page whose dark areas are turned, each side of their
    rims by itself.
    """
    if not dark.any() or dark.all():
        return papers(turned)
    return np.where(dark, _without(turned, ~dark), _without(turned, dark))


def _without(turned: Array, others: Flags) -> Array:
    """The light of the paper [C, H, W] as if there were none of the others' pixels [H, W]."""
    # What lies along a rim is of both sides, in part, and tells of neither.
    wide = highest(others, RIM)
    return papers(pull_and_push(turned, others if wide.all() else wide))


def _cleaned(even: Array, unclipped: Array, cleaning: float, colour: float, tells: Tells) -> Array:
    """An evened page cleaned further: its paper white, or its ink alone, or between."""
    if cleaning <= WHITE:
        return mix(even, _white(even), cleaning / WHITE)
    inked = _inked(even, 1 - paper_in(unclipped, tells), colour)
    if cleaning >= 100:
        return inked
    return mix(_white(even), inked, (cleaning - WHITE) / WHITE)


def _white(even: Array) -> Array:
    """An evened page [C, H, W] whose paper's grain is white, and all that is darker stays."""
    light = grey(even)
    blank = light[light >= threshold(light)]
    grain = 1 - float(np.percentile(blank, DARKEST)) if blank.size else 0.0
    depth = 1 - light
    left = np.maximum(depth - grain, 0) / np.maximum(depth * (1 - grain), np.float32(1e-6))
    found: Array = 1 - (1 - even) * np.minimum(left, 1)
    return found


def _inked(even: Array, ink: Array, colour: float) -> Array:
    """The ink [H, W] of an evened page [C, H, W] on white paper."""
    if colour == 0 or len(even) == 1:
        return np.repeat(1 - ink[None], len(even), 0)
    return mix(even, inked(even, ink), 1 - coloured(even))
