"""The noise of a camera's sensor, on raw planes, and as it looks in developed pictures.

Brooks et al., CVPR 2019: variance = shot x + read, where log read = 2.18 log shot + 1.20, give or
take 0.26. ISO stands for shot / 1e-6: the paper's 1e-4 to 0.012, found in photographs from phones,
are ISO 100 to 12000.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..contract import Array, Dial, pad_to_multiple
from ..ground.channels import LUMA
from . import Degradation
from .arguments import bounds, per_picture
from .paint import generators_for
from .raw import draw_metadata, process, unprocess

SHOT_PER_ISO = 1e-6
#: the deviation of log read between cameras
SPREAD = 0.26


def raw_noise(spread: float = SPREAD) -> Degradation:
    """Noise of packed raw planes, 0 for black and 1 for white; not clipped.

    The planes are as `raw.unprocess` gives them. spread: how much cameras differ in read noise.
    """
    return Degradation(
        _dial("raw_iso"),
        partial(_add_raw_noise, spread=bounds("spread", spread, 0, 2)[0]),
        neutral=0.0,
    )


def camera_noise(spread: float = SPREAD) -> Degradation:
    """What becomes of the noise of a sensor in a developed picture.

    Each picture is taken back to raw as some camera saw it, and developed with and without the
    noise. The noise is coloured, blotchy from interpolating colours, strong in shadows and weak in
    highlights. spread: as in RawNoise.
    """
    return Degradation(
        _dial("iso"),
        partial(_add_camera_noise, spread=bounds("spread", spread, 0, 2)[0]),
        neutral=0.0,
    )


def shot_and_read(iso: Array, spread: Array | float = 0.0) -> tuple[Array, Array]:
    """The two numbers of the noise model at that sensitivity; `spread` is added to log read.

    Both of the shape of `iso`, 0 where it is 0.
    """
    shot = np.asarray(iso, np.float32) * np.float32(SHOT_PER_ISO)
    read = np.where(shot > 0, np.exp(2.18 * np.log(np.maximum(shot, 1e-12)) + 1.20 + spread), 0)
    return shot, np.asarray(read, np.float32)


def variance(light: Array, shot: Array, read: Array) -> Array:
    """Returns the noise's variance where that much light falls.

    Of noisy light it is an estimate, which can be given to a network.
    """
    return np.asarray(shot * np.maximum(light, 0) + read, np.float32)


def _dial(name: str) -> Dial:
    return Dial(name, 0.0, 12800.0, 1600.0, "ISO, where 100 is hardly any noise")


def _add_raw_noise(clean: Array, level: Array, rng: np.random.Generator, spread: float) -> Array:
    """clean [B, C, h, w], level [B, 1, 1, 1] or [B, 1, h, w]."""
    noise = rng.standard_normal(clean.shape, dtype=np.float32)
    shot, read = shot_and_read(
        level, np.float32(spread) * rng.standard_normal((len(clean), 1, 1, 1), dtype=np.float32)
    )
    return np.asarray(clean + noise * np.sqrt(variance(clean, shot, read)), np.float32)


def _add_camera_noise(clean: Array, level: Array, rng: np.random.Generator, spread: float) -> Array:
    """clean [B, 1 or 3, H, W], level [B, 1, 1, 1]. A grey picture gets the luma of the noise."""
    iso = per_picture(level, len(clean), "iso")[:, None, None, None]
    own = generators_for(len(clean), rng)
    even = pad_to_multiple(np.repeat(clean, 3, 1) if clean.shape[1] == 1 else clean, 2)
    metadata = [draw_metadata(each) for each in own]
    raw = unprocess(even, metadata)
    noisy = np.concatenate(
        [_add_raw_noise(raw[i : i + 1], iso[i : i + 1], each, spread) for i, each in enumerate(own)]
    )
    developed = (process(noisy, metadata) - process(raw, metadata))[
        ..., : clean.shape[2], : clean.shape[3]
    ]
    change = np.tensordot(LUMA, developed, (0, 1))[:, None] if clean.shape[1] == 1 else developed
    return np.asarray(clean + change, np.float32)
