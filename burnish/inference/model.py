"""Model: a model file, or a filter without weights, opened: its contract, its card, and pictures
through it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Array, Contract, Opened
from ..errors import ModelMismatch, UsageError
from ..ground.remarks import Say, silent
from ..images import MAX_MEGAPIXELS, Picture
from ..pipeline import NOTHING, Asked, Restored, Settled, Word, ask, settle, through
from . import wire
from .arrays import as_array, as_picture
from .backends import open_model
from .classical import Filter
from .engine import BYTES_PER_PIXEL, Progress, predict_in_tiles

#: no noise takes a sample of a float image so far from [0, 1]; other units do
BEYOND = 16.0


class Model:
    """A model file, or a filter.

    Of a file, only the header is read and checked here; what runs it is loaded when the first
    picture comes, or at `open`.

    path: the file, None for a filter. bytes_per_pixel: of memory that it takes, by its card.
    """

    def __init__(self, source: str | Path | Filter) -> None:
        self.opened: Opened | None = None
        self.path: Path | None = None
        self.card: dict[str, Any]
        self._open: Callable[..., Opened]
        if isinstance(source, Filter):
            self.contract, self.card, self._open = source.contract, dict(source.card), source.open
        else:
            self.path = Path(source)
            header = wire.read_header(self.path)
            self.contract, self.card = Contract.from_dict(header["contract"]), header["card"]
            self._open = partial(open_model, self.path, self.contract)
        self.bytes_per_pixel: int = self.card.get("bytes_per_pixel", BYTES_PER_PIXEL)
        if type(self.bytes_per_pixel) is not int or self.bytes_per_pixel < 1:
            raise ModelMismatch(
                f"{source}: by its card it takes {self.bytes_per_pixel!r} bytes of memory a "
                "pixel, which no network does"
            )

    def open(
        self,
        *,
        device: str = "auto",
        threads: int | None = None,
        fp32: bool = False,
        backend: str | None = None,
    ) -> Opened:
        """Loads the model into a backend, or a filter's libraries, and keeps it.

        Raises DeviceError, MissingExtra, ModelCorrupt.
        """
        self.opened = self._open(device=device, threads=threads, fp32=fp32, backend=backend)
        return self.opened

    def settle(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        max_megapixels: float | None = MAX_MEGAPIXELS,
    ) -> Settled:
        """What the picture would be restored with, as `burnish.pipeline.settle` says."""
        return settle(self.contract, asked, picture, max_megapixels)

    def restore(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        *,
        tile: int | None = None,
        max_megapixels: float | None = MAX_MEGAPIXELS,
        progress: Progress | None = None,
        say: Say = silent,
    ) -> Restored:
        """A picture, restored as it was asked for: the way that every caller takes.

        asked: made by `ask` for this model's contract. tile: None plans from free memory, 0 is no
        tiles, N is the size of a tile in pixels. max_megapixels: of a map's file. progress, say:
        are told (done, total) tiles, and in a sentence where memory was short. Raises UsageError
        for float samples of 0 to 255 and for what does not fit the picture, InputErrors of reading
        a map, NonFiniteOutput, OutOfMemory.
        """
        if picture.depth == "float32":
            _check_units(picture.pixels)
        settled = self.settle(picture, asked, max_megapixels)
        opened = self.opened or self.open()
        by = partial(
            predict_in_tiles,
            opened.run,
            self.contract,
            tile=tile,
            bytes_per_pixel=self.bytes_per_pixel,
            progress=progress,
            say=say,
        )
        return through(by, self.contract, picture, settled)

    def __call__(
        self,
        image: NDArray[Any],
        *,
        strength: float | Array = 1.0,
        tile: int | None = None,
        **dials: Word,
    ) -> NDArray[Any]:
        """A picture as an array -> the restored one, of the same type and layout.

        image: [H, W], [H, W, 1], [H, W, 3] (RGB) or [H, W, 4] (RGB and alpha, which is carried
        through); uint8, uint16, or float in [0, 1] (float64 is computed in float32; noise may lie
        outside, samples of 0 to 255 may not). strength: 0 (the input's very bits) to 1, or a map
        [H, W]. tile: None plans from free memory, 0 is no tiles, N is the size of a tile in pixels.
        dials: each in its own unit, such as noise=25; one that is not given, or None, is estimated
        where that is possible. A model whose contract says "pixel" takes maps [H, W] in the dial's
        unit too. Raises UsageError for another shape or type, DialError for a dial out of its
        range, NonFiniteInput, NonFiniteOutput, OutOfMemory.
        """
        picture = as_picture(image)
        asked = ask(self.contract, dials, strength)
        return as_array(self.restore(picture, asked, tile=tile), image)


def _check_units(samples: Array) -> None:
    peak = float(np.abs(samples).max())
    if BEYOND < peak < math.inf:
        raise UsageError(
            f"a float image has its samples in [0, 1], and this one goes to {peak:g}; divide it "
            "by 255 (or 65535) first"
        )
