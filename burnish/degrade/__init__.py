"""Ways to spoil a clean picture, one family a file.

To add one: a file with a function that returns a Degradation, and a line in DEGRADATIONS.

A recipe names them in the order in which they happen; the dials that they own are the dials that a
network for them reads.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..contract import Array, Dial
from ..errors import UsageError
from ..ground.tables import Table, among

#: (clean [B, C, H, W], level [B, 1, 1, 1] or, as a map, [B, 1, H, W], rng) -> spoiled [B, C, H, W],
#: float32, not clamped unless that is part of the damage. First it draws all that it needs, then it
#: applies: what is drawn depends on the shapes alone.
Spoil = Callable[[Array, Array, np.random.Generator], Array]


#: as Spoil, but -> (spoiled, mask [B, 1, H, W] in [0, 1]): where the mask is 0 the picture is what
#: it was, to the last bit
SpoilMasked = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]


@dataclass(frozen=True)
class Degradation:
    """One kind of damage: the dial that says how bad it is, and the function that does it."""

    #: how bad the damage is, with its range and unit
    dial: Dial
    #: the damage itself
    spoil: Spoil
    #: the same with its mask, for damage that has a place
    masked: SpoilMasked | None = None
    #: the level at which nothing happens, or None where there is none
    neutral: float | None = None
    #: how many times smaller the spoiled picture is
    scale: int = 1

    def possible(self, level: float) -> bool:
        """Whether there is such damage: worse than the dial goes may be, less than none cannot."""
        return self.dial.low <= level < math.inf and not level > self.dial.high == self.neutral


def with_mask(dial: Dial, masked: SpoilMasked, neutral: float | None = None) -> Degradation:
    """Returns damage that has a place, made from the function that also gives its mask."""
    return Degradation(dial, partial(_without_mask, masked), masked, neutral)


def _without_mask(
    masked: SpoilMasked, clean: Array, level: Array, rng: np.random.Generator
) -> Array:
    return masked(clean, level, rng)[0]


#: name in a recipe -> the function whose arguments the recipe may give
DEGRADATIONS: Table[Callable[..., Degradation]] = Table(
    "degradation",
    {
        "Noise": "burnish.degrade.noise:noise",
        "ShotRead": "burnish.degrade.shot:shot_read",
        "Poisson": "burnish.degrade.shot:poisson",
        "PictureNoise": "burnish.degrade.picture_noise:picture_noise",
        "SaltAndPepper": "burnish.degrade.impulse:salt_and_pepper",
        "FilmGrain": "burnish.degrade.grain:film_grain",
        "Blur": "burnish.degrade.blur:blur",
        "MotionBlur": "burnish.degrade.blur:motion_blur",
        "Defocus": "burnish.degrade.blur:defocus",
        "Sinc": "burnish.degrade.blur:sinc",
        "Downscale": "burnish.degrade.resize:downscale",
        "Resize": "burnish.degrade.resize:shrink",
        "Bits": "burnish.degrade.bits:bits",
        "JPEG": "burnish.degrade.jpeg:jpeg",
        "WebP": "burnish.degrade.jpeg:webp",
        "FadedInk": "burnish.degrade.document.ink:faded_ink",
        "OldPaper": "burnish.degrade.document.tone:old_paper",
        "Stains": "burnish.degrade.document.stains:stains",
        "CoffeeRings": "burnish.degrade.document.rings:coffee_rings",
        "Folds": "burnish.degrade.document.folds:folds",
        "Creases": "burnish.degrade.document.folds:creases",
        "Shadows": "burnish.degrade.document.light:shadows",
        "UnevenLight": "burnish.degrade.document.light:uneven_light",
        "BleedThrough": "burnish.degrade.document.bleed:bleed_through",
        "RuledPaper": "burnish.degrade.document.rules:ruled_paper",
        "PencilSmear": "burnish.degrade.document.smear:pencil_smear",
        "Dust": "burnish.degrade.film.dust:dust",
        "Hair": "burnish.degrade.film.hair:hair",
        "Scratches": "burnish.degrade.film.scratches:scratches",
        "Blotches": "burnish.degrade.film.blotches:blotches",
        "Cracks": "burnish.degrade.film.cracks:cracks",
        "Flicker": "burnish.degrade.film.flicker:flicker",
        "FilmMasks": "burnish.degrade.film.masks:film_masks",
        "Hidden": "burnish.degrade.hidden:hidden",
        "Lookalikes": "burnish.degrade.lookalikes:lookalikes",
        "Tones": "burnish.degrade.tones:tones",
        "Nothing": "burnish.degrade.nothing:nothing",
        "CameraNoise": "burnish.degrade.sensor:camera_noise",
        "RawNoise": "burnish.degrade.sensor:raw_noise",
    },
)


def make(name: str, **arguments: Any) -> Degradation:
    """Returns the listed degradation of that name, made with these arguments.

    Raises UsageError, which names the choices, or says which argument does not fit.
    """
    function = DEGRADATIONS.find(name)
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        takes = ", ".join(inspect.signature(function).parameters) or "none"
        raise UsageError(f"{name}: {error}; its arguments: {takes}") from error
    try:
        return function(**arguments)
    except (TypeError, ValueError) as error:  # a word where a number belongs
        raise UsageError(
            f"{name}: {arguments} does not fit ({error}); docs/degradations.md says what its "
            "arguments are"
        ) from error


def _dials() -> dict[str, str]:
    """The name of the dial of each listed degradation."""
    return {name: make(name).dial.name for name in DEGRADATIONS}


def owned(dial: str) -> bool:
    """Whether a listed degradation has a dial of this name."""
    return dial in _dials().values()


def owner(dial: str) -> str:
    """Returns the name of the listed degradation whose dial has this name.

    Raises UsageError where there is none, or more than one.
    """
    dials = _dials()
    owners = [name for name, its in dials.items() if its == dial]
    if not owners:
        choices = among(dial, dict.fromkeys(dials.values()), "the dials")
        raise UsageError(f"-d {dial}: no damage has such a dial; {choices}")
    if len(owners) > 1:
        raise UsageError(
            f"-d {dial}: this is the dial of {', '.join(owners)}; say which with --use, where "
            "there is one"
        )
    return owners[0]


def damage_by(dial: str, scale: int) -> Degradation:
    """Returns the damage that a dial of this name stands for, before a model of that scale.

    What makes pictures smaller does so by the scale. Raises UsageError where the model does not
    enlarge them again, and as `owner` does.
    """
    name = owner(dial)
    damage = make(name)
    if damage.scale == 1:
        return damage
    if scale == 1:
        raise UsageError(f"-d {dial}: makes pictures smaller, and the model does not enlarge")
    return make(name, scale=scale)
