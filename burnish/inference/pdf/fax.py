"""Fax codes (ITU-T T.4 and T.6) of black and white pages: CCITTFaxDecode, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputCorrupt, UnsupportedFormat
from ...images.inside.fax import check_fax

#: of group 3 (T4Options of TIFF): rows that follow from the one above, rows with filling
TWO_DIMENSIONS, FILLED = 1, 4


def decode_fax(data: bytes, own: Mapping[str, Any], width: int, height: int) -> NDArray[np.uint8]:
    """The pixels [H, W], 0 for black and 1 for white unless the parameters say the contrary.

    own: the parameters of the filter (ISO 32000-1, table 11). Raises InputTruncated and
    InputCorrupt where the data end early or are damaged, and UnsupportedFormat for rows that begin
    at whole bytes.
    """
    import imagecodecs

    group = int(own.get("/K", 0))
    columns = int(own.get("/Columns", 1728))
    if bool(own.get("/EncodedByteAlign", False)):
        raise UnsupportedFormat("its fax code begins each row at a whole byte, which is not read")
    if columns != width:
        raise InputCorrupt(f"its fax code has rows of {columns} pixels, and the PDF says {width}")

    def decoded(codes: bytes) -> NDArray[np.uint8]:
        """The pixels, 0 for white."""
        if group < 0:
            found = imagecodecs.ccittfax4_decode(codes, height, width)
        else:
            options = FILLED + (TWO_DIMENSIONS if group > 0 else 0)
            found = imagecodecs.ccittfax3_decode(codes, height, width, t4options=options)
        return np.asarray(found, np.uint8)

    ink: NDArray[np.uint8] = check_fax(
        data, decoded, width, "group 4" if group < 0 else "group 3", "it"
    )
    return ink if bool(own.get("/BlackIs1", False)) else 1 - ink
