"""Whether network, loss, data and processes fit each other.

That is known only once the network is built; all of it is checked before the first picture is read.
RecipeError says the place in the recipe.
"""

from __future__ import annotations

import math

from ...contract import Contract
from ...errors import RecipeError
from ..losses import Loss
from ..networks.network import Network
from ..recipe.data import Data
from ..recipe.stage import Stage


def check_contract(stage: Stage, contract: Contract) -> None:
    """RecipeError where channels, scale or multiple of the network do not fit the data."""
    data = stage.data
    use = stage.arch.use
    _check_channels(data.raw, use, contract)
    if contract.gives == "mask":
        _check_marks(stage)
    if data.raw and contract.scale > 1:
        raise RecipeError(
            f"data.raw: {use} makes pictures {contract.scale} times larger, and raw "
            "planes keep their size"
        )
    trained = [part.degradation.scale for part in stage.damage]
    validated = [degradation.scale for degradation in stage.validation.damage]
    for place, scales in (("degradations", trained), ("validation.degradations", validated)):
        smaller = math.prod(scales)
        if data.clean and smaller != contract.scale:
            raise _other_size(place, smaller, use, contract.scale)
    if stage.measured and (contract.level == "batch" or contract.scale > 1):
        raise RecipeError(
            "measured: a level that is measured on each crop wants a network that keeps the "
            f"picture's size and takes a level for each picture, which {use} does not"
        )
    _check_crop(data, use, contract)


def _check_crop(data: Data, who: str, contract: Contract) -> None:
    """RecipeError where a network does not take crops of that size."""
    wanted = contract.scale * contract.multiple * (2 if data.raw else 1)
    if data.cut != "whole" and data.crop % wanted:
        raise RecipeError(
            f"data.crop: {data.crop} is not a multiple of {wanted}, which {who} wants"
        )


def _check_marks(stage: Stage) -> None:
    """RecipeError where there is no mask that a network could learn to give."""
    data = stage.data
    use = stage.arch.use
    if data.raw:
        raise RecipeError(f"data.raw: {use} finds damage in developed pictures; leave it out")
    trained = [part.degradation for part in stage.damage]
    validated = list(stage.validation.damage)
    for place, damage in (("degradations", trained), ("validation.degradations", validated)):
        if data.clean and not any(one.masked for one in damage):
            raise RecipeError(
                f"{place}: {use} learns where damage lies, and none of them has a place; name one "
                "that has, such as Dust (`burnish spoil --list` marks them)"
            )


def check_loss(stage: Stage, loss: Loss, net: Network) -> None:
    """RecipeError where the loss wants logits that the network does not offer, or larger crops."""
    if loss.on_logits and net.logits is None:
        raise RecipeError(
            f"loss: {stage.loss.use} wants logits, and {stage.arch.use} does not offer "
            "them; a network with a final sigmoid does"
        )
    # Raw planes have half the side of their crop.
    least = loss.least * (2 if stage.data.raw else 1)
    if stage.data.cut != "whole" and stage.data.crop < least:
        raise RecipeError(
            f"data.crop: {stage.data.crop} is too small for {stage.loss.use}, which "
            f"wants {least} and more"
        )


def check_teacher(stage: Stage, own: Contract, teacher: Contract) -> None:
    """RecipeError where a teacher does not take and give what the network in training does.

    It is told the same levels, so its dials have the same names, in the same order.
    """
    assert stage.teacher is not None
    for what, ours, its in (
        ("takes channels", own.channels_in, teacher.channels_in),
        ("gives channels", own.channels_out, teacher.channels_out),
        ("enlarges by", own.scale, teacher.scale),
        ("gives a", own.gives, teacher.gives),
        ("has the dials", _dials(own), _dials(teacher)),
    ):
        if ours != its:
            raise RecipeError(
                f"teacher.file: {stage.teacher.file} {what} {its}, and the network in training "
                f"{what} {ours}; a teacher takes and gives the same"
            )
    if teacher.level == "batch" and own.level != "batch":
        raise RecipeError(
            f"teacher.file: {stage.teacher.file} takes one level for a whole batch, and "
            f"{stage.arch.use} is given one for each picture"
        )
    if stage.data.cut == "whole" and own.multiple % teacher.multiple:
        raise RecipeError(
            f"teacher.file: {stage.teacher.file} takes pictures of multiples of "
            f"{teacher.multiple}, and whole ones are padded to {own.multiple}; take crops"
        )
    _check_crop(stage.data, "its teacher", teacher)


def _dials(contract: Contract) -> str:
    """The names of the dials, in words."""
    return ", ".join(dial.name for dial in contract.dials) or "none"


def check_batch(batch: int, processes: int) -> None:
    """RecipeError where a batch cannot be divided among the processes."""
    if batch % processes:
        raise RecipeError(
            f"data.batch: {batch} crops cannot be divided among {processes} "
            f"processes; take a multiple of {processes}"
        )


def _check_channels(raw: bool, use: str, contract: Contract) -> None:
    for channels, what in ((contract.channels_in, "takes"), (contract.channels_out, "gives")):
        if channels not in ((4,) if raw else (1, 3)):
            have = (
                "raw planes (data.raw) are 4"
                if raw
                else "pictures and pairs to train on have 1 or 3"
            )
            raise RecipeError(f"arch: {use} {what} {channels} channels; {have}")


def _other_size(place: str, smaller: int, use: str, larger: int) -> RecipeError:
    """The error where pictures are made smaller, and then larger by another factor."""
    made = f"{place}: they make pictures {smaller} times smaller, and {use} "
    if larger > 1:
        return RecipeError(
            f"{made}makes them {larger} times larger; the two have to agree, as with "
            f"{{use: Downscale, args: {{scale: {larger}}}}}"
        )
    return RecipeError(f"{made}keeps their size; leave out what makes them smaller")
