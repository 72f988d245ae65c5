"""Where damage lies that can be seen: what a network that finds damage has to give."""

from __future__ import annotations

import numpy as np

from ..contract import Array
from . import Degradation

#: a change of less than this, eight 8-bit steps, is not seen: white dust on white paper
SEEN = 8 / 255
#: what is covered by so much, or more, is damaged as a whole: it has to be mended as a whole
FULL = 0.5


def spoil_marked(
    degradation: Degradation, clean: Array, level: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Spoils pictures as `degradation.spoil` does, and says where that can be seen.

    clean: [B, C, H, W]; level: [B, 1, 1, 1]. The mask [B, 1, H, W] is how much of each pixel is
    covered, as a share of FULL, from 0 to 1: 0 where the damage changes nothing to speak of, and
    everywhere for damage that has no place, such as noise, or that is none, such as stars.
    """
    if degradation.masked is None:
        spoiled = degradation.spoil(clean, level, rng)
        return spoiled, np.zeros((len(clean), 1, *spoiled.shape[-2:]), np.float32)
    spoiled, mask = degradation.masked(clean, level, rng)
    change = np.abs(spoiled - clean).max(axis=1, keepdims=True)
    covered = np.minimum(mask / np.float32(FULL), np.float32(1))
    return spoiled, np.where(change < SEEN, np.float32(0), covered)
