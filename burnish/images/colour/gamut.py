"""Gamut: which colours a profile or a code has, against sRGB's."""

from __future__ import annotations

import numpy as np

from ..picture import Header
from .codes import BRIGHTER, profile_made, profile_of_code
from .codes import GAMUTS as CODED
from .profiles import SPACES

#: how far beyond sRGB's light a colour may lie, and be taken for one of sRGB's
NEAR = 0.02
#: of the colours of sRGB, what a gamut has that is about the same
MOST = 0.97


def gamut(header: Header) -> str:
    """Which colours a file's profile, or its code, has, in words; "sRGB" where it has neither, and
    empty where nobody can say.
    """
    if header.icc is None and header.cicp is None:
        return "sRGB" if header.channels == 3 else "grey"
    code = None if header.cicp is None else (header.cicp[0], 8, 0, 1)
    icc = header.icc or (None if code is None else profile_of_code(code))
    if icc is None:
        return ""
    space = SPACES.get(icc[16:20])
    if space is None:
        return icc[16:20].decode("latin-1").strip()
    if header.channels == 1 or space == "grey":
        return "grey"
    brighter = header.icc is None and header.cicp is not None and header.cicp[1] in BRIGHTER
    return _against_srgb(icc) + (", and brighter" if brighter else "")


def _against_srgb(icc: bytes) -> str:
    """How the colours of a profile lie to those of sRGB."""
    from imagecodecs import CmsError, cms_transform

    corners = np.eye(3, dtype=np.float32)[None]
    try:
        light = np.asarray(
            cms_transform(
                corners,
                icc,
                profile_made(*CODED[1], 1.0),
                colorspace="rgb",
                outcolorspace="rgb",
                outdtype="float32",
            )
        )
    except (CmsError, ValueError):
        return ""
    if light.min() < -NEAR or light.max() > 1 + NEAR:
        return "wider than sRGB"
    volume = abs(float(np.linalg.det(light[0].astype(float))))
    return "sRGB" if volume > MOST else "narrower than sRGB"
