"""Arrays become Pictures, and come back in the type and layout that they had."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NonFiniteInput, UsageError
from ..ground.planes import all_finite
from ..images import Picture, from_array
from ..images.picture import to_samples
from ..pipeline import Restored

#: the types that an array's samples may have
TYPES = ("uint8", "uint16", "float32", "float64")
#: channels that an array [H, W, C] may have
CHANNELS = (1, 3, 4)


def as_picture(image: NDArray[Any]) -> Picture:
    """The Picture of an array of one of TYPES; float64 becomes float32.

    image: [H, W], [H, W, 1], [H, W, 3] (RGB) or [H, W, 4] (RGB and alpha).

    UsageError for another type or shape, NonFiniteInput for NaN or infinity.
    """
    if not isinstance(image, np.ndarray):
        raise UsageError(
            f"a model takes a picture as an array, not {type(image).__name__}; burnish.restore "
            "reads files"
        )
    if image.dtype.name not in TYPES:
        raise UsageError(
            f"an image of {image.dtype} is not read; uint8, uint16, float32 or float64 is"
        )
    layered = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in CHANNELS)
    if not layered or image.size == 0:
        raise UsageError(
            f"an array of shape {list(image.shape)} is not a picture; [H, W], [H, W, 1], [H, W, "
            "3] or [H, W, 4] is"
        )
    known = image.astype(np.float32) if image.dtype == np.float64 else image
    picture = from_array(known)
    if not all_finite(picture.planes):
        raise NonFiniteInput("the image holds NaN or infinity")
    return picture


def as_array(restored: Restored, like: NDArray[Any]) -> NDArray[Any]:
    """The restored picture as an array of the type and layout of the one that it came from.

    like: that array. Integers are clamped and rounded. At strength 0 the result has its very bits.
    """
    picture = restored.picture
    samples = to_samples(picture, picture.depth)
    if not np.any(restored.settled.strength) and samples.shape[:2] == like.shape[:2]:
        # Not the samples, since those of float64 have lost bits on the way.
        return like.copy()
    if like.ndim == 3 and samples.ndim == 2:
        samples = samples[:, :, None]
    return samples.astype(like.dtype, copy=False)
