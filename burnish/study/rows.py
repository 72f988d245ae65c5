"""Models by their names, as rows of a comparison.

A row is a shipped model, a file, a filter with arguments and dial settings, or several in a chain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..contract import Contract, Dial, mix
from ..errors import UsageError
from ..ground.channels import to_channels
from ..ground.grammar import Call
from ..ground.remarks import Say, silent
from ..images import Picture
from ..inference.model import Model
from ..inference.zoo import load
from ..pipeline import (
    AUTO,
    NOTHING,
    Asked,
    Auto,
    Restored,
    Restores,
    Setting,
    Settled,
    ask,
    enlarged,
)


@dataclass(frozen=True)
class Row:
    """A row of a comparison: a model, or something else that restores.

    It restores itself, with what its words say of its dials.
    """

    #: what it is called
    name: str
    #: what restores
    model: Restores
    #: what is known of it: megabytes of its file, parameters, multiply_adds a pixel
    cost: Mapping[str, float] = field(default_factory=dict)
    #: the dials that its words set: numbers, which may be told otherwise, or AUTO, which may not
    given: Mapping[str, float | Auto] = field(default_factory=dict)

    @property
    def contract(self) -> Contract:
        """The model's contract, its dials standing where the words set them.

        It is without the dials that are to be found on every picture.
        """
        contract = self.model.contract
        dials = [dial for dial in contract.dials if self.given.get(dial.name) is not AUTO]
        return replace(contract, dials=tuple(_standing_at(dial, self.given) for dial in dials))

    def settle(self, picture: Picture, asked: Asked = NOTHING) -> Settled:
        """Returns what the picture would be restored with."""
        return self.model.settle(picture, self._with_words(asked))

    def restore(self, picture: Picture, asked: Asked = NOTHING) -> Restored:
        """Returns the picture restored, as it was asked for."""
        return self.model.restore(picture, self._with_words(asked))

    def _with_words(self, asked: Asked) -> Asked:
        return Asked({**self.given, **asked.dials}, asked.strength)


@dataclass(frozen=True)
class Chain:
    """Rows that restore one after the other.

    A dial of several of them is one dial, which all of them are told; it is settled on the picture
    that comes in.
    """

    #: in the order in which they restore
    parts: Sequence[Row]

    @property
    def contract(self) -> Contract:
        """The contract from the first one's input to the last one's output."""
        found = {dial.name: dial for part in reversed(self.parts) for dial in part.contract.dials}
        return Contract(
            self.parts[0].contract.channels_in,
            self.parts[-1].contract.channels_out,
            scale=math.prod(part.contract.scale for part in self.parts),
            reach=None,
            dials=tuple(found.values()),
        )

    def settle(self, picture: Picture, asked: Asked = NOTHING) -> Settled:
        """Returns what the picture would be restored with.

        Of a dial in several parts it is what the first says.
        """
        each = [part.settle(picture, _own(part, asked.dials)) for part in reversed(self.parts)]
        names = [dial.name for dial in self.contract.dials]
        settings = {name: value for one in each for name, value in one.dials.items()}
        origins = {name: origin for one in each for name, origin in one.origins.items()}
        return Settled(
            {name: settings[name] for name in names},
            {name: origins[name] for name in names},
            each[-1].strength,
        )

    def restore(self, picture: Picture, asked: Asked = NOTHING) -> Restored:
        """Returns the picture restored, as it was asked for."""
        settled = self.settle(picture, asked)
        seconds = 0.0
        steps = []
        handed = picture
        for i, part in enumerate(self.parts):
            if i:  # as between two files, but not rounded; what the first file said is gone
                clipped = np.clip(handed.pixels, 0, 1)
                fitting = to_channels(clipped, part.contract.channels_in)
                handed = replace(handed, planes=fitting, quality=None)
            restored = part.restore(handed, _own(part, settled.dials))
            seconds += restored.seconds
            handed = restored.picture
            steps.append((part.name, handed))
        channels = handed.channels
        before = to_channels(enlarged(picture.pixels, self.contract.scale), channels)
        mixed = mix(before, handed.pixels, settled.strength)
        result = replace(handed, planes=mixed)
        return Restored(result, settled, seconds, steps=tuple(steps))


def _own(part: Row, settings: Mapping[str, Setting]) -> Asked:
    """What of the settings a part of a chain has dials for, at full strength."""
    names = {dial.name for dial in part.contract.dials}
    return Asked({name: value for name, value in settings.items() if name in names})


def open_row(
    words: str,
    *,
    name: str = "",
    precision: str = "fp32",
    device: str = "auto",
    threads: int | None = None,
    say: Say = silent,
) -> Row:
    """Opens `photo`, `runs/x/x.onnx`, `bilateral:radius=20,space=15`, or `median+photo`.

    The median is first in the last one. Settings are dials of the model, or arguments of a filter;
    `photo:noise=auto` is told no noise: it finds it on every picture. name: what it is called,
    without it the words; say: is told where it runs. Raises UsageError, DialError, ModelMissing.
    """
    words_of = [words] if _is_file(words) else words.split("+")
    parts = [_opened(word, precision, device, threads, say) for word in words_of]
    if len(parts) == 1:
        return replace(parts[0], name=name or words)
    return Row(name or words, Chain(parts), _cost(parts), _numbers(parts))


def _opened(words: str, precision: str, device: str, threads: int | None, say: Say) -> Row:
    call = Call(words) if _is_file(words) else Call.parse(words, _written_otherwise(words))
    name, given = call.name, call.arguments
    model = load(name)
    dials = {dial.name for dial in model.contract.dials}
    if arguments := {key: value for key, value in given.items() if key not in dials}:
        model = load(str(Call(name, arguments)))
    opened = model.open(device=device, threads=threads, precision=precision)
    say(f"{name}: on {opened.device}, {opened.backend}, {opened.precisions}")
    settings: dict[str, float | Auto] = {
        key: AUTO if value == AUTO.value else _number(words, value)
        for key, value in given.items()
        if key in dials
    }
    ask(model.contract, settings)
    return Row(words, model, _known(model), settings)


def _known(model: Model) -> dict[str, float]:
    """What a model costs, by its card and its file."""
    known: dict[str, float] = {
        key: float(model.card[key]) for key in ("parameters", "multiply_adds") if key in model.card
    }
    if model.path:
        known["megabytes"] = model.path.stat().st_size / 1e6
    return known


def _cost(parts: Sequence[Row]) -> dict[str, float]:
    """What a chain costs; multiply-adds are for a pixel, of pictures of different sizes."""
    keys = sorted({key for part in parts for key in part.cost if key != "multiply_adds"})
    return {key: sum(part.cost.get(key, 0.0) for part in parts) for key in keys}


def _numbers(parts: Sequence[Row]) -> dict[str, float | Auto]:
    """The numbers that the words of a chain's parts set; of a dial of several, the first one's."""
    return {
        name: value
        for part in reversed(parts)
        for name, value in part.given.items()
        if not isinstance(value, Auto)
    }


def _is_file(words: str) -> bool:
    """Whether they are a model's path, whatever + or : the names of its folders hold."""
    return words.endswith(".onnx") and Path(words).is_file()


def _standing_at(dial: Dial, given: Mapping[str, float | Auto]) -> Dial:
    value = given.get(dial.name, AUTO)
    return dial if isinstance(value, Auto) else replace(dial, default=value)


def _written_otherwise(words: str) -> UsageError:
    return UsageError(
        f"{words}: settings are written NAME=VALUE, as in bilateral:radius=20,space=15"
    )


def _number(words: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise UsageError(f"{words}: {value!r} is no number") from None
