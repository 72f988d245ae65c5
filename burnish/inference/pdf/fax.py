"""Fax codes (ITU-T T.4 and T.6) of black and white pages: CCITTFaxDecode, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputCorrupt, UnsupportedFormat

#: what is added behind the data. Whole ones never read it: one repeats the row above, the other
#: draws four pixels of white and black in turns
PROBES = (b"\xff" * 64, b"\x36\xcd\xb3\x6c\xdb" * 64)
#: the bits that end a page, and stand nowhere else in its codes; some files have more behind them
END_OF_PAGE = "000000000001" * 2
#: what may follow codes without that mark
FILLING = b"\0\r\n"
#: bytes at the end of the codes which a decoder must have read
LAST = 8
#: of group 3 (T4Options of TIFF): rows that follow from the one above, rows with filling
TWO_DIMENSIONS, FILLED = 1, 4


def decode_fax(data: bytes, own: Mapping[str, Any], width: int, height: int) -> NDArray[np.uint8]:
    """The pixels [H, W], 0 for black and 1 for white unless the parameters say the contrary.

    own: the parameters of the filter (ISO 32000-1, table 11). Raises InputCorrupt where the data
    end early, and UnsupportedFormat for rows that begin at whole bytes.
    """
    import imagecodecs

    group = int(own.get("/K", 0))
    columns = int(own.get("/Columns", 1728))
    if bool(own.get("/EncodedByteAlign", False)):
        raise UnsupportedFormat("its fax code begins each row at a whole byte, which is not read")
    if columns != width:
        raise InputCorrupt(f"its fax code has rows of {columns} pixels, and the PDF says {width}")

    def decoded(codes: bytes) -> NDArray[np.uint8] | None:
        """The pixels, 0 for white; None where a code is none, and the decoder says so."""
        try:
            if group < 0:
                found = imagecodecs.ccittfax4_decode(codes, height, width)
            else:
                options = FILLED + (TWO_DIMENSIONS if group > 0 else 0)
                found = imagecodecs.ccittfax3_decode(codes, height, width, t4options=options)
        except RuntimeError:
            return None
        return np.asarray(found, np.uint8)

    # A decoder does not say that codes were missing, and seldom that it gave up among them.
    ink = decoded(data + PROBES[0])
    if ink is None or not _same(ink, decoded(data + PROBES[1])):
        raise InputCorrupt("its fax code is damaged, or ends before its last row")
    # The rows of group 3 begin anew each; group 4 says nothing more behind damage.
    codes = _codes(data)
    codes = codes[: -min(LAST, len(codes) // 2)]
    if group < 0 and _same(ink, decoded(codes + PROBES[1])):
        raise InputCorrupt("its fax code is damaged: what follows the damage cannot be read")
    return ink if bool(own.get("/BlackIs1", False)) else 1 - ink


def _codes(data: bytes) -> bytes:
    """The codes of a page of group 4, without the mark that ends it and what stands behind."""
    bits = bin(int.from_bytes(b"\1" + data))[3:]
    end = bits.find(END_OF_PAGE)
    return data[: end // 8] if end >= 0 else data.rstrip(FILLING)


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8] | None) -> bool:
    return other is not None and np.array_equal(one, other)
