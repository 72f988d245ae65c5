"""A recipe proposed from what was found: something to begin with, which says why it is as it is."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import MissingExtra, UsageError
from ...ground.files import atomic_write
from ...images import listed
from .gather import CheckSource
from .report import Report
from .statistics import Statistics

#: pixels in a batch: eight crops of 96, which trained the model that ships
PIXELS = 8 * 96 * 96
#: share that is held out, and the most ink at which crops should look for it
HELD_OUT, RARE = 0.1, 0.25


def write_recipe(report: Report, path: Path) -> list[Path]:
    """Writes the recipe, and a file of the groups beside it where there are some.

    Returns the paths that were written. Raises UsageError where nothing can be proposed.
    """
    if report.statistics is None or not report.units:
        raise UsageError(
            f"{report.source.words}: no picture can be read, so no recipe can be proposed; put "
            f"{listed('or')} files there"
        )
    if report.scale != 1:
        raise UsageError(
            "--recipe proposes recipes for pictures that keep their size; for a scale above 1, "
            "write one with a network that enlarges"
        )
    written = [path]
    groups = None
    if report.groups:
        groups = path.with_name(f"{path.stem}_groups.json")
        listing = json.dumps([list(group) for group in report.groups], indent=1)
        atomic_write(groups, f"{listing}\n".encode())
        written.append(groups)
    record, reasons = propose(report, str(groups) if groups else None)
    atomic_write(path, _in_yaml(record, reasons).encode())
    return written


def propose(report: Report, groups: str | None) -> tuple[dict[str, Any], list[str]]:
    """Returns the recipe as plain values, and its reasons as lines of comment.

    groups: the path of the file of groups, or None. The report must have statistics.
    """
    found = report.statistics
    assert found is not None
    grey = "colour" not in found.channels
    record: dict[str, Any] = {
        "name": _name(report.source),
        "arch": _arch(grey, told=not report.pairs),
    }
    # clean pictures are spoiled by noise, whose level the model is told
    if not report.pairs:
        record["dials"] = [
            {"name": "noise", "low": 0, "high": 75, "default": 25, "unit": "sigma in 8-bit steps"}
        ]
        record["degradations"] = [{"use": "Noise", "args": {"clip": 0.5}, "train": [0.5, 85]}]
    record["data"] = _data(report, found, groups)
    record["loss"] = {"use": "L1"}
    if not report.pairs:
        record["loss"]["level_weight"] = {"reference": 25, "offset": 3, "power": 0.75}
    record["optimizer"] = {"use": "Muon", "args": {"lr": 1e-3}}
    record["schedule"] = {"steps": 20000, "warmup": 100, "shape": "cosine"}
    record["validation"] = {"every": 1000, "crop": 256}
    if not report.pairs:
        record["validation"]["levels"] = {"noise": [15, 25, 50]}
    return record, list(_reasons(report, found, groups))


def _data(report: Report, found: Statistics, groups: str | None) -> dict[str, Any]:
    """The recipe's part on data. Crops are a multiple of 8, as networks want them."""
    data: dict[str, Any] = {}
    if report.pairs:
        data["pairs"] = [_pairs(report.source)]
    else:
        data["folders"] = [str(report.source.folder)]
    crop = max(8, found.crop // 8 * 8)
    # pictures that are smaller than a crop are enlarged
    data["cut"] = "hybrid" if min(found.smallest) < crop else "random"
    data["crop"] = crop
    data["batch"] = max(1, PIXELS // crop**2)
    data["hold_out"] = HELD_OUT
    if groups:
        data["groups"] = groups
    if _is_ink_rare(found):
        data["prefer_ink"] = 0.5
    return data


def _reasons(report: Report, found: Statistics, groups: str | None) -> Iterator[str]:
    if report.errors:
        yield f"# MEND FIRST: {', '.join(finding.fault for finding in report.errors)}"
    yield f"# crops: the smallest picture is {found.smallest[0]}x{found.smallest[1]}"
    if _is_ink_rare(found):
        yield (
            f"# {found.ink:.2%} of the pixels are ink: half of the crops look for it; for "
            f"BCEWithLogits, pos_weight would be {found.pos_weight:.3g}"
        )
    if groups:
        yield (
            f"# pictures of one group go to the same side of the split: {len(report.groups)} groups"
        )


def _is_ink_rare(found: Statistics) -> bool:
    return found.ink is not None and found.ink < RARE


def _name(source: CheckSource) -> str:
    folder = source.folder or source.clean
    name = re.sub(r"[^\w.-]+", "-", folder.resolve().name if folder else "data").strip("-._")
    return name if re.match(r"[A-Za-z0-9]", name) else f"data-{name}".rstrip("-")


def _arch(grey: bool, told: bool) -> dict[str, Any]:
    if told:  # noise, which a small surrounding tells from a picture: `photo`'s network
        base = {"use": "ResUNet", "args": {"widths": [48, 96], "blocks": [3, 4]}}
        return {"use": "LevelPlane", "args": {"base": base} | ({"channels": 1} if grey else {})}
    args: dict[str, Any] = {"widths": [48, 96, 192], "blocks": 2}
    return {
        "use": "ResUNet",
        "args": args | ({"channels_in": 1, "channels_out": 1} if grey else {}),
    }


def _pairs(source: CheckSource) -> dict[str, str]:
    named = {
        "folder": source.folder,
        "spoiled": source.spoiled,
        "clean": source.clean,
        "names": source.names,
    }
    return {name: str(value) for name, value in named.items() if value is not None}


def want_yaml() -> None:
    """MissingExtra, in a sentence, where a recipe cannot be written."""
    if importlib.util.find_spec("yaml") is None:
        raise MissingExtra(
            "a recipe is written with PyYAML, and it is not installed; pip install "
            "'burnish[train]' brings it, and what trains the recipe"
        )


def _in_yaml(record: dict[str, Any], reasons: list[str]) -> str:
    import yaml

    body = yaml.safe_dump(
        record, sort_keys=False, allow_unicode=True, default_flow_style=None, width=140
    )
    return "\n".join(
        ["# Proposed by `burnish check`; change whatever you know better.", *reasons, body]
    )
