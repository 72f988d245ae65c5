"""EXIF orientation 1-8: how stored pixels are to be turned to be looked at.

Exactly one of two is done: pixels turned, or the tag kept.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from ..ground.planes import Planes, WholeNumbers, floats
from .exif import orientation, set_upright
from .picture import Picture

#: the type of samples that are turned
Sample = TypeVar("Sample", bound=np.generic)

_IN_XMP = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[2-8]")


def turned(planes: NDArray[Sample], tag: int) -> NDArray[Sample]:
    """Planes [..., H, W] stored under orientation `tag` (1 to 8), as they are looked at. A view."""
    across, down = (2, 3, 6, 7), (3, 4, 7, 8)
    if tag >= 5:
        planes = planes.swapaxes(-1, -2)
    if tag in across:
        planes = planes[..., ::-1]
    return planes[..., ::-1, :] if tag in down else planes


def stored(planes: Array, picture: Picture) -> Array:
    """Planes [..., H, W] that stand upright, turned to lie as the picture's pixels are stored.

    The result is a view.
    """
    tag = orientation(picture.exif)
    return turned(planes, {6: 8, 8: 6}.get(tag, tag))


def lies(exif: bytes | None) -> bool:
    """Whether a picture of that EXIF lies on its side in its file."""
    return orientation(exif) >= 5


def looked_at(picture: Picture) -> tuple[int, int]:
    """Height and width of the picture as it is looked at."""
    height, width = picture.size
    return (width, height) if lies(picture.exif) else (height, width)


def _planes(planes: Planes, tag: int) -> Planes:
    """As `turned`, of what a picture holds; floats are laid anew."""
    if isinstance(planes, WholeNumbers):
        return replace(planes, samples=turned(planes.samples, tag))
    return np.ascontiguousarray(turned(floats(planes), tag))


def upright(picture: Picture) -> Picture:
    """The picture with its pixels turned upright, and every tag that says how they lie set to 1.

    It is the picture itself where they stand upright already.
    """
    tag = orientation(picture.exif)
    if tag == 1:
        return picture
    planes = _planes(picture.planes, tag)
    alpha = None if picture.alpha is None else np.ascontiguousarray(turned(picture.alpha, tag))
    extras = tuple(
        replace(plane, samples=np.ascontiguousarray(turned(plane.samples, tag)))
        for plane in picture.extras
    )
    dpi = picture.dpi if picture.dpi is None or tag < 5 else (picture.dpi[1], picture.dpi[0])
    xmp = None if picture.xmp is None else _IN_XMP.sub(rb"\g<1>1", picture.xmp)
    exif = (
        None
        if picture.exif is None
        else set_upright(picture.exif, planes.shape[-1], planes.shape[-2])
    )
    left = picture.left
    if left is not None:
        left = replace(left, missing=turned(left.missing, tag))
    return replace(
        picture,
        planes=planes,
        alpha=alpha,
        dpi=dpi,
        xmp=xmp,
        exif=exif,
        extras=extras,
        left=left,
    )
