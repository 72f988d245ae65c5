"""Gaussian noise, as float or as real files hold it: clipped to [0, 1] and rounded to 8 bits."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..contract import Array, Dial
from ..errors import UsageError
from . import Degradation


def noise(low: float = 0.0, high: float = 75.0, default: float = 25.0, clip: float = 0.0) -> Degradation:
    """White Gaussian noise, independent in every channel, of sigma low..high in 8-bit steps. clip: the share of pictures, 0..1, clipped and rounded."""
    if not 0 <= clip <= 1:
        raise UsageError(f"clip={clip:g} is out of range: the share of pictures that are clipped and rounded, from 0 to 1")
    return Degradation(Dial("noise", low, high, default, "sigma in 8-bit steps"), partial(add_noise, clip=clip), neutral=None if clip else 0.0)


def add_noise(clean: Array, level: Array, rng: np.random.Generator, clip: float = 0.0) -> Array:
    """clean [B, C, H, W] and noise of sigma `level` (8-bit steps), [B, 1, 1, 1] or [B, 1, H, W]. A share `clip` of the pictures is clipped and rounded."""
    spoiled = rng.standard_normal(clean.shape, dtype=np.float32)
    as_file = np.less(rng.random(clean.shape[0]), clip)
    spoiled *= np.asarray(level, np.float32) / 255
    spoiled += clean
    if as_file.any():
        spoiled[as_file] = clip_and_round(spoiled[as_file])
    return spoiled


def clip_and_round(image: Array) -> Array:
    """The image as an 8-bit file holds it: in [0, 1], in steps of 1/255."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.float32) / np.float32(255)
