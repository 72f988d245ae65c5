"""Pieces of paintings laid over one another, so that a picture is painted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ....contract import Array
from ....ground.planes import gaussian
from ....ground.remarks import OnProgress
from .chosen import ROUNDS, chosen
from .colours import towards
from .palette import (
    BOOKS,
    BROAD,
    CELL,
    FINE,
    PIECE,
    SIDE,
    Numbers,
    Palette,
    Pieces,
    afar,
    looks_of,
    slopes,
)

#: of the colours from afar, so much comes from the pieces, and the rest from the picture
FROM_PIECES = 0.5
#: how many times strokes are made stronger, at the most, where overlaps have cancelled them
MOST = 2.5
#: how strong strokes are beside those of the painting, since the picture's own detail adds to them
THIN = 0.8
#: sigma over which their strength is looked at
AROUND = 6.0
#: strokes weaker than this are none, as a deviation
WEAK = 3e-4
#: cells around the picture on which a piece begins or ends
BEYOND = PIECE - 1
#: cells around a band of the picture on which what is in it depends: by how strong strokes are, by
#: the pieces that reach into it, by their neighbours, and by what these look at
MARGIN = (
    math.ceil(3 * AROUND / CELL) + 2 * BEYOND + ROUNDS + math.ceil((3 * (FINE + BROAD) + 1) / CELL)
)
#: cells of a band, with some 200 bytes for each of their pixels
CELLS = 1 << 15
#: colours may go so far beyond black and white on the way
OUTSIDE = 0.1

#: matrix and shift that give a picture the colours of a painting
Map = tuple[Array, Array]


def painted(
    picture: Array,
    palettes: Sequence[tuple[Palette, float]],
    detail: float,
    progress: OnProgress | None = None,
) -> Array:
    """The picture [3, H, W] painted after paintings, each with its weight; the weights sum to 1.

    detail: how much of the picture's own detail stays between the strokes, from 0 to 1. It is done
    in bands of rows, which give what the whole would. progress: is told of them.
    """
    height, width = picture.shape[-2:]
    rows, columns = -(-height // CELL), -(-width // CELL)
    maps = [towards(picture, palette.colours) for palette, _ in palettes]
    across = _mirrored(width, columns)
    down = _mirrored(height, rows)
    books = np.random.default_rng(0).integers(BOOKS, size=(rows + BEYOND, columns + BEYOND))
    result = np.empty_like(picture)
    step = max(1, CELLS // columns)
    for first in range(0, rows, step):
        # Cells are counted from the first one beyond the picture.
        top = max(0, first + BEYOND - MARGIN)
        bottom = min(rows + 2 * BEYOND, first + step + BEYOND + MARGIN)
        window = picture[:, down[top * CELL : bottom * CELL]][:, :, across]
        band = _band(window, palettes, maps, detail, books[top : bottom - BEYOND])
        last = min(first + step, rows)
        kept = band[:, (first + BEYOND - top) * CELL :, BEYOND * CELL :]
        there = result[:, first * CELL : last * CELL]
        there[:] = kept[:, : there.shape[1], :width]
        if progress:
            progress(last, rows)
    return result


def _mirrored(pixels: int, cells: int) -> Numbers:
    """The pixels of a side and of BEYOND cells before and behind it, mirrored at its ends."""
    before = BEYOND * CELL
    behind = (cells + BEYOND) * CELL - pixels
    return np.pad(np.arange(pixels), (before, behind), "symmetric")


def _band(
    picture: Array,
    palettes: Sequence[tuple[Palette, float]],
    maps: Sequence[Map],
    detail: float,
    books: Numbers,
) -> Array:
    """A window of a picture [3, H, W] of whole cells, painted."""
    paint = np.zeros((7, *picture.shape[-2:]), np.float32)
    for (palette, weight), (matrix, shift) in zip(palettes, maps, strict=True):
        coloured = _mapped(picture, matrix, shift)
        far = afar(coloured)
        pieces = chosen(palette, looks_of(far, slopes(coloured, BROAD)), books)
        laid = _laid(palette, pieces)
        laid[3:6] *= FROM_PIECES
        laid[3:6] += (1 - FROM_PIECES) * far + detail * (coloured - far)
        paint += np.float32(weight) * laid
    strokes, ground, wanted = paint[:3], paint[3:6], paint[6]
    left = np.square(strokes).sum(0)
    strength = np.sqrt(_around(wanted) / (_around(left) + np.float32(WEAK**2)))
    return np.asarray(ground + THIN * strength.clip(1, MOST) * strokes, np.float32)


def _around(plane: Array) -> Array:
    return gaussian(plane, AROUND, math.ceil(3 * AROUND))


def _mapped(picture: Array, matrix: Array, shift: Array) -> Array:
    """The picture with its colours mapped; channel by channel, to the same bits in any band."""
    mapped = [
        row[0] * picture[0] + row[1] * picture[1] + row[2] * picture[2] + own
        for row, own in zip(matrix, shift, strict=True)
    ]
    return np.stack(mapped).clip(-OUTSIDE, 1 + OUTSIDE)


def _laid(palette: Palette, pieces: Pieces) -> Array:
    """The pieces [h, w] laid a cell apart, faded into one another. [7, H, W], as `Palette.paint`"""
    height, width = pieces.turn.shape
    cells = height + PIECE - 1, width + PIECE - 1
    fade = np.hanning(SIDE + 2)[1:-1].astype(np.float32)
    weights = np.multiply.outer(fade, fade)
    paint = np.zeros((*cells, CELL, CELL, palette.paint.shape[1]), np.float32)
    sums = np.zeros((*cells, CELL, CELL, 1), np.float32)
    inner = np.arange(CELL)
    spread = Pieces(*(one[..., None, None] for one in (pieces.turn, pieces.y, pieces.x)))
    for down in range(PIECE):
        for across in range(PIECE):
            there = np.s_[down : down + height, across : across + width]
            rows, columns = down * CELL + inner, across * CELL + inner
            weight = weights[rows[:, None], columns, None]
            places = palette.places(spread, rows[:, None], columns)
            paint[there] += palette.paint[places] * weight
            sums[there] += weight
    paint /= sums
    planes = paint.transpose(4, 0, 2, 1, 3)
    return planes.reshape(paint.shape[-1], cells[0] * CELL, cells[1] * CELL)
