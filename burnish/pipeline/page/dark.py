"""Light writing on dark: blueprints, blackboards, dark headings."""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.channels import grey
from .overview import BLOCK, SIDE, STROKE, middle
from .planes import Flags, blocks, highest, mean, opened
from .strokes import stroke_width, threshold

#: at least such a share is ground, which is darker than such a share of the paper
GROUND, DARK = 0.55, 0.5
#: nine of ten blocks of the ground are brighter than the darkest tenth by such a factor at most
EVENLY = 2.2
#: such a share of the variance is between strokes and ground: in photographs it is 0.78 at most
APART = 0.85
#: strokes cover such a share at least, and are so wide at the most, in pixels of an overview
WRITTEN, WIDEST = 0.004, 16.0
#: no ground is darker than this in comparisons
BLACK = 0.03


def light_on_dark(light: Array, region: Flags, paper: float) -> bool:
    """Whether a region [H, W] of a page's brightness is light strokes on a dark and even ground.

    paper: the light of the paper around it.
    """
    values = light[region]
    limit = threshold(values)
    low = values < limit
    if not GROUND <= low.mean() <= 1 - WRITTEN or np.median(values[low]) > DARK * paper:
        return False
    apart = values[~low].mean() - values[low].mean()
    if low.mean() * (1 - low.mean()) * apart**2 < APART * values.var():
        return False
    floor = blocks(opened(light, STROKE), BLOCK, middle)
    whole = blocks(region.astype(np.float32), BLOCK, middle) > 0
    least, most = np.percentile(floor[whole], (10, 90)) if whole.any() else (1, 1)
    evenly = most <= EVENLY * max(float(least), BLACK)
    return bool(evenly and 0 < stroke_width((light >= limit) & region) <= WIDEST)


def to_the_pixel(planes: Array, dark: Flags) -> Flags:
    """Dark areas [H, W] of a page [C, H, W], exactly: beside their rims, what is dark belongs to
    them.

    Light strokes beside a rim come out light whether they belong to the area or not.
    """
    if not dark.any() or dark.all():
        return dark
    step = BLOCK * max(1, -(-max(dark.shape) // SIDE))
    light = grey(planes)
    limit = (np.median(light[dark]) + np.median(light[~dark])) / 2
    core = mean(dark, step) > 0.99
    return core | (highest(dark, step) & (light < limit))
