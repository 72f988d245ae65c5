"""Where the pictures of a PDF stand: its pages, walked command by command."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputCorrupt
from .library import commands, is_stream, unpacked

#: (a, b, c, d, e, f): x' = a x + c y + e, y' = b x + d y + f (ISO 32000-1, 8.3.3)
Matrix = tuple[float, float, float, float, float, float]

UNIT: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
#: what moves and draws pictures
WANTED = "q Q cm Do BI ID EI"
INLINE = "INLINE IMAGE"
#: how deep forms may stand in forms, and how many pictures and forms a page may draw
DEEPEST, MOST_DRAWN = 12, 5_000
#: what pikepdf throws where an object is of another kind than it should be
NONSENSE = (ValueError, TypeError, AttributeError, LookupError)
#: patterns and annotations of a page that are looked at
MOST_BESIDE = 50


@dataclass(frozen=True, eq=False)
class Place:
    """A picture where a page draws it."""

    #: the number of the page, from 1
    page: int
    #: the picture's stream
    stream: Any
    #: from the unit square, which the picture fills, to the page in points
    matrix: Matrix
    #: its share of the page's area
    share: float

    @property
    def key(self) -> tuple[int, int]:
        """What the PDF calls its stream, wherever it is drawn."""
        number, generation = self.stream.objgen
        return int(number), int(generation)


@dataclass
class Page:
    """What was met on a page."""

    #: its number, from 1
    number: int
    #: its area in square points
    area: float
    #: where it draws pictures, in their order
    places: list[Place] = field(default_factory=list)
    #: pixels of the largest picture that stands among its commands; 0 where there is none
    inline: int = 0
    #: pixels of the largest picture in its patterns and annotations; 0 where there is none
    beside: int = 0
    #: how much it drew
    drawn: int = 0
    #: what keeps it from being looked through, in words; empty where nothing does
    fault: str = ""


def pages(pdf: Any) -> Iterator[Page]:
    """The pages of a PDF and what they draw, one after another."""
    for number, page in enumerate(pdf.pages, start=1):
        yield _look_through(page, number)


def _look_through(page: Any, number: int) -> Page:
    left, bottom, right, top = (float(edge) for edge in page.cropbox)
    found = Page(number, abs((right - left) * (top - bottom)))
    try:
        for content in _contents(page):
            unpacked(content)
        _walk(page, page.get("/Resources", {}), UNIT, 0, found)
    except (InputCorrupt, ValueError, TypeError, AttributeError, OverflowError) as error:
        found.fault = str(error)
    # what makes no sense there is nothing that a page would show
    with suppress(*NONSENSE):
        found.beside = _beside(page)
    return found


def _contents(page: Any) -> list[Any]:
    """The streams of a page's commands."""
    contents = page.get("/Contents")
    if contents is None:
        return []
    return [contents] if is_stream(contents) else list(contents)


def _beside(page: Any) -> int:
    """Pixels of the largest picture in what a page does not draw by its commands: the patterns that
    it fills with, and what its annotations look like.
    """
    shown = [*page.get("/Resources", {}).get("/Pattern", {}).values()]
    for note in page.get("/Annots", []):
        # what is none has no look
        with suppress(*NONSENSE):
            look = note.get("/AP", {}).get("/N", {})
            # of a box that can be ticked, one for each state
            shown += [look] if is_stream(look) else [*look.values()]
    pictures = (
        picture
        for form in shown[:MOST_BESIDE]
        if is_stream(form)
        for picture in form.get("/Resources", {}).get("/XObject", {}).values()
        if is_stream(picture) and picture.get("/Subtype") == "/Image"
    )
    return max((int(picture.Width) * int(picture.Height) for picture in pictures), default=0)


def _walk(holder: Any, resources: Any, matrix: Matrix, depth: int, page: Page) -> None:
    """Follows the commands of a page, or of a form on it, and collects what they draw."""
    kept: list[Matrix] = []
    drawn = resources.get("/XObject", {})
    for operator, operands in commands(holder, WANTED):
        if operator == "q":
            kept.append(matrix)
        elif operator == "Q" and kept:
            matrix = kept.pop()
        elif operator == "cm":
            matrix = times(_matrix(operands), matrix)
        elif operator == "Do":
            _draw(drawn.get(str(operands[0])), resources, matrix, depth, page)
        elif operator == INLINE:
            page.inline = max(page.inline, int(operands[0].width) * int(operands[0].height))


def _draw(thing: Any, resources: Any, matrix: Matrix, depth: int, page: Page) -> None:
    """A picture is noted, and a form is walked through."""
    if thing is None or not is_stream(thing):
        return
    page.drawn += 1
    if page.drawn > MOST_DRAWN or depth > DEEPEST:
        raise InputCorrupt(f"draws more than {MOST_DRAWN} pictures, or forms in forms")
    kind = thing.get("/Subtype")
    if not all(map(math.isfinite, matrix)):
        raise InputCorrupt("draws beyond every page")
    if kind == "/Image":
        a, b, c, d, _, _ = matrix
        share = abs(a * d - b * c) / page.area if page.area else 0.0
        page.places.append(Place(page.number, thing, matrix, share))
    elif kind == "/Form":
        unpacked(thing)
        inner = times(_matrix(thing.get("/Matrix", UNIT)), matrix)
        _walk(thing, thing.get("/Resources", resources), inner, depth + 1, page)


def _matrix(numbers: Any) -> Matrix:
    a, b, c, d, e, f = (float(number) for number in numbers)
    return (a, b, c, d, e, f)


def times(first: Matrix, then: Matrix) -> Matrix:
    """What two matrices do one after the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )
