"""Noise that grows with the light: shot and read noise, and the counting of electrons itself.

Shot and read noise are as in Brooks et al., CVPR 2019. The values are taken as they stand, as
light; on developed pictures this is the signal-dependent noise that their tone curve leaves,
roughly.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..contract import Array, Dial
from . import Degradation
from .arguments import Range, bounds, draw, share
from .noise import WIDEST, field


def shot_read(read: Range = (0.0, 0.1), grey: float = 0.0, correlated: Range = 0.0) -> Degradation:
    """Gaussian noise of variance s^2 ((1 - read) x + read) at the value x.

    Here s is its sigma at white. read: the share of the variance that does not depend on the light.
    grey, correlated: as in Noise.
    """
    correlation = bounds("correlated", correlated, 0, WIDEST)
    spoil = partial(
        _add_shot_read,
        read=bounds("read", read, 0, 1),
        grey=share("grey", grey),
        correlated=correlation,
    )
    return Degradation(
        Dial("shot", 0.0, 75.0, 25.0, "sigma at white in 8-bit steps"), spoil, neutral=0.0
    )


def poisson() -> Degradation:
    """Electrons counted one by one.

    At the value x, 255 x / gain of them are expected, so that the variance is 255 gain x, in
    squared 8-bit steps.
    """
    return Degradation(
        Dial("gain", 0.0, 20.0, 2.5, "8-bit steps for each electron"), _count_electrons, neutral=0.0
    )


def _add_shot_read(
    clean: Array,
    level: Array,
    rng: np.random.Generator,
    read: tuple[float, float],
    grey: float,
    correlated: tuple[float, float],
) -> Array:
    share = draw(read, clean.shape[0], rng)[:, None, None, None]
    spoiled = field(clean.shape, rng, grey, correlated)
    spoiled *= np.sqrt(np.maximum(clean, 0) * (1 - share) + share)
    spoiled *= np.asarray(level, np.float32) / 255
    spoiled += clean
    return spoiled


def _count_electrons(clean: Array, level: Array, rng: np.random.Generator) -> Array:
    """Each picture counts with a generator of its own.

    How many numbers a count uses up depends on the picture.
    """
    seeds = [int(rng.integers(2**63)) for _ in clean]
    gains = np.broadcast_to(np.asarray(level, np.float32) / 255, (clean.shape[0], *level.shape[1:]))
    spoiled = clean.copy()
    for picture, gain, seed in zip(spoiled, gains, seeds, strict=True):
        counted = np.random.default_rng(seed).poisson(
            np.maximum(picture, 0) / np.where(gain > 0, gain, 1)
        )
        np.copyto(picture, (counted * gain).astype(np.float32), where=gain > 0)
    return spoiled
