"""mux(): the film that is written: coded packets of its video, and all else copied."""

from __future__ import annotations

import heapq
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from .code import Coding
from .codecs import FilmKind, container
from .facts import FilmFile, Stream
from .library import in_words, opened, pyav
from .matroska import set_aspect
from .segments import Timed

#: what a file says of a stream that was coded otherwise, or of itself, and that is found anew
FOUND_ANEW = frozenset(
    {"encoder", "duration", "vendor_id", "major_brand", "minor_version", "compatible_brands"}
)
#: the key of a text that is a stream in some containers
TIMECODE = "timecode"
#: how the names begin of what mkvmerge counts of a stream, which is another by now
STATISTICS = ("bps", "number_of_", "_statistics")


@dataclass(frozen=True)
class Kept:
    """Which streams beside the video go along, and which do not."""

    #: those that do
    tracks: tuple[Stream, ...]
    #: sentences on those that do not
    lost: tuple[str, ...]
    #: whether the time code goes along, of which some containers make a stream
    timecode: bool = True


def kept(film: FilmFile, target: Path) -> Kept:
    """Which streams a container takes beside the video: each is tried by itself."""
    home = container(target)
    tracks, lost = [], []
    with opened(film.path) as source:
        for track in film.others:
            if not _refused(source.streams[track.number], track, home):
                tracks.append(track)
            elif TIMECODE not in track.metadata:  # else the video says it as a text
                lost.append(f"not kept: its {track.words}, for which {home.title} has no place")
    return Kept(tuple(tracks), tuple(lost))


def mux(
    coding: Coding,
    beside: Kept,
    packets: Iterable[Timed],
    file: Path,
    home: FilmKind,
    until: Fraction | None = None,
) -> None:
    """Writes a film.

    coding: how its video is coded. beside: the streams that go along. packets: those of the video,
    in order. file: where it goes. home: its container. until: packets of other streams from this
    time on are left out, in seconds; None takes all.

    Raises OSError where it cannot be written, and InputErrors of the source.
    """
    film = coding.film
    with opened(film.path) as source, _begun(file, home) as target:
        streams = _streams(source, target, coding, beside, home)
        own = [track.number for track in beside.tracks if track.number in streams]
        others = [source.streams[number] for number in own]
        target.metadata.update(said(film.metadata, beside.timecode))
        target.set_chapters(list(film.chapters))
        video = _video(packets, film, streams[film.number])
        copies = _copies(source, others, streams, until)
        for _, packet in heapq.merge(video, copies, key=lambda timed: timed[0]):
            target.mux(packet)
        # A film whose streams have no packets has a head all the same.
        target.start_encoding()
    if home.writer == "matroska" and film.shown.aspect is not None:
        place = sorted(streams).index(film.number)
        set_aspect(file, place, film.size, film.shown.aspect)


@contextmanager
def _begun(file: Path, home: FilmKind) -> Iterator[Any]:
    """A container to write into, and its file whole once the context ends."""
    av = pyav()
    try:
        with av.open(f"file:{file}", "w", format=home.writer, options=dict(home.options)) as target:
            yield target
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise OSError(None, in_words(error)) from error


def _streams(
    source: Any, target: Any, coding: Coding, beside: Kept, home: FilmKind
) -> dict[int, Any]:
    """The streams of the film that is written, in the order of the source's, by its numbers."""
    film = coding.film
    streams: dict[int, Any] = {}
    for track in sorted((film.track, *beside.tracks), key=lambda track: track.number):
        if track.number != film.number:
            made = _added(target, source.streams[track.number], track, home)
        else:
            made = _coded_stream(target, coding)
        made.metadata.update(said(track.metadata, beside.timecode))
        made.disposition = track.disposition
        if track.kind != "attachment" and not _is_attachment(track, home):
            streams[track.number] = made
    return streams


def _coded_stream(target: Any, coding: Coding) -> Any:
    """The stream of the video. Its encoder says what belongs into the head, and codes nothing."""
    film = coding.film
    stream = target.add_stream(
        coding.codec.encoder, rate=film.rate, options=coding.options, time_base=film.base
    )
    coding.apply(stream.codec_context)
    stream.time_base = film.base
    if film.shown.turned:
        stream.set_display_matrix(film.shown.turned)
    return stream


def _added(target: Any, stream: Any, track: Stream, home: FilmKind) -> Any:
    """A stream that is copied."""
    if track.kind == "attachment":
        return target.add_attachment(
            stream.name or "attachment", stream.mimetype or "", stream.data
        )
    if _is_attachment(track, home):
        packet = next(stream.container.demux(stream))
        name = track.metadata.get("filename", "cover.jpg")
        kind = track.metadata.get("mimetype", "image/jpeg")
        return target.add_attachment(name, kind, bytes(packet))
    made = target.add_stream_from_template(stream, opaque=True)
    if track.kind == "video" and stream.average_rate:
        made.codec_context.framerate = stream.average_rate
    return made


def _is_attachment(track: Stream, home: FilmKind) -> bool:
    """Whether a stream becomes a file that is attached: Matroska has covers so."""
    return track.kind == "cover" and home.writer == "matroska"


def _refused(stream: Any, track: Stream, home: FilmKind) -> str:
    """Why a container does not take a stream; "" where it does."""
    av = pyav()
    try:
        with av.open(io.BytesIO(), "w", format=home.writer) as target:
            _added(target, stream, track, home)
            target.start_encoding()
    except (av.FFmpegError, ValueError) as error:
        return in_words(error)
    return ""


def said(metadata: Mapping[str, str], timecode: bool = True) -> dict[str, str]:
    """What a file says in words, without what is found anew. timecode: whether it is wanted."""
    left_out = FOUND_ANEW if timecode else FOUND_ANEW | {TIMECODE}
    return {
        key: text
        for key, text in metadata.items()
        if key.lower() not in left_out and not key.lower().startswith(STATISTICS)
    }


def _video(packets: Iterable[Timed], film: FilmFile, stream: Any) -> Iterator[tuple[Fraction, Any]]:
    """The packets of the video as PyAV wants them, each behind its time."""
    av = pyav()
    for timed in packets:
        packet = av.Packet(timed.packet.body)
        packet.time_base = film.base
        packet.pts = timed.packet.shown
        packet.dts = timed.decoded
        packet.duration = timed.duration
        packet.is_keyframe = timed.packet.key
        packet.stream = stream
        yield timed.decoded * film.base, packet


def _copies(
    source: Any, others: list[Any], streams: dict[int, Any], until: Fraction | None
) -> Iterator[tuple[Fraction, Any]]:
    """The packets of the other streams, each behind its time, in the order of the source."""
    if not others:
        return
    time = Fraction(0)
    for packet in source.demux(others):
        ticks = packet.pts if packet.dts is None else packet.dts
        if ticks is not None:
            time = ticks * packet.time_base
        if until is not None and time > until:
            return
        if packet.size:
            packet.stream = streams[packet.stream.index]
            yield time, packet
