"""Tables that a benchmark keeps up to date in a page of the docs, between two marks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from burnish.ground.files import atomic_write


def rows(heading: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return [f"| {' | '.join(line)} |" for line in [heading, ["---"] * len(heading), *body]]


def put(page: Path, name: str, lines: Sequence[str]) -> Path:
    """The lines between `<!-- NAME -->` and `<!-- end of NAME -->` of a page, in place of those
    that stand there.

    ValueError where the marks do not.
    """
    text = page.read_text()
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if first not in text or last not in text:
        raise ValueError(f"{page}: has no {first} and {last}")
    before, after = text.partition(first)[0], text.partition(last)[2]
    atomic_write(page, "\n".join([before + first, *lines, last + after]).encode())
    return page
