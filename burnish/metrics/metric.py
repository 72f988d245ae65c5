"""Metric: a function of two pictures, and the words without which its figure says nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..contract import Array

PLANES = {1: "grey", 3: "RGB", 4: "raw planes", None: "RGB and grey"}
#: what the contest's metrics look at
FRAMES = {
    1: "grey, 8-bit",
    3: "RGB as three frames, 8-bit",
    4: "RGGB mosaic, 1024..16383 of 16383",
    None: "RGB as three frames and grey, 8-bit",
}


@dataclass(frozen=True)
class Metric:
    """A figure for a restored picture.

    definition: its terms, with {planes} or {frame} and {crop} open; function: (restored, clean,
    crop) -> figure; digits: how many to print after the point; better: which way is good; "near"
    where one value is (`burnish.metrics.artefacts`).
    """

    name: str
    definition: str
    function: Callable[[Array, Array, int], float]
    digits: int
    better: Literal["higher", "lower", "near"] = "higher"

    def stamp(self, channels: int | None, crop: int = 0, pictures: int | None = None) -> str:
        """Returns the definition filled in, as in `PSNR[RGB, 8-bit, crop 0, mean of 68]`.

        channels: 1, 3, 4 (raw), or None for both grey and colour.
        """
        text = self.definition.format(planes=PLANES[channels], frame=FRAMES[channels], crop=crop)
        return text if pictures is None else f"{text[:-1]}, mean of {pictures}]"
