"""What stands on a picture of the gallery: results beside each other, and along a dial.

Below every result is what was taken away: the picture before, less the result, about mid grey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import burnish
from benchmarks.gallery.sources import Pair
from burnish.contract import Array
from burnish.ground.channels import as_channels
from burnish.images import Picture
from burnish.metrics import psnr
from burnish.pipeline import Asked, Restored, ask
from burnish.report.sheet import Cell, residual_picture

Rows = list[list[Cell]]


@dataclass(frozen=True)
class Part:
    """The part of a picture that is shown, in pixels of what came out."""

    #: from the left edge
    left: int
    #: from the top
    top: int
    #: how wide and high it is
    side: int = 200

    def of(self, pixels: Array, scale: int = 1) -> NDArray[np.float32]:
        """That part of [1, 1 or 3, H, W], of a picture `scale` times smaller, as [h, w, 3]."""
        rows = slice(self.top // scale, (self.top + self.side) // scale)
        columns = slice(self.left // scale, (self.left + self.side) // scale)
        part = np.clip(as_channels(pixels, 3)[0, :, rows, columns], 0, 1).transpose(1, 2, 0)
        return part.repeat(scale, 0).repeat(scale, 1)


def restored(model: str, picture: Picture, asked: Mapping[str, float] | Asked) -> Restored:
    """What a model makes of a picture, with its dials in words or as they are asked for."""
    loaded = burnish.load(model)
    wish = asked if isinstance(asked, Asked) else ask(loaded.contract, asked)
    return loaded.restore(picture, wish)


def beside(pair: Pair, results: Mapping[str, Array], part: Part, gain: float = 4) -> Rows:
    """Two lines: the picture as it came, each result above its name and PSNR, and the clean one
    where it is known; and below the whole picture and what each took away.

    A result of one channel is a mask, which takes nothing away.
    """
    before = pair.spoiled.pixels
    shown = dict(results) if pair.clean is None else {**results, "as it was": pair.clean}
    scale = max(pixels.shape[-1] for pixels in shown.values()) // before.shape[-1]
    came = part.of(before, scale)
    whole = np.clip(before[0], 0, 1).transpose(1, 2, 0)
    above = [Cell(came, "as it came" + _decibels(before, pair.clean))]
    below = [Cell(whole, "the whole picture")]
    for name, pixels in shown.items():
        piece = part.of(pixels)
        figure = "" if pixels is pair.clean else _decibels(pixels, pair.clean)
        above.append(Cell(piece, name + figure))
        mask = pixels.shape[1] < before.shape[1]
        taken = np.full_like(came, 0.5) if mask else residual_picture(came, piece, gain)
        below.append(Cell(taken, "" if mask else f"taken away, x{gain:g}"))
    return [above, below]


def along(
    model: str,
    pair: Pair,
    dial: str,
    values: Sequence[float],
    part: Part,
    gain: float = 4,
    others: Mapping[str, float] | None = None,
) -> Rows:
    """Two lines: the picture at each setting of a dial, and what was taken away at it."""
    above: list[Cell] = []
    below: list[Cell] = []
    for value in values:
        asked = {**(others or {}), dial: value}
        pixels = restored(model, pair.spoiled, asked).picture.pixels
        scale = pixels.shape[-1] // pair.spoiled.pixels.shape[-1]
        came = part.of(pair.spoiled.pixels, scale)
        piece = part.of(pixels)
        above.append(Cell(piece, f"{dial} {value:g}" + _decibels(pixels, pair.clean)))
        below.append(Cell(residual_picture(came, piece, gain), f"taken away, x{gain:g}"))
    return [above, below]


def masks(model: str, pair: Pair, dial: str, values: Sequence[float], part: Part) -> Rows:
    """Two lines: what a model that mends marks at each setting, and the picture mended."""
    marked: list[Cell] = []
    mended: list[Cell] = []
    for value in values:
        found = restored(model, pair.spoiled, {dial: value})
        assert found.mask is not None
        marked.append(Cell(part.of(found.mask[None, None]), f"{dial} {value:g}"))
        pixels = found.picture.pixels
        mended.append(Cell(part.of(pixels), _decibels(pixels, pair.clean).strip(": ")))
    return [marked, mended]


def _decibels(pixels: Array, clean: Array | None) -> str:
    """How near the whole picture is to the clean one, for a caption."""
    if clean is None or clean.shape != pixels.shape:
        return ""
    return f": {psnr(pixels, clean, 0):.1f} dB"
