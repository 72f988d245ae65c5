"""The figures of a data set that decide a recipe.

They are its sizes, what each way of cutting loses, brightness, ink, noise and compression.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .header import CheckedHeader
from .look import Look

Size = tuple[int, int]

#: share of the clean pictures that must look like pages, so that the set is one of documents
MOSTLY = 0.5


@dataclass(frozen=True)
class Statistics:
    """The figures of a data set. They describe the clean side, unless a field says otherwise."""

    #: how many pictures could be read
    pictures: int
    #: (width, height) -> how many pictures have it, the most common size first
    sizes: Mapping[Size, int]
    #: the sizes that are there both lying and upright, each once, lying
    rotations: tuple[Size, ...]
    #: the side of the crops, in pixels
    crop: int
    #: way of cutting -> the share of all pixels that one look at every picture leaves out
    losses: Mapping[str, float]
    #: the shares of the pixels in 32 equal steps of brightness; empty where none was decoded
    brightness: tuple[float, ...]
    #: the share of dark pixels where most pictures look like pages, or None
    ink: float | None
    #: side -> noise of a sample, sigma in 8-bit steps: the lowest, the median, the highest
    noise: Mapping[str, tuple[float, float, float]]
    #: side -> JPEG quality -> how many files have it
    quality: Mapping[str, Mapping[int, int]]
    #: "grey" or "colour" -> how many pictures are
    channels: Mapping[str, int]
    #: depth of the samples -> how many pictures have it
    depths: Mapping[str, int]

    @property
    def smallest(self) -> Size:
        """The size with the shortest side."""
        return min(self.sizes, key=lambda size: (min(size), size))

    @property
    def pos_weight(self) -> float | None:
        """The `pos_weight` of BCEWithLogits with which ink and paper weigh the same.

        It is negatives over positives; with white = 1 that is ink / (1 - ink).
        """
        return None if self.ink is None or self.ink >= 1 else self.ink / (1 - self.ink)

    def to_dict(self) -> dict[str, Any]:
        """Returns the figures as plain values for JSON, rounded."""
        sizes = [{"width": w, "height": h, "count": n} for (w, h), n in self.sizes.items()]
        return {
            "pictures": self.pictures,
            "sizes": sizes,
            "smallest": list(self.smallest),
            "rotations": [list(size) for size in self.rotations],
            "crop": self.crop,
            "losses": {rule: round(share, 4) for rule, share in self.losses.items()},
            "brightness": [round(share, 5) for share in self.brightness],
            "ink": self.ink,
            "pos_weight": self.pos_weight,
            "noise": {
                side: [round(value, 2) for value in values] for side, values in self.noise.items()
            },
            "quality": {
                side: {str(q): n for q, n in counts.items()}
                for side, counts in self.quality.items()
            },
            "channels": dict(self.channels),
            "depths": dict(self.depths),
        }


def statistics(
    clean: Sequence[CheckedHeader],
    looks: Sequence[Look],
    spoiled: Sequence[CheckedHeader],
    spoiled_looks: Sequence[Look],
    crop: int,
) -> Statistics | None:
    """Returns the figures of a set, or None where no header could be read.

    The looks may be empty, where only headers were read; what needs pixels is then empty too.
    """
    readable = [header for header in clean if not header.error]
    if not readable:
        return None
    sizes = dict(Counter(header.size for header in readable).most_common())
    colours = Counter("grey" if header.channels == 1 else "colour" for header in readable)

    # noise and quality of each side; a side of which nothing is known is left out
    noise = {"clean": _noise(looks), "spoiled": _noise(spoiled_looks)}
    quality = {"clean": _qualities(clean), "spoiled": _qualities(spoiled)}
    return Statistics(
        pictures=len(readable),
        sizes=sizes,
        rotations=tuple(size for size in sizes if size[0] > size[1] and size[::-1] in sizes),
        crop=crop,
        losses=losses(sizes, crop),
        brightness=_brightness(looks),
        ink=_ink(looks),
        noise={side: three for side, three in noise.items() if three is not None},
        quality={side: counts for side, counts in quality.items() if counts},
        channels=dict(colours),
        depths=dict(Counter(header.depth for header in readable)),
    )


def losses(sizes: Mapping[Size, int], crop: int) -> dict[str, float]:
    """Returns, by the way of cutting, the share of all pixels that is lost.

    That is what one look at every picture leaves out or shrinks away. random: one crop of each;
    pictures that are smaller are lost whole. grid: as many crops as fit side by side. resize: all
    of it is shrunk to the crop. hybrid: smaller pictures are enlarged until the crop fits, and then
    one is cut.
    """
    total = sum(w * h * n for (w, h), n in sizes.items())
    kept = {"random": 0.0, "grid": 0.0, "resize": 0.0, "hybrid": 0.0}
    for (w, h), n in sizes.items():
        if min(w, h) >= crop:
            kept["random"] += n * crop**2
            kept["grid"] += n * (w // crop) * (h // crop) * crop**2
        kept["resize"] += n * min(w * h, crop**2)
        larger = max(1.0, crop / min(w, h))
        kept["hybrid"] += n * min(w * h, (crop / larger) ** 2)
    return {rule: 1 - pixels / total for rule, pixels in kept.items()}


def _brightness(looks: Sequence[Look]) -> tuple[float, ...]:
    """The mean of the pictures' histograms, each of which weighs the same, in 32 steps."""
    if not looks:
        return ()
    shares = np.sum([look.histogram / look.histogram.sum() for look in looks], 0)
    steps = shares.reshape(32, 8).sum(1) / len(looks)
    return tuple(float(share) for share in steps)


def _ink(looks: Sequence[Look]) -> float | None:
    pages = [look.ink for look in looks if look.document]
    if len(pages) <= MOSTLY * max(len(looks), 1):
        return None
    return float(np.mean(pages))


def _noise(looks: Iterable[Look]) -> tuple[float, float, float] | None:
    """(lowest, median, highest). Pages are left out: their noise cannot be estimated."""
    known = [look.noise for look in looks if look.noise is not None and not look.document]
    return (min(known), float(np.median(known)), max(known)) if known else None


def _qualities(headers: Iterable[CheckedHeader]) -> dict[int, int]:
    known = (header.quality for header in headers if header.quality is not None)
    return dict(sorted(Counter(known).items()))
