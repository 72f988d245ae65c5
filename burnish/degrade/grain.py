"""Film grain: noise as coarse as the crystals of the film.

It is strongest in the middle tones and gone in pure black and pure white.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..contract import Array, Dial
from ..ground.channels import to_channels
from . import Degradation
from .arguments import Range, bounds, share
from .noise import WIDEST, field


def film_grain(size: Range = (0.5, 1.2), grey: float = 0.5) -> Degradation:
    """Grain of the given sigma in the middle tones.

    size: sigma in pixels of the blur that makes it coarse. grey: the share of pictures where all
    channels have the same grain, as black-and-white film has; the others are colour film.
    """
    spoil = partial(_add_grain, size=bounds("size", size, 0, WIDEST), grey=share("grey", grey))
    return Degradation(
        Dial("grain", 0.0, 50.0, 15.0, "sigma in the middle tones in 8-bit steps"),
        spoil,
        neutral=0.0,
    )


def _add_grain(
    clean: Array, level: Array, rng: np.random.Generator, size: tuple[float, float], grey: float
) -> Array:
    return laid_over(clean, field(clean.shape, rng, grey, size), level)


def laid_over(clean: Array, values: Array, level: Array) -> Array:
    """Grain laid over pictures, strongest in their middle tones.

    clean: [B, C, H, W]; the brightness of colour counts, and each channel by itself of planes that
    are no colours. values: noise of standard deviation 1, [B or 1, C or 1, H, W]. level: its sigma
    in 8-bit steps, [B, 1, 1, 1] or [B, 1, H, W].
    """
    tone = np.clip(to_channels(clean, 1) if clean.shape[1] == 3 else clean, 0, 1)
    strength = 4 * tone * (1 - tone) * (np.asarray(level, np.float32) / 255)
    return np.asarray(values * strength + clean, np.float32)
