"""Dust: irregular specks, most of them tiny, in clusters.

They are bright where they lay on the negative, dark where they lie on the print.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds, share
from ..drawing import Size, smooth_field
from ..paint import Paint, painted, rgb


def dust(scale: Range = (0.7, 1.4), bright: float = 0.5) -> Degradation:
    """Specks of dust, more with the dial.

    bright: the share of pictures where most of them are bright instead of dark.
    """
    sizes = bounds("scale", scale, 0.1, 100)
    return painted(
        Dial("dust", 0.0, 1.0, 0.3, "0 for none to 1 for a few hundred specks in 256x256 pixels"),
        partial(draw, scale=sizes, bright=share("bright", bright)),
    )


def draw(
    size: Size, amount: float, rng: np.random.Generator, scale: tuple[float, float], bright: float
) -> Iterator[Paint]:
    """Two layers: the specks of the common kind, and the few of the other."""
    unit, light = rng.uniform(*scale), rng.random() < bright
    count = math.ceil(size[0] * size[1] * 0.005 / unit**2) + 3
    down, across = (rng.random(count) * n for n in size)
    crowd = np.exp(0.8 * smooth_field(size, 70 * unit, rng))[down.astype(int), across.astype(int)]
    radius = unit * np.minimum(0.45 * rng.pareto(2.6, count) + 0.45, 5)
    rank = rng.random(count) / crowd  # the dial at which a speck comes up
    rank[0] = 0
    opacity = rng.uniform(0.35, 1.0, count) * (rank < amount)
    odd, shapes = rng.random(count) < 0.12, rng.normal(0, 1, (count, 3, 2))
    for other in (False, True):
        tone = rng.uniform(0.85, 1.0) if light != other else rng.uniform(0.02, 0.15)
        shown = (opacity > 0) & (odd == other)
        mask = specks(size, *(value[shown] for value in (down, across, radius, opacity, shapes)))
        yield Paint(mask, rgb(tone, tone * 0.98, tone * 0.94), glaze=False)


def specks(
    size: Size, down: Array, across: Array, radius: Array, opacity: Array, shapes: Array
) -> Array:
    """Returns specks with irregular borders, soft by one pixel: [H, W] in 0..1.

    down, across, radius, opacity: [N]; shapes: [N, 3, 2], two to four lobes.
    """
    canvas = np.zeros((size[0] + 64, size[1] + 64), np.float32)
    for low, high in ((0, 1.2), (1.2, 3), (3, 10)):  # small ones on small stamps
        chosen = (radius >= low) & (radius < high)
        if chosen.any():
            _stamp(
                canvas,
                math.ceil(high * 1.7) + 1,
                *(value[chosen] for value in (down, across, radius, opacity, shapes)),
            )
    return canvas[32:-32, 32:-32]


def _stamp(
    canvas: Array,
    reach: int,
    down: Array,
    across: Array,
    radius: Array,
    opacity: Array,
    shapes: Array,
) -> None:
    """Lays specks of about one size on a canvas with a margin of 32 pixels, in place."""
    steps = np.arange(-reach, reach + 1)
    rows, columns = (np.floor(at).astype(np.int64)[:, None] + steps for at in (down, across))
    y, x = (rows - down[:, None])[:, :, None], (columns - across[:, None])[:, None]
    distance, angle = np.hypot(y, x), np.arctan2(y, x)
    border = np.ones_like(distance)
    for lobes in range(3):
        a, b = (shapes[:, lobes, i, None, None] * (0.20, 0.14, 0.10)[lobes] for i in range(2))
        border += a * np.cos((lobes + 2) * angle) + b * np.sin((lobes + 2) * angle)
    edge = radius[:, None, None] * np.clip(border, 0.3, 1.7)
    cover = np.clip(edge + 0.5 - distance, 0, 1) * opacity[:, None, None]
    flat = (rows + 32)[:, :, None] * canvas.shape[1] + (columns + 32)[:, None]
    np.maximum.at(canvas.reshape(-1), flat.reshape(-1), cover.astype(np.float32).reshape(-1))
