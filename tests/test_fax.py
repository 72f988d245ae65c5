"""Fax codes: pages that were cut or damaged are never half a picture in silence."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from burnish import images
from burnish.errors import InputCorrupt, InputTruncated

ROWS, FILL_ORDER, LENGTHS = 278, 266, "StripByteCounts"


def fax(page: NDArray[np.bool_], compression: str, order: int = 1) -> bytes:
    """A TIFF of one strip of fax codes; order 2 has the lowest bit of each byte first."""
    buffer = io.BytesIO()
    entries = {ROWS: len(page), FILL_ORDER: order}
    Image.fromarray(page).save(buffer, "TIFF", compression=compression, tiffinfo=entries)
    return buffer.getvalue()


def strip_of(data: bytes) -> Any:
    """The first page, which says where its strip is."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        return file.pages.first


def shorter(data: bytes, cut: int) -> bytes:
    """The same TIFF, whose strip is said to be so many bytes shorter."""
    lengths = strip_of(data).tags[LENGTHS]
    size = lengths.value[0] - cut
    number = int(size).to_bytes(4 if lengths.dtype == 4 else 2, "little")
    short = bytearray(data)
    short[lengths.valueoffset : lengths.valueoffset + len(number)] = number
    return bytes(short)


def seen(data: bytes) -> NDArray[Any]:
    return images.read(data, name="the page").pixels


def pages() -> Iterator[NDArray[np.bool_]]:
    """Small pages of black and white, in dust and in squares, whose last rows end in many ways."""
    random = np.random.default_rng(9)
    for white in (0.5, 0.1, 0.97):
        yield random.random((14, 61)) < white
        yield (random.random((8, 20)) < white).repeat(3, 0).repeat(5, 1)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_codes_that_are_cut_anywhere_in_their_end_are_refused(compression: str, order: int) -> None:
    for page in pages():
        data = fax(page, compression, order)
        assert strip_of(data).fillorder == order
        whole = seen(data)
        assert (whole[0, 0] == page).all()
        refused = 0
        for cut in range(1, 24):
            try:
                # the last bytes are a mark that the page has ended, which nobody needs
                assert (seen(shorter(data, cut)) == whole).all()
            except InputTruncated:
                refused += 1
        assert refused >= 18


@pytest.mark.parametrize("order", [1, 2])
def test_an_error_in_group_4_behind_which_nothing_is_read_is_found(order: int) -> None:
    data = fax(next(pages()), "group4", order)
    strip = strip_of(data)
    middle = strip.dataoffsets[0] + strip.databytecounts[0] // 2
    damaged = data[:middle] + bytes(4) + data[middle + 4 :]
    with pytest.raises(InputCorrupt, match="an error in its fax code"):
        seen(damaged)
