"""Ways to spoil a clean picture, one family a file.

To add one: a file with a function that returns a Degradation, and a line in DEGRADATIONS.

A recipe names them in the order in which they happen; the dials that they own are the dials that a
network for them reads.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..contract import Array, Dial
from ..errors import UsageError

#: (clean [B, C, H, W], level [B, 1, 1, 1] or, as a map, [B, 1, H, W], rng) -> spoiled [B, C, H, W],
#: float32, not clamped unless that is part of the damage. First it draws all that it needs, then it
#: applies: what is drawn depends on the shapes alone.
Spoil = Callable[[Array, Array, np.random.Generator], Array]


#: as Spoil, but -> (spoiled, mask [B, 1, H, W] in [0, 1]): where the mask is 0 the picture is what
#: it was, to the last bit
SpoilMasked = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]


@dataclass(frozen=True)
class Degradation:
    """One kind of damage: the dial that says how bad it is, and the function that does it.

    masked: for damage that has a place, the same with its mask. neutral: the level at which nothing
    happens, or None where there is none. scale: how many times smaller the spoiled picture is.
    """

    dial: Dial
    spoil: Spoil
    masked: SpoilMasked | None = None
    neutral: float | None = None
    scale: int = 1

    def possible(self, level: float) -> bool:
        """Whether there is such damage: worse than the dial goes may be, less than none cannot."""
        return self.dial.low <= level < math.inf and not level > self.dial.high == self.neutral


def with_mask(dial: Dial, masked: SpoilMasked, neutral: float | None = None) -> Degradation:
    """Damage that has a place, from the function that also gives its mask."""
    return Degradation(dial, partial(_without_mask, masked), masked, neutral)


def _without_mask(
    masked: SpoilMasked, clean: Array, level: Array, rng: np.random.Generator
) -> Array:
    return masked(clean, level, rng)[0]


#: name in a recipe -> the function whose arguments the recipe may give
DEGRADATIONS = {
    "Noise": "burnish.degrade.noise:noise",
    "ShotRead": "burnish.degrade.shot:shot_read",
    "Poisson": "burnish.degrade.shot:poisson",
    "SaltAndPepper": "burnish.degrade.impulse:salt_and_pepper",
    "FilmGrain": "burnish.degrade.grain:film_grain",
    "Blur": "burnish.degrade.blur:blur",
    "MotionBlur": "burnish.degrade.blur:motion_blur",
    "Defocus": "burnish.degrade.blur:defocus",
    "Sinc": "burnish.degrade.blur:sinc",
    "Downscale": "burnish.degrade.resize:downscale",
    "Resize": "burnish.degrade.resize:shrink",
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
    "Flicker": "burnish.degrade.film.flicker:flicker",
    "FilmMasks": "burnish.degrade.film.masks:film_masks",
    "Nothing": "burnish.degrade.nothing:nothing",
    "CameraNoise": "burnish.degrade.sensor:camera_noise",
    "RawNoise": "burnish.degrade.sensor:raw_noise",
}


def maker(name: str) -> Callable[..., Degradation]:
    """The function behind a listed name; UsageError with the choices."""
    if name not in DEGRADATIONS:
        near = difflib.get_close_matches(name, DEGRADATIONS, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(
            f"there is no degradation {name!r}; {hint}The choices: {', '.join(DEGRADATIONS)}"
        )
    module, _, attribute = DEGRADATIONS[name].partition(":")
    function: Callable[..., Degradation] = getattr(importlib.import_module(module), attribute)
    return function


def make(name: str, **arguments: Any) -> Degradation:
    """The listed degradation of that name.

    UsageError names the choices, or says which argument does not fit.
    """
    function = maker(name)
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
