"""What stands where a damaged file no longer says anything.

For the network, and for whoever looks at noise, a picture goes on there as in a mirror, so that it
meets no edge and no even field that is none. In the result these places are grey, so that nobody
takes them for the picture.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ..picture import Left, Picture

#: what stands in the result where nothing is known
GREY = 0.5
#: what is said where bytes are missing or wrong: not all that is decoded is right
DOUBT = "parts of it may be wrong, since bytes inside it are damaged"
#: columns that are filled at a time, so that temporaries stay small
COLUMNS = 256


def in_words(left: Left) -> str:
    """How much of a picture is left, in a sentence."""
    which = f"{left.frames}; " if left.frames else ""
    besides = f", but {left.but}" if left.but else ""
    if not left.missing.any():
        all_there = "" if left.frames and not besides else f"all of it is there{besides}"
        return f"salvaged: {which}{all_there}".removesuffix("; ")
    there = f"{max(0.1, math.floor(left.share * 1000) / 10):.1f} % of it"
    return f"salvaged: {which}{there} is there{besides}; the rest is grey"


def salvaged(picture: Picture) -> Picture:
    """The picture with its gaps filled for the network, and a note on how much of it is there."""
    left = picture.left
    assert left is not None
    notes = (*picture.notes, in_words(left))
    if not left.missing.any():
        return replace(picture, notes=notes)
    alpha = None if picture.alpha is None else continued(picture.alpha, left.missing)
    return replace(
        picture, planes=continued(picture.pixels, left.missing), alpha=alpha, notes=notes
    )


def greyed(picture: Picture) -> Picture:
    """The picture with grey, which hides what is behind it, in the place of what is missing."""
    left = picture.left
    if left is None or not left.missing.any():
        return picture
    pixels = np.where(left.missing, np.float32(GREY), picture.pixels)
    alpha = picture.alpha
    if alpha is not None:
        alpha = np.where(left.missing, np.float32(1), alpha)
    return replace(picture, planes=pixels, alpha=alpha)


def continued(planes: Array, missing: NDArray[np.bool_]) -> Array:
    """Planes [1, C, H, W] in which what is missing [H, W] is mirrored at the edge of what is known,
    above or below it; in columns of which nothing is known, beside it.
    """
    known = ~missing
    filled = np.empty_like(planes)
    for start in range(0, planes.shape[-1], COLUMNS):
        some = np.s_[start : start + COLUMNS]
        rows = _mirrored(known[:, some])
        filled[0, :, :, some] = np.take_along_axis(planes[0, :, :, some], rows[None], axis=1)
    seen = np.asarray(known.any(axis=0))
    if seen.all():
        return filled
    return np.take(filled, _mirrored(seen[:, None])[:, 0], axis=-1)


def _mirrored(known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each place in the columns [H, W] the row that stands in for it: its own where it is
    known, else that of its mirror image at the nearest edge. Its own where nothing is known.
    """
    height = len(known)
    above, far_above = _mirrored_above(known)
    below, far_below = (turned[::-1] for turned in _mirrored_above(known[::-1]))
    nearer = np.where(far_below < far_above, height - 1 - below, above)
    nothing = np.minimum(far_above, far_below) > height
    return np.where(nothing, np.arange(height)[:, None], nearer)


def _mirrored_above(known: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The row that stands in for each place, from the known ones above it, and how far away these
    end; farther than the height where there are none.
    """
    height = len(known)
    row = np.arange(height)[:, None]
    last = np.maximum.accumulate(np.where(known, row, -1))
    begins = known.copy()
    begins[1:] &= ~known[:-1]
    first = np.maximum.accumulate(np.where(begins, row, 0))
    # Of a known place it is its own row; behind the last one, back and forth through the stretch
    # of known ones that ends there.
    far = row - last
    length = last - np.take_along_axis(first, np.maximum(last, 0), axis=0) + 1
    length = np.maximum(length, 1)
    back = np.maximum(far - 1, 0) % (2 * length)
    back = np.minimum(back, 2 * length - 1 - back)
    return np.where(last < 0, row, last - back), np.where(last < 0, 2 * height, far)
