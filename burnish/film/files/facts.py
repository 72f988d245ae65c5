"""film(): what a film's file says of itself: its streams, its times, its colours and its shape."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from ...errors import InputTooLarge, InputTruncated, UnsupportedFormat, UsageError
from ...images.read import LIFTS, MAX_MEGAPIXELS
from ..frame import Layout
from .library import heard, opened, pyav

#: values of FFmpeg's field order and colour range that say something
FIELDS = {2: "top field first", 3: "bottom field first", 4: "bottom first", 5: "top first"}
#: those whose bottom field is shown first
BOTTOM_FIRST = (3, 4)
FULL_RANGE = 2
#: weights of red and blue in luma, by codes of matrices (ITU-T H.273, table 4)
WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
#: matrices of these codes are no weighted sums: ICtCp, constant luminance and their like
UNWEIGHTED = {8, 10, 11, 12, 13, 14}
#: pictures of at least so many rows are taken for BT.709 where the file does not say
HIGH_DEFINITION = 720
#: where samples of colour difference stand, as FFmpeg names it: across and down
SITINGS = {
    "left": (0.0, 0.5),
    "center": (0.5, 0.5),
    "topleft": (0.0, 0.0),
    "top": (0.5, 0.0),
    "bottomleft": (0.0, 1.0),
    "bottom": (0.5, 1.0),
}
#: formats of pixels that are another order of the same samples -> planes of these samples
PLANAR = {
    **dict.fromkeys(("rgb24", "bgr24"), "gbrp"),
    **dict.fromkeys(("bgra", "rgba", "argb", "abgr"), "gbrap"),
    **dict.fromkeys(("bgr0", "rgb0", "0bgr", "0rgb"), "gbrp"),
    **dict.fromkeys(("rgb48le", "rgb48be"), "gbrp16le"),
    **dict.fromkeys(("rgba64le", "rgba64be"), "gbrap16le"),
    **dict.fromkeys(("uyvy422", "yuyv422", "nv16"), "yuv422p"),
    **dict.fromkeys(("nv12", "nv21"), "yuv420p"),
    "p010le": "yuv420p10le",
    "yuvj420p": "yuv420p",
    "yuvj422p": "yuv422p",
    "yuvj444p": "yuv444p",
    "yuvj440p": "yuv440p",
}

Kind = Literal["video", "cover", "audio", "subtitle", "data", "attachment", "chapters"]


@dataclass(frozen=True)
class Stream:
    """A stream of a film's file."""

    #: its number in the file, from 0
    number: int
    #: what it is; "cover" is a picture that stands for the film, and "chapters" is how QuickTime
    #: has these
    kind: Kind
    #: the name of its codec; "" where FFmpeg knows none
    codec: str
    #: its unit of time, in seconds
    base: Fraction
    #: what the file says of it in words, such as its language
    metadata: Mapping[str, str]
    #: what it is for, as the bits of FFmpeg's disposition
    disposition: int

    @property
    def words(self) -> str:
        """What it is, in words."""
        return f"{self.kind} stream {self.number} ({self.codec or 'of an unknown kind'})"


@dataclass(frozen=True)
class Showing:
    """How a film's samples are shown: what a player has to know beside them."""

    #: how wide a sample is, against its height; None where the file does not say
    aspect: Fraction | None
    #: how it is turned, as the nine numbers of a display matrix; None where it is upright
    turned: tuple[int, ...] | None
    #: codes of range, primaries, transfer and matrix, as FFmpeg has them
    colours: tuple[int, int, int, int]
    #: where samples of colour difference stand, as FFmpeg names it; "" where nobody says
    siting: str
    #: the order of fields, as FFmpeg numbers it; 0 and 1 are whole frames
    fields: int


