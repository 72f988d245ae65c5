"""Hidden places: where other damage would lie, nothing of the picture is left.

It is what a network learns from that fills what is lost. In such a place stands a first guess,
marked as one (`ground.fill.marked`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..contract import BELOW, LOST, Array
from ..errors import UsageError
from ..ground.fill import marked
from . import Degradation, SpoilMasked, make, with_mask
from .arguments import per_picture


def hidden(by: str = "FilmMasks", guess: bool = True, **arguments: Any) -> Degradation:
    """The places that the listed degradation `by`, made with these arguments, would change.

    Its dial is that one's. guess: whether a guess is made at all that is hidden; without, grey
    stands for it, which saves time where another one follows that makes it.

    Raises UsageError where that one has no place, or as `make` does.
    """
    made = None if by == "Hidden" else make(by, **arguments)
    if made is None or made.masked is None:
        raise UsageError(f"by={by} does not fit: damage that has a place is wanted, such as Dust")
    dial = replace(made.dial, name="hidden")
    return with_mask(dial, partial(hide, masked=made.masked, guess=guess), made.neutral)


def hide(
    clean: Array, level: Array, rng: np.random.Generator, masked: SpoilMasked, guess: bool
) -> tuple[Array, Array]:
    """clean [B, C, H, W], level [B, 1, 1, 1] -> (spoiled, mask [B, 1, H, W], 1 where hidden).

    What was hidden already stays so.
    """
    per_picture(level, len(clean), "hidden")  # which says so where it is a map
    _, mask = masked(clean, level, rng)
    lost = (mask > 0) | (clean[:, :1] < BELOW)
    if guess:
        spoiled = [marked(pixels, where[0]) for pixels, where in zip(clean, lost, strict=True)]
        return np.stack(spoiled), lost.astype(np.float32)
    return np.where(lost, np.float32(LOST + 0.5), clean), lost.astype(np.float32)
