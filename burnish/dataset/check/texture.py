"""Noise, sharpness and plain edges of one decoded picture, each as one figure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...contract import Array

#: brightness up to which a bar is black
BLACK = 16
#: side of the piece in the middle on which fine detail is measured
PIECE = 256
#: side of the piece in the middle on which grain is measured
GRAIN_PIECE = 512
#: blocks of 16x16 without clipped pixels that grain wants
BLOCKS = 10


def middle(pixels: NDArray[np.uint8], side: int) -> Array:
    """Returns the middle of a picture [H, W] or [H, W, 3], at most side x side, as floats."""
    top, left = (max(0, (whole - side) // 2) for whole in pixels.shape[:2])
    return pixels[top : top + side, left : left + side].astype(np.float32)


def grain_of(
    samples: NDArray[np.uint8], pixels: NDArray[np.uint8]
) -> tuple[float | None, float | None]:
    """Returns the finest detail of the calmest blocks, in brightness and in colour.

    It is that of the calmest tenth of all 16x16 blocks: noise is everywhere, and texture has little
    colour. samples: [H, W] or [H, W, 3]; pixels: their brightness [H, W]. Each is None where it
    cannot be told, and that of colour in grey pictures too.
    """
    piece = middle(pixels, GRAIN_PIECE)
    planes = [piece]
    if samples.ndim == 3:
        colour = middle(samples, GRAIN_PIECE)
        planes.append((colour[..., 0] - colour[..., 1]) / np.float32(math.sqrt(2)))
    if min(piece.shape) < 16:
        return None, None
    blocks = _blocks(piece)
    inside = (blocks.min((2, 3)) > 5) & (blocks.max((2, 3)) < 250)  # clipping takes noise away
    floors = [_floor(_blocks(plane)[inside]) for plane in planes]
    return floors[0], (floors[1] if len(floors) > 1 else None)


def _blocks(plane: Array) -> Array:
    height, width = (side // 16 * 16 for side in plane.shape)
    return plane[:height, :width].reshape(height // 16, 16, width // 16, 16).swapaxes(1, 2)


def _floor(blocks: Array) -> float | None:
    """The lower tenth of the size of the diagonal Haar coefficients of blocks [N, 16, 16].

    It is None where there are too few blocks.
    """
    if len(blocks) < BLOCKS:
        return None
    diagonal = (
        blocks[:, ::2, ::2] - blocks[:, ::2, 1::2] - blocks[:, 1::2, ::2] + blocks[:, 1::2, 1::2]
    ) / 2
    return float(np.quantile(np.sqrt((diagonal**2).mean((1, 2))), 0.1))


def detail_of(pixels: NDArray[np.uint8]) -> float | None:
    """Returns the energy of the finest frequencies of [H, W] over that of coarser ones.

    Finest is above 0.3 cycles a pixel, coarser is 0.1 to 0.2, along both axes. Returns None for
    small or flat pictures.
    """
    piece = middle(pixels, PIECE)
    if min(piece.shape) < 64 or piece.std() < 4:
        return None
    if _repeated(piece) or _repeated(piece.T):
        return 0.0
    height, width = piece.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    power = np.abs(np.fft.rfft2(piece * window)) ** 2
    radius = np.maximum(np.abs(np.fft.fftfreq(height))[:, None], np.fft.rfftfreq(width)[None])
    fine = power[radius > 0.3].mean()
    coarse = power[(radius > 0.1) & (radius < 0.2)].mean()
    return float(fine / coarse) if coarse > 1e-3 else None


def _repeated(piece: Array) -> bool:
    """Whether every row stands twice: enlarged by repeating pixels."""
    equal = (np.diff(piece, axis=0) == 0).all(1)
    return bool(equal[::2].all() or equal[1::2].all())


def bars_of(pixels: NDArray[np.uint8]) -> float:
    """Returns the share of a side that black bars at two opposite edges take (letterbox), or 0."""
    shares = []
    for lines in (pixels, pixels.T):
        brightest = lines.max(1)
        lit = np.flatnonzero(brightest > BLACK)
        if not len(lit):
            continue
        first, last = int(lit[0]), int(lit[-1])
        below = len(lines) - 1 - last
        abrupt = min(lines[first].mean(), lines[last].mean()) > 2 * BLACK
        shares.append(min(first, below) / len(lines) if abrupt else 0.0)
    return max(shares, default=0.0)
