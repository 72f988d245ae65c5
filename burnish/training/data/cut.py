"""How a crop is cut: first a window is drawn, which depends on the size of the picture alone (but
where ink is looked for), then both sides are cut by it.
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
    """How crops are cut.

    rule: random (anywhere), grid (the tiles of a picture, each once an epoch), resize (the whole
    picture, brought to the crop's size), hybrid (as random, but pictures that are too small are
    enlarged, or mirrored, by `small`), whole (all of the picture). crop: side in pixels of the
    clean picture. scale: how many times smaller the spoiled side is. prefer_ink: share of crops
    that are drawn by how dark they are. scales: lowest and highest factor by which what is cut is
    resized. multiple: of the sides of a batch of whole pictures, in pixels of the spoiled side.
    """

    crop: int = 96
    rule: Rule = "random"
    scale: int = 1
    flips: bool = True
    rotations: bool = True
    small: Literal["enlarge", "pad"] = "enlarge"
    prefer_ink: float = 0.0
    scales: tuple[float, float] | None = None
    multiple: int = 1

    @property
    def side(self) -> int:
        """Of a crop of the spoiled side."""
        return self.crop // self.scale

    @property
    def smallest(self) -> int:
        """The least side of a clean picture that this can be cut from."""
        return self.crop if self.rule in ("random", "grid") else self.scale


@dataclass(frozen=True)
class Window:
    """What becomes a crop, in pixels of the spoiled side: where it lies (mirrored beyond the
    picture), the size it is brought to, and how it turns.
    """

    top: int
    left: int
    height: int
    width: int
    rows: int
    columns: int
    turn: int = 0
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
    """The window of one crop of a picture of that (height, width). ink: how dark a window is, 0 to
    1; asked only where that counts.
    """
    window = _place(cut, size, tile, rng)
    if cut.prefer_ink and rng.random() < cut.prefer_ink:
        others = [window, *(_place(cut, size, tile, rng) for _ in range(CANDIDATES - 1))]
        dark = np.array([ink(other) for other in others]) + BLANK
        window = others[int(rng.choice(CANDIDATES, p=dark / dark.sum()))]
    turn, flip = int(rng.integers(4)), bool(rng.integers(2))
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
    """The crop of one side, [C, rows, columns] times `scale`: as the file has it, or, where it was
    resized, float32 in [0, 1].
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
    """The picture [C, H, W] with what lacks to that size, or more, mirrored at the right and
    below.
    """
    return np.pad(
        piece,
        ((0, 0), (0, max(0, height - piece.shape[1])), (0, max(0, width - piece.shape[2]))),
        mode="symmetric",
    )


def darkness(pixels: Pixels, window: Window, scale: int) -> float:
    """How dark a window of the clean side is: 0 is all white, 1 all black."""
    top, left = scale * window.top, scale * window.left
    piece = pixels[:, top : top + scale * window.height, left : left + scale * window.width]
    return 1.0 - float(piece.mean() / full(pixels))
