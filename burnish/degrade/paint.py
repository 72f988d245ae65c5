"""Damage that has a place: layers of paint, drawn for one picture at a time and laid over it.

Each layer has its mask. Every picture draws from a generator of its own, whose seed is all that is
taken from the batch's: what happens to one does not depend on the others, and with the same seed a
higher dial only adds to what a lower one drew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..contract import Array, Dial
from ..ground.channels import grey
from . import Degradation, with_mask
from .arguments import per_picture
from .drawing import Size

#: less than this, a quarter of an 8-bit step, is nothing
FAINT = 1e-3


@dataclass(frozen=True)
class Paint:
    """A layer of paint."""

    #: where it is and how thick, [H, W] in [0, 1]
    mask: Array
    #: RGB in [0, 1], [3, 1, 1] or [3, H, W]
    colour: Array
    #: whether the picture shines through (dark things stay dark) instead of being covered
    glaze: bool = True


#: (size, amount above 0, rng) -> layers, the lowest first, each drawn when the one before is laid:
#: a hundred large masks would not fit into memory
Draw = Callable[[Size, float, np.random.Generator], Iterable[Paint]]


def painted(dial: Dial, draw: Draw) -> Degradation:
    """The degradation that lays what `draw` gives over each picture.

    Its dial is one number a picture, neutral at 0.
    """
    return with_mask(dial, partial(paint, draw=draw, name=dial.name), neutral=0.0)


def paint(
    clean: Array, level: Array, rng: np.random.Generator, draw: Draw, name: str
) -> tuple[Array, Array]:
    """clean [B, 1 or 3, H, W], level [B, 1, 1, 1] -> (spoiled, mask [B, 1, H, W])."""
    amounts, generators = per_picture(level, len(clean), name), generators_for(len(clean), rng)
    size = (clean.shape[2], clean.shape[3])
    spoiled, mask = clean.copy(), np.zeros((len(clean), 1, *size), np.float32)
    for i, (amount, own) in enumerate(zip(amounts, generators, strict=True)):
        lay(draw(size, amount, own) if amount > 0 else (), spoiled[i], mask[i, 0])
    return spoiled, mask


def lay(layers: Iterable[Paint], picture: Array, mask: Array) -> None:
    """Lays the layers over the picture [1 or 3, H, W], and their masks over the mask [H, W].

    Both are changed in place.
    """
    for layer in layers:
        there = _extent(layer.mask >= FAINT)
        thick = np.where(
            layer.mask[there] < FAINT, np.float32(0), np.minimum(layer.mask[there], np.float32(1))
        )
        colour = layer.colour if len(picture) == 3 else grey(layer.colour)[None]
        colour = colour if colour.shape[1:] == (1, 1) else colour[:, *there]
        under = picture[:, *there]
        under += thick * ((under * colour if layer.glaze else colour) - under)
        mask[there] += thick * (1 - mask[there])


def _extent(marked: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The smallest window that holds all that is marked.

    Most damage is small, and the rest of the picture need not be touched.
    """
    rows, columns = np.flatnonzero(marked.any(1)), np.flatnonzero(marked.any(0))
    return (
        (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        if len(rows)
        else (slice(0), slice(0))
    )


def rgb(red: float, green: float, blue: float) -> Array:
    """A colour that fits a layer. [3, 1, 1]"""
    return np.array([red, green, blue], np.float32).reshape(3, 1, 1)


def generators_for(count: int, rng: np.random.Generator) -> list[np.random.Generator]:
    """A generator for each picture, from one number each of the batch's."""
    return [np.random.default_rng(seed) for seed in rng.integers(0, 2**63, count)]


def parts(amount: float, most: int) -> list[float]:
    """Returns how strongly each of at most `most` things shows at this amount.

    They come up one after the other, the last one faintly. At least one shows.
    """
    whole = amount * most
    return [min(whole - i, 1.0) for i in range(most) if whole > i]
