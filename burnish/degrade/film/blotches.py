"""Blotches: places where the emulsion came off or something dried on it.

They are ragged, bright or dark, with splashes around them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds, share
from ..drawing import Size, around, fractal_field, log_uniform, place, ripple, smoothstep
from ..paint import Paint, painted, parts, rgb


def blotches(scale: Range = (0.7, 1.4), bright: float = 0.5) -> Degradation:
    """Blotches, more, larger and thicker with the dial, of 5 to 45 pixels radius at scale 1.

    bright: the share of blotches that are bright.
    """
    sizes = bounds("scale", scale, 0.1, 100)
    return painted(
        Dial("blotches", 0.0, 1.0, 0.3, "0 for none to 1 for many thick ones"),
        partial(draw, scale=sizes, bright=share("bright", bright)),
    )


def draw(
    size: Size, amount: float, rng: np.random.Generator, scale: tuple[float, float], bright: float
) -> Iterator[Paint]:
    """A layer for each blotch, one after the other."""
    unit = rng.uniform(*scale)
    for i, part in enumerate(
        parts(amount, min(2 + round(size[0] * size[1] / (120 * unit) ** 2), 40))
    ):
        light, radius = rng.random() < bright, unit * log_uniform(5, 45, rng)
        tone = rng.uniform(0.75, 1.0) if light else rng.uniform(0.03, 0.25)
        mask = np.zeros(size, np.float32)
        _blotch(mask, place(size, rng, 0 if i == 0 else radius / 2), radius, part, rng)
        colour = np.clip(rgb(tone, tone, tone) * (1 + rgb(*rng.normal(0, 0.06, 3))), 0, 1)
        yield Paint(
            mask * np.float32(0.75 + 0.25 * amount), np.asarray(colour, np.float32), glaze=False
        )


def _blotch(
    mask: Array, centre: tuple[float, float], radius: float, grown: float, rng: np.random.Generator
) -> None:
    """Draws one blotch into the mask, in place.

    It is solid within, ragged at the border, with islands outside. grown: how far, to 1.
    """
    part, down, across = around(mask, centre, 2.2 * radius)
    if not part.size:
        return
    size = (part.shape[0], part.shape[1])
    angle = np.arctan2(down, across)
    border = (
        0.8
        + 0.22 * ripple(angle, rng, 5)
        + rng.uniform(0.15, 0.4) * fractal_field(size, 0.5 * radius, rng, 5, 0.7)
    )
    inward = np.asarray(
        (border - 0.8 * (1 - math.sqrt(grown)) - np.hypot(down, across) / radius) * radius,
        np.float32,
    )
    sheer = np.clip(
        rng.uniform(0.45, 1.0) * (1 + 0.25 * fractal_field(size, 0.5 * radius, rng, 4, 0.7)), 0, 1
    )
    part[...] = (
        smoothstep(inward / rng.uniform(1.5, 6.0) + 0.5)
        * sheer
        * (np.hypot(down, across) < 2.15 * radius)
    )