@dataclass(frozen=True)
class FilmFile:
    """What a film's file says of itself, with the one video stream that is meant."""

    #: its file
    path: Path
    #: the name of its container, as FFmpeg has it
    container: str
    #: all of its streams, in order
    tracks: tuple[Stream, ...]
    #: the number of the video stream that is meant
    number: int
    #: columns and rows of a frame
    size: tuple[int, int]
    #: the format of its samples once they stand in planes, as FFmpeg names it
    pixels: str
    #: how its planes are laid out
    layout: Layout
    #: frames a second, on average; None where nobody knows
    rate: Fraction | None
    #: how its samples are shown
    shown: Showing
    #: whether its first frame says that it is made of two fields
    interlaced: bool
    #: for how long it is shown, in seconds, as its head tells; None where it does not
    seconds: Fraction | None
    #: how many frames it has, as its head tells; None where it does not
    count: int | None
    #: its chapters, as PyAV has them
    chapters: Sequence[Mapping[str, Any]]
    #: what the file says of all of it in words
    metadata: Mapping[str, str]
    #: kinds of what stands beside the planes of its first frame, such as captions
    beside: tuple[str, ...]

    @property
    def track(self) -> Stream:
        """The video stream that is meant."""
        return self.tracks[self.number]

    @property
    def in_fields(self) -> bool:
        """Whether its file, or its first frame, says that frames are made of two fields."""
        return self.interlaced or self.shown.fields in FIELDS

    @property
    def base(self) -> Fraction:
        """The unit of its times, in seconds."""
        return self.track.base

    @property
    def others(self) -> tuple[Stream, ...]:
        """The streams beside the one that is meant; what chapters are made of is found anew."""
        own = (track for track in self.tracks if track.number != self.number)
        return tuple(track for track in own if track.kind != "chapters")


def film(
    path: Path, stream: int | None = None, max_megapixels: float | None = MAX_MEGAPIXELS
) -> FilmFile:
    """What a film's file says of itself.

    stream: the number of the video stream that is meant; None where there is one. max_megapixels:
    larger frames are refused; None lifts the limit.

    Raises InputErrors where it cannot be read, has no frame, or samples of a kind that is not read;
    UsageError where several video streams are there and none is named, or the one that is named is
    none.
    """
    with opened(path) as container:
        tracks = tuple(_track(each) for each in container.streams)
        number = _chosen(path, tracks, stream)
        video = container.streams[number]
        video.thread_type = "SLICE"
        _check_size(path, video, max_megapixels)
        siting = _siting(container, number)
        first = next(container.decode(video), None)
        if first is None:
            raise InputTruncated(f"{path}: has no frame; take it again from where it came")
        pixels = _pixels(path, first.format.name)
        shown = _showing(video, first, siting)
        return FilmFile(
            path,
            container.format.name,
            tracks,
            number,
            (first.width, first.height),
            pixels,
            _layout(path, pixels, (first.width, first.height), shown),
            video.average_rate or video.guessed_rate,
            shown,
            first.interlaced_frame,
            _seconds(container, video),
            video.frames or None,
            container.chapters(),
            dict(container.metadata),
            tuple(sorted({data.type.name for data in first.side_data})),
        )


def streams(path: Path) -> tuple[Stream, ...]:
    """The streams of a film's file. InputErrors where it cannot be read."""
    with opened(path) as container:
        return tuple(_track(each) for each in container.streams)


def _track(stream: Any) -> Stream:
    """What there is to know of a stream."""
    av = pyav()
    cover = stream.type == "video" and stream.disposition & av.stream.Disposition.attached_pic
    codec = stream.codec_context.name if stream.codec_context is not None else ""
    kind: Kind = stream.type if stream.type != "unknown" else "data"
    if cover:
        kind = "cover"
    elif stream.discard == av.stream.Discard.all:
        kind = "chapters"
    return Stream(
        stream.index,
        kind,
        codec,
        stream.time_base,
        dict(stream.metadata),
        int(stream.disposition),
    )


def _chosen(path: Path, tracks: Sequence[Stream], stream: int | None) -> int:
    """The number of the video stream that is meant."""
    videos = [track.number for track in tracks if track.kind == "video"]
    if not videos:
        raise UnsupportedFormat(f"{path}: holds no film, only {_kinds(tracks)}")
    numbers = " and ".join(map(str, videos))
    if stream is None and len(videos) > 1:
        raise UsageError(
            f"{path}: holds {len(videos)} video streams, {numbers}; say which is meant, as in "
            f"--stream {videos[0]}; the others are copied"
        )
    if stream is not None and stream not in videos:
        raise UsageError(f"--stream {stream}: {path} has its video in stream {numbers}")
    return videos[0] if stream is None else stream


def _kinds(tracks: Sequence[Stream]) -> str:
    return ", ".join(dict.fromkeys(track.kind for track in tracks)) or "an empty container"


def _check_size(path: Path, video: Any, most: float | None) -> None:
    """InputTooLarge beyond the limit."""
    megapixels = video.codec_context.width * video.codec_context.height / 1e6
    if most is not None and megapixels > most:
        raise InputTooLarge(
            f"{path}: has frames of {megapixels:.0f} megapixels, and at most {most:g} are read; "
            f"{LIFTS}"
        )


