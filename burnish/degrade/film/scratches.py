"""Scratches: near vertical ones from the film's way through the machine, and short slanting ones.

The former are broken and of varying width; the latter come from handling.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds, share
from ..drawing import Size, log_uniform, place, smooth_line, smoothstep, trace
from ..paint import Paint, painted, parts, rgb


def scratches(scale: Range = (0.7, 1.4), bright: float = 0.6) -> Degradation:
    """Scratches, more with the dial. bright: the share of scratches that are bright."""
    sizes = bounds("scale", scale, 0.1, 100)
    return painted(
        Dial("scratches", 0.0, 1.0, 0.3, "0 for none to 1 for many scratches"),
        partial(draw, scale=sizes, bright=share("bright", bright)),
    )


def draw(
    size: Size, amount: float, rng: np.random.Generator, scale: tuple[float, float], bright: float
) -> Iterator[Paint]:
    """A layer for each scratch, one after the other."""
    unit = rng.uniform(*scale)
    for part in parts(amount, min(3 + round(size[1] / (30 * unit)), 60)):
        light, long = rng.random() < bright, rng.random() < 0.6
        mask = _along_the_film(size, unit, rng) if long else _handled(size, unit, rng)
        tone = rng.uniform(0.8, 1.0) if light else rng.uniform(0.02, 0.25)
        colour = np.clip(
            rgb(tone, tone, tone) * (1 + rgb(*rng.normal(0, 0.04, 3))), 0, 1
        )  # what is left of the colour layers
        yield Paint(np.float32(part) * mask, np.asarray(colour, np.float32), glaze=False)


def _along_the_film(size: Size, unit: float, rng: np.random.Generator) -> Array:
    """A scratch from top to bottom, or some way. [H, W] in 0..1"""
    rows = np.arange(size[0], dtype=np.float32)
    lean, weave = (
        rng.normal(0, 0.012),
        unit * rng.uniform(0.2, 1.2) * smooth_line(size[0], 90 * unit, rng),
    )
    across = rng.uniform(0, size[1] - 1) + lean * (rows - size[0] / 2) + weave
    width = unit * rng.uniform(0.5, 1.8) * np.exp(0.3 * smooth_line(size[0], 25 * unit, rng))
    broken = smoothstep(
        rng.uniform(0.2, 1.6) + 1.1 * smooth_line(size[0], unit * rng.uniform(8, 60), rng)
    )
    ragged = np.clip(0.85 + 0.25 * smooth_line(size[0], 1.5, rng), 0, 1)
    ends = np.sort(rng.uniform(-0.5, 1.5, 2)) * size[0]
    here = (
        smoothstep((rows - ends[0]) / 20 + 0.5) * smoothstep((ends[1] - rows) / 20 + 0.5)
        if np.ptp(ends) > size[0] / 2
        else 1
    )
    mask = np.zeros(size, np.float32)
    opacity = np.asarray(rng.uniform(0.35, 1.0) * broken * ragged * here, np.float32)
    reach = np.arange(-int(width.max() / 2 + 2), int(width.max() / 2 + 3))
    columns = np.floor(across).astype(np.int64)[:, None] + reach
    cover = (
        np.clip(width[:, None] / 2 + 0.5 - np.abs(columns - across[:, None]), 0, 1)
        * opacity[:, None]
    )
    inside = (columns >= 0) & (columns < size[1])
    mask[np.broadcast_to(np.arange(size[0])[:, None], columns.shape)[inside], columns[inside]] = (
        cover[inside]
    )
    return mask


def _handled(size: Size, unit: float, rng: np.random.Generator) -> Array:
    """A bundle of short, straight, dotted scratches side by side. [H, W] in 0..1"""
    length, way = unit * log_uniform(12, 110, rng), rng.normal(math.pi / 2, 0.6)
    at, strands = place(size, rng), int(rng.integers(1, 4))
    steps = np.linspace(-length / 2, length / 2, int(2 * length) + 2)
    bow = rng.normal(0, 0.08) * steps * steps / length
    trails = []
    for _ in range(strands):
        side, slip = unit * rng.normal(0, 2.5), rng.normal(0, 0.2) * length
        along, across = steps + slip, bow + side + 0.3 * unit * smooth_line(len(steps), 12, rng)
        dots = smoothstep(
            0.5 + rng.uniform(0.5, 1.5) * smooth_line(len(steps), unit * rng.uniform(3, 12), rng)
        )
        trails.append(
            (
                at[0] + along * math.sin(way) + across * math.cos(way),
                at[1] + along * math.cos(way) - across * math.sin(way),
                dots,
            )
        )
    down, right, opacity = (np.concatenate(values) for values in zip(*trails, strict=True))
    return trace(
        size,
        down,
        right,
        unit * rng.uniform(0.5, 1.3),
        (opacity * rng.uniform(0.4, 1.0)).astype(np.float32),
    )
