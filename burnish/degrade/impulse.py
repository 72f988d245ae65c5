"""Salt and pepper: pixels that are stuck at white or black, or were lost on the way."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..contract import Array, Dial
from . import Degradation, with_mask
from .arguments import Range, bounds, draw, share


def salt_and_pepper(salt: Range = 0.5, grey: float = 1.0) -> Degradation:
    """Single pixels turned white or black.

    salt: the share of them that turns white. grey: the share of pictures where all channels of a
    pixel turn together.
    """
    turn = partial(_turn, salt=bounds("salt", salt, 0, 1), grey=share("grey", grey))
    return with_mask(Dial("impulses", 0.0, 50.0, 5.0, "percent of the pixels"), turn, neutral=0.0)


def _turn(
    clean: Array, level: Array, rng: np.random.Generator, salt: tuple[float, float], grey: float
) -> tuple[Array, Array]:
    chance, side = rng.random((2, *clean.shape), dtype=np.float32)
    together = rng.random(clean.shape[0]) < grey
    white = draw(salt, clean.shape[0], rng)[:, None, None, None]
    for drawn in (chance, side):
        drawn[together] = drawn[together, :1]
    turned = chance < np.asarray(level, np.float32) / 100
    spoiled = np.where(turned, (side < white).astype(np.float32), clean)
    return spoiled, turned.any(1, keepdims=True).astype(np.float32)
