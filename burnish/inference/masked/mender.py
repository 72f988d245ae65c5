"""Mender: what a mask marks, or a model that gives masks finds, is mended; all else stays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import Array, Contract, Dial, Opened, mix
from ...errors import UsageError
from ...ground.remarks import OnProgress, Say, silent
from ...ground.resize import same_shape
from ...images import MAX_MEGAPIXELS, Picture, tone_of, toned
from ...pipeline import (
    NOTHING,
    WIDEST,
    Asked,
    Auto,
    Dirt,
    Fill,
    Look,
    Region,
    Restored,
    Settled,
    brightened,
    dirt,
    infrared_in,
    light_of,
    mended,
    pixels_of,
    read_infrared,
    region,
    thick,
)
from ..engine import BYTES_PER_PIXEL
from ..model import Model, check_units
from .masked import Masked, given_mask

#: how easily something is taken for damage
SENSITIVITY = Dial("sensitivity", 0, 100, 50, "0 finds nothing, 100 whatever might be damage")
#: how thick what is taken for damage may be
SIZE = Dial("size", 0.1, 100, 3, "largest thickness of damage, in percent of the picture's height")
#: at what size a picture is looked at: damage is found best where it is as large and as sharp as
#: that of training
SCALE = Dial("scale", 10, 100, 100, "percent of its size at which the picture is looked at")
#: what is lost in squares of so many pixels a side, or more, is said to be filled smoothly
WIDE = WIDEST + 1


@dataclass(frozen=True, eq=False)
class Damage:
    """What of a picture is damaged, and what is to become of it."""

    #: the pixels that are damaged [H, W]
    marked: Region
    #: those of them that are to be filled [H, W]
    lost: Region
    #: the picture's pixels [1, C, H, W] with the other ones brightened; None where there are none
    pixels: Array | None = None
    #: sentences on by what it was found, or why not
    notes: tuple[str, ...] = ()

    @classmethod
    def wholly(cls, marked: Region) -> Damage:
        """Damage all of which is to be filled."""
        return cls(marked, marked)

    def within(self, seen: Region) -> Damage:
        """The damage of the pixels that can be seen [H, W]."""
        return replace(self, marked=self.marked & seen, lost=self.lost & seen)


class Mender(Masked):
    """Mends what a mask marks. Outside of the mask every sample is the input's.

    It is called as a Model is, with the mask in `Asked`.
    """

    #: the model that fills narrow places; None where all is filled smoothly
    filler: Model | None

    def __init__(self, filler: Model | None = None) -> None:
        self.filler = filler
        self.path = None if filler is None else filler.path
        self.card = {"task": "mends what a mask marks", "licence": "Apache-2.0"}
        self.opened = None
        self.bytes_per_pixel = BYTES_PER_PIXEL
        self.contract = Contract(reach=None)
        self._how: dict[str, Any] = {}

    def open(
        self,
        *,
        device: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
        backend: str | None = None,
        megapixels: float | None = None,
    ) -> Opened:
        """Loads the model that fills, as `Model.open` does; without one nothing has to be."""
        self.opened = Opened(_unchanged, "NumPy", "the processor", "fp32")
        if self.filler is not None:
            self.opened = self.filler.open(
                device=device,
                threads=threads,
                precision=precision,
                backend=backend,
                megapixels=megapixels,
            )
        return self.opened

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
        """Mends what the mask that is asked for marks; without one, what was found to be damaged.

        All else is as in `Model.restore`; what comes back has the mask of what was mended.
        """
        check_units(picture)
        settled = self.settle(picture, asked, max_megapixels)
        begun = time.perf_counter()
        if asked.mask is None:
            found = self.damage(
                picture, asked, settled, max_megapixels, tile=tile, progress=progress, say=say
            )
        else:
            found = Damage.wholly(given_mask(asked.mask, picture, max_megapixels))
        if picture.alpha is not None:
            found = found.within(picture.alpha[0, 0] > 0)
        seconds = time.perf_counter() - begun
        network = self._network(picture, asked, settled)
        return replace(_mended(picture, found, settled, network), seconds=seconds)

    def _network(self, picture: Picture, asked: Asked, settled: Settled) -> Fill | None:
        """What fills the narrow places of a picture; None where that is done smoothly, too."""
        if self.filler is None or asked.fill == "classical":
            return None
        if self.filler.opened is None:
            self.filler.open(**self._how)
        network = self.filler.fill
        tone = tone_of(picture) if settled.icc else None
        if tone is None:
            return network

        def fill(pixels: Array, lost: Region) -> Array:
            stored = tone.stored(network(tone.seen(pixels), lost))
            return np.where(lost, stored, pixels)

        return fill

    def mask(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        *,
        tile: int | None = None,
        max_megapixels: float | None = MAX_MEGAPIXELS,
    ) -> tuple[Array, tuple[str, ...]]:
        """The pixels that would be mended, 1 there [H, W], and by what they were found."""
        settled = self.settle(picture, asked, max_megapixels)
        found = self.damage(picture, asked, settled, max_megapixels, tile=tile)
        return found.marked.astype(np.float32), found.notes

    def damage(
        self,
        picture: Picture,
        asked: Asked,
        settled: Settled,
        max_megapixels: float | None = MAX_MEGAPIXELS,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Damage:
        """The damage of the picture: by its infrared, where it has one that tells, else as `marked`
        finds it.
        """
        notes: tuple[str, ...] = ()
        plane = _infrared(picture, asked, max_megapixels)
        if plane is not None:
            light = light_of(picture)
            found = dirt(light, plane)
            if isinstance(found, Dirt):
                return _dirty(picture, light, found)
            notes = (f"its infrared plane {found}, and is not used",)
        marked = self.marked(picture, settled, tile=tile, progress=progress, say=say)
        return replace(Damage.wholly(marked), notes=notes)

    def marked(
        self,
        picture: Picture,
        settled: Settled,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Region:
        """The pixels [H, W] that are taken for damage: UsageError, as nothing finds any here."""
        raise UsageError("to mend a picture, a mask is wanted that says where; give --mask-in FILE")


class FindingMender(Mender):
    """Finds damage with a model that gives masks, and mends it, or mends what a mask marks."""

    #: the model that finds
    finder: Model

    def __init__(self, finder: Model, filler: Model | None = None) -> None:
        super().__init__(filler)
        self.finder = finder
        self.path = finder.path
        self.card = finder.card
        self.bytes_per_pixel = finder.bytes_per_pixel
        self.contract = Contract(reach=None, dials=(SENSITIVITY, SIZE, SCALE))

    def open(
        self,
        *,
        device: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
        backend: str | None = None,
        megapixels: float | None = None,
    ) -> Opened:
        """Loads the model that finds, as `Model.open` does. What fills follows where it fills."""
        self._how = {
            "device": device,
            "threads": threads,
            "precision": precision,
            "backend": backend,
            "megapixels": megapixels,
        }
        self.opened = self.finder.open(**self._how)
        return self.opened

    def find(
        self,
        picture: Picture,
        *,
        icc: bool = True,
        scale: float = 100.0,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Array:
        """How sure the model is of damage at each pixel, as `Model.find` gives it."""
        return self.finder.find(
            picture, icc=icc, scale=scale, tile=tile, progress=progress, say=say
        )

    def marked(
        self,
        picture: Picture,
        settled: Settled,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Region:
        """The pixels [H, W] that are taken for damage, with the dials as they are settled."""
        dials = settled.dials
        scale = float(dials["scale"])
        found = self.find(
            picture, icc=settled.icc, scale=scale, tile=tile, progress=progress, say=say
        )
        return region(found, float(dials["sensitivity"]), float(dials["size"]), scale)


def _unchanged(image: Array, level: Array | None) -> Array:
    return image


def _infrared(picture: Picture, asked: Asked, max_megapixels: float | None) -> Array | None:
    """The infrared plane [h, w] that is asked for; None where there is none, or none is wanted."""
    wanted = asked.infrared
    if isinstance(wanted, Auto):
        return infrared_in(picture)
    if isinstance(wanted, Path):
        return read_infrared(wanted, picture, max_megapixels)
    if wanted is not None and not same_shape(wanted.shape, picture.size):
        height, width = picture.size
        raise UsageError(
            f"an infrared plane of shape {list(wanted.shape)} does not fit a picture of "
            f"{width}x{height}"
        )
    return wanted


def _dirty(picture: Picture, light: Array, found: Dirt) -> Damage:
    """What is to become of dirt that infrared tells of. light: the picture's, [C, H, W]."""
    brighter, lost = brightened(light, found)
    thin = (brighter != light).any(0)
    pixels = np.where(thin, pixels_of(brighter, picture), picture.pixels)
    notes = ("dirt found by its infrared plane",)
    return Damage(lost | thin, lost, np.asarray(pixels, np.float32), notes)


def _mended(picture: Picture, found: Damage, settled: Settled, network: Fill | None) -> Restored:
    """The picture with its damage mended, with the mask of that."""
    mask = found.marked.astype(np.float32)
    picture = replace(picture, notes=(*picture.notes, *found.notes, *_of_wide(found.lost)))
    if not found.marked.any():
        return Restored(picture, settled, 0.0, mask)
    pixels = picture.pixels
    if found.pixels is not None:
        pixels = np.where(found.marked, found.pixels, pixels)
    if found.lost.any():
        look = Look(toned(picture) if settled.icc else picture)
        pixels = mended(pixels, found.lost, look.finding("noise").value, network)
    pixels = mix(picture.pixels, pixels, np.asarray(settled.strength, np.float32))
    return Restored(picture.with_pixels(pixels), settled, 0.0, mask)


def _of_wide(lost: Region) -> Iterator[str]:
    """What is said of wide losses, where there are any."""
    share = thick(lost, WIDE).mean() if lost.any() else 0
    if share:
        yield (
            f"{100 * share:.2g} % of the picture is lost in places of {WIDE} pixels or more, which "
            "are filled smoothly; nothing is invented there"
        )
