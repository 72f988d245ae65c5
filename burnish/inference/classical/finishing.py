"""Finishing: an unsharp mask, contrast and grain, as steps before or behind a model in a chain.

A step is a filter, so that it is a model to everybody else. What a person turns is its dial, an
amount that may be a map; what kind it is stands in its arguments: `sharpen:radius=2`. At 0 each
gives the picture back exactly.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ...contract import Array, Contract, Dial
from ...degrade.grain import laid_over
from ...degrade.noise import WIDEST, field
from ...ground.channels import to_channels
from ...ground.planes import gaussian
from . import Filter, number, whole

#: how many sigmas of the Gaussian blur are kept
SIGMAS = 3.0


def sharpen(radius: float = 1.0, threshold: float = 0.0, channels: int = 3) -> Filter:
    """Adds what a Gaussian blur takes away from the brightness: an unsharp mask.

    radius: sigma of the blur in pixels. threshold: in 8-bit steps, by so much less is added, and
    nothing of what is smaller, such as noise. The dial says how much of it is added, in percent.
    Colours stay, since all channels get the same; every number of channels but 3 is sharpened one
    by one.
    """
    sigma = number("radius", radius, 0.3, 10)
    least = np.float32(number("threshold", threshold, 0, 50) / 255)
    dial = Dial("sharpen", 0, 300, 40, "percent of what a blur takes away is added")
    card = _card(
        "sharpens edges: an unsharp mask",
        "of the darkroom; Scarff, Quantification of the unsharp masking technique of image "
        "enhancement, Rochester Institute of Technology, 1981",
    )
    reach = math.ceil(SIGMAS * sigma)
    return Filter(
        _contract(channels, reach, dial), partial(_sharpen, sigma=sigma, least=least), card
    )


def _sharpen(image: Array, level: Array | None, *, sigma: float, least: np.float32) -> Array:
    amount = _amount(level, 1 / 100)
    bright = to_channels(image, 1) if image.shape[1] == 3 else image
    lost = np.empty_like(bright)
    for planes, fine in zip(bright, lost, strict=True):
        for plane, left in zip(planes, fine, strict=True):
            np.subtract(plane, gaussian(plane, sigma, math.ceil(SIGMAS * sigma)), out=left)
    if least:
        lost -= lost.clip(-least, least)
    lost *= amount
    return image + lost


def contrast(channels: int = 3) -> Filter:
    """Makes the middle tones steeper, or flatter, by an S-curve; black, white and grey stay.

    The dial says by how much, in percent: 50 is x * x * (3 - 2 * x). Each channel goes through the
    curve, so that colours grow stronger with contrast, as in film and in other programs.
    """
    dial = Dial("contrast", -50, 50, 15, "percent by which middle tones are steeper")
    card = _card("makes contrast stronger or weaker: an S-curve", "a cubic between black and white")
    return Filter(_contract(channels, 0, dial), _contrast, card)


def _contrast(image: Array, level: Array | None) -> Array:
    inside = image.clip(0, 1)
    change = inside * (1 - inside)
    change *= 2 * inside - 1
    change *= _amount(level, 2 / 100)
    change += image
    return np.asarray(change, np.float32)


def grain(size: float = 0.6, seed: int = 0, channels: int = 3) -> Filter:
    """Lays grain of black-and-white film over the picture: most in the middle tones.

    size: sigma in pixels of the blur that makes it coarse. seed: which grain; the same seed gives
    the same grain on every picture of a size. The dial says how strong it is.
    """
    coarse = number("size", size, 0, WIDEST)
    drawn = whole("seed", seed, 0, 2**32 - 1)
    dial = Dial("grain", 0, 50, 6, "sigma in the middle tones in 8-bit steps")
    card = _card("lays film grain over the picture", "as `burnish spoil -d grain=` has it")
    run = partial(_grain, size=coarse, seed=drawn)
    return Filter(_contract(channels, None, dial), run, card)


def _grain(image: Array, level: Array | None, *, size: float, seed: int) -> Array:
    # The same for every picture of a batch, so that each is as it would be alone.
    rng = np.random.default_rng(seed)
    values = field((1, 1, *image.shape[-2:]), rng, correlated=(size, size))
    return laid_over(image, values, _amount(level, 1))


def _contract(channels: int, reach: int | None, dial: Dial) -> Contract:
    """The contract of a step. Its level is one for each pixel, so that a chain takes maps."""
    count = whole("channels", channels, 1, 16)
    return Contract(count, count, reach=reach, level="pixel", identity=(0.0,), dials=(dial,))


def _card(task: str, source: str) -> dict[str, Any]:
    return {
        "task": task,
        "source": source,
        "library": "NumPy",
        "licence": "Apache-2.0 (Burnish)",
        "bytes_per_pixel": 60,
    }


def _amount(level: Array | None, unit: float) -> Array:
    """The one dial's settings, [B, 1, H, W] or [B, 1, 1, 1], times a unit."""
    return np.asarray(level, np.float32) * np.float32(unit)
