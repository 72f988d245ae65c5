"""Validation: the averaged weights on fixed pictures, with fixed noise, at fixed levels; and what the weights file says of itself."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from .. import __version__
from ..contract import Array, Run, apply, level_array
from ..evaluate import Settings, evaluate, generator, spoil
from ..metrics import METRICS
from .board import Board
from .cost import multiply_adds, parameters
from .data import Pictures
from .recipe import Recipe, measured_damages
from .restorer import Restorer
from .strict import plain

#: a table in words, with its figure's definition -> {settings in words: PSNR}
Figures = dict[str, dict[str, float]]
#: pictures of which samples go to the board
SAMPLES = 4


def middles(pictures: Pictures, crop: int | None) -> list[tuple[str, Array]]:
    """(name, picture [1, C, H, W] in [0, 1]) of each, or of the piece in its middle."""
    return [(s.name, _middle(pictures[i], crop)[None].astype(np.float32) / np.float32(255)) for i, s in enumerate(pictures.sources)]


def _middle(pixels: Any, crop: int | None) -> Any:
    height, width = pixels.shape[1:]
    rows, columns = min(crop or height, height), min(crop or width, width)
    top, left = (height - rows) // 2, (width - columns) // 2
    return pixels[:, top : top + rows, left : left + columns]


def validate(run: Run, restorer: Restorer, recipe: Recipe, clean: Sequence[tuple[str, Array]]) -> Figures:
    """PSNR, the mean over the pictures, at every combination of levels that the recipe names, on float and on 8-bit pictures as it says."""
    figures: Figures = {}
    settings, metric = levels(recipe), METRICS["psnr"]
    for clip in recipe.validation.clip:
        table = evaluate(run, restorer.contract, clean, settings, measured_damages(recipe), [metric], clip=clip)
        name = f"{'8-bit' if clip else 'float'}, {table.definitions()['psnr']}"
        figures[name] = {_in_words(setting): round(table.mean("psnr", setting), 4) for setting in settings}
    return figures


def levels(recipe: Recipe) -> list[Settings]:
    """Every combination of the levels to validate at; a dial of which none are named stands at its default."""
    dials = [d.dial for d in measured_damages(recipe)]
    values = [recipe.validation.levels.get(dial.name, (dial.default,)) for dial in dials]
    return [dict(zip([dial.name for dial in dials], point, strict=True)) for point in itertools.product(*values)]


def _in_words(setting: Settings) -> str:
    return " ".join(f"{name} {value:g}" for name, value in setting.items())


def show(board: Board, step: int, run: Run, restorer: Restorer, recipe: Recipe, clean: Sequence[tuple[str, Array]]) -> None:
    """The first pictures at the middle one of the levels: spoiled, restored, clean, side by side."""
    setting = levels(recipe)[len(levels(recipe)) // 2]
    level = level_array(tuple(setting[d.name] for d in restorer.contract.dials))
    for clip in recipe.validation.clip:
        for place, (name, picture) in enumerate(clean[:SAMPLES]):
            spoiled = spoil(picture, setting, measured_damages(recipe), generator(0, place, setting), clip)
            parts = [spoiled, apply(run, restorer.contract, spoiled, level), picture]
            board.picture(step, f"{'8-bit' if clip else 'float'}, {_in_words(setting)}/{name}", np.concatenate([part[0] for part in parts], 2))


def card(recipe: Recipe, restorer: Restorer, steps: int, hours: float, pictures: Pictures, figures: Figures, precision: str) -> dict[str, Any]:
    """What the weights file says of itself: what it is, how good, and everything that is needed to make it again."""
    words = {name: text for name, text in plain(recipe.card).items() if text}
    versions = {"burnish": __version__, "torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()}
    training = {"steps": steps, "hours": round(hours, 2), "pictures": len(pictures), "seed": recipe.seed, "precision": precision}
    return {
        **words,
        "parameters": parameters(restorer),
        "multiply_adds": multiply_adds(restorer),
        "validation": figures,
        "training": {**training, "versions": versions, "recipe": plain(recipe)},
    }
