"""What is left of a damaged page of a TIFF: its strips or tiles one by one, each as far as it goes;
and what is left of a file whose later pages are cut off.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError
from ...damage import damage
from ...damage.left import DOUBT
from ...exif.fields import LAYOUTS
from ...jpeg.left import left, rest
from ...picture import Left
from ..tiff import tags
from ..tiff.streams import check_stream
from ..tiff.structure import check_structure
from ..tiff.whole import FAX, check_part, fax_versions
from .inflate import begun
from .plain import copied

if TYPE_CHECKING:
    from tifffile import TiffPage

#: what a part of a page decodes to, [H, W, C]; where nothing of it is known, [H, W]; and whether it
#: is whole
Part = tuple[NDArray[Any], NDArray[np.bool_], bool]


def raw_left(page: TiffPage, file: BinaryIO, name: str) -> tuple[NDArray[Any], Left]:
    """The samples of a page, as tifffile has them, and what of them is there."""
    size = file.seek(0, os.SEEK_END)
    planes, depth, height, width, _ = page.shaped
    full = np.zeros(page.shaped, page._dtype)
    missing = np.zeros((height, width), bool)
    parts = planes * depth * _parts_of_a_plane(page)
    doubt = False
    for index in range(parts):
        offset, count = _place(page, index)
        file.seek(offset)
        data = file.read(count) if offset else b""
        _, (plane, _, top, across, _), shape = page.decode(None, index)
        area = np.s_[top : min(height, top + shape[1]), across : min(width, across + shape[2])]
        found = _part(page, index, data, name) if data else None
        if found is None:
            missing[area] = True
            continue
        samples, unknown, whole = found
        down, wide = missing[area].shape
        full[plane, 0][area] = samples[:down, :wide]
        missing[area] |= unknown[:down, :wide]
        doubt |= not whole and offset + count <= size
    return full.reshape(page.shape), Left(missing, DOUBT if doubt else "")


def _parts_of_a_plane(page: TiffPage) -> int:
    """How many strips or tiles a plane has."""
    wide = page.tilewidth if page.is_tiled else page.imagewidth
    high = page.tilelength if page.is_tiled else page.rowsperstrip
    return -(-page.imagewidth // wide) * -(-page.imagelength // high)


def _place(page: TiffPage, index: int) -> tuple[int, int]:
    """Where a strip or tile begins, and its bytes; zeros where the file does not say."""
    if index >= min(len(page.dataoffsets), len(page.databytecounts)):
        return 0, 0
    return page.dataoffsets[index], page.databytecounts[index]


def _part(page: TiffPage, index: int, data: bytes, name: str) -> Part | None:
    """What a strip or tile decodes to, whole or as far as it goes; None where it does not."""
    try:
        with damage(name):
            check_stream(page, data, name)
            check_part(page, index, data, name)
            samples = _decoder(page, index)(data)
            return samples, np.zeros(samples.shape[:2], bool), True
    except InputError:
        pass
    try:
        with damage(name):
            check_stream(page, data, name)
            return _begun(page, index, data, name)
    except InputError:
        return None


def _begun(page: TiffPage, index: int, data: bytes, name: str) -> Part | None:
    """What the beginning of a strip or tile decodes to; None where its packing has none."""
    decode = _decoder(page, index)
    compression = int(page.compression)
    if compression in tags.JPEGS:
        samples, known = left(rest(data, name), decode)
        return samples, known.missing, False
    if compression in FAX:
        return _rows_alike([decode(version) for version in fax_versions(page, data)])
    if compression not in PACKED or page.fillorder == 2:
        return None
    unpack, pack = PACKED[compression]
    rows, wide, channels = page.decode(None, index)[2][1:]
    length = -(-wide * channels * int(page.bitspersample) // 8)
    there = unpack(data, rows * length)[: rows * length]
    samples = decode(pack(there.ljust(rows * length, b"\0")))
    missing = np.zeros(samples.shape[:2], bool)
    missing[len(there) // length :] = True
    return samples, missing, False


def _decoder(page: TiffPage, index: int) -> Callable[[bytes], NDArray[Any]]:
    """What makes samples [H, W, C] of the data of a strip or tile."""
    tables = {} if page.jpegtables is None else {"jpegtables": page.jpegtables}

    def decode(data: bytes) -> NDArray[Any]:
        samples = page.decode(data, index, **tables)[0]
        assert samples is not None
        return np.asarray(samples[0])

    return decode


def _rows_alike(versions: list[NDArray[Any]]) -> Part:
    """The first of some versions, as far down as all are the same, and not empty: behind damage
    that they have in common, a decoder of fax codes leaves the rest so.
    """
    first = versions[0]
    rows = first.reshape(len(first), -1)
    differ = np.zeros(len(first), bool)
    for other in versions[1:]:
        differ |= (rows != other.reshape(rows.shape)).any(axis=1)
    if differ.any():
        known = int(differ.argmax())
    else:
        known = int(np.flatnonzero((rows != rows[-1]).any(axis=1)).max(initial=-1)) + 1
    missing = np.broadcast_to((np.arange(len(rows)) >= known)[:, None], first.shape[:2])
    return first, missing, False


def _as_it_is(data: bytes, size: int) -> bytes:
    return data[:size]


def _inflate(data: bytes, size: int) -> bytes:
    return begun(zlib.decompressobj(), data, size)[0]


def _unlzw(data: bytes, size: int) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.lzw_decode(data, out=size))


def _lzw(data: bytes) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.lzw_encode(data))


def _unpackbits(data: bytes, size: int) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.packbits_decode(data, out=size))


def _packbits(data: bytes) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.packbits_encode(data))


#: compression -> what unpacks the beginning of a strip of so many bytes, and what packs a whole one
PACKED: dict[int, tuple[Callable[[bytes, int], bytes], Callable[[bytes], bytes]]] = {
    tags.NONE: (_as_it_is, bytes),
    tags.LZW: (_unlzw, _lzw),
    tags.PACKBITS: (_unpackbits, _packbits),
    tags.DEFLATE: (_inflate, zlib.compress),
    tags.OLD_DEFLATE: (_inflate, zlib.compress),
}


def without_lost_pages(file: BinaryIO, name: str) -> BinaryIO:
    """The file, or, where pages at its end are cut off, a copy that ends before them.

    InputTruncated where not even the first is there, InputCorrupt where pages are damaged.
    """
    try:
        check_structure(file, name)
        return file
    except InputError as error:
        link = _last_link(file)
        if link is None:
            raise
        why = error
    copy = copied(file)
    place, wide = link
    copy.seek(place)
    copy.write(bytes(wide))
    try:
        check_structure(copy, name)
    except InputError:
        copy.close()
        raise why from None
    return copy


def _last_link(file: BinaryIO) -> tuple[int, int] | None:
    """Where the offset of the first page stands that is not all in the file, and its bytes; None
    where that is the first of all, or none is cut.
    """
    file.seek(0)
    head = file.read(16)
    layout = LAYOUTS[head[:4]]
    size = file.seek(0, os.SEEK_END)
    link: int | None = None
    start = layout.offset(head[layout.header - layout.wide :])
    seen: set[int] = set()
    while start and start not in seen:
        seen.add(start)
        file.seek(start)
        count = int.from_bytes(file.read(layout.count), layout.endian)
        end = start + layout.count + layout.entry * count
        if end > size:
            return None if link is None else (link, layout.wide)
        file.seek(end)
        link, start = end, layout.offset(file.read(layout.wide).ljust(layout.wide, b"\0"))
    return None
