"""What a bench found, as the table from which `auto` chooses on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...inference.backends import ways
from ...inference.backends.choice import AUTO, fastest, split
from ...inference.backends.table import places
from ...inference.backends.ways import Way
from .bench import Timed

#: the model that stands for all, and what it is asked for: in `auto` it computes in 8 bits where it
#: can, and what turns out to compute as another does counts once
MODEL, PRECISIONS = "photo", "auto,bf16,fp32"
#: picture sizes of which it is said what `auto` takes, in megapixels; None is very many pictures
SAID = (0.1, 12.0, None)


def remember(found: Sequence[Timed], date: str) -> Path:
    """Keeps what was measured, each way at its place in the table that ships; returns the file."""
    return ways.remember(table(found), date)


def way_of(one: Timed) -> Way | None:
    """The way that was measured: how long until it runs, and how long a megapixel takes then.

    None where it fell back on another device.
    """
    own = places(one.backend)
    asked = split(one.where)[1]
    device = own[0].word if asked == AUTO else asked
    if one.device not in (place.called for place in own if place.word == device):
        return None
    start = one.load + max(0.0, one.first - one.median)
    return Way(one.backend, device, one.asked, start, one.median / one.megapixels)


def table(found: Sequence[Timed]) -> list[Way]:
    """What was measured, in the order of the table that ships, and what it lacks behind: the first
    is taken where no other is clearly faster.
    """
    measured = [way for way in map(way_of, found) if way is not None]
    shipped = [(way.backend, way.device, way.precision) for way in ways.SHIPPED.ways]

    def place(way: Way) -> int:
        key = (way.backend, way.device, way.precision)
        return shipped.index(key) if key in shipped else len(shipped)

    return sorted(measured, key=place)


def taken(found: Sequence[Timed]) -> list[str]:
    """Sentences on what `auto` takes now, by how much there is to do."""
    known = table(found)
    sentences = []
    for megapixels in SAID:
        way = fastest(known, megapixels)
        much = (
            "many pictures" if megapixels is None else f"one picture of {megapixels:g} megapixels"
        )
        sentences.append(
            f"{much}: {way.backend}:{way.device}, --precision {way.precision}, starts in "
            f"{way.start:.2f} s, {way.rate:.3f} s a megapixel"
        )
    return sentences