def _pixels(path: Path, name: str) -> str:
    """The format of samples in planes that holds those of a format. UnsupportedFormat for none."""
    planar = PLANAR.get(name, name)
    native = planar.removesuffix("be") + "le" if planar.endswith("be") else planar
    format = pyav().VideoFormat(native)
    parts = [part for part in format.components if not part.is_alpha]
    alike = len({part.bits for part in parts}) == 1
    apart = len({part.plane for part in format.components}) == len(format.components)
    whole = alike and apart and 8 <= parts[0].bits <= 16 and "f16" not in native
    odd = format.is_bayer or format.has_palette or native == "xyz12le"
    if not whole or odd or len(parts) not in (1, 3):
        raise UnsupportedFormat(
            f"{path}: has pixels of the kind {name}; 8 to 16 bits of grey, RGB and YCbCr are read: "
            "convert it first"
        )
    return native


def _layout(path: Path, pixels: str, size: tuple[int, int], shown: Showing) -> Layout:
    """How planes of a format of samples are laid out."""
    format = pyav().VideoFormat(pixels, *size)
    parts = [part for part in format.components if not part.is_alpha]
    width, height = size
    bits = parts[0].bits
    full = shown.colours[0] == FULL_RANGE
    if len(parts) == 1:
        return Layout("grey", bits, width, height, full=full or not shown.colours[0])
    if format.is_rgb:
        return Layout("rgb", bits, width, height, full=True)
    code = shown.colours[3]
    if code in UNWEIGHTED:
        raise UnsupportedFormat(
            f"{path}: has colours by matrix {code} (ITU-T H.273), which is no weighted sum of red, "
            "green and blue; convert it first"
        )
    usual = 1 if height >= HIGH_DEFINITION else 6
    return Layout(
        "yuv",
        bits,
        width,
        height,
        16 // int(format.chroma_width(16)),
        16 // int(format.chroma_height(16)),
        WEIGHTS.get(code, WEIGHTS[usual]),
        full,
        SITINGS.get(shown.siting, SITINGS["left"]),
    )


def _showing(video: Any, first: Any, siting: str) -> Showing:
    """How samples are shown, as a stream and its first frame say."""
    codes = zip(_codes(video.codec_context), _codes(first), strict=True)
    range_, primaries, transfer, matrix = (of_frame or of_all for of_all, of_frame in codes)
    if first.format.name.startswith("yuvj"):
        range_ = FULL_RANGE
    return Showing(
        _aspect(video),
        _turned(first),
        (range_, primaries, transfer, matrix),
        siting,
        video.codec_context.field_order,
    )


def _codes(source: Any) -> tuple[int, int, int, int]:
    """The codes of colours of a frame or a stream; what is not said is 0."""
    unsaid = 2  # of primaries, transfer and matrix (ITU-T H.273)
    codes = (source.color_primaries, source.color_trc, source.colorspace)
    primaries, transfer, matrix = (0 if code == unsaid else int(code) for code in codes)
    return int(source.color_range), primaries, transfer, matrix


def _aspect(video: Any) -> Fraction | None:
    """How wide a sample is against its height; None where it is square, or nobody says."""
    aspect: Fraction | None = video.sample_aspect_ratio or video.codec_context.sample_aspect_ratio
    return aspect if aspect and aspect != 1 else None


def _turned(frame: Any) -> tuple[int, ...] | None:
    """The display matrix of a frame; None where there is none, or it turns nothing."""
    found = frame.side_data.get("DISPLAYMATRIX")
    if found is None:
        return None
    matrix = struct.unpack("=9i", bytes(found))
    upright = (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    return None if matrix == upright else matrix


def _siting(container: Any, number: int) -> str:
    """Where a stream's samples of colour difference stand, as FFmpeg describes the stream.

    PyAV has no other way to it.
    """
    with heard(verbose=True):
        text = container.dumps_format()
    lines = [line for line in text.splitlines() if re.match(rf"\s*Stream #0:{number}\b", line)]
    found = re.search(rf"\([^()]*\b({'|'.join(SITINGS)})\)", lines[0] if lines else "")
    return found[1] if found else ""


def _seconds(container: Any, video: Any) -> Fraction | None:
    """For how long a film is shown, as its head tells."""
    if video.duration:
        return Fraction(video.duration * video.time_base)
    return Fraction(container.duration, pyav().time_base) if container.duration else None
