"""Batches and tiles on a bench's page: a table, and throughput, latency and memory as drawings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...ground.amounts import in_bytes
from ...inference.engine import affordable, free_memory
from ...report.page import drawing, paragraph, section, table
from .axes import Scale, line, marks, text
from .batch import BATCHES, Cell

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
            1e3 * cell.latency,
            cell.throughput,
            cell.kept,
            "" if cell.memory is None else round(cell.memory / 2**20),
            round(cell.predicted / 2**20),
        )
        for cell in cells
    ]
    drawn = [
        chart(cells, "Megapixels a second.", lambda cell: cell.throughput),
        chart(cells, "Milliseconds a batch.", lambda cell: 1e3 * cell.latency),
        chart(
            [cell for cell in cells if cell.memory],
            "MiB that the process took for it; the thin line is what was predicted.",
            lambda cell: (cell.memory or 0) / 2**20,
            lambda pixels: pixels * first.bytes_per_pixel / 2**20,
        ),
    ]
    title = f"Batches and tiles: {first.model}, {first.backend} {first.precision}"
    parts = [paragraph(words) for words in (HOW, said(cells))]
    return section(title, [*parts, *drawn, table(HEADING, rows)])


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
    predicted: Callable[[float], float] | None = None,
) -> str:
    """A value over the pixels of a batch, a line for each size of batches; both are logarithmic.

    predicted: what it was to be, by pixels.
    """
    pixels = [cell.batch * cell.tile**2 / 1e6 for cell in cells]
    values = [value(cell) for cell in cells]
    if not values:
        return ""
    across = Scale(0.8 * min(pixels), 1.25 * max(pixels), LEFT, WIDTH - RIGHT)
    down = Scale(0.8 * min(values), 1.25 * max(values), HEIGHT - BELOW, 10)
    left, right, low = LEFT, WIDTH - RIGHT, HEIGHT - BELOW
    drawn = [line(left, low, right, low), line(left, 10, left, low)]
    if predicted is not None:
        ends = [(x, predicted(x * 1e6)) for x in (min(pixels), max(pixels))]
        drawn.append(line(*(at for x, y in ends for at in (across(x), down(y)))))
    beneath = 0.0
    for batch, colour in zip(BATCHES, COLOURS, strict=True):
        points = [
            (across(x), down(y))
            for cell, x, y in zip(cells, pixels, values, strict=True)
            if cell.batch == batch
        ]
        if not points:
            continue
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        # Names stand below each other, where lines end close together.
        beneath = max(beneath + LINE, 20)
        drawn.append(f'<circle cx="{right + 14}" cy="{beneath - 4}" r="4" fill="{colour}"/>')
        drawn.append(text(right + 24, beneath, f"batch of {batch}", "start"))
    for mark in marks(0.8 * min(pixels), 1.25 * max(pixels)):
        drawn.append(text(across(mark), low + 16, f"{mark:g}", "middle"))
    for mark in marks(0.8 * min(values), 1.25 * max(values)):
        drawn.append(text(left - 6, down(mark) + 4, f"{mark:,g}", "end"))
    drawn.append(text((left + right) / 2, HEIGHT - 8, "megapixels of a batch", "middle"))
    return drawing(WIDTH, HEIGHT, drawn, caption)
