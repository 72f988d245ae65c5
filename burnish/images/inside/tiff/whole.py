"""Whether the strips and tiles of a page brought every row, where their decoders do not tell: those
of JPEG and of CCITT fill in for what is missing without a word.

Each is decoded again with bytes added behind it, which a whole one never reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ...damage import truncated
from ...jpeg.scans import PROBES, walk
from . import tags

if TYPE_CHECKING:
    from tifffile import TiffPage

#: codes of two white and two black pixels (ITU-T T.4), and of one black one behind none white
TWO_AND_TWO, ONE_BLACK = "011111", "00110101010"
#: the longest beginning of an end of line, but for its 1
LINE = 11
#: bits that differ from zeros, for whatever place within a code the data end at
ODD = "101"


def check_whole(page: TiffPage, file: BinaryIO, name: str) -> None:
    """InputTruncated where the data of a strip or tile run out before its rows do."""
    compression = int(page.compression)
    if compression not in tags.JPEGS | {tags.CCITT_RLE, tags.CCITT_3, tags.CCITT_4}:
        return
    for index, (offset, count) in enumerate(
        zip(page.dataoffsets, page.databytecounts, strict=False)
    ):
        file.seek(offset)
        data = file.read(count)
        if compression in tags.JPEGS:
            scans = walk(data, name)
            versions = (scans.probed(probe) for probe in PROBES)
        else:
            versions = (data + probe for probe in _probes(page))
        if not _alike(versions, _decoder(page, index)):
            raise truncated(name)


def _decoder(page: TiffPage, index: int) -> Callable[[bytes], Any]:
    """What decodes the data of one strip or tile."""
    inside = {} if page.jpegtables is None else {"jpegtables": page.jpegtables}
    return lambda data: page.decode(data, index, **inside)[0]


def _alike(versions: Iterator[bytes], decode: Callable[[bytes], Any]) -> bool:
    """Whether all versions decode to the same."""
    first = decode(next(versions))
    return all(np.array_equal(first, decode(data)) for data in versions)


def _probes(page: TiffPage) -> Iterator[bytes]:
    """What is put behind the data of CCITT: nothing, and rows that are not white.

    Group 3 has an end before each line, which may be begun already.
    """
    import imagecodecs

    width = page.tilewidth if page.is_tiled else page.imagewidth
    begun = range(LINE + 1) if page.compression == tags.CCITT_3 else range(1)
    rows = ["0" * zeros + "1" + TWO_AND_TWO * (width // 4 + 1) for zeros in begun]
    yield b""
    for bits in (ODD + ONE_BLACK * 200, *rows):
        probe = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
        yield bytes(imagecodecs.bitorder_decode(probe)) if page.fillorder == 2 else probe
