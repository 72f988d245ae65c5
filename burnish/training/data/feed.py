"""From a recipe to what its network is fed: crops of the pictures to train on, and the pictures to
validate on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ...contract import Contract
from ...degrade import Degradation
from ...metrics.similarity import WINDOW
from ..losses import level_weight
from ..recipe import data as recipe_data
from ..recipe.damage import check_contract, damages, told, weighing_dial
from ..recipe.data import Damage
from ..recipe.recipe import Recipe
from . import (
    Crops,
    Cut,
    Damaging,
    Measuring,
    Misread,
    Pictures,
    Source,
    Weigh,
    open_pictures,
    pair_sources,
    read_groups,
    sources_in,
    split,
)


def feed(
    recipe: Recipe, contract: Contract, notice: Callable[[str], None]
) -> tuple[Crops, Pictures | None]:
    """Crops of those to train on, and those to validate on.

    RecipeError where network and data do not fit; DataError names what cannot be used.
    """
    check_contract(recipe, contract)
    data, cut = recipe.data, cut_of(recipe, contract)
    chosen, left_out = _split(recipe, contract)
    pictures = open_pictures(chosen, cut.smallest, notice, cut.scale)
    names = told(recipe)
    crops = Crops(
        pictures,
        tuple(
            _damaging(made, part, names)
            for made, part in zip(damages(recipe), recipe.degradations, strict=True)
        ),
        cut,
        data.batch,
        recipe.seed,
        grey=data.grey,
        one_level=bool(contract.dials) and contract.level == "batch",
        channels_in=contract.channels_in,
        channels_out=contract.channels_out,
        weights=(data.weight, *(pairs.weight for pairs in data.pairs)),
        weigh=weigh(recipe),
        dials=tuple(names),
        measured=_measuring(recipe),
        raw=data.raw,
    )
    return crops, _opened(recipe, left_out, cut.scale, notice)


def _measuring(recipe: Recipe) -> tuple[Measuring, ...]:
    names = [made.dial.name for made in damages(recipe)]
    dials = {dial.name: dial for dial in recipe.dials}
    return tuple(
        Measuring(
            dials[measured.name],
            min(names.index(name) for name in measured.of),
            max(names.index(name) for name in measured.of),
            _misread(measured.misread),
        )
        for measured in recipe.measured
    )


def _misread(wrong: recipe_data.Misread | None) -> Misread | None:
    return None if wrong is None else Misread(wrong.share, wrong.low, wrong.high, wrong.anything)


def _damaging(made: Degradation, part: Damage, names: list[str]) -> Damaging:
    return Damaging(made, part.share, made.dial.name in names, _misread(part.misread), part.unless)


def held_out(recipe: Recipe, contract: Contract, notice: Callable[[str], None]) -> Pictures | None:
    """Those to validate on alone; the ones to train on are not read."""
    _, left_out = _split(recipe, contract)
    return _opened(recipe, left_out, cut_of(recipe, contract).scale, notice)


def _opened(
    recipe: Recipe, left_out: Sequence[Source], scale: int, notice: Callable[[str], None]
) -> Pictures | None:
    """Those to validate on; DataError, before the first step, where one is too small for the window
    of SSIM.
    """
    border = scale if scale > 1 else 0
    least = (WINDOW.size + 2 * border) * (2 if recipe.data.raw else 1)
    return open_pictures(left_out, least, notice, scale) if left_out else None


def _split(recipe: Recipe, contract: Contract) -> tuple[list[Source], list[Source]]:
    """What is trained on, and what is validated on."""
    data = recipe.data
    groups = read_groups(Path(data.groups)) if data.groups else None
    chosen, left_out = split(
        sources(recipe, contract), data.leave_out, groups, data.leave_out_groups, data.hold_out
    )
    return chosen, left_out + (
        sources_in(recipe.validation.folders, None, _channels(data.raw, contract))
        if recipe.validation.folders
        else []
    )


def sources(recipe: Recipe, contract: Contract) -> list[Source]:
    """All pictures and pairs of a recipe, with nothing read. DataError."""
    data = recipe.data
    found = sources_in(data.folders, data.pack, _channels(data.raw, contract)) if data.clean else []
    for pool, pairs in enumerate(data.pairs, 1):
        found += pair_sources(
            pairs.folder,
            pairs.spoiled,
            pairs.clean,
            pairs.names,
            channels_in=contract.channels_in,
            channels_out=contract.channels_out,
            level=pairs.level,
            pool=pool,
        )
    return found


def cut_of(recipe: Recipe, contract: Contract) -> Cut:
    """How the recipe's crops are cut for that network."""
    data, scale = recipe.data, 2 if recipe.data.raw else contract.scale
    return Cut(
        data.crop,
        data.cut,
        scale,
        data.flips,
        data.rotations,
        data.small,
        data.prefer_ink,
        data.scales,
        contract.multiple,
    )


def weigh(recipe: Recipe) -> Weigh | None:
    """What the recipe has a picture's level count in the loss."""
    settings = recipe.loss.level_weight
    if settings is None:
        return None
    return Weigh(
        weighing_dial(recipe),
        partial(
            level_weight, reference=settings.reference, offset=settings.offset, power=settings.power
        ),
    )


def _channels(raw: bool, contract: Contract) -> int:
    """Of clean pictures, which serve both sides."""
    return 3 if raw else max(contract.channels_in, contract.channels_out)
