"""Keys of recipes that have another name now: the old one is still read, and a note says so."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from ...errors import RecipeError
from ...ground.remarks import Say

#: what a key of the recipe, and of its stages, was called -> what it is called now
RENAMED = {"renew": "reinit"}


def with_new_names(record: Any, say: Say) -> Any:
    """The record of a recipe's file, with each key by its name of today.

    `say` gets a sentence for each key that has another name. RecipeError where a key stands under
    both.
    """
    record = _with_new_names(record, "", say)
    if isinstance(record, dict) and isinstance(record.get("stages"), list):
        stages = enumerate(record["stages"])
        record["stages"] = [_with_new_names(stage, f"stages.{i}.", say) for i, stage in stages]
    return record


def _with_new_names(record: Any, inside: str, say: Say) -> Any:
    if not isinstance(record, Mapping):
        return record
    for old, new in RENAMED.items():
        if old in record and new in record:
            raise RecipeError(f"{inside}{old}: is called {new} now, which stands there as well")
        if old in record:
            say(f"{inside}{old}: is called {new} now; the old name is still read")
    return {RENAMED.get(name, name): value for name, value in record.items()}


def new_place(place: str) -> str:
    """The dotted name of a key, by its name of today."""
    outer, dot, last = place.rpartition(".")
    if outer and not fnmatchcase(outer, "stages.*"):
        return place
    return f"{outer}{dot}{RENAMED.get(last, last)}"
