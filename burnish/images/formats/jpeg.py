"""JPEG (ITU-T T.81): looked through marker by marker before it is decoded, since decoders fill in
for what is missing without a word.

Decoders do not tell when a scan's data ran out either; so it is decoded once more with bytes added
behind every scan, which a whole one never reads. Damage that leaves as many valid codes as a whole
file has, or more, cannot be told from a picture.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...errors import FormatLimit, UnsupportedChannels, UnsupportedFormat
from .. import colour, exif
from ..picture import Header, Picture, to_samples
from ..quality import jpeg_quality
from ..sniff import corrupt, truncated

QUALITY = 95
LARGEST = 65535
EXIF, XMP, MORE_XMP, ICC, IPTC = (
    b"Exif\0\0",
    b"http://ns.adobe.com/xap/1.0/\0",
    b"http://ns.adobe.com/xmp/extension/\0",
    b"ICC_PROFILE\0",
    b"Photoshop 3.0\0",
)
#: bytes that one segment holds
ROOM = 65533
#: a file with more scans than this wastes time on purpose
SCANS = 500

_SOI, _EOI, _SOS, _DQT, _COMMENT = 0xD8, 0xD9, 0xDA, 0xDB, 0xFE
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
#: baseline, extended, progressive; the same with arithmetic coding
_DECODED = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
_PROGRESSIVE = {0xC2, 0xCA}
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_PROBE = b"\x35\xca\x53\xac\x35\xca"


@dataclass
class _Segments:
    """What is collected on the way to the first scan."""

    frame: tuple[int, bytes] | None = None
    icc: dict[int, bytes] = field(default_factory=dict)
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    left: list[str] = field(default_factory=list)
    tables: dict[int, list[int]] = field(default_factory=dict)

    def take(self, marker: int, body: bytes, path: Path) -> None:
        if marker in _FRAMES:
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
        elif marker == _COMMENT:
            self.left.append("its comment")
        elif marker == _DQT:
            self.tables |= _tables(body)


def examine(file: BinaryIO, path: Path) -> Header:
    """The header; nothing is decoded."""
    segments = _Segments()
    file.seek(2)
    while (marker := _next_marker(file, path)) != _SOS:
        if marker == _EOI:
            raise truncated(path)
        segments.take(marker, _body(file, path), path)
    if segments.frame is None:
        raise corrupt(path, "no frame before its first scan")
    marker, frame = segments.frame
    precision, height, width, components = struct.unpack_from(">BHHB", frame)
    if marker not in _DECODED:
        raise UnsupportedFormat(
            f"{path}: is a lossless or hierarchical JPEG, which is not read; convert it to PNG "
            "or TIFF"
        )
    if precision != 8 or components not in (1, 3, 4):
        raise UnsupportedChannels(
            f"{path}: has {components} channels of {precision} bits; JPEGs of 1, 3 or 4 "
            "channels of 8 bits are read"
        )
    if not width or not height:
        raise corrupt(path, f"a size of {width}x{height}")
    notes = (f"not kept: {', '.join(dict.fromkeys(segments.left))}",) if segments.left else ()
    icc = b"".join(part for _, part in sorted(segments.icc.items())) or None
    stored = {1: "8-bit grey", 3: "8-bit colour", 4: "8-bit CMYK"}[components]
    kept: dict[str, Any] = {
        "icc": icc,
        "exif": segments.exif,
        "xmp": segments.xmp,
        "dpi": segments.dpi or exif.resolution(segments.exif),
    }
    kept["quality"] = (
        jpeg_quality(segments.tables[min(segments.tables)]) if segments.tables else None
    )
    return Header(
        "JPEG",
        width,
        height,
        1 if components == 1 else 3,
        "uint8",
        False,
        stored,
        lossy=True,
        notes=notes,
        **kept,
    )


def _tables(body: bytes) -> dict[int, list[int]]:
    """The quantisation tables of a segment, by their number: of brightness is as a rule the
    first.
    """
    found, at = {}, 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        steps = (
            struct.unpack_from(">64H" if wide else ">64B", body, at + 1)
            if len(body) >= at + 1 + 64 * (1 + bool(wide))
            else ()
        )
        if not steps:
            break
        found[number] = list(steps)
        at += 1 + 64 * (1 + bool(wide))
    return found


def _next_marker(file: BinaryIO, path: Path) -> int:
    byte = file.read(1)
    if byte and byte != b"\xff":
        raise corrupt(path, "bytes between its segments")
    while byte == b"\xff":
        byte = file.read(1)
    if not byte:
        raise truncated(path)
    return byte[0]


def _body(file: BinaryIO, path: Path) -> bytes:
    length = int.from_bytes(file.read(2), "big")
    body = file.read(max(0, length - 2))
    if length < 2 or len(body) != length - 2:
        raise truncated(path)
    return body


def decode(file: BinaryIO, header: Header, path: Path) -> Picture:
    """The picture; CMYK and YCCK as RGB. Raises InputTruncated or InputCorrupt."""
    from PIL.JpegImagePlugin import JpegImageFile

    data = file.read()
    scans, notes = check_scans(data, path)
    with JpegImageFile(
        io.BytesIO(data)
    ) as image:  # not Image.open, whose limit on pixels would come before ours
        image.load()
        with JpegImageFile(io.BytesIO(_probed(data, scans))) as probe:
            probe.load()
            if not np.array_equal(np.asarray(image), np.asarray(probe)):
                raise truncated(path)
        del data, probe
        header = replace(header, notes=header.notes + notes)
        return (
            colour.from_cmyk(image, header)
            if image.mode == "CMYK"
            else header.picture(np.asarray(image))
        )


def check_scans(data: bytes, path: Path) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    """Walks to the end-of-image marker, and sees that a progressive file brought every coefficient
    to its last bit.

    Where each scan's entropy-coded data begins and ends, and notes on what follows the picture.
    """
    file = io.BytesIO(data)
    file.seek(2)
    progressive, missing = False, {}
    scans: list[tuple[int, int]] = []
    while (marker := _next_marker(file, path)) != _EOI:
        body = _body(file, path)
        if marker in _FRAMES:
            progressive = marker in _PROGRESSIVE
            missing = {body[6 + 3 * c]: [1] * 64 for c in range(body[5])}
        if marker != _SOS:
            continue
        if len(scans) == SCANS:
            raise corrupt(path, f"more than {SCANS} scans")
        _tick_off(missing, body, progressive)
        found = _MARKER_IN_SCAN.search(data, file.tell())
        if found is None:
            raise truncated(path)
        scans.append((file.tell(), found.start()))
        file.seek(found.start())
    if any(any(bits) for bits in missing.values()):
        raise truncated(path)
    behind = data[file.tell() :]
    return scans, (
        f"not kept: {len(behind)} bytes that follow the picture (a second picture, or a film)",
    ) if behind.strip(b"\0\r\n \xff") else ()


def _probed(data: bytes, scans: list[tuple[int, int]]) -> bytes:
    """The file with bytes added behind every scan and restart interval: where the data ran out
    before, they make another picture.
    """
    pieces, last = [], 0
    for start, end in scans:
        pieces += [
            data[last:start],
            _RESTART.sub(lambda found: _PROBE + found[0], data[start:end]),
            _PROBE,
        ]
        last = end
    return b"".join((*pieces, data[last:]))


def _tick_off(missing: dict[int, list[int]], scan: bytes, progressive: bool) -> None:
    """Writes down what one scan brings: for each of 64 coefficients of its components, the lowest
    bit so far.
    """
    first, last, low = (scan[-3], scan[-2], scan[-1] & 15) if progressive else (0, 63, 0)
    for component in scan[1 : 1 + 2 * scan[0] : 2]:
        if component in missing and last < 64:
            missing[component][first : last + 1] = [low] * (last + 1 - first)


def encode(picture: Picture, quality: int | None) -> tuple[bytes, list[str]]:
    """A JPEG with full colour resolution (4:4:4), quality 95 unless another is given; and sentences
    on what it could not take along.
    """
    from PIL import Image

    said, kept = [], {}
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
    dpi = {} if picture.dpi is None else {"dpi": picture.dpi}
    image = Image.fromarray(to_samples(picture, "uint8"))
    image.save(
        buffer,
        "JPEG",
        quality=QUALITY if quality is None else quality,
        subsampling=0,
        icc_profile=picture.icc,
        **kept,
        **dpi,
    )
    return buffer.getvalue(), said


def check_size(width: int, height: int, path: Path) -> None:
    """FormatLimit where a JPEG cannot be that large."""
    if max(width, height) > LARGEST:
        raise FormatLimit(
            f"{path}: a JPEG is at most {LARGEST} pixels wide and high, and this is "
            f"{width}x{height}; write .png or .tif"
        )
