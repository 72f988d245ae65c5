"""HEIC: a picture of HEVC in a HEIF file, as telephones write it, of 8, 10 or 12 bits.

libheif codes the picture, by pillow-heif, which comes with `burnish[heif]` and is imported here
alone: its wheel holds x265, an encoder under the GPL. What stands beside the picture is read and
written as that of an AVIF is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from ...errors import UnsupportedFormat
from .. import exif
from ..alpha import divided
from ..damage import corrupt
from ..format import Extra, Format, Holds, Saving
from ..inside.heif import HIDDEN, METADATA, has_items, header_of, of_brand, with_metadata
from ..picture import Header, Picture, to_samples

#: of 100
QUALITY = 95
#: x265's: the slower ones take up to ten times as long for files that are 1 % smaller
PRESET = "ultrafast"
#: codes of CICP (ITU-T H.273): sRGB's primaries and transfer, and no matrix or that of JPEG
SRGB = {"color_primaries": 1, "transfer_characteristics": 13, "full_range_flag": 1}
IDENTITY, BT601 = 0, 6
#: how files of many frames begin
FILMS = frozenset({b"hevc", b"hevx", b"msf1"})
#: how libheif is asked to give samples as they stand: not in 8 bits, and not moved up to 16
AS_STORED = {"convert_hdr_to_8bit": False, "hdr_to_16bit": False}


def examine(file: BinaryIO, name: str) -> Header:
    """The header; nothing is decoded. libheif turns and crops pictures, so it is that of the turned
    one.
    """
    HEIC.needed(name)
    from pillow_heif import open_heif

    several = _several(file, name)
    found = header_of(file, name, "HEIC")
    file.seek(0)
    width, height = open_heif(file, **AS_STORED).size
    lost = tuple(each for each in found.lost if each != HIDDEN)
    if several is not None:
        lost += ("not kept: all frames but the first",)
    return replace(
        found,
        width=width,
        height=height,
        exif=exif.set_orientation(found.exif, 1),
        lost=lost,
        only_first=several,
    )


def _several(file: BinaryIO, name: str) -> str | None:
    """What a HEIC of many frames is, which libheif reads and pillow-heif does not; None of others.

    UnsupportedFormat where no picture stands beside the frames.
    """
    file.seek(8)
    if file.read(4) not in FILMS:
        return None
    many = "is a HEIC of many frames, of which pillow-heif gives none"
    if not has_items(file, name):
        raise UnsupportedFormat(f"{name}: {many}; save it as an animated WebP or PNG")
    return f"{many} but a picture that stands for all"


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture. Raises InputCorrupt."""
    from pillow_heif import open_heif

    opened = open_heif(file, **AS_STORED)
    samples = np.asarray(opened)
    if header.channels == 1 and samples.ndim == 3:  # grey with alpha comes as colour
        samples = samples[..., (0, 3)] if samples.shape[2] == 4 else samples[..., 0]
    channels = header.channels + header.alpha
    shape = (header.height, header.width, *([channels] if channels > 1 else []))
    if samples.shape != shape or samples.dtype.name != header.depth:
        raise corrupt(name, f"it decodes to {samples.shape} of {samples.dtype}")
    picture = header.picture(samples)
    if opened.premultiplied_alpha and picture.alpha is not None:
        picture = divided(picture)
    yield picture


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A HEIC of as many bits as the picture has, 12 at the most. Lossless unless a quality is given
    or the input was lossy itself (then 95), and then 4:2:0, which is what telephones read.
    """
    from pillow_heif import encode as heif_encode

    picture = next(pictures)
    depth, bits = HOLDS.stored(picture.depth, picture.bits)
    samples = to_samples(picture, depth, bits)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[1 if samples.ndim == 2 else samples.shape[2]]
    lossy = saving.quality is not None or picture.lossy
    coded: dict[str, Any] = {"quality": -1, "chroma": "444", "matrix_coefficients": IDENTITY}
    if lossy:
        asked = QUALITY if saving.quality is None else saving.quality
        coded = {"quality": asked, "chroma": "420", "matrix_coefficients": BT601}
    plain = io.BytesIO()
    heif_encode(
        mode if bits == 8 else f"{mode};{bits}",
        (samples.shape[1], samples.shape[0]),
        samples.tobytes(),
        plain,
        bit_depth=bits,
        enc_params={"preset": PRESET},
        **SRGB,
        **coded,
    )
    file.write(with_metadata(plain.getvalue(), picture))
    return list(foretell(picture, saving))


def foretell(held: Header | Picture, saving: Saving) -> Iterator[str]:
    """A sentence where colours become coarser."""
    lossy = saving.quality is not None or held.lossy
    channels = held.channels
    if lossy and channels == 3 and held.format != "HEIC":
        yield "the colours of a HEIC with loss are stored at half their width and height (4:2:0)"


#: the side is libheif's own limit
HOLDS = Holds(depths=("uint8", "uint16"), bits=(8, 10, 12), side=32768, metadata=METADATA)
HEIC = Format(
    name="HEIC",
    title="HEIC",
    endings=(".heic", ".heif", ".heics", ".heifs"),
    begins=(
        *(b"....ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")),
        *of_brand(b"heic"),
        *of_brand(b"hevc"),
    ),
    holds=HOLDS,
    examine=examine,
    decode=decode,
    encode=encode,
    foretell=foretell,
    extra=Extra(
        "pillow_heif",
        "heif",
        "pillow-heif (BSD-3-Clause), with libheif and libde265 (LGPL-3.0) and, to write, x265 "
        "(GPL-2.0)",
    ),
)
