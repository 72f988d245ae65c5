"""Tables of contents: the parts of a kind by their names, and sentences for names that are not."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from ..errors import UsageError

Part = TypeVar("Part")


class Table(dict[str, str], Generic[Part]):
    """The parts of a kind: name -> where the part stands, as in "burnish.degrade.noise:noise".

    A part's module is imported when the part is asked for, and not before.
    """

    def __init__(self, kind: str, entries: Mapping[str, str]) -> None:
        super().__init__(entries)
        #: what one of them is called in a sentence
        self.kind = kind

    def find(self, name: str) -> Part:
        """The part of that name. UsageError, with the choices, where there is none."""
        if name not in self:
            raise UsageError(no_such(self.kind, name, self))
        module, _, attribute = self[name].partition(":")
        part: Part = getattr(importlib.import_module(module), attribute)
        return part


def no_such(kind: str, name: str, choices: Iterable[str]) -> str:
    """The sentence on a name that is none of the choices."""
    return f"there is no {kind} {name!r}; {among(name, choices)}"


def among(name: str, choices: Iterable[Any], what: str = "the choices") -> str:
    """The choices in words, with a hint before them where one of them is like the name.

    For example `did you mean 'noise'? The choices: blur, noise`. what: what they are called.
    """
    known = [str(choice) for choice in choices]
    near = hint(name, known)
    opening = what[0].upper() + what[1:] if near else what
    return f"{near}{opening}: {', '.join(known) or 'none'}"


def hint(name: str, choices: Iterable[str]) -> str:
    """A question such as `did you mean 'noise'? `; empty where no choice is like the name."""
    near = difflib.get_close_matches(name, list(choices), 1)
    return f"did you mean {near[0]!r}? " if near else ""
