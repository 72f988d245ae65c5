"""A picture's colours made even: the same mean and spread, whatever picture it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..contract import Array

#: the mean and the deviation, in every direction of colour, of what comes out
MEAN, SPREAD = 0.5, 0.2
#: nothing that comes out is further than this from the mean
FURTHEST = 0.5
#: a direction of colour that varies less than this, as in a nearly grey picture, stays weak
LEAST = 0.05
#: pixels that are summed at once
MANY = 1 << 20

Values = NDArray[np.float64]


def evened(images: Array) -> Array:
    """The images [B, 3, H, W], each with a mean near 0.5 and a deviation near 0.2 in every colour.

    Its colours are taken to where they have no correlation, by the symmetric one of all such
    matrices, which moves them least (Kessy, Lewin and Strimmer, 2018). A direction in which they
    hardly vary is not blown up to the strength of the others. What is far from the mean, such as
    one lamp at night, is drawn in, so that all of it lies in [0, 1].
    """
    return np.stack([_evened(image) for image in images])


def statistics(image: Array) -> tuple[Values, Values]:
    """The mean [3] and the covariance [3, 3] of the colours of an image [3, H, W]."""
    colours = image.reshape(3, -1)
    mean = colours.mean(1, dtype=np.float64)
    # Of a large picture all pixels are too many for one product in float64.
    square = np.zeros((3, 3))
    for part in np.array_split(colours, max(1, colours.shape[1] // MANY), axis=1):
        centred = part - mean[:, None]
        square += centred @ centred.T
    return mean, square / colours.shape[1]


def _evened(image: Array) -> Array:
    colours = image.reshape(3, -1)
    mean, covariance = statistics(image)
    values, vectors = np.linalg.eigh(covariance)
    strength = SPREAD / np.sqrt(np.maximum(values, 0) + LEAST**2)
    matrix = vectors * strength @ vectors.T
    shift = -(matrix @ mean)
    result = matrix.astype(np.float32) @ colours + shift[:, None].astype(np.float32)
    drawn = MEAN + FURTHEST * np.tanh(result / FURTHEST)
    return np.asarray(drawn.reshape(image.shape), np.float32)
