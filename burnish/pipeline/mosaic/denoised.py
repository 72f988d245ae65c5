"""A mosaic's light without its noise, by a network that takes white noise off its four planes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...contract import Array
from .packed import packed, red_first, unpacked
from .sensor import SensorNoise
from .stable import light_of_shown, shown, shown_sigma

#: takes noise off planes [4, h, w] of red, green, green and blue, 0 for black and 1 for full, told
#: its sigma in steps of 255
Denoise = Callable[[Array, float], Array]
#: a sample that was full stays full where what is left of it is less than so many sigma below
FULL = 2.0


def denoised(
    light: Array, noise: SensorNoise, pattern: tuple[tuple[int, ...], ...], by: Denoise
) -> Array:
    """The light [H, W] on a sensor behind a Bayer filter, 0 for black and 1 for full, without that
    noise. What was full stays full, so that highlights keep their colour.

    pattern: the colours of its two by two places, 0 for red and 2 for blue.
    """
    beginning = red_first(pattern)
    planes = by(shown(packed(light, beginning), noise), shown_sigma(noise))
    after = unpacked(light_of_shown(planes, noise), light.shape, beginning)
    full = (light >= 1) & (after > 1 - FULL * np.sqrt(noise.variance(1.0)))
    return np.where(full, light, after)
