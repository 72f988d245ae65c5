"""coded(): frames by an encoder that begins anew for each segment, so that it stands by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import FormatLimit
from ..frame import Frame
from .codecs import Codec
from .decode import samples_of
from .facts import BOTTOM_FIRST, FilmFile
from .library import in_words, pyav


@dataclass(frozen=True)
class Coding:
    """How a film is coded: the same for every segment of it."""

    #: what the frames are like
    film: FilmFile
    #: the codec
    codec: Codec
    #: its quality; None is the usual one
    crf: int | None = None

    @property
    def options(self) -> dict[str, str]:
        """What the encoder is told."""
        told = self.codec.says(self.crf)
        shown = self.film.shown
        if self.film.in_fields:
            if self.codec.fields is None:
                raise FormatLimit(
                    f"{self.film.path}: is interlaced, and {self.codec.name} codes whole frames "
                    "alone; --codec ffv1 or x264 can"
                )
            told |= self.codec.fields[shown.fields in BOTTOM_FIRST]
        if shown.siting:
            told["chroma_sample_location"] = shown.siting
        return told

    @property
    def words(self) -> str:
        """How it is coded, in words."""
        if self.codec.lossless:
            return f"{self.codec.name}, without loss"
        if not self.codec.quality:
            return f"{self.codec.name}, with loss"
        return f"{self.codec.name}, crf {self.options[self.codec.quality]}, with loss"

    def apply(self, context: Any) -> None:
        """Says to an encoder of PyAV what it is to code, and how."""
        film = self.film
        context.width, context.height = film.size
        context.pix_fmt = self.codec.pixels(film)
        context.time_base = film.base
        if film.rate:
            context.framerate = film.rate
        if film.shown.aspect:
            context.sample_aspect_ratio = film.shown.aspect
        context.field_order = film.shown.fields
        range_, primaries, transfer, matrix = film.shown.colours
        context.color_range = range_
        if primaries:
            context.color_primaries = primaries
        if transfer:
            context.color_trc = transfer
        if matrix:
            context.colorspace = matrix


@dataclass(frozen=True)
class Coded:
    """A packet of the video of a film."""

    #: when it is shown, in units of the film
    shown: int
    #: whether it stands by itself
    key: bool
    #: its bytes
    body: bytes


def coded(frames: Iterable[Frame], coding: Coding) -> Iterator[Coded]:
    """The packets of frames, in the order in which they are decoded; the first stands by itself.

    FormatLimit where the encoder does not take frames of this size and kind.
    """
    av = pyav()
    context = av.CodecContext.create(coding.codec.encoder, "w")
    context.flags |= av.codec.context.Flags.global_header
    context.options = coding.options
    coding.apply(context)
    try:
        context.open()
    except av.FFmpegError as error:
        width, height = coding.film.size
        raise FormatLimit(
            f"{coding.film.path}: {coding.codec.name} does not take frames of {width}x{height} "
            f"({in_words(error)}); --codec ffv1 takes any of some size"
        ) from error
    for frame in frames:
        yield from _packets(context.encode(_picture(frame, coding)))
    yield from _packets(context.encode(None))


def _packets(packets: Iterable[Any]) -> Iterator[Coded]:
    for packet in packets:
        yield Coded(packet.pts, packet.is_keyframe, bytes(packet))


def _picture(frame: Frame, coding: Coding) -> Any:
    """A frame of PyAV with the planes of a frame, and with all else that its own had."""
    av = pyav()
    film = coding.film
    picture: Any = frame.held
    if picture is None:
        picture = av.VideoFrame(*film.size, film.pixels)
    else:
        # The decoder may go on looking at its own.
        picture.make_writable()
    for samples, plane in zip(samples_of(picture), frame.planes, strict=True):
        samples[:] = plane
    picture.pts = int(frame.time / film.base)
    picture.time_base = film.base
    picture.pict_type = av.video.frame.PictureType.NONE
    return picture
