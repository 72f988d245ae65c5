"""A mosaic's light without its noise, by something that takes white noise off grey pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...contract import Array
from ...ground.planes import mean
from .packed import Beginning, packed, unpacked
from .sensor import SensorNoise
from .stable import light_of, stable

#: takes noise off a plane [h, w] in 0..1, told its sigma in steps of 255
Denoise = Callable[[Array, float], Array]
#: where packing begins, one after another; what comes of each is averaged
BEGINNINGS: tuple[Beginning, ...] = ((0, 0), (1, 1))
#: so much of the noise is told. Planes have every other sample alone, whose fine detail looks like
#: noise: told all, a network takes some of it along
TOLD = 0.85
#: nearby is so many pixels to each side: for a mean, and for a strength; up to which strength it
#: may be noise by chance
WIDE, NEAR, CHANCE = 15, 4, 1.2
#: a sample that was full stays full where what is left of it is less than so many sigma below
FULL = 2.0


def denoised(
    light: Array,
    noise: SensorNoise,
    by: Denoise,
    beginnings: Sequence[Beginning] = BEGINNINGS,
) -> Array:
    """The light [H, W] on a sensor behind a Bayer filter, 0 for black and 1 for full, without that
    noise. What was full stays full, so that highlights keep their colour.
    """
    low, high = map(float, stable(np.array([0, 1], np.float32), noise))
    tones = stable(light, noise)
    total = np.zeros_like(tones)
    for beginning in beginnings:
        planes = _restored(packed(tones, beginning), high - low, by)
        total += unpacked(planes, tones.shape, beginning)
    clean = total / np.float32(len(beginnings))
    back = np.stack([_detail(taken) for taken in packed(tones - clean)])
    after = light_of(clean + unpacked(back, tones.shape), noise)
    full = (light >= 1) & (after > 1 - FULL * np.sqrt(noise.variance(1.0)))
    return np.where(full, light, after)


def _restored(planes: Array, span: float, by: Denoise) -> Array:
    """Planes [4, h, w], whose noise has a sigma of 1, without it.

    They are turned into four others, of which the first has what all have in common and the last
    ones hardly more than noise: so what four samples know of one detail counts together. To turn
    them changes nothing of the noise. span: from the lowest to the highest value that they are
    shown with.
    """
    axes = principal(planes)
    turned = np.tensordot(axes, planes, 1)
    for plane in turned:
        middle = float(np.median(plane))
        shown = (plane - np.float32(middle)) / np.float32(span) + np.float32(0.5)
        restored = by(shown, TOLD * 255 / span)
        plane[...] = (restored - np.float32(0.5)) * np.float32(span) + np.float32(middle)
    return np.asarray(np.tensordot(axes.T, turned, 1), np.float32)


def _detail(taken: Array) -> Array:
    """What of all that was taken from a plane [h, w] is no noise of a sigma of 1, and is put back.

    Noise has no mean, and no place where it is stronger. So its mean nearby is put back, and of the
    rest the share by which it is stronger than noise is, as Wiener's filter would.
    """
    offset = mean(taken, WIDE)
    apart = taken - offset
    strength = np.maximum(mean(np.square(apart), NEAR), np.float32(CHANCE))
    share = (strength - np.float32(CHANCE)) / strength
    return np.asarray(offset + share * apart, np.float32)


def principal(planes: Array) -> Array:
    """The principal axes [4, 4] of planes [4, h, w], orthonormal, the longest first."""
    flat = planes.reshape(len(planes), -1)
    apart = flat - flat.mean(1, keepdims=True, dtype=np.float64).astype(np.float32)
    _, axes = np.linalg.eigh((apart @ apart.T).astype(np.float64))
    return np.asarray(axes.T[::-1], np.float32)
