"""Light in tones whose noise is the same everywhere, and the way back.

The generalised Anscombe transform makes noise that grows with light into noise whose sigma is 1;
the way back is the closed form of its exact unbiased inverse, which knows that the mean of a root
is not the root of a mean (Mäkitalo, Foi, "Optimal inversion of the generalized Anscombe
transformation for Poisson-Gaussian noise", IEEE Transactions on Image Processing 22, 2013).
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from .sensor import SensorNoise

#: the least that a tone may be on its way back, where the closed form has powers of 1 / tone
LEAST_TONE = 1e-3


def stable(light: Array, noise: SensorNoise) -> Array:
    """Tones of light, 0 for black and 1 for full, whose noise has a sigma of 1."""
    gain = np.float32(noise.gain)
    known = gain * light + np.float32(3 / 8 * noise.gain**2 + noise.still)
    return np.asarray(2 / gain * np.sqrt(np.maximum(known, 0)), np.float32)


def shown(light: Array, noise: SensorNoise) -> Array:
    """These tones as a network is shown them: 0 for black and 1 for full."""
    low, high = _ends(noise)
    return np.asarray((stable(light, noise) - low) / (high - low), np.float32)


def shown_sigma(noise: SensorNoise) -> float:
    """The sigma of that noise in tones that are shown so, in steps of 255."""
    low, high = _ends(noise)
    return 255 / float(high - low)


def light_of_shown(tones: Array, noise: SensorNoise) -> Array:
    """The light of tones that were shown so, and are free of noise."""
    low, high = _ends(noise)
    return light_of(tones * (high - low) + low, noise)


def _ends(noise: SensorNoise) -> Array:
    """The tones of black and of full."""
    return stable(np.array([0, 1], np.float32), noise)


def light_of(tones: Array, noise: SensorNoise) -> Array:
    """The light of tones that are free of noise, in the mean of what noise had made of it."""
    dark = np.float32(noise.still / noise.gain**2)
    tone = np.maximum(tones, np.float32(LEAST_TONE))
    root = np.float32(np.sqrt(1.5))
    inverse = 1 / tone
    bent = inverse * (root / 4 - inverse * (11 / 8 - inverse * (root * 5 / 8)))
    counts = np.square(tone) / 4 + bent - np.float32(1 / 8) - dark
    return np.asarray(noise.gain * np.maximum(counts, -dark), np.float32)
