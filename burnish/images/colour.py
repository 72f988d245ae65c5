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

#: bytes of the header that every profile begins with (ICC.1, 7.2)
PROFILE_HEADER = 128
#: colour spaces of profiles, and for what pictures they are
SPACES = {b"GRAY": "grey", b"RGB ": "colour"}


def from_cmyk(image: Image, header: Header) -> Picture:
    """The sRGB Picture of a CMYK image of Pillow's.

    It goes through the embedded profile, or, where it has none that works, plainly and with a note.
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
    header = replace(header, icc=srgb.tobytes(), lost=(*header.lost, note))
    return header.picture(np.asarray(image.convert("RGB") if converted is None else converted))


def misfit(icc: bytes | None, channels: int) -> str:
    """What a profile is called in sentences where it does not fit a picture; empty where it does.

    channels: of colour, 1 or 3. It is empty where there is no profile, too.
    """
    if icc is None:
        return ""
    # The header (ICC.1, 7.2) has the signature of every profile, and the space of its device.
    if len(icc) < PROFILE_HEADER or icc[36:40] != b"acsp":
        return "its profile, which cannot be read"
    space = SPACES.get(icc[16:20], icc[16:20].decode("latin-1").strip())
    wanted = "grey" if channels == 1 else "colour"
    if space == wanted:
        return ""
    return f"its profile for {space}, which does not fit a picture in {wanted}"


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
