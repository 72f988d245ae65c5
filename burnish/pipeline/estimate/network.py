"""How noisy a picture is, seen by a small network: for the noise of cameras, telephones, scanners
and film, which is smoothed and looks like texture to any rule about the finest detail.

Filters whose weights add up to 0 measure how much of each frequency there is, at the picture's size
and at a quarter of it; the logarithms of these energies go through three convolutions to two
numbers for each 16x16 pixels: the logarithm of the level, and how sure that is. It is small enough
to run in numpy, sooner than an engine would have read it.
`burnish/training/estimators/noise_level.py` trains it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...contract import Array
from ...ground.channels import to_channels
from .products import product

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
#: of a larger picture, pieces with so many pixels in all are looked at
MOST_PIXELS, PIECE = 1_600_000, 256


@dataclass(frozen=True)
class Levels:
    """The noise of a picture, cell by cell. Each [h, w], one value for CELL x CELL pixels."""

    #: log(RMS in 8-bit steps + OFFSET)
    logarithm: Array
    #: how far off that is, as a rule: the logarithm of the mean absolute error
    spread: Array

    def level(self) -> float:
        """One RMS for the whole picture, in 8-bit steps; cells that are surer count for more."""
        weight = 1 / (np.exp(2 * self.spread) + LEAST_VARIANCE)
        mean = float((weight * np.exp(self.logarithm)).sum() / weight.sum())
        if float(np.quantile(np.exp(self.logarithm), QUIET_SHARE)) < OFFSET + QUIET:
            # What has so much without any noise is print or a drawing: the surest cells count.
            weight = np.exp(-2 * self.spread)
            surest = float(np.exp((weight * self.logarithm).sum() / weight.sum()))
            mean = min(mean, surest)
        return max(0.0, mean - OFFSET)

    def off(self) -> float:
        """How far off the cells are as a rule, as a share of their level: the mean of what each
        says of itself, with cells that are surer counting for more.
        """
        weight = 1 / (np.exp(2 * self.spread) + LEAST_VARIANCE)
        return float((weight * np.exp(self.spread)).sum() / weight.sum())


def levels(image: Array) -> Levels | None:
    """The noise of a picture [1, 1 or 3, H, W], 0..1; None where it is too small to tell."""
    height, width = image.shape[-2:]
    if min(height, width) < LEAST:
        return None
    colour = to_channels(image, 3)[0]
    found = [_levels(piece, weights()) for piece in _pieces(colour)]
    if len(found) == 1:
        return found[0]
    logarithms = np.concatenate([part.logarithm.ravel() for part in found])
    spreads = np.concatenate([part.spread.ravel() for part in found])
    return Levels(logarithms[None], spreads[None])


def _pieces(image: Array) -> list[Array]:
    """The picture [3, H, W], cut to whole cells; or pieces of a large one, evenly spread."""
    height, width = (side // CELL * CELL for side in image.shape[1:])
    if height * width <= MOST_PIXELS:
        return [image[:, :height, :width]]
    side_y, side_x = min(PIECE, height), min(PIECE, width)
    share = np.sqrt(MOST_PIXELS / (height * width))
    rows = np.linspace(0, height - side_y, max(1, round(share * height / side_y))).astype(int)
    columns = np.linspace(0, width - side_x, max(1, round(share * width / side_x))).astype(int)
    return [image[:, y : y + side_y, x : x + side_x] for y in rows for x in columns]


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
    return Levels(logarithm, np.clip(spread, -4, 3))


def _fine(pixels: Array, filters: Array) -> Array:
    """How much pixels [H, W, 3] hold of each of the filters [D, 12, k, k], which see every second
    pixel in four planes a colour: mean of the sizes over 4x4 pixels. [H / 4, W / 4, D]
    """
    height, width = (side // 2 for side in pixels.shape[:2])
    parts = pixels.reshape(height, 2, width, 2, 3).transpose(0, 2, 4, 1, 3)
    windows = _windows(parts.reshape(height, width, 12), filters.shape[-1])
    matrix = _matrix(filters)
    result = np.empty((height // 2, width // 2, len(filters)), np.float32)
    # Two rows at a time stay in the processor's cache.
    for y in range(0, height, 2):
        rows = np.abs(product(_rows(windows[y : y + 2]), matrix))
        result[y // 2] = _shrunk(rows.reshape(2, width, -1), 2)[0]
    return result


def _convolved(planes: Array, filters: Array, stride: int = 1) -> Array:
    """[H, W, C] with filters [D, C, k, k] -> [H / stride, W / stride, D]; edges are repeated."""
    windows = _windows(planes, filters.shape[-1])[::stride, ::stride]
    matrix = _matrix(filters)
    return np.stack([product(_rows(row), matrix) for row in windows])


def _windows(planes: Array, side: int) -> Array:
    """What a filter of `side` pixels sees in each place of planes [H, W, C], with edges repeated,
    as a view [H, W, side, side, C]: of each row of it, one piece of memory.
    """
    around = (side // 2, side // 2)
    padded = np.pad(planes, (around, around, (0, 0)), mode="edge")
    return sliding_window_view(padded, (side, side), (0, 1)).transpose(0, 1, 3, 4, 2)


def _rows(windows: Array) -> Array:
    """Windows [..., side, side, C], each as a row. [N, side side C]"""
    return windows.reshape(-1, int(np.prod(windows.shape[-3:])))


def _matrix(filters: Array) -> Array:
    """Filters [D, C, k, k] as the columns of a matrix [k k C, D]."""
    return np.ascontiguousarray(filters.transpose(2, 3, 1, 0).reshape(-1, len(filters)))


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
