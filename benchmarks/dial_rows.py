"""Rows of the tables of dials: recipes that differ from one another in a few keys, each trained
where it is not yet, after what it starts from.

A study holds a `recipe` and `rows`. A row may have `changes` (keys of the recipe), `start` (another
row, whose weights it goes on from), `begin` (what an AdaIN is filled with before it is trained),
`like` (another row, whose words count here too), or `blend` (rows whose weights are joined by
`burnish blend`, and nothing to train).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.contract import Dial
from burnish.study.trained.blend import blend
from burnish.training.loop.train import train
from burnish.training.losses.style import painting
from burnish.training.networks.archs.adain import AdaIN
from burnish.training.networks.restorer import Restorer
from burnish.training.parts.build import Spec
from burnish.training.recipe.file import change, from_record


def trained(study: Mapping[str, Any], name: str, out: Path, seed: int) -> Path:
    """The row's weights, trained if they are not there, and before them what it starts from."""
    row, folder = laid_out(study, name), place_of(out, seed, name)
    if "blend" in row:
        target = folder / f"{study['recipe']['name']}.safetensors"
        folder.mkdir(parents=True, exist_ok=True)
        blend([trained(study, corner, out, seed) for corner in row["blend"]])[0].save(target)
        return target
    record = copy.deepcopy(study["recipe"])
    if "start" in row:
        record["start"] = str(trained(study, row["start"], out, seed))
    if "begin" in row:
        record["start"] = str(begun(row["changes"]["arch"], folder, **row["begin"]))
    for place, value in {**row.get("changes", {}), "seed": seed}.items():
        change(record, place, copy.deepcopy(value))
    return train(from_record(record), folder)


def place_of(out: Path, seed: int, name: str) -> Path:
    """The folder of a row."""
    return out / f"seed{seed}" / name.replace(" ", "_").replace(",", "")


def begun(
    arch: Mapping[str, Any], folder: Path, file: str, paintings: Sequence[str], side: int
) -> Path:
    """An AdaIN with its encoder's weights and the statistics of two paintings, whose shorter side
    is resized to `side`.
    """
    restorer = Restorer(Spec.parse(arch), (Dial("mix", 0, 1, 0, "share of the second style"),))
    assert isinstance(restorer.net, AdaIN)
    restorer.net.begin(Path(file), [painting(Path(one), side) for one in paintings])
    folder.mkdir(parents=True, exist_ok=True)
    restorer.save(folder / "begin.safetensors")
    return folder / "begin.safetensors"


def laid_out(study: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What a row says, over what the row says that it is like."""
    row = study["rows"][name]
    below = laid_out(study, row["like"]) if "like" in row else {}
    return {**below, **row, "changes": {**below.get("changes", {}), **row.get("changes", {})}}
