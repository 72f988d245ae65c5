"""Pictures that say how much, place by place: a dial's setting, or the strength, as a map.

They are painted over what is seen, so they stand upright.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import images
from ..contract import Array, Dial
from ..errors import DialError, InputError
from ..ground.channels import grey
from ..ground.resize import resize
from ..images import Picture

_RANGE = re.compile(r"^(?P<path>.+):(?P<black>[-+0-9.eE]+)\.\.(?P<white>[-+0-9.eE]+)$")


@dataclass(frozen=True)
class MapFile:
    """A picture whose brightness says how much, and which is read when the picture it is for is."""

    #: the file
    path: Path
    #: what its black stands for, in the dial's unit
    black: float
    #: what its white stands for
    white: float
    #: as somebody wrote it: "map.png" or "map.png:10..40"
    words: str

    def __str__(self) -> str:
        return self.words

    def read(self, picture: Picture, max_megapixels: float | None) -> Array:
        """The map as the picture's pixels are stored: [H, W], in the dial's unit.

        Colour counts by its luma; one of another size is resized. InputError where its shape is not
        the picture's, InputErrors of reading.
        """
        read = images.upright(images.read(self.path, max_megapixels=max_megapixels))
        height, width = images.looked_at(picture)
        brightness = grey(read.pixels[0])
        tall, wide = brightness.shape
        rounding = max(height, width, tall, wide)  # sizes are whole pixels
        if abs(tall * width - wide * height) > rounding:
            raise InputError(
                f"{self.path}: is {wide}x{tall}, which is another shape than the picture's "
                f"{width}x{height}"
            )
        upright = np.clip(resize(brightness, height, width, "bilinear"), 0, 1)
        stored = np.ascontiguousarray(images.stored(upright, picture))
        values: Array = np.float32(self.black) + np.float32(self.white - self.black) * stored
        return values


def map_file(dial: Dial, words: str) -> MapFile:
    """The map of "map.png", whose black and white are the ends of the dial's range, or of
    "map.png:10..40".

    DialError where there is no such file, or a number is out of the dial's range.
    """
    ranged = _RANGE.match(words)
    path, black, white = Path(words), dial.low, dial.high
    if ranged is not None:
        try:
            black, white = float(ranged["black"]), float(ranged["white"])
        except ValueError:
            raise DialError(f"{dial.name}={words}: a range is written map.png:10..40") from None
        path = Path(ranged["path"])
    if not os.path.isfile(path):
        raise DialError(f"{dial.name}={words}: neither a number, nor auto, nor a file there is")
    return MapFile(path, dial.check(black), dial.check(white), words)
