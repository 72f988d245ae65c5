"""facts(): what a file says of itself, without decoding a pixel."""

from __future__ import annotations

import os
from typing import Any

from . import exif
from .colour.profiles import profile_name
from .formats import FORMATS
from .picture import Header
from .read import examine
from .sniff import ImageSource, name_of, opened


def facts(source: ImageSource, *, name: str | None = None) -> dict[str, Any]:
    """Format, size, channels, depth, alpha, profile, orientation, resolution, bytes, and, where
    EXIF has them, camera and date; of several pictures, how many; JSON-able.

    Raises InputErrors as `read` does, save for damage inside the pixels.
    """
    name = name_of(source, name)
    with opened(source, name) as file:
        header = examine(file, name)
        size = file.seek(0, os.SEEK_END)
    found: dict[str, Any] = {
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
        "stored": header.stored,
        "profile": profile_name(header.icc),
        "orientation": exif.orientation(header.exif),
        **({"quality": header.quality} if header.quality is not None else {}),
        "dpi": None if header.dpi is None else [round(value, 2) for value in header.dpi],
        "xmp": header.xmp is not None,
        **_beside(header),
        "bytes": size,
    }
    parsed = exif.parse(header.exif) if header.exif else None
    if parsed is not None:
        camera = " ".join(
            dict.fromkeys(
                t for t in (parsed.text("main", exif.MAKE), parsed.text("main", exif.MODEL)) if t
            )
        )
        taken = parsed.text("exif", exif.TAKEN) or parsed.text("main", exif.DATE)
        found |= {name: value for name, value in (("camera", camera), ("taken", taken)) if value}
    notes = [*header.notes, *header.lost]
    return found | ({"notes": notes} if notes else {})


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
