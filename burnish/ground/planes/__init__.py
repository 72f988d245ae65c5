"""Planes: what is asked of their neighbourhoods, and planes that are no array of floats yet."""

from __future__ import annotations

from .near import blurred, closed, deviation, gaussian, highest, lowest, mean, opened
from .whole import (
    ROWS,
    Computed,
    Part,
    Planes,
    Put,
    WholeNumbers,
    all_finite,
    bands,
    ends,
    floats,
    of_parts,
    raw,
)

__all__ = [
    "ROWS",
    "Computed",
    "Part",
    "Planes",
    "Put",
    "WholeNumbers",
    "all_finite",
    "bands",
    "blurred",
    "closed",
    "deviation",
    "ends",
    "floats",
    "gaussian",
    "highest",
    "lowest",
    "mean",
    "of_parts",
    "opened",
    "raw",
]
