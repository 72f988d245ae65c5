"""A painting as a palette: its pieces, by how they look from afar, in eight turns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....contract import Array
from ....ground.channels import to_channels
from ....ground.evened import Values, statistics
from ....ground.planes import gaussian

#: pixels of a cell; a piece is PIECE x PIECE cells, and the next one begins a cell further
CELL, PIECE = 8, 3
#: pixels of a piece
SIDE = CELL * PIECE
#: what a blur of this sigma takes away is the strokes; what it leaves, the look from afar
BLUR = 4.0
#: sigma of the blur before slopes are taken; and of those over which their direction is looked at,
#: in a painting, and in a picture, whose strokes shall follow its larger forms
FINE, WIDE, BROAD = 1.2, 6.0, 14.0
#: how much the direction of strokes counts beside colours
DIRECTION = 0.2
#: squares of slopes below this tell no direction
FAINT = 3e-6
#: pieces that each place may choose from, drawn from the painting; a place has one of the books
BOOK, BOOKS = 4096, 9

Numbers = NDArray[np.int64]

#: the eight turns: down and across a piece, as steps (y, x) in the painting
TURNS = np.array(
    [
        ((down, 0), (0, across)) if upright else ((0, down), (across, 0))
        for upright in (True, False)
        for down in (1, -1)
        for across in (1, -1)
    ]
)


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of a painting, each by its turn and by the pixel where it begins; of one shape."""

    turn: Numbers
    y: Numbers
    x: Numbers

    def __getitem__(self, place: Any) -> Pieces:
        """Those at a place, or at some, as of an array."""
        return Pieces(self.turn[place], self.y[place], self.x[place])

    def moved(self, down: int, across: int) -> Pieces:
        """The pieces so many cells further, seen in their own turn."""
        steps = TURNS[self.turn] * CELL
        y = self.y + down * steps[..., 0, 0] + across * steps[..., 1, 0]
        x = self.x + down * steps[..., 0, 1] + across * steps[..., 1, 1]
        return Pieces(self.turn, y, x)

    def same(self, other: Pieces) -> NDArray[np.bool_]:
        """Where both are the same."""
        alike = (self.turn == other.turn, self.y == other.y, self.x == other.x)
        found: NDArray[np.bool_] = np.logical_and.reduce(alike)
        return found

    def where(self, flags: NDArray[np.bool_], other: Pieces) -> Pieces:
        """These where the flags are set, and the others elsewhere."""
        return Pieces(
            np.where(flags, self.turn, other.turn),
            np.where(flags, self.y, other.y),
            np.where(flags, self.x, other.x),
        )


class Palette:
    """What is known of a painting [3, H, W] of SIDE pixels a side and more."""

    def __init__(self, painting: Array) -> None:
        self.height, self.width = painting.shape[-2:]
        far = afar(painting)
        #: mean and covariance of its colours
        self.colours: tuple[Values, Values] = statistics(painting)
        strokes = painting - far
        #: [H W, 7] the strokes, the look from afar, and how strong the strokes are
        self.paint = _in_rows(np.stack([*strokes, *far, np.square(strokes).sum(0)]))
        #: [H W, 3] the mean colour of the cell that begins at a pixel
        self.cells = _in_rows(np.stack([_means(plane, CELL) for plane in far]))
        #: [H W, 2] the direction of strokes in the piece that begins at a pixel
        self.slopes = _in_rows(np.stack([_means(plane, SIDE) for plane in slopes(painting, WIDE)]))

    def inside(self, pieces: Pieces) -> NDArray[np.bool_]:
        """Which pieces lie in the painting."""
        down, across = TURNS[pieces.turn, 0], TURNS[pieces.turn, 1]
        far = (SIDE - 1) * (down + across)
        ends = np.stack([pieces.y, pieces.y + far[..., 0], pieces.x, pieces.x + far[..., 1]])
        tall = (ends[:2] >= 0) & (ends[:2] < self.height)
        broad = (ends[2:] >= 0) & (ends[2:] < self.width)
        found: NDArray[np.bool_] = (tall & broad).all(0)
        return found

    def places(self, pieces: Pieces, down: Numbers, across: Numbers) -> Numbers:
        """The numbers of the pixels so many pixels down and across pieces."""
        steps = TURNS[pieces.turn]
        y = pieces.y + down * steps[..., 0, 0] + across * steps[..., 1, 0]
        x = pieces.x + down * steps[..., 0, 1] + across * steps[..., 1, 1]
        return np.asarray(y * self.width + x, np.int64)

    def _beginnings(self, pieces: Pieces, side: int, down: int, across: int) -> Numbers:
        """The number of the topmost, leftmost pixel of a square within a piece."""
        # In some turns that is the square's last one.
        steps = TURNS[pieces.turn]
        back = np.where((steps < 0).any(-1), side - 1, 0)
        y = pieces.y + (down + back[..., 0]) * steps[..., 0, 0]
        y += (across + back[..., 1]) * steps[..., 1, 0]
        x = pieces.x + (down + back[..., 0]) * steps[..., 0, 1]
        x += (across + back[..., 1]) * steps[..., 1, 1]
        return np.asarray(y * self.width + x, np.int64)

    def looks(self, pieces: Pieces) -> Array:
        """How pieces look from afar, to be held against `looks_of` a picture. [..., LOOKS]"""
        cells = [
            self.cells[self._beginnings(pieces, CELL, down * CELL, across * CELL)]
            for down in range(PIECE)
            for across in range(PIECE)
        ]
        along = self.slopes[self._beginnings(pieces, SIDE, 0, 0)]
        # A quarter turn takes level to upright; a mirror takes one diagonal to the other.
        steps = TURNS[pieces.turn]
        turned = np.where(steps[..., 0, 0] == 0, -1, 1)
        mirrored = steps.sum((-1, -2), dtype=np.int64)
        along = along * np.stack([turned, np.where(mirrored == 0, -1, 1)], -1).astype(np.float32)
        return np.concatenate([np.concatenate(cells, -1) / PIECE, along * DIRECTION], -1)

    @cached_property
    def books(self) -> list[tuple[Pieces, Array]]:
        """BOOKS drawings of pieces, and how each piece looks."""
        rng = np.random.default_rng(0)
        found = []
        for _ in range(BOOKS):
            # The corner is drawn, and then which of its four pixels is the beginning.
            turn = rng.integers(len(TURNS), size=BOOK)
            backwards = np.minimum(TURNS[turn].sum(1), 0)
            y = rng.integers(self.height - SIDE + 1, size=BOOK) - (SIDE - 1) * backwards[:, 0]
            x = rng.integers(self.width - SIDE + 1, size=BOOK) - (SIDE - 1) * backwards[:, 1]
            pieces = Pieces(turn, y, x)
            found.append((pieces, self.looks(pieces)))
        return found


