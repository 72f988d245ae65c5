"""The losses: a table of contents.

To add one: one file (or class) here, one line in LOSSES; the shared tests then run over it.

A loss is a module without parameters, loss(restored [B, C, H, W], clean, weight or None) -> a
scalar to be made small. The weight, [B, 1, 1, 1] or [B, 1 or C, H, W], says what each place counts:
where it is 0, the restored picture has no influence. What is said of a loss stands on it as
attributes: on_logits (it wants the network's logits in place of its output), least (the smallest
side of a picture that it can compare), specs (those of its arguments that are losses themselves),
by_level (its terms take the level [B, K, 1, 1] as well), and, where it is made of several,
terms(restored, clean, weight) -> {name: scalar}, which add up to the loss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...ground.tables import Table
from .common import level_weight, weighted_mean
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
        "Edge": "burnish.training.losses.edge:Edge",
        "Frequency": "burnish.training.losses.frequency:Frequency",
        "TotalVariation": "burnish.training.losses.variation:TotalVariation",
        "Perceptual": "burnish.training.losses.perceptual:Perceptual",
        "Gram": "burnish.training.losses.gram:Gram",
        "Style": "burnish.training.losses.style:Style",
        "Between": "burnish.training.losses.between:Between",
        "Sum": "burnish.training.losses.total:Sum",
    },
)

__all__ = ["L1", "L2", "LOSSES", "PSNR", "Charbonnier", "level_weight", "weighted_mean"]
