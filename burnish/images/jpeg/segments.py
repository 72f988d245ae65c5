"""What stands before the first scan of a JPEG: its frame, and all that is said beside the picture.

ITU-T T.81, annex B; JFIF; EXIF (CIPA DC-008); XMP, part 3; MPF (CIPA DC-007).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..metadata import Part, Text, photoshop, xmp
from .frame import FRAMES
from .scans import JPEG_LS

EXIF, XMP, MORE_XMP, ICC, PHOTOSHOP, MPF, GAIN_MAP = (
    b"Exif\0\0",
    b"http://ns.adobe.com/xap/1.0/\0",
    b"http://ns.adobe.com/xmp/extension/\0",
    b"ICC_PROFILE\0",
    b"Photoshop 3.0\0",
    b"MPF\0",
    b"urn:iso:std:iso:ts:21496:-1\0",
)
#: bytes that one segment holds
ROOM = 65533
#: application segments, and those of tables and comments
APP0, APP1, APP2, APP8 = 0xE0, 0xE1, 0xE2, 0xE8
APP11, APP13, APP14, APP15 = 0xEB, 0xED, 0xEE, 0xEF
DQT, COMMENT = 0xDB, 0xFE
#: what says how the file is stored, and is written anew: JFIF and its small copy of the picture,
#: SPIFF, Adobe's transform
STORAGE = ((APP0, b"JFIF\0"), (APP0, b"JFXX\0"), (APP8, b"SPIFF\0"), (APP14, b"Adobe"))
#: where the index of several pictures stands, among the parts of a Picture, and what is behind the
#: first
INDEX, BEHIND = "MPF", "behind"


@dataclass
class Segments:
    """What is collected on the way to the first scan."""

    #: its marker, and what it says of size and components
    frame: tuple[int, bytes] | None = None
    #: the parts of the profile, by their numbers
    icc: dict[int, bytes] = field(default_factory=dict)
    exif: bytes | None = None
    xmp: bytes | None = None
    #: the segments of what of the XMP did not fit into its first
    more_xmp: list[bytes] = field(default_factory=list)
    #: the Photoshop resources, in as many segments as they need
    photoshop: bytes = b""
    dpi: tuple[float, float] | None = None
    text: list[Text] = field(default_factory=list)
    #: what is carried as it is
    parts: list[Part] = field(default_factory=list)
    #: the index of several pictures, and where its numbers count from in the file
    index: tuple[bytes, int] | None = None
    #: what is not kept
    left: list[str] = field(default_factory=list)
    #: quantisation tables, by their numbers
    tables: dict[int, list[int]] = field(default_factory=dict)

    def take(self, marker: int, body: bytes, place: int) -> None:
        """Takes a segment whose body stands at a place of the file."""
        if marker in FRAMES or marker == JPEG_LS:
            self.frame = (marker, body)
        elif marker == DQT:
            self.tables |= _tables(body)
        elif marker == COMMENT:
            self.text.append(Text("Comment", body.decode("utf-8", "surrogateescape")))
        elif marker == APP1 and body.startswith(EXIF):
            self.left += ["a second block of EXIF"] if self.exif is not None else []
            self.exif = body[len(EXIF) :] if self.exif is None else self.exif
        elif marker == APP1 and body.startswith(XMP):
            self.xmp = body[len(XMP) :]
        elif marker == APP1 and body.startswith(MORE_XMP):
            self.more_xmp.append(body[len(MORE_XMP) :])
        elif marker == APP2 and body.startswith(ICC) and len(body) > len(ICC) + 2:
            self.icc[body[len(ICC)]] = body[len(ICC) + 2 :]
        elif marker == APP2 and body.startswith(MPF):
            self.index = (body[len(MPF) :], place + len(MPF))
        elif marker == APP13 and body.startswith(PHOTOSHOP):
            self.photoshop += body[len(PHOTOSHOP) :]
        elif marker == APP0 and body.startswith(b"JFIF\0") and len(body) >= 12:
            self.dpi = _resolution(body)
        elif APP0 <= marker <= APP15:
            self._carry(marker, body)

    def _carry(self, marker: int, body: bytes) -> None:
        """Takes a segment that somebody else has put there."""
        if any(marker == known and body.startswith(begin) for known, begin in STORAGE):
            return
        if marker == APP11:
            # boxes that belong to these very pixels: signatures, or what the picture lacks
            what = "content credentials (C2PA)" if b"c2pa" in body else "JPEG XT or JUMBF boxes"
            self.left.append(f"its {what}, which are not true of other pixels")
            return
        number = marker - APP0
        name = f"its APP{number} segment ({_called(body)})"
        if body.startswith(GAIN_MAP):
            name = "its gain map (HDR)"
        self.parts.append(Part(name, f"APP{number}", body))

    def whole_xmp(self) -> bytes | None:
        """The XMP, its parts put together; what does not fit is among `left`."""
        if not self.more_xmp or self.xmp is None:
            return self.xmp
        joined = xmp.joined(self.xmp, self.more_xmp)
        if joined is None:
            self.left.append("the second part of its XMP, which cannot be read")
            return xmp.alone(self.xmp)
        return joined

    def resources(self) -> tuple[bytes | None, bytes | None]:
        """IPTC data and Photoshop resources; what cannot be read is among `left`."""
        try:
            return photoshop.split(self.photoshop)
        except ValueError:
            self.left.append("its Photoshop data, which cannot be read")
            return None, None


def packed(marker: int, body: bytes) -> bytes:
    """A segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def in_pieces(body: bytes, begin: bytes, marker: int) -> Iterator[bytes]:
    """As many segments as a body needs, each with the same beginning."""
    room = ROOM - len(begin)
    for start in range(0, len(body), room):
        yield packed(marker, begin + body[start : start + room])


def profile(icc: bytes) -> Iterator[bytes]:
    """The segments of a profile, which are numbered (ICC.1, annex B.4)."""
    room = ROOM - len(ICC) - 2
    count = -(-len(icc) // room)
    for number in range(count):
        piece = icc[number * room : (number + 1) * room]
        yield packed(APP2, ICC + bytes((number + 1, count)) + piece)


def _resolution(body: bytes) -> tuple[float, float] | None:
    unit, across, down = struct.unpack_from(">BHH", body, 7)
    if unit not in (1, 2) or not across or not down:
        return None
    inch = 1.0 if unit == 1 else 2.54
    return (across * inch, down * inch)


def _called(body: bytes) -> str:
    """What a segment calls itself, as far as that can be printed."""
    begin = body[:32].partition(b"\0")[0].decode("latin-1")
    return begin if begin and begin.isascii() and begin.isprintable() else "unnamed"


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
