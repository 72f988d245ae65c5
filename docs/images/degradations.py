"""Makes degradations.jpg, the contact sheet of docs/degradations.md: every listed degradation at
four positions of its dial.

A photograph from examples/, restored first, stands for pictures, and a page drawn here for
documents. Damage of pixels is shown pixel for pixel, damage with a place at half the size.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import burnish
from burnish.contract import Array
from burnish.degrade import DEGRADATIONS, make
from burnish.report.sheet import Cell, sheet

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 160, 112
#: of the way along the dial, from where nothing happens
POSITIONS = (0.1, 0.25, 0.5, 1.0)
QUALITIES = (0.2, 0.6, 0.8, 0.95)
#: more than one row for those that an argument makes look different
VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "Noise": ({}, {"grey": 1}, {"correlated": 1}),
    "FilmGrain": ({"grey": 1, "size": 0.8}, {"grey": 0, "size": 0.8}),
    "Blur": ({}, {"stretch": 4}),
    "JPEG": ({}, {"subsampling": "4:4:4", "double": 1, "first": 15}),
}
TEXT = (
    "A dial says how bad the damage is, in a unit that a person can say: sigma 25, quality "
    "40, a lens that is three pixels out of focus. "
).split()


def photograph() -> Array:
    """[1, 3, 256, 384]"""
    with Image.open(ROOT / "examples" / "face_noise15.jpg") as file:
        clean = burnish.restore(np.asarray(file.convert("RGB")))
    return np.ascontiguousarray(clean.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def page() -> Array:
    """A page with words and a curve, [1, 3, 256, 384]"""
    image = Image.new("RGB", (384, 256), (252, 251, 248))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(17)
    top, left = 24, 48
    for word in TEXT * 4:
        if left + pen.textlength(word, font) > 338:
            top, left = top + 24, 48
        if top > 215:
            break
        pen.text((left, top), word, (30, 34, 60), font)
        left += int(pen.textlength(word + " ", font))
    return np.ascontiguousarray(
        np.asarray(image).transpose(2, 0, 1)[None], np.float32
    ) / np.float32(255)


def cells(name: str, arguments: dict[str, Any], clean: Array) -> list[Cell]:
    """The row of one degradation."""
    degradation = make(name, **arguments)
    dial, rising = degradation.dial, degradation.neutral != degradation.dial.high
    window = (
        (32, 16, 2 * WIDTH, 2 * HEIGHT)
        if degradation.masked and name != "SaltAndPepper"
        else (120, 40, WIDTH, HEIGHT)
    )
    if degradation.scale > 1:
        window = (28, 8, WIDTH, HEIGHT)
    row: list[Cell] = []
    for position in POSITIONS if rising else QUALITIES:
        value = (
            dial.low + position * (dial.high - dial.low)
            if rising
            else dial.high - position * (dial.high - dial.low)
        )
        value = round(value, 2) if dial.high <= 20 else round(value)
        spoiled = degradation.spoil(
            clean, np.full((1, 1, 1, 1), value, np.float32), np.random.default_rng(7)
        )
        said = (
            f" ({', '.join(f'{key} {what}' for key, what in arguments.items())})"
            if arguments
            else ""
        )
        caption = f"{value:g}" if row else f"{name}: {dial.name} {value:g}{said}"
        row.append(Cell(np.clip(spoiled[0], 0, 1).transpose(1, 2, 0), caption, window))
    return row


def main() -> None:
    pictures = {"document": page(), "": photograph()}
    rows = []
    for name, place in DEGRADATIONS.items():
        if name == "Nothing":
            continue
        clean = pictures["document" if ".document" in place else ""]
        rows += [cells(name, arguments, clean) for arguments in VARIANTS.get(name, ({},))]
    pairs = [
        left + (rows[i + 1] if i + 1 < len(rows) else [])
        for i, left in enumerate(rows)
        if i % 2 == 0
    ]
    sheet(pairs, Path(__file__).with_name("degradations.jpg"), WIDTH)


if __name__ == "__main__":
    main()
