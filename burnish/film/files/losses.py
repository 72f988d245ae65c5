"""losses(): what a film will not keep, found by writing a short one and reading it back.

No table says what a container holds. What was written and is not there any more is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from ...errors import OutputError
from .code import Coding, coded
from .codecs import FilmKind, container
from .decode import Survey, frames
from .facts import FilmFile, Stream, film
from .mux import Kept, kept, mux, said
from .segments import segments, timed, write_segment

#: packets of other streams go into the trial as far as this, in seconds
TRIAL = Fraction(1)
#: what is said of how a film is shown
WORDS = {
    "aspect": "the shape of its pixels",
    "turned": "how it is turned",
    "colours": "the codes of its colours",
    "siting": "where its samples of colour stand",
    "fields": "the order of its fields",
}
#: where samples of colour difference stand where a film does not say it
USUAL_SITING = "left"
#: what stands beside the planes of a frame, and that the stream has too
WITH_STREAM = frozenset({"DISPLAYMATRIX", "SEI_UNREGISTERED", "PANSCAN", "VIDEO_ENC_PARAMS"})


def losses(coding: Coding, target: Path, folder: Path, found: Survey) -> tuple[Kept, list[str]]:
    """The streams that go along, and sentences on what a film will not keep.

    coding: how its video will be coded. target: the name that it will have. folder: an empty one,
    for a short film of one frame. found: what a look at all packets said of the film.
    """
    source = coding.film
    home = container(target)
    streams = kept(source, target)
    first = next(frames(source, interlaced=True))
    trial = folder / f"trial{target.suffix}"
    write_segment(folder, 0, coded([first], coding))
    streams = _that_fit(partial(_write_trial, coding, trial, home), streams, home.title)
    written = film(trial, _place(source, streams), None)
    lost = [*streams.lost, *_lost(source, written, streams)]
    if home.milliseconds and not found.in_milliseconds:
        lost.append(
            f"its times are rounded to thousandths of a second, as {home.title} has them; .mov "
            "and .mp4 keep them"
        )
    return streams, lost


def _write_trial(coding: Coding, trial: Path, home: FilmKind, streams: Kept) -> bool:
    """Writes a short film. Returns whether that could be done."""
    packets = timed(segments(trial.parent), 1)
    try:
        mux(coding, streams, packets, trial, home, TRIAL)
    except OSError:
        return False
    return True


def _that_fit(write: Callable[[Kept], bool], streams: Kept, title: str) -> Kept:
    """The streams with which a container can be written: some it refuses only at its end.

    write: writes a short film, and says whether that could be done; the last one has what fits.
    OutputError where nothing can be written.
    """
    if write(streams):
        return streams
    alone = ((track, replace(streams, tracks=(track,), timecode=False)) for track in streams.tracks)
    unfit = [track for track, only in alone if not write(only)]
    lost = [f"not kept: its {track.words}, which {title} does not take" for track in unfit]
    fit = tuple(track for track in streams.tracks if track not in unfit)
    rest = replace(streams, tracks=fit, lost=(*streams.lost, *lost))
    if write(rest):
        return rest
    rest = replace(rest, timecode=False, lost=(*rest.lost, "not kept: its time code"))
    if not write(rest):
        raise OutputError(f"a film cannot be written as {title} here; make room, or choose .mkv")
    return rest


def _place(source: FilmFile, streams: Kept) -> int:
    """The number that the video has in the file that is written: files beside it come last."""
    beside = ("attachment", "cover")
    before = (track for track in streams.tracks if track.number < source.number)
    return sum(track.kind not in beside for track in before)


def _lost(source: FilmFile, written: FilmFile, streams: Kept) -> Iterator[str]:
    """Sentences on what was in a film's file and is not in the one that was written of it."""
    for what, words in WORDS.items():
        if _says_less(what, source, written):
            yield f"not kept: {words}"
    if _titled(source) != _titled(written):
        yield "not kept: its chapters"
    for name in sorted({*source.beside} - {*written.beside} - WITH_STREAM):
        yield f"not kept: what stands beside its frames ({name.lower().replace('_', ' ')})"
    lost = _unsaid(source.metadata, written.metadata, streams)
    own = (source.track, *streams.tracks)
    for before, after in _paired(own, written.tracks):
        if after is None:
            yield f"not kept: its {before.words}"
            continue
        lost += [
            text for text in _unsaid(before.metadata, after.metadata, streams) if text not in lost
        ]
        if before.disposition & ~after.disposition:
            yield f"not kept: what its {before.words} is for"
    if lost:
        yield f"not kept: what it says of itself as {', '.join(lost)}"


def _says_less(what: str, source: FilmFile, written: FilmFile) -> bool:
    """Whether the written film does not say what its source says of how it is shown."""
    before = getattr(source.shown, what)
    after = getattr(written.shown, what)
    if what == "fields":
        return bool(max(before, 1) != max(after, 1))
    if what == "colours":
        pairs = zip(before, after, strict=True)
        # a range that is not said is the usual one of films, 1
        usual = (1, 0, 0, 0)
        return any(
            of_source not in (0, of_written or default)
            for (of_source, of_written), default in zip(pairs, usual, strict=True)
        )
    if what == "siting":
        return bool(before != (after or USUAL_SITING)) and bool(before)
    return bool(before) and bool(before != after)


def _titled(of: FilmFile) -> list[tuple[Fraction, str]]:
    """When the chapters of a film begin, to a hundredth of a second, and their titles."""
    found = []
    for chapter in of.chapters:
        begins = round(Fraction(chapter["start"] * chapter["time_base"]), 2)
        found.append((begins, chapter["metadata"].get("title", "")))
    return found


def _paired(
    before: Iterable[Stream], after: Iterable[Stream]
) -> Iterator[tuple[Stream, Stream | None]]:
    """Streams and what became of them, None where nothing did: those of a kind stay in order."""
    after = list(after)
    for track in sorted(before, key=lambda track: track.number):
        same = next((other for other in after if other.kind == track.kind), None)
        after = [other for other in after if other is not same]
        yield track, same


def _unsaid(before: Mapping[str, str], after: Mapping[str, str], streams: Kept) -> list[str]:
    """The keys of texts that are not there any more; containers write them small or large."""
    texts = {key.lower(): text for key, text in after.items()}
    return [
        key
        for key, text in said(before, streams.timecode).items()
        if text not in (texts.get(key.lower()), "und")
    ]
