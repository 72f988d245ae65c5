"""One file through the gate: what becomes of it, in how much time and memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.peak import own_peak
from burnish import images
from burnish.errors import BurnishError, InputError
from burnish.images.formats import FORMATS

from .mutate import mutated
from .originals import originals
from .second import Compared, compare

#: what a file is called in sentences
NAME = "the-file"
#: so large may the pictures be, that a whole one fits into the memory that a file may take
MEGAPIXELS = 25.0
#: every so many of those that are accepted are written again
WRITTEN = 8
#: what a file may take: seconds on the processor, and bytes of memory, the program's own with them
SECONDS, BYTES = 5.0, 10**9
#: files of each format with which all is imported
FIRST = 3
#: what a decoder says for whom the guard's limit was too near
NO_MEMORY = "not enough memory"


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    #: "accepted", the code of an error, or "failure"
    result: str
    #: of a failure, what is wrong
    wrong: str
    #: seconds on the processor
    seconds: float
    #: the most memory that the process had while it was at work, in bytes
    peak: int
    #: of what is accepted, what the other decoder says
    compared: Compared | None


def outcome(format: str, seed: int, asking: Callable[[], None] | None) -> Outcome:
    """What becomes of the file of that format and number.

    asking: is called before another decoder is asked; none is where it is None.
    """
    data = mutated(format, seed)
    _forget_peak()
    begun, said = time.process_time(), _said()
    first: images.Picture | None = None
    try:
        first = _decoded(data)
        if seed % WRITTEN == 0:
            _written(first)
        result, wrong = "accepted", ""
    except InputError as error:
        result, wrong = error.code, _unlike_us(error)
    except Exception as error:
        result, wrong = "", f"{type(error).__name__}: {error}"
    seconds, peak = time.process_time() - begun, own_peak()
    wrong = wrong or _too_much(seconds, peak)
    wrong = wrong or ("says something on the terminal" if _said() > said else "")
    compared = None
    if first is not None and asking is not None:
        asking()
        compared = compare(data, first)
    return Outcome("failure" if wrong else result, wrong, seconds, peak, compared)


def warm_up() -> None:
    """Imports everything that is imported late, so that no file pays for it."""
    for files in originals().values():
        for data in files.good[:FIRST]:
            with suppress(InputError):
                _written(_decoded(data))


def _too_much(seconds: float, peak: int) -> str:
    """What of the limits was passed, in words."""
    if seconds > SECONDS:
        return f"{seconds:.1f} s"
    return f"{peak / 1e9:.2f} GB" if peak > BYTES else ""


def _decoded(data: bytes) -> images.Picture:
    """The first picture, after all of them were decoded, and all was said that the file tells.

    Of several there is never more than one in memory, so that the first is decoded twice.
    """
    images.facts(data, name=NAME)
    header, pictures = images.frames(data, name=NAME, max_megapixels=MEGAPIXELS)
    for picture in pictures:
        _check(picture, header.format)
        if header.frames == 1:
            return picture
        del picture
    return next(images.frames(data, name=NAME, max_megapixels=MEGAPIXELS)[1])


def _check(picture: images.Picture, format: str) -> None:
    """AssertionError where a picture is not what it should be."""
    assert picture.format == format, picture.format
    assert picture.pixels.dtype == np.float32, picture.pixels.dtype
    assert picture.pixels.shape[0] == 1, picture.pixels.shape
    assert picture.pixels.shape[1] in (1, 3), picture.pixels.shape
    assert np.isfinite(picture.pixels).all(), "not finite"
    if picture.alpha is not None:
        size = picture.pixels.shape[-2:]
        assert picture.alpha.shape == (1, 1, *size), picture.alpha.shape
        assert np.isfinite(picture.alpha).all(), "alpha is not finite"


def _written(first: images.Picture) -> None:
    """Writes it as what it was, and as a PNG; what a format cannot hold is no failure."""
    for format in (FORMATS[first.format], FORMATS["PNG"]):
        if format.writable:
            images.encode(first, format)


def _unlike_us(error: BurnishError) -> str:
    """What is wrong with a sentence; nothing, as a rule."""
    text = str(error)
    if NO_MEMORY in text:
        return "wants more memory than there is"
    if "\n" in text or not text.isprintable():
        return f"not one line: {text!r}"
    if not text.startswith(NAME) and not text.startswith("the result"):
        return f"does not say which file: {text!r}"
    return ""


def _forget_peak() -> None:
    """What the process has had so far is no more its most. Linux's; elsewhere it stays."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _said() -> int:
    """How much has been said on the terminal, where that is a file."""
    return os.fstat(2).st_size
