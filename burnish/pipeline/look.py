"""Look: what one picture shows of its damage, and of what kind it is. Each is found when it is
first asked for, and kept, so that whoever chooses a model and whoever sets its dials look only
once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from ..ground.channels import bilevel, without_copies
from ..ground.planes import Planes
from ..images import Picture
from .estimate import ESTIMATORS, Kind, kind

#: where a setting comes from: it was asked for, as a number or an array, or as a map's file; the
#: picture's file tells it; it was estimated on the pixels; or nobody knows more than the default
Origin = Literal["asked", "map", "file", "pixels", "default"]
#: the origins of settings that the picture decides
FOUND: tuple[Origin, ...] = ("file", "pixels")
#: what the pixels show is believed, against what the file tells, from so much below it
WORSE = 5.0


@dataclass(frozen=True)
class Finding:
    """What a picture says of one dial."""

    #: in the dial's unit
    value: float
    #: one of FOUND, or "default" of a dial that cannot be found
    origin: Origin
    #: how far off it may be, as an Estimate has it; None of what a file tells, and where nobody has
    #: measured that
    margin: float | None = None


@dataclass(frozen=True, eq=False)
class Look:
    """A look at one picture."""

    #: what is looked at
    picture: Picture
    #: what was found so far, by the names of dials
    kept: dict[str, Finding] = field(default_factory=dict, repr=False)

    def finding(self, dial: str) -> Finding:
        """What the picture says of the dial of that name, which is one of ESTIMATORS.

        What a file tells (the quality of a JPEG, by its tables) is true of the last time that it
        was saved. Where the pixels show damage that is worse, from a time before, that counts.
        """
        if dial not in self.kept:
            told = self.picture.known().get(dial)
            seen = ESTIMATORS[dial](_shown(self.picture))
            if told is None or seen.value < told - WORSE:
                self.kept[dial] = Finding(seen.value, "pixels", seen.margin)
            else:
                self.kept[dial] = Finding(float(told), "file")
        return self.kept[dial]

    @cached_property
    def kind(self) -> Kind:
        """Whether it is a photograph, a page of print or writing, or a drawing by a program."""
        return kind(_shown(self.picture))

    @property
    def grey(self) -> bool:
        """Whether it is black and white, in one channel or in three equal ones."""
        return bool(without_copies(self.picture.planes).shape[1] == 1)

    @cached_property
    def bilevel(self) -> bool:
        """Whether it is nothing but black and white, as a fax is, without greys between them."""
        return bilevel(self.picture.planes)


def _shown(picture: Picture) -> Planes:
    """The pixels to look at: where there is alpha, the rectangle around all that is seen."""
    if picture.alpha is None:
        return picture.planes
    shown = picture.alpha[0, 0] > 0
    if not shown.any():
        return picture.planes
    top, bottom = np.flatnonzero(shown.any(1))[[0, -1]]
    left, right = np.flatnonzero(shown.any(0))[[0, -1]]
    return picture.planes[..., top : bottom + 1, left : right + 1]
