"""Flicker: a frame that is brighter or darker than it was, and of another contrast.

It is so all over, and slightly more to one side.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array, Dial
from .. import Degradation, with_mask
from ..arguments import per_picture
from ..drawing import coordinates
from ..paint import generators_for


def flicker() -> Degradation:
    """Brightness and contrast that are off by up to that many percent, either way.

    The mask is 1 everywhere where the dial is above 0.
    """
    return with_mask(
        Dial("flicker", 0.0, 50.0, 15.0, "percent by which brightness and contrast are off"),
        flickering,
        0.0,
    )


def flickering(clean: Array, level: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Returns the spoiled pictures and their masks [B, 1, H, W].

    clean: [B, C, H, W]; level: [B, 1, 1, 1]. spoiled = gain (clean + contrast (clean - 1/2)).
    """
    amounts = np.asarray(per_picture(level, len(clean), "flicker"), np.float32) / 100
    mask = np.zeros((len(clean), 1, *clean.shape[2:]), np.float32)
    spoiled = clean.copy()
    y, x = (
        axis / max(clean.shape[2:]) - 0.5 for axis in coordinates((clean.shape[2], clean.shape[3]))
    )
    for i, (amount, own) in enumerate(zip(amounts, generators_for(len(clean), rng), strict=True)):
        way, slope, contrast = (
            own.uniform(0, 2 * np.pi),
            own.uniform(0, 0.3),
            own.uniform(-0.7, 0.7),
        )
        brightness = own.uniform(0.5, 1.0) * own.choice((-1, 1))
        if amount > 0:
            gain = 1 + amount * (brightness + slope * (y * np.sin(way) + x * np.cos(way)))
            spoiled[i] = (clean[i] + amount * contrast * (clean[i] - 0.5)) * gain
            mask[i] = 1
    return spoiled, mask
