"""PNG (W3C, third edition): every chunk's checksum and the length of the inflated rows are checked
here, since decoders let both pass.

Pixels go through libpng at 8 and 16 bits; what stands around them is read and put in as chunks of
our own.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import UnsupportedChannels
from ..colour.codes import colours_in_words, other_colours
from ..damage import corrupt, truncated
from ..format import Format, Holds, Saving
from ..inside.animation import apng, changes, composed, like, see_through
from ..inside.left import png as rest
from ..inside.png_chunks import LARGEST_TEXT, Chunks, around, packed
from ..inside.png_rows import PASSES, SIGNATURE, Rows
from ..picture import Depth, Header, Left, Picture, Timing, to_samples

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 2**31 - 1
#: colour type -> samples a pixel, bits that it may have, its name
COLOURS: dict[int, tuple[int, tuple[int, ...], str]] = {
    0: (1, (1, 2, 4, 8, 16), "grey"),
    2: (3, (8, 16), "colour"),
    3: (1, (1, 2, 4, 8), "palette"),
    4: (2, (8, 16), "grey and alpha"),
    6: (4, (8, 16), "colour and alpha"),
}
#: the chunks that samples are made of
DECODED = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


def _chunks(file: BinaryIO, name: str) -> Iterator[tuple[bytes, int, int]]:
    """(its four letters, offset of its body, length) of each chunk up to IEND; InputTruncated where
    the file ends before.
    """
    size = file.seek(0, io.SEEK_END)
    place = len(SIGNATURE)
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            raise truncated(name)
        length, letters = int.from_bytes(head[:4], "big"), head[4:]
        if place + 12 + length > size:
            raise truncated(name)
        if not letters.isalpha():
            raise corrupt(name, "a chunk without a name")
        yield letters, place + 8, length
        if letters == b"IEND":
            return
        place += 12 + length


def _body(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(min(length, LARGEST_TEXT))


def _collected(file: BinaryIO, name: str) -> tuple[Chunks, list[tuple[bytes, bytes]]]:
    """What stands beside the pixels, and the chunks of an animation."""
    found = Chunks()
    frames: list[tuple[bytes, bytes]] = []
    for number, (letters, place, length) in enumerate(_chunks(file, name)):
        if (number == 0) != (letters == b"IHDR"):
            raise corrupt(name, "its header is not where it belongs")
        body = b"" if letters in (b"IDAT", b"fdAT") else _body(file, place, length)
        if letters in apng.CHUNKS:
            frames.append((letters, body))
        elif letters != b"IDAT":
            found.take(letters.decode("ascii"), body)
    return found, frames


def examine(file: BinaryIO, name: str) -> Header:
    """The header; no pixel is decoded."""
    found, frames = _collected(file, name)
    width, height, bits, kind, _, _, interlace = _header(found.single["IHDR"], name)
    alpha = kind in (4, 6) or "tRNS" in found.single
    film = None
    if any(letters == b"acTL" for letters, _ in frames):
        film, alpha = _film(frames, (width, height), alpha, name)
    iptc, resources = found.resources()
    parts = tuple(found.parts(palette=kind == 3 or bits < 8))
    left = dict.fromkeys(found.left)
    notes = []
    channels = 1 if kind in (0, 4) else 3
    if kind == 3 or bits < 8:
        becomes = "grey" if channels == 1 else "colour"
        notes.append(f"{bits}-bit {COLOURS[kind][2]}; the result is 8-bit {becomes}")
    other = other_colours(found.cicp)
    if other is not None:
        notes.append(colours_in_words(other))
    return Header(
        "PNG",
        width,
        height,
        channels,
        depth="uint16" if bits == 16 else "uint8",
        alpha=alpha,
        stored=f"{bits}-bit {COLOURS[kind][2]}",
        packed="interlaced" if interlace else "",
        icc=found.icc,
        exif=found.exif,
        xmp=found.xmp,
        dpi=found.dpi,
        iptc=iptc,
        photoshop=resources,
        text=tuple(found.text),
        cicp=found.cicp,
        parts=parts,
        notes=tuple(notes),
        lost=(f"not kept: {', '.join(left)}",) if left else (),
        frames=1 if film is None else film.pictures,
        timing=None if film is None else film.timing,
    )


def _film(
    chunks: Iterable[tuple[bytes, bytes]], size: tuple[int, int], alpha: bool, name: str
) -> tuple[apng.Film | None, bool]:
    """The frames that the chunks announce, None for one alone, and whether something may be
    transparent while they are shown; alpha: whether they may have transparent pixels.
    """
    film = apng.film(chunks, size, not alpha, name)
    if film.pictures == 1:
        return None, alpha
    return film, see_through(film.controls, *size)


def _header(body: bytes, name: str) -> tuple[int, int, int, int, int, int, int]:
    """Width, height, bits, colour type, compression, filter, interlace."""
    if len(body) != 13:
        raise corrupt(name, "its header has the wrong length")
    width, height, bits, kind, compression, filters, interlace = fields = struct.unpack(
        ">IIBBBBB", body
    )
    if (
        not 0 < width <= LARGEST
        or not 0 < height <= LARGEST
        or compression
        or filters
        or interlace > 1
    ):
        raise corrupt(name, "its header makes no sense")
    if kind not in COLOURS or bits not in COLOURS[kind][1]:
        raise UnsupportedChannels(
            f"{name}: has {bits} bits of colour type {kind}, which no PNG may have; 1 to 16 "
            "bits of grey, palette or colour are read"
        )
    return fields


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture, or the frames, behind what is shown where nothing is animated. Raises
    InputTruncated or InputCorrupt.
    """
    check_chunks(file, name)
    size = (header.width, header.height)
    film = None
    if header.frames > 1:
        chunks = _bodies(file, name, apng.CHUNKS - {b"IDAT", b"fdAT"})
        film = apng.film(chunks, size, not header.alpha, name)
    if film is None or film.stand_in:
        samples = _decoded(_pixels_alone(file, name), name)
        if samples.dtype.name != header.depth or samples.shape[:2] != (header.height, header.width):
            raise corrupt(name, f"it decodes to {samples.shape} of {samples.dtype}")
        yield header.picture(samples if film is None else like(samples, header.alpha))
    if film is not None:
        stills = apng.stills(_bodies(file, name, DECODED | apng.CHUNKS), _chunk)
        parts = (like(_still(SIGNATURE + still, name), True) for still in stills)
        frames = zip(film.controls, parts, strict=True)
        for seen, laid in zip(composed(frames, *size), film.controls, strict=True):
            timing = Timing(laid.seconds, film.plays)
            yield header.picture(like(seen, header.alpha), timing=timing)


