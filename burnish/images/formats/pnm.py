"""PNM and PAM, the formats of Netpbm (netpbm.sourceforge.net/doc): P1 to P7, one after another."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import InputTruncated, UnsupportedChannels
from ..damage import corrupt, truncated
from ..format import Format, Holds, Saving
from ..inside.left import plain
from ..picture import Depth, Header, Picture, to_samples

#: no header is longer in good faith
LONGEST_HEADER = 1 << 16
#: kind -> channels; those of PAM stand in its header
CHANNELS = {1: 1, 2: 1, 3: 3, 4: 1, 5: 1, 6: 3}
BITMAPS, PLAIN, PAM = (1, 4), (1, 2, 3), 7
#: names of a PAM's tuples by their length
TUPLES = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}
HIGHEST = 65535
#: white space and comments before a word, and the word
WORD = rb"(?:\s+|#[^\n]*\n)*?(\d{1,9})"
COMMENT = re.compile(rb"#[^\n]*\n")


@dataclass(frozen=True)
class Raster:
    """One picture, as its header says."""

    #: the digit in its first bytes: P1 to P7
    kind: int
    #: pixels across
    width: int
    #: pixels down
    height: int
    #: samples of a pixel: 1 to 4, the second or fourth being alpha
    channels: int
    #: the value of white
    highest: int
    #: where its samples begin in the file
    place: int
    #: whether there are comments
    comments: bool

    @property
    def bytes_a_row(self) -> int:
        """Of a picture whose samples are no words."""
        if self.kind in BITMAPS:
            return -(-self.width // 8)
        return self.width * self.channels * (1 if self.highest < 256 else 2)

    @property
    def depth(self) -> Depth:
        """The depth of the samples after decoding."""
        return "uint8" if self.highest < 256 else "uint16"

    @property
    def bits(self) -> int | None:
        """How many bits of a decoded sample count; None where all do, or the values are spread."""
        bits = self.highest.bit_length()
        return bits if 8 < bits < 16 and self.highest == 2**bits - 1 else None


def _raster(file: BinaryIO, place: int, name: str) -> Raster:
    """The picture whose header begins at a place of the file."""
    file.seek(place)
    head = file.read(LONGEST_HEADER)
    kind = int(head[1:2]) if re.match(rb"P[1-7]\s", head) else 0
    if kind == 0:
        raise truncated(name) if len(head) < 3 else corrupt(name, "its header makes no sense")
    if kind == PAM:
        return _pam(head, place, name)
    numbers = 2 if kind in BITMAPS else 3
    found = re.compile(rb"P\d" + WORD * numbers + rb"\s").match(head)
    if found is None:
        raise truncated(name) if len(head) < 40 else corrupt(name, "its header makes no sense")
    width, height, highest = [*map(int, found.groups()), 1][:3]
    comments = COMMENT.search(found[0]) is not None
    start = place + found.end()
    raster = Raster(kind, width, height, CHANNELS[kind], highest, start, comments)
    return _checked(raster, name)


def _pam(head: bytes, place: int, name: str) -> Raster:
    """The picture of a PAM."""
    end = re.search(rb"^ENDHDR[^\S\n]*\n", head, re.MULTILINE)
    if end is None:
        raise truncated(name) if len(head) < LONGEST_HEADER else corrupt(name, "an endless header")
    lines = head[: end.start()].split(b"\n")[1:]
    fields = dict(line.split(None, 1) for line in lines if len(line.split(None, 1)) == 2)
    try:
        width, height, channels, highest = (
            int(fields[key]) for key in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
        )
    except (KeyError, ValueError):
        raise corrupt(name, "its header makes no sense") from None
    comments = any(line.startswith(b"#") for line in lines)
    raster = Raster(PAM, width, height, channels, highest, place + end.end(), comments)
    return _checked(raster, name)


def _checked(raster: Raster, name: str) -> Raster:
    if raster.width < 1 or raster.height < 1 or not 1 <= raster.highest <= HIGHEST:
        raise corrupt(name, f"{raster.width}x{raster.height} pixels up to {raster.highest}")
    if not 1 <= raster.channels <= 4:
        raise UnsupportedChannels(
            f"{name}: has {raster.channels} channels; grey and colour, each with or without alpha, "
            "are read"
        )
    return raster


def _rasters(file: BinaryIO, name: str) -> Iterator[Raster]:
    """The pictures of the file, which stand one behind another; one of words stands alone."""
    size = file.seek(0, io.SEEK_END)
    place = 0
    while True:
        raster = _raster(file, place, name)
        yield raster
        if raster.kind in PLAIN:
            return
        place = raster.place + raster.height * raster.bytes_a_row
        if place > size:
            raise truncated(name)
        file.seek(place)
        if not file.read(HEAD).strip():
            return


#: of what stands behind a picture, so much is looked at: white space is nothing
HEAD = 64


def examine(file: BinaryIO, name: str) -> Header:
    """The header of the first picture, and how many there are."""
    rasters = list(_rasters(file, name))
    largest = max(raster.width * raster.height for raster in rasters)
    return replace(_header(rasters[0]), frames=len(rasters), largest=largest)


def _header(raster: Raster) -> Header:
    """What one picture says of itself."""
    bits = raster.highest.bit_length()
    stored = f"{bits}-bit {'colour' if raster.channels > 2 else 'grey'}"
    alpha = raster.channels in (2, 4)
    notes = []
    if raster.bits is None and raster.highest not in (255, HIGHEST):
        most = np.iinfo(raster.depth).max
        notes.append(f"its values go to {raster.highest}; those of the result go to {most}")
    return Header(
        "PNM",
        raster.width,
        raster.height,
        3 if raster.channels > 2 else 1,
        raster.depth,
        alpha=alpha,
        stored=f"{stored}{' and alpha' if alpha else ''}",
        bits=raster.bits,
        notes=tuple(notes),
        lost=("not kept: its comments",) if raster.comments else (),
    )


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The pictures, one after another. Raises InputTruncated or InputCorrupt."""
    for number, raster in enumerate(_rasters(file, name)):
        file.seek(raster.place)
        samples = _words(file, raster, name) if raster.kind in PLAIN else _rows(file, raster, name)
        if samples.max() > raster.highest:
            raise corrupt(name, f"values beyond {raster.highest}")
        if raster.kind in BITMAPS:
            samples = 1 - samples  # one is black
        if raster.bits is None and raster.highest != np.iinfo(raster.depth).max:
            most = np.float64(np.iinfo(raster.depth).max)
            samples = np.rint(samples * most / raster.highest)
        own = header if number == 0 else _header(raster)
        yield own.picture(samples.astype(raster.depth))


