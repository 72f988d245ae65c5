"""TIFF files written: deflate, with a predictor for integers, and EXIF moved into the file as
directories of its own.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any, BinaryIO

from . import exif
from .picture import Picture, to_samples

XMP = 700
INCH = 2
#: offsets are 32 bits wide in a TIFF; larger ones are BigTIFF
LARGEST_CLASSIC = 2**32 - 2**25


def encode(file: BinaryIO, picture: Picture) -> list[str]:
    """Writes the picture at its own depth into an open file (read and write), and returns sentences
    on what it could not take along.
    """
    import tifffile

    samples = to_samples(picture, picture.depth)
    parsed = exif.parse(picture.exif) if picture.exif else None
    order: Any = "<" if parsed is None else parsed.order
    tags: list[Any] = [] if picture.xmp is None else [(XMP, 1, len(picture.xmp), picture.xmp, True)]
    if (turned := exif.orientation(picture.exif)) != 1:
        tags.append(
            (exif.ORIENTATION, 3, 1, turned, True)
        )  # in a BigTIFF, to which the rest of EXIF does not come, too
    tifffile.imwrite(
        file,
        samples,
        bigtiff=samples.nbytes > LARGEST_CLASSIC,
        byteorder=order,
        photometric="rgb" if picture.pixels.shape[1] == 3 else "minisblack",
        planarconfig="contig" if samples.ndim == 3 else None,
        extrasamples=None if picture.alpha is None else ["unassalpha"],
        compression="adobe_deflate",
        predictor=2 if picture.depth != "float32" else None,
        iccprofile=picture.icc,
        resolution=picture.dpi,
        resolutionunit=INCH if picture.dpi else None,
        metadata=None,
        software=False,
        extratags=tags,
    )
    if parsed is None:
        return ["not kept: its EXIF, which cannot be read"] if picture.exif else []
    return _append_exif(file, parsed)


def _append_exif(file: BinaryIO, parsed: exif.Exif) -> list[str]:
    """The file's directory once more, behind the picture, with the fields of EXIF among its own and
    EXIF's directories before it; the header points there.
    """
    written = exif.parse(file)
    end = file.seek(0, 2)
    if written is None or end > LARGEST_CLASSIC:
        return ["not kept: its EXIF, for which there is no place in a BigTIFF"]
    start = end + end % 2
    own = exif.STORAGE | exif.RESOLUTION  # which are this file's
    shared = {tag: field for tag, field in parsed.directories["main"].items() if tag not in own}
    merged = replace(
        parsed,
        directories={**parsed.directories, "main": {**written.directories["main"], **shared}},
    )
    body, first = exif.pack_directories(merged, start)
    file.write(b"\0" * (end % 2) + body)
    file.seek(4)
    file.write(struct.pack(parsed.order + "I", first))
    return exif.moved(parsed)
