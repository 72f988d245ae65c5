"""Hairs and lint that lay in the gate or on the scanner: thin curved lines, dark or bright."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds, share
from ..drawing import Size, log_uniform, place, smooth_line, trace, wander
from ..paint import Paint, painted, parts, rgb


def hair(scale: Range = (0.7, 1.4), bright: float = 0.5) -> Degradation:
    """Hairs, more with the dial, of 15 to 220 pixels at scale 1.

    bright: the share of hairs that are bright.
    """
    sizes = bounds("scale", scale, 0.1, 100)
    return painted(
        Dial("hair", 0.0, 1.0, 0.3, "0 for none to 1 for many hairs"),
        partial(draw, scale=sizes, bright=share("bright", bright)),
    )


def draw(
    size: Size, amount: float, rng: np.random.Generator, scale: tuple[float, float], bright: float
) -> Iterator[Paint]:
    """A layer for each hair, one after the other."""
    unit = rng.uniform(*scale)
    for part in parts(amount, min(3 + round(size[0] * size[1] / (110 * unit) ** 2), 60)):
        tone = rng.uniform(0.85, 1.0) if rng.random() < bright else rng.uniform(0.02, 0.2)
        yield Paint(
            np.float32(part) * one_hair(size, unit, rng),
            rgb(tone, tone * 0.97, tone * 0.92),
            glaze=False,
        )


def one_hair(size: Size, unit: float, rng: np.random.Generator) -> Array:
    """Returns a hair [H, W], in 0..1, through a place of the picture.

    It is bent as a whole, wavy, and thinner at its ends.
    """
    length, way = unit * log_uniform(15, 220, rng), rng.uniform(0, 2 * math.pi)
    down, right = wander(length, rng.uniform(0.2, 1.1), rng, cell=unit * rng.uniform(7, 40))
    bow = np.linspace(0, rng.normal(0, 1.0), len(down), dtype=np.float32)
    down, right = _bent(down, right, np.float32(way) + bow)
    at, middle = place(size, rng), int(rng.integers(len(down)))
    taper = np.minimum(
        1, 0.5 + 4 * np.minimum(np.linspace(0, 1, len(down)), np.linspace(1, 0, len(down)))
    )
    width = (
        unit
        * rng.uniform(0.7, 1.7)
        * taper
        * np.clip(1 + 0.15 * smooth_line(len(down), 20, rng), 0.5, 1.5)
    )
    opacity = rng.uniform(0.5, 1.0) * np.clip(0.9 + 0.15 * smooth_line(len(down), 40, rng), 0.3, 1)
    return trace(
        size,
        down - down[middle] + at[0],
        right - right[middle] + at[1],
        width.astype(np.float32),
        opacity.astype(np.float32),
    )


def _bent(down: Array, right: Array, turn: Array) -> tuple[Array, Array]:
    """The same steps, each turned by its angle."""
    dy, dx = np.diff(down, prepend=0), np.diff(right, prepend=0)
    sine, cosine = np.sin(turn), np.cos(turn)
    return np.cumsum(dy * cosine + dx * sine), np.cumsum(dx * cosine - dy * sine)
