"""What a resumed run must share with the one that it goes on from: the recipe, but for where and
how it runs and is looked at.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

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
    """What a resumed run must share with the one that it goes on from: all but FREE, as plain
    values by their dotted names.
    """
    flat: dict[str, Any] = {}

    def flatten(value: Any, place: str) -> None:
        if any(fnmatchcase(place, free) or fnmatchcase(place, f"stages.*.{free}") for free in FREE):
            return
        inside = (
            dict(enumerate(value))
            if isinstance(value, list) and any(isinstance(inner, dict) for inner in value)
            else value
        )
        if isinstance(inside, dict) and inside:
            for name, inner in inside.items():
                flatten(inner, f"{place}.{name}" if place else name)
        else:
            flat[place] = value

    flatten(plain(recipe), "")
    return flat


def usual() -> dict[str, Any]:
    """What of `fixed` a recipe has that says no more than it must."""
    return fixed(Recipe("x", Spec("x"), Data()))
