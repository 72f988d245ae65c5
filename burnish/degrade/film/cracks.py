"""Cracks and creases of old prints: the paper shows white where the emulsion broke.

Cracks walk at random, with corners and branches; a crease is a nearly straight fold through the
print, broken white along its ridge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds, share
from ..drawing import Size, log_uniform, place, smooth_line, smoothstep, trace, turned
from ..paint import Paint, painted, parts, rgb

#: the share of what is drawn that is a crease
CREASES = 0.35


def cracks(scale: Range = (0.7, 1.4), bright: float = 0.85) -> Degradation:
    """Cracks and creases, more with the dial. bright: the share of them that is bright."""
    sizes = bounds("scale", scale, 0.1, 100)
    return painted(
        Dial("cracks", 0.0, 1.0, 0.3, "0 for none to 1 for many"),
        partial(draw, scale=sizes, bright=share("bright", bright)),
    )


def draw(
    size: Size, amount: float, rng: np.random.Generator, scale: tuple[float, float], bright: float
) -> Iterator[Paint]:
    """The layers of each crack or crease, one after the other."""
    unit = rng.uniform(*scale)
    for part in parts(amount, min(2 + round(size[0] * size[1] / (150 * unit) ** 2), 30)):
        tone = rng.uniform(0.8, 1.0) if rng.random() < bright else rng.uniform(0.03, 0.25)
        colour = rgb(tone, tone * 0.98, tone * 0.94)
        drawn = _crease(size, unit, rng) if rng.random() < CREASES else _crack(size, unit, rng)
        yield Paint(np.float32(part) * drawn, colour, glaze=False)


def _crack(size: Size, unit: float, rng: np.random.Generator) -> Array:
    """A crack with its branches. [H, W] in 0..1"""
    mask = np.zeros(size, np.float32)
    way = rng.uniform(0, 2 * math.pi)
    trunk = _walk(place(size, rng), way, unit * log_uniform(25, 220, rng), unit, rng)
    width = unit * log_uniform(0.6, 3.5, rng)
    branches = [(trunk, width)]
    for _ in range(int(rng.integers(0, 5))):
        root = int(rng.integers(len(trunk[0])))
        at = (float(trunk[0][root]), float(trunk[1][root]))
        side = way + rng.choice([-1, 1]) * rng.uniform(0.4, 1.3)
        length = unit * log_uniform(8, 60, rng)
        branches.append((_walk(at, side, length, unit, rng), width * rng.uniform(0.4, 0.8)))
    strong = rng.uniform(0.6, 1.0)
    for (down, across), wide in branches:
        taper = np.linspace(1, 0.4, len(down)) * np.exp(0.35 * smooth_line(len(down), 12, rng))
        gaps = smoothstep(1.3 + 1.0 * smooth_line(len(down), 25, rng))
        stroke = trace(size, down, across, np.asarray(wide * taper, np.float32), strong * gaps)
        np.maximum(mask, stroke, out=mask)
    return mask


def _walk(
    at: tuple[float, float], way: float, length: float, unit: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """A way of straight pieces with corners between them, half a pixel a step. [N], [N]"""
    count = max(4, int(2 * length))
    corner = rng.random(count) < 1 / (2 * unit * rng.uniform(3, 12))
    turn = np.cumsum(corner * rng.normal(0, 0.7, count))
    # It wanders, and yet goes on in its direction.
    heading = way + turn - np.linspace(0, turn[-1], count) * rng.uniform(0, 1)
    down = at[0] + np.cumsum(0.5 * np.sin(heading))
    across = at[1] + np.cumsum(0.5 * np.cos(heading))
    return down.astype(np.float32), across.astype(np.float32)


def _crease(size: Size, unit: float, rng: np.random.Generator) -> Array:
    """A crease from edge to edge or some way, broken along its ridge. [H, W] in 0..1"""
    through, tilt = place(size, rng), rng.uniform(0, math.pi)
    along, across = turned(size, through, tilt)
    length = max(size) * rng.uniform(0.3, 1.5)
    steps = int(2 * math.hypot(*size)) + 2
    where = np.clip(along + steps / 2, 0, steps - 1).astype(np.int64)
    bend = (0.8 * unit * smooth_line(steps, 40 * unit, rng)).astype(np.float32)[where]
    wide = unit * log_uniform(0.6, 4, rng)
    width = (wide * np.exp(0.5 * smooth_line(steps, 6 * unit, rng))).astype(np.float32)[where]
    broken = smoothstep(rng.uniform(0.2, 1.5) + smooth_line(steps, 10 * unit, rng))[where]
    ridge = np.clip(width / 2 + 0.5 - np.abs(across - bend), 0, 1) * broken
    ends = smoothstep(np.asarray((length / 2 - np.abs(along)) / (10 * unit) + 0.5, np.float32))
    return np.asarray(ridge * ends * rng.uniform(0.6, 1.0), np.float32)
