"""Whether the strips and tiles of CCITT's Groups 3 and 4 are undamaged.

There are no checksums, and a decoder that meets a code that is none goes on in silence, each in its
own way. So two of them decode it, imagecodecs and libtiff, and have to see the same.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ....ground.terminal import silence
from ...damage import corrupt
from . import tags

if TYPE_CHECKING:
    from tifffile import TiffPage

FAX = frozenset({tags.CCITT_RLE, tags.CCITT_3, tags.CCITT_4})
#: which way the bits of a byte go, and how Groups 3 and 4 are coded
FILL_ORDER, OPTIONS_3, OPTIONS_4 = 266, 292, 293
#: bytes of a TIFF's header, and of a field of its directory
HEADER, FIELD = 8, 12


def check_fax(page: TiffPage, file: BinaryIO, name: str) -> None:
    """InputCorrupt where two decoders do not see the same in a strip or tile."""
    if int(page.compression) not in FAX:
        return
    for index, (offset, count) in enumerate(
        zip(page.dataoffsets, page.databytecounts, strict=False)
    ):
        file.seek(offset)
        data = file.read(count)
        samples = page.decode(data, index)[0]
        if samples is None:
            continue
        ours = np.asarray(samples).reshape(samples.shape[-3], samples.shape[-2]) > 0
        if not np.array_equal(ours, _by_libtiff(data, ours.shape, page)):
            raise corrupt(name, "codes of its fax compression make no sense")


def _by_libtiff(data: bytes, shape: tuple[int, ...], page: TiffPage) -> NDArray[np.bool_]:
    """What libtiff makes of the data of one strip or tile, [H, W], white being False."""
    from PIL.TiffImagePlugin import TiffImageFile

    height, width = shape
    fields = {
        tags.WIDTH: width,
        tags.HEIGHT: height,
        tags.BITS: 1,
        tags.COMPRESSION: int(page.compression),
        tags.PHOTOMETRIC: tags.GREY,
        FILL_ORDER: int(page.fillorder),
        tags.STRIPS: 0,
        tags.SAMPLES: 1,
        tags.ROWS: height,
        tags.LENGTHS: len(data),
        OPTIONS_3: int(page.tags.valueof(OPTIONS_3, 0)),
        OPTIONS_4: int(page.tags.valueof(OPTIONS_4, 0)),
    }
    fields[tags.STRIPS] = HEADER + 2 + FIELD * len(fields) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, fields[tag]) for tag in sorted(fields))
    head = b"II*\0" + struct.pack("<IH", HEADER, len(fields)) + entries + bytes(4)
    with silence(), TiffImageFile(io.BytesIO(head + data)) as image:
        image.load()
        return np.asarray(image)
