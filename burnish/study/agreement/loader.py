"""What the training loader would feed a network: crops of pictures, spoiled as its recipe says."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import Array, Contract
from ...dataset.pairs import pictures_below
from ...errors import RecipeError
from ...ground.remarks import silent
from ...training.data import Crops, open_pictures, sources_in
from ...training.data.cut import Cut
from ...training.networks.restorer import Restorer
from ...training.recipe.file import from_record
from ...training.recipe.resolve import resolve
from ...training.recipe.stage import Stage
from ...training.step.feed import cut_of, feed

#: crops that are looked at
CROPS = 4
#: about the side of a crop of what the network takes, in pixels
SIDE = 64
#: keys of a recipe's data that name files of the machine that trained
PLACES: Mapping[str, Any] = {
    "pack": None,
    "pairs": [],
    "groups": None,
    "leave_out": [],
    "leave_out_groups": [],
    "hold_out": 0.0,
}


@dataclass(frozen=True)
class Fed:
    """A batch of the training loader."""

    #: what the network is given, [B, C, H, W]
    image: Array
    #: what it is told, [B or 1, K, 1, 1], within the range of its dials; None without dials
    level: Array | None
    #: how it came about, in words
    said: str


def fed(restorer: Restorer, pictures: Sequence[Path], crops: int = CROPS, seed: int = 0) -> Fed:
    """The first batch of crops that training on these pictures would see.

    pictures: files, and folders of them; where there are many, some are taken, evenly.

    They are spoiled as the recipe in the network's card says; where it has none that this version
    reads, they are not, and levels are drawn. Raises DataError, and InputErrors of reading.
    """
    found = [pictures_below(path) if path.is_dir() else [path] for path in pictures]
    files = [file for part in found for file in part]
    if len(files) > crops:
        files = [files[place * len(files) // crops] for place in range(crops)]
    with tempfile.TemporaryDirectory(prefix="burnish-") as folder:
        for number, file in enumerate(files):
            shutil.copyfile(file, Path(folder) / f"{number}_{file.name}")
        try:
            stage = _stage(restorer.card, folder, restorer.contract, crops, seed)
            loader, _ = feed(stage, restorer.contract, silent)
            said = f"spoiled as the recipe {restorer.card['training']['recipe']['name']} says"
        except (RecipeError, KeyError):
            loader = _plain(folder, restorer.contract, crops, seed)
            said = "as they are, since the card has no recipe that this version reads"
        batch = loader[0, 0]
    level = _level(batch.level.numpy(), restorer.contract, np.random.default_rng(seed))
    return Fed(batch.spoiled.numpy(), level, said)


def _stage(
    card: Mapping[str, Any], folder: str, contract: Contract, crops: int, seed: int
) -> Stage:
    """The last stage of the recipe in a card, with pictures of a folder in place of its own.

    KeyError where there is none, RecipeError where this version does not read it.
    """
    record = dict(card["training"]["recipe"])
    record |= {"start": None, "seed": seed, "data": _at(record["data"], folder)}
    record["validation"] = {**record["validation"], "folders": []}
    record["degradations"] = _drawn(record["degradations"])
    record["stages"] = [
        {
            **stage,
            "start": None,
            "data": _at(stage["data"], folder) if "folders" in stage["data"] else stage["data"],
            "degradations": _drawn(stage["degradations"]),
        }
        for stage in record.get("stages", [])
    ]
    stage = resolve(from_record(record))[-1]
    side = _side(contract) * cut_of(stage.data, contract).scale
    data = replace(stage.data, cut="hybrid", small="enlarge", crop=side, batch=crops, workers=0)
    return replace(stage, data=data)


def _at(data: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """A recipe's data, of the pictures in a folder."""
    return {**data, **PLACES, "folders": [folder]}


def _drawn(degradations: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Degradations whose masks are drawn, where the recipe has them in a folder."""
    if degradations is None:
        return None
    found = []
    for part in degradations:
        args = {name: value for name, value in part.get("args", {}).items() if name != "folder"}
        found.append({**part, "args": args})
    return found


def _plain(folder: str, contract: Contract, crops: int, seed: int) -> Crops:
    """Crops that nothing spoils."""
    cut = Cut(_side(contract) * contract.scale, "hybrid", contract.scale)
    channels = max(contract.channels_in, contract.channels_out)
    return Crops(
        open_pictures(sources_in([folder], None, channels), cut.smallest, silent, cut.scale),
        (),
        cut,
        crops,
        seed,
        channels_in=contract.channels_in,
        channels_out=contract.channels_out,
        dials=(),
    )


def _side(contract: Contract) -> int:
    """The side of a crop of what the network takes: a multiple of its own."""
    return -(-SIDE // contract.multiple) * contract.multiple


def _level(told: Array, contract: Contract, rng: np.random.Generator) -> Array | None:
    """What a network is told, within the range of its dials; drawn where the loader tells none."""
    if not contract.dials:
        return None
    batch = 1 if contract.level == "batch" else len(told)
    drawn = np.stack([dial.sample(batch, rng) for dial in contract.dials], 1)[..., None, None]
    if told.shape != drawn.shape:
        return drawn
    low, high = np.array([(dial.low, dial.high) for dial in contract.dials], np.float32).T
    within = np.clip(told, low[:, None, None], high[:, None, None])
    return np.where(np.isnan(told), drawn, within)
