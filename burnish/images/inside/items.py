"""Items: what a HEIF file, and so an AVIF, holds (ISO/IEC 23008-12). One of them is the picture;
others are its tiles, its alpha, its metadata.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ..damage import corrupt, truncated
from .boxes import LARGEST, Box, Fields, body_of, boxed, boxes

#: properties of a picture that whoever shows it must know
ESSENTIAL = frozenset({b"av1C", b"hvcC", b"irot", b"imir", b"clap"})


@dataclass(frozen=True)
class Property:
    """What a file says of an item, such as its size or its profile."""

    #: the four letters of its kind
    kind: bytes
    #: the body of its box
    body: bytes


@dataclass(frozen=True)
class Item:
    """One of the things that a file holds."""

    #: the number by which others refer to it
    number: int
    #: the four letters of its kind, such as av01, hvc1, grid, Exif
    kind: bytes
    #: the MIME type of an item of kind "mime"
    content: bytes = b""
    #: whether it is there for other items alone, and not to be shown
    hidden: bool = False
    #: (place in the file, length) of its pieces
    places: tuple[tuple[int, int], ...] = ()
    #: what is said of it, in the order in which it is to be applied
    properties: tuple[Property, ...] = ()
    #: (kind, numbers of other items) that it refers to
    refers: tuple[tuple[bytes, tuple[int, ...]], ...] = ()

    def property(self, kind: bytes) -> bytes | None:
        """The body of its first property of a kind; None where it has none."""
        return next((each.body for each in self.properties if each.kind == kind), None)

    def to(self, kind: bytes) -> tuple[int, ...]:
        """The numbers of the items that it refers to in this way."""
        return tuple(number for how, numbers in self.refers if how == kind for number in numbers)


@dataclass(frozen=True)
class Contents:
    """All items of a file."""

    #: the number of the picture itself
    primary: int
    #: every item by its number
    items: Mapping[int, Item]

    @property
    def picture(self) -> Item:
        """The item that is the picture."""
        return self.items[self.primary]

    def pointing(self, kind: bytes, number: int) -> list[Item]:
        """The items that refer to one in this way."""
        return [item for item in self.items.values() if number in item.to(kind)]


def contents(file: BinaryIO, name: str) -> Contents:
    """The items of an open file. InputTruncated where it ends before its boxes, or an item, do;
    InputCorrupt where it holds no picture.
    """
    meta = next((box for box in boxes(file, name) if box.kind == b"meta"), None)
    if meta is None:
        raise corrupt(name, "it holds no picture")
    inner = {box.kind: box for box in boxes(file, name, meta.start + 4, meta.end)}
    bodies = {kind: body_of(file, box, name) for kind, box in inner.items() if kind != b"idat"}
    if not {b"pitm", b"iinf", b"iloc"} <= bodies.keys():
        raise corrupt(name, "it does not say what it holds")
    places = _places(Fields(bodies[b"iloc"]), inner.get(b"idat"))
    properties = _properties(bodies.get(b"iprp", b""), name)
    refers = _references(Fields(bodies[b"iref"])) if b"iref" in bodies else {}
    items = {}
    for number, kind, content, hidden in _entries(bodies[b"iinf"], name):
        items[number] = Item(
            number,
            kind,
            content,
            hidden,
            tuple(places.get(number, ())),
            tuple(properties.get(number, ())),
            tuple(refers.get(number, ())),
        )
    size = file.seek(0, io.SEEK_END)
    if any(start + length > size for item in items.values() for start, length in item.places):
        raise truncated(name)
    primary = _primary(Fields(bodies[b"pitm"]))
    if primary not in items:
        raise corrupt(name, "its picture is not among what it holds")
    return Contents(primary, items)


def data_of(file: BinaryIO, item: Item, name: str) -> bytes:
    """The bytes of an item. InputCorrupt where it is larger than metadata ever are."""
    if sum(length for _, length in item.places) > LARGEST:
        raise corrupt(name, "an item of more than 16 MB beside its picture")
    pieces = []
    for start, length in item.places:
        file.seek(start)
        pieces.append(file.read(length))
    return b"".join(pieces)


def _primary(fields: Fields) -> int:
    version = fields.number(4) >> 24
    return fields.number(2 if version == 0 else 4)


def _entries(body: bytes, name: str) -> Iterator[tuple[int, bytes, bytes, bool]]:
    """(number, kind, MIME type, whether it is hidden) of each item."""
    head = 6 if body[0] == 0 else 8
    for box in boxes(io.BytesIO(body), name, head):
        fields = Fields(body[box.start : box.end])
        flags = fields.number(4)
        version = flags >> 24
        if version < 2:
            raise ValueError("an entry of an item in a kind that nobody writes")
        number = fields.number(2 if version == 2 else 4)
        fields.take(2)
        kind = fields.take(4)
        fields.text()
        yield number, kind, fields.text() if kind == b"mime" else b"", bool(flags & 1)


def _places(fields: Fields, inside: Box | None) -> dict[int, list[tuple[int, int]]]:
    """Where each item's pieces stand in the file."""
    version = fields.number(4) >> 24
    sizes = fields.take(2).hex()
    offset_size, length_size, base_size, index_size = (int(digit, 16) for digit in sizes)
    found: dict[int, list[tuple[int, int]]] = {}
    for _ in range(fields.number(2 if version < 2 else 4)):
        number = fields.number(2 if version < 2 else 4)
        how = fields.number(2) & 15 if version else 0
        fields.take(2)
        base = fields.number(base_size)
        if how == 1 and inside is not None:
            base += inside.start
        elif how:
            raise ValueError("an item that stands within another")
        places = found.setdefault(number, [])
        for _ in range(fields.number(2)):
            if version:
                fields.take(index_size)
            place = base + fields.number(offset_size)
            places.append((place, fields.number(length_size)))
    return found


