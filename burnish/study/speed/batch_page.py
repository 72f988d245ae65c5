"""Batches and tiles on a bench's page: a table, and throughput, latency and memory as drawings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...ground.amounts import in_bytes
from ...inference.engine import affordable, free_memory
from ...report.page import drawing, paragraph, row, section, table
from .axes import Scale, line, marks, text
from .batch import BATCHES, TILES, Cell

HEADING = (
    "tile",
    "batch",
    "ms a batch",
    "megapixels a second",
    "of a large picture",
    "MiB",
    "MiB, predicted",
)
#: a drawing, in pixels; the room to its left, to its right for names, and below it
WIDTH, HEIGHT, LEFT, RIGHT, BELOW = 560, 300, 60, 120, 46
#: a colour for each batch, told apart on light and on dark
COLOURS = ("#3b76b8", "#b3541e", "#3f8f4f", "#8a5bb5", "#b08a00")
#: the height of a line of text, in pixels
LINE = 14


def batches(cells: Sequence[Cell]) -> str:
    """The section on one model in one precision."""
    first = cells[0]
    rows = [
        (
            f"{cell.tile}x{cell.tile}",
            cell.batch,
            _milliseconds(cell),
            cell.throughput,
            cell.kept,
            "" if cell.memory is None else round(cell.memory / 2**20),
            round(cell.predicted / 2**20),
        )
        for cell in cells
    ]
    measured = [cell for cell in cells if cell.memory]
    drawn = [
        chart(cells, "Megapixels a second, by the side of a tile.", lambda cell: cell.throughput),
        chart(cells, "Milliseconds a batch.", lambda cell: 1e3 * cell.latency),
        chart(
            measured,
            "MiB that the process took for it; the thin lines are what was predicted.",
            lambda cell: (cell.memory or 0) / 2**20,
            lambda cell: cell.predicted / 2**20,
        ),
    ]
    title = f"Batches and tiles: {first.model}, {first.backend} {first.precision}"
    parts = [paragraph(words) for words in (HOW, said(cells))]
    return section(title, [*parts, row(drawn), table(HEADING, rows)])


def _milliseconds(cell: Cell) -> float:
    """Those of a batch, whole where there are many."""
    found = 1e3 * cell.latency
    return round(found) if found >= 100 else found


HOW = (
    "The network alone, each row in a process of its own. Tiles of a large picture see some pixels "
    "past their edge, which are computed and not kept. Memory is what the process took beyond what "
    "it had when the model was open; predicted is what the model's card says for the precision."
)


def said(cells: Sequence[Cell]) -> str:
    """What follows, in words."""
    alone = [cell for cell in cells if cell.batch == 1]
    best = max(cells, key=lambda cell: cell.throughput)
    kept = max(alone, key=lambda cell: cell.kept)
    pixels = affordable(kept.bytes_per_pixel) / 1e6
    free = in_bytes(free_memory())
    return (
        f"The most megapixels a second are {best.throughput:.2f}, with {best.batch} of "
        f"{best.tile}x{best.tile}. A large picture goes fastest in tiles of {kept.tile}x"
        f"{kept.tile}, {kept.kept:.2f} megapixels a second. With {free} free and "
        f"{kept.bytes_per_pixel} bytes a pixel, tiles of up to {pixels:.2f} megapixels are "
        "planned here."
    )


def chart(
    cells: Sequence[Cell],
    caption: str,
    value: Callable[[Cell], float],
    predicted: Callable[[Cell], float] | None = None,
) -> str:
    """A value over the side of a tile, a line for each size of batches; both are logarithmic.

    predicted: what it was to be.
    """
    if not cells:
        return ""
    shown = [*map(value, cells), *map(predicted or value, cells)]
    low, high = 0.8 * min(shown), 1.25 * max(shown)
    right, floor = WIDTH - RIGHT, HEIGHT - BELOW
    across, down = Scale(0.8 * TILES[0], 1.25 * TILES[-1], LEFT, right), Scale(low, high, floor, 10)
    drawn = [line(LEFT, floor, right, floor), line(LEFT, 10, LEFT, floor)]
    for number, (batch, colour) in enumerate(zip(BATCHES, COLOURS, strict=True)):
        those = [cell for cell in cells if cell.batch == batch]
        drawn.append(_path(those, across, down, value, colour, 2))
        drawn += [
            f'<circle cx="{across(cell.tile):.1f}" cy="{down(value(cell)):.1f}" r="3" '
            f'fill="{colour}"/>'
            for cell in those
        ]
        if predicted is not None:
            drawn.append(_path(those, across, down, predicted, colour, 0.7))
        beneath = 20 + LINE * number
        drawn.append(f'<circle cx="{right + 14}" cy="{beneath - 4}" r="4" fill="{colour}"/>')
        drawn.append(text(right + 24, beneath, f"batch of {batch}", "start"))
    drawn += [text(across(side), floor + 16, f"{side}", "middle") for side in TILES]
    drawn += [text(LEFT - 6, down(mark) + 4, f"{mark:,g}", "end") for mark in marks(low, high)]
    drawn.append(text((LEFT + right) / 2, HEIGHT - 8, "side of a tile, in pixels", "middle"))
    return drawing(WIDTH, HEIGHT, drawn, caption)


def _path(
    cells: Sequence[Cell],
    across: Scale,
    down: Scale,
    value: Callable[[Cell], float],
    colour: str,
    width: float,
) -> str:
    """A line through the values of some cells."""
    points = " ".join(f"{across(cell.tile):.1f},{down(value(cell)):.1f}" for cell in cells)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
