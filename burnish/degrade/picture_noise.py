"""Noise as it lies in pictures that were saved: by cameras, telephones and scanners, and on film.

What a camera does after its sensor changes the noise: luma is smoothed by interpolating colours and
sometimes sharpened again, and chroma is smoothed over many pixels, so that it is weaker than luma
and blotchy. Each kind below is a range of such noise, found from pairs of photographs with a clean
side; `python -m benchmarks.noise_spectra` prints its spectrum beside theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..contract import Array, Dial
from ..errors import UsageError
from ..ground.channels import LUMA
from . import Degradation

#: from Y, Cb, Cr to red, green, blue: ITU-R BT.601
FROM_LUMA_CHROMA = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]], np.float32)
Bounds = tuple[float, float]


@dataclass(frozen=True)
class Texture:
    """How coarse a field of noise is: two Gaussian blurs of white noise, mixed by their power.

    Every field is a range from which one number is drawn for each picture.
    """

    #: sigma of the finer blur, in pixels
    fine: Bounds
    #: sigma of the coarser blur, in pixels
    coarse: Bounds
    #: the coarser one's share of the noise's power, 0..1
    share: Bounds


@dataclass(frozen=True)
class Kind:
    """One kind of noise: the textures of luma and chroma, and how strong they are."""

    luma: Texture
    chroma: Texture
    #: standard deviation of Cb and of Cr, each drawn by itself, as a share of luma's
    ratio: Bounds
    #: how much is added of what a blur of one pixel takes away from luma, 0 for none
    sharpened: Bounds
    #: the share of the pictures that are sharpened
    sharpening: float
    #: names in TONES, one of which is drawn for each picture
    tones: tuple[str, ...]
    #: how strong the noise is where the picture is flat, as a share of what it is in texture:
    #: cameras smooth what they take for flat
    flat: Bounds = (1.0, 1.0)


#: how strong noise is at a brightness in [0, 1]
TONES: dict[str, Callable[[Array], Array]] = {
    "even": np.ones_like,
    "shadows": lambda tone: np.sqrt(1 - 0.9 * tone),
    "light": lambda tone: np.sqrt(0.05 + 0.95 * tone),
    "middle": lambda tone: np.sqrt(0.05 + 3.8 * tone * (1 - tone)),
}
EVERY_TONE = tuple(TONES)

KINDS = {
    "camera": Kind(
        luma=Texture((0.42, 0.88), (2, 10), (0, 0.2)),
        chroma=Texture((0.9, 2.4), (2.5, 10), (0.05, 0.9)),
        ratio=(0.2, 0.95),
        sharpened=(0.3, 1.2),
        sharpening=0.25,
        tones=EVERY_TONE,
        flat=(0.3, 1.1),
    ),
    "phone": Kind(
        luma=Texture((0.6, 1.5), (2, 8), (0, 0.4)),
        chroma=Texture((2, 5), (4, 12), (0.2, 0.9)),
        ratio=(0.1, 0.5),
        sharpened=(0.8, 2.5),
        sharpening=0.8,
        tones=EVERY_TONE,
        flat=(0.2, 1.0),
    ),
    # noise of every colour by itself, as a scanner adds it
    "scan": Kind(
        luma=Texture((0.2, 1.0), (1, 3), (0, 0.3)),
        chroma=Texture((0.2, 1.0), (1, 3), (0, 0.3)),
        ratio=(0.6, 0.9),
        sharpened=(0.3, 1.5),
        sharpening=0.3,
        tones=("even", "shadows"),
    ),
    # silver or dye clouds, strongest in the middle tones
    "film": Kind(
        luma=Texture((0.4, 1.6), (1.5, 4), (0, 0.4)),
        chroma=Texture((0.5, 1.6), (1.5, 4), (0, 0.5)),
        ratio=(0, 0.6),
        sharpened=(0.3, 1.0),
        sharpening=0.2,
        tones=("middle", "shadows"),
    ),
}
#: a picture whose mean step from pixel to pixel is this, in [0, 1], is half-way from flat to
#: texture, looked at over so many pixels
FLAT, AROUND = 6 / 255, 9
#: what each kind weighs where nothing is said
WEIGHTS = {"camera": 0.6, "phone": 0.15, "scan": 0.15, "film": 0.1}


def picture_noise(kinds: Mapping[str, float] = WEIGHTS) -> Degradation:
    """Noise of pictures as they are saved, before compression; its dial is its RMS.

    kinds: how often each of camera, phone, scan and film is drawn, in proportion to the others.
    """
    unknown = [name for name in kinds if name not in KINDS]
    if unknown:
        raise UsageError(f"kinds: there is no {unknown[0]!r}; the choices: {', '.join(KINDS)}")
    if not kinds or min(kinds.values()) < 0 or not sum(kinds.values()) > 0:
        raise UsageError("kinds wants shares from 0 on, one of them above 0")
    dial = Dial("rms", 0.0, 75.0, 5.0, "RMS in 8-bit steps")
    return Degradation(dial, partial(_add, kinds=dict(kinds)), neutral=0.0)


def _add(clean: Array, level: Array, rng: np.random.Generator, kinds: Mapping[str, float]) -> Array:
    """clean [B, 1 or 3, H, W], level [B, 1, 1, 1] or [B, 1, H, W] -> the picture with noise."""
    shares = np.array(list(kinds.values())) / sum(kinds.values())
    drawn = rng.choice(list(kinds), len(clean), p=shares)
    levels = np.broadcast_to(np.asarray(level, np.float32), (len(clean), *level.shape[1:]))
    spoiled = np.empty_like(clean)
    for i, picture in enumerate(clean):
        kind = KINDS[drawn[i]]
        noise = field(kind, len(picture), picture.shape[1:], rng)
        noise *= _strength(picture, rng.choice(kind.tones), rng.uniform(*kind.flat))
        spoiled[i] = picture + noise * (levels[i] / 255)
    return spoiled


def field(kind: Kind, channels: int, size: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Noise of that kind with an expected RMS of 1 over its channels, [1 or 3, H, W]."""
    sharpened = rng.uniform(*kind.sharpened) if rng.random() < kind.sharpening else 0.0
    transfers = [_transfer(kind.luma, size, rng, sharpened)]
    strengths = np.array([1.0, *rng.uniform(*kind.ratio, 2)], np.float32)
    transfers += [_transfer(kind.chroma, size, rng)] * 2
    white = rng.standard_normal((3, *size), dtype=np.float32)
    spectrum = np.fft.rfft2(white[:channels], norm="ortho")
    spectrum *= np.stack(transfers[:channels])
    parts = np.fft.irfft2(spectrum, s=size, norm="ortho").astype(np.float32)
    if channels == 1:
        return parts
    mix = FROM_LUMA_CHROMA * strengths
    mix /= np.sqrt((mix**2).sum() / 3)  # the mean power of red, green and blue
    return np.tensordot(mix, parts, 1).astype(np.float32)


