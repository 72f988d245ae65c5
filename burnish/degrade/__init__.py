"""Ways to spoil a clean picture, one family a file. To add one: a file with a function that returns a Degradation, and a line in DEGRADATIONS.

A recipe names them in the order in which they happen; the dials that they own are the dials that a network for them reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..contract import Array, Dial

#: (clean [B, C, H, W], level [B, 1, 1, 1] or, as a map, [B, 1, H, W], rng) -> spoiled [B, C, H, W], float32, not clamped unless that is part of the damage.
#: First it draws all that it needs, then it applies: what is drawn depends on the shapes alone.
Spoil = Callable[[Array, Array, np.random.Generator], Array]


#: as Spoil, but -> (spoiled, mask [B, 1, H, W] in [0, 1]): where the mask is 0 the picture is what it was, to the last bit
SpoilMasked = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]


@dataclass(frozen=True)
class Degradation:
    """One kind of damage: the dial that says how bad it is, and the function that does it.

    masked: for damage that has a place, the same with its mask. neutral: the level at which nothing happens, or None where there is none. scale: how many
    times smaller the spoiled picture is.
    """

    dial: Dial
    spoil: Spoil
    masked: SpoilMasked | None = None
    neutral: float | None = None
    scale: int = 1


def with_mask(dial: Dial, masked: SpoilMasked, neutral: float | None = None) -> Degradation:
    """Damage that has a place, from the function that also gives its mask."""
    return Degradation(dial, lambda clean, level, rng: masked(clean, level, rng)[0], masked, neutral)


#: name in a recipe -> the function whose arguments the recipe may give
DEGRADATIONS = {
    "Noise": "burnish.degrade.noise:noise",
}
