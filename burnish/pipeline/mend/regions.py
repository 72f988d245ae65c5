"""Which pixels are mended: from how sure a network is of damage to yes or no."""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.regions import Region, dilated, spread

#: damage has soft edges, which a scanner sharpens and a JPEG smears: what lies so near to it, in
#: pixels, is mended too. On drawn damage 1 is better by 0.04 dB; of a real crack it leaves a trace
EDGE = 2
#: and as far as this where the network is at least a little sure
SOFT_EDGE = 3
#: what a little is
LITTLE = 0.1


def region(mask: Array, sensitivity: float, size: float, scale: float = 100.0) -> Region:
    """The pixels of a mask [H, W], in 0..1, that are to be mended.

    sensitivity: from 0 to 100; damage is where the network is sure of 100 minus that, in percent.
    size: what is thicker than so many percent of the height is no dirt, and stays. scale: at how
    many percent of its size the picture was looked at; edges are as much softer.
    """
    times = round(100 / scale)
    marked = mask >= max(1 - sensitivity / 100, LITTLE)
    side = max(2, round(size / 100 * mask.shape[0]))
    marked &= ~thick(marked, side)
    near = dilated(marked, times * SOFT_EDGE) & (mask >= LITTLE)
    return dilated(marked, times * EDGE) | near


def thick(marked: Region, side: int) -> Region:
    """The parts of what is marked that hold a square of that side, and what hangs on them.

    That is as far as half a side away.
    """
    height, width = marked.shape
    if side > min(height, width):
        return np.zeros_like(marked)
    sums = np.zeros((height + 1, width + 1), np.int32)
    np.cumsum(np.cumsum(marked, 0, dtype=np.int32), 1, out=sums[1:, 1:])
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    squares = np.zeros_like(marked)
    squares[: height - side + 1, : width - side + 1] = inside == side * side
    # Each stands at its upper left corner: it covers what lies up to a side below and to the right.
    covered = spread(spread(squares, 0, 0, side - 1), 1, 0, side - 1)
    return dilated(covered, side // 2) & marked
