"""Stages: a recipe of several becomes one recipe for each, by laying over it what the stage
says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import RecipeError
from ..parts.strict import plain, read
from .recipe import LENGTHS, Recipe, Stage, check

#: what a stage may change key by key
PARTS = ("arch", "data", "loss", "optimizer", "schedule", "validation")


def count(recipe: Recipe) -> int:
    """How many stages a run has; a recipe that names none is one."""
    return max(1, len(recipe.stages))


def resolved(recipe: Recipe, number: int) -> Recipe:
    """The recipe of one stage, from 0: what the run would be if it were that stage alone.

    Its seed is the recipe's plus its number.

    A mapping is laid over the recipe's key by key, but `args` of another `use`, and lists, take the
    place of what was there. RecipeError names `stages.N` and the key.
    """
    if not recipe.stages:
        return recipe
    stage, record = recipe.stages[number], plain(recipe)
    record = laid(record, {part: getattr(stage, part) for part in PARTS})
    record["schedule"] = _schedule(record["schedule"], recipe, stage)
    if stage.degradations is not None:
        record["degradations"] = [plain(part) for part in stage.degradations]
    first = number == 0
    record.update(
        stages=[], seed=recipe.seed + number, start=stage.start or (recipe.start if first else None)
    )
    record.update(
        renew=stage.renew or (recipe.renew if first else ()),
        freeze=recipe.freeze if stage.freeze is None else stage.freeze,
    )
    try:
        result: Recipe = read(Recipe, record, "")
    except RecipeError as error:
        raise placed(error, recipe, number) from error
    return result


def check_all(recipe: Recipe) -> None:
    """`check` of every stage. RecipeError names it."""
    names = [stage.name for stage in recipe.stages]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise RecipeError(
                f"stages.{number}.name: {name} is the name of stages.{names.index(name)} already"
            )
    for number in range(count(recipe)):
        alone = resolved(recipe, number)
        try:
            check(alone)
        except RecipeError as error:
            raise placed(error, recipe, number) from error


def placed(error: RecipeError, recipe: Recipe, number: int) -> RecipeError:
    """The same error, which says in which stage it is."""
    return RecipeError(f"stages.{number}.{error}") if recipe.stages else error


def laid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, key by key."""
    result = dict(below)
    other = any(
        kind in above and above[kind] != below.get(kind) for kind in ("use", "shape")
    )  # of a part, and of a schedule
    for name, value in above.items():
        under = result.get(name)
        if name == "args" and other:
            result[name] = plain(value)
        elif isinstance(value, Mapping) and isinstance(under, Mapping):
            result[name] = laid(under, value)
        else:
            result[name] = plain(value)
    if other and "args" not in above:
        result["args"] = {}
    return result


def _schedule(record: dict[str, Any], recipe: Recipe, stage: Stage) -> dict[str, Any]:
    """With the one length that the stage gives, by itself or in its schedule, in place of the
    recipe's.
    """
    own = {name: value for name in LENGTHS if (value := getattr(stage, name)) is not None}
    own = own or {
        name: stage.schedule[name] for name in LENGTHS if stage.schedule.get(name) is not None
    }
    return {**record, **{name: None for name in LENGTHS}, **(own or recipe.schedule.lengths)}
