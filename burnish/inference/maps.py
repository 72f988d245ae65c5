"""Pictures that say how much, place by place: a dial's setting as a map, and a strength map.

They are painted over what is seen, so they stand upright.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from .. import images
from ..contract import Array, Contract, Dial
from ..errors import DialError, InputError
from ..estimate import ESTIMATORS
from ..ground.channels import grey
from ..ground.resize import resize
from ..images import Picture

#: what a dial may be set to: a number in its unit; "auto", to find it on the picture; a map in its
#: unit [H, W]; or the path of a map, as `parse` reads it
Setting = float | str | Array
#: the same, when maps are read
Read = float | Literal["auto"] | Array

_RANGE = re.compile(r"^(?P<path>.+):(?P<black>[-+0-9.eE]+)\.\.(?P<white>[-+0-9.eE]+)$")


def parse(dial: Dial, word: str) -> tuple[Path, float, float]:
    """ "map.png" or "map.png:10..40": the file, and what black and white in it stand for; without a
    word, the ends of the dial's range.

    DialError.
    """
    found = _RANGE.match(word)
    try:
        path, black, white = (
            (Path(word), dial.low, dial.high)
            if found is None
            else (Path(found["path"]), float(found["black"]), float(found["white"]))
        )
    except ValueError:
        raise DialError(f"{dial.name}={word}: a range is written map.png:10..40") from None
    if not os.path.isfile(path):
        raise DialError(f"{dial.name}={word}: neither a number, nor auto, nor a file there is")
    return path, dial.check(black), dial.check(white)


def check(contract: Contract, given: Mapping[str, Setting]) -> None:
    """DialError for a dial that there is not, a number out of its range, a map that is no file, or
    one where the model takes none.
    """
    for name, value in given.items():
        dial = contract.dial(name)
        if isinstance(value, str) and value != "auto":
            contract.takes_maps(f"{name}={value}")
            parse(dial, value)
        elif isinstance(value, np.ndarray) and value.ndim:
            contract.takes_maps(name)
            dial.check(float(value.min()))
            dial.check(float(value.max()))
        elif value != "auto":
            dial.check(float(value))
        elif name not in ESTIMATORS:
            raise DialError(
                f"{name}=auto: this dial cannot be estimated; give a number from {dial.low:g} "
                f"to {dial.high:g} ({dial.unit})"
            )


def read_settings(
    contract: Contract,
    given: Mapping[str, Setting],
    picture: Picture,
    max_megapixels: float | None = images.MAX_MEGAPIXELS,
) -> dict[str, Read]:
    """The settings with every file read, for that picture; numbers and arrays are checked by
    whoever uses them.

    DialError, and InputError where a map does not fit the picture.
    """
    result: dict[str, Read] = {}
    for name, value in given.items():
        if isinstance(value, str) and value != "auto":
            contract.takes_maps(f"{name}={value}")
            path, black, white = parse(contract.dial(name), value)
            result[name] = np.float32(black) + np.float32(white - black) * read_map(
                path, picture, max_megapixels
            )
        else:
            result[name] = "auto" if isinstance(value, str) else value
    return result


def read_map(
    path: Path, picture: Picture, max_megapixels: float | None = images.MAX_MEGAPIXELS
) -> Array:
    """A map as the picture's pixels are stored: [H, W] in 0 (black) to 1 (white).

    Colour counts by its luma; one of another size is resized.

    InputError where its shape is not the picture's, InputErrors of reading.
    """
    read = images.upright(images.read(path, max_megapixels=max_megapixels))
    height, width = images.looked_at(picture)
    found = grey(read.pixels[0])
    tall, wide = found.shape
    if abs(tall * width - wide * height) > max(
        height, width, tall, wide
    ):  # more than rounding to whole pixels
        raise InputError(
            f"{path}: is {wide}x{tall}, which is another shape than the picture's {width}x{height}"
        )
    upright = np.clip(resize(found, height, width, "bilinear"), 0, 1)
    return np.ascontiguousarray(images.stored(upright, picture))


def read_strength(
    path: Path,
    picture: Picture,
    strength: float,
    max_megapixels: float | None = images.MAX_MEGAPIXELS,
) -> Array:
    """A strength map times the strength: white is all of it, black leaves the very pixels. [H,
    W]
    """
    return np.float32(strength) * read_map(path, picture, max_megapixels)
