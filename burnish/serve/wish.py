"""Wish: what somebody asks for over HTTP, in the words of the command line, and no others.

Words that the command line takes for paths (a model's file, a map) are refused here: no path that
comes over HTTP is ever opened.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..errors import DialError, ModelMissing, UsageError
from ..ground.grammar import assigned
from ..ground.tables import hint
from ..images import endings
from ..inference import zoo
from ..inference.classical import FILTERS, make
from ..inference.model import Model
from ..inference.several.chain import AND
from ..pipeline import AUTO, Asked, ask
from .strokes import Stroke, strokes_in

#: models that a picture may go through in turn
MOST_STEPS = 4
#: the words that say how a picture is to be restored
WORDS = ("model", "d", "strength", "format")


@dataclass(frozen=True)
class Wish:
    """How a picture is to be restored."""

    #: the name of a shipped model, of a filter, or "auto"; or several of these with + between them
    model: str = zoo.DEFAULT
    #: the setting of each dial by its name: a number in its unit, or "auto"
    dials: Mapping[str, float | str] = field(default_factory=dict)
    #: 0 (the picture as it is) to 1 (the full effect)
    strength: float = 1.0
    #: the ending of the result, such as ".png"; None is as the picture's
    ending: str | None = None
    #: what was painted over the picture: where the model is to work, and where not
    strokes: tuple[Stroke, ...] = ()

    @classmethod
    def parse(cls, words: Iterable[tuple[str, str]], body: bytes = b"") -> Wish:
        """The wish in the words of a query: model=photo, d=noise=17, strength=0.7, format=png.

        A `d` is given for each dial. body: strokes, as `strokes_in` takes them. UsageError for what
        is not known or has no sense, ModelMissing for a model that does not ship.
        """
        found = cls(strokes=strokes_in(body))
        for name, value in words:
            if name == "model":
                found = replace(found, model=_model(value))
            elif name == "d":
                dial, setting = _dial(value)
                found = replace(found, dials={**found.dials, dial: setting})
            elif name == "strength":
                found = replace(found, strength=_number(value, f"strength={value}"))
            elif name == "format":
                found = replace(found, ending=_ending(value))
            else:
                near = hint(name, WORDS)
                raise UsageError(f"{name}: no such word; {near}the words: {', '.join(WORDS)}")
        return found

    def asked(self, model: Model) -> Asked:
        """The wish held against the contract of its model, without what was painted. Raises as
        `ask` does.
        """
        return ask(model.contract, self.dials, self.strength)


def offered() -> list[str]:
    """The names of the models that may be wished for: what chooses, what ships, and the filters
    that want no library, or whose libraries are installed.
    """
    there = all(map(importlib.util.find_spec, ("cv2", "skimage")))
    filters = [name for name in FILTERS if there or not make(name).libraries]
    return [zoo.DEFAULT, *zoo.names(), *filters]


def _model(words: str) -> str:
    """The name of a model, or of several with + between them; in an address, + is a space."""
    names = words.replace(" ", AND).split(AND)
    for name in names:
        if name not in offered():
            raise ModelMissing(
                f"there is no model {name!r}; {hint(name, offered())}the choices: "
                f"{', '.join(offered())}, or several of them with + between them"
            )
    if len(names) > MOST_STEPS or len(set(names)) < len(names):
        raise UsageError(
            f"model={AND.join(names)}: over HTTP a chain has {MOST_STEPS} models at most, each once"
        )
    return AND.join(names)


def _dial(word: str) -> tuple[str, float | str]:
    wrong = UsageError(f"d={word}: a dial is set by d=NAME=VALUE, such as d=noise=25")
    name, value = assigned(word, wrong)
    if value == AUTO.value:
        return name, value
    try:
        return name, float(value)
    except ValueError:
        raise DialError(
            f"{name}={value}: over HTTP a dial is a number or auto; maps are for the command line"
        ) from None


def _number(text: str, said: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{said}: {text!r} is no number") from None


def _ending(word: str) -> str:
    ending = f".{word.lower().lstrip('.')}"
    if ending not in endings(written=True):
        names = ", ".join(each.lstrip(".") for each in endings(written=True))
        raise UsageError(f"format={word}: the formats are {names}")
    return ending
