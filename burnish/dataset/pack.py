"""One file of training pictures, to travel to another machine.

`python -m burnish.dataset.pack FOLDER... -o runs/photos.pack --limit-mb 40` makes it. A pack is a
ZIP file of JPEGs with `manifest.json`, which says of each picture where it came from and what was
done to it. The same folders give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import BurnishError, DataError, UsageError
from ..ground.files import atomic_write
from ..images import open_image
from .pairs import pictures_below

#: a picture whose longest side is this or less is never made smaller
SMALL = 500
#: the longest sides that larger ones are brought down to, until all fits
SIDES = range(1024, 223, -32)
QUALITY = 90
#: ZIP's own bytes for each picture, with room to spare
OVERHEAD = 600
#: ZIP's earliest date, so that the bytes depend on nothing but the pictures
DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class PackedPicture:
    """A picture in a pack."""

    #: of the picture in its folder
    name: str
    #: its name in the pack
    file: str
    #: the digest of the file that it was made from
    source_sha256: str
    #: what was done to it, in words
    done: str


def pack(folders: Sequence[Path], output: Path, limit: int) -> list[PackedPicture]:
    """Writes the pack, under `limit` bytes, and returns what is in it.

    JPEGs stay as they are; where not all fit, those above SMALL are scaled down by area. Raises
    DataError where there are no pictures or one cannot be read, UsageError where they do not fit.
    """
    paths = [
        (f"{i:02d}-{folder.name}", path.relative_to(folder).as_posix(), path)
        for i, folder in enumerate(folders)
        for path in pictures_below(folder)
    ]
    if not paths:
        raise DataError(f"{', '.join(map(str, folders))}: no pictures there")
    for side in (None, *SIDES):
        made = []
        room = limit - 4096
        for prefix, name, path in paths:
            entry, data = _entry(prefix, name, path, side)
            made.append((entry, data))
            room -= len(data) + OVERHEAD + len(entry.name)
            if room < 0:
                break
        else:
            atomic_write(output, _zipped(made))
            return [entry for entry, _ in made]
    raise UsageError(
        f"--limit-mb {limit / 1e6:g}: the pictures do not fit, even scaled down to {SIDES[-1]} "
        "pixels; allow more or give fewer folders"
    )


def _entry(prefix: str, name: str, path: Path, side: int | None) -> tuple[PackedPicture, bytes]:
    original = path.read_bytes()
    data, done = _reduced(path, original, side)
    return PackedPicture(
        name, f"{prefix}/{name}.jpg", hashlib.sha256(original).hexdigest(), done
    ), data


def _reduced(path: Path, original: bytes, side: int | None) -> tuple[bytes, str]:
    try:
        picture = open_image(original)
        longest = max(picture.size)
        smaller = side is not None and longest > max(side, SMALL)
        if picture.format == "JPEG" and picture.mode in ("L", "RGB") and not smaller:
            return original, "as it is"
        if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
            picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
        if picture.mode == "F":
            raise DataError(
                f"{path}: samples are floats, which a pack of JPEGs cannot keep; train on the "
                "folder itself, or save it in 8 or 16 bits"
            )
        picture = picture.convert("L" if picture.mode in ("L", "1") else "RGB")
        if smaller and side is not None:
            picture = picture.resize(
                (round(picture.width * side / longest), round(picture.height * side / longest)),
                Image.Resampling.BOX,
            )
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read as a picture ({error}); mend or remove it"
        ) from error
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return (
        buffer.getvalue(),
        f"scaled to {picture.width}x{picture.height}, JPEG 4:4:4 at quality {QUALITY}"
        if smaller
        else f"JPEG 4:4:4 at quality {QUALITY}",
    )


def _zipped(made: Sequence[tuple[PackedPicture, bytes]]) -> bytes:
    manifest = json.dumps({"pictures": [asdict(entry) for entry, _ in made]}, indent=0).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in [
            ("manifest.json", manifest),
            *((entry.file, data) for entry, data in made),
        ]:
            method = zipfile.ZIP_DEFLATED if name == "manifest.json" else zipfile.ZIP_STORED
            file.writestr(zipfile.ZipInfo(name, DATE), data, method)
    return buffer.getvalue()


def summary(entries: Sequence[PackedPicture]) -> Iterator[str]:
    """Yields what was done, in lines."""
    kept = sum(entry.done == "as it is" for entry in entries)
    yield (
        f"{len(entries)} pictures: {kept} as they are, {len(entries) - kept} made smaller or "
        "encoded anew (manifest.json says how)"
    )


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m burnish.dataset.pack",
        description=(
            "Packs folders of clean pictures into one file that `data.pack` of a recipe reads."
        ),
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("-o", "--out", required=True, type=Path, metavar="FILE")
    parser.add_argument(
        "--limit-mb", type=float, default=40.0, metavar="N", help="largest size in megabytes (40)"
    )
    given = parser.parse_args(words)
    try:
        entries = pack(given.folders, given.out, int(given.limit_mb * 1e6))
    except BurnishError as error:
        print(f"{error} [{error.code}]", file=sys.stderr)
        return error.exit_status
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.1f} MB, {'; '.join(summary(entries))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
