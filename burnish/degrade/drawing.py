"""Procedural drawing in numpy, as planes [H, W] of float32.

There are smooth random fields, blurring, and curves and blobs with soft edges. Fields are B-splines
over a coarse grid of random numbers, so a plane costs two small matrix products; lengths are in
pixels.
"""

from __future__ import annotations

import math

import numpy as np

from ..contract import Array

#: (height, width)
Size = tuple[int, int]
#: the mean, over one cell, of the sum of squared cubic B-spline weights: what interpolation leaves
#: of the variance, per axis
_SPLINE_POWER = 151 / 315


def smooth_line(length: int, cell: float, rng: np.random.Generator) -> Array:
    """Random numbers that vary over about `cell` samples, of mean 0 and deviation 1. [length]"""
    weights = _spline_weights(length, cell, rng)
    values: Array = weights @ (
        rng.standard_normal(weights.shape[1], dtype=np.float32)
        / np.float32(math.sqrt(_SPLINE_POWER))
    )
    return values


def smooth_field(
    size: Size, cell: float, rng: np.random.Generator, cell_x: float | None = None
) -> Array:
    """Returns a random field [H, W] of mean 0 and deviation 1.

    It varies over about `cell` pixels down, and `cell_x` across.
    """
    down, across = (
        _spline_weights(size[0], cell, rng),
        _spline_weights(size[1], cell_x or cell, rng),
    )
    grid = rng.standard_normal((down.shape[1], across.shape[1]), dtype=np.float32) / np.float32(
        _SPLINE_POWER
    )
    field: Array = down @ grid @ across.T
    return field


def fractal_field(
    size: Size, cell: float, rng: np.random.Generator, octaves: int = 3, rough: float = 0.5
) -> Array:
    """Returns a sum of smooth fields [H, W], of mean 0 and deviation 1.

    Each has half the cell and `rough` times the height of the one before.
    """
    heights = [rough**i for i in range(octaves)]
    field = sum(
        np.float32(h) * smooth_field(size, max(cell / 2**i, 1.0), rng)
        for i, h in enumerate(heights)
    )
    return np.asarray(field / np.float32(math.hypot(*heights)), np.float32)


def _spline_weights(length: int, cell: float, rng: np.random.Generator) -> Array:
    """The uniform cubic B-spline's weights [length, grid] of the grid for each sample.

    The samples stand at a random offset to the grid.
    """
    at = np.arange(length) / cell + rng.random()
    first = np.floor(at).astype(np.int64)
    t = (at - first).astype(np.float32)
    squared, left = t * t, 1 - t
    four = (
        np.stack(
            [
                left * left * left,
                (3 * t - 6) * squared + 4,
                (3 * (1 - t) * t + 3) * t + 1,
                squared * t,
            ],
            1,
        )
        / 6
    )
    weights = np.zeros((length, int(first[-1]) + 4), np.float32)
    weights.reshape(-1)[(np.arange(length) * weights.shape[1] + first)[:, None] + np.arange(4)] = (
        four
    )
    return weights


def coordinates(size: Size) -> tuple[Array, Array]:
    """Row and column of every pixel, ready to be broadcast. [H, 1], [1, W]"""
    return np.arange(size[0], dtype=np.float32)[:, None], np.arange(size[1], dtype=np.float32)[None]


def smoothstep(value: Array) -> Array:
    """0 below 0, 1 above 1, and 3 v^2 - 2 v^3 between."""
    v = np.clip(value, 0, 1)
    return np.asarray(v * v * (3 - 2 * v), np.float32)


