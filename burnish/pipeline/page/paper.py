"""The light of a page's paper, by which a page is divided (Lu, Su, Tan, IJDAR 2010)."""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.planes import closed, mean
from .planes import blocks, spread

#: the side of a block in pixels, at least, and as a share of the page's longer side; of its values
#: so many percent are no brighter than its paper
BLOCK, SHARE, PERCENT = 16, 0.01, 60
#: dark places of up to twice so many blocks are writing on the paper
REACH = 2
#: paper is nowhere darker than such a share of the paper of half of the page, nor than this
DARKER, DARKEST = 0.35, 0.01


def paper(plane: Array) -> Array:
    """The light of the paper [H, W] of a plane of a page, as if nothing were written on it."""
    side = max(BLOCK, round(SHARE * max(plane.shape)))
    found = mean(closed(blocks(plane, side, _light), REACH), 1)
    least = max(DARKER * float(np.median(found)), DARKEST)
    return spread(np.maximum(found, np.float32(least)), side, plane.shape)


def papers(planes: Array) -> Array:
    """The light of the paper of each plane of a page [C, H, W], which is the paper's colour."""
    return np.stack([paper(plane) for plane in planes])


def _light(values: Array) -> Array:
    """Of the values of each block [..., N], the one that so many percent do not exceed."""
    place = values.shape[-1] * PERCENT // 100
    found: Array = np.partition(values, place, axis=-1)[..., place]
    return found
