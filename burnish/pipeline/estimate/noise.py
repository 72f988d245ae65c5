"""How noisy a picture is: the RMS of what the noise added, before it was compressed.

A small network sees any noise, roughly (`network.py`); where it agrees that the noise is white,
the eigenvalues of patches know it exactly (`white.py`).
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.channels import without_copies
from .network import levels
from .white import white_noise

#: white noise is believed from this share of what the network sees up to this many times as much,
#: and so many steps: noise that is not white hides from it, and print and drawings mislead it
LEAST, MOST, STEPS = 0.5, 1.5, 2.0
#: channels are multiples of one where they differ from that by no more than this, in [0, 1]: a
#: black-and-white picture stored in colour, or in sepia
SAME = 1.6 / 255


def noise(image: Array) -> float:
    """The RMS, in 8-bit steps, of the noise of a whole picture [1, 1 or 3, H, W]; for white
    Gaussian noise its sigma. NonFiniteInput.

    0.0 for a picture without noise and for one too small to tell (below some 12x12).
    """
    planes = _independent(image)
    white = white_noise(planes)
    seen = levels(image)
    if seen is None:
        return white
    level = seen.level()
    if LEAST * level <= white <= MOST * level + STEPS:
        return white
    return level


def _independent(image: Array) -> Array:
    """One channel of a picture whose channels are multiples of each other, else the picture."""
    image = without_copies(image)
    if image.shape[1] == 1:
        return image
    total = image[0].sum(0)
    energy = float(np.square(total).sum())
    for channel in image[0]:
        gain = float((channel * total).sum()) / energy if energy else 0.0
        if float(np.abs(channel - np.float32(gain) * total).max()) > SAME:
            return image
    return np.asarray(image.mean(1, keepdims=True))
