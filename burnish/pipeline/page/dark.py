"""Light writing on dark: blueprints, blackboards, dark headings."""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.channels import grey
from ...ground.planes import highest, mean, opened
from .overview import BLOCK, DARK, SIDE
from .planes import Flags
from .strokes import stroke_width, threshold

#: at least such a share is ground; strokes cover at least such a share of the rest
GROUND, WRITTEN = 0.55, 0.004
#: such a share of the variance is between strokes and ground; of photographs it is at most 0.76
#: where their ground was made even, and 0.78 in their dark areas
APART_EVEN, APART = 0.82, 0.85
#: strokes reach so far to each side, in pixels of an overview
REACH = 8


def dark_page(light: Array) -> bool:
    """Whether a page of brightness [H, W] is light strokes on dark, maybe uneven, ground.

    Half of it is dark: lines of dark print leave no light floor either.
    """
    if np.median(light) > DARK:
        return False
    floor = mean(opened(light, REACH), REACH)
    dark = float(np.median(floor))
    return dark <= DARK and _is_writing(light - floor + dark, light > -1, APART_EVEN)


def dark_area(light: Array, region: Flags, paper: float) -> bool:
    """Whether a region [H, W] of a page's brightness is light strokes on dark ground.

    paper: the light of the paper around it.
    """
    values = light[region]
    if np.median(values) > DARK * paper:
        return False
    return _is_writing(light, region, APART)


def _is_writing(light: Array, region: Flags, apart: float) -> bool:
    """Whether there are thin light strokes in a region, so far apart from its ground."""
    values = light[region]
    limit = threshold(values)
    strokes = values >= limit
    written = float(strokes.mean())
    if not WRITTEN <= written <= 1 - GROUND:
        return False
    between = written * (1 - written) * (values[strokes].mean() - values[~strokes].mean()) ** 2
    if between < apart * values.var():
        return False
    return stroke_width((light >= limit) & region) <= 2 * REACH


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
