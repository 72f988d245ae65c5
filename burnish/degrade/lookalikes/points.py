"""Points that are no dust: stars, snow, freckles, catch lights in eyes.

Each kind is round and soft where dust is ragged and sharp, or lies where dust would not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...contract import Array
from ..drawing import Size, around, log_uniform, place, smooth_field, smoothstep
from ..paint import Paint, rgb


def stars(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """A dark sky over a part of the picture or all of it, and round points of every brightness."""
    sky = smoothstep(1.2 + rng.uniform(-0.6, 1.5) + 0.8 * smooth_field(size, 150 * unit, rng))
    blue = rng.uniform(0.0, 0.06)
    yield Paint(np.float32(min(1, 4 * amount)) * sky, rgb(0.03, 0.03, 0.04 + blue), glaze=False)
    points = np.zeros(size, np.float32)
    for shown in _coming(amount, 4 + round(size[0] * size[1] / (14 * unit) ** 2), rng):
        glow = rng.random() ** 3
        _dot(points, place(size, rng), unit * (0.5 + 0.9 * glow), shown * (0.15 + glow))
    tint = rng.normal(0, 0.05, 3)
    yield Paint(np.minimum(points, 1) * sky, rgb(*np.clip(0.95 + tint, 0, 1)), glaze=False)


def snow(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """Flakes out of focus, near ones large and faint, with some of them drawn out as they fall."""
    flakes = np.zeros(size, np.float32)
    fall = rng.uniform(1.0, 2.2)
    for shown in _coming(amount, 6 + round(size[0] * size[1] / (16 * unit) ** 2), rng):
        radius = unit * log_uniform(0.7, 6, rng)
        faint = 1 / (1 + 0.25 * radius / unit)
        _dot(flakes, place(size, rng), radius, shown * faint * rng.uniform(0.4, 1.0), fall)
    yield Paint(np.minimum(flakes, 1), rgb(0.95, 0.96, 0.98), glaze=False)


def freckles(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """Brownish spots of low contrast, in crowds, which let the picture shine through."""
    spots = np.zeros(size, np.float32)
    crowds = smoothstep(0.5 + smooth_field(size, 40 * unit, rng))
    for shown in _coming(amount, 5 + round(size[0] * size[1] / (10 * unit) ** 2), rng):
        at = place(size, rng)
        many = float(crowds[int(at[0]), int(at[1])])
        _dot(spots, at, unit * log_uniform(0.7, 3, rng), shown * many * rng.uniform(0.2, 1))
    yield Paint(np.float32(0.6) * np.minimum(spots, 1), rgb(0.50, 0.30, 0.18))


def catch_lights(
    size: Size, amount: float, unit: float, rng: np.random.Generator
) -> Iterator[Paint]:
    """Dark discs, as pupils, beads and wet stones are, each with a small round light in it."""
    for shown in _coming(amount, 2 + round(size[0] * size[1] / (60 * unit) ** 2), rng):
        at, radius = place(size, rng), unit * log_uniform(3, 14, rng)
        disc = np.zeros(size, np.float32)
        _disc(disc, at, radius)
        yield Paint(np.float32(shown) * disc, rgb(*rng.uniform(0.02, 0.2, 3)), glaze=False)
        light = np.zeros(size, np.float32)
        away = rng.uniform(0, 0.5, 2) * radius
        _dot(light, (at[0] - away[0], at[1] + away[1] - 0.2 * radius), 0.16 * radius, 1.0)
        yield Paint(np.float32(shown) * light, rgb(0.97, 0.97, 0.97), glaze=False)


def _coming(amount: float, most: int, rng: np.random.Generator) -> Iterator[float]:
    """How plainly each of at most `most` things shows at this amount: they come up one by one.

    As many random numbers are drawn for a small amount as for a large one.
    """
    for rank in rng.permutation(most):
        yield float(np.clip(amount * most - rank, 0, 1))


def _dot(
    plane: Array, at: tuple[float, float], radius: float, height: float, stretch: float = 1.0
) -> None:
    """Adds a Gaussian of that radius (its sigma) to the plane, in place, drawn out downwards."""
    part, down, across = around(plane, at, 3 * radius * stretch + 1)
    distance = (down / (radius * stretch)) ** 2 + (across / radius) ** 2
    part += np.float32(height) * np.exp(-0.5 * distance).astype(np.float32)


def _disc(plane: Array, at: tuple[float, float], radius: float) -> None:
    """Draws a disc with an edge of one pixel into the plane, in place."""
    part, down, across = around(plane, at, radius + 1)
    np.maximum(part, np.clip(radius + 0.5 - np.hypot(down, across), 0, 1), out=part)
