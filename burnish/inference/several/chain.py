"""Chain: models one after another, as one model; `-m jpeg+upscale-x2` or `-m auto+lanczos`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...contract import Array, Contract, Dial, Opened, mix
from ...errors import UsageError
from ...ground.channels import as_channels
from ...ground.planes import of_parts
from ...ground.remarks import OnProgress, Say, part_of, silent
from ...images import MAX_MEGAPIXELS, Picture
from ...pipeline import (
    FOUND,
    NOTHING,
    Asked,
    Finding,
    Restored,
    Setting,
    Settled,
    enlarged,
)
from ..model import Model, check_units

#: what stands between the names of a chain's models
AND = "+"


class ModelChain(Model):
    """Models that a picture goes through in turn.

    It is called as a Model is. All dials are settled on the picture that comes in. A dial of
    several models is one, which all of them are told.
    """

    #: the models by their words, in the order in which they restore
    models: Mapping[str, Model]

    def __init__(self, words: Sequence[str], models: Sequence[Model]) -> None:
        """words: the names of the models. UsageError where one of them stands twice."""
        self.models = dict(zip(words, models, strict=True))
        if len(self.models) < len(words):
            raise UsageError(f"{AND.join(words)}: a model can stand in a chain once")
        self.path = None
        self.opened = None
        self.bytes_per_pixel = max(model.bytes_per_pixel for model in models)
        dials: dict[str, Dial] = {}
        for dial in (dial for model in models for dial in model.contract.dials):
            dials.setdefault(dial.name, dial)
        told = [model.contract for model in models if model.contract.dials]
        self.contract = Contract(
            models[0].contract.channels_in,
            models[-1].contract.channels_out,
            scale=math.prod(model.contract.scale for model in models),
            reach=None,
            level="pixel" if all(one.level == "pixel" for one in told) else "image",
            dials=tuple(dials.values()),
        )
        self.card = {"task": ", then ".join(str(model.card.get("task", "")) for model in models)}

    def open(
        self,
        *,
        device: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
        backend: str | None = None,
        megapixels: float | None = None,
    ) -> Opened:
        """Loads all of the models. What comes back is what the first of them runs on that does not
        compute in full precision; without one, what the first runs on.
        """
        opened = [
            model.open(
                device=device,
                threads=threads,
                precision=precision,
                backend=backend,
                megapixels=megapixels,
            )
            for model in self.models.values()
        ]
        self.opened = min(opened, key=lambda one: one.precision == "fp32")
        return self.opened

    def settle(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        max_megapixels: float | None = MAX_MEGAPIXELS,
    ) -> Settled:
        """What the picture would be restored with; of a dial of several models, as the first says.

        What a look at it chose is what the first model that chooses did.
        """
        each = [
            model.settle(picture, _own(model, asked, asked.dials), max_megapixels)
            for model in self.models.values()
        ]
        choices = [one.choice for one in each if one.choice.models or one.choice.why]
        found = each[0]
        for one in each[1:]:
            found = Settled(
                {**one.dials, **found.dials},
                {**one.origins, **found.origins},
                found.strength,
                {**one.margins, **found.margins},
                icc=asked.icc,
            )
        # One that chooses, told of a dial, settles those of the model that has it, and no others.
        there = [dial.name for dial in self.contract.dials if dial.name in found.dials]
        dials = {name: found.dials[name] for name in there}
        strength = replace(found, dials=dials)
        return replace(strength, choice=choices[0]) if choices else strength

    def restore(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        *,
        tile: int | None = None,
        max_megapixels: float | None = MAX_MEGAPIXELS,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Restored:
        """Restores a picture as it was asked for; all of it is as in `Model.restore`.

        The strength is that of the whole: what it leaves is the picture that came in, enlarged.
        """
        check_units(picture)
        settled = self.settle(picture, asked, max_megapixels)
        told = {name: _told(settled, name, asked) for name in settled.dials}
        handed = picture
        seconds = 0.0
        last = len(self.models) - 1
        for number, model in enumerate(self.models.values()):
            # Between two models nothing is rounded, nor what is mixed with what came in.
            rounded = asked.rounded and number == last and np.all(settled.strength == 1)
            own = _own(model, replace(asked, strength=1.0, rounded=bool(rounded)), told)
            restored = model.restore(
                handed,
                own,
                tile=None if model.whole else tile,
                max_megapixels=max_megapixels,
                progress=part_of(progress, number, len(self.models)),
                say=say,
            )
            seconds += restored.seconds
            # As between two files, but not rounded; what the first file said of itself is gone.
            handed = replace(restored.picture, quality=None)
            if picture.depth != "float32":
                handed = replace(handed, planes=of_parts(handed.planes, _clipped))
        return Restored(_mixed(picture, handed, settled, self.contract.scale), settled, seconds)


def _clipped(pixels: Array) -> Array:
    """Pixels as a file of whole numbers could have them, but for their rounding."""
    return pixels.clip(0, 1)


def _told(settled: Settled, name: str, asked: Asked) -> Setting:
    """What the models are told of a dial: what was asked, or what was found on the whole picture.

    What was found is no wish: to a model that chooses by the picture, it leaves the choice.
    """
    value = settled.dials[name]
    origin = settled.origins[name]
    if origin not in (*FOUND, "default"):
        return asked.dials[name]
    return Finding(float(np.mean(value)), origin, settled.margins.get(name))


def _own(model: Model, asked: Asked, settings: Mapping[str, Setting]) -> Asked:
    """What is asked of one model of a chain: of the settings, those of its own dials."""
    names = {dial.name for dial in model.contract.dials}
    own = {name: value for name, value in settings.items() if name in names}
    return replace(asked, dials=own, mask=None)


def _mixed(before: Picture, after: Picture, settled: Settled, scale: int) -> Picture:
    """The share of the change that the strength takes."""
    share = np.asarray(settled.strength, np.float32)
    if np.all(share == 1):
        return after
    large = enlarged(share[None, None], scale).clip(0, 1) if share.ndim else share
    held = as_channels(enlarged(before.pixels, scale), after.channels)
    return replace(after, planes=mix(held, after.pixels.copy(), large))
