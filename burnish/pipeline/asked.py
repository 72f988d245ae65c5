"""What somebody asks of a restoration: words become values here, and are checked here, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal

import numpy as np

from ..contract import Array, Contract, Dial
from ..errors import DialError, UsageError
from .estimate import ESTIMATORS
from .look import Finding
from .maps import MapFile, map_file


class Auto(Enum):
    """The wish that a dial is set by what the picture shows."""

    AUTO = "auto"


AUTO = Auto.AUTO
#: by what lost places are filled: a network, the wide ones smoothly; or all of them smoothly
Filling = Literal["learned", "classical"]
#: what a dial may be asked to be: a number in its unit, a map [H, W] of such numbers, a file with
#: a map, what is found on the picture, or what was found on pictures that belong to it
Setting = float | Array | MapFile | Auto | Finding
#: the same as people write it, where a text is "auto" or the path of a map; None says nothing
Word = float | Array | str | None


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of a restoration. `ask` makes one that fits a model's contract."""

    #: the setting of each dial, by its name; one that is not there is as if it were AUTO
    dials: Mapping[str, Setting] = field(default_factory=dict)
    #: 0 (the input) to 1 (the full effect), or a map of it [H, W]
    strength: float | Array | MapFile = 1.0
    #: whether a network sees tones as sRGB has them, where the picture's profile has them otherwise
    icc: bool = True
    #: what a model that mends takes for damage, from 0.5 on: a map [H, W] as the picture is stored,
    #: or a file of one; None is what it finds itself
    mask: MapFile | Array | None = None
    #: the infrared plane by which a model that mends finds dirt: AUTO is the picture's own, None is
    #: none, or it is a file, or a plane [h, w] in 0..1 that lies as the picture is stored
    infrared: Auto | Path | Array | None = AUTO
    #: by what a model that mends fills what is lost; smoothly, too, where no network ships for it
    fill: Filling = "learned"
    #: whether the result will do in whole numbers of the picture's depth, where it has such
    rounded: bool = False


#: where nobody asks for anything
NOTHING = Asked()


def ask(
    contract: Contract,
    dials: Mapping[str, Word | Setting] | None = None,
    strength: float | Array | MapFile = 1.0,
    icc: bool = True,
) -> Asked:
    """The words as values, all of them checked against the contract.

    dials: words by the names of dials. strength: 0 (the input) to 1 (the full effect), or a map.
    icc: whether the picture's profile counts, as `Asked` has it.

    DialError for a dial that there is not, a number out of its range, a map that is no file, a map
    where the model takes none, or "auto" for what cannot be found. UsageError for a strength
    outside 0 to 1.
    """
    settings = {
        name: _setting(contract, contract.dial(name), word)
        for name, word in (dials or {}).items()
        if word is not None
    }
    _check_strength(strength)
    return Asked(settings, strength, icc)


def _setting(contract: Contract, dial: Dial, word: str | Setting) -> Setting:
    """The value of a word that was said for a dial, checked."""
    if isinstance(word, Finding):
        return word
    if isinstance(word, Auto) or (isinstance(word, str) and word == AUTO.value):
        if dial.name not in ESTIMATORS:
            raise DialError(
                f"{dial.name}=auto: this dial cannot be estimated; give a number from {dial.low:g} "
                f"to {dial.high:g} ({dial.unit})"
            )
        return AUTO
    if isinstance(word, str | MapFile):
        contract.takes_maps(f"{dial.name}={word}")
        return map_file(dial, word) if isinstance(word, str) else word
    if isinstance(word, np.ndarray) and word.ndim:
        contract.takes_maps(dial.name)
        dial.check(float(word.min()))
        dial.check(float(word.max()))
        return np.asarray(word, np.float32)
    return dial.check(float(word))


def _check_strength(strength: float | Array | MapFile) -> None:
    """Raises UsageError where a part of the strength lies outside [0, 1]."""
    ends = (strength.black, strength.white) if isinstance(strength, MapFile) else strength
    lowest = float(np.min(ends))
    highest = float(np.max(ends))
    if not 0.0 <= lowest <= highest <= 1.0:
        wrong = highest if lowest >= 0 else lowest
        raise UsageError(
            f"strength {wrong:g} is out of range: from 0 (the input) to 1 (the full effect)"
        )
