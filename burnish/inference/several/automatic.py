"""Automatic: a look at each picture chooses the models that it goes through.

First the noise, then what compression did, each where it shows; of a camera's raw file the noise
goes before it is developed. Where a larger result is wanted, a network enlarges at last.
docs/auto.md has what the order and the limits were measured on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...contract import Array, Contract, Opened, mix
from ...ground.remarks import OnProgress, Say, part_of, silent
from ...images import MAX_MEGAPIXELS, Picture, toned
from ...pipeline import (
    FOUND,
    NOTHING,
    SAID,
    Asked,
    Choice,
    Finding,
    Look,
    Restored,
    Settled,
    Size,
    settle,
    still,
)
from ...pipeline.mosaic import noise_of
from ..backends.files import AUTO
from ..model import Model

#: the word that asks for it
NAME = AUTO
#: the models that it chooses among, in their order, and the dial that each has
MODELS = {"photo": "noise", "jpeg": "quality"}
#: and what a picture is that each is for
WORDS = {"photo": "noisy", "jpeg": "compressed"}
#: what takes the place of `photo` where a picture has the mosaic that it was developed from
FOR_RAW = {"photo": "raw"}
#: what enlarges where a larger result is wanted, and how many times. Even where only a tenth is
#: wanted, the network is worth 3 dB.
ENLARGERS = {"upscale-x2": 2, "upscale-x4": 4}
#: and up to how many pixels, before the filter reduces them: a gigabyte of floats
MOST_MADE = 100_000_000
#: and what is said of it
LARGER = "enlarged"
#: the dial that each of them has
DIALS = {**MODELS, "raw": "noise"}
#: from so much noise of a mosaic on, as sigma of a middle grey in steps of 255, it is taken off
#: better before developing than behind it
NOISY_MOSAIC = 1.0
#: from so much noise on, as RMS in 8-bit steps, `photo` takes away more of it than of the picture
NOISY = 1.0
#: a JPEG of a better quality shows no damage
COMPRESSED = 90.0
#: behind `photo`, which takes some of what compression did, `jpeg` is told a quality that is so
#: much nearer to 100 than the one that was found
LEFT = 0.5
#: models that a picture of more pixels goes through give back their memory behind it, so that only
#: one of them has any: 0.1 s of the many that such a picture takes
LARGE = 2_000_000
#: what has two values alone shows neither noise nor compression, and would be grey behind a model
BILEVEL = "nothing but black and white"
CLEAN = {"noise": Finding(0.0, "pixels"), "quality": Finding(100.0, "pixels")}


def choose(look: Look, raw: bool = False) -> Choice:
    """What is done with a picture, by what a look at it shows.

    raw: whether its noise is to be taken off before it is developed.
    """
    if look.bilevel:
        return Choice((), BILEVEL)
    noisy = raw or look.finding("noise").value >= NOISY
    compressed = look.finding("quality").value <= COMPRESSED
    shown = {"photo": noisy, "jpeg": compressed}
    suited = tuple(name for name in MODELS if shown[name])
    why = " and ".join(WORDS[name] for name in suited) or "neither noise nor compression shows"
    models = tuple(FOR_RAW.get(name, name) if raw else name for name in suited)
    return Choice(models, why, look.kind)


def choose_for(picture: Picture, look: Look) -> Choice:
    """What is done with a picture, by a look at it and by the noise of its mosaic if it has one."""
    return choose(look, _noisy_mosaic(picture) is not None)


def enlarger(times: float, pixels: int) -> str | None:
    """The network that enlarges a picture of so many pixels so many times, or further.

    Of those that would not make too many pixels it is the first that suffices, or else the last.
    None where the picture is not to be enlarged, or where none is left.
    """
    left = [name for name, scale in ENLARGERS.items() if pixels * scale**2 <= MOST_MADE]
    if times <= SAID or not left:
        return None
    return next((name for name in left if times <= ENLARGERS[name]), left[-1])


class Automatic(Model):
    """Looks at each picture, and takes it through the models that suit it.

    It is called as a Model is. A dial that is set chooses the model that has it, and then the
    picture is not asked. What was chosen, and why, stands in what is settled.
    """

    #: the models that it chooses among, by their names
    models: Mapping[str, Model]

    def __init__(self, load: Callable[[str], Model]) -> None:
        """load: makes the Model of a shipped name; only the header of its file is read here."""
        self.path = None
        self.opened = None
        self.models = {name: load(name) for name in (*MODELS, *FOR_RAW.values())}
        self._load = load
        self._enlargers: dict[str, Model] = {}
        self.bytes_per_pixel = max(model.bytes_per_pixel for model in self.models.values())
        dials = tuple(self.models[name].contract.dial(dial) for name, dial in MODELS.items())
        self.contract = Contract(reach=None, level="pixel", dials=dials)
        self.card = {"task": "looks at each picture, and chooses among the models that ship"}
        self._how: dict[str, Any] = {}

    def open(
        self,
        *,
        device: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
        backend: str | None = None,
        megapixels: float | None = None,
    ) -> Opened:
        """Loads the model that most pictures need. The other follows when a picture needs it."""
        self._how = {
            "device": device,
            "threads": threads,
            "precision": precision,
            "backend": backend,
            "megapixels": megapixels,
        }
        self.opened = self.models["photo"].open(**self._how)
        return self.opened

    def settle(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        max_megapixels: float | None = MAX_MEGAPIXELS,
    ) -> Settled:
        """The models that the picture would go through, and why; and all that is set or found."""
        found = {dial: one for dial, one in asked.dials.items() if isinstance(one, Finding)}
        told = tuple(name for name, dial in MODELS.items() if dial in {*asked.dials} - {*found})
        raw = None if told else _noisy_mosaic(picture)
        if raw is not None:
            found = {"noise": raw, **found}
        look = Look(toned(picture) if asked.icc else picture, found)
        if look.bilevel and not told:
            look = replace(look, kept={**CLEAN, **found})
        choice = Choice(told) if told else choose(look, raw is not None)
        dials = tuple(self.contract.dial(MODELS[name]) for name in told or MODELS)
        contract = replace(self.contract, dials=dials)
        settled = settle(contract, asked, picture, max_megapixels, look)
        return replace(settled, choice=choice)

    def restore_settled(
        self,
        picture: Picture,
        settled: Settled,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Restored:
        """Takes a picture through the models that were chosen for it; all is as in `Model`.

        What it says was settled is all that was found, for models that had nothing to do, too.
        """
        alone = len(settled.models) == 1
        whole = bool(np.all(np.asarray(settled.strength) == 1))
        handed = picture
        seconds = 0.0
        for i, name in enumerate(settled.models):
            model = self.models[name]
            part = _part(settled, DIALS[name], settled.strength if alone else 1.0, behind=i > 0)
            if name == settled.models[-1] and (alone or whole):
                part = replace(part, rounded=settled.rounded)
            opened = model.opened or model.open(**self._how)
            restored = model.restore_settled(
                handed,
                part,
                tile=tile,
                progress=part_of(progress, i, len(settled.models)),
                say=say,
            )
            if not alone and math.prod(handed.size) > LARGE:
                opened.release()
            handed = restored.picture
            seconds += restored.seconds
        if len(settled.models) > 1 and not whole:
            mixed = mix(picture.pixels, handed.pixels, settled.strength)
            handed = replace(handed, planes=mixed)
        return Restored(handed, settled, seconds)

    def at_size(
        self,
        restored: Restored,
        size: Size | None,
        before: Picture,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Restored:
        """What came of restoring the picture `before`, enlarged by a network to the size that is
        wanted of it, or somewhat further; a filter does the rest. All is as in `Model`.
        """
        times = still(restored, size, before)
        name = enlarger(times, math.prod(restored.picture.size))
        if name is not None:
            model = self._enlarger(name)
            settled = restored.settled
            large = model.restore(
                restored.picture,
                Asked(icc=settled.icc),
                tile=tile,
                max_megapixels=None,
                progress=progress,
                say=say,
            )
            choice = settled.choice
            why = f"{choice.why}; {LARGER}" if choice.why else LARGER
            chosen = replace(choice, models=(*choice.models, name), why=why)
            seconds = restored.seconds + large.seconds
            restored = Restored(large.picture, replace(settled, choice=chosen), seconds)
        return super().at_size(restored, size, before)

    def _enlarger(self, name: str) -> Model:
        """What enlarges: loaded when it is first needed, as few runs need it."""
        if name not in self._enlargers:
            self._enlargers[name] = self._load(name)
            self._enlargers[name].open(**self._how)
        return self._enlargers[name]


def _noisy_mosaic(picture: Picture) -> Finding | None:
    """The noise of the mosaic that a picture was developed from; None where there is none, or where
    it shows so little that it is taken off better behind developing.
    """
    if picture.mosaic is None or not picture.mosaic.bayer:
        return None
    noise, origin = noise_of(picture.mosaic)
    return Finding(noise.sigma, origin) if noise.sigma >= NOISY_MOSAIC else None


def _part(settled: Settled, dial: str, strength: float | Array, *, behind: bool) -> Settled:
    """What is settled for the model that has a dial. behind: whether it comes behind another."""
    value = settled.dials[dial]
    if behind and dial == "quality" and settled.origins[dial] in FOUND:
        value = value + LEFT * (100 - value)
    origins = {dial: settled.origins[dial]}
    return Settled({dial: value}, origins, strength, icc=settled.icc)
