"""JPEG XL (ISO/IEC 18181): 8 to 16 bits and floats, with and without loss.

libjxl codes the picture, by imagecodecs, which takes and gives pixels alone. The head, EXIF and XMP
are read here; the profile is not, since it is compressed with the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from ...errors import UnsupportedChannels, UnsupportedFormat
from .. import exif
from ..damage import corrupt
from ..format import Format, Holds, Saving
from ..inside.boxes import LARGEST, Box, body_of, boxed, boxes
from ..inside.heif import colours_in_words, other_colours
from ..inside.jxl_header import ALPHA, Head, head_of
from ..orientation import upright
from ..picture import Depth, Header, Picture, to_samples

#: how a file begins that is a codestream alone, and one that is made of boxes
BARE, BOXED = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
#: bytes that hold every head
HEAD = 4096
#: of 100: what is as near to the picture as a JPEG of 95
QUALITY = 98
#: libjxl's own measure of loss at a quality, a line from that of 100 on
FINEST, COARSER = 0.1, 0.09
#: how much time the encoder takes, 1 to 9
EFFORT = 4


def examine(file: BinaryIO, name: str) -> Header:
    """The header; nothing is decoded. libjxl turns pictures, so it is that of the turned one."""
    inner = _boxes(file, name)
    head = head_of(_codestream(file, inner, name))
    _check(head, name)
    whole = not head.floats
    block = exif.set_orientation(_exif(file, inner, name), 1)
    turned = head.orientation >= 5
    cicp = other_colours(head.colours.cicp)
    lossy = head.xyb or b"jbrd" in inner
    depth: Depth = "float32" if head.floats else "uint8" if head.bits <= 8 else "uint16"
    colour = "grey" if head.colours.grey else "colour"
    return Header(
        "JXL",
        head.height if turned else head.width,
        head.width if turned else head.height,
        channels=1 if head.colours.grey else 3,
        depth=depth,
        bits=head.bits if whole and head.bits not in (8, 16) else None,
        alpha=ALPHA in head.channels,
        stored=(
            f"{head.bits}-bit {'' if whole else 'float '}{colour}"
            f"{' and alpha' if ALPHA in head.channels else ''}, {'lossy' if lossy else 'lossless'}"
        ),
        lossy=lossy,
        cicp=cicp,
        exif=block,
        xmp=_metadata(file, inner, b"xml ", name),
        dpi=exif.resolution(block),
        notes=() if cicp is None else (colours_in_words(cicp),),
        lost=tuple(_lost(head, inner)),
    )


def _check(head: Head, name: str) -> None:
    """Raises UnsupportedFormat or UnsupportedChannels for what is not read."""
    if head.animated:
        raise UnsupportedFormat(
            f"{name}: is an animated JPEG XL, of which no frames are read; save it as an animated "
            "WebP or PNG"
        )
    if head.channels not in ((), (ALPHA,)):
        raise UnsupportedChannels(
            f"{name}: has channels besides colour and alpha, which are not read of a JPEG XL; "
            "save it without them"
        )
    if head.bits > 16 and not head.floats:
        raise UnsupportedChannels(
            f"{name}: has whole numbers of {head.bits} bits; save it with 16, or as floats"
        )


def _lost(head: Head, inner: dict[bytes, Box]) -> Iterator[str]:
    if head.colours.profile:
        yield "not kept: its profile, which cannot be read out of a JPEG XL"
    if b"jbrd" in inner:
        yield "not kept: what gives back the JPEG that it was made of, byte for byte"


def _boxes(file: BinaryIO, name: str) -> dict[bytes, Box]:
    """The first box of each kind, compressed ones by the kind that they hold; none of a codestream
    alone.
    """
    file.seek(0)
    if file.read(2) == BARE:
        return {}
    found: dict[bytes, Box] = {}
    for box in boxes(file, name):
        kind = box.kind
        if kind == b"brob":
            file.seek(box.start)
            kind = file.read(4)
        found.setdefault(kind, box)
    return found


def _codestream(file: BinaryIO, inner: dict[bytes, Box], name: str) -> bytes:
    """The beginning of the codestream, behind its two letters."""
    start = 0
    if inner:
        box, skipped = inner.get(b"jxlc"), 0
        if box is None:
            box, skipped = inner.get(b"jxlp"), 4
        if box is None:
            raise corrupt(name, "it holds no picture")
        start = box.start + skipped
    file.seek(start)
    data = file.read(HEAD)
    if data[:2] != BARE:
        raise corrupt(name, "its picture has no signature")
    return data[2:]


def _metadata(file: BinaryIO, inner: dict[bytes, Box], kind: bytes, name: str) -> bytes | None:
    """The body of a box, decompressed where it is compressed; None where there is none."""
    if kind not in inner:
        return None
    box = inner[kind]
    body = body_of(file, box, name)
    if box.kind == b"brob":
        from imagecodecs import brotli_decode

        body = bytes(brotli_decode(body[4:], out=LARGEST))
    return body or None


def _exif(file: BinaryIO, inner: dict[bytes, Box], name: str) -> bytes | None:
    body = _metadata(file, inner, b"Exif", name)
    if body is None:
        return None
    return body[4 + int.from_bytes(body[:4], "big") :].removeprefix(b"Exif\0\0") or None


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture. Raises InputCorrupt."""
    from imagecodecs import jpegxl_decode

    file.seek(0)
    samples = jpegxl_decode(file.read())
    if samples.dtype == np.float16:
        samples = samples.astype(np.float32)
    channels = header.channels + header.alpha
    shape = (header.height, header.width, *([channels] if channels > 1 else []))
    if samples.shape != shape or samples.dtype.name != header.depth:
        raise corrupt(name, f"it decodes to {samples.shape} of {samples.dtype}")
    picture = header.picture(samples)
    multiplied = head_of(_codestream(file, _boxes(file, name), name)).multiplied
    if multiplied and picture.alpha is not None:
        np.divide(picture.pixels, picture.alpha, out=picture.pixels, where=picture.alpha > 0)
    yield picture


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A JPEG XL of the picture's own depth and bits; lossless unless a quality is given or the
    input was lossy itself (then 98).
    """
    from imagecodecs import jpegxl_encode

    picture = upright(next(pictures))
    depth, bits = HOLDS.stored(picture.depth, picture.bits)
    how: dict[str, Any] = {"effort": EFFORT, "usecontainer": True, "lossless": True}
    if depth == "float32":
        samples = to_samples(picture, depth)
    else:
        samples = to_samples(picture, depth, bits)
        how["bitspersample"] = bits
    if saving.quality is not None or picture.lossy:
        quality = QUALITY if saving.quality is None else saving.quality
        how |= {"lossless": False, "distance": FINEST + COARSER * (100 - quality)}
    plain = bytes(jpegxl_encode(np.ascontiguousarray(samples), **how))
    beside = b""
    if picture.exif is not None:
        beside += boxed(b"Exif", bytes(4), picture.exif)
    if picture.xmp is not None:
        beside += boxed(b"xml ", picture.xmp)
    place = min(plain.index(kind) - 4 for kind in (b"jxlc", b"jxlp") if kind in plain)
    file.write(plain[:place] + beside + plain[place:])
    return []


HOLDS = Holds(
    depths=("uint8", "uint16", "float32"),
    bits=tuple(range(8, 17)),
    metadata=frozenset({"exif", "xmp"}),
    side=1 << 18,
)
JXL = Format(
    name="JXL",
    title="JPEG XL",
    endings=(".jxl",),
    begins=(BARE, BOXED),
    holds=HOLDS,
    examine=examine,
    decode=decode,
    encode=encode,
)
