"""find(): where a picture is damaged, by a network that gives masks."""

from __future__ import annotations

import numpy as np

from ..contract import Array, Contract
from ..ground.channels import to_input, without_copies
from ..images import Picture, fill_hidden, tone_of
from .painted import Predict


def find(by: Predict, contract: Contract, picture: Picture, icc: bool = True) -> Array:
    """How sure the network is of damage at each pixel: [H, W] in 0..1, as the picture is stored.

    The contract's `gives` is "mask". icc: whether the network sees tones as sRGB has them, where
    the picture's profile has them otherwise. What lies under full transparency is no damage.
    """
    tone = tone_of(picture) if icc else None
    pixels = picture.pixels if tone is None else tone.seen(picture.pixels)
    if picture.alpha is not None:
        pixels = fill_hidden(pixels, picture.alpha)
    mask: Array = by(to_input(contract, without_copies(pixels)), None, 1.0)[0, 0]
    return mask if picture.alpha is None else np.where(picture.alpha[0, 0] > 0, mask, 0)