def _rows(file: BinaryIO, raster: Raster, name: str) -> NDArray[Any]:
    """The samples [H, W, C] as they stand in the file."""
    size = raster.height * raster.bytes_a_row
    data = file.read(size)
    if len(data) < size:
        raise truncated(name)
    if raster.kind in BITMAPS:
        bits = np.unpackbits(np.frombuffer(data, np.uint8).reshape(raster.height, -1), axis=1)
        return bits[:, : raster.width, None]
    samples = np.frombuffer(data, np.uint8 if raster.highest < 256 else ">u2")
    return samples.reshape(raster.height, raster.width, raster.channels)


def _words(file: BinaryIO, raster: Raster, name: str) -> NDArray[Any]:
    """The samples [H, W, C] of a picture that is written in words."""
    text = COMMENT.sub(b"", file.read())
    if raster.kind in BITMAPS:
        text = b" ".join(re.findall(rb"\d", text))  # they need no space between them
    words = text.split()
    wanted = raster.height * raster.width * raster.channels
    if len(words) < wanted:
        raise truncated(name)
    if len(words) > wanted or not all(map(bytes.isdigit, words)):
        raise corrupt(name, "what stands behind its header are not its numbers")
    if max(map(len, words)) > 5:
        raise corrupt(name, f"values beyond {raster.highest}")
    return np.array(words, np.uint32).reshape(raster.height, raster.width, raster.channels)


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut. InputTruncated where it is of words, or has no rows."""
    last = None
    with suppress(InputTruncated):
        for last in _rasters(file, name):  # noqa: B007 (the one that is cut)
            pass
    if last is None or last.kind in PLAIN:
        raise truncated(name)
    rows = plain.Rows(last.place, last.bytes_a_row, last.height)
    return plain.salvage(file, name, rows, examine, decode)


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """P5 for grey and P6 for colour, with alpha P7 (PAM); one behind another."""
    for picture in pictures:
        depth, bits = PNM.holds.stored(picture.depth, picture.bits)
        samples = to_samples(picture, depth, bits if bits % 8 else None)
        height, width = samples.shape[:2]
        channels = 1 if samples.ndim == 2 else samples.shape[2]
        highest = 2**bits - 1
        if channels in (1, 3):
            kind = 5 if channels == 1 else 6
            file.write(b"P%d\n%d %d\n%d\n" % (kind, width, height, highest))
        else:
            fields = (width, height, channels, highest, TUPLES[channels].encode())
            file.write(b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %b\n" % fields)
            file.write(b"ENDHDR\n")
        file.write(samples.astype(np.uint8 if depth == "uint8" else ">u2").tobytes())
    return []


PNM = Format(
    name="PNM",
    title="PNM",
    endings=(".pnm", ".ppm", ".pgm", ".pbm", ".pam"),
    begins=tuple(b"P%d%c" % (kind, space) for kind in range(1, 8) for space in b"\n \t\r"),
    holds=Holds(
        depths=("uint8", "uint16"),
        bits=tuple(range(8, 17)),
        several=("pages",),
        metadata=frozenset(),
        side=999_999_999,
    ),
    examine=examine,
    decode=decode,
    encode=encode,
    salvage=salvage,
)
