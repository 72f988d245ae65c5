"""Planes beside the colours of a TIFF: a sample of each pixel, or a page of its own, such as a film
scanner's infrared or a mask. Each is carried as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...picture import EXTRA, INFRARED, Plane
from . import tags
from .kinds import kind_of
from .pages import kind
from .samples import raw_samples

if TYPE_CHECKING:
    from tifffile import TiffPage

#: how a TIFF calls a sample that is neither colour nor alpha
UNSPECIFIED = "unspecified"
#: what pages are called that are planes of another, and no infrared
MASK = "mask"


def plane_name(page: TiffPage) -> str:
    """What a page is that is a plane of another: a mask, where its samples have one bit."""
    return MASK if page.photometric == tags.MASK or page.bitspersample == 1 else INFRARED


def page_plane(page: TiffPage, file: BinaryIO, name: str) -> Plane:
    """The plane that a page is, its values as they stand in the file, but that 1 of one bit is
    255.
    """
    found = kind_of(page, name)
    samples = raw_samples(page, found, file, name)
    if found.bits == 1:
        samples = samples * np.uint8(255)
    called = f"page {kind(page)} {found.photometric} {found.bits}"
    return Plane(plane_name(page), np.ascontiguousarray(samples), called)


def sample_plane(samples: NDArray[Any]) -> Plane:
    """The plane of a sample beside the colours, of samples [H, W, C] the last."""
    return Plane(EXTRA, np.ascontiguousarray(samples[..., -1]), UNSPECIFIED)


def page_numbers(plane: Plane) -> tuple[int, int, int] | None:
    """Of a plane that was a page what it was to the others, the kind of its colours, and the bits
    of its samples; None of one that was a sample.
    """
    words = plane.called.split()
    if not words or words[0] != "page":
        return None
    to_others, photometric, bits = map(int, words[1:])
    return to_others, photometric, bits
