"""Model: a model file, or a filter without weights, that pictures go through."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Array, Contract, Opened
from ..errors import ModelMismatch, UsageError
from ..ground.remarks import OnProgress, Say, silent
from ..images import MAX_MEGAPIXELS, Picture
from ..images.picture import Depth
from ..pipeline import (
    NOTHING,
    Asked,
    ByParts,
    Predict,
    Region,
    Restored,
    Settled,
    Size,
    Word,
    ask,
    at_once,
    filled_by,
    find,
    painted,
    settle,
    size_of,
    sized,
    through,
    where_lost,
)
from . import wire
from .arrays import as_array, as_picture
from .backends import open_model
from .backends.files import wanted_in_eight_bits
from .classical import Filter
from .engine import BYTES_PER_PIXEL, by_tiles, predict_in_tiles

#: a sample of a float image that is larger than this was not meant for [0, 1]: no noise takes one
#: so far out of it, but other units do
BEYOND = 16.0
#: the side, in pixels, of the tiles in which a network fills: those with nothing lost are left out
FILLED_TILE = 384


class Model:
    """A model file, or a filter.

    Of a file, only the header is read and checked here. What runs it is loaded when the first
    picture comes, or at `open`.
    """

    #: what must be known to run it
    contract: Contract
    #: what it says of itself: task, training, figures, licence
    card: dict[str, Any]
    #: the model file; None for a filter
    path: Path | None
    #: the files that its results depend on: the model file, or the paintings of a filter
    files: tuple[Path, ...] = ()
    #: what runs it; None as long as it is not loaded
    opened: Opened | None
    #: bytes of memory that it takes for each pixel of a tile, by its card
    bytes_per_pixel: int
    #: whether it sees a whole picture at once, so that it refuses tiles
    whole: bool = False

    def __init__(self, source: str | Path | Filter) -> None:
        self._open: Callable[..., Opened]
        if isinstance(source, Filter):
            self.path = None
            self.contract = source.contract
            self.card = dict(source.card)
            self.files = source.files
            self._open = source.open
        else:
            self.path = Path(source)
            self.files = (self.path,)
            header = wire.read_header(self.path)
            self.contract = Contract.from_dict(header["contract"])
            self.card = header["card"]
            self._open = partial(_open_file, self.path, self.contract, self.card)
        self.opened = None
        self.whole = self.contract.reach is None
        self.bytes_per_pixel = _bytes_per_pixel(self.card, source)

    def open(
        self,
        *,
        device: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
        backend: str | None = None,
        megapixels: float | None = None,
    ) -> Opened:
        """Loads the model into a backend, or the libraries of a filter, and keeps it.

        device: "auto", "cpu", "cuda", or another word of `burnish restore --device list`.
        threads: of the processor; None is all of them. precision:
        one of `PRECISIONS`; "auto" is the fastest that is exact enough for each picture. backend:
        a name of `BACKENDS`; None chooses one that fits the device. megapixels: of all pictures
        that are to come, where that is known: what starts sooner may end sooner.

        Raises DeviceError, MissingExtra, ModelCorrupt.
        """
        self.opened = self._open(
            device=device,
            threads=threads,
            precision=precision,
            backend=backend,
            megapixels=megapixels,
        )
        return self.opened

    def settle(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        max_megapixels: float | None = MAX_MEGAPIXELS,
    ) -> Settled:
        """What the picture would be restored with, as `burnish.pipeline.settle` finds it."""
        return settle(self.contract, asked, picture, max_megapixels)

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
        """Restores a picture as it was asked for. Every caller takes this way.

        asked: made by `ask` for this model's contract.
        tile: None plans tiles from free memory, 0 is none, N is the size of a tile in pixels.
        max_megapixels: larger files of maps are refused; None lifts the limit.
        progress: is told (done, total) tiles.
        say: is told, in a sentence, where memory was short.

        Raises UsageError for float samples of 0 to 255 and for what does not fit the picture,
        InputErrors of reading a map, NonFiniteOutput, OutOfMemory.
        """
        check_units(picture)
        settled = self.settle(picture, asked, max_megapixels)
        return self.restore_settled(picture, settled, tile=tile, progress=progress, say=say)

    def restore_settled(
        self,
        picture: Picture,
        settled: Settled,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Restored:
        """Restores a picture for which everything is settled; the rest is as in `restore`."""
        whole, parts = self._ways(picture.depth, tile, progress, say)
        by = at_once(painted(whole)) if self.contract.gives == "painting" else parts
        return through(by, self.contract, picture, settled)

    def at_size(
        self,
        restored: Restored,
        size: Size | None,
        before: Picture,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Restored:
        """What came of restoring the picture `before`, brought to the size that is wanted of it.

        What the model leaves of that, a filter does. None leaves it as it is. The rest is as in
        `restore`.
        """
        result = sized(restored, size, before)
        if progress is not None:
            progress(1, 1)
        return result

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
        """Where the picture is damaged: how sure the model is of it, [H, W] in 0..1.

        icc: whether the picture's profile counts. scale: at how many percent of its size it is
        looked at. The rest is as in `restore`. UsageError where the model gives pictures, not
        masks.
        """
        check_units(picture)
        if self.contract.gives != "mask":
            raise UsageError(f"{self.path or 'this filter'}: restores pictures, and finds nothing")
        by = self.predictor(picture.depth, tile=tile, progress=progress, say=say)
        return find(by, self.contract, picture, icc, scale)

    def fill(self, pixels: Array, lost: Region) -> Array:
        """The pixels [C, H, W], as sRGB has them, with those that are lost [H, W] filled.

        The others keep their bits. What lies far from all that is lost costs nothing. UsageError
        where the model does something else.
        """
        if self.contract.gives != "filling":
            raise UsageError(f"{self.path or 'this filter'}: restores pictures, and fills nothing")
        run = where_lost((self.opened or self.open()).run)
        by = partial(predict_in_tiles, run, self.contract, tile=FILLED_TILE)
        return filled_by(by, self.contract, pixels, lost)

    def predictor(
        self,
        depth: Depth,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Predict:
        """The network on arrays of any size, loaded where it was not yet; as in `restore`.

        depth: of the samples of the picture that they are of.
        """
        by, _ = self._ways(depth, tile, progress, say)
        return painted(by) if self.contract.gives == "painting" else by

    def _ways(
        self, depth: Depth, tile: int | None, progress: OnProgress | None, say: Say
    ) -> tuple[Predict, ByParts]:
        """The network as it is, on arrays of any size and part by part."""
        opened = (self.opened or self.open()).of_depth(depth)
        how: dict[str, Any] = {
            "tile": tile,
            "bytes_per_pixel": opened.bytes_per_pixel or self.bytes_per_pixel,
            "progress": progress,
            "say": say,
        }
        whole = partial(predict_in_tiles, opened.run, self.contract, **how)
        return whole, partial(by_tiles, opened.run, self.contract, **how)

    def __call__(
        self,
        image: NDArray[Any],
        *,
        strength: float | Array = 1.0,
        tile: int | None = None,
        to: float | str | None = None,
        **dials: Word,
    ) -> NDArray[Any]:
        """Restores a picture in an array, and returns one of the same type and layout.

        image: [H, W], [H, W, 1], [H, W, 3] (RGB) or [H, W, 4] (RGB and alpha, which is carried
        through), of uint8, uint16, or float in [0, 1]. float64 is computed in float32. Noise may
        take samples out of that range; samples of 0 to 255 are refused.
        strength: 0 (the input's very bits) to 1 (the full effect), or a map [H, W] of it.
        tile: None plans tiles from free memory, 0 is none, N is the size of a tile in pixels.
        to: how large the result is, as `burnish.restore` takes it.
        dials: each in its own unit, such as noise=25. One that is not given, or None, is estimated
        where that is possible. A model whose contract says "pixel" takes maps [H, W] too.

        Raises UsageError for another shape or type, DialError for a dial out of its range,
        NonFiniteInput, NonFiniteOutput, OutOfMemory.
        """
        picture = as_picture(image)
        asked = ask(self.contract, dials, strength)
        restored = self.restore(picture, asked, tile=tile)
        return as_array(self.at_size(restored, size_of(to), picture, tile=tile), image)


def _open_file(
    path: Path,
    contract: Contract,
    card: Mapping[str, Any],
    *,
    precision: str,
    **how: Any,
) -> Opened:
    """Opens a model file, and the one in 8 bits that belongs to it where that may be wanted.

    card: what the file says of itself.
    """
    eight = wanted_in_eight_bits(path, contract, card, precision)
    opened = open_model(path, contract, precision=precision, eight=eight, **how)

    def told(one: Opened) -> Opened:
        if eight in (None, path) or one.precision != "int8":
            return replace(one, bytes_per_pixel=_bytes_per_pixel(card, path, one.precision))
        own = wire.read_header(eight)["card"]
        return replace(one, bytes_per_pixel=_bytes_per_pixel(own, eight, one.precision))

    return told(replace(opened, finer=None if opened.finer is None else told(opened.finer)))


def _bytes_per_pixel(card: Mapping[str, Any], source: object, precision: str = "") -> int:
    """The bytes of memory that a network takes a pixel, by its card, which may tell precisions
    apart; in one that it does not know, the most. ModelMismatch for none.
    """
    found = card.get("bytes_per_pixel", BYTES_PER_PIXEL)
    known = found if isinstance(found, dict) else {"": found}
    if not known or any(type(value) is not int or value < 1 for value in known.values()):
        raise ModelMismatch(
            f"{source}: by its card it takes {found!r} bytes of memory a pixel, which no network "
            "does"
        )
    most: int = max(known.values())
    return most if precision not in known else int(known[precision])


def check_units(picture: Picture) -> None:
    """Raises UsageError where float samples are in other units than [0, 1], such as 0 to 255."""
    if picture.depth != "float32":
        return
    peak = float(np.abs(picture.pixels).max())
    if BEYOND < peak < math.inf:
        raise UsageError(
            f"a float image has its samples in [0, 1], and this one goes to {peak:g}; divide it "
            "by 255 (or 65535) first"
        )
