"""What tells ink from paper on a whole page: a threshold, and how wide the strokes are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from .planes import Flags

#: values from 0 to 1 are counted in so many bins
BINS = 256


def threshold(values: Array) -> float:
    """The value that parts values of 0 to 1 best into two classes (Otsu 1979)."""
    counts, edges = np.histogram(values, BINS, (0, 1))
    share = np.cumsum(counts) / max(1, counts.sum())
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts * middles) / max(1, counts.sum())
    apart = share * (1 - share)
    between = (below[-1] * share - below) ** 2 / np.where(apart > 0, apart, np.inf)
    return float(edges[1:][np.argmax(between)])


def stroke_width(ink: Flags, most: float = np.inf) -> float:
    """How wide the strokes of ink [H, W] are, in pixels; 0 where there is none.

    most: what is wider counts as no stroke.

    A pixel lies in a run of ink along its row, and in one along its column, and the shorter of
    both is about as long as the stroke is wide. The median over the pixels counts, so that neither
    specks nor blots decide.
    """
    shorter = np.minimum(runs(ink), runs(ink.T).T)[ink]
    strokes = shorter[shorter <= most]
    return float(np.median(strokes)) if strokes.size else 0.0


def runs(ink: Flags) -> NDArray[Any]:
    """For each pixel of ink [H, W], how long the run along its row is in which it lies; else 0."""
    rows = np.pad(ink, ((0, 0), (1, 1)))
    flat = rows.ravel()
    steps = np.diff(flat.astype(np.int8))
    lengths = np.flatnonzero(steps == -1) - np.flatnonzero(steps == 1)
    runs = np.zeros(flat.size, np.int32)
    runs[flat] = np.repeat(lengths, lengths)
    return runs.reshape(rows.shape)[:, 1:-1]
