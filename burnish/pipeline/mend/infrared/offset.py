"""How far infrared lies beside the colours: a scanner takes them one after the other, through a
lens that bends them differently.

Dirt stands in both, and so does what leaks. Where their detail goes together best, infrared lies
on the picture.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ....contract import Array
from ....ground.planes import blurred, deviation

#: as far as it is looked for in each axis, in pixels, and as far as the noise of that is measured
FURTHEST, NOISE = 8, 24
#: the side of the parts that are compared, in pixels, and how many there are at the most
PART, PARTS = 512, 24
#: detail is what changes over so many pixels
FINE = 12
#: detail counts up to so many times its spread
STRONGEST = 12.0
#: a best place that stands out by less than so many spreads of all others is none
CERTAIN = 5.5

Surface = NDArray[np.float64]


def offset(picture: Array, infrared: Array) -> tuple[float, float] | None:
    """How far down and to the right infrared is to be moved to lie on the picture, in pixels.

    Both are planes of density [H, W]. None where nothing tells.
    """
    ours, theirs = _detail(picture), _detail(infrared)
    plain = np.zeros((2 * NOISE + 1, 2 * NOISE + 1))
    sharp = np.zeros_like(plain)
    for part in _parts(theirs):
        across = _together(ours[part], theirs[part])
        plain += _surface(across, ours[part].shape)
        # Half whitened, the picture's own likeness to itself a few pixels off counts for less.
        sharp += _surface(across / np.sqrt(np.abs(across) + 1e-9), ours[part].shape)
    near = slice(NOISE - FURTHEST, NOISE + FURTHEST + 1)
    far = np.ones(sharp.shape, bool)
    far[near, near] = False
    level = float(np.median(sharp[far]))
    best = sharp[near, near]
    if best.max() - level < CERTAIN * max(deviation(sharp[far] - level), 1e-9):
        return None
    place = int(np.argmax(best))
    row = near.start + place // best.shape[1]
    column = near.start + place % best.shape[1]
    return (
        row - NOISE + _between(plain[row - 1 : row + 2, column]),
        column - NOISE + _between(plain[row, column - 1 : column + 2]),
    )


def _detail(plane: Array) -> Array:
    """What changes over a few pixels, the strongest of it cut off."""
    detail = plane - blurred(plane, FINE)
    limit = np.float32(STRONGEST * max(deviation(detail), 1e-6))
    return np.asarray(detail.clip(-limit, limit), np.float32)


def _parts(detail: Array) -> Iterator[tuple[slice, slice]]:
    """The parts of a plane in which most goes on."""
    height, width = detail.shape
    places = [
        (slice(top, top + PART), slice(left, left + PART))
        for top in range(0, height, PART)
        for left in range(0, width, PART)
    ]
    yield from sorted(places, key=lambda part: -float(np.square(detail[part]).sum()))[:PARTS]


def _together(ours: Array, theirs: Array) -> NDArray[np.complex128]:
    """How two planes [H, W] go together, as a spectrum."""
    size = _padded(ours.shape)
    together: NDArray[np.complex128] = np.fft.rfft2(ours, size) * np.fft.rfft2(theirs, size).conj()
    return together


def _surface(together: NDArray[np.complex128], size: tuple[int, ...]) -> Surface:
    """The same for each way that the second plane is moved, up to NOISE pixels."""
    ways = np.arange(-NOISE, NOISE + 1)
    whole = np.fft.irfft2(together, _padded(size))
    return np.asarray(whole[np.ix_(ways, ways)], np.float64)


def _padded(size: tuple[int, ...]) -> tuple[int, int]:
    return size[0] + 2 * NOISE, size[1] + 2 * NOISE


def _between(values: Surface) -> float:
    """Where between pixels the top of a parabola through three values lies, from the second on."""
    before, top, after = values
    bend = before - 2 * top + after
    return 0.0 if bend >= 0 else float(np.clip(0.5 * (before - after) / bend, -0.75, 0.75))
