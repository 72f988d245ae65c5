"""No damage at all, with a dial, for what a network is asked rather than told.

That may be how much of one objective and how much of another.
"""

from __future__ import annotations

import numpy as np

from ..contract import Array, Dial
from . import Degradation


def nothing(low: float = 0.0, high: float = 1.0, default: float = 0.0) -> Degradation:
    """The picture as it is, whatever the level.

    The loss `Between` reads the level that was drawn.
    """
    return Degradation(
        Dial("mix", low, high, default, "share of the second objective"), _as_it_is, neutral=low
    )


def _as_it_is(clean: Array, level: Array, rng: np.random.Generator) -> Array:
    return clean.copy()