def _references(fields: Fields) -> dict[int, list[tuple[bytes, tuple[int, ...]]]]:
    """What each item refers to."""
    size = 2 if fields.number(4) >> 24 == 0 else 4
    found: dict[int, list[tuple[bytes, tuple[int, ...]]]] = {}
    while fields.more:
        fields.take(4)
        kind, number = fields.take(4), fields.number(size)
        others = tuple(fields.number(size) for _ in range(fields.number(2)))
        found.setdefault(number, []).append((kind, others))
    return found


def _properties(body: bytes, name: str) -> dict[int, list[Property]]:
    """What is said of each item."""
    file = io.BytesIO(body)
    said: list[Property] = []
    belongs: list[Fields] = []
    for box in boxes(file, name):
        if box.kind == b"ipco":
            inner = boxes(file, name, box.start, box.end)
            said = [Property(each.kind, body[each.start : each.end]) for each in inner]
        elif box.kind == b"ipma":
            belongs.append(Fields(body[box.start : box.end]))
    found: dict[int, list[Property]] = {}
    for fields in belongs:
        flags = fields.number(4)
        for _ in range(fields.number(4)):
            number = fields.number(2 if flags >> 24 == 0 else 4)
            size = 2 if flags & 1 else 1
            for _ in range(fields.number(1)):
                at = fields.number(size) & (0x7FFF if size == 2 else 0x7F)
                if 0 < at <= len(said):
                    found.setdefault(number, []).append(said[at - 1])
    return found


def packed(brands: bytes, primary: int, items: Sequence[tuple[Item, bytes]]) -> bytes:
    """A file of these items and their bytes, all of which are used.

    brands: the body of its first box. The places that the items have are not looked at.
    """
    head = boxed(b"ftyp", brands)
    # The places have four bytes each, whatever they are: so the length is known before they are.
    start = len(head) + len(_meta(primary, items, 0)) + 8
    body = boxed(b"mdat", *(data for _, data in items))
    return head + _meta(primary, items, start) + body


def _meta(primary: int, items: Sequence[tuple[Item, bytes]], start: int) -> bytes:
    version_0 = bytes(4)
    entries, places, refers = [], [], []
    for item, data in items:
        content = item.content + b"\0" if item.kind == b"mime" else b""
        name = struct.pack(">HH", item.number, 0) + item.kind + b"\0" + content
        entries.append(boxed(b"infe", struct.pack(">I", 2 << 24 | item.hidden), name))
        places.append(struct.pack(">HHHII", item.number, 0, 1, start, len(data)))
        start += len(data)
        refers += [
            boxed(kind, struct.pack(f">HH{len(to)}H", item.number, len(to), *to))
            for kind, to in item.refers
        ]
    count = struct.pack(">H", len(items))
    return boxed(
        b"meta",
        version_0,
        boxed(b"hdlr", version_0, bytes(4), b"pict", bytes(13)),
        boxed(b"pitm", version_0, struct.pack(">H", primary)),
        boxed(b"iloc", version_0, b"\x44\0", count, *places),
        boxed(b"iinf", version_0, count, *entries),
        *([boxed(b"iref", version_0, *refers)] if refers else []),
        boxed(b"iprp", *_iprp([item for item, _ in items])),
    )


def _iprp(items: Sequence[Item]) -> tuple[bytes, bytes]:
    """All properties, each once, and which of them belong to which item."""
    said = list(dict.fromkeys(each for item in items for each in item.properties))
    with_some = [item for item in items if item.properties]
    belongs = [struct.pack(">I", len(with_some))]
    for item in with_some:
        indices = [
            said.index(each) + 1 | (0x80 if each.kind in ESSENTIAL else 0)
            for each in item.properties
        ]
        belongs.append(struct.pack(">HB", item.number, len(indices)) + bytes(indices))
    together = boxed(b"ipco", *(boxed(each.kind, each.body) for each in said))
    return together, boxed(b"ipma", bytes(4), *belongs)
