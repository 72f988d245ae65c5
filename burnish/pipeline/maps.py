"""Maps: pictures that say how much, place by place, of a dial's setting or of the strength.

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
from ..ground.resize import resize, same_shape
from ..images import Picture

_RANGE = re.compile(r"^(?P<path>.+):(?P<black>[-+0-9.eE]+)\.\.(?P<white>[-+0-9.eE]+)$")


@dataclass(frozen=True)
class MapFile:
    """A picture whose brightness says how much; it is read with the picture that it is for."""

    #: the path of its file
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
        """The map [H, W] in the dial's unit, as the pixels of the picture are stored.

        Of a map in colour, the brightness counts, and one of another size is resized. InputError
        where its shape is not the picture's; InputErrors of reading.
        """
        read = images.upright(images.read(self.path, max_megapixels=max_megapixels))
        height, width = images.looked_at(picture)
        brightness = grey(read.pixels[0])
        tall, wide = brightness.shape
        if not same_shape((tall, wide), (height, width)):
            raise InputError(
                f"{self.path}: is {wide}x{tall}, which is another shape than the picture's "
                f"{width}x{height}"
            )
        upright = np.clip(resize(brightness, height, width, "bilinear"), 0, 1)
        stored = np.ascontiguousarray(images.stored(upright, picture))
        values: Array = np.float32(self.black) + np.float32(self.white - self.black) * stored
        return values


def map_file(dial: Dial, words: str) -> MapFile:
    """The map that somebody wrote as "map.png", or with a range as "map.png:10..40".

    Without a range, its black and white are the ends of the dial's. DialError where there is no
    such file, or a number is out of the dial's range.
    """
    path = Path(words)
    black = dial.low
    white = dial.high
    ranged = _RANGE.match(words)
    if ranged is not None:
        try:
            black = float(ranged["black"])
            white = float(ranged["white"])
        except ValueError:
            raise DialError(f"{dial.name}={words}: a range is written map.png:10..40") from None
        path = Path(ranged["path"])
    if not os.path.isfile(path):
        raise DialError(f"{dial.name}={words}: neither a number, nor auto, nor a file there is")
    return MapFile(path, dial.check(black), dial.check(white), words)
