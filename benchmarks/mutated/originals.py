"""The files that are mutated: those that the tests make, good ones and odd ones, by format."""

from __future__ import annotations

import hashlib
import io
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from burnish import images
from burnish.errors import BurnishError
from burnish.images.formats import FORMATS
from burnish.images.sniff import sniff

TESTS = Path(__file__).resolve().parents[2] / "tests"
#: larger ones are left out, in bytes: they take their time, and fewer of their bytes say something
LARGEST = 20_000
#: a profile by lcms, and the time at which it says that it was made: each run of the tests makes
#: them anew, and numbers are to stand for the same files in all
PROFILE = re.compile(rb"(lcms.{16}).{12}(?=acsp)", re.DOTALL)
MADE = struct.pack(">6H", 2026, 11, 29, 0, 0, 0)


@dataclass(frozen=True)
class Originals:
    """The files of a format."""

    #: those that are whole
    good: tuple[bytes, ...]
    #: those that are cut, damaged, or claim what they do not hold; may be none
    odd: tuple[bytes, ...]


def _good() -> Iterator[bytes]:
    import odd_files
    import odd_good
    import odd_others
    import test_tags

    yield from (good.data for good in odd_good.odd_good())
    yield from (data for _, _, data in odd_others.whole_files())
    yield from test_tags.FILES.values()
    yield from _modern(odd_files.pixels(48, 64))


def _odd() -> Iterator[bytes]:
    import odd_files
    import odd_others
    import odd_tiffs

    for odd in (odd_files.odd_files, odd_tiffs.odd_tiffs, odd_others.odd_others):
        yield from (each.data for each in odd())


def _modern(colour: Any) -> Iterator[bytes]:
    """What telephones and cameras write, of 8 bits and more, with alpha and without."""
    import imagecodecs
    from test_kept import mpf, ultra_hdr
    from test_modern import dng, heic_of

    grey = colour[..., 0]
    deep = colour.astype(np.uint16) * 257
    seen = np.dstack([colour, grey])
    described: dict[str, Any] = {"exif": _camera(), "xmp": b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'}
    yield from (dng(), dng(byteorder=">"), ultra_hdr())
    yield from (heic_of(colour, **described), heic_of(deep >> 6, 10), heic_of(deep >> 4, 12))
    for name in ("HEIC", "AVIF", "JXL"):
        for samples in (grey, colour, seen, deep, np.dstack([grey, grey])):
            yield images.encode(images.from_array(samples), FORMATS[name])[0]
    for samples, options in (
        (colour, {}),
        (seen, {}),
        (deep, {"bitspersample": 12}),
        ((colour / 255).astype(np.float32), {}),
        (colour, {"distance": 2.0}),
        (colour, {"usecontainer": True}),
    ):
        yield bytes(imagecodecs.jpegxl_encode(samples, **options))
    yield bytes(imagecodecs.avif_encode(colour, level=60))
    yield bytes(imagecodecs.jpeg8_encode(deep >> 4, level=90, bitspersample=12))
    jpeg = bytes(imagecodecs.jpeg8_encode(colour, level=90))
    yield from (jpeg, mpf(jpeg, (0x010001, jpeg), (0, jpeg)))


def _camera() -> bytes:
    from test_tags import exif_block

    return bytes(exif_block(6))


@cache
def originals() -> dict[str, Originals]:
    """The files of each format that is installed, by its name in `FORMATS`."""
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))  # the tests' own modules have no package
    good, odd = _by_format(_good()), _by_format(_odd())
    return {
        name: Originals(tuple(good[name]), tuple(odd[name]))
        for name, format in FORMATS.items()
        if format.here
    }


def fingerprint() -> str:
    """What is another where the numbers stand for other files."""
    found = hashlib.sha256()
    for name, files in originals().items():
        for data in (*files.good, *files.odd):
            found.update(name.encode() + len(data).to_bytes(8, "little") + data)
    return found.hexdigest()[:16]


def _by_format(files: Iterable[bytes]) -> dict[str, list[bytes]]:
    """The files by the name of their format, each once; what is none is left out."""
    found: dict[str, list[bytes]] = {name: [] for name in FORMATS}
    for data in dict.fromkeys(PROFILE.sub(rb"\1" + MADE, data) for data in files):
        with suppress(BurnishError):
            if len(data) <= LARGEST:
                found[sniff(io.BytesIO(data), "a file").name].append(data)
    return found
