"""EXIF: a small TIFF of directories of fields (CIPA DC-008).

Read, patched in place, and packed anew when it moves into or out of a TIFF file.

Fields are kept as their bytes in the file's own byte order, so that nothing is lost in between.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np

Name = Literal["main", "exif", "gps", "interop"]

#: bytes of one value of each field type
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
#: (directory, field) that points to a directory
POINTERS: dict[tuple[Name, int], Name] = {
    ("main", 34665): "exif",
    ("main", 34853): "gps",
    ("exif", 40965): "interop",
}
ORIENTATION, MAKE, MODEL, DATE, WIDTH, HEIGHT, TAKEN, MAKER_NOTE = (
    274,
    271,
    272,
    306,
    40962,
    40963,
    36867,
    37500,
)
RESOLUTION = frozenset({282, 283, 296})
#: where the picture of the second directory stands, and how long it is: of a JPEG, of strips
THUMBNAILS = ((513, 514), (273, 279))
#: fields of a TIFF's first directory that say something of the picture, as EXIF's main directory
#: does: names, dates, people, ratings
SHARED = (
    frozenset(
        {
            269,
            270,
            MAKE,
            MODEL,
            ORIENTATION,
            285,
            305,
            DATE,
            315,
            316,
            18246,
            18249,
            33432,
            *range(40091, 40096),
        }
    )
    | RESOLUTION
)
#: fields that say how a file stores its pixels
STORAGE = frozenset(
    {
        *range(254, 269),
        273,
        *range(277, 282),
        284,
        *range(288, 294),
        317,
        *range(320, 326),
        330,
        332,
        *range(338, 348),
        *range(512, 522),
        *range(529, 533),
    }
)
#: no field is larger in good faith, nor are all fields of a file together larger than twice that
LARGEST = 1 << 24


@dataclass(frozen=True)
class Field:
    """One field: its type, how many values, their bytes, and where these stand in the file."""

    kind: int
    count: int
    value: bytes
    place: int


Directory = Mapping[int, Field]


@dataclass(frozen=True)
class Exif:
    """The directories of an EXIF block or a TIFF file. order: "<" or ">". thumbnail: where the
    offset of the thumbnail's directory stands.
    """

    order: str
    directories: Mapping[Name, Directory]
    thumbnail: int

    def number(self, directory: Name, tag: int) -> int | None:
        """A field of one short or long; None where it is absent or of another kind."""
        field = self.directories.get(directory, {}).get(tag)
        if field is None or field.kind not in (3, 4) or field.count != 1:
            return None
        return int(struct.unpack(self.order + ("H" if field.kind == 3 else "I"), field.value)[0])

    def numbers(self, directory: Name, tag: int) -> tuple[int, ...]:
        """A field of shorts or longs; empty where it is absent or of another kind."""
        field = self.directories.get(directory, {}).get(tag)
        if field is None or field.kind not in (3, 4):
            return ()
        kind = "H" if field.kind == 3 else "I"
        return struct.unpack(f"{self.order}{field.count}{kind}", field.value)

    def ratio(self, directory: Name, tag: int) -> float | None:
        """A field of one unsigned ratio; None where it is absent, of another kind, or has no
        denominator.
        """
        field = self.directories.get(directory, {}).get(tag)
        if field is None or field.kind != 5 or field.count != 1:
            return None
        above, below = struct.unpack(self.order + "II", field.value)
        return above / below if below else None

    def text(self, directory: Name, tag: int) -> str | None:
        """A field of text; None where it is absent or empty."""
        field = self.directories.get(directory, {}).get(tag)
        return (
            (field.value.split(b"\0")[0].decode("utf-8", "replace").strip() or None)
            if field is not None and field.kind == 2
            else None
        )


def parse(
    file: bytes | BinaryIO, wanted: Collection[int] | None = None, start: int | None = None
) -> Exif | None:
    """The directories of an EXIF block, or of an open classic TIFF; None where it is no such thing.

    Fields that point nowhere are left out.

    wanted: the fields of the main directory to fetch; None for all. start: where the main directory
    stands; None for the first of the file. ValueError where fields share
    their bytes, so that together they are many times what there is: nobody has memory for all that
    a file of a megabyte could claim in this way.
    """
    budget = _Budget(
        min(2 * LARGEST, 4 * len(file) + (1 << 16)) if isinstance(file, bytes) else 2 * LARGEST
    )
    file = io.BytesIO(file) if isinstance(file, bytes) else file
    file.seek(0)
    head = file.read(8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None or len(head) < 8:
        return None
    first = struct.unpack(order + "I", head[4:])[0] if start is None else start
    main, thumbnail = _read(file, order, first, wanted, budget)
    directories: dict[Name, Directory] = {"main": main}
    for (parent, tag), name in POINTERS.items():
        field = directories.get(parent, {}).get(tag)
        if field is not None and len(field.value) == 4:
            directories[name] = _read(
                file, order, struct.unpack(order + "I", field.value)[0], None, budget
            )[0]
    return Exif(order, directories, thumbnail)


@dataclass
class _Budget:
    """Bytes that the fields of a file may still have."""

    left: int

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise ValueError(
                "the fields of its EXIF share their bytes, and claim many times what there is"
            )


def _read(
    file: BinaryIO, order: str, offset: int, wanted: Collection[int] | None, budget: _Budget
) -> tuple[dict[int, Field], int]:
    """One directory, and where the offset of the next stands."""
    file.seek(offset)
    count = int.from_bytes(file.read(2), "little" if order == "<" else "big")
    entries = file.read(12 * count)
    fields = {}
    for place in range(0, len(entries) - 11, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", entries, place)
        size = SIZES.get(kind, 0) * number
        if not 0 < size <= LARGEST or (wanted is not None and tag not in wanted):
            continue
        inside = offset + 2 + place + 8
        at = inside if size <= 4 else struct.unpack_from(order + "I", entries, place + 8)[0]
        file.seek(at)
        value = file.read(size)
        budget.spend(len(value))
        if len(value) == size:
            fields[tag] = Field(kind, number, value, at)
    return fields, offset + 2 + 12 * count


def orientation(exif: bytes | None) -> int:
    """The tag, 1 to 8; 1 where there is none, or one that makes no sense."""
    parsed = parse(exif) if exif else None
    tag = parsed.number("main", ORIENTATION) if parsed else None
    return tag if tag is not None and 1 <= tag <= 8 else 1


def resolution(exif: bytes | None) -> tuple[float, float] | None:
    """(across, down) in dots an inch; None where it does not say."""
    parsed = parse(exif) if exif else None
    if parsed is None:
        return None
    inch = {None: 1.0, 2: 1.0, 3: 2.54}.get(parsed.number("main", 296))
    across, down = parsed.ratio("main", 282), parsed.ratio("main", 283)
    return (inch * across, inch * down) if inch and across and down else None


def moved(exif: Exif) -> list[str]:
    """A sentence where a maker's note, whose own offsets nobody can mend, stands elsewhere after
    packing.
    """
    return (
        ["a camera maker's own note moved within the EXIF; some programs may not read it any more"]
        if MAKER_NOTE in exif.directories.get("exif", {})
        else []
    )


def set_upright(exif: bytes, width: int, height: int) -> bytes:
    """The block with orientation 1 and the new size, patched in place: a maker's own offsets stay
    true. Its thumbnail, which is not turned, is let go.
    """
    return _patched(
        exif, (("main", ORIENTATION, 1), ("exif", WIDTH, width), ("exif", HEIGHT, height))
    )


def set_size(exif: bytes, width: int, height: int) -> bytes:
    """The block of a picture whose pixels [height, width] are others than it says, patched in
    place. Its thumbnail, which shows others, is let go.
    """
    return _patched(exif, (("exif", WIDTH, width), ("exif", HEIGHT, height)))


def _patched(exif: bytes, wanted: tuple[tuple[Name, int, int], ...]) -> bytes:
    parsed = parse(exif)
    if parsed is None:
        return exif
    patched = bytearray(exif)
    for directory, tag, value in wanted:
        field = parsed.directories.get(directory, {}).get(tag)
        if (
            field is not None
            and field.kind in (3, 4)
            and field.count == 1
            and (field.kind == 4 or value < 1 << 16)
        ):
            struct.pack_into(
                parsed.order + ("H" if field.kind == 3 else "I"), patched, field.place, value
            )
    return without_thumbnail(bytes(patched))


def without_thumbnail(exif: bytes) -> bytes:
    """The block without the small copy of the picture that a second directory holds, which would go
    on showing the picture as it was.

    Its bytes are blanked where they stand, so that a maker's own offsets stay true, and cut off
    where nothing else stands behind them. ValueError as from `parse`.
    """
    parsed = parse(exif)
    pointer = None if parsed is None else exif[parsed.thumbnail : parsed.thumbnail + 4]
    if parsed is None or pointer is None or len(pointer) < 4 or not any(pointer):
        return exif
    gone = bytearray(len(exif))  # 1 where a byte belongs to the second directory and to no other
    (start,) = struct.unpack(parsed.order + "I", pointer)
    for first, last in _thumbnail_places(exif, parsed.order, start):
        gone[first:last] = b"\1" * len(gone[first:last])
    for first, last in _places(exif, parsed):
        gone[first:last] = bytes(len(gone[first:last]))
    patched = np.frombuffer(exif, np.uint8) * (1 - np.frombuffer(gone, np.uint8))
    patched[parsed.thumbnail : parsed.thumbnail + 4] = 0
    return patched.tobytes()[: len(gone.rstrip(b"\1"))]


def _places(exif: bytes, parsed: Exif) -> Iterator[tuple[int, int]]:
    """From where to where there is something to keep: the directories, and the values of their
    fields.
    """
    starts = [struct.unpack(parsed.order + "I", exif[4:8])[0]]
    for fields in parsed.directories.values():
        yield from ((field.place, field.place + len(field.value)) for field in fields.values())
    for (parent, tag), name in POINTERS.items():
        if name in parsed.directories:
            value = parsed.directories[parent][tag].value
            starts.append(struct.unpack(parsed.order + "I", value)[0])
    yield 0, 8
    for start in starts:
        count = int.from_bytes(exif[start : start + 2], "little" if parsed.order == "<" else "big")
        yield start, start + 2 + 12 * count + 4


def _thumbnail_places(exif: bytes, order: str, start: int) -> Iterator[tuple[int, int]]:
    """From where to where the second directory, its values and its picture stand."""
    fields, behind = _read(io.BytesIO(exif), order, start, None, _Budget(4 * len(exif) + (1 << 16)))
    yield start, behind + 4
    yield from ((field.place, field.place + len(field.value)) for field in fields.values())
    second = Exif(order, {"main": fields}, behind)
    for offsets, sizes in THUMBNAILS:
        for place, size in zip(
            second.numbers("main", offsets), second.numbers("main", sizes), strict=False
        ):
            yield place, place + size


def oriented(tag: int) -> bytes:
    """A block that says nothing but the orientation."""
    return pack(Exif("<", {"main": {ORIENTATION: Field(3, 1, struct.pack("<H", tag), 0)}}, 0))


def pack(exif: Exif) -> bytes:
    """An EXIF block of its own with these directories."""
    body, main = pack_directories(exif, 8)
    return (
        (b"II*\0" if exif.order == "<" else b"MM\0*") + struct.pack(exif.order + "I", main) + body
    )


def pack_directories(exif: Exif, start: int) -> tuple[bytes, int]:
    """All directories as they stand from the even offset `start` of a file on, and where the main
    one begins.
    """
    body = bytearray()
    places: dict[Name, int] = {}
    inwards: tuple[Name, ...] = ("interop", "gps", "exif", "main")  # what is pointed to comes first
    for name in inwards:
        fields = exif.directories.get(name)
        if fields:
            places[name] = start + len(body)
            plain = {tag: field for tag, field in fields.items() if (name, tag) not in POINTERS}
            body += _packed({**plain, **_pointers(exif, name, places)}, exif.order, places[name])
    return bytes(body), places["main"]


def _pointers(exif: Exif, parent: Name, places: Mapping[Name, int]) -> Directory:
    """The fields of one directory that point to the others."""
    return {
        tag: Field(4, 1, struct.pack(exif.order + "I", places[name]), 0)
        for (above, tag), name in POINTERS.items()
        if above == parent and name in places
    }


def _packed(fields: Directory, order: str, start: int) -> bytes:
    """One directory that begins at `start`, its longer values behind it, an even number of bytes in
    all.
    """
    entries, values = bytearray(), bytearray()
    behind = start + 2 + 12 * len(fields) + 4
    for tag, field in sorted(fields.items()):
        entries += struct.pack(order + "HHI", tag, field.kind, field.count)
        if len(field.value) <= 4:
            entries += field.value.ljust(4, b"\0")
        else:
            entries += struct.pack(order + "I", behind + len(values))
            values += field.value + b"\0" * (len(field.value) % 2)
    return struct.pack(order + "H", len(fields)) + entries + bytes(4) + values
