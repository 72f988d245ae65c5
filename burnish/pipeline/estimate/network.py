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
#: products in a multiplication of matrices up to which BLAS keeps to one thread; its threads would
#: wait for each other on a busy machine (50 times slower)
ONE_THREAD = 260_000
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
    pixels = np.asarray(image * 255, np.float32)
    fine = np.abs(_convolved(_unshuffled(pixels), arrays["fine"]))
    coarse = np.abs(_convolved(_shrunk(pixels, 4), arrays["coarse"]))
    energies = np.log(np.concatenate([_shrunk(fine, 2), coarse]) + np.float32(FLOOR))
    tone = np.clip(_shrunk(pixels.mean(0, keepdims=True), 4), 0, 255)
    energies = np.concatenate([energies, np.log(tone + 1), np.log(256 - tone)])
    for i, stride in enumerate((2, 2, 1)):
        energies = _convolved(energies, arrays[f"mix{i}"], stride)
        energies = np.maximum(energies + arrays[f"bias{i}"][:, None, None], 0)
    logarithm, spread = (
        np.tensordot(arrays["head"], energies, 1) + arrays["head_bias"][:, None, None]
    )
    return Levels(logarithm, np.clip(spread, -4, 3))


def _convolved(planes: Array, filters: Array, stride: int = 1) -> Array:
    """[C, H, W] with filters [D, C, k, k] -> [D, H / stride, W / stride]; edges are repeated."""
    reach = filters.shape[-1] // 2
    padded = np.pad(planes, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    windows = sliding_window_view(padded, filters.shape[-2:], (1, 2))[:, ::stride, ::stride]
    matrix = filters.reshape(len(filters), -1)
    at_once = max(1, ONE_THREAD // matrix.size)
    _, height, width = windows.shape[:3]
    result = np.empty((len(filters), height, width), np.float32)
    for y in range(height):
        columns = windows[:, y].transpose(0, 2, 3, 1).reshape(matrix.shape[1], width)
        for x in range(0, width, at_once):
            result[:, y, x : x + at_once] = matrix @ columns[:, x : x + at_once]
    return result


def _unshuffled(planes: Array) -> Array:
    """Every second pixel, in four planes each. [C, H, W] -> [4 C, H / 2, W / 2]"""
    channels, height, width = planes.shape
    parts = planes.reshape(channels, height // 2, 2, width // 2, 2)
    return parts.transpose(0, 2, 4, 1, 3).reshape(4 * channels, height // 2, width // 2)


def _shrunk(planes: Array, times: int) -> Array:
    """The mean of every `times` x `times` pixels. [C, H, W]"""
    channels, height, width = planes.shape
    shape = (channels, height // times, times, width // times, times)
    return np.asarray(planes.reshape(shape).mean((2, 4)), np.float32)
