"""Pictures that are no photographs: even cards, drawings, charts and pages of print, drawn from a
seed. A denoiser has to leave them alone; some are trained on, others (other seeds) measured with.

python -m benchmarks.drawn FOLDER [--kinds card,drawing,chart,page] [--each 20] [--seed 0]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
WORDS = (
    "light grain paper silver lens shadow colour print film negative scan frame stain crease "
    "exposure camera darkroom archive plate tone border minute summer letter harbour window"
).split()


def card(rng: np.random.Generator) -> Image.Image:
    """One colour, or a smooth ramp between two, one time in two; black and white among them."""
    first, second = rng.integers(0, 256, (2, 3))
    if rng.random() < 0.2:
        first = np.full(3, rng.choice([0, 255]))
    if rng.random() < 0.5:
        first = np.repeat(first[:1], 3)
        second = np.repeat(second[:1], 3)
    if rng.random() < 0.5:
        second = first
    across = np.linspace(0, 1, 256)[None, :, None] * np.cos(angle := rng.uniform(0, 1.5))
    down = np.linspace(0, 1, 256)[:, None, None] * np.sin(angle)
    share = (across + down) / (np.cos(angle) + np.sin(angle))
    return Image.fromarray(np.rint(first + share * (second - first)).astype(np.uint8))


def drawing(rng: np.random.Generator) -> Image.Image:
    """Overlapping shapes of even colours with dark outlines, as in a comic or a logo."""
    size = 2 * int(rng.integers(320, 520))
    picture = Image.new("RGB", (size, size), _light(rng))
    pen = ImageDraw.Draw(picture)
    outline = None if rng.random() < 0.3 else (20, 20, 30)
    for _ in range(int(rng.integers(8, 40))):
        x, y = rng.integers(0, size, 2)
        w, h = rng.integers(size // 20, size // 3, 2)
        box = [int(x - w), int(y - h), int(x + w), int(y + h)]
        width = int(rng.integers(2, 12))
        shape = rng.integers(3)
        if shape == 0:
            pen.ellipse(box, _any(rng), outline, width)
        elif shape == 1:
            pen.rectangle(box, _any(rng), outline, width)
        else:
            corners = [(int(x + w * np.cos(a)), int(y + h * np.sin(a))) for a in _angles(rng)]
            pen.polygon(corners, _any(rng), outline, width)
    return picture.resize((size // 2, size // 2), Image.Resampling.BOX)


def chart(rng: np.random.Generator) -> Image.Image:
    """Axes, a grid, and bars or lines, with labels."""
    width, height = (int(side) for side in rng.integers(420, 700, 2))
    dark = rng.random() < 0.25
    paper, ink = ((24, 26, 30), (220, 222, 226)) if dark else ((255, 255, 255), (30, 30, 30))
    picture = Image.new("RGB", (width, height), paper)
    pen = ImageDraw.Draw(picture)
    left, top, right, bottom = 60, 40, width - 20, height - 50
    for y in np.linspace(top, bottom, 6).astype(int):
        pen.line([left, int(y), right, int(y)], fill=(128, 132, 138))
        pen.text((14, int(y) - 6), f"{rng.integers(0, 500)}", ink, _font(11))
    pen.text((left, 12), " ".join(rng.choice(WORDS, 3)), ink, _font(16))
    n = int(rng.integers(4, 12))
    edges = np.linspace(left + 8, right - 8, n + 1).astype(int)
    heights = rng.integers(top, bottom - 4, n)
    if rng.random() < 0.5:
        for a, b, y in zip(edges[:-1], edges[1:], heights, strict=True):
            pen.rectangle([int(a) + 3, int(y), int(b) - 3, bottom], _any(rng))
    else:
        for _ in range(int(rng.integers(1, 5))):
            points = [(int(x), int(rng.integers(top, bottom))) for x in edges]
            pen.line(points, fill=_any(rng), width=int(rng.integers(1, 4)))
    for x in edges[:-1]:
        pen.text((int(x), bottom + 8), str(rng.choice(WORDS))[:5], ink, _font(10))
    pen.line([left, top, left, bottom, right, bottom], fill=ink, width=2)
    return picture


def page(rng: np.random.Generator) -> Image.Image:
    """Lines of black print on white or tinted paper, with a heading."""
    width, height = (int(side) for side in rng.integers(420, 640, 2))
    paper = (255, 255, 255) if rng.random() < 0.6 else _light(rng)
    picture = Image.new("RGB", (width, height), paper)
    pen = ImageDraw.Draw(picture)
    size = int(rng.integers(10, 24))
    pen.text((24, 16), " ".join(rng.choice(WORDS, 2)).title(), (0, 0, 0), _font(2 * size))
    for y in range(24 + 3 * size, height - size, round(1.4 * size)):
        line = ""
        while pen.textlength(line, _font(size)) < width - 90:
            line += " " + str(rng.choice(WORDS))
        pen.text((24, y), line.strip(), (0, 0, 0) if rng.random() < 0.9 else _any(rng), _font(size))
    return picture


def pattern(rng: np.random.Generator) -> Image.Image:
    """Smooth waves and ramps with hard edges between them, as a program renders them."""
    height, width = 320, 420
    y, x = np.mgrid[0:height, 0:width] / 100
    picture = np.empty((height, width, 3))
    for channel in range(3):
        plane = np.full((height, width), rng.uniform(0.2, 0.8))
        for _ in range(int(rng.integers(1, 5))):
            angle, phase = rng.uniform(0, 2 * np.pi, 2)
            wave = np.sin(rng.uniform(1, 25) * (x * np.cos(angle) + y * np.sin(angle)) + phase)
            plane += rng.uniform(0.02, 0.25) * wave
        picture[:, :, channel] = plane
    if rng.random() < 0.3:
        picture[:] = picture[:, :, :1]
    for _ in range(int(rng.integers(0, 6))):
        edge = np.cos(angle := rng.uniform(0, 6.3)) * x + np.sin(angle) * y > rng.uniform(-3, 3)
        picture[edge] += rng.uniform(-0.3, 0.3, 3)
    return Image.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))


KINDS: dict[str, Callable[[np.random.Generator], Image.Image]] = {
    "card": card,
    "drawing": drawing,
    "chart": chart,
    "page": page,
    "pattern": pattern,
}


def draw(kind: str, number: int, seed: int = 0) -> Image.Image:
    """The picture of that kind and number; the same for the same seed."""
    return KINDS[kind](np.random.default_rng([seed, number, *kind.encode()]))


def _any(rng: np.random.Generator) -> Colour:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue


def _light(rng: np.random.Generator) -> Colour:
    red, green, blue = (int(value) for value in rng.integers(200, 256, 3))
    return red, green, blue


def _angles(rng: np.random.Generator) -> list[float]:
    return sorted(float(angle) for angle in rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for kind in options.kinds.split(","):
        for number in range(options.each):
            draw(kind, number, options.seed).save(options.folder / f"{kind}_{number:03}.png")


if __name__ == "__main__":
    main()
