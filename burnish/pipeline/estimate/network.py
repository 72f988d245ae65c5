"""How noisy a picture is, seen by a small network: for the noise of cameras, telephones, scanners
and film, which is smoothed and looks like texture to any rule about the finest detail.

Filters whose weights add up to 0 measure how much of each frequency there is, at the picture's size
and at a quarter of it; the logarithms of these energies go through three convolutions to two
numbers for each 16x16 pixels: the logarithm of the level, and how sure that is. It is small enough
to run in numpy, sooner than an engine would have read it.
`burnish/training/estimators/noise_level.py` trains it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ...contract import Array
from ...ground.channels import channels_of
from ...ground.planes import Planes
from .products import product
from .quantiles import quantile

WEIGHTS = Path(__file__).with_name("noise_level.npz")
#: pixels to a side of what one estimate is for, and of the smallest picture that has one
CELL, LEAST = 16, 24
#: what is added to a level before its logarithm is taken, in 8-bit steps
OFFSET = 0.5
#: what is added to an energy before its logarithm is taken
FLOOR = 0.1
#: what is added to the variance of a cell before it is weighed by it, so that the sure nothing of
#: an even area does not drown the rest
LEAST_VARIANCE = 0.1
#: where this share of the cells has a level below QUIET, in 8-bit steps, the rest is no noise
QUIET_SHARE, QUIET = 0.2, 0.3
#: noise does not show in a cell of nothing but values this near to black or to white; where more
#: cells than this share are so, it is a page or a drawing, and they count
CLIPPED, MOST_CLIPPED = 1.5 / 255, 0.6
#: where levels are compared with each other, less counts as this
LEAST_LEVEL = 0.05
#: windows that are multiplied in one go
CACHED = 400
#: of a picture of more than LEAST_PIXELS, pieces of PIECE pixels a side are looked at, evenly
#: spread: this share of it, but no fewer pixels in all, and no more than MOST_PIXELS
LEAST_PIXELS, MOST_PIXELS = 400_000, 1_600_000
PIECE, SHARE = 128, 0.4


@dataclass(frozen=True)
class Levels:
    """The noise of a picture, cell by cell. Each [h, w], one value for CELL x CELL pixels."""

    #: log(RMS in 8-bit steps + OFFSET)
    logarithm: Array
    #: how far off that is, as a rule: the logarithm of the mean absolute error
    spread: Array
    #: whether noise would show there: not where it was clipped away, at black or at white
    shows: NDArray[np.bool_]

    def level(self) -> float:
        """One RMS for the whole picture, in 8-bit steps; cells that are surer count for more."""
        logarithm, spread = self._counted()
        weight = 1 / (np.exp(2 * spread) + LEAST_VARIANCE)
        mean = float((weight * np.exp(logarithm)).sum() / weight.sum())
        if float(quantile(np.exp(logarithm), QUIET_SHARE)) < OFFSET + QUIET:
            # What has so much without any noise is print or a drawing: the surest cells count.
            weight = np.exp(-2 * spread)
            surest = float(np.exp((weight * logarithm).sum() / weight.sum()))
            mean = min(mean, surest)
        return max(0.0, mean - OFFSET)

    def off(self) -> float:
        """How far off the cells are as a rule, as a share of their level: the mean of what each
        says of itself, with cells that are surer counting for more.
        """
        _, spread = self._counted()
        weight = 1 / (np.exp(2 * spread) + LEAST_VARIANCE)
        return float((weight * np.exp(spread)).sum() / weight.sum())

    def fifths(self) -> tuple[float, float]:
        """The levels that a fifth of the cells are below, and that a fifth are above."""
        logarithm, _ = self._counted()
        found = np.maximum(np.exp(logarithm) - OFFSET, LEAST_LEVEL)
        quiet, loud = (float(quantile(found, share, np.float64)) for share in (0.2, 0.8))
        return quiet, loud

    def _counted(self) -> tuple[Array, Array]:
        """The logarithm and the spread of the cells that count. Each [N]"""
        counts = self.shows if self.shows.mean() >= 1 - MOST_CLIPPED else np.True_
        return self.logarithm[counts].ravel(), self.spread[counts].ravel()


def levels(image: Planes) -> Levels | None:
    """The noise of a picture [1, 1 or 3, H, W], 0..1; None where it is too small to tell.

    Of a large one it is the noise of some of its cells, which then lie in no order.
    """
    height, width = (side // CELL * CELL for side in image.shape[-2:])
    if min(image.shape[-2:]) < LEAST:
        return None
    colour = channels_of(image, 3)
    if height * width <= LEAST_PIXELS:
        return _levels(colour[0, :, :height, :width], weights())
    found = [_levels(piece, weights()) for piece in _pieces(colour)]
    # At the edges of a piece the network sees less than in the middle of a picture.
    inside = tuple(slice(1, -1) if cells > 2 else slice(None) for cells in found[0].spread.shape)

    def joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([part[inside].ravel() for part in parts])[None]

    return Levels(
        joined([part.logarithm for part in found]),
        joined([part.spread for part in found]),
        joined([part.shows for part in found]),
    )


def _pieces(image: Planes) -> list[Array]:
    """Pieces of whole cells of a large picture [1, 3, H, W], evenly spread."""
    height, width = image.shape[-2:]
    pixels = height * width
    share = math.sqrt(min(max(LEAST_PIXELS, SHARE * pixels), MOST_PIXELS) / pixels)

    def places(length: int) -> list[int]:
        count = max(1, round(share * length / PIECE))
        # Each in the middle of its part, since the edges of a picture are not as the rest is; and
        # at whole cells, so that the blocks of a JPEG lie in each as they do in the picture.
        middles = (np.arange(count) + 0.5) * length / count
        firsts = np.clip(middles - PIECE / 2, 0, max(0, length - PIECE))
        return [int(first) // CELL * CELL for first in firsts]

    tall, wide = (min(PIECE, side // CELL * CELL) for side in (height, width))
    return [image[0, :, y : y + tall, x : x + wide] for y in places(height) for x in places(width)]


@cache
def weights() -> dict[str, Array]:
    """The network's arrays by name, as its training wrote them."""
    with np.load(WEIGHTS, allow_pickle=False) as file:
        return {name: file[name].astype(np.float32) for name in file.files}


