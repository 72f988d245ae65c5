"""JPEG (ITU-T T.81): its segments, looked through one by one, and its picture by libjpeg."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ...errors import UnsupportedChannels, UnsupportedFormat
from .. import colour, exif
from ..damage import corrupt, truncated
from ..format import Format, Holds, Saving
from ..jpeg.quality import jpeg_quality
from ..jpeg.scans import EOI, FRAMES, MENDED, PROBES, SOS, next_marker, segment, walk
from ..picture import Header, Picture, to_samples

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 95
EXIF, XMP, MORE_XMP, ICC, IPTC = (
    b"Exif\0\0",
    b"http://ns.adobe.com/xap/1.0/\0",
    b"http://ns.adobe.com/xmp/extension/\0",
    b"ICC_PROFILE\0",
    b"Photoshop 3.0\0",
)
#: bytes that one segment holds
ROOM = 65533

DQT, COMMENT = 0xDB, 0xFE
#: baseline, extended, progressive; the same with arithmetic coding
DECODED = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}


@dataclass
class _Segments:
    """What is collected on the way to the first scan."""

    #: its marker, and what it says of size and components
    frame: tuple[int, bytes] | None = None
    #: the parts of the profile, by their numbers
    icc: dict[int, bytes] = field(default_factory=dict)
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    #: what is not kept
    left: list[str] = field(default_factory=list)
    #: quantisation tables, by their numbers
    tables: dict[int, list[int]] = field(default_factory=dict)

    def take(self, marker: int, body: bytes) -> None:
        if marker in FRAMES:
            self.frame = (marker, body)
        elif marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 12:
            unit, across, down = struct.unpack_from(">BHH", body, 7)
            if unit in (1, 2) and across and down:
                inch = 1.0 if unit == 1 else 2.54
                self.dpi = (across * inch, down * inch)
        elif marker == 0xE1 and body.startswith(EXIF):
            self.left += ["a second block of EXIF"] if self.exif is not None else []
            self.exif = body[len(EXIF) :] if self.exif is None else self.exif
        elif marker == 0xE1 and body.startswith(XMP):
            self.xmp = body[len(XMP) :]
        elif marker == 0xE1 and body.startswith(MORE_XMP):
            self.left.append("the second part of its XMP")
        elif marker == 0xE2 and body.startswith(ICC) and len(body) > len(ICC) + 2:
            self.icc[body[len(ICC)]] = body[len(ICC) + 2 :]
        elif marker == 0xED and body.startswith(IPTC):
            self.left.append("its IPTC data")
        elif marker == COMMENT:
            self.left.append("its comment")
        elif marker == DQT:
            self.tables |= _tables(body)


def examine(file: BinaryIO, name: str) -> Header:
    """The header; nothing is decoded."""
    segments = _Segments()
    file.seek(2)
    while (marker := next_marker(file, name)) != SOS:
        if marker == EOI:
            raise truncated(name)
        segments.take(marker, segment(file, name))
    width, height, components = _frame(segments, name)
    left = dict.fromkeys(segments.left)
    tables = segments.tables
    return Header(
        "JPEG",
        width,
        height,
        channels=1 if components == 1 else 3,
        depth="uint8",
        alpha=False,
        stored={1: "8-bit grey", 3: "8-bit colour", 4: "8-bit CMYK"}[components],
        lossy=True,
        icc=b"".join(part for _, part in sorted(segments.icc.items())) or None,
        exif=segments.exif,
        xmp=segments.xmp,
        dpi=segments.dpi or exif.resolution(segments.exif),
        quality=jpeg_quality(tables[min(tables)]) if tables else None,
        lost=(f"not kept: {', '.join(left)}",) if left else (),
    )


def _frame(segments: _Segments, name: str) -> tuple[int, int, int]:
    """Width, height and components, of a frame that can be decoded."""
    if segments.frame is None:
        raise corrupt(name, "no frame before its first scan")
    marker, frame = segments.frame
    precision, height, width, components = struct.unpack_from(">BHHB", frame)
    if marker not in DECODED:
        raise UnsupportedFormat(
            f"{name}: is a lossless or hierarchical JPEG, which is not read; convert it to PNG "
            "or TIFF"
        )
    if precision != 8 or components not in (1, 3, 4):
        raise UnsupportedChannels(
            f"{name}: has {components} channels of {precision} bits; JPEGs of 1, 3 or 4 "
            "channels of 8 bits are read"
        )
    if not width or not height:
        raise corrupt(name, f"a size of {width}x{height}")
    return width, height, components


def _tables(body: bytes) -> dict[int, list[int]]:
    """The quantisation tables of a segment, by their number: of brightness is as a rule the
    first.
    """
    found, at = {}, 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        size = 64 * (2 if wide else 1)
        if len(body) < at + 1 + size:
            break
        steps = struct.unpack_from(">64H" if wide else ">64B", body, at + 1)
        found[number] = list(steps)
        at += 1 + size
    return found


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture; CMYK and YCCK as RGB. Raises InputTruncated or InputCorrupt."""
    from PIL.JpegImagePlugin import JpegImageFile

    scans = walk(file.read(), name)
    # not Image.open, whose limit on pixels would come before ours
    with JpegImageFile(io.BytesIO(scans.data)) as image:
        image.load()
        for probe in PROBES[:1] if scans.closed else PROBES:
            with JpegImageFile(io.BytesIO(scans.probed(probe))) as probed:
                probed.load()
                if not np.array_equal(np.asarray(image), np.asarray(probed)):
                    raise truncated(name)
        notes = () if scans.closed else (MENDED,)
        lost = header.lost + scans.lost
        del scans, probed
        header = replace(header, notes=header.notes + notes, lost=lost)
        if image.mode == "CMYK":
            yield colour.from_cmyk(image, header)
        else:
            yield header.picture(np.asarray(image))


def glance(data: bytes, name: str) -> Image | None:
    """The picture by Pillow, not decoded yet; None where its colours, or a missing end marker, want
    more.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    if not walk(data, name).closed:
        return None
    image = JpegImageFile(io.BytesIO(data))
    return None if image.mode == "CMYK" else image


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A JPEG with full colour resolution (4:4:4), quality 95 unless another is given."""
    from PIL import Image

    picture = next(pictures)
    said: list[str] = []
    kept: dict[str, Any] = {} if picture.dpi is None else {"dpi": picture.dpi}
    for name, value, room in (
        ("exif", picture.exif, ROOM - len(EXIF)),
        ("xmp", picture.xmp, ROOM - len(XMP)),
    ):
        if value is not None and len(value) > room:
            said.append(
                f"not kept: its {name.upper()} of {len(value)} bytes, more than the {room} that "
                "a JPEG holds"
            )
        elif value is not None:
            kept[name] = EXIF + value if name == "exif" else value
    buffer = io.BytesIO()
    Image.fromarray(to_samples(picture, "uint8")).save(
        buffer,
        "JPEG",
        quality=QUALITY if saving.quality is None else saving.quality,
        subsampling=0,
        icc_profile=picture.icc,
        **kept,
    )
    file.write(buffer.getbuffer())
    return said


JPEG = Format(
    name="JPEG",
    title="JPEG",
    endings=(".jpg", ".jpeg", ".jpe", ".jfif"),
    begins=(b"\xff\xd8\xff",),
    holds=Holds(depths=("uint8",), alpha=False, side=65535),
    examine=examine,
    decode=decode,
    encode=encode,
    glance=glance,
)
