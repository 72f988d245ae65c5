"""JPEG (ITU-T T.81): its segments, looked through one by one, and its picture by libjpeg."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import UnsupportedChannels, UnsupportedFormat
from .. import exif
from ..colour import profiles
from ..damage import corrupt, truncated
from ..format import Format, Holds, Sampling, Saving
from ..jpeg import index, segments
from ..jpeg.left import left, rest
from ..jpeg.quality import jpeg_quality
from ..jpeg.scans import EOI, JPEG_LS, MENDED, PROBES, SOS, Scans, next_marker, segment, walk
from ..jpeg.segments import BEHIND, GAIN_MAP, INDEX, ROOM, Segments, packed
from ..metadata import Part, Text, photoshop, xmp
from ..picture import Header, Picture, to_samples

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 95
#: bytes that EXIF may have
EXIF_ROOM = ROOM - len(segments.EXIF)
#: baseline, extended, progressive; the same with arithmetic coding
DECODED = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
#: these in words
CODINGS = {
    0xC0: "baseline",
    0xC1: "extended",
    0xC2: "progressive",
    0xC9: "arithmetic coding",
    0xCA: "progressive, arithmetic coding",
}
#: how much finer brightness is sampled than colour, across and down, as it is usually said
RATIOS = {
    (1, 1): "4:4:4",
    (2, 1): "4:2:2",
    (2, 2): "4:2:0",
    (1, 2): "4:4:0",
    (4, 1): "4:1:1",
    (4, 2): "4:1:0",
}
#: components -> bits that a sample may have
BITS = {1: (8, 12), 3: (8, 12), 4: (8,)}
#: as Pillow calls them
SAMPLINGS: dict[Sampling, int] = {"444": 0, "422": 1, "420": 2}
COPIES = "not kept: the smaller copies of its picture"
WRONG = "not kept: the index of its pictures (MPF), which is wrong"


def examine(file: BinaryIO, name: str) -> Header:
    """The header; nothing is decoded."""
    found = Segments()
    file.seek(2)
    while (marker := next_marker(file, name)) != SOS:
        if marker == EOI:
            raise truncated(name)
        body = segment(file, name)
        found.take(marker, body, file.tell() - len(body))
    width, height, components, bits = _frame(found, name)
    packet = found.whole_xmp()
    iptc, resources = found.resources()
    icc = b"".join(part for _, part in sorted(found.icc.items())) or None
    left = dict.fromkeys(found.left)
    tables = found.tables
    return Header(
        "JPEG",
        width,
        height,
        channels=1 if components == 1 else 3,
        depth="uint8" if bits == 8 else "uint16",
        bits=None if bits == 8 else bits,
        alpha=False,
        stored=f"{bits}-bit {({1: 'grey', 3: 'colour', 4: 'CMYK'})[components]}",
        packed=_packed(found),
        lossy=True,
        icc=icc,
        exif=found.exif,
        xmp=packet,
        iptc=iptc,
        photoshop=resources,
        text=tuple(found.text),
        dpi=found.dpi or exif.resolution(found.exif),
        quality=jpeg_quality(tables[min(tables)]) if tables and not profiles.is_xyb(icc) else None,
        parts=(*found.parts, *_index(found, packet)),
        lost=(f"not kept: {', '.join(left)}",) if left else (),
    )


def _packed(found: Segments) -> str:
    """The kind of its coding, and how finely colours are sampled, in words."""
    assert found.frame is not None
    marker, frame = found.frame
    steps = [(each >> 4, each & 15) for each in frame[7::3]]
    if len(steps) == 1:
        return CODINGS[marker]
    (across, down), (less_across, less_down) = steps[:2]
    # in the usual way, or as so many samples of brightness for one of colour
    ratio = (across // max(1, less_across), down // max(1, less_down))
    sampling = RATIOS.get(ratio, f"{ratio[0]}x{ratio[1]} for one")
    return f"{CODINGS[marker]}, {sampling}"


def _index(found: Segments, packet: bytes | None) -> tuple[Part, ...]:
    """The index of several pictures as it stands in the file, and where, for `decode`."""
    if found.index is None:
        return ()
    body, place = found.index
    return (Part(_called(packet, found.parts, b""), INDEX, struct.pack(">Q", place) + body),)


def _called(packet: bytes | None, parts: list[Part], behind: bytes) -> str:
    """What follows the picture, in words."""
    said = b"" if packet is None else packet
    kinds = {
        "its gain map (HDR)": any(each.body.startswith(GAIN_MAP) for each in parts)
        or any(claim in text for claim in xmp.GAIN_MAPS for text in (said, behind)),
        "its film": b"ftyp" in behind[:16]
        or any(b"MotionPhoto" in text for text in (said, behind))
        or b"MicroVideo" in said,
        "what Samsung's camera wrote behind it": behind.endswith(b"SEFT"),
    }
    known = [name for name, there in kinds.items() if there]
    return " and ".join(known) or "what follows the picture in its file"


def _frame(found: Segments, name: str) -> tuple[int, int, int, int]:
    """Width, height, components and bits, of a frame that can be decoded."""
    if found.frame is None:
        raise corrupt(name, "no frame before its first scan")
    marker, frame = found.frame
    precision, height, width, components = struct.unpack_from(">BHHB", frame)
    if marker == JPEG_LS:
        raise UnsupportedFormat(f"{name}: is a JPEG-LS, which is not read; save it as a PNG")
    if marker not in DECODED:
        raise UnsupportedFormat(
            f"{name}: is a lossless or hierarchical JPEG, which is not read; convert it to PNG "
            "or TIFF"
        )
    # a baseline frame has no other (T.81, B.2.2)
    if precision not in BITS.get(components, ()) or (marker == 0xC0 and precision != 8):
        raise UnsupportedChannels(
            f"{name}: has {components} channels of {precision} bits; JPEGs of 1 or 3 channels of "
            "8 or 12 bits, and of 4 of 8 bits, are read; convert it to PNG or TIFF"
        )
    if not width or not height:
        raise corrupt(name, f"a size of {width}x{height}")
    return width, height, components, precision


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture; CMYK, YCCK and XYB as sRGB. Raises InputTruncated or InputCorrupt."""
    data = file.read()
    scans = walk(data, name)
    header = _with_what_follows(header, data, scans.end)
    if not scans.closed:
        header = replace(header, notes=(*header.notes, MENDED))
    del data
    yield _coloured(_whole(scans, _decoder(header), name), header)


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut or damaged behind its frame."""
    header = examine(file, name)
    file.seek(0)
    data = file.read()
    found = rest(data, name)
    header = _with_what_follows(header, data, found.all.end if found.closed else len(data))
    samples, part = left(found, _decoder(header))
    return header, iter([replace(_coloured(samples, header), left=part)])


def _decoder(header: Header) -> Callable[[bytes], NDArray[Any]]:
    """What makes samples of a file's bytes."""
    return _of_8_bits if header.depth == "uint8" else _of_12_bits


