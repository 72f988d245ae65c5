"""What stands in a HEIF file, and so in an AVIF, beside the pixels of its picture, read and written
(ISO/IEC 23008-12); nothing is decoded.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import BinaryIO

from .. import exif
from ..colour.codes import colours_in_words, other_colours
from ..damage import corrupt
from ..format import Metadata
from ..metadata import Part
from ..metadata.xmp import without_claims
from ..picture import Header, Picture, Timing
from .animation.canvas import Area
from .boxes import boxes
from .items import Contents, Item, Property, contents, data_of, packed
from .track import Track

#: what such a file has a place for; a resolution only in EXIF
METADATA: frozenset[Metadata] = frozenset({"icc", "exif", "xmp", "cicp"})
#: how a picture is turned for its orientation tag of EXIF: by how many quarters against the clock,
#: then mirrored or not: 0 swaps top and bottom, 1 left and right
TURNS: dict[int, tuple[int, int | None]] = {
    1: (0, None),
    2: (0, 1),
    3: (2, None),
    4: (0, 0),
    5: (1, 0),
    6: (3, None),
    7: (3, 0),
    8: (1, None),
}
#: the same turns, said in another way
ALIKE = ((7, (1, 1)), (5, (3, 1)), (2, (2, 0)), (4, (2, 1)))
#: how pictures beside the picture are known: a piece of what they are called, and what they are
ALPHA = (b"auxiliary:alpha", b"hevc:2015:auxid:1")
BESIDE = (
    (b"gainmap", "its gain map, which makes it brighter on HDR screens"),
    (b"auxiliary:depth", "its depth image"),
    (b"hevc:2015:auxid:2", "its depth image"),
    (b"matte", "its mattes, which cut out persons, skin or sky"),
)
HIDDEN = "not kept: what its crop hides"
#: what is said of a picture and carried as it is, in words
CARRIED = {
    b"pasp": "the shape of its pixels, which are not square",
    b"clli": "how bright it is (clli)",
    b"mdcv": "the screen that it was made on (mdcv)",
    b"amve": "the light that it is to be looked at in (amve)",
}
#: kinds of items that are pictures
PICTURES = frozenset({b"av01", b"hvc1", b"grid", b"iovl", b"iden"})
#: matrices of CICP (ITU-T H.273) with which a file can be without loss
LOSSLESS = frozenset({0, 16, 17})


def header_of(file: BinaryIO, name: str, format: str, track: Track | None = None) -> Header:
    """The header of an open file of that format: of its picture, cropped as it is to be shown, or,
    where a track is given, of the frames in that.

    Raises InputTruncated or InputCorrupt.
    """
    held = contents(file, name) if track is None else track.contents(b"av01")
    items = contents(file, name) if track is not None and has_items(file, name) else held
    picture = held.picture
    area = shown_area(picture, name)
    bits, sampling = _samples(held, name)
    alpha = any(_is_alpha(item) for item in held.pointing(b"auxl", held.primary))
    cicp = _cicp(picture)
    block = exif.set_orientation(_exif(file, items, name), _orientation(picture))
    icc = _profile(picture)
    other = None if icc is not None else other_colours(cicp)
    colour = "grey" if sampling == "4:0:0" else f"colour ({sampling})"
    cropped = (area.width, area.height) != _size(picture, name)
    return Header(
        format,
        area.width,
        area.height,
        channels=1 if sampling == "4:0:0" else 3,
        depth="uint8" if bits == 8 else "uint16",
        bits=None if bits == 8 else bits,
        alpha=alpha,
        stored=f"{bits}-bit {colour}{' and alpha' if alpha else ''}",
        lossy=sampling != "4:0:0" and (cicp is None or cicp[2] not in LOSSLESS),
        icc=icc,
        exif=block,
        xmp=_xmp(file, items, name),
        dpi=exif.resolution(block),
        cicp=other,
        parts=tuple(_parts(picture)),
        notes=() if other is None else (colours_in_words(other),),
        lost=(*_beside(items), *([HIDDEN] if cropped else []), *_behind(file, name)),
        frames=1 if track is None else len(track.seconds),
        timing=None if track is None else Timing(sum(track.seconds), track.plays),
    )


def has_items(file: BinaryIO, name: str) -> bool:
    """Whether a file holds items, and not frames alone."""
    return any(box.kind == b"meta" for box in boxes(file, name))


def _size(picture: Item, name: str) -> tuple[int, int]:
    """Width and height of a picture as it is compressed."""
    size = picture.property(b"ispe")
    if size is None or len(size) < 12:
        raise corrupt(name, "it does not say its size")
    width, height = struct.unpack_from(">II", size, 4)
    if not width or not height:
        raise corrupt(name, f"a size of {width}x{height}")
    return width, height


def shown_area(picture: Item, name: str) -> Area:
    """What of a picture as it is compressed is to be shown, before it is turned: all of it, where
    it has no crop, or one that makes no sense.
    """
    size = _size(picture, name)
    crop = picture.property(b"clap")
    if crop is not None and len(crop) >= 32:
        numbers = struct.unpack_from(">8i", crop)
        if all(numbers[1::2]):
            # width and height, and how far the middle of the crop lies from that of the picture
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            wide, high, right, down = (Fraction(over, under) for over, under in pairs)
            left = (size[0] - wide) / 2 + right
            top = (size[1] - high) / 2 + down
            if all(each.denominator == 1 for each in (wide, high, left, top)):
                area = Area(int(left), int(top), int(wide), int(high))
                if min(area.left, area.top) >= 0 and area.lies_in(*size):
                    return area
    return Area(0, 0, *size)


def _parts(picture: Item) -> Iterator[Part]:
    """What is said of a picture that only such a file has a place for."""
    for each in picture.properties:
        square = each.kind == b"pasp" and each.body[:4] == each.body[4:8]
        if each.kind in CARRIED and not square:
            yield Part(CARRIED[each.kind], each.kind.decode(), each.body)


def of_brand(brand: bytes) -> tuple[bytes, ...]:
    """How files begin that say first that they are a HEIF, and then which."""
    between = (b"", b"mif1", b"msf1", b"miaf", b"mif1miaf", b"miafmif1")
    first = (b"....ftypmif1....", b"....ftypmsf1....")
    return tuple(begin + before + brand for begin in first for before in between)


def with_metadata(plain: bytes, picture: Picture) -> bytes:
    """A file of a picture alone, with its profile, turn, EXIF and XMP. How it is turned is said by
    the file's own properties, and no longer by EXIF, which others would obey once more.
    """
    file, name = io.BytesIO(plain), "the result"
    held = contents(file, name)
    first = next(boxes(file, name))
    told = [] if picture.icc is None else [Property(b"colr", b"prof" + picture.icc)]
    carried = {kind.decode(): kind for kind in CARRIED}
    told += [Property(carried[each.place], each.body) for each in picture.parts]
    told += _turns(exif.orientation(picture.exif))
    items = []
    for item in held.items.values():
        data = b"".join(plain[start : start + size] for start, size in item.places)
        items.append(
            (_told(item, told, picture.cicp) if item.number == held.primary else item, data)
        )
    number = max(held.items)
    refers = ((b"cdsc", (held.primary,)),)
    if picture.exif is not None:
        upright = exif.set_orientation(picture.exif, 1) or b""
        items.append((Item(number + 1, b"Exif", refers=refers), bytes(4) + upright))
    if picture.xmp is not None:
        kind = Item(number + 2, b"mime", b"application/rdf+xml", refers=refers)
        items.append((kind, picture.xmp))
    return packed(plain[first.start : first.end], held.primary, items)


def _told(item: Item, more: list[Property], cicp: tuple[int, int, int, int] | None) -> Item:
    """The item with more said of it, and with that code of its colours."""
    properties = list(item.properties)
    if cicp is not None:
        # What the compressed picture says itself is heard where the file says nothing.
        for at, each in enumerate(properties):
            if each.kind == b"colr" and each.body[:4] == b"nclx":
                code = struct.pack(">HH", *cicp[:2])
                properties[at] = Property(b"colr", b"nclx" + code + each.body[8:])
    return replace(item, properties=(*properties, *more))


def _turns(tag: int) -> list[Property]:
    """The properties that turn a picture as that orientation tag of EXIF, 1 to 8, would."""
    quarters, mirror = TURNS[tag]
    said = [Property(b"irot", bytes([quarters]))] if quarters else []
    return said + ([] if mirror is None else [Property(b"imir", bytes([mirror]))])


def _orientation(picture: Item) -> int:
    """The orientation tag that says of EXIF what the file's own properties say."""
    quarters, mirror = (picture.property(kind) for kind in (b"irot", b"imir"))
    turn = (quarters[0] & 3 if quarters else 0, mirror[0] & 1 if mirror else None)
    return next((tag for tag, its in (*TURNS.items(), *ALIKE) if its == turn))


