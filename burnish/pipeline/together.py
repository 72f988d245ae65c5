"""together(): one setting of every dial for several pictures that belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from ..images import Picture
from .asked import Asked
from .settle import FOUND, Origin, Settled

#: how many pictures are looked at, of a file that has more
LOOKS = 8


def together(
    asked: Asked, pictures: Iterable[Picture], settle: Callable[[Picture], Settled]
) -> tuple[Asked, Mapping[str, Origin]]:
    """What is asked, with one setting of each dial where each picture would be found to want its
    own, and where the settings come from.

    The one is the median, so that neither a title page nor a black frame decides. What is asked as
    a number or a map stays as it is.

    pictures: one or more. settle: what each of them would be restored with by itself.
    """
    each = [settle(picture) for picture in pictures]
    origins = each[0].origins
    found = {
        name: float(np.median([settled.dials[name] for settled in each]))
        for name, origin in origins.items()
        if origin in FOUND
    }
    return replace(asked, dials={**asked.dials, **found}), origins


def looked_at(count: int) -> frozenset[int]:
    """Which of so many pictures are looked at, counted from 0: the first, the last and some between
    them, at even distances.
    """
    return frozenset(round(place) for place in np.linspace(0, count - 1, min(count, LOOKS)))
