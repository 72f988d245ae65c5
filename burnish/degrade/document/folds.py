"""Paper that was folded, and paper that was crumpled.

Each line has a side that faces the light and one that does not, and wears white where it is sharp.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds
from ..drawing import Size, fractal_field, log_uniform, place, sign, smooth_field, turned, window
from ..paint import Paint, painted, parts, rgb

SHADE = (0.10, 0.09, 0.08)
WORN = (0.97, 0.96, 0.94)


def folds(scale: Range = (0.7, 1.4)) -> Degradation:
    """Long, nearly straight folds through the page, more and deeper with the dial."""
    return painted(
        Dial("folds", 0.0, 1.0, 0.4, "0 for none to 1 for several deep ones"),
        partial(draw_folds, scale=bounds("scale", scale, 0.1, 100)),
    )


def creases(scale: Range = (0.7, 1.4)) -> Degradation:
    """Paper that was crumpled and smoothed again: many short creases between flat faces.

    Their relief is stronger with the dial.
    """
    return painted(
        Dial("creases", 0.0, 1.0, 0.4, "0 for flat to 1 for a crumpled ball"),
        partial(draw_creases, scale=bounds("scale", scale, 0.1, 100)),
    )


def draw_folds(
    size: Size, amount: float, rng: np.random.Generator, scale: tuple[float, float]
) -> Iterator[Paint]:
    """Shade and wear of each fold, one fold after the other."""
    unit = rng.uniform(*scale)
    for part in parts(amount, 4):
        square, upright = rng.random() < 0.65, rng.random() < 0.5
        tilt = upright * math.pi / 2 + rng.normal(0, 0.05) if square else rng.uniform(0, math.pi)
        across = sign(rng) * turned(size, place(size, rng), tilt)[1] + np.float32(
            0.8 * unit
        ) * smooth_field(size, 50 * unit, rng)
        shade = _fold_shade(across, unit * log_uniform(5, 35, rng), rng)
        worn = np.clip(0.5 + 0.5 * unit - np.abs(across + 0.5), 0, 1) * np.clip(
            0.5 + 0.6 * fractal_field(size, 10 * unit, rng), 0, 1
        )
        yield Paint(np.float32(part * (0.3 + 0.7 * amount)) * shade, rgb(*SHADE))
        yield Paint(np.float32(part * amount * rng.uniform(0.5, 1)) * worn, rgb(*WORN), glaze=False)


def _fold_shade(across: Array, reach: float, rng: np.random.Generator) -> Array:
    """A dark side that brightens over `reach` pixels, and a paler one opposite.

    A thin dark line lies between them, and the page turns away as a whole.
    """
    facing = across / (np.abs(across) + 0.6)
    dark, line, panel = rng.uniform(0.08, 0.32), rng.uniform(0, 0.25), rng.uniform(0, 0.07)
    near, far = (np.clip(1 - np.abs(across) / (side * reach), 0, 1) ** 2 for side in (3.0, 1.5))
    flank = dark * np.maximum(facing * near, -0.3 * facing * far)
    return np.asarray(
        flank + line * np.exp(-(((across - 1.2) / 1.2) ** 2)) + panel * np.maximum(facing, 0),
        np.float32,
    )


def draw_creases(
    size: Size, amount: float, rng: np.random.Generator, scale: tuple[float, float]
) -> list[Paint]:
    """The shade of the relief, and the wear of its sharpest lines."""
    unit, light = rng.uniform(*scale), rng.uniform(0, 2 * math.pi)
    relief, worn = (
        np.float32(0.12) * fractal_field(size, 24 * unit, rng, 4, 0.7),
        np.zeros(size, np.float32),
    )
    for _ in range(10 + round(size[0] * size[1] / (31 * unit) ** 2)):
        _crease(relief, worn, unit * log_uniform(16, 130, rng), unit, light, rng)
    shade = np.clip(0.22 - 0.32 * relief, 0, 0.85)
    white = np.asarray(amount**2 * np.clip(worn, 0, 0.8), np.float32)
    return [
        Paint(np.asarray(amount * shade, np.float32), rgb(*SHADE)),
        Paint(white, rgb(*WORN), glaze=False),
    ]


def _crease(
    relief: Array, worn: Array, length: float, unit: float, light: float, rng: np.random.Generator
) -> None:
    """Adds one crease to relief (how much a face turns to the light) and wear, in place."""
    size = (relief.shape[0], relief.shape[1])
    centre, tilt = place(size, rng, length / 2), rng.uniform(0, math.pi)
    there = window(size, centre, 0.9 * length)
    part = relief[there]
    along, across = turned(
        (part.shape[0], part.shape[1]),
        (centre[0] - there[0].start, centre[1] - there[1].start),
        tilt,
    )
    bow = along / length
    across += rng.normal(0, 0.10) * length * bow * bow + unit * rng.normal(0, 1.2) * np.sin(
        6 * bow + rng.uniform(0, 6)
    )
    reach, away = length * rng.uniform(0.12, 0.35), np.abs(across)
    ends = np.clip(1.2 - np.abs(bow) * 1.6, 0, 1) * np.clip(1.4 - away / (1.8 * reach), 0, 1)
    slope = math.cos(tilt + math.pi / 2 - light) * rng.uniform(0.4, 1.2)
    part += slope * ends * across / ((away + 0.5 * unit) * (1 + away / reach))
    if rng.random() < 0.3:
        np.maximum(
            worn[there],
            np.clip(1 - away / unit, 0, 1) * ends * np.float32(rng.uniform(0.1, 0.7)),
            out=worn[there],
        )
