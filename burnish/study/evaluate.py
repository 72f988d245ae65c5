"""A model and a folder of clean pictures -> a table: what `burnish evaluate` does."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from .. import images
from ..contract import Array
from ..degrade import DEGRADATIONS, Degradation
from ..errors import InputMissing, UsageError
from ..evaluate import Table, evaluate
from ..inference.backends import open_model
from ..inference.model import Model
from ..inference.names import EXTENSIONS


class Folder:
    """The pictures of a folder, in the order of their names, read one at a time: (name, clean [1, C, H, W])."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise InputMissing(f"{path}: no such folder; evaluate wants a folder of clean pictures")
        self.files = sorted(file for file in path.iterdir() if file.suffix.lower() in EXTENSIONS)
        if not self.files:
            raise InputMissing(f"{path}: no pictures in this folder")

    def __length_hint__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[tuple[str, Array]]:
        return ((file.name, images.read(file).pixels) for file in self.files)


def evaluate_folder(
    model: Model,
    folder: Path,
    levels: Mapping[str, Sequence[float]],
    *,
    clip: bool = False,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    fp32: bool = False,
    notice: Callable[[str], None] | None = None,
) -> Table:
    """Every picture at every combination of the levels, such as {"noise": [15, 25, 50]}. Raises UsageError for a level that no degradation owns."""
    pictures = Folder(folder)
    degradations = [owner(name) for name in levels]
    if not degradations:
        raise UsageError("say what to spoil the pictures with, such as -d noise=15,25,50")
    settings = [dict(zip(levels, point, strict=True)) for point in itertools.product(*levels.values())]
    opened = open_model(model.path, model.contract, device=device, threads=threads, fp32=fp32)
    if notice:
        notice(f"on {opened.device}, {opened.backend}, {opened.precision}")
    return evaluate(opened.run, model.contract, pictures, settings, degradations, clip=clip, seed=seed)


def owner(dial: str) -> Degradation:
    """The listed degradation that owns a dial of this name."""
    for path in DEGRADATIONS.values():
        module, _, function = path.partition(":")
        degradation: Degradation = getattr(importlib.import_module(module), function)()
        if degradation.dial.name == dial:
            return degradation
    raise UsageError(f"-d {dial}: no degradation has such a dial, so pictures cannot be spoiled by it")
