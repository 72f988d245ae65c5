"""The page of a report: findings with their files shown, and the figures charted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import BurnishError
from ...images import read, to_image
from ...report.page import (
    bars,
    histogram,
    lines,
    paragraph,
    pictures,
    row,
    section,
    table,
    write_page,
)
from .findings import Finding, Found
from .report import Report, figures, place_in_words, summary
from .statistics import Statistics

#: places of a fault whose pictures are shown
SHOWN = 8
#: places of a fault that are named
NAMED = 200
#: files of one place that are shown
SHOWN_TOGETHER = 6
#: files of one place that are named
NAMED_TOGETHER = 12
#: sizes that are charted
CHARTED = 20
#: units that are shown as samples
SAMPLES = 8
#: longer side of a picture on the page
SIDE = 220


def write_report(report: Report, path: str | Path) -> Path:
    """Writes the page and returns its path. Raises OutputError where it cannot be written."""
    kind = "pairs" if report.pairs else "pictures"
    parts = [paragraph(f"{len(report.units)} {kind}; {summary(report.findings)}.")]
    parts.append(section("What was found", _overview(report)))
    if report.statistics:
        parts.append(section("Figures", _figures(report.statistics)))
    parts.append(section("Samples", [row(_samples(report))]))
    parts += [_shown(finding) for finding in report.findings]
    return write_page(path, f"Data: {report.source.words}", parts)


def _overview(report: Report) -> Iterator[str]:
    if not report.findings:
        yield paragraph("Nothing wrong.")
        return
    classes = {"error": "error", "warning": "warning", "note": "note"}
    yield table(
        ("", "fault", "how many", "what it is", "what to do"),
        [(f.severity, f.fault, len(f.places), f.text, f.remedy) for f in report.findings],
        classes,
    )


def _figures(found: Statistics) -> Iterator[str]:
    yield table(("", ""), list(figures(found)))
    sizes = {f"{w}x{h}": float(n) for (w, h), n in list(found.sizes.items())[:CHARTED]}
    which = "all" if len(sizes) == len(found.sizes) else f"the most common {CHARTED}"
    lost = f"share of the pixels that one look leaves out, by the cut, with a crop of {found.crop}"
    charts = [
        bars(f"sizes: {which} of {len(found.sizes)}", sizes),
        bars(lost, found.losses, "{:.1%}"),
    ]
    if found.brightness:
        words = "brightness of the clean pictures, 0 to 255"
        charts.append(histogram(words, found.brightness, "black", "white"))
    for side, counts in found.quality.items():
        files = {str(quality): float(n) for quality, n in counts.items()}
        charts.append(bars(f"JPEG quality, {side} side", files))
    yield row(charts)


def _samples(report: Report) -> Iterator[str]:
    """Units spread evenly over the set."""
    step = max(1, len(report.units) // SAMPLES)
    for unit in report.units[::step][:SAMPLES]:
        yield pictures(_thumbnails(tuple(map(str, unit.files))), unit.name)


def _shown(finding: Finding) -> str:
    places = [place for place in finding.places if place.files]
    parts = [paragraph(f"{finding.text} {finding.remedy}")]
    parts += [paragraph(place.detail) for place in finding.places if not place.files]
    parts.append(row(_pictures(place) for place in places[:SHOWN]))
    if len(places) > SHOWN:
        named = [place_in_words(place, NAMED_TOGETHER) for place in places[SHOWN:NAMED]]
        parts.append(lines(named))
    if len(places) > NAMED:
        parts.append(paragraph(f"... and {len(places) - NAMED} more; --json names all of them."))
    return section(f"{finding.severity}: {finding.fault} ({len(finding.places)})", parts)


def _pictures(place: Found) -> str:
    shown = _thumbnails(place.files[:SHOWN_TOGETHER])
    return pictures(shown, place_in_words(place, NAMED_TOGETHER))


def _thumbnails(files: tuple[str, ...]) -> list[NDArray[np.uint8]]:
    found = (_thumbnail(Path(file)) for file in files)
    return [small for small in found if small is not None]


def _thumbnail(path: Path) -> NDArray[np.uint8] | None:
    """The picture [H, W, 3], or None where it cannot be read."""
    try:
        image = to_image(read(path)).convert("RGB")
    except BurnishError:
        return None
    image.thumbnail((SIDE, SIDE))
    return np.asarray(image)
