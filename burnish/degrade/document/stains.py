"""Stains of something that ran over the page and dried.

They have a pale middle and an uneven dark rim, brown where there is colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds
from ..drawing import Size, around, fractal_field, log_uniform, place, ripple, smoothstep
from ..paint import Paint, painted, parts, rgb

#: tea, coffee, rust, grease, grey water
TINTS = (
    (0.72, 0.55, 0.33),
    (0.50, 0.33, 0.18),
    (0.66, 0.38, 0.22),
    (0.80, 0.72, 0.50),
    (0.60, 0.58, 0.55),
)


def stains(scale: Range = (0.7, 1.4)) -> Degradation:
    """Stains, more and darker with the dial, of 10 to 80 pixels radius at scale 1."""
    return painted(
        Dial("stains", 0.0, 1.0, 0.4, "0 for none to 1 for many dark ones"),
        partial(draw, scale=bounds("scale", scale, 0.1, 100)),
    )


def draw(
    size: Size, amount: float, rng: np.random.Generator, scale: tuple[float, float]
) -> Iterator[Paint]:
    """The stains of one page."""
    unit = rng.uniform(*scale)
    most = min(2 + round(size[0] * size[1] / (150 * unit) ** 2), 40)
    for i, part in enumerate(parts(amount, most)):
        radius = unit * log_uniform(10, 80, rng)
        mask = np.zeros(size, np.float32)
        one_stain(mask, place(size, rng, 0 if i == 0 else radius / 2), radius, rng)
        tint = rgb(*TINTS[rng.integers(len(TINTS))]) * np.float32(rng.uniform(0.8, 1.0))
        yield Paint(mask * np.float32(part * (0.3 + 0.7 * amount)), tint)


def one_stain(
    mask: Array, centre: tuple[float, float], radius: float, rng: np.random.Generator
) -> None:
    """Draws one stain of strength up to 1 into the mask, in place."""
    part, down, across = around(mask, centre, 1.8 * radius)
    if not part.size:
        return
    size = (part.shape[0], part.shape[1])
    angle = np.arctan2(down, across)
    stretch = 1 + rng.uniform(0, 0.35) * np.cos(2 * (angle - rng.uniform(0, math.pi)))
    border = stretch * (1 + 0.10 * ripple(angle, rng)) + 0.10 * fractal_field(
        size, radius * 0.7, rng, 4, 0.6
    )
    inward = (
        border - np.hypot(down, across) / radius
    ) * radius  # pixels from the rim, positive inside
    rim = np.exp(-np.maximum(inward, 0) / (0.04 * radius + 1.5)) * (
        0.75 + 0.35 * ripple(angle, rng, 4)
    )
    tide = np.exp(
        -(((inward - radius * rng.uniform(0.2, 0.6)) / (0.03 * radius + 1)) ** 2)
    ) * rng.uniform(0, 0.25)
    pale = rng.uniform(0.2, 0.55) * (1 + 0.22 * fractal_field(size, radius * 0.6, rng, 4, 0.7))
    part[...] = smoothstep(inward / rng.uniform(1.2, 3.0)) * np.clip(pale + tide + 0.6 * rim, 0, 1)
