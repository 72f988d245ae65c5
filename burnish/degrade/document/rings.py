"""The ring that a cup leaves: a broken band with dark edges, pools of coffee, and a few drops."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds
from ..drawing import Size, coordinates, fractal_field, place, ripple, smoothstep, window
from ..paint import Paint, painted, parts, rgb
from .stains import one_stain


def coffee_rings(scale: Range = (0.7, 1.4)) -> Degradation:
    """Rings of cups, more and darker with the dial, of 50 to 130 pixels radius at scale 1."""
    return painted(
        Dial("rings", 0.0, 1.0, 0.4, "0 for none to 1 for several dark ones"),
        partial(draw, scale=bounds("scale", scale, 0.1, 100)),
    )


def draw(
    size: Size, amount: float, rng: np.random.Generator, scale: tuple[float, float]
) -> Iterator[Paint]:
    """The rings of one page and their drops."""
    unit = rng.uniform(*scale)
    for part in parts(amount, min(2 + round(size[0] * size[1] / (300 * unit) ** 2), 10)):
        mask = _ring(size, unit, rng)
        for _ in range(int(rng.integers(0, 4))):
            one_stain(mask, place(size, rng), unit * rng.uniform(2, 6), rng)
        coffee = rgb(0.42, 0.22, 0.04) * np.float32(rng.uniform(0.5, 1.3))
        yield Paint(mask * np.float32(part * (0.3 + 0.7 * amount)), coffee)


def _ring(size: Size, unit: float, rng: np.random.Generator) -> Array:
    """A ring that passes through the picture. [H, W] in 0..1"""
    radius, way, at = unit * rng.uniform(50, 130), rng.uniform(0, 2 * math.pi), place(size, rng)
    middle = (at[0] - radius * math.sin(way), at[1] - radius * math.cos(way))
    there, ring = window(size, middle, 1.2 * radius), np.zeros(size, np.float32)
    part = ring[there]
    down, across = (
        axis + np.float32(at.start - m)
        for axis, at, m in zip(
            coordinates((part.shape[0], part.shape[1])), there, middle, strict=True
        )
    )
    distance, rough = (
        np.hypot(down, across),
        fractal_field((part.shape[0], part.shape[1]), 14 * unit, rng, 4, 0.6),
    )
    near = (distance < 1.15 * radius) & (distance > radius - 70 * unit)
    part[near] = _band(
        np.arctan2(down, across)[near], distance[near], rough[near], radius, unit, rng
    )
    return ring


def _band(
    angle: Array,
    distance: Array,
    rough: Array,
    radius: float,
    unit: float,
    rng: np.random.Generator,
) -> Array:
    """How much coffee dried at these places, given by angle and distance from the middle. 0..1"""
    wet = smoothstep(0.6 + 0.4 * ripple(angle, rng, 4))  # where coffee stood, around the ring
    pool = np.clip(ripple(angle, rng, 3) - 0.7, 0, 1.5)
    broad = unit * (rng.uniform(5, 15) * (0.5 + wet) + 16 * pool)
    inward = (
        radius * (1 + 0.015 * ripple(angle, rng, 5)) + 0.3 * unit * rough - distance
    )  # pixels from the outer edge
    band = smoothstep(inward / 1.5) * smoothstep((broad - inward) / (1.5 + 0.10 * broad))
    edge = np.exp(-np.maximum(inward, 0) / (1.3 * unit)) + 0.6 * np.exp(
        -(((inward - broad) / (1.5 * unit)) ** 2)
    )
    body = 0.42 + 0.08 * rough + 0.35 * np.minimum(pool, 1)
    return np.asarray(band * (0.05 + 0.95 * wet) * np.clip(body + 0.45 * edge, 0, 1), np.float32)
