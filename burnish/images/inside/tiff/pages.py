"""The pages of a TIFF: which of them are pictures, and which belong to one: smaller copies, masks
and a film scanner's infrared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from ....errors import InputTooLarge, UnsupportedFormat
from ....ground.resize import same_shape
from .tags import GREY, NEW_KIND, OLD_KIND, RGB, SUBFILES, WHITE_IS_ZERO

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

#: bits of the field that says what a page is to the others
REDUCED, TRANSPARENCY = 1, 4
#: a file whose pages have more pages of their own than this wastes time on purpose
MOST_BELOW = 100
#: how much smaller the sides of a pyramid's levels are
STEPS = (2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True)
class Whole:
    """A page that is a picture of its own, and what of the others belongs to it."""

    #: the page with its colours
    page: TiffPage
    #: pages of the same size that are planes of it: infrared, a mask
    planes: tuple[TiffPage, ...] = ()


@dataclass(frozen=True)
class Pages:
    """What the pages of a file are."""

    #: the pictures, in the order of the file
    wholes: tuple[Whole, ...]
    #: how many pages are smaller copies of them
    copies: int


def pages_of(file: BinaryIO, tiff: TiffFile, name: str) -> Pages:
    """What the pages of an open file are.

    Pictures are the pages that are not called reduced, wherever they stand; where all are, pages
    below them that are not; at last, the largest.
    """
    top = [page.aspage() for page in tiff.pages]
    below = list(chain.from_iterable(_below(page, name) for page in top))
    _check_stack(top, name)
    full = [page for page in top if not is_reduced(page)]
    full = full or [page for page in below if not is_reduced(page)]
    full = full or [max(top, key=_area)]
    wholes = _grouped([page for page in full if not _is_level(page, full[0])])
    used = sum(1 + len(whole.planes) for whole in wholes)
    return Pages(tuple(wholes), len(top) + len(below) - used)


def _check_stack(pages: Sequence[TiffPage], name: str) -> None:
    """UnsupportedFormat where a program put a stack of pictures behind its first page alone."""
    said = str(pages[0].description)
    images = re.match(r"ImageJ=.*?^images=(\d+)", said, re.DOTALL | re.MULTILINE)
    many = images is not None and int(images[1]) > len(pages)
    if many or re.match(r'\{"shape": .*"truncated": true', said):
        raise UnsupportedFormat(
            f"{name}: is a stack, all of whose pictures stand behind one page; save each as a page "
            "of its own"
        )


def _area(page: TiffPage) -> int:
    return page.imagewidth * page.imagelength


def _below(page: TiffPage, name: str) -> Sequence[TiffPage]:
    """The pages that a page has below itself (SubIFDs)."""
    if SUBFILES not in page.tags or page.pages is None:
        return []
    if page.subifds is not None and len(page.subifds) > MOST_BELOW:
        raise InputTooLarge(f"{name}: has {len(page.subifds)} pages below one; split it")
    return [below.aspage() for below in page.pages]


def is_reduced(page: TiffPage) -> bool:
    """By either of the two fields that say so."""
    return bool(kind(page) & REDUCED) or page.tags.valueof(OLD_KIND) == 2


def kind(page: TiffPage) -> int:
    """What a page says it is to the others (NewSubfileType), 0 where it does not say."""
    return int(page.tags.valueof(NEW_KIND, 0))


def _is_level(page: TiffPage, first: TiffPage) -> bool:
    """Whether a page is a level of a pyramid that does not say so: both are in tiles, and its sides
    are the first one's, halved a few times.
    """
    if page is first or not (page.is_tiled and first.is_tiled):
        return False
    return any(
        abs(page.imagewidth - first.imagewidth / step) <= 1
        and abs(page.imagelength - first.imagelength / step) <= 1
        for step in STEPS
    )


def _grouped(pages: Sequence[TiffPage]) -> list[Whole]:
    """The pages, those that are planes of the one before them put to it.

    These are masks, and, with or without a mask's marker, a film scanner's infrared: of two pages
    alone, a grey one of 16 bits behind one in colour, of the same size.
    """
    infrared = len(pages) == 2 and _is_infrared(pages[1], pages[0])
    wholes: list[Whole] = []
    for page in pages:
        of = wholes[-1].page if wholes else None
        belongs = infrared or bool(kind(page) & TRANSPARENCY)
        if of is not None and belongs and _is_plane(page, of):
            wholes[-1] = Whole(of, (*wholes[-1].planes, page))
        else:
            wholes.append(Whole(page))
    return wholes


def _is_plane(page: TiffPage, of: TiffPage) -> bool:
    """Whether a page has one sample for each pixel of another; or it is marked as belonging to it,
    has greys, and is of its shape, as infrared may be that was scanned at another resolution.
    """
    if page.samplesperpixel != 1:
        return False
    size, of_size = ((each.imagelength, each.imagewidth) for each in (page, of))
    if size == of_size:
        return True
    return _is_marked(page) and page.bitspersample in (8, 16) and same_shape(size, of_size)


def _is_infrared(page: TiffPage, of: TiffPage) -> bool:
    """Whether a page can be the infrared of another without being marked."""
    deep = page.bitspersample == 16 and of.bitspersample == 16
    grey = page.photometric in (GREY, WHITE_IS_ZERO)
    return deep and grey and of.photometric == RGB and _is_plane(page, of)


def _is_marked(page: TiffPage) -> bool:
    """Whether a page is marked as belonging to another, and has greys."""
    return bool(kind(page) & TRANSPARENCY) and page.photometric in (GREY, WHITE_IS_ZERO)


def infrared_page(tiff: TiffFile, name: str) -> TiffPage | None:
    """The page of a DNG, or the page below one, that is its infrared; None where none is."""
    top = [page.aspage() for page in tiff.pages]
    for page in chain(top, *(_below(page, name) for page in top)):
        if _is_marked(page) and page.samplesperpixel == 1 and page.bitspersample in (8, 16):
            return page
    return None


def largest(wholes: Iterable[Whole]) -> int:
    """Pixels of the largest of them."""
    return max(_area(whole.page) for whole in wholes)
