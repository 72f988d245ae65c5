"""The fields of EXIF, and of a TIFF: read, and kept as their bytes in the file's own byte order, so
that nothing is lost in between.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal

Name = Literal["main", "exif", "gps", "interop"]

#: bytes of one value of each field type; the last three are known in a BigTIFF alone
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
SIZES |= {16: 8, 17: 8, 18: 8}
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
#: nor has a directory more of them; a classic one cannot
MOST_FIELDS = (1 << 16) - 1


@dataclass(frozen=True)
class Field:
    """One field as it stands in the file."""

    #: the type of its values, a key of SIZES
    kind: int
    #: how many there are
    count: int
    #: their bytes
    value: bytes
    #: where these stand
    place: int


Directory = Mapping[int, Field]


@dataclass(frozen=True)
class Layout:
    """How directories stand in a file: the byte order, and how wide its numbers are."""

    #: of bytes in numbers, as `struct` writes it: "<" or ">"
    order: str
    #: bytes of an offset: 4, or 8 in a BigTIFF
    wide: int = 4

    @property
    def endian(self) -> Literal["little", "big"]:
        """The byte order, as `int` has it."""
        return "little" if self.order == "<" else "big"

    @property
    def header(self) -> int:
        """Bytes that a file begins with, the offset of its first directory last."""
        return 8 if self.wide == 4 else 16

    @property
    def count(self) -> int:
        """Bytes of the number of fields that a directory begins with."""
        return 2 if self.wide == 4 else 8

    @property
    def entry(self) -> int:
        """Bytes of one field of a directory."""
        return 4 + 2 * self.wide

    def offset(self, data: bytes) -> int:
        """The offset that the bytes begin with."""
        return int.from_bytes(data[: self.wide], self.endian)

    def head(self, entries: bytes, place: int) -> tuple[int, int, int]:
        """The tag, the type and the number of values of the field at a place."""
        number = "I" if self.wide == 4 else "Q"
        tag, kind, count = struct.unpack_from(f"{self.order}HH{number}", entries, place)
        return tag, kind, count


#: how files begin -> their layout
LAYOUTS = {
    b"II*\0": Layout("<"),
    b"MM\0*": Layout(">"),
    b"II+\0": Layout("<", 8),
    b"MM\0+": Layout(">", 8),
}


@dataclass(frozen=True)
class Exif:
    """The directories of an EXIF block or a TIFF file."""

    #: of bytes in numbers, as `struct` writes it: "<" or ">"
    order: str
    directories: Mapping[Name, Directory]
    #: where each directory begins; where one has moved since, nowhere
    starts: Mapping[Name, int]
    #: where the offset of the next directory stands, which is a thumbnail's
    thumbnail: int

    def number(self, directory: Name, tag: int) -> int | None:
        """A field of one short or long; None where it is absent or of another kind."""
        field = self.directories.get(directory, {}).get(tag)
        if field is None or field.kind not in (3, 4) or field.count != 1:
            return None
        return int(struct.unpack(self.order + ("H" if field.kind == 3 else "I"), field.value)[0])

    def numbers(self, directory: Name, tag: int) -> tuple[int, ...]:
        """A field of shorts, longs or places of directories; empty where it is absent or of another
        kind.
        """
        field = self.directories.get(directory, {}).get(tag)
        if field is None or field.kind not in (3, 4, 13):
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
    """The directories of an EXIF block, or of an open TIFF, BigTIFF too; None where it is no such
    thing.

    Fields that point nowhere are left out.

    wanted: the fields of the main directory to fetch; None for all. start: where the main directory
    stands; None for the first of the file. ValueError where fields share their bytes, so
    that together they are many times what there is: nobody has memory for all that a file of a
    megabyte could claim in this way.
    """
    budget = Budget(
        min(2 * LARGEST, 4 * len(file) + (1 << 16)) if isinstance(file, bytes) else 2 * LARGEST
    )
    file = io.BytesIO(file) if isinstance(file, bytes) else file
    file.seek(0)
    head = file.read(16)
    layout = LAYOUTS.get(head[:4])
    if layout is None or len(head) < layout.header:
        return None
    first = layout.offset(head[layout.header - layout.wide :]) if start is None else start
    main, thumbnail = read_directory(file, layout, first, wanted, budget)
    directories: dict[Name, Directory] = {"main": main}
    starts: dict[Name, int] = {"main": first}
    for (parent, tag), name in POINTERS.items():
        field = directories.get(parent, {}).get(tag)
        if field is not None and len(field.value) in (4, 8):
            starts[name] = int.from_bytes(field.value, layout.endian)
            directories[name], _ = read_directory(file, layout, starts[name], None, budget)
    return Exif(layout.order, directories, starts, thumbnail)


@dataclass
class Budget:
    """Bytes that the fields of a file may still have."""

    left: int

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise ValueError(
                "the fields of its EXIF share their bytes, and claim many times what there is"
            )


def read_directory(
    file: BinaryIO, layout: Layout, offset: int, wanted: Collection[int] | None, budget: Budget
) -> tuple[dict[int, Field], int]:
    """One directory, and where the offset of the next stands."""
    file.seek(offset)
    count = min(int.from_bytes(file.read(layout.count), layout.endian), MOST_FIELDS)
    entries = file.read(layout.entry * count)
    fields = {}
    for place in range(0, len(entries) - layout.entry + 1, layout.entry):
        tag, kind, number = layout.head(entries, place)
        size = SIZES.get(kind, 0) * number
        if not 0 < size <= LARGEST or (wanted is not None and tag not in wanted):
            continue
        behind = place + layout.entry - layout.wide
        inside = offset + layout.count + behind
        at = inside if size <= layout.wide else layout.offset(entries[behind:])
        file.seek(at)
        value = file.read(size)
        budget.spend(len(value))
        if len(value) == size:
            fields[tag] = Field(kind, number, value, at)
    return fields, offset + layout.count + layout.entry * count


def orientation(exif: bytes | None) -> int:
    """The orientation tag, 1 to 8; it is 1 where there is none, or one that makes no sense."""
    return turn_of(parse(exif) if exif else None)


def turn_of(parsed: Exif | None) -> int:
    """The orientation of a block that was parsed, with ORIENTATION among its fields; else as
    `orientation` has it.
    """
    tag = parsed.number("main", ORIENTATION) if parsed else None
    return tag if tag is not None and 1 <= tag <= 8 else 1


def resolution(exif: bytes | None) -> tuple[float, float] | None:
    """The resolution (across, down) in dots an inch; None where EXIF does not say."""
    parsed = parse(exif) if exif else None
    if parsed is None:
        return None
    inch = {None: 1.0, 2: 1.0, 3: 2.54}.get(parsed.number("main", 296))
    across, down = parsed.ratio("main", 282), parsed.ratio("main", 283)
    return (inch * across, inch * down) if inch and across and down else None


def moved(exif: Exif) -> list[str]:
    """A sentence where a maker's note stands elsewhere after packing, in a list; else none.

    Nobody can mend the note's own offsets.
    """
    return (
        ["a camera maker's own note moved within the EXIF; some programs may not read it any more"]
        if MAKER_NOTE in exif.directories.get("exif", {})
        else []
    )
