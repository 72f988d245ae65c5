"""facts(): what a picture file is, for `burnish info`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from .picture import Picture
from .read import read


def facts(path: Path) -> dict[str, Any]:
    """Format, size, depth, channels and metadata, in plain values. The whole file is read and checked; raises what `read` raises."""
    picture = read(path, max_megapixels=None)
    height, width = picture.pixels.shape[-2:]
    found: dict[str, Any] = {
        "file": str(path),
        "format": picture.format,
        "bytes": Path(path).stat().st_size,
        "size": f"{width}x{height}",
        "megapixels": round(width * height / 1e6, 3),
        "depth": picture.depth,
        "channels": "grey" if picture.pixels.shape[1] == 1 else "RGB",
        "alpha": picture.alpha is not None,
        "orientation": picture.orientation,
    }
    if picture.dpi:
        found["dpi"] = f"{picture.dpi[0]:.0f}x{picture.dpi[1]:.0f}"
    if picture.icc:
        found["profile"] = _profile_name(picture.icc)
    if picture.xmp:
        found["xmp"] = f"{len(picture.xmp)} bytes"
    found |= _camera(picture)
    if picture.notes:
        found["notes"] = "; ".join(picture.notes)
    return found


def _profile_name(icc: bytes) -> str:
    from PIL import ImageCms

    try:
        return str(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc)))).strip()
    except (ImageCms.PyCMSError, OSError):
        return f"unreadable, {len(icc)} bytes"


def _camera(picture: Picture) -> dict[str, str]:
    if not picture.exif:
        return {}
    from PIL import Image

    tags = Image.Exif()
    tags.load(picture.exif)
    found = {"camera": " ".join(str(tags[tag]).strip("\x00 ") for tag in (271, 272) if tags.get(tag)), "date": str(tags.get(306, ""))}
    return {name: text for name, text in found.items() if text}
