"""changes(): of each frame of an animation that is written, the part that is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...picture import Picture, Timing, to_samples
from .canvas import Area


@dataclass(frozen=True, eq=False)
class Changed:
    """A frame, as far as it differs from the one before."""

    #: where it differs; at least one pixel
    area: Area
    #: [H, W] or [H, W, 2 to 4] of the area, for all that stands there
    samples: NDArray[Any]
    #: when it is shown
    timing: Timing


def changes(pictures: Iterable[Picture], depth: Any, even: bool = False) -> Iterator[Changed]:
    """The part of each frame that is new, the whole of the first.

    depth: of the samples. even: whether areas begin at even pixels.
    """
    before: NDArray[Any] | None = None
    for picture in pictures:
        samples = to_samples(picture, depth)
        area = _area(before, samples, 2 if even else 1)
        timing = picture.timing or Timing(0.0)
        yield Changed(area, np.ascontiguousarray(area.of(samples)), timing)
        before = samples


def _area(before: NDArray[Any] | None, now: NDArray[Any], step: int) -> Area:
    """Where two frames differ; one pixel where they do not."""
    height, width = now.shape[:2]
    if before is None:
        return Area(0, 0, width, height)
    differs = (before != now).reshape(height, width, -1).any(2)
    rows = np.flatnonzero(differs.any(1))
    columns = np.flatnonzero(differs.any(0))
    if not rows.size:
        return Area(0, 0, 1, 1)
    top = int(rows[0]) // step * step
    left = int(columns[0]) // step * step
    return Area(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)
