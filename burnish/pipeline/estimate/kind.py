"""What kind of picture it is, as far as a model has to know: a photograph, a page of print or
writing, or a drawing by a program. A few shares of pixels tell these apart.

A page is light and even, nearly all of it is paper or ink, and both stand side by side nearly
everywhere. In what a program drew, a pixel mostly equals the one beside it, and in no photograph
is that so. docs/auto.md has what the limits were measured on.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...contract import Array
from ...ground.channels import grey
from ...ground.planes import Planes
from .blocks import blocks_of
from .quantiles import median

Kind = Literal["photograph", "page", "drawing"]

#: a picture is looked at with its longer side at most this long, where lines of print are some 20
#: pixels high; rows in which neighbours are compared
SIDE, ROWS = 1024, 256
#: the side of a block, whose brightest tenth is the paper; of a lighter or darker block, the
#: paper's brightness is off by more than this share
BLOCK, UNEVEN = 32, 0.25
#: shares of the paper's brightness above which a pixel is paper, and below which it is ink
PAPER, INK = 0.85, 0.65
#: a block is written on where at least so much of it is ink, and so much paper
LEAST_INK, LEAST_PAPER = 0.01, 0.6
#: of a page, at least: its brightness, and the shares of even blocks, of those with the colour of
#: the page, of paper, and of written blocks
LIGHT, EVEN, OF_ONE_COLOUR, OF_PAPER, WRITTEN = 0.45, 0.85, 0.85, 0.6, 0.33
#: and at the most: the shares of ink, and of what is neither
MOST_INK, MOST_BETWEEN = 0.3, 0.2
#: a block has the page's colour where red and blue are no further off from green
TINT = 0.08
#: the share of pixels that equal the one beside them, in a drawing
FLAT = 0.9


def kind(image: Planes) -> Kind:
    """The kind of a whole picture [1, 1 or 3, H, W]; a tiny one counts as a photograph."""
    if _flat(image) >= FLAT:
        return "drawing"
    return "page" if _is_page(image) else "photograph"


def _flat(image: Planes) -> float:
    """The share of pixels that equal their neighbour to the right in all channels; 0 for none."""
    every = max(1, image.shape[2] // ROWS)
    rows = image[0, :, ::every]
    if rows.shape[2] < BLOCK:
        return 0.0
    return float(np.all(rows[:, :, 1:] == rows[:, :, :-1], axis=0).mean())


def _is_page(image: Planes) -> bool:
    """Whether an image [1, C, H, W] is a page of print or writing, dark on light."""
    every = -(-max(image.shape[2:]) // SIDE)
    seen = image[0, :, ::every, ::every]
    if min(seen.shape[1:]) < 2 * BLOCK:
        return False
    blocks = blocks_of(grey(seen), BLOCK).reshape(-1, BLOCK**2)
    tenth = BLOCK**2 * 9 // 10
    light = np.partition(blocks, tenth, axis=1)[:, tenth]
    level = float(median(light))
    if level < LIGHT or (np.abs(light - level) <= UNEVEN * level).mean() < EVEN:
        return False
    if len(seen) == 3 and not all(_of_one_colour(seen[i] - seen[1]) for i in (0, 2)):
        return False

    shares = blocks / np.maximum(light[:, None], np.float32(1 / 255))
    paper = (shares > PAPER).mean(1)
    ink = (shares < INK).mean(1)
    written = (ink > LEAST_INK) & (paper > LEAST_PAPER)
    between = 1 - paper.mean() - ink.mean()
    few = ink.mean() <= MOST_INK and between <= MOST_BETWEEN
    return bool(few and paper.mean() >= OF_PAPER and written.mean() >= WRITTEN)


def _of_one_colour(tint: Array) -> bool:
    """Whether nearly all blocks of a tint [H, W] have the same one."""
    means = blocks_of(tint, BLOCK).mean((1, 2))
    return bool((np.abs(means - median(means)) <= TINT).mean() >= OF_ONE_COLOUR)
