"""Gaussian noise: white or correlated, in colour or grey, as float or as real files hold it.

Real files clip it to [0, 1] and round it to 8 bits.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..contract import Array, Dial
from . import Degradation
from .arguments import Range, bounds, draw, share

#: largest sigma, in pixels, of the blur that correlates noise
WIDEST = 8.0


def noise(
    low: float = 0.0,
    high: float = 75.0,
    default: float = 25.0,
    clip: float = 0.0,
    grey: float = 0.0,
    correlated: Range = 0.0,
) -> Degradation:
    """Gaussian noise of sigma low..high in 8-bit steps.

    clip: the share of pictures, 0..1, clipped and rounded. grey: the share whose channels all get
    the same noise. correlated: sigma in pixels of a Gaussian blur of the noise, which keeps its
    strength: 0 is white noise, 0.5 to 1 is what a developed photograph has.
    """
    spoil = partial(
        add_noise,
        clip=share("clip", clip),
        grey=share("grey", grey),
        correlated=bounds("correlated", correlated, 0, WIDEST),
    )
    return Degradation(
        Dial("noise", low, high, default, "sigma in 8-bit steps"),
        spoil,
        neutral=None if clip else 0.0,
    )


def add_noise(
    clean: Array,
    level: Array,
    rng: np.random.Generator,
    clip: float = 0.0,
    grey: float = 0.0,
    correlated: tuple[float, float] = (0.0, 0.0),
) -> Array:
    """clean [B, C, H, W] and noise of sigma `level` (8-bit steps), [B, 1, 1, 1] or [B, 1, H, W].

    A share `clip` of the pictures is clipped and rounded.
    """
    spoiled = field(clean.shape, rng, grey, correlated)
    as_file = np.less(rng.random(clean.shape[0]), clip)
    spoiled *= np.asarray(level, np.float32) / 255
    spoiled += clean
    if as_file.any():
        spoiled[as_file] = clip_and_round(spoiled[as_file])
    return spoiled


def field(
    shape: tuple[int, ...],
    rng: np.random.Generator,
    grey: float = 0.0,
    correlated: tuple[float, float] = (0.0, 0.0),
) -> Array:
    """Returns Gaussian noise [B, C, H, W] of standard deviation 1.

    A share `grey` of the pictures has the same in every channel, and each is blurred by its sigma.
    """
    values = rng.standard_normal(shape, dtype=np.float32)
    if grey:
        same = rng.random(shape[0]) < grey
        values[same] = values[same, :1]
    if correlated[1]:
        values = correlate(values, draw(correlated, shape[0], rng))
    return values


def correlate(values: Array, sigma: Array) -> Array:
    """White noise [B, C, H, W] blurred by a Gaussian of sigma [B] pixels, as strong as before.

    It is done around the edges, so that these are like the rest.
    """
    height, width = values.shape[-2:]
    squared = np.fft.fftfreq(height)[:, None] ** 2 + np.fft.rfftfreq(width) ** 2
    both = np.full(
        squared.shape[1],
        2.0,
        # a column of the half spectrum stands for two, but for the first and, in even widths, the
        # last
    )
    both[0], both[-1 if width % 2 == 0 else 0] = 1, 1
    result = np.empty_like(values)
    for i, pixels in enumerate(sigma):
        transfer = np.exp(-2 * (np.pi * pixels) ** 2 * squared)
        transfer /= np.sqrt((transfer**2 * both).sum() / (height * width))
        spectrum = np.fft.rfft2(values[i], norm="ortho")  # as in kernels.py
        result[i] = np.fft.irfft2(
            spectrum * transfer.astype(np.float32), s=(height, width), norm="ortho"
        )
    return result


def clip_and_round(image: Array) -> Array:
    """The image as an 8-bit file holds it: in [0, 1], in steps of 1/255."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.float32) / np.float32(255)
