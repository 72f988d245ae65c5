"""Validation: the averaged weights on fixed pictures, with fixed noise, at fixed levels.

Here is also what the weights file says of itself.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ... import __version__
from ...contract import Array
from ...degrade.marks import spoil_marked
from ...degrade.noise import clip_and_round
from ...images import Picture
from ...metrics import METRICS, Metric
from ...metrics.evaluate import (
    FigureTable,
    Settings,
    evaluate,
    evaluate_pairs,
    generator,
    in_words,
    told,
)
from ...metrics.masks import MASKS
from ...pipeline import Restores
from ..data import Pictures, floats
from ..data.sensor import on_sensor
from ..networks.cost import multiply_adds, parameters
from ..networks.restorer import Restorer
from ..networks.smaller.cuts import cuts_of, whole
from ..parts.strict import plain
from ..recipe.recipe import Recipe
from ..recipe.stage import Validation

#: a table in words, with its figure's definition -> {settings in words: the mean}
Figures = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Held:
    """A picture to validate on."""

    #: what it is called
    name: str
    #: the clean picture, [1, C, H, W] in [0, 1]
    clean: Array
    #: of a pair its spoiled side, as large or smaller by the scale; None otherwise
    spoiled: Array | None
    #: what the network is told of a pair, by dial
    setting: Settings


def centre_crops(
    pictures: Pictures,
    crop: int | None,
    scale: int = 1,
    raw: bool = False,
    tones: bool = False,
) -> list[Held]:
    """The pictures, or the piece of `crop` pixels in the middle of each, both sides alike.

    The clean side is `scale` times larger. With `raw` they are as a camera's sensor saw them, in
    four planes of half their size, in light or in `tones`; each picture always by the same camera.
    """
    if not raw:
        return [_centre_crop(pictures, i, crop, scale) for i in range(len(pictures))]
    developed = [_centre_crop(pictures, i, crop, 2) for i in range(len(pictures))]
    return [
        replace(one, clean=on_sensor(one.clean, np.random.default_rng([2, i]), tones))
        for i, one in enumerate(developed)
    ]


def _centre_crop(pictures: Pictures, i: int, crop: int | None, scale: int) -> Held:
    clean, spoiled = pictures[i]
    source = pictures.sources[i]
    height, width = pictures.sizes[i]
    rows = min(crop // scale, height) if crop else height
    columns = min(crop // scale, width) if crop else width
    top = (height - rows) // 2
    left = (width - columns) // 2

    def piece(pixels: Any, times: int) -> Array:
        return floats(
            pixels[:, times * top : times * (top + rows), times * left : times * (left + columns)]
        )[None]

    return Held(
        source.name,
        piece(clean, scale),
        None if spoiled is None else piece(spoiled, 1),
        dict(source.level),
    )


def marked(held: Sequence[Held], validation: Validation) -> list[Held]:
    """The pictures for a network that gives masks: pairs of a spoiled picture and its true mask.

    Each clean picture is spoiled at every setting, and then as an 8-bit file holds it; pairs stay.
    """
    pairs = [one for one in held if one.spoiled is not None]
    clean = [one for one in held if one.spoiled is None]
    return pairs + [
        _marked(one, place, setting, validation)
        for place, one in enumerate(clean)
        for setting in validation.settings
    ]


def _marked(one: Held, place: int, setting: Settings, validation: Validation) -> Held:
    rng = generator(0, place, setting)
    spoiled = one.clean
    mask = np.zeros((1, 1, *spoiled.shape[-2:]), np.float32)
    for degradation in validation.damage:
        level = np.full((1, 1, 1, 1), setting[degradation.dial.name], np.float32)
        spoiled, found = spoil_marked(degradation, spoiled, level, rng)
        mask = np.maximum(mask, found)
    return Held(one.name, mask, clip_and_round(spoiled), setting)


def validate(model: Restores, validation: Validation, held: Sequence[Held]) -> Figures:
    """The mean PSNR and SSIM over the pictures, at all settings, and those of pairs.

    They are measured on float pictures, on 8-bit ones, or on both, as `validation` says. A setting
    at which pictures come back untouched, so that PSNR is infinite, is left out. Of a network that
    gives masks it is how well they say where the damage is (`metrics/masks.py`).
    """
    figures: Figures = {}
    gives_masks = model.contract.gives == "mask"
    metrics = MASKS if gives_masks else [METRICS["psnr"], METRICS["ssim"]]
    for kind, table in tables(model, validation, held, metrics).items():
        for metric, stamp in table.definitions().items():
            means = {in_words(setting): table.mean(metric, setting) for setting in table.settings}
            figures[f"{kind}, {stamp}"] = {
                setting: round(mean, 4) for setting, mean in means.items() if math.isfinite(mean)
            }
    return figures


def tables(
    model: Restores,
    validation: Validation,
    held: Sequence[Held],
    metrics: Sequence[Metric],
) -> dict[str, FigureTable]:
    """What the metrics say at every setting, by how the pictures were spoiled.

    The kinds are float, 8-bit and pairs. Where the network enlarges, so many pixels at the border
    do not count, as is usual there.
    """
    contract = model.contract
    crop = contract.scale if contract.scale > 1 else 0
    clean = [(one.name, Picture(one.clean)) for one in held if one.spoiled is None]
    pairs = [
        (one.name, Picture(one.spoiled), Picture(one.clean), told(contract, one.setting))
        for one in held
        if one.spoiled is not None
    ]
    found: dict[str, FigureTable] = {}
    for clip in validation.clip if clean else ():
        found["8-bit" if clip else "float"] = evaluate(
            model,
            clean,
            validation.settings,
            validation.damage,
            metrics,
            clip=clip,
            crop=crop,
        )
    if pairs:
        found["pairs"] = evaluate_pairs(model, pairs, metrics, crop=crop)
    return found


def score(figures: Figures) -> float:
    """The mean of every PSNR, or F1, for a learning rate that waits for progress."""
    tables = [row for table, row in figures.items() if "PSNR" in table or "F1" in table]
    values = [value for row in tables for value in row.values()]
    return sum(values) / len(values) if values else 0.0


def card(
    recipe: Recipe,
    restorer: Restorer,
    steps: int,
    hours: float,
    pictures: Pictures,
    figures: Figures,
    precision: str,
    before: Sequence[Any],
) -> dict[str, Any]:
    """The card of a weights file: what it is, how good, and all that makes it again.

    `before` is what the weights that it started from say of their own training.
    """
    figures = {table: row for table, row in figures.items() if "SSIM" not in table}
    words = {name: text for name, text in plain(recipe.card).items() if text}
    versions = {
        "burnish": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    training: dict[str, Any] = {
        "steps": steps,
        "hours": round(hours, 4),
        "pictures": len(pictures),
        "seed": recipe.seed,
        "precision": precision,
    }
    if cuts_of(restorer.spec):
        training["pruned_from"] = _counts(whole(restorer))
    return {
        **words,
        **_counts(restorer),
        "validation": figures,
        "training": {
            **training,
            "versions": versions,
            "recipe": plain(recipe),
            "before": list(before),
        },
    }


def _counts(restorer: Restorer) -> dict[str, float]:
    """What a card says of the size of a network."""
    return {"parameters": parameters(restorer), "multiply_adds": multiply_adds(restorer)}
