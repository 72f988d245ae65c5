"""Filters that need no training, as models without weights, one family a file.

To add one: a function that returns a Filter, and a line in FILTERS.

They are reached as any model is: `burnish restore scan.png -m sauvola -d window=25`,
`burnish.load("nlmeans")`. A name may carry the function's arguments, as in `lanczos:scale=4`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import Array, Contract, Dial, Opened, Run
from ...errors import DeviceError, UsageError
from ...ground.grammar import Call
from ...ground.tables import Table


@dataclass(frozen=True)
class Filter:
    """A model without weights."""

    #: its contract, as of any model; the reach is the largest that the dials allow
    contract: Contract
    #: what runs it, on every picture of a batch by itself
    run: Run
    #: `task`, `source` (the paper), `library`, `licence`, `bytes_per_pixel`
    card: Mapping[str, Any]
    #: functions of `libraries.py` that load what `run` wants, or raise MissingExtra
    libraries: tuple[Callable[[int | None], Any], ...] = ()
    #: the files that its results depend on, such as paintings
    files: tuple[Path, ...] = ()

    def open(
        self,
        *,
        device: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
        backend: str | None = None,
        megapixels: float | None = None,
    ) -> Opened:
        """Loads the libraries, which compute in full precision, whatever `precision` says.

        MissingExtra where one is not installed; DeviceError for anything but the processor, and for
        a backend.
        """
        # As a step of a chain it is told of the others' backend, as in "openvino:cpu".
        if device.rpartition(":")[2] not in ("auto", "cpu"):
            raise DeviceError(
                f"--device {device}: a filter runs on the processor only; leave it out, or say cpu"
            )
        if backend is not None:
            raise DeviceError(f"a filter has no backend, so {backend!r} cannot run it")
        for library in self.libraries:
            library(threads)
        return Opened(self.run, self.card["library"], "the processor", "fp32")


#: name -> the function whose arguments a name may carry
FILTERS: Table[Callable[..., Filter]] = Table(
    "filter",
    {
        "bilateral": "burnish.inference.classical.smoothing:bilateral",
        "nlmeans": "burnish.inference.classical.smoothing:nlmeans",
        "median": "burnish.inference.classical.smoothing:median",
        "background-division": "burnish.inference.classical.documents:background_division",
        "sauvola": "burnish.inference.classical.documents:sauvola",
        "otsu": "burnish.inference.classical.documents:otsu",
        "lanczos": "burnish.inference.classical.enlarging:lanczos",
        "bicubic": "burnish.inference.classical.enlarging:bicubic",
        "sharpen": "burnish.inference.classical.finishing:sharpen",
        "contrast": "burnish.inference.classical.finishing:contrast",
        "grain": "burnish.inference.classical.finishing:grain",
    },
)


#: filters that lay the same over every picture, or what jumps at the least change: neither is a way
#: to treat the frames of a film
STILL = ("grain", "style-any")


def listed(words: str) -> bool:
    """Whether NAME, or NAME:ARGUMENT=VALUE,..., means a filter."""
    return words.partition(":")[0] in FILTERS


def make(words: str) -> Filter:
    """Makes the filter that NAME or NAME:ARGUMENT=VALUE,... means.

    UsageError names the choices, or says which argument does not fit.
    """
    call = Call.parse(
        words,
        UsageError(f"{words}: arguments are written NAME:ARGUMENT=VALUE, as in lanczos:scale=4"),
    )
    function = FILTERS.find(call.name)
    arguments = call.values()
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        known = ", ".join(inspect.signature(function).parameters)
        raise UsageError(
            f"{words}: {error}; its arguments: {known}; dials are set with -d"
        ) from error
    return function(**arguments)


def whole(name: str, value: Any, low: int, high: int) -> int:
    """The value of an argument that is a whole number from low to high; UsageError otherwise."""
    if not isinstance(value, int) or not low <= value <= high:
        raise UsageError(
            f"{name}={value} does not fit: a whole number from {low} to {high} is wanted"
        )
    return value


def number(name: str, value: Any, low: float, high: float) -> float:
    """The value of an argument that is a number from low to high; UsageError otherwise."""
    if not isinstance(value, int | float) or not low <= value <= high:
        raise UsageError(
            f"{name}={value} does not fit: a number from {low:g} to {high:g} is wanted"
        )
    return float(value)


def same_size(
    channels: int, reach: int, dials: tuple[Dial, ...], identity: tuple[float, ...] | None = None
) -> Contract:
    """The contract of a filter that keeps the picture's size and its channels.

    There may be 1 to 16 channels; UsageError for others.
    """
    channels = whole("channels", channels, 1, 16)
    return Contract(
        channels_in=channels,
        channels_out=channels,
        reach=reach,
        level="image",
        identity=identity,
        dials=dials,
    )


def per_picture(function: Callable[..., Any]) -> Run:
    """A Run made of function(planes [C, H, W], a number for each dial) -> [C', H, W]."""

    def run(image: Array, level: Array | None) -> Array:
        numbers: list[tuple[float, ...]] = [()] * len(image)
        if level is not None:
            numbers = [tuple(map(float, levels[:, 0, 0])) for levels in level]
        results = [function(planes, *dials) for planes, dials in zip(image, numbers, strict=True)]
        return np.stack([np.asarray(result, np.float32) for result in results])

    return run