def _transfer(
    texture: Texture, size: tuple[int, ...], rng: np.random.Generator, sharpened: float = 0.0
) -> NDArray[np.float32]:
    """What the half spectrum of white noise is multiplied by; the noise's power stays 1."""
    height, width = size
    squared = np.fft.fftfreq(height)[:, None] ** 2 + np.fft.rfftfreq(width) ** 2
    # a column of the half spectrum stands for two, but for the first and, in even widths, the last
    both = np.full(squared.shape[1], 2.0)
    both[0] = 1
    if width % 2 == 0:
        both[-1] = 1
    share = rng.uniform(*texture.share)
    power = np.zeros_like(squared)
    for weight, sigma in ((1 - share, texture.fine), (share, texture.coarse)):
        part = np.exp(-4 * (np.pi * rng.uniform(*sigma)) ** 2 * squared)
        power += weight * part / ((part * both).sum() / (height * width))
    if sharpened:
        power *= (1 + sharpened * (1 - np.exp(-2 * np.pi**2 * squared))) ** 2
        power /= (power * both).sum() / (height * width)
    return np.sqrt(power).astype(np.float32)


def _strength(picture: Array, tone: str, flat: float) -> Array:
    """How strong the noise is at each pixel, with a mean square of 1. [1, H, W]"""
    luma = picture if len(picture) == 1 else np.tensordot(LUMA, picture, 1)[None]
    strength = TONES[tone](np.clip(luma, 0, 1))
    if flat != 1:
        strength = strength * (flat + (1 - flat) * _activity(luma))
    return np.asarray(strength / np.sqrt((strength**2).mean()), np.float32)


def _activity(luma: Array) -> Array:
    """0 where the picture is flat, near 1 in texture and at edges. [1, H, W]"""
    plane = luma[0]
    steps = np.abs(np.diff(plane, axis=0, append=plane[-1:]))
    steps += np.abs(np.diff(plane, axis=1, append=plane[:, -1:]))
    around = _box(_box(steps, 0), 1)
    return np.asarray(around / (around + FLAT), np.float32)[None]


def _box(plane: Array, axis: int) -> Array:
    """The mean over AROUND pixels along an axis; edges are repeated."""
    before = (AROUND - 1) // 2
    width = [(0, 0), (0, 0)]
    width[axis] = (before + 1, AROUND - 1 - before)
    sums = np.cumsum(np.pad(plane, width, mode="edge"), axis, dtype=np.float64)
    ends = np.take(sums, range(AROUND, sums.shape[axis]), axis)
    starts = np.take(sums, range(sums.shape[axis] - AROUND), axis)
    return np.asarray((ends - starts) / AROUND, np.float32)
