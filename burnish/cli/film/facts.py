"""What `burnish info` says of a film."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...film.files.facts import FilmFile

#: what codes of primaries mean (ITU-T H.273, table 2), as far as films have them
PRIMARIES = {
    1: "BT.709",
    4: "BT.470 M",
    5: "BT.601, 625 lines",
    6: "BT.601, 525 lines",
    7: "SMPTE 240M",
    9: "BT.2020",
    11: "DCI P3",
    12: "Display P3",
}
#: what codes of a range mean
RANGES = {1: "black at 16", 2: "full range"}


def facts_of_film(path: Path) -> tuple[dict[str, Any], str]:
    """The record and the text of a film: of its first video stream where there are several."""
    from ...film.files.facts import film, streams
    from ...report.pictures import LABEL

    videos = [stream.number for stream in streams(path) if stream.kind == "video"]
    found = film(path, videos[0] if len(videos) > 1 else None)
    width, height = found.size
    title = f"{path}: a film ({found.container}), {width}x{height} pixels"
    lines = [title, *(f"  {label:<{LABEL}}{text}" for label, text in _lines(found, len(videos)))]
    return _record(found), "\n".join(lines)


def _record(found: FilmFile) -> dict[str, Any]:
    """The facts for programs."""
    times = {"rate": found.rate, "base": found.base, "seconds": found.seconds}
    return {
        "file": str(found.path),
        "container": found.container,
        "width": found.size[0],
        "height": found.size[1],
        "pixels": found.pixels,
        "bits": found.layout.bits,
        **{name: None if value is None else str(value) for name, value in times.items()},
        "frames": found.count,
        "aspect": None if found.shown.aspect is None else str(found.shown.aspect),
        "turned": found.shown.turned,
        "colours": found.shown.colours,
        "siting": found.shown.siting,
        "interlaced": found.in_fields,
        "chapters": len(found.chapters),
        "metadata": dict(found.metadata),
        "stream": found.number,
        "streams": [{**asdict(each), "base": str(each.base)} for each in found.tracks],
    }


def _lines(found: FilmFile, videos: int) -> Iterator[tuple[str, str]]:
    """What there is to say of a film, each behind its label."""
    from ...film.files.codecs import CONTAINERS
    from ...film.files.facts import FIELDS

    rate = f"{float(found.rate):.6g} frames a second" if found.rate else "frames of no known rate"
    count = "" if found.count is None else f", {found.count:,} frames"
    yield "frames", f"{rate}{count}, {_long(found.seconds)}"
    yield "stored", f"{found.track.codec}, {found.pixels}, {found.layout.bits} bits"
    if found.shown.aspect is not None:
        yield "pixels", f"not square: {found.shown.aspect} as wide as high"
    if found.shown.turned is not None:
        yield "turned", "by a display matrix, which comes back"
    yield "colours", _colours(found)
    if found.in_fields:
        order = FIELDS.get(found.shown.fields, "as its frames say")
        yield "interlaced", f"{order}; --interlaced fields restores each field by itself"
    if videos > 1:
        yield "films", f"{videos} video streams; --stream {found.number} means this one"
    for other in found.others:
        language = other.metadata.get("language", "")
        yield "beside", f"{other.words}{', ' + language if language else ''}: copied"
    if found.chapters:
        yield "chapters", f"{len(found.chapters)}"
    own = found.path.suffix.lower()
    kind = CONTAINERS.get(own, CONTAINERS[".mkv"])
    yield "result", f"{own if own in CONTAINERS else '.mkv'}, coded by {kind.codecs[0]}"
    yield "restore", "dirt, lines and flicker (-m film); or -m photo, for noise"


def _long(seconds: Fraction | None) -> str:
    from ...film.files.decode import clock

    return "of no known length" if seconds is None else f"{clock(seconds)} long"


def _colours(found: FilmFile) -> str:
    """Which colours its numbers mean, in words."""
    range_, primaries, transfer, matrix = found.shown.colours
    words = [PRIMARIES.get(primaries, f"primaries {primaries}" if primaries else "not said")]
    if transfer or matrix:
        words.append(f"codes {primaries}-{transfer}-{matrix}")
    words.append(RANGES.get(range_, "black at 16, as nobody says"))
    return ", ".join(words)
