"""facts(): what a file says of itself, and what a restored one would keep; nothing is decoded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..errors import BurnishError
from . import exif
from .colour.gamut import gamut
from .colour.profiles import profile_name
from .formats import FORMATS, format_named, written_ending
from .picture import Header
from .read import check_whole, examine
from .sniff import ImageSource, name_of, opened
from .write import check_header


def facts(source: ImageSource, *, name: str | None = None) -> dict[str, Any]:
    """What a file is, and what is in it; JSON-able.

    Format, size, channels, depth, how it is stored and packed, pages or frames and their time,
    alpha and other planes, profile and gamut, orientation, resolution, what stands beside the
    picture and how many bytes that has, camera and date, bytes; and what a restored file of the
    same kind would not keep ("lost"), or why there would be none ("refused").
    Raises InputErrors as `read` does, save for damage inside the pixels.
    """
    name = name_of(source, name)
    with opened(source, name) as file:
        header = examine(file, name)
        size = file.seek(0, os.SEEK_END)
    return {
        "file": name,
        "format": header.format,
        **({"by": extra.by} if (extra := FORMATS[header.format].extra) else {}),
        "width": header.width,
        "height": header.height,
        "channels": header.channels,
        "depth": header.depth,
        **({"bits": header.bits} if header.bits is not None else {}),
        **_several(header),
        "alpha": header.alpha,
        **({"planes": list(header.extras)} if header.extras else {}),
        "stored": header.stored,
        **({"packed": header.packed} if header.packed else {}),
        "profile": profile_name(header.icc),
        "gamut": gamut(header),
        "orientation": exif.orientation(header.exif),
        **({"quality": header.quality} if header.quality is not None else {}),
        "dpi": None if header.dpi is None else [round(value, 2) for value in header.dpi],
        "xmp": header.xmp is not None,
        **_beside(header),
        "metadata": _sizes(header),
        "bytes": size,
        **_camera(header),
        **({"notes": list(header.notes)} if header.notes else {}),
        **_restored(header, name),
    }


def _several(header: Header) -> dict[str, Any]:
    """How many pages there are, or frames, and how they are played; nothing of a picture alone."""
    if header.frames == 1:
        return {}
    found: dict[str, Any] = {header.several: header.frames}
    if header.timing is not None:
        found["seconds"] = round(header.timing.seconds, 3)
        found["plays"] = header.timing.plays or "endlessly"
    return found


def _beside(header: Header) -> dict[str, Any]:
    """What else stands in the file, where there is any."""
    found = {
        "iptc": header.iptc is not None,
        "photoshop": header.photoshop is not None,
        "texts": [text.keyword for text in header.text],
        "cicp": None if header.cicp is None else list(header.cicp),
        "besides": list(dict.fromkeys(part.name for part in header.parts if part.name)),
    }
    return {name: value for name, value in found.items() if value}


def _sizes(header: Header) -> dict[str, int]:
    """The bytes of each block that stands beside the picture; a thumbnail lies within EXIF."""
    small = 0
    if header.exif is not None:
        small = len(header.exif) - len(exif.without_thumbnail(header.exif))
    sizes = {
        "exif": len(header.exif or b""),
        "thumbnail": small,
        "xmp": len(header.xmp or b""),
        "icc": len(header.icc or b""),
        "iptc": len(header.iptc or b""),
        "photoshop": len(header.photoshop or b""),
        "texts": sum(len(text.text) for text in header.text),
    }
    return {name: size for name, size in sizes.items() if size}


def _camera(header: Header) -> dict[str, str]:
    """Which camera took it, and when, as far as EXIF has that."""
    parsed = exif.parse(header.exif) if header.exif else None
    if parsed is None:
        return {}
    made = (parsed.text("main", exif.MAKE), parsed.text("main", exif.MODEL))
    camera = " ".join(dict.fromkeys(text for text in made if text))
    taken = parsed.text("exif", exif.TAKEN) or parsed.text("main", exif.DATE)
    found = {"camera": camera, "taken": taken}
    return {name: value for name, value in found.items() if value}


def _restored(header: Header, name: str) -> dict[str, Any]:
    """Of what kind a restored file would be, and what it would not keep; or why there is none."""
    own = format_named(name)
    format = FORMATS[header.format]
    ending = Path(name).suffix.lower() if own is format else format.endings[0]
    ending = written_ending(ending)
    target = f"the result{ending}"
    try:
        check_whole(header, name)
        lost = [*header.lost, *check_header(header, target)]
    except BurnishError as error:
        why = str(error).removeprefix(f"{name}: ").removeprefix(f"{target}: ")
        return {"result": ending, "refused": why}
    return {"result": ending, "lost": list(dict.fromkeys(lost))}
