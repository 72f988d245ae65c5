"""Choice: the models that a picture goes through, and why; of several pictures, in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .estimate import Kind

#: what is said besides of a picture of each kind
ASIDES: dict[Kind, str] = {
    "photograph": "",
    "page": "a page, whose stains and shadows -m document takes off",
    "drawing": "a drawing",
}
#: and of several, or of some among several
ASIDES_OF_SEVERAL: dict[Kind, str] = {
    "photograph": "",
    "page": "pages of print, whose stains and shadows -m document takes off",
    "drawing": "drawings",
}


@dataclass(frozen=True)
class Choice:
    """What is done with a picture."""

    #: the models that it goes through, in order; none where it is left as it is
    models: tuple[str, ...] = ()
    #: why, in words; "" where nobody chose
    why: str = ""
    #: what the picture is; a photograph is said nothing of
    kind: Kind = "photograph"

    @property
    def sentence(self) -> str:
        """Why, and what else is to be said of such a picture."""
        return "; ".join(filter(None, (self.why, ASIDES[self.kind])))

    @property
    def words(self) -> str:
        """What is done, and why; "" where nobody chose."""
        return f"{_way(self.models, 1)}: {self.sentence}" if self.why else ""


def in_words(choices: Sequence[Choice]) -> str:
    """What is done with the pictures of a file, in one sentence; "" where nobody chose."""
    if len(choices) == 1:
        return choices[0].words
    ways = Counter((choice.models, choice.why) for choice in choices)
    if not all(why for _, why in ways):
        return ""
    if len(ways) == 1:
        (models, why), *_ = ways
        parts = [f"{_way(models, len(choices))}: {why}"]
    else:
        some = (f"{n} {_by(models, n)} ({why})" for (models, why), n in ways.items())
        parts = [", ".join(some)]
    asides = (_aside(kind, choices) for kind in ASIDES_OF_SEVERAL)
    return "; ".join(filter(None, (*parts, *asides)))


def _way(models: Sequence[str], count: int) -> str:
    """The models one after the other; or that so many pictures are left alone."""
    return ", then ".join(models) or f"left as {'it is' if count == 1 else 'they are'}"


def _by(models: Sequence[str], count: int) -> str:
    """The same within a sentence."""
    return f"by {' and '.join(models)}" if models else _way(models, count)


def _aside(kind: Kind, choices: Sequence[Choice]) -> str:
    """What is to be said of the pictures of a kind; "" for none."""
    count = sum(choice.kind == kind for choice in choices)
    if not count or not ASIDES_OF_SEVERAL[kind]:
        return ""
    return f"{'' if count == len(choices) else f'{count} of them '}{ASIDES_OF_SEVERAL[kind]}"
