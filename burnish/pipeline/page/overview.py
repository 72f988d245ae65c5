"""Overview: a page at one size, whatever its own is, and what of it is darker than paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...contract import Array
from ...ground.channels import grey
from ...ground.planes import closed, highest, mean, opened
from .paper import paper
from .parts import box, parts
from .planes import Flags, blocks, smaller, spread
from .strokes import stroke_width, threshold

#: the longer side at which a page is looked at, in pixels; and the side of a block of it
SIDE, BLOCK = 1024, 8
#: strokes reach so far there to each side of their middle, and so far at the most; what is wider
#: than the third is no stroke
STROKE, MOST_STROKE, WIDEST_STROKE = 5, 16, 32
#: dots of printed pictures are at most so far apart, in pixels to each side, where the page is as
#: large as that; and lines of print leave the paper between them free within so many
SCREEN, LINES = 2, 10
#: the paper's light is that of the brightest blocks within such a part of the page's longer side
AROUND = 6
#: an area is darker than such a share of the paper, and covers such a share of the page, with so
#: many blocks at least along each side
SHADE, LEAST, NARROWEST = 0.8, 0.003, 2
#: what is darker than such a share of the paper may be ground of light writing, where it fills such
#: a share of its rectangle
DARK, FILLED = 0.5, 0.6
#: of ground, such a share is wider than strokes
GROUND = 0.25


@dataclass(frozen=True, eq=False)
class Ground:
    """What lies under the strokes of a page."""

    #: its brightness [H, W]
    light: Array
    #: the brightness of its blocks [h, w], as shares of the paper around
    shade: Array

    def parts(self) -> Iterator[Flags]:
        """The parts, in blocks [h, w], that are darker than paper, and no specks."""
        return _large(closed(self.shade < SHADE, 1))


@dataclass(frozen=True, eq=False)
class Overview:
    """A page at one size."""

    #: its colours [C, H, W]
    colours: Array
    #: its brightness [H, W]
    light: Array
    #: how far strokes reach to each side of their middle, and a little more, in pixels
    stroke: int
    #: the light of the paper around each pixel [H, W]
    paper: Array
    #: what lies under its strokes
    ground: Ground
    #: the same, where the dots of printed pictures are no strokes
    dots: Ground
    #: the brightness of its blocks with all that is on them [h, w], as shares of the paper around
    middles: Array

    @classmethod
    def of(cls, planes: Array) -> Overview:
        """The overview of a page [C, H, W]."""
        colours = smaller(planes, SIDE)
        light = grey(colours)
        even = light / paper(light)
        wide = stroke_width(even < threshold(even), WIDEST_STROKE)
        stroke = int(np.clip(np.ceil(1.3 * wide), STROKE, MOST_STROKE))
        plain = closed(light, stroke)
        around = paper_around(blocks(plain, BLOCK, middle))
        ground = Ground(plain, blocks(plain, BLOCK, middle) / around)
        middles = blocks(light, BLOCK, middle)
        under = spread(around, BLOCK, light.shape)
        # On smaller pages, dots are no larger than pixels.
        apart = SCREEN * max(light.shape) // SIDE
        screened = closed(mean(light, apart), LINES) if apart else plain
        dots = Ground(screened, blocks(screened, BLOCK, middle) / around)
        return cls(colours, light, stroke, under, ground, dots, middles / around)

    def dark(self) -> Iterator[Flags]:
        """The parts of the page, in blocks [h, w], most of which is dark; strokes are none."""
        found = _large(closed(self.middles < DARK, 1))
        return (part for part in found if part[box(part)].mean() >= FILLED)

    def near(self, part: Flags) -> Flags:
        """The pixels [H, W] of a part in blocks, and of the blocks around."""
        return self.pixels(highest(part, 1))

    def pixels(self, part: Flags) -> Flags:
        """The pixels [H, W] of a part in blocks [h, w]."""
        whole = part.repeat(BLOCK, 0).repeat(BLOCK, 1)
        return whole[: self.light.shape[0], : self.light.shape[1]]

    def within(self, part: Flags) -> Flags:
        """The pixels [H, W] of a part in blocks that are dark ground, and strokes between these.

        None where most of what is dark is no wider than strokes are.
        """
        near = self.near(part)
        dark = near & (self.light < DARK * self.paper)
        if opened(dark, self.stroke).sum() < GROUND * dark.sum():
            return np.zeros_like(dark)
        return near & closed(dark, self.stroke)


def ground_of(light: Array, stroke: int) -> Array:
    """The middle of each block's values [h, w] where no strokes were on it."""
    return blocks(closed(light, stroke), BLOCK, middle)


def paper_around(ground: Array) -> Array:
    """The light of the paper around each block [h, w]."""
    reach = max(3, max(ground.shape) // AROUND)
    return np.maximum(mean(highest(ground, reach), reach), np.float32(0.02))


def middle(values: Array) -> Array:
    """The median of the values of blocks [..., N]."""
    found: Array = np.median(values, axis=-1)
    return found


def _large(marked: Flags) -> Iterator[Flags]:
    """The parts of what is marked that are no specks."""
    for part in parts(marked):
        if part.mean() >= LEAST and min(sides(part)) >= NARROWEST:
            yield part


def sides(part: Flags) -> tuple[int, int]:
    """The height and the width of the rectangle around a part."""
    rows, columns = box(part)
    return rows.stop - rows.start, columns.stop - columns.start
