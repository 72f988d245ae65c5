"""The pictures of the gallery: Kodak's, which are free to use, damaged; and a page that is drawn.

Nothing else of what lies in `shared` comes into a picture here, but for shapes of dirt by
FilmDamageSimulator (MIT), and strokes of paintings in the public domain.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.raw import shot
from benchmarks.scratch import damaged, held_out_masks
from burnish.contract import Array
from burnish.degrade import make
from burnish.degrade.noise import clip_and_round
from burnish.ground.resize import resize
from burnish.images import Picture, read

SHARED = Path("../shared")
#: a picture [H, W] of places
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Pair:
    """A picture as it came, and as it should be."""

    #: as somebody has it
    spoiled: Picture
    #: as it was before; None where nobody knows
    clean: Array | None
    #: where it was damaged [H, W], where that is known
    where: Flags | None = None


@cache
def kodak(number: int) -> Array:
    """One of Kodak's pictures, by its number. [1, 3, H, W]"""
    return read(SHARED / f"data/test/kodak24/kodim{number:02d}.webp").pixels


def as_it_is(number: int) -> Pair:
    """A scan of film that nobody touched: its grain is its own."""
    return Pair(Picture(kodak(number)), None)


def painting(name: str) -> str:
    """The words of the filter that paints after one of the paintings in `shared`."""
    return f"style-any:{SHARED / f'data/style/{name}.jpg'}"


def noisy(number: int, kind: str, level: float) -> Pair:
    """With noise by a degradation of that name, clipped and rounded as a file is."""
    clean = kodak(number)
    damage = make(kind)
    told = np.full((1, 1, 1, 1), level, np.float32)
    spoiled = damage.spoil(clean, told, np.random.default_rng(number))
    return Pair(Picture(clip_and_round(spoiled)), clean)


def compressed(number: int, quality: int) -> Pair:
    """Saved as JPEG by Pillow, and read as a file is."""
    return Pair(_through_jpeg(kodak(number), quality), kodak(number))


def smaller(number: int, times: int = 2, quality: int | None = None) -> Pair:
    """So many times smaller, by the bicubic kernel, rounded as a file is; or saved as JPEG."""
    clean = kodak(number)
    height, width = clean.shape[-2:]
    small = clip_and_round(resize(clean, height // times, width // times))
    return Pair(Picture(small) if quality is None else _through_jpeg(small, quality), clean)


def soft(number: int, softness: float) -> Pair:
    """Blurred, and then at half its size: by a Gaussian of so many pixels of the small picture."""
    clean = kodak(number)
    told = np.full((1, 1, 1, 1), softness, np.float32)
    small = make("Downscale", scale=2).spoil(clean, told, np.random.default_rng(number))
    return Pair(Picture(clip_and_round(small)), clean)


def photographed(number: int, iso: float, blur: float = 0.8) -> Pair:
    """As a raw file with the noise of an ISO, and a lens that is not as sharp as its pixels, but
    where blur is 0.
    """
    taken = shot(kodak(number), number, iso, blur)
    return Pair(taken.noisy, taken.clean)


def _through_jpeg(pixels: Array, quality: int) -> Picture:
    file = io.BytesIO()
    as_image(pixels).save(file, "JPEG", quality=quality)
    return read(file.getvalue())


def dirty(number: int, seed: int) -> Pair:
    """With dirt of real film laid over it."""
    scans = {"scan": held_out_masks(SHARED)["scan"]}
    case = damaged("", kodak(number), scans, np.random.default_rng(seed))
    return Pair(Picture(case.spoiled), case.clean, case.touched)


def stamped(number: int, text: str, at: tuple[int, int], size: int) -> Pair:
    """With a date burnt in, in the orange of old cameras; where it is, and two pixels around."""
    clean = kodak(number)
    drawn = Image.new("L", (clean.shape[3], clean.shape[2]))
    ImageDraw.Draw(drawn).text(at, text, 255, font(size))
    cover = np.asarray(drawn, np.float32) / 255
    orange = np.array([1, 0.55, 0.1], np.float32)[:, None, None]
    spoiled = clean + cover * (orange - clean)
    wide = np.pad(cover > 0, 2)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (5, 5))
    near = np.asarray(windows.any((-2, -1)), np.bool_)
    return Pair(Picture(clip_and_round(spoiled)), clean, near)


def lost(number: int, at: tuple[int, int], size: tuple[int, int]) -> Pair:
    """With a piece torn out of it. at: down, across; size: height, width."""
    clean = kodak(number)
    where = np.zeros(clean.shape[-2:], np.bool_)
    where[at[0] : at[0] + size[0], at[1] : at[1] + size[1]] = True
    spoiled = np.where(where, np.float32(0.94), clean)
    return Pair(Picture(clip_and_round(spoiled)), clean, where)


#: what stands on the page
TEXT = (
    "Restoring takes away what a picture was",
    "not meant to show: noise, dust, shadows,",
    "and the marks of careless storing. What",
    "it must not take is the picture itself.",
)


def page(photograph: int | None = None) -> Pair:
    """A printed page, photographed badly: grey paper, a shadow, stains, folds and noise.

    photograph: one of Kodak's that is pasted on it.
    """
    clean = _print(photograph)
    spoiled = clean
    rng = np.random.default_rng(4)
    for kind, level in (("OldPaper", 0.2), ("Stains", 0.5), ("Folds", 0.5), ("Shadows", 0.35)):
        spoiled = make(kind).spoil(spoiled, np.full((1, 1, 1, 1), level, np.float32), rng)
    spoiled = spoiled + np.float32(3 / 255) * rng.standard_normal(spoiled.shape, np.float32)
    return Pair(Picture(clip_and_round(spoiled)), clean)


def _print(photograph: int | None) -> Array:
    """The page as it was printed. [1, 3, 420, 560]"""
    sheet = Image.new("RGB", (560, 420), "white")
    pen = ImageDraw.Draw(sheet)
    black = (20, 20, 25)
    pen.text((30, 22), "Of stains and shadows", (150, 20, 20), font(30))
    for number, line in enumerate(TEXT):
        pen.text((30, 80 + 30 * number), line, black, font(20))
    pen.text((30, 212), "checked, 29 November", (30, 50, 160), font(24))
    if photograph is None:
        for number, line in enumerate(reversed(TEXT)):
            pen.text((30, 262 + 26 * number), line, black, font(15))
    else:
        sheet.paste(as_image(resize(kodak(photograph), 140, 210, "area")), (30, 260))
        pen.text((260, 300), "Fig. 1. A window", black, font(18))
    return np.asarray(sheet, np.float32).transpose(2, 0, 1)[None] / np.float32(255)


def as_image(pixels: Array) -> Image.Image:
    """[1, 3, H, W] in 0..1, in 8 bits."""
    samples = np.rint(np.clip(pixels[0], 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(samples.transpose(1, 2, 0)))


def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own, so that every machine draws the same."""
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found
