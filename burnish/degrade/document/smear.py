"""Pencil that a hand rubbed over.

It is a streaked grey veil that catches on the paper's grain, and the writing itself drawn out along
it.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ...contract import Array, Dial
from ...ground.channels import grey
from .. import Degradation, with_mask
from ..arguments import Range, bounds, per_picture
from ..drawing import Size, fractal_field, place, sign, smooth_line, turned
from ..paint import Paint, generators_for, lay, parts


def pencil_smear(scale: Range = (0.7, 1.4)) -> Degradation:
    """Smeared pencil, in more and darker places with the dial.

    Dark writing within them is drawn out by some 10 pixels at scale 1.
    """
    return with_mask(
        Dial("smear", 0.0, 1.0, 0.4, "0 for none to 1 for rubbed all over"),
        partial(smeared, scale=bounds("scale", scale, 0.1, 100)),
        0.0,
    )


def smeared(
    clean: Array, level: Array, rng: np.random.Generator, scale: tuple[float, float]
) -> tuple[Array, Array]:
    """clean [B, 1 or 3, H, W], level [B, 1, 1, 1] -> (spoiled, mask [B, 1, H, W])."""
    amounts, size = per_picture(level, len(clean), "smear"), (clean.shape[2], clean.shape[3])
    spoiled, mask = clean.copy(), np.zeros((len(clean), 1, *size), np.float32)
    for i, (amount, own) in enumerate(zip(amounts, generators_for(len(clean), rng), strict=True)):
        unit = own.uniform(*scale)
        for part in parts(amount, 4):
            rubbed, veil, way = _rub(size, unit, own)
            dark = np.clip(
                veil + 0.7 * _drawn_out(clean[i], way, unit * own.uniform(6, 14)), 0, 0.75
            )
            graphite = np.broadcast_to(1 - dark, (3, *size))
            lay(
                [Paint(np.float32(part * (0.3 + 0.7 * amount)) * rubbed, graphite)],
                spoiled[i],
                mask[i, 0],
            )
    return spoiled, mask


def _rub(size: Size, unit: float, rng: np.random.Generator) -> tuple[Array, Array, float]:
    """Where a hand rubbed and how dark the graphite lies, both 0..1, and in which direction."""
    way = rng.normal(0, 0.5) + (math.pi if rng.random() < 0.5 else 0.0)
    along, across = turned(size, place(size, rng), way)
    across = across + along**2 / (
        unit * sign(rng) * rng.uniform(200, 900)
    )  # a hand turns about its wrist
    long, broad = unit * rng.uniform(50, 130), unit * rng.uniform(12, 40)
    rough, grain = fractal_field(size, 30 * unit, rng), fractal_field(size, 2.0, rng, 1)
    rubbed = np.clip(1.2 - (along / long) ** 2 - (across / broad) ** 2 + 0.25 * rough, 0, 1)
    lines = smooth_line(int(8 * broad) + 2, 3 * unit, rng)
    streaks = lines[np.clip((across + 4 * broad).astype(np.int32), 0, len(lines) - 1)]
    veil = np.clip(
        rng.uniform(0.12, 0.32) * (1 + 0.3 * streaks + 0.3 * grain + 0.2 * rough), 0, 0.7
    )
    return np.asarray(rubbed, np.float32), np.asarray(veil, np.float32), way


def _drawn_out(picture: Array, way: float, length: float) -> Array:
    """The darkness [H, W] of a picture [1 or 3, H, W], drawn out along a direction.

    It fades over `length` pixels.
    """
    ink = 1 - grey(picture)
    steps = max(2, int(length))
    shifts = [(round(i * math.sin(way)), round(i * math.cos(way))) for i in range(1, steps + 1)]
    reach = steps + 1
    padded = np.pad(np.clip(ink, 0, 1), reach, mode="edge")
    height, width = ink.shape
    moved = [
        padded[reach - d : reach - d + height, reach - r : reach - r + width]
        * (1 - i / (steps + 1))
        for i, (d, r) in enumerate(shifts)
    ]
    return np.asarray(np.sum(moved, 0) * np.float32(2 / steps), np.float32)
