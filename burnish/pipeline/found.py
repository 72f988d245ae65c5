"""find(): where a picture is damaged, by a network that gives masks."""

from __future__ import annotations

import numpy as np

from ..contract import Array, Contract
from ..ground.channels import to_input, without_copies
from ..ground.planes import floats, of_parts
from ..ground.resize import resize
from ..images import Picture, fill_hidden, tone_of
from .painted import Predict


def find(
    by: Predict, contract: Contract, picture: Picture, icc: bool = True, scale: float = 100.0
) -> Array:
    """How sure the network is of damage at each pixel: [H, W] in 0..1, as the picture is stored.

    The contract's `gives` is "mask". icc: whether the network sees tones as sRGB has them, where
    the picture's profile has them otherwise. scale: at how many percent of its size the picture is
    looked at, up to 100. What lies under full transparency is no damage.
    """
    tone = tone_of(picture) if icc else None
    pixels = picture.planes if tone is None else of_parts(picture.planes, tone.seen)
    if picture.alpha is not None:
        pixels = fill_hidden(pixels, picture.alpha)
    seen = to_input(contract, without_copies(pixels))
    mask: Array = _at(scale, by, floats(seen)) if scale < 100 else by(floats(seen), None, 1.0)[0, 0]
    return mask if picture.alpha is None else np.where(picture.alpha[0, 0] > 0, mask, 0)


def _at(scale: float, by: Predict, seen: Array) -> Array:
    """The mask [H, W] of a picture [1, C, H, W] that is looked at so many percent as large."""
    height, width = seen.shape[-2:]
    down, across = (max(1, round(side * scale / 100)) for side in (height, width))
    mask = by(resize(seen, down, across), None, 1.0)
    large: Array = resize(mask, height, width, "bilinear")[0, 0]
    return large
