"""Whether the strips and tiles of a page brought every row, where their decoders do not tell: those
of JPEG and of CCITT fill in for what is missing without a word.

Each is decoded again with bytes added behind it, which a whole one never reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ...damage import truncated
from ...jpeg.scans import PROBES, walk
from ..fax import Scheme, check_fax, probes
from . import tags

if TYPE_CHECKING:
    from tifffile import TiffPage

#: compressions that are fax codes, and how their rows are coded
FAX: dict[int, Scheme] = {
    tags.CCITT_RLE: "runs",
    tags.CCITT_3: "group 3",
    tags.CCITT_4: "group 4",
}


def check_whole(page: TiffPage, file: BinaryIO, name: str) -> None:
    """InputTruncated where the data of a strip or tile run out before its rows do, InputCorrupt
    where its fax codes are read only as far as their damage.
    """
    if int(page.compression) not in tags.JPEGS | FAX.keys():
        return
    for index, (offset, count) in enumerate(
        zip(page.dataoffsets, page.databytecounts, strict=False)
    ):
        file.seek(offset)
        check_part(page, index, file.read(count), name)


def check_part(page: TiffPage, index: int, data: bytes, name: str) -> None:
    """As `check_whole`, of the data of one strip or tile."""
    decode = _decoder(page, index)
    if int(page.compression) in FAX:
        _check_fax(page, data, decode, name)
    elif int(page.compression) in tags.JPEGS:
        scans = walk(data, name)
        if not _alike((scans.probed(probe) for probe in PROBES), decode):
            raise truncated(name)


def _decoder(page: TiffPage, index: int) -> Callable[[bytes], Any]:
    """What decodes the data of one strip or tile."""
    inside = {} if page.jpegtables is None else {"jpegtables": page.jpegtables}
    return lambda data: page.decode(data, index, **inside)[0]


def _alike(versions: Iterator[bytes], decode: Callable[[bytes], Any]) -> bool:
    """Whether all versions decode to the same."""
    first = decode(next(versions))
    return all(np.array_equal(first, decode(data)) for data in versions)


def _check_fax(page: TiffPage, data: bytes, decode: Callable[[bytes], Any], name: str) -> None:
    """Sees that the fax codes of a strip or tile are read to their end."""
    scheme = FAX[int(page.compression)]
    by = partial(_turned, page)
    check_fax(by(data), lambda codes: decode(by(codes)), _width(page), scheme, name)


def fax_versions(page: TiffPage, data: bytes) -> Iterator[bytes]:
    """The fax codes of a strip or tile, and the same with codes behind them that a whole one never
    reads.
    """
    yield data
    for probe in probes(_width(page), FAX[int(page.compression)]):
        yield data + _turned(page, probe)


def _turned(page: TiffPage, codes: bytes) -> bytes:
    """Bytes with their lowest bit first, where the file has them so."""
    import imagecodecs

    return bytes(imagecodecs.bitorder_decode(codes)) if page.fillorder == 2 else codes


def _width(page: TiffPage) -> int:
    return int(page.tilewidth if page.is_tiled else page.imagewidth)
