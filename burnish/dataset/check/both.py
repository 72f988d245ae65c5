"""What is wrong with a pair: two headers held against each other, and two pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...contract import Array
from .findings import Found
from .hashes import correlation
from .header import CheckedHeader
from .look import Look
from .registration import Shift, shift_between

#: pixels of the spoiled side from which on a shift is told as a slight one
SLIGHT = 0.25
#: pixels of the spoiled side from which on it is a shift
SHIFT = 0.75
#: how sure registration must be to say so. Right pairs gave 0.17 and more, at noise of 50 and JPEG
#: quality 10 too
SURE = 0.12
#: below this the pictures are different ones. Wrong pairs gave at most 0.06, small ones
NOTHING = 0.08
#: how well small copies of different pictures agree at most: smooth pictures give registration
#: nothing to hold, and agree better nevertheless
UNLIKE = 0.7
#: noise may hide what a picture shows from this share of its contrast on ...
NOISY_SHARE = 0.3
#: ... where the clean side has less than this share of the contrast
CLEAN_SHARE = 0.85
#: two sides are swapped where the clean one has so much less JPEG quality,
COARSER = 15
#: so much less of its pixels in plain paper,
DIRTIER = 0.3
#: or so much more noise, sigma in 8-bit steps
NOISIER = 3.0


@dataclass(frozen=True)
class Both:
    """What looking at a pair gave."""

    #: the header of the spoiled side
    spoiled: CheckedHeader
    #: the header of the clean side
    clean: CheckedHeader
    #: figures of the spoiled side, or None where it could not be decoded
    spoiled_look: Look | None = None
    #: figures of the clean side, or None where it could not be decoded
    clean_look: Look | None = None
    #: from the clean side to the spoiled one, or None where it cannot be told
    shift: Shift | None = None

    @property
    def files(self) -> tuple[str, str]:
        """The two files, the spoiled side first."""
        return str(self.spoiled.path), str(self.clean.path)


def faults_of_headers(spoiled: CheckedHeader, clean: CheckedHeader, scale: int) -> Iterator[Found]:
    """Yields what is wrong with a pair by its headers. scale: clean size over spoiled size."""
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


def _colour(header: CheckedHeader) -> str:
    return "grey" if header.channels == 1 else "colour"


def _size_fault(
    files: tuple[str, str], spoiled: CheckedHeader, clean: CheckedHeader, scale: int
) -> Found:
    """Swapped where the sizes fit the other way round, else another scale, else another size."""
    sizes = f"{spoiled.width}x{spoiled.height} and {clean.width}x{clean.height}"
    if scale > 1 and spoiled.size == (clean.width * scale, clean.height * scale):
        return Found("swapped", files, f"{sizes}: the clean side is the smaller one")
    # some other whole number
    factor = clean.width / spoiled.width
    whole = round(factor)
    if whole > 1 and abs(factor - whole) < 1e-9 and clean.height == spoiled.height * whole:
        return Found("scale-mismatch", files, f"{sizes}: x{whole}, not x{scale}")
    # this scale, but for a few pixels of an edge
    sides = zip(spoiled.size, clean.size, strict=True)
    near = scale > 1 and all(abs(large - scale * small) < scale for small, large in sides)
    fault = "scale-mismatch" if near else "size-mismatch"
    return Found(fault, files, sizes if scale == 1 else f"{sizes}, with a scale of {scale}")


def registered(spoiled: CheckedHeader, mine: Array, theirs: Array) -> Shift | None:
    """Returns the shift from the clean side to the spoiled one, in pixels of the spoiled file.

    mine, theirs: the brightness of the spoiled and of the clean side, [H, W]. Returns None where
    the sizes do not fit, or it cannot be told.
    """
    if theirs.shape != mine.shape:
        shapes = mine.shape[0] * theirs.shape[1] / (mine.shape[1] * theirs.shape[0])
        if abs(np.log(shapes)) > 0.02:
            return None
        height = min(mine.shape[0], theirs.shape[0])
        width = min(mine.shape[1], theirs.shape[1])
        mine = _resized(mine, width, height)
        theirs = _resized(theirs, width, height)
    shift = shift_between(theirs, mine)
    if shift is None:
        return None
    factor = spoiled.width / mine.shape[1]
    if shift.length * factor >= SLIGHT and not _everywhere(shift, mine, theirs):
        return Shift(0.0, 0.0, shift.sure)
    return Shift(shift.down * factor, shift.right * factor, shift.sure)


def _everywhere(shift: Shift, mine: Array, theirs: Array) -> bool:
    """Whether two or more quarters of the picture are sure, and say the same.

    Strokes that are thicker on one side look shifted in one place or another.
    """
    height, width = (side // 2 for side in mine.shape)
    quarters = [
        (slice(top, top + height), slice(left, left + width))
        for top in (0, height)
        for left in (0, width)
    ]
    shifts = [shift_between(theirs[quarter], mine[quarter]) for quarter in quarters]
    sure = [part for part in shifts if part is not None and part.sure > SURE]
    return len(sure) > 1 and all(
        np.hypot(part.down - shift.down, part.right - shift.right) < 0.1 + 0.5 * shift.length
        for part in sure
    )


def _resized(picture: Array, width: int, height: int) -> Array:
    resized = Image.fromarray(picture).resize((width, height), Image.Resampling.BOX)
    return np.asarray(resized, np.float32)


def faults_of_both(both: Both) -> Iterator[Found]:
    """Yields what is wrong with a pair by its pixels."""
    mine = both.spoiled_look
    theirs = both.clean_look
    if mine is None or theirs is None:
        return
    if mine.checksum == theirs.checksum and both.spoiled.size == both.clean.size:
        yield Found("identical", both.files)
        return
    shift = both.shift
    if shift is not None and _different(shift, mine, theirs):
        yield Found("different-pictures", both.files, f"they agree in {max(shift.sure, 0):.0%}")
    elif shift is not None and shift.sure > SURE and shift.length >= SLIGHT:
        fault = "shifted" if shift.length >= SHIFT else "slightly-shifted"
        yield Found(fault, both.files, f"the spoiled side lies {_words(shift)}")
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
    across = f"{abs(shift.right):.2f} pixels to the {'right' if shift.right > 0 else 'left'}"
    along = f"{abs(shift.down):.2f} {'down' if shift.down > 0 else 'up'}"
    parts = {across: shift.right, along: shift.down}
    return " and ".join(part for part, size in parts.items() if abs(size) >= 0.05)


def _swapped(both: Both, spoiled: Look, clean: Look) -> str | None:
    """Why the sides seem to be swapped, or None.

    It shows by compression, by how clean the page is, or by noise that both measures see.
    """
    quality = both.clean.quality
    if quality is not None and quality + COARSER < (both.spoiled.quality or 100):
        return (
            f"JPEG quality {quality} on the clean side, "
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
