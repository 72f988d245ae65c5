"""EXIF packed anew: a block of its own, or directories inside a TIFF."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from .fields import (
    MAKER_NOTE,
    ORIENTATION,
    POINTERS,
    Directory,
    Exif,
    Field,
    Layout,
    Name,
    parse,
    resolution,
)

#: the fields of a resolution; its unit, and the code of inches
ACROSS, DOWN, UNIT, INCH = 282, 283, 296, 2


def oriented(tag: int) -> bytes:
    """A block that says nothing but the orientation."""
    field = Field(3, 1, struct.pack("<H", tag), 0)
    return pack(Exif("<", {"main": {ORIENTATION: field}}, {}, 0))


def set_orientation(block: bytes | None, tag: int) -> bytes | None:
    """The block with that orientation, 1 to 8; None for none that would say no more than 1.

    It is patched in place where it has one, so that a maker's own offsets stay true, else packed
    anew.
    """
    parsed = parse(block) if block else None
    if block is None or parsed is None:
        return oriented(tag) if tag != 1 else block
    own = parsed.directories["main"].get(ORIENTATION)
    value = struct.pack(parsed.order + "H", tag)
    if own is not None and own.kind == 3 and own.count == 1:
        return block[: own.place] + value + block[own.place + 2 :]
    if own is None and tag == 1:
        return block
    main = {**parsed.directories["main"], ORIENTATION: Field(3, 1, value, 0)}
    return pack(replace(parsed, directories={**parsed.directories, "main": main}))


def with_resolution(block: bytes | None, dpi: tuple[float, float]) -> bytes | None:
    """The block with a resolution (across, down) in dots an inch, where it has none of its own.

    None where a maker's note would have to move for it, or where the block cannot be read.
    """
    if resolution(block) is not None:
        return block
    parsed = Exif("<", {"main": {}}, {}, 0) if block is None else parse(block)
    if parsed is None or MAKER_NOTE in parsed.directories.get("exif", {}):
        return None
    main = dict(parsed.directories["main"])
    for tag, value in zip((ACROSS, DOWN), dpi, strict=True):
        ratio = Fraction(value).limit_denominator(10_000)
        packed = struct.pack(parsed.order + "II", ratio.numerator, ratio.denominator)
        main[tag] = Field(5, 1, packed, 0)
    main[UNIT] = Field(3, 1, struct.pack(parsed.order + "H", INCH), 0)
    return pack(replace(parsed, directories={**parsed.directories, "main": main}))


def pack(exif: Exif) -> bytes:
    """An EXIF block of its own with these directories."""
    body, main = pack_directories(exif.directories, Layout(exif.order), 8)
    return (
        (b"II*\0" if exif.order == "<" else b"MM\0*") + struct.pack(exif.order + "I", main) + body
    )


def pack_directories(
    directories: Mapping[Name, Directory], layout: Layout, start: int
) -> tuple[bytes, int]:
    """All directories as they stand from the even offset `start` of a file on, and where the main
    one begins.
    """
    body = bytearray()
    places: dict[Name, int] = {}
    inwards: tuple[Name, ...] = ("interop", "gps", "exif", "main")  # what is pointed to comes first
    for name in inwards:
        fields = directories.get(name)
        if fields:
            places[name] = start + len(body)
            plain = {tag: field for tag, field in fields.items() if (name, tag) not in POINTERS}
            pointers = _pointers(name, layout, places)
            body += _packed({**plain, **pointers}, layout, places[name])
    return bytes(body), places["main"]


def _pointers(parent: Name, layout: Layout, places: Mapping[Name, int]) -> Directory:
    """The fields of one directory that point to the others."""
    # in a BigTIFF by its own type of offsets
    kind = 4 if layout.wide == 4 else 18
    return {
        tag: Field(kind, 1, places[name].to_bytes(layout.wide, layout.endian), 0)
        for (above, tag), name in POINTERS.items()
        if above == parent and name in places
    }


def _packed(fields: Directory, layout: Layout, start: int) -> bytes:
    """One directory that begins at `start`, its longer values behind it, an even number of bytes in
    all.
    """
    entries, values = bytearray(), bytearray()
    behind = start + layout.count + layout.entry * len(fields) + layout.wide
    for tag, field in sorted(fields.items()):
        entries += struct.pack(layout.order + "HH", tag, field.kind)
        entries += field.count.to_bytes(layout.wide, layout.endian)
        if len(field.value) <= layout.wide:
            entries += field.value.ljust(layout.wide, b"\0")
        else:
            entries += (behind + len(values)).to_bytes(layout.wide, layout.endian)
            values += field.value + b"\0" * (len(field.value) % 2)
    count = len(fields).to_bytes(layout.count, layout.endian)
    return count + entries + bytes(layout.wide) + values
