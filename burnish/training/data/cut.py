"""How a crop is cut: a window is drawn, then both sides are cut by it.

The window depends on the size of the picture alone, except where ink is looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...ground.resize import resize
from .pictures import floats, full
from .sources import Pixels

Rule = Literal["random", "grid", "resize", "hybrid", "whole"]
#: windows that are drawn where ink is looked for, of which one is taken
CANDIDATES = 16
#: what the darkest of pages counts where ink is looked for, so that a blank one can be cut too
BLANK = 1e-6


@dataclass(frozen=True)
class Cut:
    """How crops are cut."""

    #: the side of a crop of the clean picture, in pixels
    crop: int = 96
    #: random (anywhere), grid (the tiles of a picture, each once an epoch), resize (the whole
    #: picture, brought to the crop's size), hybrid (as random, but a picture that is too small is
    #: enlarged or mirrored, as `small` says) or whole (all of the picture)
    rule: Rule = "random"
    #: how many times smaller the spoiled side is
    scale: int = 1
    #: whether crops are mirrored at random
    flips: bool = True
    #: whether crops are turned by quarters at random
    rotations: bool = True
    #: what hybrid does with a picture that is too small
    small: Literal["enlarge", "pad"] = "enlarge"
    #: the share of crops that are drawn by how dark they are
    prefer_ink: float = 0.0
    #: the lowest and the highest factor by which what is cut is resized
    scales: tuple[float, float] | None = None
    #: what the sides of a batch of whole pictures are multiples of, in pixels of the spoiled side
    multiple: int = 1

    @property
    def side(self) -> int:
        """The side of a crop of the spoiled picture, in pixels."""
        return self.crop // self.scale

    @property
    def smallest(self) -> int:
        """The least side of a clean picture that this can be cut from."""
        return self.crop if self.rule in ("random", "grid") else self.scale


@dataclass(frozen=True)
class Window:
    """The part of a picture that becomes a crop, in pixels of the spoiled side."""

    #: its first row
    top: int
    #: its first column
    left: int
    #: its rows in the picture; beyond the picture they are mirrored
    height: int
    #: its columns in the picture
    width: int
    #: the rows that it is resized to
    rows: int
    #: the columns that it is resized to
    columns: int
    #: the quarter turns after that
    turn: int = 0
    #: whether it is mirrored left to right after that
    flip: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the crop."""
        return (self.columns, self.rows) if self.turn % 2 else (self.rows, self.columns)


def tiles(cut: Cut, size: tuple[int, int]) -> int:
    """How many tiles the grid has on a picture; the other rules make one item of it."""
    return -(-size[0] // cut.side) * -(-size[1] // cut.side) if cut.rule == "grid" else 1


def draw(
    cut: Cut,
    size: tuple[int, int],
    tile: int,
    rng: np.random.Generator,
    ink: Callable[[Window], float],
) -> Window:
    """The window of one crop of a picture of that (height, width).

    `ink` says how dark a window is, from 0 to 1; it is asked only where that counts.
    """
    window = _place(cut, size, tile, rng)
    if cut.prefer_ink and rng.random() < cut.prefer_ink:
        others = [window, *(_place(cut, size, tile, rng) for _ in range(CANDIDATES - 1))]
        dark = np.array([ink(other) for other in others]) + BLANK
        window = others[int(rng.choice(CANDIDATES, p=dark / dark.sum()))]
    # Both are drawn whatever the rule, so that a rule without them leaves the others' draws alone.
    turn = int(rng.integers(4))
    flip = bool(rng.integers(2))
    return replace(window, turn=turn if cut.rotations else 0, flip=flip and cut.flips)


def _place(cut: Cut, size: tuple[int, int], tile: int, rng: np.random.Generator) -> Window:
    height, width = size
    if cut.rule == "whole":
        return Window(0, 0, height, width, height, width)
    if cut.rule == "resize":
        return Window(0, 0, height, width, cut.side, cut.side)
    if cut.rule == "grid":
        row, column = divmod(tile, -(-width // cut.side))
        return Window(
            min(row * cut.side, height - cut.side),
            min(column * cut.side, width - cut.side),
            cut.side,
            cut.side,
            cut.side,
            cut.side,
        )
    side = cut.side if cut.scales is None else round(cut.side / float(rng.uniform(*cut.scales)))
    if side > min(size) and (cut.rule == "random" or cut.small == "enlarge"):
        side = min(size)
    top, left = (int(rng.integers(0, max(0, length - side) + 1)) for length in size)
    return Window(top, left, side, side, cut.side, cut.side)


def take(pixels: Pixels, window: Window, scale: int) -> Pixels | Array:
    """The crop of one side, [C, scale * rows, scale * columns].

    It is as the file has it, or float32 in [0, 1] where it was resized.
    """
    top, left, height, width = (
        scale * value for value in (window.top, window.left, window.height, window.width)
    )
    piece: NDArray[Any] = pixels[:, top : top + height, left : left + width]
    if piece.shape[1:] != (height, width):
        piece = mirrored(piece, height, width)
    if (window.rows, window.columns) != (window.height, window.width):
        piece = np.clip(resize(floats(piece), scale * window.rows, scale * window.columns), 0, 1)
    if window.turn:
        piece = np.rot90(piece, window.turn, (1, 2))
    return piece[:, :, ::-1] if window.flip else piece


def mirrored(piece: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """The picture [C, H, W], mirrored at the right and below up to that size at least."""
    return np.pad(
        piece,
        ((0, 0), (0, max(0, height - piece.shape[1])), (0, max(0, width - piece.shape[2]))),
        mode="symmetric",
    )


def darkness(pixels: Pixels, window: Window, scale: int) -> float:
    """How dark a window of the clean side is: 0 is all white, 1 all black."""
    top = scale * window.top
    left = scale * window.left
    piece = pixels[:, top : top + scale * window.height, left : left + scale * window.width]
    return 1.0 - float(piece.mean() / full(pixels))
