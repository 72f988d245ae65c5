"""Colour on the way in: CMYK through its profile, and what a profile is called.

Profiles are carried, not applied, wherever that is possible.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .picture import Header, Picture

if TYPE_CHECKING:
    from PIL.Image import Image


def from_cmyk(image: Image, header: Header) -> Picture:
    """A Pillow CMYK image as an sRGB Picture: through the embedded profile, or, where it has none
    that works, plainly and with a note.
    """
    from PIL import ImageCms

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    converted, how = None, "without a profile that fits, so its colours are approximate"
    if header.icc is not None:
        try:
            converted = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(header.icc)), srgb, outputMode="RGB"
            )
            how = "through its profile"
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
    note = f"CMYK, converted to sRGB {how}"
    header = replace(header, icc=srgb.tobytes(), notes=(*header.notes, note))
    return header.picture(np.asarray(image.convert("RGB") if converted is None else converted))


def profile_name(icc: bytes | None) -> str | None:
    """What an ICC profile calls itself; "unreadable" where it is broken."""
    if icc is None:
        return None
    from PIL import ImageCms

    try:
        return (
            ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).strip()
            or "unnamed"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return "unreadable"
