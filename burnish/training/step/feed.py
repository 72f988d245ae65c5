"""From a stage to what its network is fed.

That is crops of the pictures to train on, and the pictures to validate on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...contract import Contract
from ...ground.remarks import Say
from ...metrics.similarity import WINDOW
from ..data import (
    Crops,
    Cut,
    Pictures,
    Source,
    open_pictures,
    pair_sources,
    read_groups,
    sources_in,
    split,
)
from ..recipe.data import Data
from ..recipe.stage import Stage


def feed(stage: Stage, contract: Contract, say: Say) -> tuple[Crops, Pictures | None]:
    """Opens the crops of the pictures to train on, and the pictures to validate on.

    They are cut for a network of that contract. None for the second where none are left out.
    DataError names what cannot be used.
    """
    data = stage.data
    cut = cut_of(data, contract)
    chosen, left_out = _split(stage, contract)
    crops = Crops(
        open_pictures(chosen, cut.smallest, say, cut.scale),
        stage.damage,
        cut,
        data.batch,
        stage.seed,
        grey=data.grey,
        blended=data.blended,
        one_level=bool(contract.dials) and contract.level == "batch",
        channels_in=contract.channels_in,
        channels_out=contract.channels_out,
        weights=(data.weight, *(pairs.weight for pairs in data.pairs)),
        weigh=stage.weigh,
        dials=stage.told,
        measured=stage.measured,
        raw=data.raw,
        tones=data.tones,
        gives=contract.gives,
    )
    return crops, _opened(left_out, data.raw, cut.scale, say)


def held_out(stage: Stage, contract: Contract, say: Say) -> Pictures | None:
    """Opens the pictures to validate on only; None where there are none. DataError."""
    _, left_out = _split(stage, contract)
    return _opened(left_out, stage.data.raw, cut_of(stage.data, contract).scale, say)


def cut_of(data: Data, contract: Contract) -> Cut:
    """The rule by which crops are cut for a network of that contract."""
    return Cut(
        data.crop,
        data.cut,
        2 if data.raw else contract.scale,
        data.flips,
        data.rotations,
        data.small,
        data.prefer_ink,
        data.scales,
        contract.multiple,
    )


def sources(data: Data, contract: Contract) -> list[Source]:
    """All pictures and pairs that a recipe names, with nothing read. DataError."""
    found: list[Source] = []
    if data.clean:
        found += sources_in(data.folders, data.pack, _channels(data.raw, contract))
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


def _split(stage: Stage, contract: Contract) -> tuple[list[Source], list[Source]]:
    """The sources to train on, and those to validate on."""
    data = stage.data
    folders = stage.validation.folders
    groups = read_groups(Path(data.groups)) if data.groups else None
    chosen, left_out = split(
        sources(data, contract), data.leave_out, groups, data.leave_out_groups, data.hold_out
    )
    if folders:
        left_out = left_out + sources_in(folders, None, _channels(data.raw, contract))
    return chosen, left_out


def _opened(left_out: Sequence[Source], raw: bool, scale: int, say: Say) -> Pictures | None:
    """Opens the pictures to validate on; None where there are none.

    DataError, before the first step, where one is too small for the window of SSIM.
    """
    border = scale if scale > 1 else 0
    least = (WINDOW.size + 2 * border) * (2 if raw else 1)
    return open_pictures(left_out, least, say, scale) if left_out else None


def _channels(raw: bool, contract: Contract) -> int:
    """The channels of clean pictures, which serve both sides."""
    return 3 if raw else max(contract.channels_in, contract.channels_out)
