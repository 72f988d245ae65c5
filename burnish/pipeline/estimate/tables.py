"""Which of libjpeg's tables the coefficients of a picture's blocks still lie on.

Fan, de Queiroz, "Identification of bitmap compression history: JPEG detection and quantizer
estimation", IEEE TIP 2003.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...images.jpeg.quality import table_at
from .blocks import Figures, Place
from .products import product

#: qualities that are told apart; above the last a picture counts as not compressed
LOWEST, HIGHEST = 3, 98
#: deviation of a coefficient from its multiple, in 8-bit steps, and the share of those that it is
#: of: what rounding the brightness and three channels to whole steps leaves, and the same in flat
#: blocks, where the errors of neighbours are alike
SIGMAS = ((0.35, 0.75), (1.0, 0.25))
#: share of coefficients that clipping, or another table, puts anywhere
STRAY = 0.03
#: so many blocks must not be flat
LEAST_BLOCKS = 16
#: larger coefficients, in 8-bit steps, say nothing more
LARGEST = 80.0
#: the width of a bin in which coefficients are counted, in 8-bit steps
BIN = 0.5
#: what bins and multiples are apart is always so many 8-bit steps, or some times as much
GRID = 0.5
#: the largest step of a table
STEEPEST = 255
#: steps show through what moved the coefficients later from so many standard deviations on
SHOWS = 3.0
#: a coefficient this near to a multiple is near, in 8-bit steps, and steps of so many times that
#: are coarse
NEAR, COARSE = 1.5, 4.0
#: so many of all coefficients have to lie beyond half of a coarse step, or it cannot show
EVIDENCE = 0.004


@dataclass(frozen=True)
class Counted:
    """The coefficients of one frequency, as a histogram of their sizes."""

    #: which one: (down, across) in the block
    place: Place
    #: the middle of each bin, from 0 up to LARGEST
    sizes: Array
    #: how many coefficients are in it, as a share of all
    shares: Array
    #: the width of a bin, in 8-bit steps
    width: float
    #: the mean size of the coefficients
    spread: float
    #: the standard deviation that later compressions have given them, beside that of rounding
    moved: float


def counted(place: Place, values: Array, step: float, moved: float) -> Counted:
    """step: of the table that the coefficients lie on now, or BIN where they lie on none."""
    bins = np.rint(np.abs(values) / step).astype(int)
    spread = max(float(np.abs(values).mean()), 0.05)
    last = int(LARGEST / step)
    shares = np.bincount(bins[bins <= last], minlength=last + 1) / len(values)
    sizes = step * np.arange(last + 1, dtype=np.float32)
    return Counted(place, sizes, shares.astype(np.float32), step, spread, round(moved, 1))


def table_in(frequencies: list[Counted], below: int) -> tuple[float, int]:
    """(by how much it explains a coefficient better than no table does, the quality) of the best
    table for the coefficients of these frequencies; (0, 100) where none is better.

    The first is in natural logarithms, the mean of all. Qualities from here on, below, are
    not tried.
    """
    return tables_in([frequencies], below)[0]


def tables_in(each: Sequence[list[Counted]], below: int) -> list[tuple[float, int]]:
    """`table_in` for each of several lists of frequencies, in one go."""
    if below <= LOWEST:
        return [(0.0, 100)] * len(each)
    tables = _tables()[: below - LOWEST]
    gains = _gains([one for frequencies in each for one in frequencies], tables)
    found = []
    first = 0
    for frequencies in each:
        total = gains[first : first + len(frequencies)].sum(0)
        first += len(frequencies)
        best = int(total.argmax())
        clear = float(total[best]) / max(1, len(frequencies))
        found.append((clear, LOWEST + best) if frequencies else (0.0, 100))
    return found


@cache
def _tables() -> NDArray[np.int64]:
    """The tables [Q, 8, 8] of the qualities that are told apart."""
    return np.stack([table_at(quality).reshape(8, 8) for quality in range(LOWEST, HIGHEST + 1)])


@dataclass(frozen=True)
class _Alike:
    """Frequencies [F] whose bins [B] are as wide, and whose coefficients were moved as much."""

    #: how many coefficients are in each bin, as a share of all [F, B]
    shares: Array
    #: the mean size of the coefficients [F, 1]
    spreads: Array
    #: how many would be in each bin, were they on no multiples [F, B]
    anywhere: Array
    #: the width of a bin, in 8-bit steps
    width: float
    #: the standard deviation that later compressions have given the coefficients
    moved: float


def _alike(some: Sequence[Counted]) -> _Alike:
    """Frequencies that are counted alike, as one."""
    width = some[0].width
    spreads = np.array([[one.spread] for one in some], np.float32)
    anywhere = 0.5 / spreads * width * np.exp(-some[0].sizes / spreads)
    shares = np.stack([one.shares for one in some])
    return _Alike(shares, spreads, anywhere, width, some[0].moved)


def _gains(frequencies: list[Counted], tables: NDArray[np.int64]) -> Figures:
    """By how much each table [Q, 8, 8] explains the coefficients of each frequency better than
    none does. [F, Q]
    """
    gains = np.zeros((len(frequencies), len(tables)))

    def how(place: int) -> tuple[float, float]:
        return frequencies[place].width, frequencies[place].moved

    for _, places in groupby(sorted(range(len(gains)), key=how), how):
        rows = list(places)
        alike = _alike([frequencies[row] for row in rows])
        steps = np.stack([tables[:, *frequencies[row].place] for row in rows])
        none = likelihoods(alike, max(1.0, alike.moved))
        # What each step would gain [F, step]; a step that does not show gains nothing.
        better = np.zeros((len(rows), STEEPEST + 1))
        for step in dict.fromkeys(np.sort(steps[steps > max(1.0, SHOWS * alike.moved)], axis=None)):
            better[:, step] = likelihoods(alike, float(step)) - none
        gains[rows] = np.take_along_axis(better, steps, axis=1)
    return gains


def steps_at(quality: int, places: Sequence[Place]) -> Figures:
    """The steps [F] of a quality's table at frequencies."""
    table = table_at(quality).reshape(8, 8)
    return np.array([table[place] for place in places], np.float64)


