"""The losses: a table of contents.

To add one: one file (or class) here, one line in LOSSES; the shared tests then run over it.

What a loss is, and what it may say of itself, stands in `loss.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...ground.tables import Table
from ..parts.build import Spec, build
from .common import level_weight, weighted_mean
from .loss import Loss, as_loss
from .pixel import L1, L2, PSNR, Charbonnier

LOSSES: Table[Callable[..., Any]] = Table(
    "loss",
    {
        "L1": "burnish.training.losses.pixel:L1",
        "L2": "burnish.training.losses.pixel:L2",
        "Charbonnier": "burnish.training.losses.pixel:Charbonnier",
        "PSNR": "burnish.training.losses.pixel:PSNR",
        "SSIM": "burnish.training.losses.ssim:SSIM",
        "MSSSIM": "burnish.training.losses.ssim:MSSSIM",
        "BCE": "burnish.training.losses.entropy:BCE",
        "BCEWithLogits": "burnish.training.losses.entropy:BCEWithLogits",
        "Direction": "burnish.training.losses.direction:Direction",
        "Dice": "burnish.training.losses.dice:Dice",
        "Edge": "burnish.training.losses.edge:Edge",
        "Frequency": "burnish.training.losses.frequency:Frequency",
        "Grid": "burnish.training.losses.grid:Grid",
        "Means": "burnish.training.losses.means:Means",
        "TotalVariation": "burnish.training.losses.variation:TotalVariation",
        "Perceptual": "burnish.training.losses.perceptual:Perceptual",
        "Gram": "burnish.training.losses.gram:Gram",
        "Style": "burnish.training.losses.style:Style",
        "Paintings": "burnish.training.losses.paintings:Paintings",
        "Adversarial": "burnish.training.losses.adversarial:Adversarial",
        "Between": "burnish.training.losses.between:Between",
        "Sum": "burnish.training.losses.total:Sum",
    },
)

__all__ = [
    "L1",
    "L2",
    "LOSSES",
    "PSNR",
    "Charbonnier",
    "Loss",
    "level_weight",
    "make_loss",
    "weighted_mean",
]


def make_loss(spec: Spec) -> Loss:
    """The loss that a recipe names, listed or by an import path. RecipeError."""
    return as_loss(build(spec, LOSSES, trusted=True, place="loss"))
