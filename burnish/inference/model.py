"""Model: a model file, or a filter without weights, opened: its contract, its card, and pictures
through it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Array, Contract, Opened, check_strength, finite, level_array
from ..errors import ModelMismatch, NonFiniteInput, UsageError
from ..estimate import ESTIMATORS
from ..ground.channels import as_channels, from_channels
from ..ground.resize import resize
from ..images import MAX_MEGAPIXELS, Picture, fill_hidden
from . import wire
from .backends import open_model
from .classical import Filter
from .engine import BYTES_PER_PIXEL, Notice, Progress, restore
from .maps import Read, Setting, check, read_settings

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

    def settings(
        self, given: Mapping[str, Read], pixels: Array, known: Mapping[str, float] | None = None
    ) -> tuple[float | Array, ...]:
        """One number, or map [H, W], for each dial: as given; or, where it is "auto" or not given,
        what the file tells (`Picture.known`), or what is estimated on pixels [1, C, H, W] if that
        can be, else the default.

        DialError.
        """
        check(self.contract, given)
        return tuple(
            self._setting(dial.name, given.get(dial.name), pixels, known or {})
            for dial in self.contract.dials
        )

    def estimates(self, name: str, given: Mapping[str, Setting]) -> bool:
        """Whether this dial's setting is found on the picture."""
        value = given.get(name, "auto")
        return isinstance(value, str) and value == "auto" and name in ESTIMATORS

    def _setting(
        self, name: str, value: Read | None, pixels: Array, known: Mapping[str, float]
    ) -> float | Array:
        dial = self.contract.dial(name)
        if value is not None and not isinstance(value, str):
            return np.asarray(value, np.float32) if np.ndim(value) else float(value)
        if name in ESTIMATORS:
            found = known[name] if name in known else ESTIMATORS[name](pixels)
            return float(np.clip(found, dial.low, dial.high))
        return dial.default

    def restore(
        self,
        pixels: Array,
        settings: Sequence[float | Array],
        strength: float | Array = 1.0,
        *,
        alpha: Array | None = None,
        tile: int | None = None,
        progress: Progress | None = None,
        notice: Notice | None = None,
    ) -> Array:
        """pixels float32 [1, 1 or 3, H, W] -> the restored ones, as many channels, not clamped:
        grey goes through a colour model and comes back grey; what a model turns grey comes back in
        equal channels.

        strength: 0 (the input) to 1, or a map [H, W]. With alpha [1, 1, H, W], what lies under full
        transparency stays as it is and has no influence on what is seen. Where the model enlarges,
        what is mixed with, and what stays, is the picture enlarged as `enlarged` does.
        """
        opened, share = self.opened or self.open(), check_strength(strength)
        if share.ndim and share.shape != pixels.shape[-2:]:
            raise UsageError(
                f"a strength map of shape {list(share.shape)} does not fit a picture of "
                f"{pixels.shape[-1]}x{pixels.shape[-2]}"
            )
        share = share[None, None] if share.ndim else share
        visible = pixels if alpha is None else fill_hidden(pixels, alpha)
        # Input and output of different channels or sizes are mixed here, when they are alike again;
        # the engine could not.
        apart = self.contract.channels_in != self.contract.channels_out or self.contract.scale != 1
        result = restore(
            opened.run,
            self.contract,
            as_channels(visible, self.contract.channels_in),
            level_array(settings),
            1.0 if apart else share,
            tile=tile,
            bytes_per_pixel=self.bytes_per_pixel,
            progress=progress,
            notice=notice,
        )
        channels = pixels.shape[1]
        result = (
            from_channels(result, channels) if result.shape[1] > 1 else result.repeat(channels, 1)
        )
        if alpha is None and (not apart or (share == 1).all()):
            return result
        before = self.enlarged(pixels)
        if apart:
            result = before + (self.enlarged(share).clip(0, 1) if share.ndim else share) * (
                result - before
            )
        return result if alpha is None else np.where(self.enlarged(alpha) > 0, result, before)

    def through(
        self,
        picture: Picture,
        dials: Mapping[str, Setting],
        strength: float | Array = 1.0,
        *,
        tile: int | None = None,
        max_megapixels: float | None = MAX_MEGAPIXELS,
        progress: Progress | None = None,
        notice: Notice | None = None,
    ) -> tuple[Picture, tuple[float | Array, ...]]:
        """A picture -> the restored one, alpha included, and the settings of its dials, which may
        be files of maps, of at most `max_megapixels`.

        UsageError for float samples of 0 to 255. The rest is as in `restore`.
        """
        if picture.depth == "float32":
            _check_units(picture.pixels)
        settings = self.settings(
            read_settings(self.contract, dials, picture, max_megapixels),
            _seen(picture),
            picture.known(),
        )
        pixels = self.restore(
            picture.pixels,
            settings,
            strength,
            alpha=picture.alpha,
            tile=tile,
            progress=progress,
            notice=notice,
        )
        alpha = (
            None
            if picture.alpha is None or self.contract.scale == 1
            else self.enlarged(picture.alpha).clip(0, 1)
        )
        return picture.with_pixels(pixels, alpha), settings

    def enlarged(self, planes: Array) -> Array:
        """Planes [1, C, H, W] at the size of the result: themselves, or by the bicubic kernel where
        the model enlarges.
        """
        scale = self.contract.scale
        return (
            planes
            if scale == 1
            else resize(planes, planes.shape[-2] * scale, planes.shape[-1] * scale)
        )

    def __call__(
        self,
        image: NDArray[Any],
        *,
        strength: float | Array = 1.0,
        tile: int | None = None,
        **dials: Setting | None,
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
        scale = _scale_of(image)
        check(self.contract, given(dials))
        check_strength(strength)
        if not np.any(strength) and self.contract.scale == 1:
            return image.copy()
        planes = image[:, :, None] if image.ndim == 2 else image
        colour = planes[:, :, :3] if planes.shape[2] == 4 else planes
        pixels = np.ascontiguousarray(colour.transpose(2, 0, 1)[None], np.float32) / np.float32(
            scale
        )
        if not finite(pixels):
            raise NonFiniteInput("the image holds NaN or infinity")
        alpha = (
            np.ascontiguousarray(planes[None, None, :, :, 3], np.float32) / np.float32(scale)
            if planes.shape[2] == 4
            else None
        )
        result, _ = self.through(Picture(pixels, alpha), given(dials), strength, tile=tile)
        samples = _samples(result.pixels, scale, image.dtype)
        if result.alpha is not None:
            opaque = (
                planes[:, :, 3:]
                if self.contract.scale == 1
                else _samples(result.alpha, scale, image.dtype)
            )
            samples = np.concatenate([samples, opaque], 2)
        same_layout: NDArray[Any] = samples.reshape(*samples.shape[:2], *image.shape[2:])
        return same_layout


def given(dials: Mapping[str, Setting | None]) -> dict[str, Setting]:
    """The dials that are set: None is as good as nothing said."""
    return {name: value for name, value in dials.items() if value is not None}


def _seen(picture: Picture) -> Array:
    """The pixels to estimate on: the part of them about which alpha says that it is seen, if there
    is one.
    """
    if picture.alpha is None or not (shown := picture.alpha[0, 0] > 0).any():
        return picture.pixels
    (top, bottom), (left, right) = (np.flatnonzero(shown.any(axis))[[0, -1]] for axis in (1, 0))
    return picture.pixels[..., top : bottom + 1, left : right + 1]


def _samples(planes: Array, scale: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Planes [1, C, H, W] in 0 to 1 as samples of an array [H, W, C]; integers are clamped and
    rounded.
    """
    values = planes[0].transpose(1, 2, 0)
    samples: NDArray[Any] = (
        values.astype(dtype) if scale == 1 else np.rint(np.clip(values, 0, 1) * scale).astype(dtype)
    )
    return samples


def _scale_of(image: NDArray[Any]) -> int:
    """What stands for 1.0 in an array of this type; UsageError for a type or shape that is not a
    picture's.
    """
    if not isinstance(image, np.ndarray):
        raise UsageError(
            f"a model takes a picture as an array, not {type(image).__name__}; burnish.restore "
            "reads files"
        )
    scales = {"uint8": 255, "uint16": 65535, "float32": 1, "float64": 1}
    if image.dtype.name not in scales:
        raise UsageError(
            f"an image of {image.dtype} is not read; uint8, uint16, float32 or float64 is"
        )
    if (
        image.ndim not in (2, 3)
        or (image.ndim == 3 and image.shape[2] not in (1, 3, 4))
        or 0 in image.shape
    ):
        raise UsageError(
            f"an array of shape {list(image.shape)} is not a picture; [H, W], [H, W, 1], [H, W, "
            "3] or [H, W, 4] is"
        )
    if image.dtype.kind == "f":
        _check_units(image)
    return scales[image.dtype.name]


def _check_units(samples: NDArray[Any]) -> None:
    if BEYOND < (peak := float(np.abs(samples).max())) < math.inf:
        raise UsageError(
            f"a float image has its samples in [0, 1], and this one goes to {peak:g}; divide it "
            "by 255 (or 65535) first"
        )
