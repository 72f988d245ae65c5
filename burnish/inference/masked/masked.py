"""Masked: a model that works where a mask says, which it finds itself or is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ... import images
from ...contract import Array
from ...ground.files import prepare_folder
from ...images import MAX_MEGAPIXELS, Picture
from ...pipeline import NOTHING, Asked, MapFile, Region
from ..model import Model

#: where a mask that somebody made is at least this, it counts as white
MARKED = 0.5


class Masked(Model):
    """A model that works where a mask says, and leaves every sample elsewhere as it is."""

    def mask(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        *,
        tile: int | None = None,
        max_megapixels: float | None = MAX_MEGAPIXELS,
    ) -> tuple[Array, tuple[str, ...]]:
        """The mask [H, W] that it finds for a picture, 1 where it would work; and sentences on it.

        The arguments are those of `restore`.
        """
        raise NotImplementedError


def given_mask(
    mask: MapFile | Array, picture: Picture, max_megapixels: float | None = MAX_MEGAPIXELS
) -> Region:
    """Where a mask that somebody gave is white [H, W], as the picture is stored.

    InputErrors of reading one; InputError where it is of another shape.
    """
    found = mask.read(picture, max_megapixels) if isinstance(mask, MapFile) else mask
    white: Region = found >= MARKED
    return white


def write_mask(path: Path, picture: Picture, mask: Array) -> None:
    """Writes the mask [H, W] of a picture, as the picture is stored, as one that is looked at.

    White is 1. It stands upright, whether the picture is turned or a tag says so.
    """
    upright = images.upright(picture.with_pixels(mask[None, None]))
    whole = np.rint(255 * upright.pixels[0, 0]).astype(np.uint8)
    prepare_folder(path)
    images.write(path, images.from_array(whole))
