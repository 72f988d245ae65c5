"""frames(): the frames of a film in order, each with the planes that its decoder gave.

Damage is found before a damaged frame is handed on: by what the decoder raises, by what it marks,
and by what it only logs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...errors import InputCorrupt, InputTruncated, UnsupportedFormat
from ..frame import Frame, Plane
from .facts import FULL_RANGE, FilmFile
from .library import CUT, heard, in_words, opened, pyav

#: what is said of a film of fields, behind what is said of which of its frames
INTERLACED = (
    "it is interlaced: each frame is two fields, of two moments, and would be blurred together; "
    "--interlaced fields restores each field by itself, --interlaced frames takes frames as they "
    "are, for films that only say so"
)
#: containers that say when frames are decoded, and nothing of when they are shown: the first one
#: is shown when the first one was decoded, and so on. FFmpeg guesses, and frames change places
UNTIMED = ("avi",)
#: what lifts a refusal
SALVAGE = "--salvage goes on"
#: a film that ends so many seconds before its head says so was cut
SLACK = Fraction(1)


@dataclass
class Damaged:
    """What of a film was found to be damaged while its frames came."""

    #: the numbers of frames that the decoder could not decode, or only in part
    frames: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Survey:
    """What a look at all packets of a film says of it; nothing is decoded for it."""

    #: packets of the video: as a rule one for each frame
    packets: int
    #: whether all of its times are whole thousandths of a second
    in_milliseconds: bool
    #: for how long the last frame is shown, in units of the film; 0 where nobody knows
    last: int
    #: what is wrong with the file, in words; "" where nothing is
    damage: str = ""
    #: whether it ends before its film does
    cut: bool = False


def survey(film: FilmFile) -> Survey:
    """Looks at all packets of a film. InputErrors where it cannot be read at all."""
    said: list[str] = []
    seen = _Seen(film)
    with opened(film.path) as container:
        packages = container.demux()
        while True:
            with heard() as errors:
                packet = next(packages, None)
            if packet is None:
                said += errors
                break
            seen.look(packet)
            if packet.stream.index == film.number:
                said += errors
                said += ["a packet is damaged"] * packet.is_corrupt
        early = seen.missing(container) > SLACK
    if early and not said:
        said = ["it is shorter than it says"]
    cut = early or any(word in line for line in said for word in CUT)
    return Survey(seen.packets, seen.in_milliseconds, seen.last, said[-1] if said else "", cut)


@dataclass
class _Seen:
    """What was seen of the packets of a film so far."""

    #: the film
    film: FilmFile
    #: packets of its video
    packets: int = 0
    #: whether all of their times are whole thousandths of a second
    in_milliseconds: bool = True
    #: for how long the one that is shown last is shown, in units of the film
    last: int = 0
    #: when the last packet of each stream ends, in seconds
    ends: dict[int, Fraction] = field(default_factory=dict)

    def look(self, packet: Any) -> None:
        """Looks at the next packet, of whatever stream."""
        number = packet.stream.index
        ticks = packet.dts if packet.pts is None else packet.pts
        if not packet.size or ticks is None:
            self.packets += bool(packet.size and number == self.film.number)
            return
        end = (ticks + (packet.duration or 0)) * packet.time_base
        later = end >= self.ends.get(number, end)
        self.ends[number] = max(end, self.ends.get(number, end))
        if number == self.film.number:
            self.packets += 1
            self.last = (packet.duration or 0) if later else self.last
            whole = (ticks * packet.time_base * 1000).denominator == 1
            self.in_milliseconds = self.in_milliseconds and whole

    def missing(self, container: Any) -> Fraction:
        """How much the video, or all streams where only that is said, is shorter than the head
        says, in seconds.
        """
        if not self.ends:
            return Fraction(0)
        base = pyav().time_base
        start = Fraction(container.start_time or 0, base)
        video = container.streams[self.film.number]
        if video.duration:
            begin = (video.start_time or 0) * video.time_base
            ends = self.ends.get(self.film.number, begin)
            return Fraction(video.duration * video.time_base - (ends - begin))
        return Fraction(container.duration or 0, base) - (max(self.ends.values()) - start)


def check(film: FilmFile, found: Survey) -> None:
    """Raises InputTruncated or InputCorrupt where a survey found something wrong."""
    if found.cut:
        raise InputTruncated(
            f"{film.path}: ends before its film does ({found.damage}); take it again, or "
            f"{SALVAGE} with the frames that are there"
        )
    if found.damage:
        raise InputCorrupt(
            f"{film.path}: is damaged ({found.damage}); take it again, or {SALVAGE} with what the "
            "decoder makes of it"
        )


def frames(
    film: FilmFile, damage: Damaged | None = None, interlaced: bool = False
) -> Iterator[Frame]:
    """The frames of a film, in the order in which they are shown.

    damage: where damaged frames will do, is told which they are; None refuses them. One that could
    not be decoded at all has the frame before it in its place. interlaced: whether frames of two
    fields will do.

    Raises InputCorrupt, InputTruncated, and UnsupportedFormat for frames that differ in size or
    kind, or are interlaced.
    """
    before: Frame | None = None
    with opened(film.path) as container:
        for decoded in _decoded(container.streams[film.number], container):
            number = 0 if before is None else before.number + 1
            if decoded.wrong and damage is None:
                raise InputCorrupt(
                    f"{film.path}: frame {number:,}, at {clock(decoded.ticks * film.base)}, is "
                    f"damaged ({decoded.wrong}); {SALVAGE} with what the decoder makes of it"
                )
            if decoded.picture is None and before is None:
                continue
            if decoded.picture is not None:
                _check(film, decoded.picture, number, interlaced)
            if decoded.wrong and damage is not None:
                damage.frames.append(number)
            frame = _frame(film, decoded, before)
            yield frame
            before = frame
    if before is None:
        raise InputTruncated(f"{film.path}: has no frame; take it again from where it came")


def clock(seconds: Fraction) -> str:
    """A time in a film, in words: "1:02:03.040"."""
    whole = int(seconds)
    minutes = f"{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 3600}:{minutes}.{int((seconds - whole) * 1000):03}"


@dataclass(frozen=True)
class _Decoded:
    """What came of a packet."""

    #: when it is shown, in units of the stream
    ticks: int
    #: what was decoded; None where nothing was
    picture: Any
    #: what is wrong with it, in words; "" where nothing is
    wrong: str = ""


def _decoded(video: Any, container: Any) -> Iterator[_Decoded]:
    """What comes of each packet of a stream, in the order in which it is shown."""
    # In threads by frame, nobody could say which frame an error belongs to.
    video.thread_type = "SLICE"
    untimed = container.format.name in UNTIMED
    order: deque[int] = deque()
    wrong: dict[int, str] = {}
    last = -1
    for packet, pictures, errors in _sent(video, container):
        if errors:
            wrong[_ticks(packet, last + 1)] = errors
        if untimed and packet.size:
            order.append(packet.dts if packet.dts is not None else last + 1)
        for picture in pictures:
            ticks = order.popleft() if order else _ticks(picture, last + 1)
            yield from _lost(wrong, ticks)
            why = wrong.pop(ticks, "it is marked as such" if picture.is_corrupt else "")
            yield _Decoded(ticks, picture, why)
            last = ticks
    yield from _lost(wrong, None)


def _sent(video: Any, container: Any) -> Iterator[tuple[Any, list[Any], str]]:
    """Each packet of a stream, with the frames that a decoder gave for it, and what it said."""
    packages = container.demux(video)
    while True:
        pictures: list[Any] = []
        failed = ""
        with heard() as errors:
            packet = next(packages, None)
            if packet is None:
                return
            try:
                pictures = packet.decode()
            except pyav().FFmpegError as error:
                failed = in_words(error)
        said = failed or (errors[0] if errors else "")
        yield packet, pictures, said if packet.size else ""


def _lost(wrong: dict[int, str], until: int | None) -> Iterator[_Decoded]:
    """What was wrong before a time, of which no picture came."""
    for ticks in sorted(wrong):
        if until is None or ticks < until:
            yield _Decoded(ticks, None, wrong.pop(ticks))


def _ticks(timed: Any, otherwise: int) -> int:
    """The time of a packet or frame, in units of its stream; some containers say only when to
    decode.
    """
    ticks = timed.dts if timed.pts is None else timed.pts
    return otherwise if ticks is None else int(ticks)


def _check(film: FilmFile, picture: Any, number: int, interlaced: bool) -> None:
    """UnsupportedFormat where a frame is not like the first, or has two fields."""
    if picture.interlaced_frame and not interlaced:
        raise UnsupportedFormat(f"{film.path}: from frame {number:,} on, {INTERLACED}")
    size = (picture.width, picture.height)
    if size != film.size:
        raise UnsupportedFormat(
            f"{film.path}: frame {number:,} is {size[0]}x{size[1]}, and those before it "
            f"{film.size[0]}x{film.size[1]}; cut it there first"
        )


def _frame(film: FilmFile, decoded: _Decoded, before: Frame | None) -> Frame:
    """A frame of what was decoded; where nothing was, the frame before it at that time."""
    time = decoded.ticks * film.base
    number = 0
    if before is not None:
        number = before.number + 1
        time = max(time, before.time + film.base)
    if decoded.picture is None:
        assert before is not None
        return replace(before, time=time, number=number)
    picture = decoded.picture
    if picture.format.name != film.pixels:
        # Another order of the same samples; no value of them is another.
        ranges = {"src_color_range": FULL_RANGE, "dst_color_range": FULL_RANGE}
        picture = picture.reformat(format=film.pixels, **ranges)
    return Frame(planes_of(picture), time, number, picture)


def planes_of(picture: Any) -> tuple[Plane, ...]:
    """The planes of colour of a frame of PyAV, in the order of `Layout`: copies."""
    copies: list[Plane] = [samples.copy() for samples in samples_of(picture)]
    return tuple(copies)


def samples_of(picture: Any) -> Sequence[Plane]:
    """The samples of the planes of colour where they lie in a frame of PyAV, as `Layout` has them
    in order.
    """
    parts = [part for part in picture.format.components if not part.is_alpha]
    found = [_samples(picture.planes[part.plane], part.bits) for part in parts]
    return found


def _samples(plane: Any, bits: int) -> Plane:
    kind = np.uint8 if bits == 8 else np.uint16
    rows: Any = np.frombuffer(plane, kind).reshape(plane.height, -1)
    samples: Plane = rows[:, : plane.width]
    return samples