def on_steps(frequencies: list[Counted], quality: int, least: float, fine: bool) -> bool:
    """Whether the coefficients beyond half of a coarse step of the quality's table lie near its
    multiples. Of a drawing most are 0, which any table explains, and the others lie anywhere.

    least: the share that has to, beside those that chance puts there. fine: what to say
    of a table without coarse steps.
    """
    near = 0.0
    beyond = 0.0
    chance = 0.0
    coarse = 0
    steps = steps_at(quality, [one.place for one in frequencies])
    for step, one in zip(steps, frequencies, strict=True):
        within = max(NEAR, 2 * one.moved, 0.5 * one.width)
        if step >= COARSE * within:
            coarse += 1
            counts = one.shares * (one.sizes > step / 2 + within)
            away = np.abs(one.sizes - step * np.rint(one.sizes / step))
            near += float(counts[away <= within].sum())
            beyond += float(counts.sum())
            chance += float(counts.sum()) * 2 * within / step
    if not coarse:
        return fine
    return beyond >= EVIDENCE * coarse and near - chance >= least * (beyond - chance)


def likelihoods(some: _Alike, step: float) -> Figures:
    """The logarithm of the likelihood of the coefficients of frequencies, were they multiples of
    the step; for each the mean of its coefficients. [F]

    It is Laplace's distribution put into bins, the rounding of the pixels, and what moved them
    later.
    """
    most = np.ceil(LARGEST / step)
    multiples = step * np.arange(-most, most + 1, dtype=np.float32)
    away = np.abs(multiples)
    outside = np.exp(-np.maximum(away - step / 2, 0) / some.spreads)
    beyond = np.exp(-(away + step / 2) / some.spreads)
    weights = np.asarray(0.5 * (outside - beyond), np.float32)
    weights[:, len(away) // 2] = 1 - np.exp(-step / 2 / some.spreads[:, 0])

    sizes = some.width * np.arange(some.shares.shape[1], dtype=np.float32)
    apart = np.abs(multiples[:, None] - sizes) / GRID
    mass = product(weights, _near(some.width, some.moved)[np.rint(apart).astype(np.int32)])
    logarithms = np.log((1 - STRAY) * mass + STRAY * some.anywhere + np.float32(1e-12))
    return np.asarray((some.shares * logarithms).sum(1, dtype=np.float64))


@cache
def _near(width: float, moved: float) -> Array:
    """How much of what lies on a multiple is found in a bin so many times GRID from it."""
    away = GRID * np.arange(2 * (LARGEST + STEEPEST) / GRID)
    share = np.zeros_like(away)
    for rounding, part in SIGMAS:
        sigma = np.hypot(rounding, moved)
        upper, lower = (away + width / 2) / sigma, (away - width / 2) / sigma
        share += part * (_below(upper) - _below(lower))
    return share.astype(np.float32)


def _below(x: Figures) -> Figures:
    """The probability that a standard normal lies below x, to 2e-4: Page 1977."""
    bent = 0.7978845608 * x * (1 + 0.044715 * x * x)
    return np.asarray(0.5 * (1 + np.tanh(bent)))
