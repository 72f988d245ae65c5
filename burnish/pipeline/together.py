"""together(): one setting of every dial for several pictures that belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from ..images import Picture
from .asked import Asked
from .look import FOUND, Finding, Look
from .settle import Settled

#: how many pictures are looked at, of a file that has more
LOOKS = 8


def together(
    asked: Asked, pictures: Iterable[Picture], settle: Callable[[Picture], Settled]
) -> Asked:
    """What is asked, with one finding for each dial where each picture would be found to want a
    setting of its own.

    It is the median, so that neither a title page nor a black frame decides. What is asked as a
    number or a map stays as it is.

    pictures: one or more. settle: what each of them would be restored with by itself.
    """
    settled = [(Look(picture).bilevel, settle(picture)) for picture in pictures]
    # What is black and white alone shows no damage, and says nothing of the others'.
    some = [one for bilevel, one in settled if not bilevel] or [one for _, one in settled]
    found = medians(some)
    return replace(asked, dials={**asked.dials, **found})


def medians(each: Sequence[Settled]) -> dict[str, Finding]:
    """One finding for each dial that pictures decide, by what each of them was settled with.

    Where it comes from, and how sure it is, is what the first says. Empty for no pictures.
    """
    return {
        name: Finding(_median(each, name), origin, each[0].margins.get(name))
        for name, origin in (each[0].origins.items() if each else ())
        if origin in FOUND
    }


def _median(each: Sequence[Settled], dial: str) -> float:
    return float(np.median([settled.dials[dial] for settled in each]))


def looked_at(count: int) -> frozenset[int]:
    """Which of so many pictures are looked at, counted from 0: the first, the last and some between
    them, at even distances.
    """
    return frozenset(round(place) for place in np.linspace(0, count - 1, min(count, LOOKS)))
