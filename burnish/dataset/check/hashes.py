"""Pictures that are the same to the eye, mirrored and turned ones too.

A picture's hash is the signs of its lowest cosine frequencies, 63 bits, and all are compared with
all. Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010. Mirroring a
picture changes the signs of its odd frequencies, turning it swaps rows and columns: so the hashes
of all eight positions come from one transform. What the hashes find is held against small copies of
the pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]

#: side of the small copies, in pixels
SIDE = 64
#: side of the block of frequencies
BLOCK = 8
#: bits of 63 that may differ
NEAR = 9
#: correlation that the small copies must have then
ALIKE = 0.98
#: correlation that they must have without their low frequencies
ALIKE_FINE = 0.9
#: pictures that are transformed at a time
CHUNK = 1024
#: hashes that are compared at a time, so few that the processor's cache holds the differences
ROWS, COLUMNS = 32, 1024
#: the positions: (rows and columns swapped, mirrored across, mirrored down), the upright one first
POSITIONS = tuple(
    (swap, across, down)
    for swap in (False, True)
    for across in (False, True)
    for down in (False, True)
)


@dataclass(frozen=True)
class Same:
    """Two pictures that show the same."""

    #: the place of the one in the first list
    first: int
    #: the place of the other in the second list
    second: int
    #: whether the second one is turned or mirrored
    turned: bool


def hashes(small: NDArray[np.uint8]) -> Bits:
    """Returns the hashes [N, 8] of small copies [N, 64, 64] in their eight positions."""
    chunks = [_hashes(small[top : top + CHUNK]) for top in range(0, len(small), CHUNK)]
    return np.concatenate(chunks) if chunks else np.empty((0, len(POSITIONS)), np.uint64)


def _hashes(small: NDArray[np.uint8]) -> Bits:
    frequencies = np.arange(BLOCK)[:, None] * (2 * np.arange(SIDE)[None] + 1)
    cosines = np.cos(np.pi * frequencies / (2 * SIDE)).astype(np.float32)
    block = cosines @ small.astype(np.float32) @ cosines.T
    odd = np.where(np.arange(BLOCK) % 2, -1.0, 1.0)
    positions = []
    for swap, across, down in POSITIONS:
        moved = block * (odd if across else 1.0) * (odd[:, None] if down else 1.0)
        positions.append(
            (moved.transpose(0, 2, 1) if swap else moved).reshape(len(small), -1)[:, 1:] > 0
        )
    bits = np.packbits(np.pad(np.stack(positions, 1), ((0, 0), (0, 0), (1, 0))), axis=2)
    return np.ascontiguousarray(bits).view(np.uint64)[:, :, 0]


def in_position(small: NDArray[np.uint8], position: int) -> NDArray[np.uint8]:
    """Returns a small copy [64, 64], moved into one of POSITIONS."""
    swap, across, down = POSITIONS[position]
    moved = small[:: -1 if down else 1, :: -1 if across else 1]
    return moved.T if swap else moved


def same_pictures(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    shapes: NDArray[np.float64],
    others: NDArray[np.float64],
) -> list[Same]:
    """Returns which of the first [N, 64, 64] show the same as which of the second [M, 64, 64].

    shapes [N], others [M]: width / height of the pictures. Where both arrays are the same object,
    each two pictures of it are compared once.
    """
    within = first is second
    found = []
    for i, j, position in _candidates(hashes(first), hashes(second)[:, 0], within):
        shape = 1 / shapes[i] if POSITIONS[position][0] else shapes[i]
        same_shape = abs(np.log(shape / others[j])) < 0.03
        if same_shape and alike(in_position(first[i], position), second[j]):
            found.append(Same(i, j, position > 0))
    return _once(found)


def alike(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    """Whether two small copies agree, as a whole and without their low frequencies.

    Pages of print differ in nothing but what is left then.
    """
    if correlation(first, second) <= ALIKE:
        return False
    return correlation(_fine(first), _fine(second)) > ALIKE_FINE


def correlation(first: NDArray[np.generic], second: NDArray[np.generic]) -> float:
    """Returns Pearson's correlation of two arrays of one shape; 0 where one of them is flat."""
    a = _centred(first)
    b = _centred(second)
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size else 0.0


def _centred(values: NDArray[np.generic]) -> NDArray[np.float64]:
    floats = np.asarray(values, np.float64)
    centred: NDArray[np.float64] = floats - np.mean(floats)
    return centred


def _fine(small: NDArray[np.uint8]) -> NDArray[np.float64]:
    """A small copy minus the mean of each 4x4 around: its finer half."""
    values = small.astype(np.float64)
    coarse = values.reshape(SIDE // 4, 4, SIDE // 4, 4).mean((1, 3))
    fine: NDArray[np.float64] = values - coarse.repeat(4, 0).repeat(4, 1)
    return fine


def _candidates(first: Bits, second: Bits, within: bool) -> Iterator[tuple[int, int, int]]:
    """Yields (first, second, position) of hashes [N, 8] and [M] that differ in few bits.

    within: whether both are one list, so that each two are wanted once.
    """
    for top in range(0, len(first), ROWS):
        for left in range(top if within else 0, len(second), COLUMNS):
            distance = np.bitwise_count(
                first[top : top + ROWS, :, None] ^ second[left : left + COLUMNS]
            )
            if distance.min() > NEAR:
                continue
            for i, position, j in np.argwhere(distance <= NEAR):
                if not within or left + j > top + i:
                    yield int(top + i), int(left + j), int(position)


def _once(found: list[Same]) -> list[Same]:
    """Each two once, upright where that fits too."""
    best: dict[tuple[int, int], Same] = {}
    for same in found:
        known = best.get((same.first, same.second))
        if known is None or known.turned:
            best[same.first, same.second] = same
    return list(best.values())
