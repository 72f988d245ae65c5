"""Strips of a TIFF that is written: samples made into bytes, packed as its source packed them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tiff_insides import Insides
from . import tags

#: bytes that a strip has before it is packed, about: as many as TIFF's own library has by default
STRIP = 1 << 18
#: the same where a strip is a picture of its own, with a head and tables
PICTURE_STRIP = 1 << 20
#: what else the compressions are called that stand for one another
SAME = {
    tags.OLD_DEFLATE: tags.DEFLATE,
    tags.CCITT_RLE: tags.CCITT_4,
    tags.CCITT_3: tags.CCITT_4,
    tags.NEW_ZSTD: tags.ZSTD,
    tags.NEW_WEBP: tags.WEBP,
    tags.DNG_JPEG_XL: tags.JPEG_XL,
    tags.OLD_JPEG: tags.JPEG,
    tags.OTHER_JPEG: tags.JPEG,
    tags.LOSSY_DNG: tags.JPEG,
}
#: those that pack bytes, whatever they mean
BYTES = frozenset({tags.NONE, tags.LZW, tags.DEFLATE, tags.PACKBITS, tags.ZSTD, tags.LZMA})
#: those of them that differences of neighbours help
PREDICTED = frozenset({tags.LZW, tags.DEFLATE, tags.ZSTD, tags.LZMA})
#: of strips that are JPEGs, unless the source's own was higher: who keeps a TIFF wants to see
#: nothing of it
QUALITY = 98


@dataclass(frozen=True)
class Packing:
    """How the samples of a page become bytes."""

    #: the compression
    compression: int
    #: bits of a sample: 1, 8 to 16, or 32 of floats
    bits: int
    #: whether a sample is the difference to its neighbour
    predicted: bool
    #: the order of bytes in numbers, as `struct` writes it
    order: str
    #: of JPEGs, 1 to 100
    quality: int = QUALITY
    #: whether JPEGs have their colours as brightness and two differences, not as RGB
    ycbcr: bool = True

    def rows(self, samples: NDArray[Any]) -> int:
        """How many rows of [H, W, C] a strip has."""
        if self.compression == tags.CCITT_4:
            return len(samples)
        size = STRIP if self.compression in BYTES else PICTURE_STRIP
        # a multiple of 8, in which JPEG has its blocks
        rows = size // max(1, samples[0].nbytes) // 8 * 8
        return int(min(max(rows, 8), len(samples)))


def packing_of(
    insides: Insides, samples: NDArray[Any], bits: int, order: str, quality: int | None
) -> Packing:
    """How samples [H, W, C] of that many bits are packed: as their source was, or, where that way
    cannot hold them, by deflate.

    order: of the bytes in numbers. quality: of JPEGs, 1 to 100; None is the source's, or 98 where
    that is higher.
    """
    compression = SAME.get(insides.compression, insides.compression)
    if not _can(compression, samples, bits):
        compression = tags.DEFLATE
    whole = samples.dtype.kind == "u" and bits in (8, 16)
    return Packing(
        compression,
        bits,
        predicted=whole and compression in PREDICTED,
        order=order,
        quality=quality or max(insides.quality or 0, QUALITY),
        ycbcr=insides.photometric != tags.RGB,
    )


def _can(compression: int, samples: NDArray[Any], bits: int) -> bool:
    """Whether samples [H, W, C] can be packed in that way."""
    # grey or colour, and nothing beside them
    plain = samples.shape[2] in (1, 3)
    whole = samples.dtype.kind == "u"
    if compression == tags.CCITT_4:
        return bits == 1
    if compression == tags.JPEG:
        return plain and whole and bits == 8
    if compression == tags.WEBP:
        return samples.shape[2] == 3 and whole and bits == 8
    if compression == tags.JPEG_XL:
        return plain and whole and bits in (8, 16)
    if compression == tags.LERC:
        return plain and samples.dtype != np.float16 and bits in (8, 16, 32)
    return compression in BYTES


def strips_of(samples: NDArray[Any], packing: Packing) -> Iterator[bytes]:
    """The strips of samples [H, W, C], from the top."""
    rows = packing.rows(samples)
    for top in range(0, len(samples), rows):
        yield _packed(np.ascontiguousarray(samples[top : top + rows]), packing)


def _packed(strip: NDArray[Any], packing: Packing) -> bytes:
    """The bytes of one strip [rows, W, C]."""
    import imagecodecs

    flat = strip[..., 0] if strip.shape[2] == 1 else strip
    if packing.compression == tags.CCITT_4:
        return group_4(flat)
    if packing.compression == tags.JPEG:
        return _jpeg(flat, packing)
    if packing.compression == tags.WEBP:
        return bytes(imagecodecs.webp_encode(flat, lossless=True))
    if packing.compression == tags.JPEG_XL:
        return bytes(imagecodecs.jpegxl_encode(flat, lossless=True))
    if packing.compression == tags.LERC:
        return bytes(imagecodecs.lerc_encode(flat, level=0))
    data = _bytes(strip, packing)
    if packing.compression == tags.PACKBITS:
        # runs end with their row
        row = len(data) // len(strip)
        each = (data[start : start + row] for start in range(0, len(data), row))
        return b"".join(bytes(imagecodecs.packbits_encode(row)) for row in each)
    return _packer(packing.compression)(data)


def _jpeg(strip: NDArray[Any], packing: Packing) -> bytes:
    """A strip [rows, W] or [rows, W, 3] as a JPEG of 4:4:4."""
    import imagecodecs

    if strip.ndim == 2:
        return bytes(imagecodecs.jpeg8_encode(strip, packing.quality))
    inside = "ycbcr" if packing.ycbcr else "rgb"
    return bytes(
        imagecodecs.jpeg8_encode(
            strip, packing.quality, colorspace="rgb", outcolorspace=inside, subsampling="444"
        )
    )


def _bytes(strip: NDArray[Any], packing: Packing) -> bytes:
    """The bytes of one strip before they are packed."""
    import imagecodecs

    if packing.bits == 1:
        return np.packbits(strip[..., 0], 1).tobytes()
    if packing.bits not in (8, 16, 32):
        run = strip.shape[1] * strip.shape[2]
        return bytes(imagecodecs.packints_encode(strip, packing.bits, runlen=run))
    if packing.predicted:
        strip = imagecodecs.delta_encode(strip, axis=-2)
    order: Any = packing.order
    return strip.astype(strip.dtype.newbyteorder(order), copy=False).tobytes()


def _packer(compression: int) -> Callable[[bytes], bytes]:
    """What packs bytes, all in one."""
    import imagecodecs

    packers: dict[int, Callable[[bytes], Any]] = {
        tags.NONE: bytes,
        tags.LZW: imagecodecs.lzw_encode,
        tags.DEFLATE: imagecodecs.deflate_encode,
        tags.ZSTD: imagecodecs.zstd_encode,
        tags.LZMA: imagecodecs.lzma_encode,
    }
    return lambda data: bytes(packers[compression](data))


def group_4(page: NDArray[np.uint8]) -> bytes:
    """A page of zeros and ones by CCITT's Group 4, 0 being white, as Pillow's own TIFF has it."""
    import tifffile
    from PIL import Image

    buffer = io.BytesIO()
    one_strip = {tags.ROWS: len(page)}
    image = Image.fromarray(page.astype(bool))
    image.save(buffer, "TIFF", compression="group4", tiffinfo=one_strip)
    buffer.seek(0)
    with tifffile.TiffFile(buffer) as tiff:
        written = tiff.pages.first
        (offset,), (count,) = written.dataoffsets, written.databytecounts
    return buffer.getvalue()[offset : offset + count]
