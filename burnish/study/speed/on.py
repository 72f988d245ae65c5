"""tried(): what every model of a picture's kind would make of it, and in what time.

A piece of the picture goes through each; what the whole would take is told by that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ...errors import MissingExtra
from ...images import Picture
from ...inference.engine import MOST_BYTES
from ...inference.masked import Masked
from ...inference.model import Model
from ...inference.zoo import load
from ...pipeline import Look, Restored, Settled
from ...report.sheet import Cell, sheet
from ..contact import Pixels, corner, piece_of

#: the models of each kind of picture, those first that are tried first
OF_PAGES = ("document", "background-division", "sauvola", "otsu")
OF_PHOTOGRAPHS = ("auto", "photo", "jpeg", "median", "nlmeans", "bilateral")
#: the side of the piece that goes through, in pixels
SIDE = 256
#: columns of the sheet, and the width of each
COLUMNS, WIDTH = 4, 320
#: bytes that a program has before its first picture, and that a picture takes a pixel beside its
#: network: what came in and what comes out, of three channels of four bytes
PROGRAM, BESIDES = 140 << 20, 24


@dataclass(frozen=True, eq=False)
class Tried:
    """What a model made of the piece."""

    #: the model's words
    model: str
    #: the piece, uint8; None where it was left out
    piece: Pixels | None
    #: seconds that the whole picture would take, and the most memory, in bytes
    seconds: float = 0.0
    memory: int = 0
    #: the settings of its dials, in words; or why it was left out
    said: str = ""


def tried(picture: Picture, budget: float) -> Iterator[Tried]:
    """Each model of the kind of the picture.

    budget: seconds for all of them; what would not fit any more is left out, with a sentence. What
    is settled, is settled on the whole picture, as it would be.
    """
    began = time.perf_counter()
    height, width = picture.size
    left, top, side = corner(picture.pixels, SIDE)
    piece = cut(picture, left, top, side)
    share = height * width / side**2
    words = OF_PAGES if Look(picture).kind == "page" else OF_PHOTOGRAPHS
    for word in words:
        if time.perf_counter() - began > budget:
            yield Tried(word, None, said="left out: the budget is used up")
            continue
        try:
            yield _tried(word, picture, piece, share)
        except MissingExtra as error:
            yield Tried(word, None, said=f"left out: {error}")


def cut(picture: Picture, left: int, top: int, side: int) -> Picture:
    """A piece of a picture, as a picture of its own."""
    there = np.s_[..., top : top + side, left : left + side]
    alpha = None if picture.alpha is None else picture.alpha[there]
    return replace(picture, planes=picture.planes[there], alpha=alpha, extras=(), left=None)


def _tried(word: str, picture: Picture, piece: Picture, share: float) -> Tried:
    """One model; share: how many times as large as the piece the picture is."""
    model = load(word)
    begun = time.perf_counter()
    settled = model.settle(picture)
    looked = time.perf_counter() - begun
    restore = partial(_restored, model, piece, settled)
    # What a first picture costs once, such as kernels for its size, is no part of the rate.
    restore()
    begun = time.perf_counter()
    restored = restore()
    seconds = looked + share * (time.perf_counter() - begun)
    pixels = math.prod(picture.size)
    memory = PROGRAM + BESIDES * pixels + min(MOST_BYTES, pixels * model.bytes_per_pixel)
    shown = piece_of(restored.picture.pixels, 0, 0, piece.size[1])
    return Tried(word, shown, seconds, memory, _settings(settled))


def _restored(model: Model, piece: Picture, settled: Settled) -> Restored:
    """The piece, with what is settled for the whole; a page's models look at the piece alone."""
    if isinstance(model, Masked):
        return model.restore(piece)
    return model.restore_settled(piece, settled)


def _settings(settled: Settled) -> str:
    """The settings in words, with what was chosen."""
    dials = ", ".join(
        f"{name}={value:.3g}" for name, value in settled.dials.items() if not np.ndim(value)
    )
    models = "+".join(settled.models) or settled.choice.why
    return "; ".join(filter(None, (models, dials)))


def draw(path: Path, picture: Picture, found: list[Tried]) -> Path:
    """Draws what was tried onto one sheet, the picture first; returns its path."""
    left, top, side = corner(picture.pixels, SIDE)
    cells = [Cell(piece_of(picture.pixels, left, top, side), "as it is")]
    cells += [
        Cell(one.piece, f"{one.model}: {line(one)}") for one in found if one.piece is not None
    ]
    rows = [cells[start : start + COLUMNS] for start in range(0, len(cells), COLUMNS)]
    return sheet(rows, path, WIDTH)


def line(one: Tried) -> str:
    """What is said of a model: its settings, and what the whole takes."""
    if one.piece is None:
        return one.said
    took = f"{one.seconds:.2g} s and {one.memory / 2**20:,.0f} MiB for the whole"
    return f"{one.said}; {took}" if one.said else took
