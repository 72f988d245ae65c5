"""Contact sheets that compare: pictures as rows, models as columns.

Each column has its piece, what is left of its error, and its figures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from ..report.sheet import Cell, residual_picture, sheet, visible

#: width of a picture on the sheet
WIDTH = 200
#: what an error is multiplied with to be seen
GAIN = 3.0
Pixels = NDArray[Any]


@dataclass(frozen=True)
class Shown:
    """A piece of a picture, [H, W, 1 or 3]."""

    #: of the picture
    name: str
    #: the piece of the spoiled picture
    spoiled: Pixels
    #: the piece of the clean picture
    clean: Pixels
    #: model's name -> its piece, and its figures in words
    restored: Mapping[str, tuple[Pixels, str]]


def contact_sheet(path: Path, several: Sequence[Shown]) -> Path:
    """Two lines for each picture: the pieces, and the errors times GAIN around mid grey."""
    rows: list[list[Cell]] = []
    for one in several:
        pieces = [Cell(one.spoiled, f"{one.name}: spoiled")]
        errors = [Cell(residual_picture(one.spoiled, one.clean, GAIN), f"error x{GAIN:g}")]
        for model, (piece, words) in one.restored.items():
            pieces.append(Cell(piece, f"{model}: {words}"))
            errors.append(Cell(residual_picture(piece, one.clean, GAIN)))
        rows += [[*pieces, Cell(one.clean, "clean")], errors]
    return sheet(rows, path, WIDTH)


def corner(
    clean: Array, side: int, given: Sequence[int] | None = None, times: int = 1
) -> tuple[int, int, int]:
    """Returns (left, top, side) of the piece that is shown.

    It is as given, or where the clean picture [1, C, H, W] has most detail, on a grid of half a
    piece. times: how much smaller the spoiled picture is; every number is a multiple of it, so that
    both have the piece.
    """
    height, width = (n // times * times for n in clean.shape[-2:])
    unit = math.lcm(8, times)
    side = min(side, height, width) // unit * unit or min(height, width)
    if given is not None:
        left, top = (
            min(max(0, int(at)), most - side) // times * times
            for at, most in zip(given, (width, height), strict=True)
        )
        return left, top, side
    grey = clean[0, :, :height, :width].mean(0)
    detail = np.zeros((height, width))
    detail[:, 1:] += np.abs(np.diff(grey, axis=1))
    detail[1:] += np.abs(np.diff(grey, axis=0))
    step = max(unit, side // 2 // unit * unit)
    places = [
        (left, top)
        for top in range(0, height - side + 1, step)
        for left in range(0, width - side + 1, step)
    ]

    def detail_in(place: tuple[int, int]) -> float:
        left, top = place
        return float(detail[top : top + side, left : left + side].sum())

    return *max(places, key=detail_in), side


def piece_of(picture: Array, left: int, top: int, side: int, times: int = 1) -> Pixels:
    """Returns the piece [side, side, C] of a picture [1, C, H, W], made visible; uint8.

    times: how much smaller the picture is than that which the corner counts in; the piece is
    enlarged to it.
    """
    rows = slice(top // times, (top + side) // times)
    columns = slice(left // times, (left + side) // times)
    piece = np.clip(visible(picture[0, :, rows, columns]), 0, 1)
    values = np.rint(piece * 255).astype(np.uint8).transpose(1, 2, 0)
    return values.repeat(times, 0).repeat(times, 1)
