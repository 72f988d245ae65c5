"""A recipe's degradations and dials, and whether all of that fits.

They are what spoils the pictures, in training and in validation, and what the network is told of
it. Each function takes the recipe of one stage. RecipeError says the place in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ...contract import Dial
from ...degrade import DEGRADATIONS, Degradation
from ...errors import DialError, RecipeError
from ..data import Damaging, Measuring, Weigh
from ..losses import level_weight
from ..parts.build import Spec, build
from .data import Damage
from .recipe import Recipe
from .stage import Validation


def damage_of(recipe: Recipe) -> tuple[Damaging, ...]:
    """The degradations of the clean pictures in training, each with the range to train on."""
    told = told_of(recipe)
    made = _built(recipe.degradations)
    found = []
    for i, (part, degradation) in enumerate(zip(recipe.degradations, made, strict=True)):
        trained = replace(degradation, dial=_trained(part, degradation, f"degradations.{i}.train"))
        name = trained.dial.name
        found.append(
            Damaging(trained, part.share, name in told, part.misread, part.unless, part.shares)
        )
    return tuple(found)


def measured_of(recipe: Recipe, damage: Sequence[Damaging]) -> tuple[Measuring, ...]:
    """The dials whose levels are measured on each crop."""
    names = [part.name for part in damage]
    dials = {dial.name: dial for dial in recipe.dials}
    found = []
    for i, part in enumerate(recipe.measured):
        _check_measured(part.name, part.of, names, list(dials), f"measured.{i}")
        places = [names.index(name) for name in part.of]
        found.append(Measuring(dials[part.name], min(places), max(places), part.misread))
    return tuple(found)


def validation_of(recipe: Recipe) -> Validation:
    """The measurements on the way: how pictures are spoiled, and every combination of the levels.

    A dial of which no levels are named stands at its default.
    """
    keys = recipe.validation
    damage = _validation_damage(recipe)
    dials = [degradation.dial for degradation in damage]
    levels = [keys.levels.get(dial.name, (dial.default,)) for dial in dials]
    names = [dial.name for dial in dials]
    settings = [dict(zip(names, point, strict=True)) for point in itertools.product(*levels)]
    return Validation(
        every=keys.every,
        crop=keys.crop,
        folders=keys.folders,
        clip=keys.clip,
        damage=tuple(damage),
        settings=tuple(settings),
    )


def weigh_of(recipe: Recipe, owned: Sequence[str]) -> Weigh | None:
    """The weight of a picture by its level; None where it does not count in the loss.

    `owned` are the dials of the degradations. RecipeError where there is none.
    """
    keys = recipe.loss.level_weight
    if keys is None:
        return None
    names = told_of(recipe) or owned
    if not keys.dial and not names:
        raise RecipeError("loss.level_weight: there is no dial whose level could count")
    weight = partial(level_weight, reference=keys.reference, offset=keys.offset, power=keys.power)
    return Weigh(keys.dial or names[0], weight)


def told_of(recipe: Recipe) -> list[str]:
    """The names of the dials that the network is told; the others are hidden from it."""
    return [dial.name for dial in recipe.dials]


def check_damage(recipe: Recipe, damage: Sequence[Damaging]) -> None:
    """RecipeError where a degradation cannot happen as the recipe says."""
    names = [part.name for part in damage]
    if recipe.data.clean and not names:
        raise RecipeError(
            "degradations: there are none; name at least one that spoils the clean pictures"
        )
    for i, part in enumerate(damage):
        if part.unless is not None and part.unless not in names[:i]:
            raise RecipeError(
                f"degradations.{i}.unless: no earlier degradation has a dial {part.unless!r}; "
                f"there is {', '.join(names[:i]) or 'none'}"
            )
    for i, part in enumerate(damage):
        if part.always:
            continue
        if part.degradation.scale > 1:
            raise RecipeError(
                f"degradations.{i}.share: {recipe.degradations[i].use} makes the picture smaller, "
                "so all pictures of a batch want it; its share is 1"
            )
        if part.degradation.neutral is None and part.told:
            raise RecipeError(
                f"degradations.{i}.share: {part.name} has no level at which nothing "
                "happens, so the network cannot be told that it did not; "
                "leave it out of `dials`, or give it a share of 1"
            )


def check_told(recipe: Recipe, owned: Sequence[str]) -> None:
    """RecipeError where the dials that the network is told, or those of pairs, do not exist.

    `owned` are the dials of the degradations, and those that are measured.
    """
    told = told_of(recipe)
    left = iter(owned)
    if recipe.data.clean and not all(name in left for name in told):
        raise RecipeError(
            f"dials: they are {', '.join(told)}, but those of the degradations are "
            f"{', '.join(owned)}; the dials must be among these, in the same order"
        )
    for i, pairs in enumerate(recipe.data.pairs):
        place = f"data.pairs.{i}.level"
        for dial in recipe.dials:
            if dial.name not in pairs.level:
                raise RecipeError(
                    f"{place}: does not say {dial.name}, which the network is told; give it as "
                    f"in {{{dial.name}: {dial.default:g}}}"
                )
            _check_level(f"{place}.{dial.name}", dial, pairs.level[dial.name])
        for name in pairs.level:
            if name not in owned and name not in told:
                raise RecipeError(
                    f"{place}.{name}: there is no dial {name!r}; there is "
                    f"{', '.join(dict.fromkeys([*told, *owned])) or 'none'}"
                )


def check_validation(
    recipe: Recipe, validation: Validation, weigh: Weigh | None, owned: Sequence[str]
) -> None:
    """RecipeError where validation or the loss's weight wants a dial or level that is not there.

    `owned` is as for `check_told`.
    """
    told = told_of(recipe)
    spoiled = [degradation.dial.name for degradation in validation.damage]
    lacking = [name for name in told if name not in spoiled]
    if recipe.data.clean and lacking:
        raise RecipeError(
            f"validation.degradations: the network is told {', '.join(lacking)}, and none of "
            f"them has that dial; they have {', '.join(spoiled)}"
        )
    known = list(dict.fromkeys([*owned, *told, *spoiled]))
    asked = {f"validation.levels.{name}": name for name in recipe.validation.levels}
    if weigh is not None:
        asked = {"loss.level_weight.dial": weigh.dial, **asked}
    for place, name in asked.items():
        if name not in known:
            raise RecipeError(
                f"{place}: no degradation has a dial {name!r}; there is "
                f"{', '.join(known) or 'none'}"
            )
    for dial in recipe.dials:
        for value in recipe.validation.levels.get(dial.name, ()):
            _check_level(f"validation.levels.{dial.name}", dial, value)


def _validation_damage(recipe: Recipe) -> list[Degradation]:
    specs = recipe.validation.degradations
    if not specs:
        return _built(recipe.degradations)
    made: list[Degradation] = [
        build(spec, DEGRADATIONS, trusted=True, place=f"validation.degradations.{i}")
        for i, spec in enumerate(specs)
    ]
    _want_once(
        "validation.degradations",
        [degradation.dial.name for degradation in made],
        "leave validation.degradations empty, to have those of the training",
    )
    return made


def _built(parts: Sequence[Damage]) -> list[Degradation]:
    """The degradations, with the names that the recipe gives their dials."""
    made: list[Degradation] = []
    for i, part in enumerate(parts):
        spec = Spec(part.use, part.args)
        one: Degradation = build(spec, DEGRADATIONS, trusted=True, place=f"degradations.{i}")
        made.append(replace(one, dial=replace(one.dial, name=part.name)) if part.name else one)
    _want_once(
        "degradations",
        [degradation.dial.name for degradation in made],
        "give one of them another `name`",
    )
    return made


def _trained(part: Damage, made: Degradation, place: str) -> Dial:
    """The dial over the range to train on."""
    dial = made.dial
    low, high = part.train or (dial.low, dial.high)
    if not low < high:
        raise RecipeError(f"{place}: from {low:g} to {high:g} is no range")
    if not (made.possible(low) and made.possible(high)):
        raise RecipeError(
            f"{place}: from {low:g} to {high:g} is more than there is: "
            f"{dial.name} goes from {dial.low:g} to {dial.high:g}"
        )
    default = min(max(dial.default, low), high)
    return Dial(dial.name, low, high, default, dial.unit)


def _check_measured(
    name: str, of: Sequence[str], owned: Sequence[str], told: Sequence[str], place: str
) -> None:
    for other in of:
        if other not in owned:
            raise RecipeError(
                f"{place}.of: no degradation has a dial {other!r}; there is "
                f"{', '.join(owned) or 'none'}"
            )
    if not of:
        raise RecipeError(f"{place}.of: name the dial of one degradation or more")
    if name in owned or name not in told:
        raise RecipeError(
            f"{place}.name: {name!r} must be one of `dials`, and no "
            "degradation's own; give that degradation another `name`"
        )


def _want_once(place: str, names: Sequence[str], advice: str) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise RecipeError(
                f"{place}.{i}: its dial is called {name}, as that of "
                f"{place}.{names.index(name)}; {advice}"
            )


def _check_level(place: str, dial: Dial, value: float) -> None:
    try:
        dial.check(value)
    except DialError as error:
        raise RecipeError(f"{place}: {error}") from error
