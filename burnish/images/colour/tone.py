"""Tone: how a profile spreads dark and light over its numbers, against sRGB.

Networks are trained on numbers of sRGB. A picture whose profile spreads tones in another way
(linear, ProPhoto's, a printer's grey) is shown to them as sRGB would have it, channel by channel.
Its channels are not mixed: that would spread the noise of each over all, and cost more than it
gains (docs/formats.md has the figures); and its colours stay its own, however wide they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ...contract import Array
from ...ground.planes import ROWS, of_parts
from ..picture import Picture
from .codes import profile_of_code
from .profiles import SPACES, misfit
from .profiles import srgb as profile_of_srgb

#: steps of a curve
STEPS = 4096
#: a curve that is nowhere further from sRGB's is taken for it
NEAR = 10 / 255


@dataclass(frozen=True, eq=False)
class Tone:
    """The curve from a profile's numbers to those of sRGB for the same grey."""

    #: numbers of sRGB for 0 to 1 in even steps, each above the one before
    curve: Array

    def seen(self, planes: Array) -> Array:
        """Planes of a picture's own numbers as sRGB has them; what is beyond 0 and 1 is cut off."""
        return _through(planes, _even(), self.curve)

    def stored(self, planes: Array) -> Array:
        """The way back."""
        return _through(planes, self.curve, _even())

    def put_back(self, before: Array, after: Array) -> Array:
        """The picture's own numbers `before`, changed as `after` differs from what was seen of
        them. Where nothing differs, they stay as they are to the last bit.

        before: [1, C, H, W]. after: of the same shape, or of another size or other channels, which
        then stands alone.
        """
        if before.shape != after.shape:
            return self.stored(after)
        changed: Array = before + (self.stored(after) - self.stored(self.seen(before)))
        return changed


def tone_of(picture: Picture) -> Tone | None:
    """The tone of a picture's profile, or of its code of colours; None where there is neither,
    where it is sRGB's or near, or where nobody can say.
    """
    icc, channels = picture.icc, picture.channels
    if icc is None and picture.cicp is not None:
        icc = profile_of_code(picture.cicp, grey=channels == 1)
    if icc is None or misfit(icc, channels):
        return None
    return _tone(icc)


def toned(picture: Picture) -> Picture:
    """The picture as a network is to see it."""
    tone = tone_of(picture)
    return picture if tone is None else replace(picture, planes=of_parts(picture.planes, tone.seen))


@lru_cache(maxsize=4)
def _tone(icc: bytes) -> Tone | None:
    from imagecodecs import CmsError, cms_transform

    grey = SPACES.get(icc[16:20]) == "grey"
    ramp = _even()[None, :, None]
    ramp = np.ascontiguousarray(ramp if grey else np.repeat(ramp, 3, 2))
    try:
        shown = cms_transform(
            ramp,
            icc,
            profile_of_srgb(),
            colorspace="gray" if grey else "rgb",
            outcolorspace="rgb",
            outdtype="float32",
        )
    except (CmsError, ValueError):
        return None
    curve: Array = np.asarray(shown, np.float32)[0].mean(-1)
    # Black and white are those of the picture, whatever paper the profile has in mind.
    curve = (curve - curve[0]) / max(float(curve[-1] - curve[0]), 1e-6)
    if not np.isfinite(curve).all() or (np.diff(curve) <= 0).any():
        return None
    return None if np.abs(curve - _even()).max() <= NEAR else Tone(curve)


def _even() -> Array:
    return np.linspace(0, 1, STEPS + 1, dtype=np.float32)


def _through(planes: Array, before: Array, after: Array) -> Array:
    """The planes through a curve, some rows at a time."""
    result = np.empty(planes.shape, np.float32)
    flat, out = (each.reshape(-1, planes.shape[-1]) for each in (planes, result))
    for top in range(0, len(flat), ROWS):
        out[top : top + ROWS] = np.interp(flat[top : top + ROWS], before, after)
    return result
