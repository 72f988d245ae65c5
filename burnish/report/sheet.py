"""Contact sheets: rows of pictures with captions, in one PNG or JPEG.

They are drawn with Pillow and its own font, which has ASCII only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..errors import UsageError
from ..ground.files import atomic_write

#: pixels between pictures, and around all of them
GAP = 12
#: the height of captions, in pixels
FONT_SIZE = 15
#: pixels from one line of a caption to the next
LINE = 20
#: the colour between pictures, in 8 bits
PAPER = (250, 250, 250)
#: the colour of captions
INK = (40, 40, 40)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Cell:
    """A picture on a sheet."""

    #: [H, W, 3], [H, W, 1] or [H, W], float in 0..1 or uint8
    pixels: NDArray[Any]
    #: what stands below it
    caption: str = ""
    #: the part that is shown: (left, top, width, height) in pixels; None for all of it
    crop: tuple[int, int, int, int] | None = None


def sheet(rows: Sequence[Sequence[Cell]], path: str | Path, width: int = 384) -> Path:
    """Draws a contact sheet, writes it whole or not at all, and returns its path.

    rows: the pictures, row by row. path: where it goes; the ending says the format. width: of every
    picture on it, in pixels. They are enlarged by repeating pixels, and reduced by area.

    UsageError where there is nothing to draw or a picture's shape does not fit, OutputError where
    the file cannot be written.
    """
    # The pictures and the lines of their captions.
    path = Path(path)
    font = ImageFont.load_default(FONT_SIZE)
    drawn = [
        [(_picture(cell, width), _wrapped(cell.caption, font, width)) for cell in row]
        for row in rows
        if row
    ]
    if not drawn:
        raise UsageError("a contact sheet wants at least one picture")

    # A sheet that holds them.
    heights = [max(image.height for image, _ in row) for row in drawn]
    lines = [max(len(caption) for _, caption in row) for row in drawn]
    across = GAP + max(len(row) for row in drawn) * (width + GAP)
    down = GAP + sum(heights) + sum(_caption_height(count) + GAP for count in lines)
    canvas = Image.new("RGB", (across, down), PAPER)

    # Each in its place.
    draw = ImageDraw.Draw(canvas)
    top = GAP
    for row, height, count in zip(drawn, heights, lines, strict=True):
        for column, (image, caption) in enumerate(row):
            left = GAP + column * (width + GAP)
            canvas.paste(image, (left, top))
            for i, line in enumerate(caption):
                draw.text((left, top + image.height + 5 + i * LINE), line, INK, font)
        top += height + _caption_height(count) + GAP
    _save(canvas, path)
    return path


def residual_picture(
    before: NDArray[Any], after: NDArray[Any], gain: float = 3.0
) -> NDArray[np.float32]:
    """What restoring took away (before - after), times `gain`, around mid grey.

    before, after: [H, W, C], float in 0..1 or uint8. Returns [H, W, C] in 0..1.
    """
    taken = _as_float(before) - _as_float(after)
    return np.asarray(np.clip(0.5 + gain * taken, 0, 1), np.float32)


def heat_picture(amounts: NDArray[Any], most: float) -> NDArray[np.float32]:
    """Amounts [H, W] as colours [H, W, 3] in 0..1: none is black, and `most` is white.

    Between them lie red and yellow. What is infinite, or no number, is white.
    """
    share = np.nan_to_num(np.asarray(amounts, np.float64) / max(most, 1e-30), nan=1.0)
    return np.asarray(np.clip(3 * share[..., None] - np.arange(3), 0, 1), np.float32)


def visible(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture [C, H, W] as colours that can be looked at.

    That is the picture itself, unless it has the four planes of a raw file (red, two greens, blue).
    """
    if len(picture) < 4:
        return picture
    return np.clip(picture[[0, 1, 3]], 0, 1) ** np.float32(1 / 2.2)


def _picture(cell: Cell, width: int) -> Image.Image:
    """A cell's picture in 8-bit colour, `width` pixels wide."""
    pixels = cell.pixels[:, :, None] if cell.pixels.ndim == 2 else cell.pixels
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or 0 in pixels.shape:
        raise UsageError(
            f"an array of shape {list(cell.pixels.shape)} does not go on a contact sheet; [H, "
            "W], [H, W, 1] or [H, W, 3] does"
        )
    if cell.crop is not None:
        left, top, across, down = cell.crop
        begins = min(left, top) >= 0 and min(across, down) >= 1
        ends = left + across <= pixels.shape[1] and top + down <= pixels.shape[0]
        if not (begins and ends):
            raise UsageError(
                f"a crop of {across}x{down} at {left}, {top} does not lie in a picture of "
                f"{pixels.shape[1]}x{pixels.shape[0]}"
            )
        pixels = pixels[top : top + down, left : left + across]
    values = np.rint(np.clip(_as_float(pixels), 0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(np.broadcast_to(values, (*values.shape[:2], 3))))
    height = max(1, round(image.height * width / image.width))
    how = Image.Resampling.NEAREST if width >= image.width else Image.Resampling.BOX
    return image.resize((width, height), how)


def _as_float(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(pixels, np.float32) / np.float32(255 if pixels.dtype == np.uint8 else 1)


def _caption_height(lines: int) -> int:
    return 5 + lines * LINE if lines else 0


def _wrapped(caption: str, font: Font, width: int) -> list[str]:
    """The caption in lines no wider than the picture; a word that is wider is cut."""
    lines: list[str] = []
    for word in (part for whole in caption.split() for part in _cut(whole, font, width)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cut(word: str, font: Font, width: int) -> list[str]:
    """The word in pieces no wider than the picture.

    It is cut behind a comma or the like where there is one, else anywhere.
    """
    if font.getlength(word) <= width or len(word) < 2:
        return [word]
    fits = max((i for i in range(1, len(word)) if font.getlength(word[:i]) <= width), default=1)
    at = max((i for i in range(1, fits + 1) if word[i - 1] in ",:+/"), default=fits)
    return [word[:at], *_cut(word[at:], font, width)]


def _save(canvas: Image.Image, path: Path) -> None:
    """Writes the sheet whole or not at all, in the format that the ending says."""
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"{path}: a contact sheet is written as .png or .jpg")
    atomic_write(path, lambda file: canvas.save(file, kind))
