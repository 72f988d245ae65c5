"""EXIF patched in place, so that a maker's own offsets stay true: upright, of another size, without
the small copy of the picture.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np

from .fields import HEIGHT, ORIENTATION, WIDTH, Budget, Exif, Layout, Name, parse, read_directory

#: where the picture of the second directory stands, and how long it is: of a JPEG, of strips
THUMBNAILS = ((513, 514), (273, 279))


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
    """From where to where there is something to keep: the header, the directories, and the values
    of their fields.
    """
    yield 0, 8
    for start in parsed.starts.values():
        count = int.from_bytes(exif[start : start + 2], "little" if parsed.order == "<" else "big")
        yield start, start + 2 + 12 * count + 4
    for fields in parsed.directories.values():
        yield from ((field.place, field.place + len(field.value)) for field in fields.values())


def _thumbnail_places(exif: bytes, order: str, start: int) -> Iterator[tuple[int, int]]:
    """From where to where the second directory, its values and its picture stand."""
    budget = Budget(4 * len(exif) + (1 << 16))
    fields, behind = read_directory(io.BytesIO(exif), Layout(order), start, None, budget)
    yield start, behind + 4
    yield from ((field.place, field.place + len(field.value)) for field in fields.values())
    second = Exif(order, {"main": fields}, {"main": start}, behind)
    for offsets, sizes in THUMBNAILS:
        for place, size in zip(
            second.numbers("main", offsets), second.numbers("main", sizes), strict=False
        ):
            yield place, place + size
