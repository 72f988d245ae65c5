"""The other side of the page, seen through the paper: mirrored, blurred and faint."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from ...contract import Array, Dial
from ...ground.channels import grey
from .. import Degradation, with_mask
from ..arguments import Range, bounds, choices, per_picture
from ..drawing import Size, smooth_field, soften, trace
from ..paint import Paint, generators_for, lay, rgb


def bleed_through(page: str | Sequence[str] = "drawn", scale: Range = (0.7, 1.4)) -> Degradation:
    """The ink of the other side, seen through the paper.

    page: "drawn" writes a page, "batch" takes the batch's next picture (of one: itself), mirrored;
    where both are named, it is drawn from them.
    """
    masked = partial(
        show_through,
        pages=choices("page", page, ("drawn", "batch")),
        scale=bounds("scale", scale, 0.1, 100),
    )
    return with_mask(
        Dial("bleed", 0.0, 0.7, 0.25, "share of the other side's ink that shows"), masked, 0.0
    )


def show_through(
    clean: Array,
    level: Array,
    rng: np.random.Generator,
    pages: tuple[str, ...],
    scale: tuple[float, float],
) -> tuple[Array, Array]:
    """clean [B, 1 or 3, H, W], level [B, 1, 1, 1] -> (spoiled, mask [B, 1, H, W])."""
    amounts, size = per_picture(level, len(clean), "bleed"), (clean.shape[2], clean.shape[3])
    spoiled, mask = clean.copy(), np.zeros((len(clean), 1, *size), np.float32)
    for i, (amount, own) in enumerate(zip(amounts, generators_for(len(clean), rng), strict=True)):
        if amount <= 0:
            continue
        unit, batch = own.uniform(*scale), pages[int(own.integers(len(pages)))] == "batch"
        ink = _ink(clean[(i + 1) % len(clean)])[:, ::-1] if batch else written(size, unit, own)
        seen = soften(ink, unit * own.uniform(0.5, 1.5)) * np.clip(
            0.8 + 0.2 * smooth_field(size, 60 * unit, own), 0.3, 1
        )
        lay(
            [
                Paint(
                    np.float32(amount) * seen, rgb(0.30, 0.26, 0.24) * np.float32(own.uniform(0, 1))
                )
            ],
            spoiled[i],
            mask[i, 0],
        )
    return spoiled, mask


def _ink(page: Array) -> Array:
    """How dark each place of a page [1 or 3, H, W] is, in 0..1. [H, W]"""
    return np.asarray(np.clip(1 - grey(page), 0, 1), np.float32)


def written(size: Size, unit: float, rng: np.random.Generator) -> Array:
    """A page of lines of made-up letters, all from one small alphabet, as ink in 0..1. [H, W]"""
    height, pitch = unit * rng.uniform(7, 11), unit * rng.uniform(20, 30)
    letters = _alphabet(height, rng)
    tilt, slant, pen = rng.normal(0, 0.02), rng.uniform(-0.1, 0.5), unit * rng.uniform(1.2, 2.2)
    advance = 0.75 * height
    lines, across = np.arange(-1, size[0] / pitch + 2), np.arange(-2, size[1] / advance + 3)
    top, left = np.meshgrid(lines * pitch + rng.uniform(0, pitch), across * advance, indexing="ij")
    gaps = (
        np.convolve(rng.random(top.size), (0.5, 0.5), "same").reshape(top.shape) < 0.2
    )  # between words, and where a paragraph ends
    kept = ~gaps & (across < (rng.random(len(lines)) ** 0.3 * 1.3 * len(across))[:, None])
    chosen = rng.integers(len(letters), size=top.shape)[kept]
    down, right = (
        letters[chosen, :, 0] + top[kept][:, None],
        letters[chosen, :, 1] + left[kept][:, None],
    )
    right -= slant * letters[chosen, :, 0]
    return trace(
        size,
        np.float32(down + tilt * right).reshape(-1),
        np.float32(right - tilt * down).reshape(-1),
        pen,
    )


def _alphabet(height: float, rng: np.random.Generator, letters: int = 22) -> Array:
    """Letters of two bent strokes each, as points: down from the line's middle, and across.

    The shape is [letters, points, 2].
    """
    corners = rng.integers((-1, 0), (3, 3), (letters, 2, 3, 2)).clip((0, 0), (2, 2)) * (
        height / 2,
        0.25 * height,
    )
    tall = rng.random((letters, 1, 1)) < 0.25
    corners[:, 0, :1, 0] -= 0.7 * height * tall[..., 0]
    t = np.linspace(0, 1, max(4, int(1.2 * height)))[:, None]
    a, b, c = (corners[:, :, i, None, :] for i in range(3))
    strokes = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
    return np.asarray(strokes.reshape(letters, -1, 2), np.float32)
