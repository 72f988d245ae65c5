"""Where pictures come from, as things that have a name and can be read.

They are files of clean folders, a pack, or pairs of files.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dataset.pairs import Pair, match, pictures_below
from ...errors import DataError, InputError
from ...ground.channels import grey
from ...images import endings, read

#: [C, H, W], uint8 or uint16
Pixels = NDArray[np.unsignedinteger[Any]]

#: problems that a message lists, and then it counts
LISTED = 10


@dataclass(frozen=True)
class Source:
    """A picture, or a pair, that can be read."""

    #: its name as it is seen from its folder
    name: str
    #: where it comes from, for messages
    place: str
    #: gives its pixels, [C, H, W], uint8 or uint16; of a pair, the clean side
    read: Callable[[], Pixels]
    #: gives those of a pair's spoiled side; None where there is only a clean picture
    read_spoiled: Callable[[], Pixels] | None = None
    #: what the network is told of a pair, by dial
    level: Mapping[str, float] = field(default_factory=dict)
    #: the number of the recipe's source that it is from
    pool: int = 0


def sources_in(folders: Sequence[str], pack: str | None, channels: int) -> list[Source]:
    """All clean pictures of the folders and below them, or of the pack.

    They come by name, folder after folder; a file that two folders hold counts as the first one's.
    DataError where there is none.
    """
    below: dict[Path, tuple[Path, Path]] = {}
    for folder in () if pack else map(Path, folders):
        for path in pictures_below(folder):
            below.setdefault(path.resolve(), (folder, path))
    found = (
        _packed(Path(pack), channels)
        if pack
        else [
            _filed(path.relative_to(folder).as_posix(), path, channels)
            for folder, path in below.values()
        ]
    )
    if not found:
        raise DataError(
            f"{pack or ', '.join(folders)}: no pictures there; what counts: {', '.join(endings())}"
        )
    return found


def pair_sources(
    folder: str | None,
    spoiled: str | None,
    clean: str | None,
    names: str | None,
    *,
    channels_in: int,
    channels_out: int,
    level: Mapping[str, float],
    pool: int,
) -> list[Source]:
    """All pairs in the folders (see pairs.match), by name.

    DataError names files that have no partner, or are there twice.
    """
    found = match(
        *(Path(folder),) if folder else (),
        spoiled=Path(spoiled) if spoiled else None,
        clean=Path(clean) if clean else None,
        names=names,
    )
    where = folder or f"{spoiled}, {clean}"
    if found.problems:
        raise DataError(
            f"{where}: {summed([problem.text for problem in found.problems])}; mend or remove "
            "them, or see them all with `burnish check`"
        )
    if not found.pairs:
        raise DataError(f"{where}: no pairs there")

    def source(pair: Pair) -> Source:
        return Source(
            pair.name,
            f"{pair.clean} with {pair.spoiled}",
            partial(read_file, pair.clean, channels_out),
            partial(read_file, pair.spoiled, channels_in),
            level,
            pool,
        )

    return [source(pair) for pair in found.pairs]


def summed(problems: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f", and {len(problems) - LISTED} more" if len(problems) > LISTED else ""
    return "; ".join(problems[:LISTED]) + more


def read_file(path: Path, channels: int) -> Pixels:
    """The picture in a file, [channels, H, W].

    It is uint8, or uint16 where the file has 16 bits or floats (clipped to [0, 1]).
    """
    picture = read(path)
    kind, top = (np.uint8, 255) if picture.depth == "uint8" else (np.uint16, 65535)
    return _with_channels(
        np.rint(np.clip(picture.pixels[0], 0, 1) * np.float32(top)).astype(kind), channels
    )


def _filed(name: str, path: Path, channels: int) -> Source:
    return Source(name, str(path), partial(read_file, path, channels))


def _packed(pack: Path, channels: int) -> list[Source]:
    """The pictures of a pack, whose files are JPEGs; they stay in memory as they are."""
    try:
        with zipfile.ZipFile(pack) as file:
            entries = json.loads(file.read("manifest.json"))["pictures"]
            return [
                Source(
                    entry["name"],
                    f"{pack}:{entry['file']}",
                    partial(_read_jpeg, file.read(entry["file"]), channels),
                )
                for entry in entries
            ]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{pack}: not a whole pack of pictures ({error}); make it with `python -m "
            "burnish.dataset.pack`"
        ) from error


def _read_jpeg(data: bytes, channels: int) -> Pixels:
    from PIL import Image

    try:
        picture = np.asarray(Image.open(io.BytesIO(data)))
    except OSError as error:
        raise InputError(str(error)) from error
    return _with_channels(
        picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1), channels
    )


def _with_channels(pixels: Pixels, channels: int) -> Pixels:
    """[1 or 3, H, W] -> [channels, H, W]: a grey picture is repeated, a colour one turned grey."""
    if pixels.shape[0] == channels:
        return np.ascontiguousarray(pixels)
    if channels == 1:
        fewer: Pixels = np.rint(grey(pixels)[None]).astype(pixels.dtype)
        return fewer
    return np.repeat(pixels, channels, 0)
