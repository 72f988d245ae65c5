"""Overview: a page at one size, whatever its own is, and what of it is darker than paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...contract import Array
from ...ground.channels import grey
from .paper import paper
from .parts import box, parts
from .planes import Flags, blocks, closed, highest, mean, opened, smaller, spread
from .strokes import stroke_width, threshold

#: the longer side at which a page is looked at, in pixels; and the side of a block of it
SIDE, BLOCK = 1024, 8
#: strokes reach so far there to each side of their middle, and so far at the most; what is wider
#: than the third is no stroke
STROKE, MOST_STROKE, WIDEST_STROKE = 5, 16, 32
#: the paper's light is that of the brightest blocks within such a part of the page's longer side
AROUND = 6
#: an area is darker than such a share of the paper, and covers such a share of the page, with so
#: many blocks at least along each side
SHADE, LEAST, NARROWEST = 0.8, 0.003, 2


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
    #: the brightness of its blocks without their strokes [h, w], as shares of the paper around
    shade: Array

    @classmethod
    def of(cls, planes: Array) -> Overview:
        """The overview of a page [C, H, W]."""
        colours = smaller(planes, SIDE)
        light = grey(colours)
        even = light / paper(light)
        wide = stroke_width(even < threshold(even), WIDEST_STROKE)
        stroke = int(np.clip(np.ceil(1.3 * wide), STROKE, MOST_STROKE))
        ground = ground_of(light, stroke)
        around = paper_around(ground)
        return cls(colours, light, stroke, spread(around, BLOCK, light.shape), ground / around)

    def shaded(self) -> Iterator[Flags]:
        """The parts of the page, in blocks [h, w], that are much darker than the paper around."""
        for part in parts(closed(self.shade < SHADE, 1)):
            if part.mean() >= LEAST and min(sides(part)) >= NARROWEST:
                yield part

    def near(self, part: Flags) -> Flags:
        """The pixels [H, W] of a part in blocks, and of the blocks around."""
        whole = highest(part, 1).repeat(BLOCK, 0).repeat(BLOCK, 1)
        return whole[: self.light.shape[0], : self.light.shape[1]]

    def within(self, part: Flags) -> Flags:
        """The pixels [H, W] of a part in blocks that are dark, and what is enclosed by these."""
        near = self.near(part)
        dark = near & (self.light < SHADE * self.paper)
        return near & opened(closed(dark, self.stroke), self.stroke)


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


def sides(part: Flags) -> tuple[int, int]:
    """The height and the width of the rectangle around a part."""
    rows, columns = box(part)
    return rows.stop - rows.start, columns.stop - columns.start
