"""The index of the pictures in one JPEG file (Multi-Picture Format, CIPA DC-007), and the bytes
that follow the first picture: a gain map, a film, other pictures.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from .. import exif

#: fields of the index: how many pictures, and an entry of 16 bytes for each
COUNT, ENTRIES = 0xB001, 0xB002
SIZE = 16
#: the type of the entries' field
UNDEFINED = 7
#: kinds of pictures that are but small copies of the first ("large thumbnails")
COPIES = frozenset(range(0x010001, 0x010006))
KIND = 0xFFFFFF


@dataclass(frozen=True)
class Entry:
    """One picture in an index."""

    #: what it is, and flags
    attributes: int
    #: how many bytes it has
    size: int
    #: where it begins
    offset: int
    #: the numbers of the pictures that depend on it
    dependents: tuple[int, int]

    @property
    def is_copy(self) -> bool:
        """Whether it shows the first picture, smaller."""
        return self.attributes & KIND in COPIES


@dataclass(frozen=True)
class Behind:
    """What follows the first picture."""

    #: the index, its offsets counted from the end of the first picture; None where there is none
    index: bytes | None
    #: all bytes behind the first picture, but for small copies of it
    data: bytes
    #: whether there were such
    copies: bool = False
    #: whether the file has an index that is not true
    wrong: bool = False


def taken(index: tuple[bytes, int] | None, end: int, data: bytes) -> Behind:
    """What follows the picture that ends at `end` of its file: `data`.

    index: the file's own, and where its offsets count from.
    """
    if index is None:
        return Behind(None, data)
    block, start = index
    entries = entries_of(block)
    if entries is None:
        return Behind(None, data, wrong=True)
    first, *others = (replace(each, offset=start + each.offset - end) for each in entries)
    first = replace(first, offset=0)
    # what the index does not say truly is not carried on
    if any(each.offset < 0 or each.offset + each.size > len(data) for each in others):
        return Behind(None, data, wrong=True)
    copies = sorted((each for each in others if each.is_copy), key=lambda each: each.offset)
    kept = [each for each in others if not each.is_copy]
    for copy in reversed(copies):
        data = data[: copy.offset] + data[copy.offset + copy.size :]
        kept = [
            replace(each, offset=each.offset - copy.size) if each.offset > copy.offset else each
            for each in kept
        ]
    if copies:
        first = replace(first, dependents=(0, 0))
    index_left = _patched(block, [first, *kept]) if kept else None
    if index_left is not None and entries_of(index_left) != [first, *kept]:
        return Behind(None, data, bool(copies), wrong=True)
    return Behind(index_left, data, bool(copies))


def placed(index: bytes, start: int, end: int) -> bytes:
    """An index of `Behind` for a file whose first picture ends at `end`, the index's own offsets
    counted from `start`.
    """
    entries = entries_of(index)
    assert entries is not None
    first, *others = entries
    moved = [replace(each, offset=each.offset + end - start) for each in others]
    return _patched(index, [replace(first, size=end, offset=0), *moved])


def entries_of(index: bytes) -> list[Entry] | None:
    """The entries; None where the index cannot be read."""
    try:
        parsed = exif.parse(index)
    except ValueError:
        return None
    field = None if parsed is None else parsed.directories["main"].get(ENTRIES)
    if parsed is None or field is None or field.kind != UNDEFINED:
        return None
    if not field.value or len(field.value) % SIZE:
        return None
    # entries that lie over the directory would be patched together with it
    if field.place < parsed.thumbnail + 4:
        return None
    every = struct.iter_unpack(parsed.order + "IIIHH", field.value)
    return [Entry(kind, size, offset, (one, two)) for kind, size, offset, one, two in every]


def _patched(index: bytes, entries: list[Entry]) -> bytes:
    """The index with other entries in the place of its own, and no more of them."""
    parsed = exif.parse(index)
    assert parsed is not None
    order = parsed.order
    main = parsed.directories["main"]
    packed = b"".join(
        struct.pack(order + "IIIHH", each.attributes, each.size, each.offset, *each.dependents)
        for each in entries
    )
    patched = bytearray(index)
    place, before = main[ENTRIES].place, len(main[ENTRIES].value)
    patched[place : place + before] = packed.ljust(before, b"\0")
    if COUNT in main and (main[COUNT].kind, main[COUNT].count) == (4, 1):
        struct.pack_into(order + "I", patched, main[COUNT].place, len(entries))
    # how many bytes its entries take stands in its directory
    directory = parsed.starts["main"]
    (count,) = struct.unpack_from(order + "H", patched, directory)
    for number in range(count):
        at = directory + 2 + 12 * number
        if struct.unpack_from(order + "H", patched, at) == (ENTRIES,):
            struct.pack_into(order + "I", patched, at + 4, len(packed))
    return bytes(patched)
