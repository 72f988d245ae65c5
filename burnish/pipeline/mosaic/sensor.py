"""The noise of a sensor, which grows with light: what of it a mosaic shows, or its file tells.

Its variance is `gain` times the light and `still` besides (Foi, Trimeche, Katkovnik, Egiazarian,
"Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data", IEEE
Transactions on Image Processing 17, 2008): the first counts photons, the second is there in the
dark, too. As there, the variance is found where the light is about the same, and a line is laid
through what was found. But at each light it is the smallest eigenvalues of patches' covariance that
tell it, since texture hides from them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ...contract import Array
from ...images.mosaic import Mosaic
from ..estimate.white import noise_variance
from .packed import packed

Figures = NDArray[np.float64]

#: the side of patches, of how many of a plane it is looked at, and how many are alike in light
PATCH, MOST_PATCHES, BINS = 5, 60_000, 12
#: the share of them that counts
SMOOTHEST = 0.08
#: fewer patches of about the same light say nothing
LEAST_PATCHES = 150
#: light at which a sensor is full, nearly: noise that is cut off there looks like less
NEARLY_FULL = 0.96
#: how often the line is laid, and what lies this many times above it is texture
ROUNDS, TEXTURE = 8, 1.15
#: the light of a middle grey, at which a person says how strong noise is
GREY = 0.18
#: no sensor's noise has less variance than rounding to 16 bits, and, against its sigma in the dark,
#: no less gain than this, with which numbers of 32 bits still do
LEAST, LEAST_GAIN = (1 / 65535) ** 2 / 12, 1e-3


@dataclass(frozen=True)
class SensorNoise:
    """How strong the noise of a sensor is at any light, which is 0 for black and 1 for full."""

    #: of the variance, what a light of 1 adds
    gain: float
    #: and what is there without light
    still: float

    def variance(self, light: Array | float) -> Array:
        """The variance of the noise where that much light falls."""
        return np.asarray(self.gain * np.maximum(light, 0) + self.still, np.float32)

    @classmethod
    def of(cls, gain: float, still: float) -> SensorNoise:
        """That noise, or what is nearest to it of noise that a sensor can have."""
        still = max(still, LEAST)
        return cls(max(gain, LEAST_GAIN * math.sqrt(still)), still)

    @property
    def sigma(self) -> float:
        """The sigma of the noise of a middle grey, in steps of 255."""
        return 255 * float(np.sqrt(self.variance(GREY)))

    def scaled(self, sigma: float) -> SensorNoise:
        """Noise of the same kind that has this sigma on a middle grey, in steps of 255."""
        share = (sigma / self.sigma) ** 2
        return SensorNoise.of(self.gain * share, self.still * share)


def noise_of(mosaic: Mosaic) -> tuple[SensorNoise, Literal["file", "pixels"]]:
    """The noise of a mosaic, and where that is known from: its file tells it, or its samples."""
    if mosaic.told:
        gain, still = np.mean(mosaic.told, 0)
        return SensorNoise.of(float(gain), float(still)), "file"
    return sensor_noise(packed(mosaic.light())), "pixels"


def sensor_noise(planes: Array) -> SensorNoise:
    """The noise of a sensor's planes [4, h, w], in light from 0 for black to 1 for full.

    Values below 0 are what noise made of black. Of planes that are too small or too dark to tell,
    the noise is that of rounding alone.
    """
    patches = _patches(planes)
    found = np.concatenate([_points(patches, own) for own in range(len(planes))])
    if not len(found):
        return SensorNoise.of(0.0, 0.0)
    light, variance = found.T
    kept = np.ones(len(found), bool)
    gain, still = _line(light, variance)
    for _ in range(ROUNDS):
        kept = variance <= TEXTURE * (gain * light + still)
        if not kept.any():
            break
        gain, still = _line(light[kept], variance[kept])
    return SensorNoise.of(gain, still)


def _patches(planes: Array) -> Array:
    """Patches of the planes [4, N, D] at the same places, on an even grid."""
    height, width = planes.shape[1:]
    if min(height, width) < PATCH:
        return np.empty((len(planes), 0, PATCH * PATCH), np.float32)
    step = max(1, round(float(np.sqrt(height * width / MOST_PATCHES))))
    windows = sliding_window_view(planes, (PATCH, PATCH), (1, 2))[:, ::step, ::step]
    return windows.reshape(len(planes), -1, PATCH * PATCH)


def _points(every: Array, own: int) -> Figures:
    """Light and variance [N, 2] of one plane's patches that are of about the same light.

    Where the other planes are smooth, this one is: their noise knows nothing of its noise, so that
    to choose by them favours no patch whose noise happens to be weak.
    """
    patches = every[own]
    texture = np.delete(every, own, 0).var(2).sum(0)
    inside = patches.max(1) < NEARLY_FULL
    lowest = float(patches.min(initial=1))
    if lowest >= 0:  # what is cut off, at black or at full, has lost some of its noise
        inside &= patches.min(1) > lowest
    patches, texture = patches[inside], texture[inside]
    means = patches.mean(1)
    bins = min(BINS, int(SMOOTHEST * len(patches)) // LEAST_PATCHES)
    found = []
    for alike in np.array_split(np.argsort(means), bins) if bins else ():
        quiet = alike[np.argsort(texture[alike])[: int(SMOOTHEST * len(alike))]]
        values = patches[quiet] - means[quiet, None]
        found.append((float(means[quiet].mean()), noise_variance(values[:, None])))
    return np.array(found).reshape(-1, 2)


def _line(light: Figures, variance: Figures) -> tuple[float, float]:
    """The gain and what is still, neither of them below 0, that miss by the least share."""
    weights = 1 / np.maximum(variance, LEAST)
    left = np.stack([light, np.ones_like(light)], 1) * weights[:, None]
    right = variance * weights
    both, *_ = np.linalg.lstsq(left, right, rcond=None)
    if both[1] < 0:
        return float((left[:, 0] @ right) / (left[:, 0] @ left[:, 0])), 0.0
    if both[0] < 0:
        return 0.0, float((left[:, 1] @ right) / (left[:, 1] @ left[:, 1]))
    return float(both[0]), float(both[1])
