"""Size: how large a result is to be, where that is not what the model gives; and the filter for it.

The model goes first, at its own scale; `auto` has networks that enlarge. What is left to the size
that is wanted is done by Lanczos's filter, in the picture's own tones, as networks enlarge and as
the field measures.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

import numpy as np

from ..contract import Array
from ..errors import UsageError
from ..ground.planes import floats
from ..ground.resize import resize
from ..images import Picture, fill_hidden
from ..images import lies as lies_on_its_side
from .restored import Restored

#: the most times that a picture is enlarged, and the most pixels that a side may be asked to have
MOST_TIMES, MOST_PIXELS = 16.0, 65536
#: 3000x (so wide), x2000 (so high), or 3000x2000 (inside of both)
_FRAME = re.compile(r"(\d{1,6})?x(\d{1,6})?")
#: the kernel, and how much more than 1 it has to enlarge for a note to say so
KERNEL, SAID = "lanczos", 1.02


@dataclass(frozen=True)
class Size:
    """How large a result is to be: so many times as large, or inside of a frame."""

    #: as somebody wrote it: "3", "3000x", "x2000" or "3000x2000"
    words: str
    #: times the size of what comes in; None where a frame says it
    times: float | None = None
    #: pixels across, as the picture is looked at; None where that is free
    width: int | None = None
    #: pixels down, as the picture is looked at; None where that is free
    height: int | None = None

    @classmethod
    def parse(cls, words: str) -> Size:
        """The size that is written as `3`, `3000x`, `x2000` or `3000x2000`.

        UsageError for anything else, and beyond what is made: 1 to 16 times, 65,536 pixels.
        """
        found = _FRAME.fullmatch(words)
        if found and (found[1] or found[2]):
            sides = [None if side is None else int(side) for side in found.groups()]
            if all(side is None or 1 <= side <= MOST_PIXELS for side in sides):
                return cls(words, None, *sides)
        elif (times := _number(words)) is not None and 1 <= times <= MOST_TIMES:
            return cls(words, times)
        raise UsageError(
            f"a size of {words!r} is not made: it is so many times as large, from 1 to "
            f"{MOST_TIMES:g}, or pixels, as 3000x, x2000 or 3000x2000, up to {MOST_PIXELS}"
        )

    def of(self, height: int, width: int, lies: bool = False) -> tuple[int, int]:
        """(height, width) of the result of a picture of that size, both as they are stored.

        lies: whether the picture lies on its side in its file.
        """
        sides = (
            ((self.height, width), (self.width, height))
            if lies
            else ((self.height, height), (self.width, width))
        )
        factors = [wanted / side for wanted, side in sides if wanted is not None]
        factor = min(factors) if self.times is None else self.times
        return max(1, round(height * factor)), max(1, round(width * factor))


def size_of(word: float | str | None) -> Size | None:
    """The size that a number or a text says, as `Size.parse` has it; None says nothing."""
    return None if word is None else Size.parse(f"{word:g}" if not isinstance(word, str) else word)


def sized(restored: Restored, size: Size | None, before: Picture) -> Restored:
    """What came of restoring the picture `before`, brought by the filter to the size that is wanted
    of it.

    None leaves it as it is. A note of the result says where the filter enlarges further than the
    model did.
    """
    if size is None:
        return restored
    picture = restored.picture
    height, width = _wanted(size, before)
    if (height, width) == picture.size:
        return restored
    result = _resized(picture, height, width)
    factor = still(restored, size, before)
    if factor > SAID:
        note = f"enlarged {factor:.3g} times by a filter, beyond what the model enlarges"
        result = replace(result, notes=(*result.notes, note))
    return replace(restored, picture=result)


def still(restored: Restored, size: Size | None, before: Picture) -> float:
    """How many times as large what came of the picture `before` is still to become, in each
    direction; below 1 where it is to become smaller.
    """
    if size is None:
        return 1.0
    wanted = math.prod(_wanted(size, before))
    return math.sqrt(wanted / math.prod(restored.picture.size))


def _wanted(size: Size, before: Picture) -> tuple[int, int]:
    """(height, width) of the result of the picture `before`, as it is stored."""
    return size.of(*before.size, lies_on_its_side(before.exif))


def _resized(picture: Picture, height: int, width: int) -> Picture:
    """The picture at another size. What is hidden under full transparency bleeds into nothing."""
    pixels = picture.pixels
    if picture.alpha is None:
        return picture.with_pixels(resize(pixels, height, width, KERNEL))
    # Lanczos's would leave a faint second edge around what is seen.
    alpha = resize(picture.alpha, height, width).clip(0, 1)
    seen = resize(floats(fill_hidden(pixels, picture.alpha)), height, width, KERNEL)
    hidden: Array = resize(pixels, height, width, KERNEL)
    return picture.with_pixels(np.where(alpha > 0, seen, hidden), alpha)


def _number(words: str) -> float | None:
    try:
        return float(words)
    except ValueError:
        return None
