"""Whole numbers in a file: values clipped to [0, 1] and rounded to so many bits."""

from __future__ import annotations

import numpy as np

from ..contract import Array, Dial
from . import Degradation
from .arguments import per_picture

#: a sample of more bits than this has more steps than float32 tells apart
MOST = 16


def bits() -> Degradation:
    """The picture as a file of so many bits a sample holds it; the level is rounded."""
    return Degradation(Dial("bits", 1.0, float(MOST), 8.0, "bits a sample"), _round)


def _round(clean: Array, level: Array, rng: np.random.Generator) -> Array:
    """clean [B, C, H, W], level [B, 1, 1, 1] -> values in [0, 1], in 2^bits - 1 steps."""
    whole = np.rint(per_picture(level, len(clean), "bits"))
    steps = (2**whole - 1).astype(np.float32)[:, None, None, None]
    return np.asarray(np.rint(np.clip(clean, 0, 1) * steps) / steps, np.float32)
