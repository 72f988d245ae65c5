"""XMP packets as texts: put together where a JPEG has them in parts, and what they claim of
pictures beside the picture taken out where those are not there any more.

XMP specification, part 3 (2020); the gain map's and the container's names by Adobe and Google.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator, Sequence
from functools import partial

#: name spaces that speak of a gain map
GAIN_MAPS = (b"http://ns.adobe.com/hdr-gain-map/1.0/", b"http://ns.apple.com/HDRGainMap/1.0/")
#: name spaces that speak of a gain map or of other files behind the picture
CLAIMS = (
    *GAIN_MAPS,
    b"http://ns.google.com/photos/1.0/container/",
    b"http://ns.google.com/photos/1.0/container/item/",
)
#: the one whose names speak of more: those of a film alone are claims
CAMERA = b"http://ns.google.com/photos/1.0/camera/"
#: the elements that hold others
LISTS = (b"Directory",)
#: names of numbers that count the picture's pixels, across and down, by their name space: of TIFF
#: and EXIF as XMP has them, and of a panorama by Google
SIZES = {
    b"http://ns.adobe.com/tiff/1.0/": (b"ImageWidth", b"ImageLength"),
    b"http://ns.adobe.com/exif/1.0/": (b"PixelXDimension", b"PixelYDimension"),
    b"http://ns.google.com/photos/1.0/panorama/": (
        rb"(?:FullPanoWidth|CroppedAreaImageWidth|CroppedAreaLeft)Pixels",
        rb"(?:FullPanoHeight|CroppedAreaImageHeight|CroppedAreaTop)Pixels",
    ),
}
#: no more than this is put together
LARGEST = 1 << 24

#: blanks from their first on, so that a long run of them is looked at once
_BLANK = rb"(?<!\s)\s+"
_EXTENDED = re.compile(_BLANK + rb"xmpNote:HasExtendedXMP\s*=\s*(\"[^\"]*\"|'[^']*')")
_SPACE = re.compile(rb"xmlns:([\w.-]+)\s*=\s*[\"']([^\"']*)[\"']")
#: what says nothing but that there is more
_EMPTY = b'<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/"/>'
_STUB = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="%s"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def joined(main: bytes, segments: Sequence[bytes]) -> bytes | None:
    """The packet with what its further segments hold; None where they do not fit together.

    segments: each a name of 32 bytes, the length of all, where this one belongs, and its bytes.
    """
    more = bytearray()
    for segment in sorted(segments, key=lambda segment: segment[36:40]):
        total, offset = struct.unpack(">II", segment[32:40].rjust(8, b"\xff"))
        if segment[:32] not in main or total > LARGEST or offset != len(more):
            return None
        more += segment[40:]
    begin, begin_more = _begin(main), _begin(more)
    end, end_more = main.rfind(b"</rdf:RDF"), more.rfind(b"</rdf:RDF")
    if end < begin.stop or end_more < begin_more.stop or not begin.stop or not begin_more.stop:
        return None
    # name spaces that are declared around what comes over have to come with it
    known, wanted = (dict(_SPACE.findall(text)) for text in (main[: begin.stop], more[begin_more]))
    if any(known.get(prefix, uri) != uri for prefix, uri in wanted.items()):
        return None
    new = (b' xmlns:%s="%s"' % each for each in wanted.items() if each[0] not in known)
    head = _EXTENDED.sub(b"", main[begin.stop : end]).replace(_EMPTY, b"")
    inner = bytes(more[begin_more.stop : end_more])
    opened = main[: begin.stop - 1] + b"".join(new) + b">"
    return opened + head + inner + main[end:]


def alone(main: bytes) -> bytes:
    """The first part of a packet, without the word that there is more."""
    return _EXTENDED.sub(b"", main)


def parted(packet: bytes, room: int) -> tuple[bytes, Iterator[bytes]]:
    """A first part, and segments as `joined` takes them, of a packet that has no room in one.

    room: bytes of a segment.
    """
    body = re.sub(rb"<\?xpacket\b[^?]*\?>", b"", packet).strip()
    name = hashlib.md5(body, usedforsecurity=False).hexdigest().upper().encode()
    step = room - 40
    pieces = (
        name + struct.pack(">II", len(body), start) + body[start : start + step]
        for start in range(0, len(body), step)
    )
    return _STUB % name, pieces


def without_claims(packet: bytes) -> bytes:
    """The packet without what it says of a gain map, or of files behind the picture."""
    for prefix, uri in set(_SPACE.findall(packet)):
        name = rb"\w+" if uri in CLAIMS else rb"(?:MicroVideo|MotionPhoto)\w*"
        if uri not in CLAIMS and uri != CAMERA:
            continue
        for each in LISTS:
            packet = without_element(packet, b"%s:%s" % (prefix, each))
        start = re.escape(prefix) + b":" + name
        packet = re.sub(_BLANK + start + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", packet)
        packet = re.sub(rb"<(" + start + rb")(?:/>|>[^<]*</\1>)", b"", packet)
        if uri in CLAIMS:
            declared = _BLANK + rb"xmlns:" + re.escape(prefix) + rb"\s*=\s*[\"']" + re.escape(uri)
            packet = re.sub(declared + rb"[\"']", b"", packet)
    return packet


def resized(packet: bytes, across: float, down: float) -> bytes:
    """The packet of a picture that is now `across` times as wide and `down` times as high: what it
    counts in pixels is counted anew.
    """
    for prefix, uri in set(_SPACE.findall(packet)):
        for name, scale in zip(SIZES.get(uri, ()), (across, down), strict=False):
            start = re.escape(prefix) + b":" + name + rb"(?:\s*=\s*[\"']|>)"
            number = re.compile(rb"\b(" + start + rb")(\d{1,9})(?=[\"'<])")
            packet = number.sub(partial(_times, scale), packet)
    return packet


def _times(scale: float, found: re.Match[bytes]) -> bytes:
    """What was found, with its number `scale` times as large."""
    return found[1] + b"%d" % round(int(found[2]) * scale)


def _begin(packet: bytes | bytearray) -> slice:
    """Where the beginning of the RDF stands; an empty slice where it does not."""
    start = packet.find(b"<rdf:RDF")
    end = packet.find(b">", start)
    return slice(0, 0) if start < 0 or end < 0 else slice(start, end + 1)


def without_element(packet: bytes, name: bytes) -> bytes:
    """The packet without the elements of that name that hold others, and all that they hold."""
    pieces, place = [], 0
    while (start := packet.find(b"<" + name, place)) >= 0:
        end = packet.find(b"</" + name, start)
        close = packet.find(b">", end)
        if end < 0 or close < 0:
            break
        pieces.append(packet[place:start])
        place = close + 1
    return b"".join(pieces) + packet[place:]
