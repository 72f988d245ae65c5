"""Which pixels are dirty: where infrared is darker than its noise and all else explains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....contract import Array
from ....ground.planes import blurred, highest
from ....ground.regions import Region
from .planes import steepness

#: dirt takes away this share of the light, or more
FAINT = 0.04
#: beyond so many standard deviations of the noise a pixel is dirty, and so is one beside it that
#: lies beyond so many
SURE, LIKELY = 5.0, 2.5
#: dirt that is large and thin is found in means: blurs by 1, 2, 1, so many of them
BLURS = (0, 1, 4)
#: beside something dense, what is this share of its square is the blur of it alone
BESIDE = 0.3
#: and so is what has this share of its surroundings, or less
OWN = 0.5
#: so many pixels from what is sure, at the most
FURTHEST = 12
#: the noise is measured apart for so many classes of expected density, and where what leaks is
#: steeper than each of these, in density from a pixel to the next
DENSITIES = 12
STEEP = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
CLASSES = DENSITIES * (len(STEEP) + 1)
#: pixels that it is measured on, and of a class, at the least
SAMPLE, FEW = 400_000, 50
#: shares of the pixels, and how many standard deviations below the middle these lie
TAILS = ((0.16, 1.0), (0.023, 2.0), (0.005, 2.58))
#: the noise of a class is this share of the noise of all, or more
LEAST = 0.4

Classes = NDArray[np.int64]


def seen(rest: Array, expected: Array, leaked: Array) -> tuple[Region, Array]:
    """The dirty pixels [H, W], and the noise of the share of the light that infrared has lost.

    rest: density of infrared over that of clear film. expected: that of clear film. leaked: how
    much of it is the picture. All are [H, W].
    """
    lost: Array = 1 - np.exp(-rest)
    classes = _classes(expected, leaked)
    noise = noise_of(lost, classes)
    sure = np.zeros(lost.shape, bool)
    for times in BLURS:
        mean = blurred(lost, times)
        limits = noise if times == 0 else noise_of(mean, classes)
        sure |= mean > np.maximum(SURE * limits, FAINT)
        if times == 1:
            likely = mean > np.maximum(LIKELY * limits, FAINT)
            likely &= mean > BESIDE * highest(mean, 2) ** 2
            likely &= lost > np.maximum(noise, OWN * mean)
            enough = mean > FAINT
    found = _grown(sure & likely, likely)
    for _ in range(2):
        found |= _surrounded(found) & enough
    return found, noise


def noise_of(values: Array, classes: Classes) -> Array:
    """The noise of values [H, W], as their standard deviation, of each class for itself.

    What lies below the middle tells it, since dirt lies above, however much there is of it.
    """
    step = max(1, values.size // SAMPLE)
    some = values.ravel()[::step]
    of = classes.ravel()[::step]
    order = np.argsort(of, kind="stable")
    ends = np.searchsorted(of[order], np.arange(CLASSES + 1))
    middle = float(np.median(some))
    usual = _deviation(some, middle)
    table = np.full(CLASSES, usual, np.float32)
    for number in range(CLASSES):
        part = some[order[ends[number] : ends[number + 1]]]
        if len(part) >= FEW:
            # Where dirt is most of a class, it does not tell.
            table[number] = max(_deviation(part, middle), LEAST * usual)
    return table[classes]


def _deviation(values: Array, middle: float) -> float:
    below = middle - np.quantile(values, [share for share, _ in TAILS])
    return float(np.max(below / [deviations for _, deviations in TAILS]))


def _classes(expected: Array, leaked: Array) -> Classes:
    """The class of each pixel, by its expected density and by how steep what leaks is there."""
    steep = steepness(leaked)
    few = (slice(None, None, 3), slice(None, None, 3))
    levels = np.quantile(expected[few], np.arange(1, DENSITIES) / DENSITIES)
    return np.searchsorted(levels, expected) * (len(STEEP) + 1) + np.searchsorted(STEEP, steep)


def _grown(sure: Region, likely: Region) -> Region:
    """What is sure, and what is likely and hangs on it."""
    found = sure
    for _ in range(FURTHEST):
        before = np.count_nonzero(found)
        wide = np.pad(found, 1)
        tall = wide[:, :-2] | wide[:, 1:-1] | wide[:, 2:]
        found = (tall[:-2] | tall[1:-1] | tall[2:]) & likely
        if np.count_nonzero(found) == before:
            break
    return found


def _surrounded(found: Region) -> Region:
    """The pixels of which, with their eight neighbours, at least six are found."""
    wide = np.pad(found, 1).astype(np.int8)
    tall = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    most: Region = tall[:-2] + tall[1:-1] + tall[2:] >= 6
    return most