def _samples(held: Contents, name: str) -> tuple[int, str]:
    """Bits of a sample, and how finely colour is sampled, of the picture or of its first tile."""
    item = held.picture
    for _ in range(3):  # a tile of a grid, which another item may stand for
        found = [each for each in item.properties if each.kind in (b"av1C", b"hvcC")]
        if found:
            return _configured(found[0])
        tiles = [held.items[number] for number in item.to(b"dimg") if number in held.items]
        if not tiles:
            break
        item = tiles[0]
    raise corrupt(name, "it does not say how its picture is compressed")


def _configured(found: Property) -> tuple[int, str]:
    """Bits and sampling by the decoder's configuration (AV1-ISOBMFF 2.3; ISO/IEC 14496-15)."""
    if found.kind == b"av1C":
        flags = found.body[2]
        bits = 8 if not flags & 0x40 else 12 if flags & 0x20 else 10
        fine = {0: "4:4:4", 0x08: "4:2:2", 0x0C: "4:2:0"}[flags & 0x0C]
        return bits, "4:0:0" if flags & 0x10 else fine
    chroma, luma_bits = found.body[16] & 3, found.body[17] & 7
    return 8 + luma_bits, ("4:0:0", "4:2:0", "4:2:2", "4:4:4")[chroma]


def _is_alpha(item: Item) -> bool:
    called = item.property(b"auxC") or b""
    return any(alpha in called for alpha in ALPHA)