def _levels(image: Array, arrays: dict[str, Array]) -> Levels:
    """[3, H, W], whole cells -> the estimates of each cell."""
    pixels = np.ascontiguousarray(image.transpose(1, 2, 0), np.float32) * np.float32(255)
    small = _shrunk(pixels, 4)
    tone = np.clip(small.mean(2, keepdims=True), 0, 255)
    seen = [_fine(pixels, arrays["fine"]), np.abs(_convolved(small, arrays["coarse"]))]
    logarithms = [np.log(energies + np.float32(FLOOR)) for energies in seen]
    features = np.concatenate([*logarithms, np.log(tone + 1), np.log(256 - tone)], axis=2)
    for i, stride in enumerate((2, 2, 1)):
        features = _convolved(features, arrays[f"mix{i}"], stride) + arrays[f"bias{i}"]
        features = np.maximum(features, 0)
    logarithm, spread = np.moveaxis(features @ arrays["head"].T + arrays["head_bias"], 2, 0)
    return Levels(logarithm, np.clip(spread, -4, 3), _shows(image))


def _shows(image: Array) -> NDArray[np.bool_]:
    """Whether any value of each cell of [3, H, W] is neither black nor white."""
    between = ((image > CLIPPED) & (image < 1 - CLIPPED)).any(0)
    height, width = (side // CELL for side in between.shape)
    return np.asarray(between.reshape(height, CELL, width, CELL).any((1, 3)), np.bool_)


def _fine(pixels: Array, filters: Array) -> Array:
    """How much pixels [H, W, 3] hold of each of the filters [D, 12, k, k], which see every second
    pixel in four planes a colour: mean of the sizes over 4x4 pixels. [H / 4, W / 4, D]
    """
    height, width = (side // 2 for side in pixels.shape[:2])
    parts = pixels.reshape(height, 2, width, 2, 3).transpose(0, 2, 4, 1, 3)
    windows = _windows(parts.reshape(height, width, 12), filters.shape[-1])
    result = np.empty((height // 2, width // 2, len(filters)), np.float32)
    # So few rows at a time that they stay in the processor's cache.
    rows = 2 * max(1, CACHED // width)
    for y in range(0, height, rows):
        sizes = np.abs(_products(windows[y : y + rows], filters))
        result[y // 2 : (y + rows) // 2] = _shrunk(sizes, 2)
    return result


def _convolved(planes: Array, filters: Array, stride: int = 1) -> Array:
    """[H, W, C] with filters [D, C, k, k] -> [H / stride, W / stride, D]; edges are repeated."""
    return _products(_windows(planes, filters.shape[-1])[::stride, ::stride], filters)


def _products(windows: Array, filters: Array) -> Array:
    """Windows [H, W, k, k, C] with each of the filters [D, C, k, k]. [H, W, D]"""
    matrix = np.ascontiguousarray(filters.transpose(2, 3, 1, 0).reshape(-1, len(filters)))
    rows = windows.reshape(-1, len(matrix))
    return product(rows, matrix).reshape(*windows.shape[:2], len(filters))


def _windows(planes: Array, side: int) -> Array:
    """What a filter of `side` pixels sees in each place of planes [H, W, C], with edges repeated,
    as a view [H, W, side, side, C]: of each row of it, one piece of memory.
    """
    around = (side // 2, side // 2)
    padded = np.pad(planes, (around, around, (0, 0)), mode="edge")
    return sliding_window_view(padded, (side, side), (0, 1)).transpose(0, 1, 3, 4, 2)


def _shrunk(planes: Array, times: int) -> Array:
    """The mean of every `times` x `times` pixels. [H, W, C]"""
    # Adding slices is many times as fast as a mean over such short axes.
    rows = planes[::times].copy()
    for i in range(1, times):
        rows += planes[i::times]
    total = rows[:, ::times].copy()
    for i in range(1, times):
        total += rows[:, i::times]
    return total / np.float32(times**2)
