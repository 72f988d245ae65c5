"""settle(): the setting of every dial for one picture, and where each comes from.

The one place that knows of numbers that were asked for, of maps, of what a file tells, and of what
its pixels show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..contract import Array, Contract, Dial, level_array
from ..errors import UsageError
from ..images import MAX_MEGAPIXELS, Picture, toned
from .asked import AUTO, Asked, Auto
from .choice import Choice
from .estimate import ESTIMATORS
from .look import Finding, Look, Origin
from .maps import MapFile

#: where a model was named
NOBODY = Choice()


@dataclass(frozen=True, eq=False)
class Settled:
    """What one picture is restored with."""

    #: the setting of each dial, in the contract's order: a number in its unit, or a map [H, W]
    dials: Mapping[str, float | Array]
    #: where the setting of each dial comes from
    origins: Mapping[str, Origin]
    #: 0 (the input) to 1 (the full effect), or a map of it [H, W]
    strength: float | Array = 1.0
    #: of dials that were estimated: how far off each setting may be, as `Estimate` has it
    margins: Mapping[str, float] = field(default_factory=dict)
    #: where a look at the picture chose, the models that it goes through, and why these
    choice: Choice = NOBODY
    #: whether a network sees tones as sRGB has them, as `Asked` has it
    icc: bool = True
    #: whether the result will do in whole numbers of the picture's depth, as `Asked` has it
    rounded: bool = False

    @property
    def models(self) -> tuple[str, ...]:
        """Where a look at the picture chose: the models that it goes through, in order."""
        return self.choice.models

    @property
    def level(self) -> Array | None:
        """The settings as a network takes them: [1, K, 1, 1] or [1, K, H, W]; None for no dials."""
        return level_array(tuple(self.dials.values()))


def settle(
    contract: Contract,
    asked: Asked,
    picture: Picture,
    max_megapixels: float | None = MAX_MEGAPIXELS,
    look: Look | None = None,
) -> Settled:
    """Settles every dial of the contract for one picture.

    asked: what is asked for, which `ask` has checked. max_megapixels: larger files of maps are
    refused; None lifts the limit. look: where somebody has looked at the picture already.

    UsageError or InputError where a map does not fit the picture; InputErrors of reading one.
    """
    look = look or Look(toned(picture) if asked.icc else picture)
    settings: dict[str, float | Array] = {}
    origins: dict[str, Origin] = {}
    margins: dict[str, float] = {}
    for dial in contract.dials:
        wanted = asked.dials.get(dial.name, AUTO)
        if isinstance(wanted, Auto | Finding):
            found = _found(dial, wanted, look)
            settings[dial.name] = float(np.clip(found.value, dial.low, dial.high))
            origins[dial.name] = found.origin
            if found.margin is not None:
                margins[dial.name] = found.margin
        elif isinstance(wanted, MapFile):
            settings[dial.name] = wanted.read(picture, max_megapixels)
            origins[dial.name] = "map"
        else:
            settings[dial.name] = wanted
            origins[dial.name] = "asked"
    strength = _strength(asked, picture, max_megapixels)
    return Settled(settings, origins, strength, margins, icc=asked.icc, rounded=asked.rounded)


def _found(dial: Dial, wanted: Auto | Finding, look: Look) -> Finding:
    """What was found, or what the picture says of a dial; else the default."""
    if isinstance(wanted, Finding):
        return wanted
    if dial.name not in ESTIMATORS:
        return Finding(dial.default, "default")
    return look.finding(dial.name)


def _strength(asked: Asked, picture: Picture, max_megapixels: float | None) -> float | Array:
    strength = asked.strength
    if isinstance(strength, MapFile):
        return strength.read(picture, max_megapixels)
    size = picture.size
    if np.ndim(strength) and np.shape(strength) != size:
        raise UsageError(
            f"a strength map of shape {list(np.shape(strength))} does not fit a picture of "
            f"{size[1]}x{size[0]}"
        )
    return strength
