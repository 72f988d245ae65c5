"""Blocks of a picture; and the 8x8 blocks of a JPEG in its decoded pixels: where they begin, and
their coefficients.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...ground.planes import Planes
from .products import product

Figures = NDArray[np.float64]
#: (down, across) of the first whole block, 0 to 7 each
Phase = tuple[int, int]
#: (down, across) of a frequency in a block
Place = tuple[int, int]

#: frequencies of a block, across plus down, at which a table shows
LOW = [(i, j) for i in range(8) for j in range(8) if 1 <= i + j <= 5]
#: the lowest of them, which say where blocks begin
LOWEST_FEW = [(i, j) for i, j in LOW if i + j <= 3]
#: those that are mostly 0 in a compressed picture, which shows where blocks begin
HIGH = [(i, j) for i in range(8) for j in range(8) if 7 <= i + j <= 11]
#: a coefficient that a table set to 0 is not larger than this, in 8-bit steps
NOTHING = 1.0
#: of a block that is drawn, more than the first share of pixels equal the ones beside and below
#: them, and at most the second share differ by a small step, in 8-bit steps
EVEN, MOST_SMALL, SMALL = 0.5, 0.1, 2.0
#: of a picture that is drawn, more than this share of the blocks that are not flat. Of drawings,
#: charts and pages by a program it is 0.6 or more, of their JPEGs up to quality 95 0.25 at most
DRAWN = 0.5
#: as many blocks are looked at for a phase
PHASE_BLOCKS = 400
#: steps from pixel to pixel count up to this, in 8-bit steps: edges are not blocks
EDGE = 12.0
#: of the places where blocks may begin, so many are tried along each side
TRIED = 2
#: the waves of a cosine transform of 8 values [8, 8], each of length 1
COSINES = np.cos(np.pi * np.outer(np.arange(8), 2 * np.arange(8) + 1) / 16) / 2
COSINES[0] /= np.sqrt(2)
#: the waves of that of a block: of its pixels, row by row, at each frequency [64, 8, 8]
WAVES = np.einsum("iy,jx->yxij", COSINES, COSINES).reshape(64, 8, 8).astype(np.float32)


def blocks_of(plane: Array, side: int, most: int | None = None) -> Array:
    """The whole blocks of a plane [H, W]; or about `most` of them, evenly spread. [N, side, side]

    What is left at the right and below is in none.
    """
    rows, columns = (length // side for length in plane.shape)
    every = 1 if most is None else max(1, int(np.sqrt(rows * columns / most)))
    whole = plane[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return whole.swapaxes(1, 2)[::every, ::every].reshape(-1, side, side)


def blocks_in(planes: Planes, side: int, most: int) -> Array:
    """As `blocks_of`, of each channel of planes [1, C, H, W]: [C, N, side, side]."""
    channels = planes.shape[1]
    rows, columns = (length // side for length in planes.shape[-2:])
    every = max(1, int(np.sqrt(rows * columns / most)))
    found = []
    for top in range(0, rows * side, every * side):
        row = planes[0, :, top : top + side, : columns * side]
        found.append(row.reshape(channels, side, columns, side)[:, :, ::every].swapaxes(1, 2))
    return np.concatenate(found or [np.empty((channels, 0, side, side), np.float32)], axis=1)


def coefficients(brightness: Array, phase: Phase, frequencies: list[Place], most: int) -> Array:
    """The cosine transform of about `most` blocks of brightness [H, W] in 8-bit steps, those that
    are not flat, at these frequencies; none of a picture that is drawn. [F, N]
    """
    down, across = phase
    blocks = blocks_of(brightness[down:, across:], 8, most)
    blocks = blocks[np.ptp(blocks, axis=(1, 2)) > 2]
    if len(blocks) and _drawn(blocks).mean() > DRAWN:
        blocks = blocks[:0]
    downs, acrosses = zip(*frequencies, strict=True)
    return product(blocks.reshape(-1, 64), WAVES[:, downs, acrosses]).T


def _drawn(blocks: Array) -> NDArray[np.bool_]:
    """Which blocks [N, 8, 8] are even pieces side by side, as in a drawing and of a small palette:
    most pixels equal the one beside them, and the one below, and nearly all others differ clearly.
    Compression leaves waves around edges, and what is smooth has small steps.
    """
    even = np.ones(len(blocks), np.bool_)
    for axis in (1, 2):
        steps = np.abs(np.diff(blocks, axis=axis))
        even &= (steps == 0).mean((1, 2)) > EVEN
        even &= ((steps > 0) & (steps <= SMALL)).mean((1, 2)) <= MOST_SMALL
    return even


def last_phase(brightness: Array) -> Phase:
    """Where the blocks of the last compression begin: where most high frequencies are nothing."""

    def nothing(phase: Phase) -> float:
        high = coefficients(brightness, phase, HIGH, PHASE_BLOCKS)
        return float((np.abs(high) < NOTHING).mean()) if high.size else 0.0

    return max(((down, across) for down in range(8) for across in range(8)), key=nothing)


def earlier_phases(brightness: Array, last: Phase | None) -> list[Phase]:
    """Where the blocks of an earlier, stronger compression may begin, but for those of the last
    (None: it is not known), and as many places beside them, to compare with.

    The steps from pixel to pixel are largest there; a later compression blurs that, but leaves it.
    """
    downs, acrosses = (_seams(plane) for plane in (brightness, brightness.T))
    likely = [(0, 0), *((down, across) for down in downs for across in acrosses)]
    beside = [((down + 3) % 8, (across + 4) % 8) for down, across in likely]
    return [phase for phase in dict.fromkeys([*likely, *beside]) if phase != last]


def _seams(brightness: Array) -> list[int]:
    """The places, of 0 to 7, at which rows [H, W] differ most from the row above them."""
    rows = brightness[: len(brightness) // 8 * 8]
    steps = np.minimum(np.abs(np.diff(rows, axis=0, append=rows[-1:])), EDGE).mean(1)
    by_place = steps.reshape(-1, 8).mean(0)
    # By how much a place stands out from its neighbours, not how lively the picture is there.
    seams = by_place - 0.5 * (np.roll(by_place, 1) + np.roll(by_place, -1))
    return [int(place + 1) % 8 for place in np.argsort(-seams)[:TRIED]]
