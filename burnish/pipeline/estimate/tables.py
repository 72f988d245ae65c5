"""Which of libjpeg's tables the coefficients of a picture's blocks still lie on.

Fan, de Queiroz, "Identification of bitmap compression history: JPEG detection and quantizer
estimation", IEEE TIP 2003.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...images.jpeg.quality import table_at
from .blocks import Figures, Place

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
    sizes: Figures
    #: how many coefficients are in it, as a share of all
    shares: Figures
    #: the width of a bin, in 8-bit steps
    width: float
    #: the mean size of the coefficients
    spread: float
    #: the standard deviation that later compressions have given them, beside that of rounding
    moved: float


def counted(place: Place, values: Figures, step: float, moved: float) -> Counted:
    """step: of the table that the coefficients lie on now, or BIN where they lie on none."""
    bins = np.rint(np.abs(values) / step).astype(int)
    spread = max(float(np.abs(values).mean()), 0.05)
    last = int(LARGEST / step)
    shares = np.bincount(bins[bins <= last], minlength=last + 1) / len(values)
    sizes = np.asarray(step * np.arange(last + 1), np.float64)
    return Counted(place, sizes, shares, step, spread, round(moved, 1))


def table_in(frequencies: list[Counted], below: int) -> tuple[float, int]:
    """(by how much it explains a coefficient better than no table does, the quality) of the best
    table for the coefficients of these frequencies; (0, 100) where none is better.

    The first is in natural logarithms, the mean of all. Qualities from here on, below, are
    not tried.
    """
    if below <= LOWEST or not frequencies:
        return 0.0, 100
    tables = np.stack([table_at(q).reshape(8, 8) for q in range(LOWEST, below)])
    totals = np.zeros(len(tables))
    for one in frequencies:
        steps, which = np.unique(tables[:, *one.place], return_inverse=True)
        least = max(1.0, SHOWS * one.moved)
        gains = [likelihood(one, float(step)) if step > least else None for step in steps]
        none = likelihood(one, max(1.0, one.moved))
        totals += np.array([0.0 if gain is None else gain - none for gain in gains])[which]
    best = int(totals.argmax())
    return float(totals[best]) / len(frequencies), LOWEST + best


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


def likelihood(one: Counted, step: float) -> float:
    """Its logarithm, the mean of the coefficients, were they multiples of the step: Laplace's
    distribution put into bins, the rounding of the pixels, and what moved them later.
    """
    away = np.abs(_multiples(step))
    inside = 1 - np.exp(-step / 2 / one.spread)
    outside = np.exp(-np.maximum(away - step / 2, 0) / one.spread)
    beyond = np.exp(-(away + step / 2) / one.spread)
    weights = np.where(away == 0, inside, 0.5 * (outside - beyond))
    anywhere = 0.5 / one.spread * one.width * np.exp(-one.sizes / one.spread)
    mass = _mass(step, one.width, one.moved) @ weights
    return float((one.shares * np.log((1 - STRAY) * mass + STRAY * anywhere + 1e-12)).sum())


def _multiples(step: float) -> Figures:
    count = np.ceil(LARGEST / step)
    return np.asarray(step * np.arange(-count, count + 1))


@lru_cache(maxsize=2000)
def _mass(step: float, width: float, moved: float) -> Figures:
    """How much of what lies on each multiple M of a step is found in each bin B. [B, M]"""
    sizes = width * np.arange(int(LARGEST / width) + 1)
    rest = sizes[:, None] - _multiples(step)
    mass = np.zeros_like(rest)
    for rounding, part in SIGMAS:
        sigma = np.hypot(rounding, moved)
        upper, lower = (rest + width / 2) / sigma, (rest - width / 2) / sigma
        mass += part * (_below(upper) - _below(lower))
    return mass


def _below(x: Figures) -> Figures:
    """The probability that a standard normal lies below x, to 2e-4: Page 1977."""
    bent = 0.7978845608 * x * (1 + 0.044715 * x * x)
    return np.asarray(0.5 * (1 + np.tanh(bent)))
