"""Lines printed on the paper: ruled for writing, with or without a margin, or squared.

The lines lie under the ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds, choices
from ..drawing import Size, coordinates, fractal_field, log_uniform, smooth_field
from ..paint import Paint, painted, rgb

#: blue, violet, grey, green: what is left of white under a line
INKS = ((0.45, 0.62, 0.85), (0.55, 0.50, 0.80), (0.50, 0.50, 0.52), (0.45, 0.72, 0.62))
MARGIN = (0.90, 0.45, 0.48)


def ruled_paper(
    kind: str | Sequence[str] = ("ruled", "squared"), pitch: Range = (14.0, 40.0)
) -> Degradation:
    """Ruled or squared paper, its lines `pitch` pixels apart and darker with the dial.

    At 1 they are as dark as their ink is. kind: of the paper, one, or several to draw from.
    """
    kinds = choices("kind", kind, ("ruled", "squared"))
    return painted(
        Dial("rules", 0.0, 1.0, 0.5, "how dark the lines are, from 0 for none"),
        partial(draw, kinds=kinds, pitch=bounds("pitch", pitch, 3, 1000)),
    )


def draw(
    size: Size,
    amount: float,
    rng: np.random.Generator,
    kinds: tuple[str, ...],
    pitch: tuple[float, float],
) -> list[Paint]:
    """The lines of one sheet, somewhat turned and bent, thinner and paler in places."""
    apart, tilt, squared = (
        log_uniform(*pitch, rng),
        rng.normal(0, 0.02),
        kinds[int(rng.integers(len(kinds)))] == "squared",
    )
    thick = rng.uniform(0.7, 1.3) * max(1.0, apart / 30)
    y, x = coordinates(size)
    bend = 1.2 * smooth_field(size, 150, rng)
    rows, columns = (
        y + tilt * x + bend + rng.uniform(0, apart),
        x - tilt * y + bend + rng.uniform(0, apart),
    )
    lines = _lines(rows, apart, thick)
    if squared:
        lines = np.maximum(lines, _lines(columns, apart, thick))
    faded = np.clip(0.85 + 0.15 * fractal_field(size, 12, rng, 4, 0.8), 0.2, 1)
    layers = [
        Paint(np.asarray(amount * lines * faded, np.float32), rgb(*INKS[rng.integers(len(INKS))]))
    ]
    margin = np.clip(0.5 + thick / 2 - np.abs(columns - rng.uniform(0.1, 0.9) * size[1]), 0, 1)
    if rng.random() < 0.4 and not squared:
        layers.append(Paint(np.asarray(amount * margin * faded, np.float32), rgb(*MARGIN)))
    return layers


def _lines(at: Array, apart: float, thick: float) -> Array:
    """How far each pixel is covered by lines at multiples of `apart`. [H, W] in 0..1"""
    away = np.abs((at + apart / 2) % apart - apart / 2)
    return np.asarray(np.clip(0.5 + thick / 2 - away, 0, 1) * min(thick, 1.0), np.float32)
