"""How far two pictures of one scene are shifted against each other, to a fraction of a pixel.

It is phase correlation (Kuglin, Hines 1975), its peak refined by a small Fourier transform around
it (Guizar-Sicairos, Thurman, Fienup 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...contract import Array

#: at most this much of the middle is looked at, in pixels of a side
LARGEST = 512
#: pictures with a shorter side say nothing
LEAST = 32
#: lowest frequency that counts, in cycles a pixel: below is uneven light
LOW = 0.02
#: highest frequency that counts: above are noise and compression
HIGH = 0.18
#: steps of the refinement in a pixel
FINE = 20


@dataclass(frozen=True)
class Shift:
    """How far the second picture is moved against the first."""

    #: in pixels
    down: float
    #: in pixels
    right: float
    #: 1 where the pictures agree in all, about 0 where they agree in nothing
    sure: float

    @property
    def length(self) -> float:
        """The length of the shift in pixels."""
        return float(np.hypot(self.down, self.right))


def shift_between(first: Array, second: Array) -> Shift | None:
    """Returns the shift from `first` to `second`, both float32 [H, W] of one size.

    Returns None where they are too small, or one of them is flat.
    """
    height, width = (min(side, LARGEST) for side in first.shape)
    if min(height, width) < LEAST:
        return None
    # the cross-spectrum, in the band of frequencies that counts
    before = _spectrum(_middle(first, height, width))
    after = _spectrum(_middle(second, height, width))
    product = after * before.conj()
    weight = _band(height, width)
    strength = np.abs(product)
    if not float((strength * weight).max()) > 1e-6 * height * width:
        return None
    # whitened, but not wholly: what is weak in both is noise
    floor = 0.05 * float((strength * weight).sum() / weight.sum())
    phases = weight * product / (strength + floor)
    # the peak in whole pixels; in its farther half the surface holds negative shifts
    surface = np.fft.irfft2(phases, s=(height, width))
    down, right = (int(i) for i in np.unravel_index(int(surface.argmax()), surface.shape))
    if down > height // 2:
        down -= height
    if right > width // 2:
        right -= width
    return _refined(phases, down, right, height, width)


def _middle(picture: Array, height: int, width: int) -> Array:
    top = (picture.shape[0] - height) // 2
    left = (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


def _spectrum(picture: Array) -> NDArray[np.complex64]:
    windowed = (picture - picture.mean()) * _window(*picture.shape)
    return np.fft.rfft2(windowed).astype(np.complex64, copy=False)


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
    """The peak of the correlation to 1/FINE pixels, up to one pixel around (down, right)."""
    offsets = np.arange(-FINE, FINE + 1) / FINE
    rows = np.exp(2j * np.pi * np.outer(down + offsets, np.fft.fftfreq(height)))
    columns = np.exp(2j * np.pi * np.outer(np.fft.rfftfreq(width), right + offsets))
    # the spectrum of a real picture leaves out its mirrored half
    twice = np.full(phases.shape[1], 2.0, np.float32)
    twice[0] = 1.0
    inner = rows.astype(np.complex64) @ (phases * twice) @ columns.astype(np.complex64)
    surface = inner.real
    y, x = np.unravel_index(int(surface.argmax()), surface.shape)
    most = float((_band(height, width) * twice).sum())
    return Shift(float(down + offsets[y]), float(right + offsets[x]), float(surface[y, x]) / most)
