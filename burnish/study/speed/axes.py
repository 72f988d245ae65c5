"""Axes of the drawings on a bench's page: values to pixels, and SVG elements."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape


class Scale:
    """A logarithmic axis: values to pixels."""

    def __init__(self, low: float, high: float, start: float, stop: float) -> None:
        self._low = math.log(low)
        self._share = (stop - start) / (math.log(high) - self._low)
        self._start = start

    def __call__(self, value: float) -> float:
        return self._start + self._share * (math.log(value) - self._low)


def marks(low: float, high: float) -> Iterator[float]:
    """The powers of ten between two values; where these are near each other, some between, too."""
    between = (1, 2, 3, 5, 7) if high < 10 * low else (1, 2, 5)
    steps = between if high < 50 * low else (1,)
    for power in range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1):
        yield from (step * 10.0**power for step in steps if low <= step * 10.0**power <= high)


def line(x: float, y: float, to_x: float, to_y: float) -> str:
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="currentColor"/>'
    )


def text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
