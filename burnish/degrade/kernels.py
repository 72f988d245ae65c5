"""Blur kernels, and the convolution of each picture of a batch with its own.

Kernels are [K, K] with odd K and sum to 1; borders are mirrored.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..contract import Array

Kernel = NDArray[np.float64]

#: how many sigmas of a Gaussian are kept
SIGMAS = 4.0
#: points to a pixel on the path of a moving camera
POINTS = 8
#: side of the pieces in which a picture is transformed, so that they fit into a processor's cache
TILE = 512


def gaussian(sigma: float, stretch: float = 1.0, angle: float = 0.0) -> Kernel:
    """A Gaussian of that sigma (pixels) along `angle` (radians), and of sigma / stretch across."""
    return _normalised(
        np.exp(-0.5 * _distance(sigma, stretch, angle, int(np.ceil(SIGMAS * sigma))))
    )


def generalised(
    sigma: float, stretch: float = 1.0, angle: float = 0.0, power: float = 1.0
) -> Kernel:
    """Returns exp(-(d ** power) / 2) of the squared distance d in sigmas.

    A power of 1 is a Gaussian, less has longer tails, more is boxier (Liu et al., CVPR 2020).
    """
    return _normalised(
        np.exp(-0.5 * _distance(sigma, stretch, angle, int(np.ceil(SIGMAS * sigma))) ** power)
    )


def plateau(sigma: float, stretch: float = 1.0, angle: float = 0.0, power: float = 1.0) -> Kernel:
    """Returns 1 / (1 + d ** power) of the squared distance d in sigmas.

    Real-ESRGAN has it like that (Wang et al., 2021).
    """
    return _normalised(
        1 / (1 + _distance(sigma, stretch, angle, int(np.ceil(SIGMAS * sigma))) ** power)
    )


def line(length: float, angle: float) -> Kernel:
    """The path of a camera that moves `length` pixels straight along `angle` (radians)."""
    radius = int(np.ceil(length / 2)) + 1
    count = POINTS * max(1, int(np.ceil(length))) + 1
    along = np.linspace(-length / 2, length / 2, count)
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1))
    y, x = radius + along * np.sin(angle), radius + along * np.cos(angle)
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    for down in (0, 1):
        for right in (0, 1):
            np.add.at(
                kernel,
                (top + down, left + right),
                (1 - np.abs(top + down - y)) * (1 - np.abs(left + right - x)),
            )
    return _normalised(kernel)


def disc(radius: float) -> Kernel:
    """A disc of that radius in pixels with a soft edge one pixel wide: a lens out of focus."""
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return _normalised(np.clip(radius + 0.5 - np.hypot(y, x), 0, 1))


def circular_lowpass(cutoff: float, radius: int) -> Kernel:
    """All frequencies up to `cutoff` (radians a pixel) and none above, cut off at `radius`: w J1(w
    r) / (2 pi r), and w^2 / (4 pi) in the middle.
    """
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    distance = np.hypot(y, x)
    distance[radius, radius] = 1
    kernel = cutoff * bessel_j1(cutoff * distance) / (2 * np.pi * distance)
    kernel[radius, radius] = cutoff**2 / (4 * np.pi)
    return _normalised(kernel)


def bessel_j1(x: Kernel) -> Kernel:
    """Returns the Bessel function J1, by its integral, for |x| under 100.

    The trapezoid rule is exact to the last digits for a periodic integrand.
    """
    turn = (np.arange(128) + 0.5) * (np.pi / 128)
    return np.asarray(np.cos(turn - x[..., None] * np.sin(turn)).mean(-1))


def convolve(image: Array, kernel: Kernel) -> Array:
    """Returns the image [..., H, W] with the kernel moved over it, as float32.

    It is mirrored at its borders, edge pixels included.
    """
    border, result = kernel.shape[0] - 1, np.empty(image.shape, np.float32)
    padded = np.pad(
        image, [(0, 0)] * (image.ndim - 2) + [(border // 2, border // 2)] * 2, mode="symmetric"
    )
    for top in range(0, image.shape[-2], TILE):
        for left in range(0, image.shape[-1], TILE):
            part = padded[..., top : top + TILE + border, left : left + TILE + border]
            result[..., top : top + TILE, left : left + TILE] = _inside(part, kernel)
    return result


def _inside(image: Array, kernel: Kernel) -> Array:
    """The convolution where the kernel lies within the image.

    It has as many rows and columns less as the kernel has, but one.
    """
    border, size = kernel.shape[0] - 1, [_quick(side) for side in image.shape[-2:]]
    filled = np.zeros(
        (*image.shape[:-2], *size), np.float32
    )  # NumPy's own padding takes as long as the transform
    filled[..., : image.shape[-2], : image.shape[-1]] = image
    spectrum = np.fft.rfft2(
        filled, norm="ortho"
    )  # without a norm, NumPy is several times slower in float32
    spectrum *= np.fft.rfft2(kernel * math.sqrt(size[0] * size[1]), s=size, norm="ortho")
    whole = np.fft.irfft2(spectrum, s=size, norm="ortho").astype(np.float32, copy=False)
    return whole[..., border : image.shape[-2], border : image.shape[-1]]


def _distance(sigma: float, stretch: float, angle: float, reach: int) -> Kernel:
    """The squared distance from the middle, in sigmas: [2 reach + 1, 2 reach + 1].

    It is sigma along `angle`, and sigma / stretch across.
    """
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray((along**2 + (across * stretch) ** 2) / sigma**2)


def _normalised(kernel: Kernel) -> Kernel:
    return np.asarray(kernel / kernel.sum())


def _quick(side: int) -> int:
    """The next size that a Fourier transform likes: no prime factor above 5."""
    while True:
        rest = side
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return side
        side += 1
