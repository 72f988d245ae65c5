"""CODECS: how films are coded that are written, and which codec goes into which container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import FormatLimit, UsageError
from ...ground.grammar import Call
from ...ground.tables import hint
from .facts import FilmFile
from .library import pyav


@dataclass(frozen=True)
class FilmKind:
    """A kind of file that films are written as."""

    #: what it is called
    title: str
    #: the name of FFmpeg's writer
    writer: str
    #: the codecs that it holds, by their names: the first is taken where none is named
    codecs: tuple[str, ...]
    #: what its writer is told
    options: Mapping[str, str] = field(default_factory=dict)
    #: whether its times are whole milliseconds
    milliseconds: bool = False


#: the codecs by their names, as CODECS has them
ALL = ("ffv1", "x264", "x265", "prores")
#: endings -> containers. Matroska keeps times before 0, as sound that swings in has them; else all
#: streams would be moved. QuickTime keeps texts under any name; MP4 has covers instead.
CONTAINERS = {
    ".mkv": FilmKind(
        "Matroska", "matroska", ALL, {"avoid_negative_ts": "disabled"}, milliseconds=True
    ),
    ".mov": FilmKind("QuickTime", "mov", ALL[1:], {"movflags": "+use_metadata_tags"}),
    ".mp4": FilmKind("MP4", "mp4", ALL[1:3]),
    ".m4v": FilmKind("MP4", "mp4", ALL[1:3]),
}


@dataclass(frozen=True)
class Codec:
    """A way to code a film."""

    #: the name by which it is asked for
    name: str
    #: the name of FFmpeg's encoder
    encoder: str
    #: what the encoder is told: such that the same frames always give the same bytes, as a run that
    #: goes on has to end in the same frames
    options: Mapping[str, str]
    #: whether every sample comes back as it was
    lossless: bool = False
    #: the option that says how good it is; "" where there is nothing to choose
    quality: str = ""
    #: the best and worst that can be asked for
    range: tuple[int, int] = (0, 0)
    #: what is taken where nobody asks
    usual: int = 0
    #: what it is told of frames that are made of two fields, the top one first or the bottom one;
    #: None where it cannot code them
    fields: tuple[Mapping[str, str], Mapping[str, str]] | None = None
    #: frames of a segment, which begins with one that stands by itself
    segment: int = 120
    #: formats of pixels that it takes in another order of the same samples
    repacked: Mapping[str, str] = field(default_factory=dict)

    def says(self, crf: int | None) -> dict[str, str]:
        """What the encoder is told for a quality; None is the usual one. UsageError for others."""
        if not self.quality:
            if crf is not None:
                raise UsageError(f"--codec {self.name}:crf={crf}: it has no quality to choose")
            return dict(self.options)
        value = self.usual if crf is None else crf
        best, worst = self.range
        if not best <= value <= worst:
            raise UsageError(f"--codec {self.name}:crf={value}: it takes {best} (best) to {worst}")
        return {**self.options, self.quality: str(value)}

    def pixels(self, film: FilmFile) -> str:
        """The format of pixels in which it codes a film. FormatLimit where values would change."""
        wanted = self.takes(film)
        if wanted is None:
            raise FormatLimit(
                f"{film.path}: has pixels of the kind {film.pixels}, which {self.name} cannot hold "
                f"as they are; {_others(film, self.name)}"
            )
        return wanted

    def takes(self, film: FilmFile) -> str | None:
        """The format of pixels in which it holds those of a film as they are; None for none."""
        wanted = self.repacked.get(film.pixels, film.pixels)
        formats = pyav().Codec(self.encoder, "w").video_formats or ()
        return wanted if any(format.name == wanted for format in formats) else None


#: what encoders are told of frames that are made of two fields
FIELDS = {"flags": "+ildct+ilme"}

#: With AVX-512, how libx264 165 weighs macroblocks by what is made of them (mbtree) depends on what
#: lay in the memory that it was given (findings/x264_codes_what_lies_in_memory.sh).
STEADY = "mbtree=0"

CODECS = {
    codec.name: codec
    for codec in (
        Codec(
            "ffv1",
            "ffv1",
            # version 3, each frame by itself, with a checksum for every part of it
            {"level": "3", "g": "1", "coder": "1", "context": "0", "slicecrc": "1"},
            lossless=True,
            fields=({}, {}),
            segment=24,
            repacked={"gbrp": "bgr0", "gbrap": "bgra"},
        ),
        Codec(
            "x264",
            "libx264",
            {"preset": "medium", "threads": "1", "x264-params": STEADY},
            quality="crf",
            range=(0, 51),
            usual=16,
            fields=(
                {**FIELDS, "x264-params": f"{STEADY}:tff=1"},
                {**FIELDS, "x264-params": f"{STEADY}:bff=1"},
            ),
        ),
        Codec(
            "x265",
            "libx265",
            {"preset": "medium", "x265-params": "log-level=none:pools=1:frame-threads=1"},
            quality="crf",
            range=(0, 51),
            usual=18,
        ),
        Codec(
            "prores",
            "prores_ks",
            # of the profile HQ, or 4444 where colours are as fine as brightness
            {"vendor": "apl0"},
            fields=(FIELDS, FIELDS),
            segment=24,
        ),
    )
}


def container(target: Path) -> FilmKind:
    """The container that a name means. UsageError for none."""
    found = CONTAINERS.get(target.suffix.lower())
    if found is None:
        raise UsageError(
            f"{target}: a film's name must end in one of {', '.join(CONTAINERS)}; a folder for "
            "numbered pictures goes with --sequence"
        )
    return found


def codec(words: str | None, target: Path) -> tuple[Codec, int | None]:
    """The codec that words such as "x264:crf=12" name, or the usual one of a container, and its
    quality, where they say one. UsageError for an unknown name or word, and where the container
    does not hold it.
    """
    home = container(target)
    wrong = UsageError(f"--codec {words}: a quality is said as in x264:crf=12")
    call = Call.parse(words or home.codecs[0], wrong)
    name = call.name
    if name not in CODECS:
        raise UsageError(f"--codec {name}: {hint(name, CODECS)}the codecs are {', '.join(CODECS)}")
    if name not in home.codecs:
        raise UsageError(f"--codec {name}: {home.title} does not hold it; write .mkv")
    crf = call.arguments.get("crf")
    if call.arguments.keys() - {"crf"} or not (crf is None or crf.isdecimal()):
        raise wrong
    return CODECS[name], None if crf is None else int(crf)


def _others(film: FilmFile, without: str) -> str:
    """Which codecs hold the pixels of a film, in words."""
    others = (codec for codec in CODECS.values() if codec.name != without)
    able = [codec.name for codec in others if codec.takes(film) is not None]
    if not able:
        return "convert it first"
    return f"--codec {' or '.join(able)} can"
