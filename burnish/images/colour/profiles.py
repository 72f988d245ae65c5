"""Colour on the way in: CMYK through its profile, and what a profile is called.

Profiles are carried, not applied, wherever that is possible.
"""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..picture import Header, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

#: bytes of the header that every profile begins with (ICC.1, 7.2)
PROFILE_HEADER = 128
#: where it says when it was made, which of ours is now
MADE = slice(24, 36)
#: colour spaces of profiles, and for what pictures they are
SPACES = {b"GRAY": "grey", b"RGB ": "colour"}


#: how the profile of a JPEG in XYB begins its description (cjpegli, libjxl)
XYB = ("XYB_Per", "XYB")


def srgb() -> bytes:
    """The profile of sRGB, the same bytes each time."""
    from PIL import ImageCms

    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made[: MADE.start] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + made[MADE.stop :]


def is_xyb(icc: bytes | None) -> bool:
    """Whether a profile is that of a JPEG whose components are X, Y and B of JPEG XL.

    Its numbers are no colours to restore, and its tables say nothing of a quality.
    """
    return icc is not None and len(icc) < 4096 and (profile_name(icc) or "").startswith(XYB)


def from_xyb(image: Image, header: Header) -> Picture:
    """The sRGB Picture of an image of Pillow's that is in XYB, through its profile."""
    from PIL import ImageCms

    assert header.icc is not None
    standard = ImageCms.ImageCmsProfile(io.BytesIO(srgb()))
    own = ImageCms.ImageCmsProfile(io.BytesIO(header.icc))
    converted = ImageCms.profileToProfile(image, own, standard, outputMode="RGB")
    note = "XYB, converted to sRGB through its profile"
    header = replace(header, icc=srgb(), notes=(*header.notes, note))
    return header.picture(np.asarray(converted))


def from_cmyk(image: Image, header: Header) -> Picture:
    """The sRGB Picture of a CMYK image of Pillow's.

    It goes through the embedded profile, or, where it has none that works, plainly and with a note.
    """
    from PIL import ImageCms

    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    through = None
    if header.icc is not None:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(header.icc))
            through = ImageCms.profileToProfile(image, profile, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            through = None
    rgb = image.convert("RGB") if through is None else through
    return cmyk_converted(header, through is not None).picture(np.asarray(rgb))


def cmyk_converted(header: Header, through: bool) -> Header:
    """The header of a CMYK picture that has become sRGB, through its profile or plainly."""
    plainly = "without a profile that fits, so its colours are approximate"
    note = f"CMYK, converted to sRGB {'through its profile' if through else plainly}"
    return replace(header, icc=srgb(), lost=(*header.lost, note))


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
