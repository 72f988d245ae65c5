"""The part of a recipe that a resumed run must share with the one that it goes on from.

That is all but where and how it runs and is looked at.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..parts.build import Spec
from ..parts.strict import plain
from .data import Data
from .recipe import Recipe

#: what may change between two slices of one run, in the recipe and in its stages: where and how it
#: runs and is looked at, not what is learned. The pictures are compared, not where they lie
FREE = (
    *("out", "device", "compile", "threads", "save_every", "validation", "card"),
    *(
        "data.workers",
        "data.folders",
        "data.pack",
        "data.groups",
        "data.pairs.*.folder",
        "data.pairs.*.spoiled",
        "data.pairs.*.clean",
    ),
)


def fixed(recipe: Recipe) -> dict[str, Any]:
    """All of a recipe but FREE, as plain values by their dotted names.

    A resumed run must share it with the one that it goes on from.
    """
    flat: dict[str, Any] = {}

    def flatten(value: Any, place: str) -> None:
        if any(fnmatchcase(place, free) or fnmatchcase(place, f"stages.*.{free}") for free in FREE):
            return
        # A list of mappings is told by number; a list of plain values is one value.
        inside = value
        if isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
            inside = dict(enumerate(value))
        if isinstance(inside, dict) and inside:
            for name, inner in inside.items():
                flatten(inner, f"{place}.{name}" if place else name)
        else:
            flat[place] = value

    flatten(plain(recipe), "")
    return flat


def as_begun(stored: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a run began with, with the keys that a later version of Burnish added.

    They stood at their defaults then. `stored` is what `fixed` gave at that time, `now` what it
    gives today. A key was added where others stood beside it, or where a recipe that says no more
    than it must has it.
    """
    least = fixed(Recipe("x", Spec("x"), Data()))
    beside = {name.rpartition(".")[0] for name in stored}
    added = {
        name: least[name] if name in least else _default(name)
        for name in now
        if name not in stored and (name in least or name.rpartition(".")[0] in beside)
    }
    return {**added, **stored}


def _default(place: str) -> Any:
    """The default of a key, by its dotted name; None where it has none."""
    kind: Any = Recipe
    default: Any = None
    for name in place.split("."):
        while get_origin(kind) in (Union, types.UnionType, tuple):
            kind = get_args(kind)[0]
        if name.isdigit():
            continue
        fields = {f.name: f for f in dataclasses.fields(kind)} if _is_dataclass(kind) else {}
        if name not in fields:
            return None
        default = fields[name].default
        kind = get_type_hints(kind)[name]
    return None if default is dataclasses.MISSING else plain(default)


def _is_dataclass(kind: Any) -> bool:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)
