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
from .arguments import per_picture, share

#: damage that reaches beyond what is hidden covers at most so much of a pixel there
EDGE = 0.5


def hidden(
    by: str = "FilmMasks", guess: bool = True, edges: float = 0.0, **arguments: Any
) -> Degradation:
    """The places that the listed degradation `by`, made with these arguments, would change.

    Its dial is that one's. guess: whether a guess is made at all that is hidden; without, grey
    stands for it, which saves time where another one follows that makes it. edges: the share of
    the pictures in which the damage itself reaches beyond what is hidden, as it does where a mask
    was drawn too small.

    Raises UsageError where that one has no place, or as `make` does.
    """
    made = None if by == "Hidden" else make(by, **arguments)
    if made is None or made.masked is None:
        raise UsageError(f"by={by} does not fit: damage that has a place is wanted, such as Dust")
    dial = replace(made.dial, name="hidden")
    by_rule = partial(hide, masked=made.masked, guess=guess, edges=share("edges", edges))
    return with_mask(dial, by_rule, made.neutral)


def hide(
    clean: Array,
    level: Array,
    rng: np.random.Generator,
    masked: SpoilMasked,
    guess: bool,
    edges: float,
) -> tuple[Array, Array]:
    """clean [B, C, H, W], level [B, 1, 1, 1] -> (spoiled, mask [B, 1, H, W], 1 where damaged).

    What was hidden already stays so.
    """
    per_picture(level, len(clean), "hidden")  # which says so where it is a map
    chance, reach = rng.random((2, len(clean), 1, 1, 1))
    painted, mask = masked(clean, level, rng)
    earlier = clean[:, :1] < BELOW
    lost = (mask > np.where(chance < edges, EDGE * reach, 0)) | earlier
    damaged = ((mask > 0) | earlier).astype(np.float32)
    if guess:
        spoiled = [marked(pixels, where[0]) for pixels, where in zip(painted, lost, strict=True)]
        return np.stack(spoiled), damaged
    return np.where(lost, np.float32(LOST + 0.5), painted), damaged
