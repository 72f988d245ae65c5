"""The figures of a data set that decide a recipe: sizes, what each way of cutting loses,
brightness, ink, noise, compression.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .header import Header
from .look import Look

Size = tuple[int, int]

#: share of the clean pictures that must look like pages, so that the set is one of documents
MOSTLY = 0.5


@dataclass(frozen=True)
class Statistics:
    """Of the clean side, unless a name says otherwise.

    sizes: (width, height) -> how many, the most common first; rotations: sizes that are there
    upright and turned, each once; losses: share of all pixels that one look at every picture leaves
    out, by the cut; brightness: shares of 32 steps; ink: share of dark pixels where the set is of
    documents, else None; noise: sigma in 8-bit steps at the lowest, middle and highest, of a
    sample; quality: of JPEG files, how many of each.
    """

    pictures: int
    sizes: Mapping[Size, int]
    rotations: tuple[Size, ...]
    crop: int
    losses: Mapping[str, float]
    brightness: tuple[float, ...]
    ink: float | None
    noise: Mapping[str, tuple[float, float, float]]
    quality: Mapping[str, Mapping[int, int]]
    channels: Mapping[str, int]
    depths: Mapping[str, int]

    @property
    def smallest(self) -> Size:
        """The one with the shortest side."""
        return min(self.sizes, key=lambda size: (min(size), size))

    @property
    def pos_weight(self) -> float | None:
        """What `BCEWithLogits` takes so that ink and paper weigh the same: negatives over
        positives; with white = 1 that is ink / (1 - ink).
        """
        return None if self.ink is None or self.ink >= 1 else self.ink / (1 - self.ink)

    def to_dict(self) -> dict[str, Any]:
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
    clean: Sequence[Header],
    looks: Sequence[Look],
    spoiled: Sequence[Header],
    spoiled_looks: Sequence[Look],
    crop: int,
) -> Statistics | None:
    """The figures; looks may be empty (headers alone were read).

    None where no header could be read.
    """
    readable = [header for header in clean if not header.error]
    if not readable:
        return None
    sizes = dict(Counter(header.size for header in readable).most_common())
    pages = [look for look in looks if look.document]
    histogram = (
        np.sum([look.histogram / look.histogram.sum() for look in looks], 0).reshape(32, 8).sum(1)
        / len(looks)
        if looks
        else np.zeros(0)
    )
    sides = {
        "clean": (readable, looks),
        "spoiled": ([header for header in spoiled if not header.error], spoiled_looks),
    }
    return Statistics(
        pictures=len(readable),
        sizes=sizes,
        rotations=tuple(size for size in sizes if size[0] > size[1] and size[::-1] in sizes),
        crop=crop,
        losses=losses(sizes, crop),
        brightness=tuple(float(share) for share in histogram),
        ink=float(np.mean([look.ink for look in pages]))
        if len(pages) > MOSTLY * max(len(looks), 1)
        else None,
        noise={
            side: three
            for side, (_, some) in sides.items()
            if (three := _three(look.noise for look in some if not look.document)) is not None
        },
        quality={
            side: counts for side, (headers, _) in sides.items() if (counts := _qualities(headers))
        },
        channels=dict(Counter("grey" if header.channels == 1 else "colour" for header in readable)),
        depths=dict(Counter(header.depth for header in readable)),
    )


def losses(sizes: Mapping[Size, int], crop: int) -> dict[str, float]:
    """The share of all pixels that one look at every picture leaves out, or shrinks away, by how it
    is cut.

    random: one crop of each; pictures that are smaller are lost whole. grid: as many crops as fit
    side by side. resize: all of it shrunk to the crop. hybrid: smaller pictures are enlarged until
    the crop fits, and then one is cut.
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


def _three(values: Iterable[float | None]) -> tuple[float, float, float] | None:
    known = [value for value in values if value is not None]
    return (min(known), float(np.median(known)), max(known)) if known else None


def _qualities(headers: Iterable[Header]) -> dict[int, int]:
    return dict(
        sorted(Counter(header.quality for header in headers if header.quality is not None).items())
    )
