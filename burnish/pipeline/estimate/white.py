"""White noise: the sigma of Gaussian noise, from the smallest eigenvalues of a picture's patches'
covariance, since texture fills only some directions. Exact for white noise, and near 0 for noise
that is correlated from pixel to pixel, which leaves some directions without any.

Chen, Zhu, Heng, "An efficient statistical method for image noise level estimation", ICCV 2015
(which eigenvalues are noise alone); Liu, Tanaka, Okutomi, "Single-image noise level estimation for
blind denoising", 2013 (patches of weak texture). What clipping to 0..255 takes from the noise is
put back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...errors import NonFiniteInput
from ...ground.channels import BT601
from ...ground.planes import Planes, ends
from .quantiles import median, quantile

Figures = NDArray[np.float64]

#: as many patches are looked at, on an even grid over the picture; fewer than this for each of
#: their dimensions say nothing
MOST_PATCHES = 50_000
LEAST_PER_DIMENSION = 10
#: of a clipped picture: patches whose means lie this many sigma inside 0..255, and at least this
#: share of all
MARGIN = 2.0
LEAST_SHARE = 0.2
#: a patch is weakly textured when its gradients are no stronger than those of 99 % of patches of
#: noise alone
QUANTILE = 2.33
ROUNDS = 12
#: rows in a product of matrices: small ones run on one thread, where BLAS's threads would wait for
#: each other on a busy machine (50 times slower)
BLOCK = 40


@dataclass(frozen=True)
class _Patches:
    """Patches in 8-bit steps: K planes of C channels, each patch of a plane with D pixels.

    values [N, K, D]; shares [K, C]: how much of each channel's noise variance is in a plane's;
    means [N, C]: of the channels; texture [N]: gradient energy, 1 where it is the most that noise
    of sigma 1 would show, or None where all patches count.
    """

    values: Array
    shares: Figures
    means: Array
    texture: Array | None


def white_noise(image: Planes, most: int = MOST_PATCHES) -> float:
    """The sigma, in 8-bit steps, of the white noise of a whole picture [1, 1 or 3, H, W], float
    noise or clipped to [0, 1], by about `most` patches; NonFiniteInput.

    0.0 for a constant picture and for one too small to tell (below some 12x12). A clean photograph
    gives about 1.
    """
    lowest, highest = ends(image)
    if not math.isfinite(lowest + highest):
        raise NonFiniteInput(
            "the noise of a picture with NaN or infinity in it cannot be estimated"
        )
    clipped = lowest >= 0 and highest <= 1
    by = _brightness if image.shape[1] == 1 else _all_channels
    patches = by(image, most)
    return _sigma(patches, clipped)


def _all_channels(image: Planes, most: int) -> _Patches:
    patches, means = _cut(image, 5, most)
    return _Patches(patches, np.eye(image.shape[1]), means, None)


def _brightness(image: Planes, most: int) -> _Patches:
    weights = np.array(BT601) if image.shape[1] == 3 else np.ones(1)
    patches, means = _cut(image, 7, most)
    values = np.einsum("ncd,c->nd", patches, weights.astype(np.float32))
    return _Patches(values[:, None], weights[None] ** 2, means, _texture(values))


def _cut(image: Planes, size: int, most: int) -> tuple[Array, Array]:
    """About `most` patches [N, C, size * size] on an even grid, and their means [N, C]; smaller
    ones from small pictures, none from tiny ones.
    """
    _, channels, height, width = image.shape
    while (
        size > 3
        and max(height - size + 1, 0) * max(width - size + 1, 0)
        < LEAST_PER_DIMENSION * channels * size**2
    ):
        size -= 2
    if min(height, width) < size:
        return np.empty((0, channels, size**2), np.float32), np.empty((0, channels), np.float32)
    step = (
        math.ceil(math.sqrt((height - size + 1) * (width - size + 1) / most)) | 1
    )  # odd, or it would meet JPEG's blocks always at one place
    down, across = (-(-(side - size + 1) // step) for side in (height, width))
    windows = np.empty((down, across, channels, size, size), np.float32)
    for y, x in np.ndindex(size, size):
        bottom, right = height - size + 1 + y, width - size + 1 + x
        seen = image[0, :, y:bottom:step, x:right:step]
        windows[..., y, x] = np.moveaxis(seen, 0, -1)
    windows *= np.float32(255)
    patches = windows.reshape(-1, channels, size**2)
    return patches, patches.mean(2)


def _sigma(patches: _Patches, clipped: bool) -> float:
    """Estimates, chooses the patches that suit the estimate, and again, until it stands; 0 where
    there are too few.
    """
    least = LEAST_PER_DIMENSION * patches.values[:1].size
    if len(patches.values) < max(least, 1):
        return 0.0
    distance = np.abs(patches.means - 127.5).max(1)
    chosen = distance <= (median(distance) if clipped else np.inf)
    nearest = float(quantile(distance, LEAST_SHARE))
    # of a variance of 1, in each plane of each patch
    visible = np.broadcast_to(patches.shares.sum(1), patches.values.shape[:2])
    sigma = 0.0
    for _ in range(ROUNDS):
        before = sigma
        whole = patches.values[chosen]
        whole /= np.sqrt(visible[chosen, :, None], dtype=np.float32)
        sigma = math.sqrt(noise_variance(whole))
        if abs(sigma - before) <= 0.005 * sigma:
            break
        if clipped:
            visible = np.einsum("nc,kc->nk", _visible(sigma, patches.means), patches.shares)
        suits = distance <= (max(nearest, 127.5 - MARGIN * sigma) if clipped else np.inf)
        if patches.texture is not None:
            suits = suits & (patches.texture <= sigma**2 * visible[:, 0])
        if suits.sum() < least:
            break
        chosen = suits
    return sigma


def noise_variance(values: Array) -> float:
    """Of the covariance's eigenvalues the smallest whose mean and median agree: those that hold
    noise alone; their mean. values [N, K, D]
    """
    centred = np.zeros((-(-len(values) // BLOCK), BLOCK, values[0].size), np.float32)
    there = centred.reshape(-1, *values.shape[1:])[: len(values)]
    np.subtract(values, values.mean(0), out=there)
    covariance = (centred.transpose(0, 2, 1) @ centred).sum(0, dtype=np.float64) / len(values)
    eigenvalues = np.linalg.eigvalsh(covariance)
    counts = np.arange(1, len(eigenvalues) + 1)
    means = np.cumsum(eigenvalues) / counts
    medians = (eigenvalues[(counts - 1) // 2] + eigenvalues[counts // 2]) / 2
    agree = np.flatnonzero(means <= medians)
    return max(float(means[agree[-1]]), 0.0)


def _texture(values: Array) -> Array:
    """Gradient energy of patches [N, P * P] over its upper quantile for noise of sigma 1: a
    quadratic form, so nearly gamma distributed.
    """
    size = math.isqrt(values.shape[1])
    patches = values.reshape(-1, size, size)
    energy = np.square(np.diff(patches, axis=1)).sum((1, 2)) + np.square(
        np.diff(patches, axis=2)
    ).sum((1, 2))
    chain = 2 * np.eye(size) - np.eye(size, k=1) - np.eye(size, k=-1)
    chain[0, 0] = chain[-1, -1] = 1
    form = np.kron(chain, np.eye(size)) + np.kron(np.eye(size), chain)
    mean, variance = np.trace(form), 2 * np.square(form).sum()
    shape = mean**2 / variance
    quantile = (
        mean * (1 - 1 / (9 * shape) + QUANTILE / (3 * math.sqrt(shape))) ** 3
    )  # Wilson, Hilferty 1931
    return np.asarray(energy / quantile, np.float32)


def _visible(sigma: float, means: Array) -> Figures:
    """The share of the noise's variance that clipping to 0..255 leaves where the clipped values
    have these means.

    Of their shape.
    """
    if sigma == 0:
        return np.ones(means.shape)
    clean = np.linspace(0, 255, 256)
    shift, variance = _clipped_normal(-clean / sigma, (255 - clean) / sigma)
    return np.interp(means, clean + sigma * shift, variance)


def _clipped_normal(low: Figures, high: Figures) -> tuple[Figures, Figures]:
    """Mean and variance of a standard normal that is clipped to low..high, with low <= 0 <=
    high.
    """
    below, above = _tail(-low), _tail(high)
    density_low, density_high = (np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi) for x in (low, high))
    mean = density_low - density_high + low * below + high * above
    second = (
        1
        - below
        - above
        + low * density_low
        - high * density_high
        + low * low * below
        + high * high * above
    )
    return mean, second - mean * mean


def _tail(x: Figures) -> Figures:
    """The probability that a standard normal lies above x."""
    return np.array([0.5 * math.erfc(value / math.sqrt(2)) for value in x])
