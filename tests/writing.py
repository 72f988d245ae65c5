"""Pages of strokes that look like writing, for tests; no font is needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
BLACK, CREAM = (30, 30, 30), (235, 228, 210)


def written(
    height: int,
    width: int,
    *,
    ink: Colour = BLACK,
    paper: Colour = CREAM,
    scale: int = 1,
    grain: float = 4,
    seed: int = 0,
) -> NDArray[np.float32]:
    """A page [3, H, W] in 0..1, with strokes of 2 `scale` pixels and grain, as RMS in 8-bit steps.

    Its sides are `scale` times the height and width.
    """
    page = Image.new("RGB", (width * scale, height * scale), paper)
    _write(ImageDraw.Draw(page), height, width, ink, scale, seed)
    rng = np.random.default_rng(seed)
    samples = np.asarray(page, np.float32)
    noisy = samples + rng.normal(0, grain, samples.shape) if grain else samples
    return np.asarray(noisy.clip(0, 255).transpose(2, 0, 1) / 255, np.float32)


def letters(height: int, width: int, *, scale: int = 1, seed: int = 0) -> NDArray[np.bool_]:
    """Where the ink of the same page is [H, W]."""
    white, black = (255, 255, 255), (0, 0, 0)
    page = written(height, width, ink=black, paper=white, scale=scale, grain=0, seed=seed)
    found: NDArray[np.bool_] = page[0] < 0.5
    return found


def _write(
    draw: ImageDraw.ImageDraw, height: int, width: int, ink: Colour, scale: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    for y in range(20, height - 25, 24):
        x = 20
        while x < width - 60:
            for _ in range(int(rng.integers(3, 9))):
                if x < width - 20:
                    _letter(draw, int(rng.integers(0, 4)), x, y, ink, scale)
                x += 10
            x += 12


def _letter(draw: ImageDraw.ImageDraw, kind: int, x: int, y: int, ink: Colour, scale: int) -> None:
    def at(*points: int) -> tuple[int, ...]:
        return tuple(scale * value for value in points)

    thick = 2 * scale
    if kind == 0:
        draw.line(at(x, y, x, y + 12), fill=ink, width=thick)
    elif kind == 1:
        draw.ellipse(at(x - 3, y + 4, x + 4, y + 12), outline=ink, width=thick)
    elif kind == 2:
        draw.line(at(x - 3, y + 12, x + 1, y + 3, x + 4, y + 12), fill=ink, width=thick)
    else:
        draw.arc(at(x - 3, y + 3, x + 5, y + 13), 90, 330, fill=ink, width=thick)
