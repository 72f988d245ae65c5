"""Tones: other tones and colours for the same picture, as other films, prints and years have them.

It is for training alone. Six hundred photographs are few; with their tones drawn anew each time,
a network that has to tell dirt from picture cannot know them by heart.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..contract import Array, Dial
from ..ground.channels import to_channels
from . import Degradation
from .arguments import per_picture, share

#: standard deviation of the logarithm of the gamma that all channels have, at level 1
GAMMA = 0.4
#: and of each channel's own, which makes a cast of its colours
CAST = 0.2
#: how much of the range faded blacks, and yellowed whites, take at the most
FADED = 0.25
#: the colours at level 1 are from so many times as strong ...
WEAKEST = 0.2
#: ... to so many times
STRONGEST = 1.6


def tones(negative: float = 0.0) -> Degradation:
    """A gamma and a cast, faded blacks and whites, weaker or stronger colours; clipped to 0..1.

    negative: the share of the pictures that are turned into their negatives, at any level.
    """
    dial = Dial("tones", 0.0, 1.0, 0.5, "0 as they are to 1 for very much others")
    turned = share("negative", negative)
    return Degradation(dial, partial(_toned, name=dial.name, negative=turned), neutral=0.0)


def _toned(
    clean: Array, level: Array, rng: np.random.Generator, name: str, negative: float
) -> Array:
    """clean [B, 1 or 3, H, W], level [B, 1, 1, 1]."""
    count = len(clean)
    channels = clean.shape[1]
    amount = per_picture(level, count, name)[:, None, None, None]
    gamma = rng.standard_normal((count, 1, 1, 1), np.float32)
    cast = rng.standard_normal((count, 3, 1, 1), np.float32)[:, :channels]
    black = rng.random((count, 3, 1, 1), np.float32)[:, :channels]
    white = rng.random((count, 3, 1, 1), np.float32)[:, :channels]
    colour = rng.uniform(WEAKEST, STRONGEST, (count, 1, 1, 1)).astype(np.float32)
    upside_down = rng.random((count, 1, 1, 1)) < negative

    image = np.clip(clean, 0, 1) ** np.exp(amount * (GAMMA * gamma + CAST * cast))
    if channels == 3:
        plain = to_channels(image, 1)
        image = plain + (image - plain) * (1 + amount * (colour - 1))
    low = FADED * amount * black
    image = np.clip(low + (1 - low - FADED * amount * white) * image, 0, 1)
    image = np.where(upside_down, 1 - image, image)
    return np.where(amount == 0, clean, image).astype(np.float32, copy=False)
