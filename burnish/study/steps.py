"""What each step of a chain gained or lost: the figures behind it, and the change to those before.

Pictures that the chain has yet to enlarge are measured enlarged by the bicubic kernel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ..metrics import Metric
from ..metrics.evaluate import FigureTable, in_words
from ..report.page import paragraph, section, table


def lines(figures: FigureTable) -> list[list[str]]:
    """A line for each metric and step: its figure at each setting, and the gain.

    Nothing where what was measured is no chain.
    """
    return [line for metric in figures.stepped for line in _of_metric(figures, metric)]


def in_text(name: str, figures: FigureTable) -> list[str]:
    """The same for a terminal, below the name of the chain and a line for each dial."""
    settings = figures.settings
    cells = lines(figures)
    if not cells:
        return []
    dials = [[dial, *(f"{setting[dial]:g}" for setting in settings)] for dial in settings[0]]
    cells = [*dials, *cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
    return [f"{name}, step by step", *("  ".join(row).rstrip() for row in rows)]


def on_page(tables: Mapping[str, FigureTable]) -> Iterator[str]:
    """A section of a page for all chains among these tables; nothing where there is none."""
    parts = []
    for name, figures in tables.items():
        if cells := lines(figures):
            heading = ["", *map(in_words, figures.settings)]
            parts += [paragraph(name), table(heading, cells)]
    if parts:
        yield section("Step by step", parts)


def _of_metric(figures: FigureTable, metric: Metric) -> Iterator[list[str]]:
    """The lines of one metric, of which the first carries its name."""
    columns = [figures.steps(metric.name, setting) for setting in figures.settings]
    for number, at_each in enumerate(zip(*columns, strict=True)):
        cells = []
        for (_, value), column in zip(at_each, columns, strict=True):
            before = column[number - 1][1] if number else math.nan
            cells.append(_cell(value, before, metric.digits))
        yield [f"{metric.name} {at_each[0][0]}", *cells]


def _cell(value: float, before: float, digits: int) -> str:
    """A figure, and how far it is from the one before, where there is one."""
    gain = value - before
    return f"{value:.{digits}f}" + (f" {gain:+.{digits}f}" if math.isfinite(gain) else "")
