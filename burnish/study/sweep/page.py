"""The page of a sweep: what was asked and seen, and everything that was found.

That is the table, quality against cost with the front marked, curves, the contact sheet, artefacts,
and what failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...report.page import paragraph, picture_file, section
from ...report.page import write_page as write
from ..comparison import artefacts, curves, figures, fronts, not_measured
from ..results import Results
from .plan import Sweep

RESULTS, SHEET, PAGE = "results.json", "sheet.jpg", "page.html"


def write_page(folder: Path, results: Results, sweep: Sweep, source: str = "") -> Path:
    """Writes page.html in the folder, from the results and the sheet that lies there.

    source: the sweep's file, for the commands. Returns the page's path.
    """
    parts = [paragraph(text) for text in _paragraphs(sweep.question)]
    if sweep.conclusions:
        parts.append(
            section("What was seen", [paragraph(text) for text in _paragraphs(sweep.conclusions)])
        )
    parts.append(section("Figures", figures(results)))
    parts.append(section("Quality and cost", fronts(results)))
    parts.append(section("On the way", curves(results)))
    if (folder / SHEET).is_file():
        caption = (
            "Each row a validation picture, each column a point; below each, what is "
            "left of its error."
        )
        parts.append(section("Pictures", [paragraph(caption), picture_file(folder / SHEET)]))
    parts.append(section("What is wrong with the results", artefacts(results)))
    parts += list(not_measured(results))
    parts.append(section("How", [paragraph(text) for text in _how(results, source)]))
    return write(folder / PAGE, results.title, parts)


def _how(results: Results, source: str) -> Iterator[str]:
    hours = sum(entry.cost.get("hours", 0.0) for entry in results.entries)
    yield (
        f"{len([e for e in results.entries if e.measured])} of {len(results.entries)} were "
        f"measured; {hours:.2f} hours of training on {results.machine}."
    )
    if source:
        example = next((name for name in results.names), "")
        again = f'burnish sweep {source} --only "{example}" trains one point again'
        yield (
            f"burnish sweep {source} does all of it; {again}; burnish sweep {source} -o "
            "FOLDER --page makes this page of the results in a folder."
        )


def _paragraphs(text: str) -> Sequence[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
