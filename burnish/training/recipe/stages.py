"""Stages: a recipe of several becomes one recipe for each.

What the stage says is merged over the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import RecipeError
from ..parts.strict import plain, read
from .recipe import LENGTHS, Recipe, StageKeys

#: what a stage may change key by key
PARTS = ("arch", "data", "loss", "optimizer", "schedule", "validation")


def count(recipe: Recipe) -> int:
    """How many stages a run has; a recipe that names none is one."""
    return max(1, len(recipe.stages))


def stage_recipe(recipe: Recipe, number: int) -> Recipe:
    """The recipe of one stage, from 0: what the run would be if it were that stage alone.

    Its seed is the recipe's plus its number. A mapping is merged over the recipe's key by key, but
    `args` of another `use`, and lists, take the place of what was there. RecipeError where the
    result is no recipe.
    """
    if not recipe.stages:
        return recipe
    stage = recipe.stages[number]
    first = number == 0
    record = plain(recipe)
    record = merged(record, {part: getattr(stage, part) for part in PARTS})
    record["schedule"] = _schedule(record["schedule"], recipe, stage)
    if stage.degradations is not None:
        record["degradations"] = [plain(part) for part in stage.degradations]
    record["stages"] = []
    record["seed"] = recipe.seed + number
    record["start"] = stage.start or (recipe.start if first else None)
    record["reinit"] = stage.reinit or (recipe.reinit if first else ())
    record["prune"] = plain(stage.prune or (recipe.prune if first else None))
    record["freeze"] = recipe.freeze if stage.freeze is None else stage.freeze
    result: Recipe = read(Recipe, record, "")
    return result


def check_names(stages: Sequence[StageKeys]) -> None:
    """RecipeError where two stages have one name."""
    names = [stage.name for stage in stages]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise RecipeError(
                f"stages.{number}.name: {name} is the name of stages.{names.index(name)} already"
            )


def with_place(error: RecipeError, number: int) -> RecipeError:
    """The same error, which says in which stage it is."""
    return RecipeError(f"stages.{number}.{error}")


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below` with the keys of `above` in place of its own, mapping by mapping."""
    result = dict(below)
    # `use` names a part, `shape` the form of a schedule: with another one, its arguments are
    # others.
    other = any(kind in above and above[kind] != below.get(kind) for kind in ("use", "shape"))
    for name, value in above.items():
        under = result.get(name)
        if name == "args" and other:
            result[name] = plain(value)
        elif isinstance(value, Mapping) and isinstance(under, Mapping):
            result[name] = merged(under, value)
        else:
            result[name] = plain(value)
    if other and "args" not in above:
        result["args"] = {}
    return result


def _schedule(record: dict[str, Any], recipe: Recipe, stage: StageKeys) -> dict[str, Any]:
    """The schedule with the one length that the stage gives in place of the recipe's.

    A stage gives it by itself or in its schedule.
    """
    beside = {name: getattr(stage, name) for name in LENGTHS}
    inside = {name: stage.schedule.get(name) for name in LENGTHS}
    own = _given(beside) or _given(inside) or recipe.schedule.lengths
    return {**record, **dict.fromkeys(LENGTHS), **own}


def _given(lengths: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in lengths.items() if value is not None}
