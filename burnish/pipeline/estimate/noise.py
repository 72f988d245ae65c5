"""How noisy a picture is: the RMS of what the noise added, before it was compressed.

A small network sees any noise, roughly (`network.py`); where it agrees that the noise is white,
the eigenvalues of patches know it exactly (`white.py`).
"""

from __future__ import annotations

import numpy as np

from ...contract import Array
from ...ground.channels import without_copies
from .network import MOST_PIXELS, levels
from .white import white_noise

#: white noise is believed from this share of what the network sees up to this many times as much,
#: and so many steps: noise that is not white hides from it, and print and drawings mislead it
LEAST, MOST, STEPS = 0.6, 1.6, 0.5
#: channels are one where the RMS of what else is in them is no more than this, in [0, 1]: a
#: black-and-white picture stored in colour, or in sepia
SAME = 0.75 / 255


def noise(image: Array) -> float:
    """The RMS, in 8-bit steps, of the noise of a whole picture [1, 1 or 3, H, W]; for white
    Gaussian noise its sigma. NonFiniteInput.

    0.0 for a picture without noise and for one too small to tell (below some 12x12).
    """
    planes, gain = _independent(image)
    white = gain * white_noise(planes)
    seen = levels(image)
    if seen is None:
        return white
    level = seen.level()
    if LEAST * level <= white <= MOST * level + STEPS:
        return white
    return level


def _independent(image: Array) -> tuple[Array, float]:
    """The picture, and 1; or, where its channels are one channel, each brighter or darker than the
    other (black and white in sepia), the strongest, and the RMS of all as a share of it.

    The strongest one alone is clipped where the scanner clipped, which the others hide.
    """
    image = without_copies(image)
    if image.shape[1] == 1:
        return image, 1.0
    every = max(1, int(np.sqrt(image[0, 0].size / MOST_PIXELS)))
    seen = image[0, :, ::every, ::every]
    apart = seen - seen.mean((1, 2), keepdims=True)
    total = apart.sum(0)
    energy = float(np.square(total).sum())
    if not energy:
        return image[:, :1], 1.0
    gains = np.array([float((channel * total).sum()) / energy for channel in apart], np.float32)
    left = apart - gains[:, None, None] * total
    if float(np.square(left).mean()) > SAME**2 or gains.max() <= 0:
        return image, 1.0
    strongest = int(gains.argmax())
    share = float(np.sqrt(np.square(gains).mean()) / gains[strongest])
    return image[:, strongest : strongest + 1], share
