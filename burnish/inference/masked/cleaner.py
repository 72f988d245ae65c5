"""Cleaner: pages of writing and print, cleaned; pictures and markings on them stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from ...contract import Array, Contract, Dial, Opened, mix
from ...ground.channels import as_channels, without_copies
from ...ground.planes import floats
from ...ground.remarks import OnProgress, Say, silent
from ...images import MAX_MEGAPIXELS, Picture, fill_hidden, toned
from ...pipeline import (
    NOTHING,
    Areas,
    Asked,
    Predict,
    Region,
    Restored,
    Settled,
    areas,
    at_once,
    clean,
    through,
)
from ..model import Model, check_units
from .masked import Masked, given_mask

#: how much of what is not ink is taken away
CLEANING = Dial(
    "cleaning", 0, 100, 100, "0 evens the paper's light, 50 makes paper white, 100 leaves ink alone"
)
#: how much of the colour of ink stays
COLOUR = Dial("colour", 0, 100, 100, "percent of the ink's own colour; 0 is grey")
#: from such a setting of cleaning on, stains go
STAINS = 50.0
#: of pale colours and greys on less of the page nothing is said
LITTLE = 0.003


class Cleaner(Masked):
    """Cleans pages with a model that tells ink from paper.

    Its mask is white where a page is cleaned, and black where it is left alone.
    """

    #: the model that tells ink from paper
    teller: Model

    def __init__(self, teller: Model) -> None:
        self.teller = teller
        self.path = teller.path
        self.card = teller.card
        self.opened = None
        self.bytes_per_pixel = teller.bytes_per_pixel
        self.contract = Contract(reach=None, dials=(CLEANING, COLOUR))

    def open(
        self,
        *,
        device: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
        backend: str | None = None,
        megapixels: float | None = None,
    ) -> Opened:
        """Loads the model that tells ink from paper, as `Model.open` does."""
        self.opened = self.teller.open(
            device=device,
            threads=threads,
            precision=precision,
            backend=backend,
            megapixels=megapixels,
        )
        return self.opened

    def mask(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        *,
        tile: int | None = None,
        max_megapixels: float | None = MAX_MEGAPIXELS,
    ) -> tuple[Array, tuple[str, ...]]:
        """Where the page would be cleaned [H, W], and what is said of where it would not."""
        found = _areas(picture, asked.icc)
        return (~found.pictures).astype(np.float32), tuple(_said(found, CLEANING.default))

    def restore(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        *,
        tile: int | None = None,
        max_megapixels: float | None = MAX_MEGAPIXELS,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Restored:
        """Cleans a page; all is as in `Model.restore`, and the mask of what was cleaned with it.

        What the mask that is asked for has in black stays as it is, to the last bit, and nothing
        else; without one, pictures and markings.
        """
        check_units(picture)
        settled = self.settle(picture, asked, max_megapixels)
        found = _areas(picture, asked.icc)
        if asked.mask is not None:
            found = replace(found, pictures=~given_mask(asked.mask, picture, max_megapixels))
        tells = self.teller.predictor(picture.depth, tile=tile, progress=progress, say=say)
        by = at_once(partial(_cleaned, tells, found, settled))
        restored = through(by, self.contract, picture, settled)
        pixels = np.where(found.pictures, picture.pixels, restored.picture.pixels)
        said = _said(found, float(settled.dials["cleaning"]), given=asked.mask is not None)
        notes = (*restored.picture.notes, *said)
        cleaned = replace(restored.picture, planes=pixels, notes=notes)
        return replace(restored, picture=cleaned, mask=(~found.pictures).astype(np.float32))


def _areas(picture: Picture, icc: bool) -> Areas:
    """The areas of a page, by its tones as sRGB has them where its profile counts."""
    shown = toned(picture) if icc else picture
    pixels = floats(without_copies(shown.planes))
    if picture.alpha is not None:
        pixels = floats(fill_hidden(pixels, picture.alpha))
    return areas(np.clip(pixels[0], 0, 1))


def _cleaned(
    tells: Predict,
    found: Areas,
    settled: Settled,
    image: Array,
    level: Array | None,
    share: float | Array,
) -> Array:
    """A page [1, 3, H, W] cleaned as it is settled, and mixed with what it was."""

    def paper(page: Array) -> Array:
        return tells(as_channels(page, 3), None, 1.0)

    planes = np.clip(floats(without_copies(image))[0], 0, 1)
    dials = settled.dials
    cleaned = clean(planes, found, float(dials["cleaning"]), float(dials["colour"]), paper)
    return mix(image, as_channels(cleaned[None], 3).copy(), share)


def _said(found: Areas, cleaning: float, given: bool = False) -> Iterator[str]:
    """What is said of areas that are no dark ink on light paper."""
    if found.pictures.any() and not given:
        yield (
            f"pictures or markings on {_percent(found.pictures)} % of it are left as they came; "
            "--mask-out shows where"
        )
    if found.dark.any():
        yield f"{_percent(found.dark)} % of it is dark with light writing, and cleaned as that"
    if found.stained and cleaning > STAINS:
        yield (
            f"shadows or stains on {_percent(found.stained)} % of it are made white; were they "
            "pictures, --mask-in keeps them"
        )
    if found.pale >= LITTLE and cleaning > STAINS:
        yield (
            f"pale colours or greys on {_percent(found.pale)} % of it are made white; --mask-in "
            "keeps them, and so does cleaning=0"
        )


def _percent(flags: Region | float) -> str:
    share = 100 * float(np.mean(flags))
    return f"{share:.0f}" if share >= 10 else f"{share:.1g}"
