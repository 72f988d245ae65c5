"""How noisy a picture is: the RMS of what the noise added, before it was compressed.

A small network sees any noise, roughly (`network.py`); where it agrees, or where neighbouring
pixels show that the noise is white, the eigenvalues of patches know it exactly (`white.py`).
"""

from __future__ import annotations

import math

import numpy as np

from ...ground.channels import channel_of, grey, without_copies
from ...ground.planes import Planes
from .blocks import blocks_in
from .estimate import Estimate
from .network import MOST_PIXELS, levels
from .quantiles import quantile
from .white import white_noise

#: white noise is believed from this share of what the network sees up to this many times as much,
#: and so many steps: noise that is not white hides from it, and print and drawings mislead it
LEAST, MOST, STEPS = 0.6, 1.6, 0.5
#: where neighbours tell that the noise is white, it is believed from this share on; less than that
#: is left of white noise behind a JPEG
LEAST_WHITE = 0.35
#: so many patches say roughly how strong white noise is, to this many times as much or as little;
#: pictures of fewer pixels than the last are known exactly as soon
ROUGH, SLACK, LEAST_ROUGH = 5_000, 1.3, 200_000
#: noise is white where the mean squared difference of pixels side by side is at least this share of
#: that of pixels with one between them; noise blurred over 0.6 pixels has 0.6 of it
WHITE = 0.78
#: looked at are the quietest blocks of so many pixels a side, this share of all, and so many at
#: least
BLOCK, QUIETEST, ENOUGH = 16, 0.15, 8
#: what the network sees in a clean, sharp photograph, in 8-bit steps: fine texture, film's own
#: grain, skin. Taken off by power, so that it stays in the picture; above 5 it hardly counts
OWN = 1.0
#: where its cells say that they are further off than this share, the picture is fine texture, noisy
#: or not. So much less of the level is believed for each unit above that, but at least this share,
#: and no more than so many steps less: weak noise that is left hides in texture, and texture that
#: is taken away leaves plastic; strong noise hides nowhere
UNSURE, DOUBT, LEAST_BELIEVED, MOST_DOUBTED = 0.72, 3.0, 0.4, 1.4
#: noise lies everywhere, if not everywhere alike, and texture lies in places. Where log(the level
#: that a fifth of the cells are above / the one that a fifth are below) and twice what the cells
#: say of how far off they are come to the first, the level nears the lower one; at the second it is
#: that. So it is in two of five clean photographs in which the network sees noise, and in one noisy
#: one of twenty
TEXTURED, TEXTURE = 2.4, 2.8
#: how far off the level may be, in nine pictures of ten, in steps and as a share of it: of noise
#: that neighbours show to be white, and of what both agree on
WHITE_STEPS, WHITE_SHARE = 1.2, 0.06
SEEN_STEPS, AGREED_SHARE = 1.2, 0.3
#: of what the network sees alone, times what its cells say of themselves
SEEN_SHARE = 0.45
#: and of a picture that is too small for it: all there is
BLIND = 75.0
#: channels are one where the RMS of what else is in them is no more than this, in [0, 1]: a
#: black-and-white picture stored in colour, or in sepia
SAME = 0.75 / 255


def noise(image: Planes) -> Estimate:
    """The RMS, in 8-bit steps, of the noise of a whole picture [1, 1 or 3, H, W]; for white
    Gaussian noise its sigma. NonFiniteInput.

    0.0 for a picture without noise and for one too small to tell (below some 12x12).
    """
    planes, gain = _independent(image)
    seen = levels(image)
    if seen is None:
        return Estimate(gain * white_noise(planes), BLIND)
    level = seen.level()
    white = _white(planes, gain, level)
    if white is not None:
        return white
    off = seen.off()
    share = float(np.clip(1 - DOUBT * (off - UNSURE), LEAST_BELIEVED, 1))
    believed = max(share * level, level - MOST_DOUBTED)
    quiet, loud = seen.fifths()
    textured = (math.log(loud / quiet) + 2 * off - TEXTURED) / (TEXTURE - TEXTURED)
    believed -= max(0.0, believed - quiet) * float(np.clip(textured, 0, 1))
    value = float(np.sqrt(max(believed**2 - OWN**2, 0.0)))
    return Estimate(value, SEEN_STEPS + SEEN_SHARE * off * level)


def _white(planes: Planes, gain: float, level: float) -> Estimate | None:
    """The noise of `_independent` planes as white noise; None where that is not to be believed
    beside the level that the network sees.
    """
    most = MOST * level + STEPS
    # What is white is seldom met, and costs the most to know exactly: so a rough look comes first.
    low, high = _between(planes, gain)
    if high < LEAST_WHITE * level or low > most:
        return None
    shown = _is_white(planes)
    least = (LEAST_WHITE if shown else LEAST) * level
    if high < least:
        return None
    white = gain * white_noise(planes)
    if not least <= white <= most:
        return None
    off = WHITE_STEPS + WHITE_SHARE * white if shown else SEEN_STEPS + AGREED_SHARE * white
    return Estimate(white, off)


def _between(planes: Planes, gain: float) -> tuple[float, float]:
    """Between which sigmas white noise is, by a rough look; of a small picture it is any."""
    if math.prod(planes.shape[-2:]) < LEAST_ROUGH:
        return 0.0, math.inf
    roughly = gain * white_noise(planes, ROUGH)
    return roughly / SLACK, roughly * SLACK


def _is_white(planes: Planes) -> bool:
    """Whether pixels side by side are as different as pixels further apart, where [1, C, H, W] is
    quietest.
    """
    blocks = grey(blocks_in(planes, BLOCK, MOST_PIXELS // BLOCK**2))
    spread = blocks.var((1, 2))
    blocks = blocks[spread > 0]
    spread = spread[spread > 0]
    if len(blocks) < ENOUGH:
        return False
    quiet = blocks[spread <= quantile(spread, QUIETEST)]

    def difference(apart: int) -> float:
        down = np.square(quiet[:, apart:] - quiet[:, :-apart]).mean()
        across = np.square(quiet[:, :, apart:] - quiet[:, :, :-apart]).mean()
        return float(down + across)

    return difference(1) >= WHITE * difference(2)


def _independent(image: Planes) -> tuple[Planes, float]:
    """The picture, and 1; or, where its channels are one channel, each brighter or darker than the
    other (black and white in sepia), the strongest, and the RMS of all as a share of it.

    The strongest one alone is clipped where the scanner clipped, which the others hide.
    """
    image = without_copies(image)
    if image.shape[1] == 1:
        return image, 1.0
    every = max(1, int(np.sqrt(math.prod(image.shape[-2:]) / MOST_PIXELS)))
    seen = image[0, :, ::every][..., ::every]
    apart = seen - seen.mean((1, 2), keepdims=True)
    total = apart.sum(0)
    energy = float(np.square(total).sum())
    if not energy:
        return channel_of(image, 0), 1.0
    gains = np.array([float((channel * total).sum()) / energy for channel in apart], np.float32)
    left = apart - gains[:, None, None] * total
    if float(np.square(left).mean()) > SAME**2 or gains.max() <= 0:
        return image, 1.0
    strongest = int(gains.argmax())
    share = float(np.sqrt(np.square(gains).mean()) / gains[strongest])
    return channel_of(image, strongest), share
