"""Areas of a page that are no dark ink on light paper: pictures, markings, light writing on dark.

All is decided on the page at one size, whatever its resolution was. Where a page without its
strokes is much darker than the paper around, there is an area. Of these, light strokes on an even
ground are writing; what fills its rectangle and varies is a picture; and what is left is a stain.
docs/pages.md has what the limits were measured on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...contract import Array
from ...ground.resize import resize
from .dark import dark_area, dark_page, to_the_pixel
from .overview import BLOCK, Overview
from .pictures import WELL_FILLED, bands, is_picture, markings, pale, rectangle
from .planes import Flags

#: pages that are smaller than this, in pixels, are taken for writing
SMALLEST = 4 * BLOCK


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas of a page, each [H, W] at the page's size."""

    #: pictures and markings
    pictures: Flags
    #: light writing, and the dark ground around it
    dark: Flags
    #: the share of the page that lies under stains and shadows
    stained: float = 0.0
    #: the share of the page that has a pale colour, or is an even grey with straight sides, which
    #: goes with its stains
    pale: float = 0.0


def areas(planes: Array) -> Areas:
    """The areas of a page [1 or 3, H, W] in 0..1, white being 1."""
    size = planes.shape[1:]
    none = np.zeros(size, np.bool_)
    if min(size) < SMALLEST:
        return Areas(none, none)
    page = Overview.of(planes)
    if dark_page(page.light):
        return Areas(none, ~none)
    dark = np.zeros(page.light.shape, np.bool_)
    for part in page.dark():
        pixels = page.within(part)
        if pixels.any() and dark_area(page.light, pixels, float(page.paper[pixels].mean())):
            dark |= pixels
    pictures = markings(page) & ~dark
    shaded = list(page.ground.parts())
    for part in shaded:
        if not (page.near(part) & dark).any() and is_picture(page.ground, part):
            pictures |= rectangle(page, page.ground, part)
    # Dense writing is as dark as dots, and fills less of its rectangle.
    for part in page.dots.parts():
        others = dark | pictures
        if not (page.near(part) & others).any() and is_picture(page.dots, part, WELL_FILLED):
            pictures |= rectangle(page, page.dots, part)
    stains = (part for part in shaded if not (page.near(part) & (dark | pictures)).any())
    stained = float(sum(part.mean() for part in stains))
    exact = to_the_pixel(planes, _at(dark, size))
    going = (pale(page) | bands(page)) & ~(dark | pictures)
    return Areas(_at(pictures, size), exact, stained, float(going.mean()))


def _at(flags: Flags, size: tuple[int, ...]) -> Flags:
    """Flags of an overview at the size of the page."""
    return resize(flags.astype(np.float32), size[0], size[1], "nearest") > 0
