"""Pages: HTML files that need nothing else, to look at and to send.

Tables, bar charts (SVG) and pictures are inside the file, and there are no scripts. The parts of a
page are texts, made by the functions here, which escape whatever they are given:
`page("Title", [section("One", [paragraph("..."), bars(...)])])`.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..ground.files import atomic_write

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2329; --faint: #667;
  --line: #d8dce1; --bar: #3b76b8;
  --error: #b3261e; --warning: #9a6200; --note: #3b6ea5; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16191d; --ink: #e6e8eb; --faint: #9aa3ad; --line: #363c44;
    --bar: #6ea3dc; --error: #ff8f86; --warning: #f0b95a; --note: #86b7ea; }
}
body { margin: 2rem auto; max-width: 72rem; padding: 0 1.2rem; overflow-wrap: anywhere;
  font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; overflow-wrap: normal; }
td, th { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
td:nth-child(-n+2) { white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.error { color: var(--error); font-weight: 600; }
.warning { color: var(--warning); font-weight: 600; }
.note { color: var(--note); font-weight: 600; }
.row { display: flex; flex-wrap: wrap; gap: 1.2rem; align-items: flex-start; }
.pair { display: flex; flex-wrap: wrap; gap: 4px; }
figure { margin: .4rem 0; max-width: 100%; }
figcaption { font-size: 12px; color: var(--faint); max-width: 28rem; }
img { display: block; max-width: 100%; height: auto; outline: 1px solid var(--line); }
svg { display: block; max-width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg rect { fill: var(--bar); }
.files { font-size: 13px; columns: 26rem 2; }
@media (max-width: 40rem) {
  td, th { padding-right: .5rem; }
  td:nth-child(-n+2) { white-space: normal; }
  table { font-size: 13px; }
}
"""


def page(title: str, parts: Iterable[str]) -> str:
    """The text of the whole file. parts: made by the functions here."""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, '
        f'initial-scale=1"><title>{escape(title)}</title><style>{_STYLE}</style>'
    )
    body = f"<h1>{escape(title)}</h1>\n" + "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}\n</body></html>\n'


def write_page(path: str | Path, title: str, parts: Iterable[str]) -> Path:
    """Writes a page whole or not at all. OutputError where it cannot be written."""
    # Names of files may hold bytes that are no text.
    text = page(title, parts).encode(errors="backslashreplace")
    atomic_write(path, text)
    return Path(path)


def section(title: str, parts: Iterable[str], level: int = 2) -> str:
    """Parts below a heading. level: of the heading; 1 is the page's own."""
    return f"<h{level}>{escape(title)}</h{level}>\n" + "\n".join(parts)


def paragraph(text: str) -> str:
    """A paragraph of text."""
    return f"<p>{escape(text)}</p>"


def lines(texts: Iterable[str]) -> str:
    """A list in small print, in two columns."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ul class="files">{items}</ul>'


def row(parts: Iterable[str]) -> str:
    """Parts beside each other, as many as fit."""
    return f'<div class="row">{"".join(parts)}</div>'


def table(
    heading: Sequence[str],
    rows: Iterable[Sequence[str | int | float]],
    classes: Mapping[str, str] | None = None,
) -> str:
    """A table, in which numbers stand to the right.

    classes: the texts of cells that are marked, with "error", "warning" or "note" for each.
    """
    top = "".join(f"<th>{escape(name)}</th>" for name in heading)
    body = ""
    for cells in rows:
        inner = "".join(_cell(cell, classes or {}) for cell in cells)
        body += f"<tr>{inner}</tr>"
    inside = f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="table"><table>{inside}</table></div>'


def gates(found: Iterable[tuple[str, str, bool]]) -> str:
    """A table of (what is wanted, what was found, whether that is enough)."""
    rows = [(what, figure, "met" if met else "missed") for what, figure, met in found]
    return table(("wanted", "found", ""), rows, {"met": "note", "missed": "warning"})


def _cell(value: str | int | float, classes: Mapping[str, str]) -> str:
    """A cell of a table; `classes` as `table` takes them."""
    if isinstance(value, str):
        kind = f' class="{classes[value]}"' if value in classes else ""
        return f"<td{kind}>{escape(value)}</td>"
    number = f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
    return f'<td class="number">{number}</td>'


def bars(caption: str, values: Mapping[str, float], form: str = "{:g}") -> str:
    """A chart of lying bars, one for each name, with its value behind it.

    form: how values are written.
    """
    most = max([*values.values(), 1e-12])
    left = 10 + 7.5 * max(map(len, values), default=0)
    drawn = []
    for i, (name, value) in enumerate(values.items()):
        y = 18 * i
        length = 320 * value / most
        drawn.append(
            f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{left}" y="{y + 2}" width="{max(length, 0.5):.1f}" height="12"/>'
            f'<text x="{left + length + 6:.1f}" y="{y + 12}">{escape(form.format(value))}</text>'
        )
    return _figure(_svg(left + 400, 18 * len(values), drawn), caption)


def histogram(caption: str, shares: Sequence[float], low: str, high: str) -> str:
    """A chart of standing bars without gaps; `low` and `high` stand below its ends."""
    most = max([*shares, 1e-12])
    step = 384 / max(len(shares), 1)
    drawn = []
    for i, share in enumerate(shares):
        height = 100 * share / most
        drawn.append(
            f'<rect x="{i * step:.1f}" y="{100 - height:.1f}" width="{step - 1:.1f}" '
            f'height="{height:.1f}"/>'
        )
    ends = (
        f'<text x="0" y="116">{escape(low)}</text><text x="384" y="116" '
        f'text-anchor="end">{escape(high)}</text>'
    )
    return _figure(_svg(384, 120, [*drawn, ends]), caption)


def drawing(width: float, height: float, drawn: Iterable[str], caption: str = "") -> str:
    """A drawing of SVG elements, whose texts are escaped already."""
    return _figure(_svg(width, height, drawn), caption)


def _svg(width: float, height: float, drawn: Iterable[str]) -> str:
    """A drawing that shrinks with a narrow window."""
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img">{"".join(drawn)}</svg>'
    )


def picture(pixels: NDArray[np.uint8], caption: str = "") -> str:
    """A picture [H, W] or [H, W, 3] as it is, as a JPEG inside the page."""
    return _figure(_image(pixels), caption)


def picture_file(path: Path, caption: str = "") -> str:
    """A JPEG or PNG file as it is, inside the page."""
    data = path.read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        kind = Image.MIME[image.format or "JPEG"]
    return _figure(
        f'<img alt="" width="{width}" height="{height}" '
        f'src="data:{kind};base64,{base64.b64encode(data).decode()}">',
        caption,
    )


def pictures(several: Iterable[NDArray[np.uint8]], caption: str = "") -> str:
    """Pictures close beside each other, under one caption."""
    return _figure(f'<div class="pair">{"".join(map(_image, several))}</div>', caption)


def _image(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
    return (
        f'<img alt="" width="{pixels.shape[1]}" height="{pixels.shape[0]}" '
        f'src="data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}">'
    )


def _figure(content: str, caption: str) -> str:
    return f"<figure>{content}<figcaption>{escape(caption)}</figcaption></figure>"
