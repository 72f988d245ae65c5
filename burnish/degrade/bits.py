"""Whole numbers in a file: values clipped to [0, 1] and rounded to so many bits."""

from __future__ import annotations

import numpy as np

from ..contract import Array, Dial
from . import Degradation
from .arguments import per_picture

#: the picture stays as it is
NONE = 16


def bits() -> Degradation:
    """The picture as a file of so many bits a sample holds it; the level is rounded.

    16 stands for a file that loses nothing: the picture stays as it is, to the last bit, and is not
    clipped.
    """
    dial = Dial("bits", 1.0, float(NONE), 8.0, "bits a sample, 16 is none lost")
    return Degradation(dial, _round, neutral=float(NONE))


def _round(clean: Array, level: Array, rng: np.random.Generator) -> Array:
    """clean [B, C, H, W], level [B, 1, 1, 1] -> values in [0, 1], in 2^bits - 1 steps."""
    whole = np.rint(per_picture(level, len(clean), "bits"))[:, None, None, None]
    steps = (2**whole - 1).astype(np.float32)
    rounded = np.rint(np.clip(clean, 0, 1) * steps) / steps
    return np.asarray(np.where(whole < NONE, rounded, clean), np.float32)
