"""style-any: a filter that paints after paintings which are named by their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from .... import images
from ....contract import Array, Contract, Dial
from ....errors import InputMissing, UsageError
from ....ground.channels import to_channels
from ....ground.grammar import number_or_word
from ....ground.planes import floats
from ....ground.resize import resize
from .. import Filter
from .laid import painted
from .palette import SIDE, Palette

#: the name by which it is asked for
NAME = "style-any"
#: what stands between paintings in a name, and before the weight of one
BETWEEN, WEIGHT = ";", ":"
#: what separates the steps of a chain, so that no painting's path may hold it
REFUSED = (BETWEEN, "+")
DIALS = (
    Dial("strokes", 25, 200, 100, "percent; at 100 the painting is as large as the picture"),
    Dial("detail", 0, 100, 40, "percent of the picture's own detail that stays between strokes"),
)
#: pixels of a painting that a palette is made of, at the most
MOST = 3e6
#: sides of a painting are not reduced below so many pixels
LEAST = 4 * SIDE
CARD = {
    "task": "paints photographs after any painting: --style painting.jpg",
    "source": "Hertzmann et al., Image Analogies, 2001; Efros and Freeman, Image Quilting, 2001; "
    "Pitie and Kokaram, The linear Monge-Kantorovitch colour mapping, 2007",
    "library": "NumPy",
    "licence": "Apache-2.0 (Burnish); what it paints holds pieces of the painting",
    "data": "nothing is learnt",
    "fails": "where a painting has nothing of a tone, pieces of another show as a pattern; nothing "
    "larger than 24 pixels of a painting, such as a swirl, comes along",
    "bytes_per_pixel": 400,
}


@dataclass(frozen=True)
class Painting:
    """A painting by its file, and how much it counts beside others."""

    path: Path
    weight: float = 1.0
    #: when its file was written, in nanoseconds, so that no other one of its name is taken for it
    written: int = 0

    @classmethod
    def parse(cls, words: str) -> Painting:
        """What FILE or FILE:WEIGHT means.

        UsageError for a weight that is no number above 0; InputMissing where there is no file.
        """
        path, sign, said = words.rpartition(WEIGHT)
        weight = number_or_word(said)
        if not sign or isinstance(weight, str) or Path(words).is_file():
            path, weight = words, 1.0
        if not 0 < weight < float("inf"):
            raise UsageError(
                f"--style {words}: a weight is a number above 0, as in painting.jpg:0.7"
            )
        if not Path(path).is_file():
            raise InputMissing(f"--style {path}: no such file; name a picture of a painting")
        return cls(Path(path), float(weight), Path(path).stat().st_mtime_ns)


def named(words: str) -> bool:
    """Whether NAME, or NAME:PAINTING;PAINTING..., means this filter."""
    return words.partition(":")[0] == NAME


def words_of(paintings: Sequence[str]) -> str:
    """The name of the filter with paintings, each FILE or FILE:WEIGHT, by their whole paths.

    UsageError for what a name cannot hold; what `Painting.parse` raises.
    """
    found = [Painting.parse(words) for words in paintings]
    for one in found:
        if any(sign in str(one.path.absolute()) for sign in REFUSED):
            raise UsageError(
                f"--style {one.path}: its path must not hold {' or '.join(REFUSED)}; copy it"
            )
    each = (f"{one.path.absolute()}{WEIGHT}{one.weight:g}" for one in found)
    return f"{NAME}:{BETWEEN.join(each)}"


def after(steps: Sequence[str], paintings: Sequence[str]) -> list[str]:
    """The names of models that a picture goes through in turn, with its paintings for this filter.

    Raises what `words_of` raises.
    """
    return [words_of(paintings) if step == NAME else step for step in steps]


def made(words: str) -> Filter:
    """The filter that NAME:PAINTING[:WEIGHT];... means. Its paintings are read when it is opened.

    What `Painting.parse` raises. Without a painting, opening it is a UsageError.
    """
    said = words.partition(":")[2]
    paintings = tuple(Painting.parse(one) for one in said.split(BETWEEN) if one)

    def load(threads: int | None) -> Any:
        if not paintings:
            raise UsageError(f"{NAME}: which painting? Say it, as in --style painting.jpg")
        return [_pixels(one.path, one.written) for one in paintings]

    return Filter(
        Contract(reach=None, level="image", dials=DIALS),
        partial(_paint, paintings=paintings),
        CARD,
        (load,),
        tuple(one.path for one in paintings),
    )


def _paint(image: Array, level: Array | None, *, paintings: tuple[Painting, ...]) -> Array:
    """Images [B, 3, H, W] painted, each as its level [2, 1, 1] says."""
    assert level is not None  # there are dials
    total = sum(one.weight for one in paintings)
    results = []
    for picture, (strokes, detail) in zip(image, level[:, :, 0, 0].tolist(), strict=True):
        side = round(min(picture.shape[-2:]) * strokes / 100)
        largest = max(1.0, strokes / 100)
        palettes = [
            (_palette(one.path, one.written, side, largest), one.weight / total)
            for one in paintings
        ]
        results.append(painted(picture, palettes, detail / 100))
    return np.stack(results)


@lru_cache(maxsize=4)
def _pixels(path: Path, written: int) -> Array:
    """A painting's colours as sRGB has them, [3, H, W] in 0..1, of MOST pixels at the most.

    written: when its file was, which tells files of one name apart. Raises what reading it does.
    """
    picture = images.toned(images.upright(images.read(path)))
    pixels = picture.pixels
    if picture.alpha is not None:
        pixels = floats(images.fill_hidden(pixels, picture.alpha))
    coloured = to_channels(pixels, 3)
    height, width = coloured.shape[-2:]
    if height * width > MOST:
        factor = (MOST / (height * width)) ** 0.5
        coloured = resize(coloured, max(1, round(height * factor)), max(1, round(width * factor)))
    return np.asarray(coloured[0].clip(0, 1), np.float32)


@lru_cache(maxsize=4)
def _palette(path: Path, written: int, side: int, largest: float) -> Palette:
    """The palette of a painting whose shorter side is brought to `side` pixels.

    It is enlarged so many times at the most, since what is not there cannot be painted with.
    """
    pixels = _pixels(path, written)
    height, width = pixels.shape[-2:]
    least = LEAST / min(height, width)
    most = min(largest, (MOST / (height * width)) ** 0.5)
    factor = max(least, min(side / min(height, width), most))
    size = round(height * factor), round(width * factor)
    return Palette(resize(pixels, *size).clip(0, 1))
