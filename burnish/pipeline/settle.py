"""settle(): the setting of every dial for one picture, and where each comes from.

The one place that knows of numbers that were asked for, of maps, of what a file tells, and of what
its pixels show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..contract import Array, Contract, Dial, level_array
from ..errors import UsageError
from ..images import MAX_MEGAPIXELS, Picture
from .asked import AUTO, Asked, Auto
from .estimate import ESTIMATORS
from .maps import MapFile

#: where a setting comes from: it was asked for, as a number or an array, or as a map's file; the
#: picture's file tells it; it was estimated on the pixels; or nobody knows more than the default
Origin = Literal["asked", "map", "file", "pixels", "default"]
#: what the pixels show is believed, against what the file tells, from so much below it
WORSE = 5.0
#: the origins of settings that the picture decides
FOUND: tuple[Origin, ...] = ("file", "pixels")


@dataclass(frozen=True, eq=False)
class Settled:
    """What one picture is restored with."""

    #: the setting of each dial, in the contract's order: a number in its unit, or a map [H, W]
    dials: Mapping[str, float | Array]
    #: where the setting of each dial comes from
    origins: Mapping[str, Origin]
    #: 0 (the input) to 1 (the full effect), or a map of it [H, W]
    strength: float | Array = 1.0

    @property
    def level(self) -> Array | None:
        """The settings as a network takes them: [1, K, 1, 1] or [1, K, H, W]; None for no dials."""
        return level_array(tuple(self.dials.values()))


def settle(
    contract: Contract,
    asked: Asked,
    picture: Picture,
    max_megapixels: float | None = MAX_MEGAPIXELS,
) -> Settled:
    """Settles every dial of the contract for one picture.

    asked: what is asked for, which `ask` has checked. max_megapixels: larger files of maps are
    refused; None lifts the limit.

    UsageError or InputError where a map does not fit the picture; InputErrors of reading one.
    """
    settings: dict[str, float | Array] = {}
    origins: dict[str, Origin] = {}
    for dial in contract.dials:
        wanted = asked.dials.get(dial.name, AUTO)
        if isinstance(wanted, Auto):
            settings[dial.name], origins[dial.name] = _found(dial, picture)
        elif isinstance(wanted, MapFile):
            settings[dial.name] = wanted.read(picture, max_megapixels)
            origins[dial.name] = "map"
        else:
            settings[dial.name] = wanted
            origins[dial.name] = "asked"
    return Settled(settings, origins, _strength(asked, picture, max_megapixels))


def _found(dial: Dial, picture: Picture) -> tuple[float, Origin]:
    """What the picture says of a dial: its file and its pixels; else the default.

    What a file tells (the quality of a JPEG, by its tables) is true of the last time that it was
    saved. Where the pixels show damage that is worse, from a time before, that counts.
    """
    if dial.name not in ESTIMATORS:
        return dial.default, "default"
    told = picture.known().get(dial.name)
    seen = ESTIMATORS[dial.name](_seen(picture))
    if told is None or seen < told - WORSE:
        return float(np.clip(seen, dial.low, dial.high)), "pixels"
    return float(np.clip(told, dial.low, dial.high)), "file"


def _seen(picture: Picture) -> Array:
    """The pixels to estimate on: where there is alpha, the rectangle around all that is seen."""
    if picture.alpha is None:
        return picture.pixels
    shown = picture.alpha[0, 0] > 0
    if not shown.any():
        return picture.pixels
    top, bottom = np.flatnonzero(shown.any(1))[[0, -1]]
    left, right = np.flatnonzero(shown.any(0))[[0, -1]]
    return picture.pixels[..., top : bottom + 1, left : right + 1]


def _strength(asked: Asked, picture: Picture, max_megapixels: float | None) -> float | Array:
    strength = asked.strength
    if isinstance(strength, MapFile):
        return strength.read(picture, max_megapixels)
    size = picture.pixels.shape[-2:]
    if np.ndim(strength) and np.shape(strength) != size:
        raise UsageError(
            f"a strength map of shape {list(np.shape(strength))} does not fit a picture of "
            f"{size[1]}x{size[0]}"
        )
    return strength