def _still(data: bytes, name: str) -> NDArray[Any]:
    """The samples of a frame that stands in a PNG of its own."""
    check_chunks(io.BytesIO(data), name)
    return _decoded(data, name)


def _decoded(data: bytes, name: str) -> NDArray[Any]:
    """The samples of a file that `check_chunks` has passed, of chunks of pixels alone.

    Each pass of an interlaced picture is decoded as a picture of its own: of the whole, libpng
    tells the terminal that it should be read otherwise.
    """
    from imagecodecs import png_decode

    found = list(_bodies(io.BytesIO(data), name, DECODED))
    header = found[0][1]
    rows = _rows(header, name)
    if not rows.interlaced:
        return np.asarray(png_decode(data))
    lines = zlib.decompress(b"".join(body for letters, body in found if letters == b"IDAT"))
    colours = b"".join(_chunk(*each) for each in found if each[0] in (b"PLTE", b"tRNS"))
    whole: NDArray[Any] | None = None
    place = 0
    for (left, top, across, down), (length, count) in zip(PASSES, rows.passes, strict=True):
        if not count:
            continue
        size = struct.pack(">II", -(-(rows.width - left) // across), count)
        packed = zlib.compress(lines[place : place + length * count], 0)
        place += length * count
        chunks = (_chunk(b"IHDR", size + header[8:12] + b"\0"), colours, _chunk(b"IDAT", packed))
        part = np.asarray(png_decode(b"".join((SIGNATURE, *chunks, _chunk(b"IEND", b"")))))
        if whole is None:
            whole = np.empty((rows.height, rows.width, *part.shape[2:]), part.dtype)
        whole[top::down, left::across] = part
    assert whole is not None
    return whole


def _bodies(file: BinaryIO, name: str, wanted: Collection[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """(four letters, body) of each chunk that is wanted; of all others, an empty body."""
    for letters, place, length in _chunks(file, name):
        file.seek(place)
        yield letters, file.read(length) if letters in wanted else b""


def glance(data: bytes, name: str) -> Image:
    """The picture by Pillow, not decoded yet."""
    from PIL.PngImagePlugin import PngImageFile

    check_chunks(io.BytesIO(data), name)
    return PngImageFile(io.BytesIO(data))


def _pixels_alone(file: BinaryIO, name: str) -> bytes:
    """The file without the chunks that say nothing of its samples: libpng would tell the terminal
    what it thinks of them.
    """
    pieces = [SIGNATURE]
    for letters, place, length in _chunks(file, name):
        if letters in DECODED:
            file.seek(place - 8)
            pieces.append(file.read(length + 12))
    return b"".join(pieces)


def check_chunks(file: BinaryIO, name: str) -> None:
    """Every checksum, and that the rows are all there."""
    rows, inflate = 0, zlib.decompressobj()
    expected = 0
    for letters, place, length in _chunks(file, name):
        file.seek(place)
        body = file.read(length)
        if zlib.crc32(body, zlib.crc32(letters)) != int.from_bytes(file.read(4), "big"):
            raise corrupt(
                name, f"the checksum of its {letters.decode('ascii', 'replace')} chunk is wrong"
            )
        if letters == b"IHDR":
            expected = _rows(body, name).size
        elif letters == b"IDAT":
            rows += _inflate(inflate, body, expected + 1 - rows, name)
    if rows < expected or not inflate.eof:
        raise (
            truncated(name) if rows <= expected else corrupt(name, "more rows than its header says")
        )


def _inflate(inflate: Any, body: bytes, most: int, name: str) -> int:
    """How many bytes come out, a megabyte held at a time, and no more than `most`."""
    count = 0
    try:
        while body and count < most and not inflate.eof:
            count += len(inflate.decompress(body, min(1 << 20, most - count)))
            body = inflate.unconsumed_tail
    except zlib.error as error:
        raise corrupt(name, "its compressed rows do not inflate") from error
    return count


def _rows(body: bytes, name: str) -> Rows:
    """The rows that a header announces."""
    width, height, bits, kind, _, _, interlace = _header(body, name)
    return Rows(width, height, bits * COLOURS[kind][0], bool(interlace))


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut or damaged behind its header."""
    file.seek(0)
    data = file.read()
    rows = _rows(data[len(SIGNATURE) + 8 : len(SIGNATURE) + 21], name)
    found = rest.remains(data, rows.size, name)
    header = examine(io.BytesIO(found.file()), name)
    header = replace(header, lost=(*header.lost, *found.lost))
    return header, _left(found, rows, header, name)


def _left(found: rest.Remains, rows: Rows, header: Header, name: str) -> Iterator[Picture]:
    """The pictures that are left: the frames that are whole, or the rows of a picture."""
    there = rest.inflated(found.chunks, rows)
    if not (found.chunks[0].right or there.exact):
        raise corrupt(name, "its header is not that of its rows")
    packed = zlib.compress(there.data + bytes(rows.size - len(there.data)), 1)
    for picture in decode(io.BytesIO(found.file(packed)), header, name):
        part = rest.left(picture, rows, there, found)
        if found.frames:
            nothing = np.zeros(picture.size, bool)
            part = replace(picture, left=Left(nothing, frames=found.frames))
        yield part


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A PNG of the picture's depth (16 bits for float), with profile, EXIF, resolution and XMP as
    chunks.
    """
    from imagecodecs import png_encode

    picture = next(pictures)
    second = next(pictures, None)
    depth = HOLDS.depth(picture.depth)
    plain = bytes(png_encode(np.ascontiguousarray(to_samples(picture, depth))))
    after_header = len(SIGNATURE) + 25
    file.write(b"".join((plain[:after_header], *around(picture))))
    if second is None:
        file.write(plain[after_header:])
        return []
    _write_film(file, picture, chain([second], pictures), depth)
    return []


def _write_film(file: BinaryIO, first: Picture, others: Iterator[Picture], depth: Depth) -> None:
    """Writes the frames of an animation behind the header of its PNG.

    first: a frame as well, or, without a time of its own, what is shown where nothing is animated.
    """
    second = next(others)
    frames = chain([second], others) if first.timing is None else chain([first, second], others)
    plays = 0 if second.timing is None else second.timing.plays

    # How many there are is known when all are written.
    place = file.tell()
    file.write(_chunk(b"acTL", struct.pack(">II", 0, plays)))
    if first.timing is None:
        pixels = _compressed(to_samples(first, depth))
        file.write(b"".join(_chunk(b"IDAT", body) for body in pixels))
    drawn = first.timing is None
    count = apng.write_frames(file, changes(frames, depth), _chunk, _compressed, drawn)
    file.write(_chunk(b"IEND", b""))
    end = file.tell()
    file.seek(place)
    file.write(_chunk(b"acTL", struct.pack(">II", count, plays)))
    file.seek(end)


def _compressed(samples: NDArray[Any]) -> Iterator[bytes]:
    """The bodies of the IDAT chunks that hold samples."""
    from imagecodecs import png_encode

    still = io.BytesIO(png_encode(np.ascontiguousarray(samples)))
    return (body for letters, body in _bodies(still, "the result", {b"IDAT"}) if letters == b"IDAT")


def _chunk(letters: bytes, body: bytes) -> bytes:
    return packed(letters.decode("ascii"), body)


#: the side is libpng's own limit
HOLDS = Holds(
    depths=("uint8", "uint16"),
    several=("frames",),
    stand_in=True,
    side=1_000_000,
    metadata=frozenset({"icc", "exif", "xmp", "iptc", "photoshop", "text", "dpi", "cicp"}),
)
PNG = Format(
    name="PNG",
    title="PNG",
    endings=(".png", ".apng"),
    begins=(SIGNATURE,),
    holds=HOLDS,
    examine=examine,
    decode=decode,
    encode=encode,
    glance=glance,
    salvage=salvage,
)
