"""Recipes in files: YAML read strictly, with changes from the command line applied; and the JSON schema that editors use."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..errors import BurnishError, RecipeError
from .recipe import Recipe
from .stages import check_all
from .strict import read, schema_of


def load(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """The recipe in a YAML file, with `key.sub=value` changes applied. RecipeError names the file, the place and what is allowed."""
    try:
        record = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        for change in changes:
            _apply(record, change)
        recipe: Recipe = read(Recipe, record, "")
        check_all(recipe)
    except yaml.YAMLError as error:
        raise RecipeError(f"{path}: not YAML that can be read: {' '.join(str(error).split())}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except BurnishError as error:
        raise RecipeError(f"{path}: {error}") from error
    return recipe


def schema() -> dict[str, Any]:
    """The JSON schema of recipes, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A Burnish recipe", **schema_of(Recipe)}


def _apply(record: Any, change: str) -> None:
    """One `key.sub=value` change, in place; a number in the key counts in a list."""
    place, sign, text = change.partition("=")
    if not sign or not place:
        raise RecipeError(f"{change}: a change is written KEY=VALUE, such as optimizer.args.lr=5e-4")
    *outer, last = place.split(".")
    for name in outer:
        record = _child(record, name, place)
    value = yaml.load(text, _Loader)
    if isinstance(record, list):
        record[_index(record, last, place)] = value
    elif isinstance(record, dict):
        record[last] = value
    else:
        raise RecipeError(f"{place}: there is nothing to change at this place")


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
        raise RecipeError(f"{place}: {name!r} is no place in a list of {len(record)}; they are counted from 0")
    return int(name)


class _Loader(yaml.SafeLoader):
    """Safe YAML in which 1e-3 is a number, and a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(name, deep=True) for name, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][-+]?\d+)$"),
    list("-+0123456789."),
)