def _coloured(samples: NDArray[Any], header: Header) -> Picture:
    """The picture of samples; CMYK, YCCK and XYB as sRGB."""
    from PIL import Image

    if samples.ndim == 3 and samples.shape[2] == 4:
        return profiles.from_cmyk(Image.fromarray(samples, "CMYK"), header)
    if profiles.is_xyb(header.icc):
        return profiles.from_xyb(Image.fromarray(samples), header)
    return header.picture(samples)


def _whole(scans: Scans, decoded: Any, name: str) -> NDArray[Any]:
    """The samples; InputTruncated where the data of a scan ran out before the picture did."""
    samples: NDArray[Any] = decoded(scans.data)
    for probe in () if scans.arithmetic else PROBES[1:] if scans.closed else PROBES:
        if not np.array_equal(samples, decoded(scans.probed(probe))):
            raise truncated(name)
    return samples


def _of_8_bits(data: bytes) -> NDArray[Any]:
    from PIL.JpegImagePlugin import JpegImageFile

    # not Image.open, whose limit on pixels would come before ours
    with JpegImageFile(io.BytesIO(data)) as image:
        image.load()
        return np.asarray(image)


def _of_12_bits(data: bytes) -> NDArray[Any]:
    from imagecodecs import jpeg8_decode

    samples: NDArray[Any] = jpeg8_decode(data)
    return samples


def _with_what_follows(header: Header, data: bytes, end: int) -> Header:
    """The header with what stands behind the first picture among its parts."""
    parts = [part for part in header.parts if part.place != INDEX]
    found = [part for part in header.parts if part.place == INDEX]
    own = None
    if found:
        own = (found[0].body[8:], int.from_bytes(found[0].body[:8], "big"))
    behind = index.taken(own, end, data[end:])
    lost = [COPIES] if behind.copies else []
    lost += [WRONG] if behind.wrong else []
    header = replace(header, lost=(*header.lost, *lost))
    if not behind.data.strip(b"\0\r\n \xff"):
        # nothing follows any more, so nothing may say that it does
        parts = [part for part in parts if not part.body.startswith(GAIN_MAP)]
        packet = None if header.xmp is None else xmp.without_claims(header.xmp)
        return replace(header, parts=tuple(parts), xmp=packet)
    name = _called(header.xmp, parts, behind.data)
    parts.append(Part(name, BEHIND, behind.data))
    parts += [] if behind.index is None else [Part(name, INDEX, behind.index)]
    return replace(header, parts=tuple(parts))


