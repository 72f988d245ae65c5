"""Recipes in files: YAML read strictly, with changes from the command line applied.

Here is the JSON schema that editors use, too.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import yaml

from ...errors import BurnishError, RecipeError
from ...ground.grammar import assigned
from ...ground.remarks import Say, silent
from ..parts.strict import read, schema_of
from .recipe import Recipe
from .renamed import with_new_names
from .resolve import resolve


def load(path: Path, changes: Sequence[str] = (), say: Say = silent) -> Recipe:
    """The recipe in a YAML file, with `key.sub=value` changes applied.

    `say` gets a sentence for each key that is called otherwise now. RecipeError names the file, the
    place and what is allowed.
    """
    record = load_yaml(path)
    try:
        for place, value in map(_parsed, changes):
            change(record, place, value)
        return from_record(record, lambda note: say(f"{path}: {note}"))
    except BurnishError as error:
        raise RecipeError(f"{path}: {error}") from error


def load_yaml(path: Path) -> Any:
    """Reads a YAML file into plain values. RecipeError where it is none."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except yaml.YAMLError as error:
        raise RecipeError(
            f"{path}: not YAML that can be read: {' '.join(str(error).split())}"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error


def from_record(record: Any, say: Say = silent) -> Recipe:
    """The recipe that a mapping describes, checked.

    `say` gets a sentence for each key that is called otherwise now. RecipeError names the place and
    what is allowed.
    """
    recipe: Recipe = read(Recipe, with_new_names(record, say), "")
    resolve(recipe)
    return recipe


def schema() -> dict[str, Any]:
    """The JSON schema of recipes, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Burnish recipe",
        **schema_of(Recipe),
    }


def change(record: Any, place: str, value: Any) -> None:
    """Sets what stands at `key.sub`, in place; a number in the key counts in a list.

    RecipeError where there is no such place.
    """
    *outer, last = place.split(".")
    for name in outer:
        record = _child(record, name, place)
    if isinstance(record, list):
        record[_index(record, last, place)] = value
    elif isinstance(record, dict):
        record[last] = value
    else:
        raise RecipeError(f"{place}: there is nothing to change at this place")


def _parsed(word: str) -> tuple[str, Any]:
    """`key.sub=value` as a place and a value."""
    place, text = assigned(
        word, RecipeError(f"{word}: a change is written KEY=VALUE, such as optimizer.args.lr=5e-4")
    )
    try:
        return place, yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise RecipeError(f"not YAML that can be read: {' '.join(str(error).split())}") from error


def _child(record: Any, name: str, place: str) -> Any:
    if isinstance(record, list):
        return record[_index(record, name, place)]
    if not isinstance(record, dict):
        raise RecipeError(f"{place}: there is nothing below {name}")
    if record.get(name) is None:
        record[name] = {}
    elif isinstance(record[name], str):
        record[name] = {"use": record[name]}
    return record[name]


def _index(record: list[Any], name: str, place: str) -> int:
    if not name.isdigit() or int(name) >= len(record):
        raise RecipeError(
            f"{place}: {name!r} is no place in a list of {len(record)}; they are counted from 0"
        )
    return int(name)


class _Loader(yaml.SafeLoader):
    """Safe YAML in which 1e-3 is a number, and a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(name, deep=True) for name, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} stands twice", node.start_mark
                )
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][-+]?\d+)$"),
    list("-+0123456789."),
)
