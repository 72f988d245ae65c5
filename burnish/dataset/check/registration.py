"""How far two pictures of one scene are shifted against each other, to a fraction of a pixel: phase
correlation (Kuglin, Hines 1975), its peak refined by a small Fourier transform around it
(Guizar-Sicairos, Thurman, Fienup 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...contract import Array

#: at most this much of the middle is looked at
LARGEST, LEAST = 512, 32
#: frequencies that count, in cycles a pixel: below, uneven light; above, noise and compression
LOW, HIGH = 0.02, 0.18
#: steps of the refinement in a pixel
FINE = 20


@dataclass(frozen=True)
class Shift:
    """The second picture is the first one moved down by `down` and right by `right` pixels. sure: 1
    where they agree in all, about 0 where in nothing.
    """

    down: float
    right: float
    sure: float

    @property
    def length(self) -> float:
        return float(np.hypot(self.down, self.right))


def shift_between(first: Array, second: Array) -> Shift | None:
    """The shift from `first` to `second`, both float32 [H, W] of one size; None where they are too
    small or one of them is flat.
    """
    height, width = (min(side, LARGEST) for side in first.shape)
    if min(height, width) < LEAST:
        return None
    spectra = [_spectrum(_middle(picture, height, width)) for picture in (first, second)]
    product = spectra[1] * spectra[0].conj()
    weight = _band(height, width)
    strength = np.abs(product)
    if not float((strength * weight).max()) > 1e-6 * height * width:
        return None
    # Whitened, but not wholly: what is weak in both is noise.
    floor = 0.05 * float((strength * weight).sum() / weight.sum())
    phases = weight * product / (strength + floor)
    surface = np.fft.irfft2(phases, s=(height, width))
    down, right = (int(i) for i in np.unravel_index(int(surface.argmax()), surface.shape))
    return _refined(
        phases,
        down - height * (down > height // 2),
        right - width * (right > width // 2),
        height,
        width,
    )


def _middle(picture: Array, height: int, width: int) -> Array:
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


def _spectrum(picture: Array) -> NDArray[np.complex64]:
    return np.fft.rfft2((picture - picture.mean()) * _window(*picture.shape)).astype(
        np.complex64, copy=False
    )


@lru_cache(maxsize=8)
def _window(height: int, width: int) -> Array:
    return np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)


@lru_cache(maxsize=8)
def _band(height: int, width: int) -> Array:
    """1 in the band that counts, falling off smoothly at its upper end. [H, W // 2 + 1]"""
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    return np.where(radius < LOW, 0.0, np.exp(-0.5 * (radius / HIGH) ** 2)).astype(np.float32)


def _refined(
    phases: NDArray[np.complex64], down: int, right: int, height: int, width: int
) -> Shift:
    """The peak of the correlation on a grid of 1/FINE pixels, up to one pixel around where it was
    found.
    """
    offsets = np.arange(-FINE, FINE + 1) / FINE
    rows = np.exp(2j * np.pi * np.outer(down + offsets, np.fft.fftfreq(height))).astype(
        np.complex64
    )
    columns = np.exp(2j * np.pi * np.outer(np.fft.rfftfreq(width), right + offsets)).astype(
        np.complex64
    )
    twice = np.full(phases.shape[1], 2.0, np.float32)  # what a real picture's spectrum leaves out
    twice[0] = 1.0
    surface = (rows @ (phases * twice) @ columns).real
    y, x = np.unravel_index(int(surface.argmax()), surface.shape)
    most = float((_band(height, width) * twice).sum())
    return Shift(float(down + offsets[y]), float(right + offsets[x]), float(surface[y, x]) / most)
