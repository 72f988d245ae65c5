"""Infrared planes: which plane of a picture it is, the file beside it that has one, and the light
of the picture that it is held against.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .. import images
from ..contract import Array
from ..errors import InputError
from ..ground.channels import grey
from ..ground.resize import same_shape
from ..images import Picture, Plane, tone_of, toned
from ..images.colour import srgb
from ..images.exif import orientation
from ..images.picture import EXTRA, INFRARED, to_planes

#: what scanning programs add to the name of a TIFF for its infrared
BESIDE = ("_ir", "_IR")
#: the endings of files that may have one beside them
ENDINGS = (".tif", ".tiff")


def infrared_in(picture: Picture) -> Array | None:
    """The infrared plane [h, w] in 0..1 of a picture's own file; None where it has none.

    It is a page that is known for one, or a sample beside the colours, of more than 8 bits, that
    the file says nothing of: one of 8 bits is transparency more often.
    """
    for plane in picture.extras:
        deep = plane.samples.dtype != np.uint8
        if plane.name == INFRARED or (plane.name == EXTRA and deep):
            return _of(plane)
    return None


def infrared_beside(source: str) -> Path | None:
    """The file of the infrared of a picture, which stands beside it; None where none does."""
    stem, ending = os.path.splitext(source)
    if ending.lower() not in ENDINGS:
        return None
    names = (f"{stem}{mark}{end}" for mark in BESIDE for end in dict.fromkeys((ending, *ENDINGS)))
    return next((Path(name) for name in names if os.path.isfile(name)), None)


def without_infrared(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of (source, target) but those whose source is the infrared of another's."""
    beside = {str(infrared_beside(source)) for source, _ in pairs}
    return [pair for pair in pairs if pair[0] not in beside]


def read_infrared(path: Path, picture: Picture, max_megapixels: float | None) -> Array:
    """The infrared plane [h, w] in 0..1 of a picture, from a file of its own, as the picture's
    pixels are stored.

    The file may hold a plane beside colours, or be a picture in grey. Where it does not say how it
    is turned, it lies as the picture does. InputError where it is of another shape; InputErrors of
    reading.
    """
    read = images.read(path, max_megapixels=max_megapixels)
    plane = infrared_in(read)
    if plane is None:
        plane = np.asarray(grey(read.pixels[0]), np.float32)
    tag = orientation(read.exif)
    height, width = picture.size
    if tag == 1 and same_shape(plane.shape, (height, width)):
        return plane
    upright = images.turned(plane, tag)
    if not same_shape(upright.shape, images.looked_at(picture)):
        raise InputError(
            f"{path}: is infrared of {plane.shape[1]}x{plane.shape[0]}, which is another shape "
            f"than the picture's {width}x{height}; --infrared off leaves it aside"
        )
    return np.ascontiguousarray(images.stored(upright, picture))


def light_of(picture: Picture) -> Array:
    """The light [C, H, W] of a picture's pixels, 0 for none and 1 for white.

    The numbers of a TIFF of more than 8 bits without a profile are light as they stand: such are a
    scanner's own. All others are tones.
    """
    if _is_light(picture):
        stored: Array = picture.pixels[0]
        return stored
    return srgb.light_of(toned(picture).pixels[0])


def pixels_of(light: Array, picture: Picture) -> Array:
    """Light [C, H, W] as numbers [1, C, H, W] of the picture's own kind."""
    if _is_light(picture):
        stored: Array = light[None]
        return stored
    tones = srgb.numbers_of(light)[None]
    tone = tone_of(picture)
    found: Array = tones if tone is None else tone.stored(tones)
    return found


def _is_light(picture: Picture) -> bool:
    said = picture.icc is not None or picture.cicp is not None
    return picture.format == "TIFF" and picture.depth != "uint8" and not said


def _of(plane: Plane) -> Array:
    found: Array = to_planes(plane.samples)[0, 0]
    return found
