"""Lines that are no hairs on the film and no scratches: rain, hair, wires, eyelashes.

They come in company and side by side, or go from one end of the picture to the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ...contract import Array
from ..drawing import Size, log_uniform, place, smooth_line, trace, wander
from ..paint import Paint, parts, rgb


def rain(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """Many straight, faint, bright streaks in nearly one direction."""
    way, length = math.pi / 2 + rng.normal(0, 0.25), unit * log_uniform(8, 50, rng)
    along = np.linspace(-0.5, 0.5, int(2 * length) + 2)
    ends = 1 - (2 * along) ** 4
    streaks = []
    for part in parts(amount, 6 + round(size[0] * size[1] / (14 * unit) ** 2)):
        at, lean = place(size, rng, length / 2), way + rng.normal(0, 0.03)
        steps = along * length * rng.uniform(0.6, 1.3)
        opacity = part * rng.uniform(0.15, 0.7) * ends
        streaks.append((at[0] + steps * math.sin(lean), at[1] + steps * math.cos(lean), opacity))
    down, across, opacity = (np.concatenate(values) for values in zip(*streaks, strict=True))
    streak = trace(size, down, across, unit * rng.uniform(0.5, 1.2), opacity.astype(np.float32))
    yield Paint(streak, rgb(0.9, 0.92, 0.95), glaze=False)


def hair(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """A lock: many curves side by side, dark or fair, that part from one another at their ends."""
    length, way = unit * log_uniform(60, 260, rng), rng.uniform(0, 2 * math.pi)
    down, across = wander(length, rng.uniform(0.1, 0.5), rng, cell=60 * unit)
    sine, cosine = math.sin(way), math.cos(way)
    at, thick = place(size, rng), unit * rng.uniform(8, 40)
    tone = rng.uniform(0.02, 0.25) if rng.random() < 0.6 else rng.uniform(0.5, 0.85)
    colour = rgb(tone, tone * rng.uniform(0.7, 0.95), tone * rng.uniform(0.4, 0.9))
    drift = np.linspace(0, 1, len(down), dtype=np.float32)
    strands = np.zeros(size, np.float32)
    for part in parts(amount, 10 + int(rng.integers(60))):
        side = rng.normal(0, 0.4) * thick * (1 + rng.normal(0, 0.8) * drift)
        slip = 0.5 * unit * smooth_line(len(down), 80, rng)
        x, y = across - length / 2, down + side + slip
        strand = trace(
            size,
            at[0] + x * sine + y * cosine,
            at[1] + x * cosine - y * sine,
            unit * rng.uniform(0.5, 1.4),
            part * rng.uniform(0.3, 1.0),
        )
        np.maximum(strands, strand, out=strands)
    yield Paint(strands, colour, glaze=False)


def wires(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """Wires and ropes from edge to edge, sagging, even, most of them dark."""
    upright = rng.random() < 0.3
    plane = (size[1], size[0]) if upright else size
    steps = np.arange(-1, plane[1] + 1, 0.5, dtype=np.float32)
    tilt, sag = rng.normal(0, 0.25), rng.uniform(-0.4, 0.4) / max(plane)
    tone = rng.uniform(0.03, 0.3) if rng.random() < 0.8 else rng.uniform(0.7, 0.95)
    gap, first = unit * log_uniform(4, 40, rng), rng.uniform(0, plane[0])
    for i, part in enumerate(parts(amount, int(rng.integers(2, 8)))):
        middle = steps - plane[1] / 2
        down = first + i * gap * rng.uniform(0.8, 1.2) + tilt * middle + sag * middle**2
        wire = trace(plane, down, steps, unit * rng.uniform(0.6, 1.8), rng.uniform(0.7, 1.0))
        laid = np.ascontiguousarray(wire.T) if upright else wire
        yield Paint(np.float32(part) * laid, rgb(tone, tone, tone), glaze=False)


def eyelashes(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """Fans of short bent strokes on an arc, thick at the root and thin at the tip; grass too."""
    for part in parts(amount, 1 + round(size[0] * size[1] / (110 * unit) ** 2)):
        lashes = np.zeros(size, np.float32)
        at, way, radius = place(size, rng), rng.uniform(0, 2 * math.pi), unit * rng.uniform(8, 40)
        for angle in np.linspace(-0.9, 0.9, int(rng.integers(8, 30))) + rng.normal(0, 0.03):
            stroke = _lash(size, at, way + angle, radius, unit, rng)
            np.maximum(lashes, stroke, out=lashes)
        tone = rng.uniform(0.02, 0.2)
        yield Paint(np.float32(part) * lashes, rgb(tone, tone * 0.9, tone * 0.8), glaze=False)


def _lash(
    size: Size,
    at: tuple[float, float],
    way: float,
    radius: float,
    unit: float,
    rng: np.random.Generator,
) -> Array:
    """One stroke away from the arc's middle. [H, W] in 0..1"""
    length = unit * rng.uniform(6, 18)
    along = np.linspace(0, 1, int(2 * length) + 2, dtype=np.float32)
    bend = way + rng.normal(0.3, 0.15) * along
    reach = radius + length * along
    return trace(
        size,
        at[0] + reach * np.sin(bend),
        at[1] + reach * np.cos(bend),
        np.asarray(unit * (1.3 - 0.9 * along), np.float32),
        rng.uniform(0.6, 1.0),
    )
