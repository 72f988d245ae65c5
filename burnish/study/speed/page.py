"""The page of a bench: what was measured, beside what the machine does at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...report.page import bars, drawing, paragraph, section, table, write_page
from .axes import Scale, line, marks, text
from .batch import Cell
from .batch_page import batches
from .bench import Failed, Timed, apart
from .peak import Peaks

HEADING = (
    "model",
    "by",
    "precision",
    "s a megapixel",
    "spread",
    "megapixels a second",
    "GFLOP a megapixel",
    "share of the peak",
    "MiB at most",
    "load, s",
    "first picture, s",
    "apart, 8-bit steps",
)
#: the drawing of the roof, in pixels, and the room to its left and below it
WIDTH, HEIGHT, LEFT, BELOW = 860, 400, 70, 46
#: the height of a line of text, and the width that names of points want, in pixels
LINE, NAMES = 14, 240


def rows(found: Sequence[Timed], peaks: Peaks) -> Iterator[tuple[str | float, ...]]:
    """A row of the table for each; what is apart is held against the first of the same model."""
    for one in found:
        first = next(each for each in found if each.model == one.model)
        rate = one.operations
        peak = peaks.operations.get(one.precision)
        done = None if one.multiply_adds is None else one.multiply_adds * 2e6 / 1e9
        yield (
            one.model,
            one.backend,
            one.precision,
            one.median / one.megapixels,
            f"{one.spread:.0%}",
            one.megapixels / one.median,
            "" if done is None else done,
            "" if rate is None or peak is None else f"{rate / peak:.0%}",
            "" if one.peak is None else round(one.peak / 2**20),
            one.load,
            one.first,
            "" if one is first else apart(one, first),
        )


def write(
    path: Path,
    found: Sequence[Timed | Failed],
    peaks: Peaks,
    machine: str,
    date: str,
    cells: Sequence[Cell | Failed] = (),
) -> Path:
    """Writes the page; returns its path. cells: one model over batches and tiles."""
    timed = [one for one in found if isinstance(one, Timed)]
    failed = [one for one in (*found, *cells) if isinstance(one, Failed)]
    parts = [paragraph(f"{machine}. {date}."), paragraph(_how(timed))]
    parts.append(table(HEADING, rows(timed, peaks)))
    parts.append(
        bars(
            "Megapixels a second, by the median of the turns.",
            {_name(one): one.megapixels / one.median for one in timed},
            "{:.2f}",
        )
    )
    parts.append(section("The roof", [roof(timed, peaks), paragraph(_of_the_roof(peaks))]))
    fits = [cell for cell in cells if isinstance(cell, Cell)]
    if fits:
        parts.append(batches(fits))
    notes = [f"{_name(one)}: {note}" for one in timed for note in one.notes]
    notes += [f"{each.model} on {each.where}, {each.precision}: {each.why}" for each in failed]
    if notes:
        parts.append(section("What was met", [paragraph(note) for note in notes]))
    return write_page(path, "How fast models run on this machine", parts)


def _name(one: Timed) -> str:
    return f"{one.model}, {one.backend} {one.precision}"


def _how(timed: Sequence[Timed]) -> str:
    """How it was measured, in words."""
    turns = max((len(one.seconds) for one in timed), default=0)
    megapixels = max((one.megapixels for one in timed), default=0)
    return (
        f"Each in a process of its own: a photograph of {megapixels:.2g} megapixels in 8 bits, "
        f"every dial at its default, median of {turns} turns behind the first. The spread is from "
        "the fastest turn to the slowest. Memory is the most that the process had. What is apart "
        "is the root of the mean square against the first row of the same model."
    )


def _of_the_roof(peaks: Peaks) -> str:
    rates = ", ".join(f"{name} {rate / 1e9:,.0f}" for name, rate in peaks.operations.items())
    return (
        f"Measured just now: {rates} GFLOP a second in a convolution of 3x3, and "
        f"{peaks.memory / 1e9:.1f} GB a second of memory, read and written. How many operations a "
        "network does for each byte is told by its multiply-adds and the memory that a pixel takes "
        "by its card, written once and read once."
    )


def roof(timed: Sequence[Timed], peaks: Peaks) -> str:
    """The roofline (Williams et al., 2009): operations a second over operations a byte."""
    points = [
        (2 * one.multiply_adds / (2 * one.bytes_per_pixel), one.operations, _name(one))
        for one in timed
        if one.multiply_adds is not None and one.operations is not None
    ]
    most = max(peaks.operations.values())
    right = max([2 * most / peaks.memory, *(1.2 * x for x, _, _ in points)])
    low = min([most / 100, *(y / 2 for _, y, _ in points)])
    across = Scale(low / peaks.memory, right, LEFT, WIDTH - NAMES)
    down = Scale(low, 2 * most, HEIGHT - BELOW, 10)
    drawn = [line(across(low / peaks.memory), down(low), across(right), down(low))]
    drawn.append(line(LEFT, 10, LEFT, down(low)))
    for name, rate in peaks.operations.items():
        edge = rate / peaks.memory
        drawn.append(line(across(low / peaks.memory), down(low), across(edge), down(rate)))
        drawn.append(line(across(edge), down(rate), across(right), down(rate)))
        label = f"{name}: {rate / 1e9:,.0f} GFLOP a second"
        drawn.append(text(across(edge) + 4, down(rate) - 4, label, "start"))
    beneath = 0.0
    for x, y, name in sorted(points, key=lambda point: -point[1]):
        drawn.append(f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="4" fill="#b3541e"/>')
        # Below the name before it, where both are as fast.
        beneath = max(down(y) + 4, beneath + LINE)
        drawn.append(text(across(right) + 8, beneath, f"{name}: {y / 1e9:,.0f}", "start"))
    drawn.append(
        text((LEFT + WIDTH - NAMES) / 2, HEIGHT - 8, "operations a byte of memory", "middle")
    )
    for mark in marks(low / peaks.memory, right):
        drawn.append(text(across(mark), HEIGHT - BELOW + 16, f"{mark:g}", "middle"))
    for mark in marks(low / 1e9, 2 * most / 1e9):
        drawn.append(text(LEFT - 6, down(mark * 1e9) + 4, f"{mark:,g}", "end"))
    return drawing(WIDTH, HEIGHT, drawn, "GFLOP a second, over operations a byte.")