def glance(data: bytes, name: str) -> Image | None:
    """The picture by Pillow, not decoded yet; None where its colours, its depth, or a missing end
    marker, want more.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    if not walk(data, name).closed:
        return None
    found = examine(io.BytesIO(data), name)
    if found.depth != "uint8" or profiles.is_xyb(found.icc):
        return None
    image = JpegImageFile(io.BytesIO(data))
    return None if image.mode == "CMYK" else image


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A JPEG with full colour resolution (4:4:4), of quality 95, or of its source's where that is
    higher, unless others are asked for.
    """
    from PIL import Image

    picture = next(pictures)
    usual = max(QUALITY, picture.quality or 0)
    buffer = io.BytesIO()
    Image.fromarray(to_samples(picture, "uint8")).save(
        buffer,
        "JPEG",
        quality=usual if saving.quality is None else saving.quality,
        subsampling=SAMPLINGS[saving.sampling or "444"],
        **({} if picture.dpi is None else {"dpi": picture.dpi}),
    )
    plain = buffer.getvalue()
    head = 4 + int.from_bytes(plain[4:6], "big")  # behind JFIF's segment
    around = b"".join((*_around(picture), *_carried(picture)))
    places = {part.place: part.body for part in picture.parts}
    if INDEX in places and BEHIND in places:
        # the index is as long as before, so that everything else stands where it will
        start = head + len(around) + 4 + len(segments.MPF)
        end = len(plain) + start - head + len(places[INDEX])
        own = index.placed(places[INDEX], start, end)
        around += packed(segments.APP2, segments.MPF + own)
    file.write(b"".join((plain[:head], around, plain[head:], places.get(BEHIND, b""))))
    return list(foretell(picture, saving))


def foretell(held: Header | Picture, saving: Saving) -> Iterator[str]:
    """Sentences on what is longer than a segment."""
    block = _block(held)
    if block is not None and len(block) > EXIF_ROOM:
        yield f"not kept: its EXIF of {len(block)} bytes, more than the {EXIF_ROOM} of a JPEG"
    for text in held.text:
        if len(_comment(text)) > ROOM:
            yield f"not kept: its text {text.keyword!r}, longer than a JPEG's comment"


def _block(held: Header | Picture) -> bytes | None:
    """Its EXIF, without the small copy of it where there is no room for both."""
    if held.exif is None or len(held.exif) <= EXIF_ROOM:
        return held.exif
    return exif.without_thumbnail(held.exif)


def _around(picture: Picture) -> Iterator[bytes]:
    """The segments of what stands beside the picture, as far as there is room."""
    block = _block(picture)
    if block is not None and len(block) <= EXIF_ROOM:
        yield packed(segments.APP1, segments.EXIF + block)
    if picture.xmp is not None:
        yield from _xmp(picture.xmp)
    if picture.icc is not None:
        yield from segments.profile(picture.icc)
    resources = photoshop.joined(picture.iptc, picture.photoshop)
    yield from segments.in_pieces(resources, segments.PHOTOSHOP, segments.APP13)
    for text in picture.text:
        body = _comment(text)
        if len(body) <= ROOM:
            yield packed(segments.COMMENT, body)


def _xmp(packet: bytes) -> Iterator[bytes]:
    if len(packet) <= ROOM - len(segments.XMP):
        yield packed(segments.APP1, segments.XMP + packet)
        return
    first, others = xmp.parted(packet, ROOM - len(segments.MORE_XMP))
    yield packed(segments.APP1, segments.XMP + first)
    for other in others:
        yield packed(segments.APP1, segments.MORE_XMP + other)


def _comment(text: Text) -> bytes:
    """The text as a comment; where it is another kind of text, with what it is before it."""
    if text.keyword == "Comment":
        return text.text.encode("utf-8", "surrogateescape")
    return f"{text.keyword}: {text.clean}".encode()


def _carried(picture: Picture) -> Iterator[bytes]:
    """The segments that are carried as they are."""
    for part in picture.parts:
        if part.place.startswith("APP"):
            yield packed(segments.APP0 + int(part.place[3:]), part.body)


JPEG = Format(
    name="JPEG",
    title="JPEG",
    endings=(".jpg", ".jpeg", ".jpe", ".jfif"),
    begins=(b"\xff\xd8\xff",),
    holds=Holds(
        depths=("uint8",),
        alpha=False,
        side=65535,
        metadata=frozenset({"icc", "exif", "xmp", "iptc", "photoshop", "text", "dpi"}),
    ),
    examine=examine,
    decode=decode,
    encode=encode,
    foretell=foretell,
    glance=glance,
    salvage=salvage,
)
