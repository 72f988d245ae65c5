"""Letters, which are thin dark or bright strokes with ends, as scratches are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...contract import Array
from ..drawing import Size, log_uniform
from ..paint import Paint, parts, rgb

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;-/'\"!?"


def text(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """Lines of words that mean nothing, of 7 to 30 pixels, somewhat turned."""
    for part in parts(amount, 1 + int(rng.integers(4))):
        tone = rng.uniform(0.0, 0.25) if rng.random() < 0.6 else rng.uniform(0.8, 1.0)
        colour = rgb(tone, tone, tone) if rng.random() < 0.7 else rgb(*rng.uniform(0, 1, 3))
        yield Paint(np.float32(part) * _line(size, unit, rng), colour, glaze=False)


def _line(size: Size, unit: float, rng: np.random.Generator) -> Array:
    """A line of words. [H, W] in 0..1"""
    height = unit * log_uniform(7, 30, rng)
    words = [_word(rng) for _ in range(int(rng.integers(1, 8)))]
    font = ImageFont.load_default(float(max(6.0, height)))
    plane = Image.new("L", (size[1], size[0]))
    start = (rng.uniform(-0.3, 0.8) * size[1], rng.uniform(0, 1) * size[0] - height / 2)
    ImageDraw.Draw(plane).text(start, " ".join(words), 255, font)
    turned = plane.rotate(float(rng.normal(0, 8)), Image.Resampling.BILINEAR)
    return np.asarray(turned, np.float32) / np.float32(255)


def _word(rng: np.random.Generator) -> str:
    places = rng.integers(len(LETTERS), size=int(rng.integers(2, 9)))
    return "".join(LETTERS[place] for place in places)
