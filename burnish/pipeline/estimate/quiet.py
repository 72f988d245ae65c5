"""How noisy a picture's quietest places are: for noise that is correlated from pixel to pixel, as
after demosaicing, resizing, a scanner or JPEG.

The eigenvalues of `noise.py` look for directions that hold nothing but noise, and correlated noise
leaves some without any, so they say that there is none. But noise is everywhere: even the quietest
blocks have as much of it as others have, while those of a clean picture differ by far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...contract import Array
from ...ground.channels import to_channels

#: side of the blocks, and how many there must be
SIDE = 16
LEAST = 100
#: blocks whose mean lies closer to black or white than this, in 8-bit steps, may have lost noise to
#: clipping
MARGIN = 12
#: the shares of blocks, from the quietest on, whose deviations are held against each other
QUIETEST, QUIET = 0.05, 0.2
#: of the deviation at QUIET, which is below the noise's own (by 2 % of white noise, 10 to 20 % of
#: noise correlated over some 1 to 1.5 pixels)
LIFT = 1.08


@dataclass(frozen=True)
class Quiet:
    """deviation: of the noise in the quiet blocks, in 8-bit steps; evenness: how many times that of
    the quietest ones, near 1 where there is noise alone.
    """

    deviation: float
    evenness: float


NOTHING = Quiet(0.0, math.inf)


def quiet(pixels: Array) -> tuple[Quiet, Quiet]:
    """Of the brightness of [1 or 3, H, W], as noise of the brightness; and of the differences
    between the channels, in which photographs have little texture, as noise of each channel, if the
    channels' noise is its own (NOTHING in grey).
    """
    brightness = to_channels(pixels[None], 1)[0, 0]
    inside = _inside(brightness)
    found = _quiet(_variances(brightness)[inside])
    if len(pixels) == 1:
        return found, NOTHING
    red, green, blue = pixels
    variances = (
        _variances((red - green) / math.sqrt(2)) + _variances((blue - green) / math.sqrt(2))
    ) / 2
    return found, _quiet(variances[inside])


def _quiet(variances: Array) -> Quiet:
    if len(variances) < LEAST:
        return NOTHING
    quietest, quiet = np.sqrt(np.quantile(variances, (QUIETEST, QUIET)))
    return Quiet(LIFT * float(quiet), float(quiet) / max(float(quietest), 1e-6))


def _inside(plane: Array) -> Array:
    means = _blocks(plane).mean((1, 2)) * 255
    inside: Array = (means > MARGIN) & (means < 255 - MARGIN)
    return inside


def _variances(plane: Array) -> Array:
    """Of every block, in 8-bit steps squared, about the plane that fits it best: shading is no
    noise.
    """
    blocks = _blocks(plane) * np.float32(255)
    blocks = blocks - blocks.mean((1, 2), keepdims=True)
    slope = (np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2) / math.sqrt(
        SIDE * (SIDE**2 - 1) / 12 * SIDE
    )  # of norm 1 over a block
    down, across = np.einsum("nij,i->n", blocks, slope), np.einsum("nij,j->n", blocks, slope)
    variances: Array = (np.square(blocks).sum((1, 2)) - np.square(down) - np.square(across)) / (
        SIDE**2 - 3
    )
    return np.maximum(variances, 0)


def _blocks(plane: Array) -> Array:
    """[N, SIDE, SIDE]"""
    rows, columns = (length // SIDE for length in plane.shape)
    return (
        plane[: rows * SIDE, : columns * SIDE]
        .reshape(rows, SIDE, columns, SIDE)
        .swapaxes(1, 2)
        .reshape(-1, SIDE, SIDE)
    )
