"""Light that is missing: shadows on the page, and light that falls off over it."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds
from ..drawing import Size, coordinates, log_uniform, place, smooth_field, smoothstep, turned
from ..paint import Paint, painted, rgb


def shadows(blur: Range = (8.0, 60.0)) -> Degradation:
    """Shadows with a soft edge, `blur` pixels wide, that grows broader away from what casts it."""
    return painted(
        Dial("shadow", 0.0, 0.8, 0.4, "share of the light that the darkest part lacks"),
        partial(draw_shadows, blur=bounds("blur", blur, 0.5, 1000)),
    )


def uneven_light() -> Degradation:
    """Light from one side, from a lamp, and less of it in the corners.

    The brightest place stays as it is.
    """
    return painted(
        Dial("uneven", 0.0, 0.8, 0.4, "share of the light that the darkest part lacks"), draw_uneven
    )


def draw_shadows(
    size: Size, amount: float, rng: np.random.Generator, blur: tuple[float, float]
) -> list[Paint]:
    """One shadow: that of a hand or of something else with an edge, or that of a book's gutter."""
    soft, gutter, cool = log_uniform(*blur, rng), rng.random() < 0.25, rng.uniform(0, 1)
    inside = _gutter(size, rng) if gutter else _cast(size, soft, rng)
    return [
        Paint(
            inside * np.float32(amount / max(float(inside.max()), 1e-3)),
            rgb(0.0, 0.01 * cool, 0.03 * cool),
        )
    ]


def _cast(size: Size, soft: float, rng: np.random.Generator) -> Array:
    """The shadow [H, W], in 0..1, of something that reaches into the picture from one side.

    It is a body with up to four fingers.
    """
    longer = max(size)
    along, across = turned(size, place(size, rng), rng.uniform(0, 2 * math.pi))
    across = across + rng.normal(0, 0.3) * along
    bent = longer * (
        0.10 * smooth_field(size, longer * 0.4, rng) + 0.02 * smooth_field(size, longer * 0.12, rng)
    )
    depth = (
        along - longer * rng.uniform(0.05, 0.35) + bent + rng.normal(0, 0.4) * across**2 / longer
    )  # pixels inside the shadow
    first, apart = rng.normal(0, 0.2) * longer, longer * rng.uniform(0.09, 0.14)
    for i in range(int(rng.integers(0, 5))):
        tip, lean = -longer * rng.uniform(0.05, 0.3), rng.normal(0, 0.08)
        away = np.hypot(np.maximum(tip - along, 0), across - first - i * apart - lean * along)
        depth = np.maximum(depth, apart * rng.uniform(0.35, 0.5) - away + 0.15 * bent)
    penumbra = np.float32(soft) * (1 + 2 * np.clip(-along / longer, 0, 1))
    deep = 1 - 0.35 * np.exp(
        -np.maximum(depth, 0) / (0.15 * longer)
    )  # light comes in around the edges
    return np.asarray(
        smoothstep(0.5 + depth / penumbra)
        * deep
        * (1 - 0.12 * np.clip(smooth_field(size, longer * 0.5, rng), 0, 2)),
        np.float32,
    )


def _gutter(size: Size, rng: np.random.Generator) -> Array:
    """The shadow [H, W], in 0..1, along the spine of an open book.

    It is dark at a line, and longer on one side.
    """
    across = turned(
        size, (size[0] / 2, rng.uniform(0, size[1])), math.pi / 2 + rng.normal(0, 0.04)
    )[1]
    left, right = (max(size) * rng.uniform(0.03, 0.25) for _ in range(2))
    return np.asarray(np.exp(-np.maximum(across / right, -across / left)), np.float32)


def draw_uneven(size: Size, amount: float, rng: np.random.Generator) -> list[Paint]:
    """Adds up a slope, a lamp, dark corners and something that nobody can explain.

    The sum is stretched to the whole range.
    """
    y, x = (axis / max(size) for axis in coordinates(size))
    lamp, middle = (
        rng.uniform(-0.2, 1.2, 2).tolist(),
        (size[0] / 2 / max(size), size[1] / 2 / max(size)),
    )
    away = np.hypot(y - lamp[0], x - lamp[1]) / rng.uniform(0.5, 1.2)
    way, weights = rng.uniform(0, 2 * math.pi), rng.dirichlet((1, 1, 0.7, 0.5)).tolist()
    corners = (y - middle[0]) ** 2 + (x - middle[1]) ** 2
    dark = (
        weights[0] * (y * math.sin(way) + x * math.cos(way))
        + weights[1] * (1 - 1 / (1 + away**2))
        + weights[2] * corners
    )
    dark = dark + weights[3] * 0.2 * smooth_field(size, max(size) * 0.6, rng)
    dark = (dark - dark.min()) / max(float(np.ptp(dark)), 1e-6)
    warm = rgb(0.05, 0.02, 0.0) * np.float32(rng.uniform(-0.5, 1))
    return [Paint(np.asarray(amount * dark, np.float32), np.maximum(warm, 0))]
