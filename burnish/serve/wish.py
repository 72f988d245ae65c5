"""Wish: what somebody asks for over HTTP, in the words of the command line, and no others.

Words that the command line takes for paths (a model's file, a map) are refused here: no path that
comes over HTTP is ever opened. Maps come as files of a form.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from ..errors import DialError, ModelMissing, UsageError
from ..ground.grammar import assigned
from ..ground.tables import hint
from ..images import endings
from ..inference import zoo
from ..inference.classical import FILTERS, make
from ..inference.classical.painting import NAME as STYLE
from ..inference.classical.painting import after
from ..inference.masked import Masked
from ..inference.model import Model
from ..inference.several.chain import AND
from ..inference.several.raw import NAME as RAW
from ..pipeline import AUTO, Asked, MapFile, Size, ask, size_of
from .strokes import Stroke, strokes_in

#: what maps are of that are of no dial: how strongly, and where a model works
STRENGTH, MASK = "strength", "mask"
#: models that a picture may go through in turn
MOST_STEPS = 4
#: the words that say how a picture is to be restored
WORDS = ("model", "d", "strength", "style", "to", "format")
#: paintings that a picture is painted after at a time
MOST_PAINTINGS = 4


@dataclass(frozen=True)
class Wish:
    """How a picture is to be restored."""

    #: the name of a shipped model, of a filter, or "auto"; or several of these with + between them
    model: str = zoo.DEFAULT
    #: the setting of each dial by its name: a number in its unit, or "auto"
    dials: Mapping[str, float | str] = field(default_factory=dict)
    #: what the black and the white of a dial's map stand for, where somebody says it
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    #: 0 (the picture as it is) to 1 (the full effect)
    strength: float = 1.0
    #: how large the result is; None is as the model gives it
    size: Size | None = None
    #: the ending of the result, such as ".png"; None is as the picture's
    ending: str | None = None
    #: what was painted over the picture: where the model is to work, and where not
    strokes: tuple[Stroke, ...] = ()
    #: what it is painted after: the names of paintings, as the desk knows them, and their weights
    paintings: tuple[tuple[str, float], ...] = ()
    #: files of maps: of a dial by its name, of the strength as STRENGTH, of a mask as MASK
    maps: Mapping[str, Path] = field(default_factory=dict)

    @classmethod
    def parse(cls, words: Iterable[tuple[str, str]], body: bytes = b"") -> Wish:
        """The wish in the words of a query: model=photo, d=noise=17, strength=0.7, to=3000x,
        format=png.

        A `d` is given for each dial, as d=noise=10..40 where a map of it came, and a `style` for
        each painting, as style=ID or style=ID:0.7. body: strokes, as `strokes_in` takes them.
        UsageError for what is not known or has no sense, ModelMissing for a model that does not
        ship.
        """
        found = cls(strokes=strokes_in(body))
        for name, value in words:
            if name == "model":
                found = replace(found, model=_model(value))
            elif name == "d":
                dial, setting = _dial(value)
                if isinstance(setting, tuple):
                    found = replace(found, ranges={**found.ranges, dial: setting})
                else:
                    found = replace(found, dials={**found.dials, dial: setting})
            elif name == "strength":
                found = replace(found, strength=_number(value, f"strength={value}"))
            elif name == "style":
                found = replace(found, paintings=(*found.paintings, _painting(value)))
            elif name == "to":
                found = replace(found, size=size_of(value))
            elif name == "format":
                found = replace(found, ending=_ending(value))
            else:
                near = hint(name, WORDS)
                raise UsageError(f"{name}: no such word; {near}the words: {', '.join(WORDS)}")
        found._check_paintings()
        return found

    def after(self, files: Mapping[str, Path]) -> Wish:
        """The same, with the files of its paintings in the name of its model.

        UsageError where there are none and one is wanted; what the filter's words raise.
        """
        if not self.paintings:
            if STYLE in self.model.split(AND):
                raise UsageError(
                    f"{STYLE}: after which painting? Send one like any picture, and say style=ID"
                )
            return self
        paintings = [f"{files[name]}:{weight:g}" for name, weight in self.paintings]
        return replace(self, model=AND.join(after(self.model.split(AND), paintings)), paintings=())

    def _check_paintings(self) -> None:
        """UsageError for paintings that nothing is painted after, and for too many."""
        if self.paintings and STYLE not in self.model.split(AND):
            raise UsageError(f"style: is for model={STYLE}, and {self.model} does not paint")
        if len(self.paintings) > MOST_PAINTINGS:
            raise UsageError(f"style: {MOST_PAINTINGS} paintings are the most")

    def asked(self, model: Model) -> Asked:
        """The wish held against the contract of its model, without what was painted.

        Raises as `ask` does, and UsageError for maps that go with nothing.
        """
        maps = dict(self.maps)
        mask, strength = (maps.pop(name, None) for name in (MASK, STRENGTH))
        if lonely := next((name for name in self.ranges if name not in maps), None):
            raise DialError(f"{lonely}: a range is of a map; send one as a file of that name, too")
        if twice := next((name for name in maps if name in self.dials), None):
            raise DialError(f"{twice}: a map of it was sent, so that its setting is a range")
        if mask is not None and not isinstance(model, Masked):
            raise UsageError(f"{MASK}: goes with a model that works where a mask says")
        if self.strokes and (mask or strength):
            raise UsageError(f"{MASK}, {STRENGTH}: go without what was painted, which is one, too")
        dials = {name: self._map(model, name, path) for name, path in maps.items()}
        share = MapFile(strength, 0.0, self.strength, STRENGTH) if strength else self.strength
        asked = ask(model.contract, {**self.dials, **dials}, share)
        return replace(asked, mask=MapFile(mask, 0.0, 1.0, MASK)) if mask else asked

    def check(self) -> None:
        """Raises what restoring by it would raise for whatever picture."""
        self.asked(_known(self.model))

    def _map(self, model: Model, name: str, path: Path) -> MapFile:
        """The map of a dial, whose black and white are the ends of the dial's if nobody says
        others.
        """
        dial = model.contract.dial(name)
        black, white = self.ranges.get(name, (dial.low, dial.high))
        return MapFile(path, dial.check(black), dial.check(white), f"{name} map")


def offered() -> list[str]:
    """The names of the models that may be wished for: what chooses, what ships, and the filters
    that want no library, or whose libraries are installed. What paints is among them.
    """
    there = all(map(importlib.util.find_spec, ("cv2", "skimage")))
    filters = [name for name in FILTERS if there or not make(name).libraries]
    shown = [name for name in zoo.names() if name != RAW]  # of raw files, auto takes it
    return [zoo.DEFAULT, *shown, STYLE, *filters]


@lru_cache(maxsize=64)
def _known(name: str) -> Model:
    """The model of a name, not open."""
    return zoo.load(name)


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


def _dial(word: str) -> tuple[str, float | str | tuple[float, float]]:
    wrong = UsageError(f"d={word}: a dial is set by d=NAME=VALUE, such as d=noise=25")
    name, value = assigned(word, wrong)
    if value == AUTO.value:
        return name, value
    try:
        ends = [float(end) for end in value.split("..")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2):
        raise DialError(
            f"{name}={value}: over HTTP a dial is a number, auto, or the range of a map that is "
            "sent, such as 10..40"
        )
    return name, ends[0] if len(ends) == 1 else (ends[0], ends[1])


def _painting(word: str) -> tuple[str, float]:
    """The name of a painting, and its weight."""
    name, sign, said = word.partition(":")
    weight = _number(said, f"style={word}") if sign else 1.0
    if not 0 < weight < float("inf"):
        raise UsageError(f"style={word}: a weight is a number above 0, as in style=ID:0.7")
    return name, weight


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
