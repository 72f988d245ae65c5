"""A recipe's degradations and dials: which dials there are, which of them the network is told, and
whether data, network and validation fit them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...contract import Contract, Dial
from ...degrade import DEGRADATIONS, Degradation
from ...errors import DialError, RecipeError
from ..parts.build import Spec, build

if TYPE_CHECKING:
    from .recipe import Recipe


def damages(recipe: Recipe) -> list[Degradation]:
    """The degradations to train with, each with the dial that the training draws from.
    RecipeError.
    """
    result = []
    for i, (part, made) in enumerate(zip(recipe.degradations, _made(recipe), strict=True)):
        low, high = part.train or (made.dial.low, made.dial.high)
        if not low < high:
            raise RecipeError(f"degradations.{i}.train: from {low:g} to {high:g} is no range")
        if not (made.possible(low) and made.possible(high)):
            raise RecipeError(
                f"degradations.{i}.train: from {low:g} to {high:g} is more than there is: "
                f"{made.dial.name} goes from {made.dial.low:g} to {made.dial.high:g}"
            )
        default = min(max(made.dial.default, low), high)
        result.append(replace(made, dial=Dial(made.dial.name, low, high, default, made.dial.unit)))
    return result


def measured_damages(recipe: Recipe) -> list[Degradation]:
    """The degradations that validation spoils with. RecipeError."""
    specs = recipe.validation.degradations
    if not specs:
        return _made(recipe)
    made = [
        build(spec, DEGRADATIONS, trusted=True, place=f"validation.degradations.{i}")
        for i, spec in enumerate(specs)
    ]
    _want_once(
        "validation.degradations",
        [degradation.dial.name for degradation in made],
        "leave validation.degradations empty, to have those of the training",
    )
    return made


def told(recipe: Recipe) -> list[str]:
    """The names of the dials that the network is told; the others are hidden from it."""
    return [dial.name for dial in recipe.dials]


def weighing_dial(recipe: Recipe) -> str:
    """The dial whose level weighs the loss: the one that is named, or the first.

    RecipeError where there is none.
    """
    weight = recipe.loss.level_weight
    if weight is not None and weight.dial:
        return weight.dial
    names = told(recipe) or [degradation.dial.name for degradation in _made(recipe)]
    if not names:
        raise RecipeError("loss.level_weight: there is no dial whose level could count")
    return names[0]


def check_dials(recipe: Recipe) -> None:
    """RecipeError where the dials of degradations, pairs, network, loss and validation do not fit
    each other.
    """
    trained, dials = damages(recipe), told(recipe)
    names = [degradation.dial.name for degradation in trained]
    if recipe.data.clean and not names:
        raise RecipeError(
            "degradations: there are none; name at least one that spoils the clean pictures"
        )
    _check_shared(recipe, names)
    names += [measured.name for measured in recipe.measured]
    left = iter(names)
    if recipe.data.clean and not all(name in left for name in dials):
        owned = ", ".join(names)
        raise RecipeError(
            f"dials: they are {', '.join(dials)}, but those of the degradations are {owned}; "
            "the dials must be among these, in the same order"
        )
    for i, (part, degradation) in enumerate(zip(recipe.degradations, trained, strict=True)):
        if part.share < 1 and degradation.scale > 1:
            raise RecipeError(
                f"degradations.{i}.share: {part.use} makes the picture smaller, so all pictures "
                "of a batch want it; its share is 1"
            )
        if part.share < 1 and degradation.neutral is None and degradation.dial.name in dials:
            raise RecipeError(
                f"degradations.{i}.share: {degradation.dial.name} has no level at which nothing "
                "happens, so the network cannot be told that it did not; "
                "leave it out of `dials`, or give it a share of 1"
            )
    _check_pairs(recipe, names)
    _check_measured(recipe, names)


def _check_shared(recipe: Recipe, names: Sequence[str]) -> None:
    """RecipeError where `unless` or `measured` names what is not there, or too late."""
    for i, part in enumerate(recipe.degradations):
        if part.unless is not None and part.unless not in names[:i]:
            raise RecipeError(
                f"degradations.{i}.unless: no earlier degradation has a dial {part.unless!r}; "
                f"there is {', '.join(names[:i]) or 'none'}"
            )
    for i, measured in enumerate(recipe.measured):
        for name in measured.of:
            if name not in names:
                raise RecipeError(
                    f"measured.{i}.of: no degradation has a dial {name!r}; there is "
                    f"{', '.join(names) or 'none'}"
                )
        if not measured.of:
            raise RecipeError(f"measured.{i}.of: name the dial of one degradation or more")
        if measured.name in names or measured.name not in told(recipe):
            raise RecipeError(
                f"measured.{i}.name: {measured.name!r} must be one of `dials`, and no "
                "degradation's own; give that degradation another `name`"
            )


def _check_pairs(recipe: Recipe, names: Sequence[str]) -> None:
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
            if name not in names and name not in told(recipe):
                raise RecipeError(
                    f"{place}.{name}: there is no dial {name!r}; there is "
                    f"{', '.join(dict.fromkeys([*told(recipe), *names])) or 'none'}"
                )


def _check_measured(recipe: Recipe, names: Sequence[str]) -> None:
    measured = [degradation.dial.name for degradation in measured_damages(recipe)]
    lacking = [name for name in told(recipe) if name not in measured]
    if recipe.data.clean and lacking:
        raise RecipeError(
            f"validation.degradations: the network is told {', '.join(lacking)}, and none of "
            f"them has that dial; they have {', '.join(measured)}"
        )
    known = list(dict.fromkeys([*names, *told(recipe), *measured]))
    used = {"loss.level_weight.dial": weighing_dial(recipe)} if recipe.loss.level_weight else {}
    for place, name in {
        **used,
        **{f"validation.levels.{name}": name for name in recipe.validation.levels},
    }.items():
        if name not in known:
            raise RecipeError(
                f"{place}: no degradation has a dial {name!r}; there is "
                f"{', '.join(known) or 'none'}"
            )
    for dial in recipe.dials:
        for value in recipe.validation.levels.get(dial.name, ()):
            _check_level(f"validation.levels.{dial.name}", dial, value)


def check_contract(recipe: Recipe, contract: Contract) -> None:
    """RecipeError where channels, scale or multiple of the network do not fit the data."""
    for channels, what in ((contract.channels_in, "takes"), (contract.channels_out, "gives")):
        if channels not in ((4,) if recipe.data.raw else (1, 3)):
            have = (
                "raw planes (data.raw) are 4"
                if recipe.data.raw
                else "pictures and pairs to train on have 1 or 3"
            )
            raise RecipeError(f"arch: {recipe.arch.use} {what} {channels} channels; {have}")
    if recipe.data.raw and contract.scale > 1:
        raise RecipeError(
            f"data.raw: {recipe.arch.use} makes pictures {contract.scale} times larger, and raw "
            "planes keep their size"
        )
    for place, made in (
        ("degradations", damages(recipe)),
        ("validation.degradations", measured_damages(recipe)),
    ):
        smaller = math.prod(degradation.scale for degradation in made)
        if recipe.data.clean and smaller != contract.scale:
            raise RecipeError(
                f"{place}: they make pictures {smaller} times smaller, and {recipe.arch.use} "
                f"makes them {contract.scale} times larger; the two have to agree, "
                f"as with {{use: Downscale, args: {{scale: {contract.scale}}}}}"
                if contract.scale > 1
                else (
                    f"{place}: they make pictures {smaller} times smaller, and "
                    f"{recipe.arch.use} keeps their size; leave out what makes them smaller"
                )
            )
    if recipe.measured and (contract.level == "batch" or contract.scale > 1):
        raise RecipeError(
            "measured: a level that is measured on each crop wants a network that keeps the "
            f"picture's size and takes a level for each picture, which {recipe.arch.use} does not"
        )
    wanted = contract.scale * contract.multiple * (2 if recipe.data.raw else 1)
    if recipe.data.cut != "whole" and recipe.data.crop % wanted:
        raise RecipeError(
            f"data.crop: {recipe.data.crop} is not a multiple of {wanted}, which "
            f"{recipe.arch.use} wants"
        )


def _made(recipe: Recipe) -> list[Degradation]:
    """The degradations as they are built, with the names that the recipe gives their dials."""
    result: list[Degradation] = []
    for i, part in enumerate(recipe.degradations):
        made: Degradation = build(
            Spec(part.use, part.args), DEGRADATIONS, trusted=True, place=f"degradations.{i}"
        )
        result.append(replace(made, dial=replace(made.dial, name=part.name)) if part.name else made)
    _want_once(
        "degradations",
        [degradation.dial.name for degradation in result],
        "give one of them another `name`",
    )
    return result


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