def afar(picture: Array) -> Array:
    """A picture [3, H, W] as it looks from afar, without strokes."""
    return np.stack([gaussian(plane, BLUR, math.ceil(3 * BLUR)) for plane in picture])


def slopes(picture: Array, wide: float) -> Array:
    """The direction of strokes around each pixel of a picture [3, H, W]: [2, H, W] in -1..1.

    It is that of the structure tensor, as cosine and sine of twice its angle, weak where there is
    none (Bigun and Granlund 1987).
    """
    plane = gaussian(to_channels(picture[None], 1)[0, 0], FINE, math.ceil(3 * FINE))
    down, across = np.gradient(plane)
    products = np.stack([across**2 - down**2, 2 * across * down, across**2 + down**2])
    level, diagonal, both = (gaussian(one, wide, math.ceil(3 * wide)) for one in products)
    return np.stack([level, diagonal]) / (both + np.float32(FAINT))


def looks_of(far: Array, along: Array) -> Array:
    """How the pieces of a picture look, one from each cell on. [h, w, LOOKS]

    far: [3, H, W], as `afar` gives it; along: [2, H, W], as `slopes` does. Both sides are whole
    cells, of which the last PIECE - 1 begin no piece.
    """
    cells, lines = _by_cells(far), _by_cells(along)
    height, width = cells.shape[1] - PIECE + 1, cells.shape[2] - PIECE + 1

    def shifted(planes: Array, down: int, across: int) -> Array:
        return planes[:, down : down + height, across : across + width]

    steps = [(down, across) for down in range(PIECE) for across in range(PIECE)]
    colours = np.concatenate([shifted(cells, *step) for step in steps]) / PIECE
    direction = sum(shifted(lines, *step) for step in steps) / len(steps) * DIRECTION
    return np.ascontiguousarray(np.concatenate([colours, direction]).transpose(1, 2, 0))


def _by_cells(planes: Array) -> Array:
    """The mean of each cell. [C, H, W] -> [C, H / CELL, W / CELL]"""
    count, height, width = planes.shape
    inner = planes.reshape(count, height // CELL, CELL, width // CELL, CELL)
    return np.asarray(inner.mean((2, 4)), np.float32)


def _means(plane: Array, side: int) -> Array:
    """The mean of the square of `side` pixels that begins at each pixel; 0 where none fits."""
    sums = np.pad(plane, ((1, 0), (1, 0))).cumsum(0, dtype=np.float64).cumsum(1)
    means = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    found = np.zeros_like(plane)
    found[: means.shape[0], : means.shape[1]] = means / side**2
    return found


def _in_rows(planes: Array) -> Array:
    """Planes [C, H, W] with the values of each pixel side by side: [H W, C]"""
    return np.ascontiguousarray(planes.reshape(len(planes), -1).T)
