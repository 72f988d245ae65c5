"""Ink that has faded, or never was dark: pencil, a dry pen, an old photocopy.

Only what is darker than white changes.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array, Dial
from ...ground.channels import LUMA, grey
from .. import Degradation, with_mask
from ..arguments import per_picture
from ..drawing import Size, smooth_field
from ..paint import generators_for


def faded_ink() -> Degradation:
    """Lighter ink, uneven as the hand presses and the paper's grain takes it.

    It fades by channel too, as coloured ink does.
    """
    return with_mask(
        Dial("fading", 0.0, 0.9, 0.4, "share of the ink's darkness that is gone"), fade, 0.0
    )


def fade(clean: Array, level: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """clean [B, 1 or 3, H, W], level [B, 1, 1, 1] -> (spoiled, mask [B, 1, H, W])."""
    amounts, size = per_picture(level, len(clean), "fading"), (clean.shape[2], clean.shape[3])
    spoiled, mask = clean.copy(), np.zeros((len(clean), 1, *size), np.float32)
    for i, (amount, own) in enumerate(zip(amounts, generators_for(len(clean), rng), strict=True)):
        if amount <= 0:
            continue
        stays = _stays(size, amount, own)
        darkness = 1 - clean[i]
        spoiled[i] = np.where(
            darkness > 0,
            1 - darkness * (stays if len(darkness) == 3 else grey(stays)[None]),
            clean[i],
        )
        mask[i] = 1 - stays.min(0)
    return spoiled, mask


def _stays(size: Size, amount: float, rng: np.random.Generator) -> Array:
    """The share of the darkness that stays. [3, H, W]

    A power of what the dial leaves, so that a higher dial takes more everywhere and none below 1
    takes all.
    """
    pressure, grain = (
        smooth_field(size, rng.uniform(8, 40), rng),
        smooth_field(size, rng.uniform(1, 2), rng),
    )
    power = np.exp(rng.uniform(0, 0.35) * pressure + rng.uniform(0, 0.35) * grain)
    tint = np.exp(rng.uniform(0, 0.5) * rng.standard_normal(3).clip(-2, 2))
    tint = tint / (LUMA @ tint)
    return np.asarray((1 - amount) ** (power * tint[:, None, None]), np.float32)
