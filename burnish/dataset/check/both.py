"""What is wrong with a pair: two headers held against each other, and two pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...contract import Array
from .findings import Found
from .hashes import correlation
from .header import Header
from .look import Look
from .registration import Shift, shift_between

#: pixels of the spoiled side from which on a shift is slight, and from which on it is one; what
#: registration must be sure of to say so; and below which the pictures are different ones. Right
#: pairs gave 0.17 and more, at noise of 50 and JPEG quality 10 too; wrong ones at most 0.06, small
#: ones
SLIGHT, SHIFT, SURE, NOTHING = 0.25, 0.75, 0.12, 0.08
#: how well small copies of different pictures agree at most: smooth pictures give registration
#: nothing to hold, and agree better nevertheless
UNLIKE = 0.7
#: noise hides what a picture shows where it may be more than this share of the contrast, and the
#: clean side has less than that share of it
NOISY_SHARE, CLEAN_SHARE = 0.3, 0.85
#: two sides are swapped where the clean one has so much less JPEG quality, so much less paper, so
#: much more noise
COARSER, DIRTIER, NOISIER = 15, 0.3, 3.0


@dataclass(frozen=True)
class Both:
    """What looking at a pair gave: the headers, the looks (None where a side could not be decoded),
    and the shift between them.
    """

    spoiled: Header
    clean: Header
    spoiled_look: Look | None = None
    clean_look: Look | None = None
    shift: Shift | None = None

    @property
    def files(self) -> tuple[str, str]:
        return str(self.spoiled.path), str(self.clean.path)


def faults_of_headers(spoiled: Header, clean: Header, scale: int) -> Iterator[Found]:
    if spoiled.error or clean.error:
        return
    files = (str(spoiled.path), str(clean.path))
    if clean.size != (spoiled.width * scale, spoiled.height * scale):
        yield _size_fault(files, spoiled, clean, scale)
    for fault, mine, theirs in (
        ("depth-mismatch", spoiled.depth, clean.depth),
        ("channel-mismatch", _colour(spoiled), _colour(clean)),
        ("orientation-mismatch", spoiled.orientation, clean.orientation),
    ):
        if mine != theirs:
            yield Found(fault, files, f"{mine} and {theirs}")


def _colour(header: Header) -> str:
    return "grey" if header.channels == 1 else "colour"


def _size_fault(files: tuple[str, str], spoiled: Header, clean: Header, scale: int) -> Found:
    """Swapped where the sizes fit the other way round; of another scale where some whole number, or
    its inverse, fits.
    """
    sizes = f"{spoiled.width}x{spoiled.height} and {clean.width}x{clean.height}"
    if scale > 1 and spoiled.size == (clean.width * scale, clean.height * scale):
        return Found("swapped", files, f"{sizes}: the clean side is the smaller one")
    factor = clean.width / spoiled.width
    whole = (
        abs(factor - round(factor)) < 1e-9
        and round(factor) > 1
        and clean.height == spoiled.height * round(factor)
    )
    if whole:
        return Found("scale-mismatch", files, f"{sizes}: x{round(factor)}, not x{scale}")
    near = scale > 1 and all(
        abs(large - scale * small) < scale
        for small, large in zip(spoiled.size, clean.size, strict=True)
    )
    return Found(
        "scale-mismatch" if near else "size-mismatch",
        files,
        sizes if scale == 1 else f"{sizes}, with a scale of {scale}",
    )


def registered(spoiled: Header, mine: Array, theirs: Array) -> Shift | None:
    """The shift from the clean side to the spoiled one, in pixels of the spoiled file; None where
    sizes do not fit or it cannot be told.
    """
    if theirs.shape != mine.shape:
        if abs(np.log(mine.shape[0] * theirs.shape[1] / (mine.shape[1] * theirs.shape[0]))) > 0.02:
            return None
        width, height = min(mine.shape[1], theirs.shape[1]), min(mine.shape[0], theirs.shape[0])
        mine, theirs = (_resized(picture, width, height) for picture in (mine, theirs))
    shift = shift_between(theirs, mine)
    factor = spoiled.width / mine.shape[1]
    if shift is None or (shift.length * factor >= SLIGHT and not _everywhere(shift, mine, theirs)):
        return shift and Shift(0.0, 0.0, shift.sure)
    return Shift(shift.down * factor, shift.right * factor, shift.sure)


def _everywhere(shift: Shift, mine: Array, theirs: Array) -> bool:
    """Whether two or more quarters of the picture are sure, and say the same; strokes that are
    thicker on one side look shifted here or there.
    """
    height, width = (side // 2 for side in mine.shape)
    places = [
        (slice(top, top + height), slice(left, left + width))
        for top in (0, height)
        for left in (0, width)
    ]
    parts = [
        part
        for place in places
        if (part := shift_between(theirs[place], mine[place])) is not None and part.sure > SURE
    ]
    return len(parts) > 1 and all(
        np.hypot(part.down - shift.down, part.right - shift.right) < 0.1 + 0.5 * shift.length
        for part in parts
    )


def _resized(picture: Array, width: int, height: int) -> Array:
    return np.asarray(
        Image.fromarray(picture).resize((width, height), Image.Resampling.BOX), np.float32
    )


def faults_of_both(both: Both) -> Iterator[Found]:
    mine, theirs = both.spoiled_look, both.clean_look
    if mine is None or theirs is None:
        return
    if mine.checksum == theirs.checksum and both.spoiled.size == both.clean.size:
        yield Found("identical", both.files)
        return
    shift = both.shift
    if shift is not None and _different(shift, mine, theirs):
        yield Found("different-pictures", both.files, f"they agree in {max(shift.sure, 0):.0%}")
    elif shift is not None and shift.sure > SURE and shift.length >= SLIGHT:
        yield Found(
            "shifted" if shift.length >= SHIFT else "slightly-shifted",
            both.files,
            f"the spoiled side lies {_words(shift)}",
        )
    if reason := _swapped(both, mine, theirs):
        yield Found("swapped", both.files, reason)


def _different(shift: Shift, spoiled: Look, clean: Look) -> bool:
    """Whether the sides show different pictures, beyond doubt."""
    return (
        shift.sure < NOTHING
        and not _hidden(spoiled, clean)
        and correlation(spoiled.small, clean.small) < UNLIKE
    )


def _hidden(spoiled: Look, clean: Look) -> bool:
    """Whether noise may be most of what the spoiled side shows."""
    noisy = spoiled.grain is None or spoiled.grain > NOISY_SHARE * spoiled.deviation
    return noisy and clean.deviation < CLEAN_SHARE * spoiled.deviation


def _words(shift: Shift) -> str:
    down, right = shift.down, shift.right
    parts = [
        f"{abs(right):.2f} pixels to the {'right' if right > 0 else 'left'}",
        f"{abs(down):.2f} {'down' if down > 0 else 'up'}",
    ]
    return " and ".join(
        part for part, size in zip(parts, (right, down), strict=True) if abs(size) >= 0.05
    )


def _swapped(both: Both, spoiled: Look, clean: Look) -> str | None:
    """Why the sides seem to be swapped, or None: by compression, by noise that both measures see,
    by how clean the page is.
    """
    if both.clean.quality is not None and both.clean.quality + COARSER < (
        both.spoiled.quality or 100
    ):
        return (
            f"JPEG quality {both.clean.quality} on the clean side, "
            f"{both.spoiled.quality or 'lossless'} on the spoiled one"
        )
    if spoiled.document and clean.paper + DIRTIER < spoiled.paper:
        return (
            f"{clean.paper:.0%} of the clean side is plain paper, {spoiled.paper:.0%} of the "
            "spoiled one"
        )
    if clean.noisy > spoiled.noisy + NOISIER:
        return (
            f"noise of {clean.noisy:.0f} or more on the clean side, {spoiled.noisy:.0f} on "
            "the spoiled one"
        )
    return None
