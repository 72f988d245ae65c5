"""Pictures and markings on a page, which are left alone.

A picture fills its rectangle, and its brightness varies; a stain is as dark nearly all over, and
has no straight sides. A marking has a colour that no stain has, over more than a letter.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.planes import closed, highest, lowest, mean, opened
from .colour import brown
from .overview import BLOCK, STROKE, Ground, Overview, ground_of, paper_around, sides
from .parts import box, parts
from .planes import Flags, spread

#: a picture covers such a share of the page, with so many blocks along each side
LEAST, NARROWEST = 0.01, 4
#: it fills such a share of its rectangle, and the logarithms of its brightness spread so far
FILLED, VARIED = 0.7, 0.14
#: what beside it is darker than such a share of the paper belongs to it where that makes a
#: rectangle that is filled so far
FAINT, WELL_FILLED = 0.93, 0.85
#: its rectangle ends where less than such a share of a side is darker than such a share of paper
ALONG, RIM = 0.2, 0.9
#: how far the channels of a marking are apart, as shares of the paper; of colours that stains have,
#: further, and the lightest channel keeps such a share of the paper's light
TINTED, WARM, BRIGHT = 0.18, 0.4, 0.9
#: the same of an area that is no marking, but has a colour
PALE = 0.06
#: an even grey area is darker than such a share of the paper, and fills its rectangle as a picture
#: that is WELL_FILLED
BAND = 0.95
#: of the pixels within so many times as far as strokes reach, such a share has a marking's colour:
#: of words, fewer have
MARK, MARKED = 2, 0.5


def is_picture(ground: Ground, part: Flags, filled: float = FILLED) -> bool:
    """Whether a part, in blocks, fills such a share of its rectangle, and its brightness varies."""
    if part.mean() < LEAST or min(sides(part)) < NARROWEST:
        return False
    inner = lowest(part, 1)
    shades = ground.shade[inner if inner.any() else part]
    varied = np.log(np.maximum(shades, 0.05)).std() >= VARIED
    return bool(varied and part[box(part)].mean() >= filled)


def rectangle(page: Overview, ground: Ground, part: Flags) -> Flags:
    """The pixels [H, W] of a picture of which `part` is a part: light ones at its rim are its own,
    too.
    """
    around = next(p for p in parts(closed(ground.shade < FAINT, 1) | part) if (p & part).any())
    if around[box(around)].mean() >= WELL_FILLED:
        part = around
    near = page.near(part)
    dark = near & (ground.light < RIM * page.paper)
    high, wide = (BLOCK * side for side in sides(part))
    across = np.outer(dark.sum(1) >= ALONG * wide, dark.sum(0) >= ALONG * high)
    found = np.zeros(near.shape, np.bool_)
    found[box(across if across.any() else near)] = True
    return highest(found, 1)


def markings(page: Overview) -> Flags:
    """The pixels [H, W] that are marked in colour."""
    if len(page.colours) == 1:
        return np.zeros(page.light.shape, np.bool_)
    colours = under_writing(page)
    most = colours.max(0)
    tint = most - colours.min(0)
    tinted = np.where(brown(colours), (tint >= WARM) & (most >= BRIGHT), tint >= TINTED)
    reach = MARK * page.stroke
    found: Flags = highest(mean(tinted, reach) >= MARKED, reach)
    found &= opened(closed(tinted, STROKE), STROKE)
    return found


def pale(page: Overview) -> Flags:
    """The pixels [H, W] of wide areas with a colour that no stain has, paler than markings, too."""
    if len(page.colours) == 1:
        return np.zeros(page.light.shape, np.bool_)
    colours = under_writing(page)
    tint = colours.max(0) - colours.min(0)
    return opened((tint >= PALE) & ~brown(colours), 2 * STROKE)


def bands(page: Overview) -> Flags:
    """The pixels [H, W] of even grey areas with straight sides, such as those behind the rows of a
    table. What goes on beyond the page's edge is a shadow.
    """
    grey = page.ground.shade < BAND
    found = np.zeros_like(grey)
    for part in parts(grey):
        large = part.mean() >= LEAST and min(sides(part)) >= NARROWEST
        inside = not (part[[0, -1]].any() or part[:, [0, -1]].any())
        if large and inside and part[box(part)].mean() >= WELL_FILLED:
            found |= part
    return page.pixels(found)


def under_writing(page: Overview) -> Array:
    """The colours [C, H, W] of the ground without strokes, as shares of the paper around."""
    under = (closed(mean(plane, 1), page.stroke) for plane in page.colours)
    return np.stack([_over_paper(plane, page.stroke) for plane in under])


def _over_paper(plane: Array, stroke: int) -> Array:
    """A channel [H, W] as shares of the paper's light around."""
    around = paper_around(ground_of(plane, stroke))
    found: Array = np.clip(plane / spread(around, BLOCK, plane.shape), 0, 1)
    return found
