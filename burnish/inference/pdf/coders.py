"""The samples of a picture in a PDF, as its stream has them, whatever they are packed with."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import images
from ...errors import InputCorrupt, UnsupportedChannels, UnsupportedFormat
from ...images.picture import to_samples
from . import jbig2
from .colours import CALLED
from .fax import decode_fax
from .library import names, parameters, part, unpacked

#: filters that are codes of pictures, and what they are called
CODERS = {
    "/DCTDecode": "JPEG",
    "/DCT": "JPEG",
    "/JPXDecode": "JPEG 2000",
    "/CCITTFaxDecode": "fax",
    "/CCF": "fax",
    "/JBIG2Decode": "JBIG2",
}
LOSSLESS = "lossless"
#: filters that lose nothing, as qpdf undoes them, and their short names
FILTERS = {
    *("/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/ASCII85Decode", "/ASCIIHexDecode"),
    *("/Fl", "/LZW", "/RL", "/A85", "/AHx"),
}
#: bits that a sample may have
BITS = (1, 2, 4, 8, 16)
#: Adobe's segment, which says whether the colours of a JPEG are YCbCr: before and behind that byte
ADOBE_SEGMENT = b"\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0"


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples of a picture as they are stored."""

    #: [H, W, N] of uint8 or uint16, from 0 to `peak`
    codes: NDArray[Any]
    #: the highest code that there may be
    peak: int
    #: whether they were packed with loss
    lossy: bool = False
    #: the quality of a JPEG by its tables, 1 to 100
    quality: int | None = None


def coder_of(stream: Any) -> str:
    """What packs the samples of a picture: a word of CODERS, or LOSSLESS.

    UnsupportedFormat where nothing here undoes it.
    """
    if stream.get("/F") is not None:
        raise UnsupportedFormat("its data stand in another file")
    filters = names(stream.get("/Filter"))
    for name in (*filters[:-1], *(name for name in filters[-1:] if name not in CODERS)):
        if name not in FILTERS:
            raise UnsupportedFormat(f"it is packed with {name[1:]}, which is not read")
    return CODERS.get(filters[-1], LOSSLESS) if filters else LOSSLESS


def samples_of(pdf: Any, stream: Any, channels: int, bits: int) -> Samples:
    """The samples of a picture.

    channels, bits: as the PDF says of it; a JPEG and a JPEG 2000 say their bits themselves. Raises
    InputCorrupt, InputTruncated, UnsupportedFormat, UnsupportedChannels.
    """
    width, height = int(stream["/Width"]), int(stream["/Height"])
    coder = coder_of(stream)
    if coder == LOSSLESS:
        return _plain(stream, width, height, channels, bits)
    data, own = _behind_filters(pdf, stream, 16 * width * height * channels)
    if coder == "JPEG":
        found = _jpeg(data, own, channels, (width, height))
    elif coder == "JPEG 2000":
        found = _jpeg_2000(data, (width, height))
    elif coder == "fax":
        found = Samples(decode_fax(data, own, width, height)[..., None], 1)
    else:
        shared = own.get("/JBIG2Globals")
        common = None if shared is None else unpacked(shared)
        found = Samples(jbig2.decode(data, common, width, height)[..., None], 1)
    if found.codes.shape != (height, width, channels):
        stored = found.codes.shape[2]
        raise InputCorrupt(f"its data have {stored} channels, where the PDF says {channels}")
    return found


def _check_size(size: tuple[int, int], said: tuple[int, int]) -> None:
    """InputCorrupt where data are of another size than the PDF says; nothing is decoded then."""
    if size != said:
        wrong, right = ("x".join(map(str, each)) for each in (size, said))
        raise InputCorrupt(f"its data are {wrong}, where the PDF says {right}")


def _behind_filters(pdf: Any, stream: Any, most: int) -> tuple[bytes, Mapping[str, Any]]:
    """The data that the last filter of a stream is to decode, and the parameters of that."""
    filters = names(stream.get("/Filter"))
    decode = parameters(stream.get("/DecodeParms"), len(filters))
    data = stream.read_raw_bytes()
    if len(filters) > 1:
        data = unpacked(part(pdf, data, filters[:-1], decode[:-1]), most + (64 << 20))
    return data, decode[-1]


def _plain(stream: Any, width: int, height: int, channels: int, bits: int) -> Samples:
    """Samples that nothing packs, or filters that lose nothing."""
    if bits not in BITS:
        raise UnsupportedChannels(f"it has samples of {bits} bits; 1, 2, 4, 8 and 16 are read")
    row = (width * channels * bits + 7) // 8
    data = unpacked(stream, row * height)
    if len(data) < row * height:
        raise InputCorrupt("its data end before its last row")
    rows = np.frombuffer(data, np.uint8, row * height).reshape(height, row)
    if bits == 16:
        codes: NDArray[Any] = rows.view(">u2").astype(np.uint16)
    elif bits == 8:
        codes = rows
    else:
        codes = _spread(rows, bits)[:, : width * channels]
    return Samples(codes.reshape(height, width, channels), 2**bits - 1)


def _spread(rows: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Samples of 1, 2 or 4 bits, the first in the highest bits of a byte, in a byte each."""
    if bits == 1:
        return np.unpackbits(rows, axis=1)
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    spread: NDArray[np.uint8] = (rows[..., None] >> shifts) & np.uint8(2**bits - 1)
    return spread.reshape(len(rows), -1)


def _jpeg(data: bytes, own: Mapping[str, Any], channels: int, size: tuple[int, int]) -> Samples:
    """A JPEG; of four channels, the codes as they are stored, which PDFs turn by /Decode."""
    from PIL import Image

    transform = own.get("/ColorTransform")
    if transform is not None and b"Adobe\0" not in data[:65536]:
        data = data[:2] + ADOBE_SEGMENT + bytes([int(transform) % 2]) + data[2:]
    # how large it may be was seen before
    header = images.header(data, name="it", max_megapixels=None)
    _check_size((header.width, header.height), size)
    picture = images.read(data, name="it", max_megapixels=None)
    if channels != 4:
        codes = to_samples(picture, "uint8")
        codes = codes[..., None] if codes.ndim == 2 else codes
    else:
        # Pillow turns them over, as Adobe's programs do in files of their own.
        with Image.open(io.BytesIO(data)) as image:
            codes = 255 - np.asarray(image)
    return Samples(codes, 255, lossy=True, quality=picture.quality)


def _jpeg_2000(data: bytes, size: tuple[int, int]) -> Samples:
    """A JPEG 2000, whose head is looked at before it is decoded."""
    import imagecodecs

    start = data.find(b"\xff\x4f\xff\x51")
    if start < 0 or len(data) < start + 44:
        raise InputCorrupt("its JPEG 2000 has no head")
    right, down, left, top = struct.unpack_from(">4I", data, start + 8)
    channels, depth = struct.unpack_from(">HB", data, start + 40)
    _check_size((right - left, down - top), size)
    if channels not in CALLED or depth & 128 or depth > 15:
        raise UnsupportedChannels("its JPEG 2000 has signed samples, more than 16 bits, or alpha")
    codes = np.asarray(imagecodecs.jpeg2k_decode(data))
    codes = codes[..., None] if codes.ndim == 2 else codes
    # COD (ITU-T T.800, A.6.1): the last byte says whether its wavelet can be turned back exactly.
    style = data.find(b"\xff\x52", start)
    if style < 0 or len(data) < style + 14:
        raise UnsupportedFormat("its JPEG 2000 is of a kind that is not read")
    return Samples(codes, 2 ** (depth + 1) - 1, lossy=data[style + 13] == 0)
