"""composed(): the whole frames of an animation whose file has but the part of each that is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Area:
    """A rectangle of a picture, in pixels."""

    #: columns left of it
    left: int
    #: rows above it
    top: int
    #: columns that it has
    width: int
    #: rows that it has
    height: int

    def of(self, samples: NDArray[Any]) -> NDArray[Any]:
        """Its part of samples [H, W, C], as a view."""
        return samples[self.top : self.top + self.height, self.left : self.left + self.width]

    def lies_in(self, width: int, height: int) -> bool:
        """Whether a picture of that size has all of it, and there is something of it."""
        inside = self.left + self.width <= width and self.top + self.height <= height
        return inside and self.width > 0 and self.height > 0

    def covers(self, width: int, height: int) -> bool:
        """Whether it is all of a picture of that size."""
        return (self.left, self.top, self.width, self.height) == (0, 0, width, height)


class After(Enum):
    """What becomes of a frame's area when its time is over."""

    KEEP = "it stays"
    CLEAR = "nothing is there any more"
    RESTORE = "what was there before is there again"


@dataclass(frozen=True)
class Laid:
    """How a frame is laid on those before it, as its file says."""

    #: where the part of it lies that the file has
    area: Area
    #: for how long it is shown
    seconds: float
    #: whether it is laid over what is there, by its alpha; else it takes its place
    over: bool
    #: what becomes of its area afterwards
    after: After
    #: whether that part hides all that is below it
    opaque: bool


def composed(
    frames: Iterable[tuple[Laid, NDArray[Any]]], width: int, height: int
) -> Iterator[NDArray[Any]]:
    """The pictures [H, W, 2 or 4] that are seen one after another, the last channel being alpha.

    frames: how each is laid, and the samples of its area, [H, W, 2 or 4] of uint8 or uint16. The
    first is laid on nothing. Each picture is an array of its own.
    """
    canvas: NDArray[Any] | None = None
    for laid, samples in frames:
        if canvas is None:
            canvas = np.zeros((height, width, samples.shape[2]), samples.dtype)
        place = laid.area.of(canvas)
        before = place.copy() if laid.after is After.RESTORE else None
        place[:] = _over(samples, place) if laid.over else samples
        yield canvas.copy()
        if laid.after is After.CLEAR:
            place[:] = 0
        elif before is not None:
            place[:] = before


def like(samples: NDArray[Any], alpha: bool) -> NDArray[Any]:
    """Samples [H, W] or [H, W, 1 to 4] with an alpha that shows all, or without theirs."""
    samples = samples.reshape(*samples.shape[:2], -1)
    has_alpha = samples.shape[2] in (2, 4)
    if has_alpha == alpha:
        return samples
    if has_alpha:
        return samples[..., :-1]
    shown = np.iinfo(samples.dtype).max
    return np.pad(samples, ((0, 0), (0, 0), (0, 1)), constant_values=shown)


def see_through(frames: Iterable[Laid], width: int, height: int) -> bool:
    """Whether something of a picture of that size may be transparent while the frames are shown."""
    whole = False  # whether all is hidden by what lies there
    for laid in frames:
        if laid.opaque and laid.area.covers(width, height):
            shown = True
        else:
            shown = whole and (laid.over or laid.opaque)
        if not shown:
            return True
        if laid.after is not After.RESTORE:
            whole = laid.after is After.KEEP
    return False


def _over(samples: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """Samples laid over others by their alpha (PNG, third edition, 13.16)."""
    peak = np.iinfo(samples.dtype).max
    alpha = samples[..., -1:]
    laid: NDArray[Any] = np.where(alpha == peak, samples, below)
    partly = ((alpha > 0) & (alpha < peak))[..., 0]
    if not partly.any():
        return laid
    above = samples[partly].astype(np.float32)
    under = below[partly].astype(np.float32)
    shown = above[:, -1:] / np.float32(peak)
    behind = under[:, -1:] / np.float32(peak) * (1 - shown)
    whole = shown + behind
    colours = (above[:, :-1] * shown + under[:, :-1] * behind) / whole
    laid[partly] = np.rint(np.concatenate([colours, whole * peak], 1)).astype(samples.dtype)
    return laid