def _cicp(picture: Item) -> tuple[int, int, int] | None:
    """Primaries, transfer and matrix; None where they are not said."""
    for each in picture.properties:
        if each.kind == b"colr" and each.body[:4] == b"nclx" and len(each.body) >= 10:
            return struct.unpack_from(">HHH", each.body, 4)
    return None


def _profile(picture: Item) -> bytes | None:
    for each in picture.properties:
        if each.kind == b"colr" and each.body[:4] in (b"prof", b"rICC"):
            return each.body[4:]
    return None


def _exif(file: BinaryIO, held: Contents, name: str) -> bytes | None:
    """The block, from "II" or "MM" on."""
    for item in held.pointing(b"cdsc", held.primary):
        if item.kind == b"Exif":
            data = data_of(file, item, name)
            block = data[4 + int.from_bytes(data[:4], "big") :].removeprefix(b"Exif\0\0")
            return block or None
    return None


def _xmp(file: BinaryIO, held: Contents, name: str) -> bytes | None:
    for item in held.pointing(b"cdsc", held.primary):
        if item.kind == b"mime" and item.content == b"application/rdf+xml":
            # what it may say of a gain map or a film is not true of the result
            return without_claims(data_of(file, item, name)) or None
    return None


def _beside(held: Contents) -> Iterator[str]:
    """Sentences on what else the file holds, and on what is not done."""
    known = {_called(item) for item in held.pointing(b"auxl", held.primary)} - {None}
    if any(item.kind == b"tmap" for item in held.items.values()):
        known.add(BESIDE[0][1])
    yield from (f"not kept: {each}" for each in sorted(filter(None, known)))
    if more := len(_others(held)):
        yield f"not kept: {more} more picture{'s' if more > 1 else ''} in the file, beside the main"


def _behind(file: BinaryIO, name: str) -> Iterator[str]:
    """A sentence where a film follows the picture in a box of its own, as in a motion photo."""
    if any(box.kind == b"mpvd" for box in boxes(file, name)):
        yield "not kept: the film of its motion photo"


def _called(item: Item) -> str | None:
    """What a picture beside the picture is; None for its alpha."""
    if _is_alpha(item):
        return None
    called = item.property(b"auxC") or b""
    return next((what for piece, what in BESIDE if piece in called), "a picture of another use")


def _others(held: Contents) -> list[Item]:
    """The pictures that stand for themselves, as the main one does."""
    parts = {
        number
        for item in held.items.values()
        for kind, numbers in item.refers
        if kind == b"dimg"
        for number in numbers
    }
    return [
        item
        for item in held.items.values()
        if item.kind in PICTURES
        and not item.hidden
        and item.number not in (held.primary, *parts)
        and not any(kind in (b"auxl", b"thmb") for kind, _ in item.refers)
    ]