def soften(plane: Array, sigma: float) -> Array:
    """Returns a plane [H, W] under a Gaussian of that sigma in pixels, mirrored at its edges."""
    if sigma <= 0:
        return plane
    reach = math.ceil(4 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for axis in (0, 1):
        count = plane.shape[axis]
        padded = np.pad(
            plane, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="symmetric"
        )
        plane = sum(k * padded.take(range(i, i + count), axis) for i, k in enumerate(kernel))
    return plane


def wander(
    length: float, bend: float, rng: np.random.Generator, cell: float = 30.0, step: float = 0.5
) -> tuple[Array, Array]:
    """Returns a smooth curve from (0, 0) that starts to the right: [N] down, and [N] across.

    Its direction turns by about `bend` radians over `cell` pixels.
    """
    count = max(2, int(length / step))
    turn = np.cumsum(smooth_line(count, cell / step, rng)) * np.float32(bend * step / cell)
    return np.cumsum(np.sin(turn)) * np.float32(step), np.cumsum(np.cos(turn)) * np.float32(step)


def trace(
    size: Size, down: Array, across: Array, width: Array | float, opacity: Array | float = 1.0
) -> Array:
    """Returns the trail [H, W], in 0..1, of a round pen that goes through these points.

    width, opacity: of the pen at each point. Edges are one pixel soft; where trails cross, the
    darker one counts.
    """
    width = np.broadcast_to(np.asarray(width, np.float32), down.shape)
    opacity = np.broadcast_to(np.asarray(opacity, np.float32), down.shape)

    # only the points whose trail reaches into the plane
    reach = math.ceil(float(width.max(initial=0)) / 2 + 1)
    near = (
        (down > -reach) & (down < size[0] + reach) & (across > -reach) & (across < size[1] + reach)
    )
    down, across, width, opacity = (
        value[near, None, None] for value in (down, across, width, opacity)
    )

    # how much of each pixel around a point the pen covers there
    steps = np.arange(-reach, reach + 1)
    rows = np.floor(down).astype(np.int64) + steps[:, None]
    columns = np.floor(across).astype(np.int64) + steps
    distance = np.hypot(rows - down, columns - across)
    cover = np.clip(width / 2 + 0.5 - distance, 0, 1).astype(np.float32) * opacity

    # laid on a canvas with a margin, so that no index falls outside
    margin = 2 * reach + 1
    canvas = np.zeros((size[0] + 2 * margin, size[1] + 2 * margin), np.float32)
    indices = (rows + margin) * canvas.shape[1] + columns + margin
    np.maximum.at(canvas.reshape(-1), indices.reshape(-1), cover.reshape(-1))
    return canvas[margin:-margin, margin:-margin]


def window(size: Size, centre: tuple[float, float], reach: float) -> tuple[slice, slice]:
    """Returns the part of the plane within `reach` of the centre, to each side; it may be empty."""
    (top, bottom), (left, right) = (
        (min(max(int(c - reach), 0), n), min(max(int(c + reach) + 2, 0), n))
        for c, n in zip(centre, size, strict=True)
    )
    return slice(top, bottom), slice(left, right)


def around(mask: Array, centre: tuple[float, float], reach: float) -> tuple[Array, Array, Array]:
    """Returns the part of a mask within `reach` of the centre, to be drawn into.

    With it come its rows and its columns, counted from the centre. All are empty where there is
    none.
    """
    there = window((mask.shape[0], mask.shape[1]), centre, reach)
    part = mask[there]
    down, across = (
        axis + np.float32(at.start - c)
        for axis, at, c in zip(
            coordinates((part.shape[0], part.shape[1])), there, centre, strict=True
        )
    )
    return part, down, across


def ripple(angle: Array, rng: np.random.Generator, waves: int = 6, rough: float = 0.6) -> Array:
    """Returns a random function of the angle (-pi to pi) without a seam.

    Its mean is 0 and its deviation about 1; each wave is `rough` times as high as the one before.
    """
    heights = rough ** np.arange(waves)
    heights = heights * math.sqrt(2) / np.linalg.norm(heights)
    phases = rng.random((waves, 1)) * 2 * np.pi
    table = (
        heights[:, None]
        * np.cos(np.arange(1, waves + 1)[:, None] * np.linspace(-np.pi, np.pi, 2049) + phases)
    ).sum(0)
    values: Array = table.astype(np.float32)[
        ((angle + np.float32(np.pi)) * np.float32(1024 / np.pi)).astype(np.int32)
    ]
    return values


def place(size: Size, rng: np.random.Generator, margin: float = 0.0) -> tuple[float, float]:
    """Returns a random place (down, across) in the plane, or up to `margin` pixels outside."""
    down, across = (float(rng.uniform(-margin, n - 1 + margin)) for n in size)
    return down, across


def log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    """Returns a number between the ends, as often within 1..2 as within 2..4."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def sign(rng: np.random.Generator) -> float:
    """Returns -1 or 1, each as often."""
    return 1.0 if rng.random() < 0.5 else -1.0


def turned(size: Size, through: tuple[float, float], angle: float) -> tuple[Array, Array]:
    """Returns how far pixels lie along and across a direction from a place: [H, W] each.

    The direction is to the right at angle 0, and down at a quarter of a turn.
    """
    down, right = (axis - np.float32(p) for axis, p in zip(coordinates(size), through, strict=True))
    sine, cosine = np.float32(math.sin(angle)), np.float32(math.cos(angle))
    return down * sine + right * cosine, down * cosine - right * sine
