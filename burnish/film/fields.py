"""ByField: frames that are made of two fields, each of which is treated as a film of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..errors import UnsupportedFormat
from .frame import Frame, Layout, Plane
from .treatment import Shots, Treatment


@dataclass(frozen=True)
class ByField:
    """Treats the even rows of all frames as one film, and the odd ones as another.

    The fields of a frame are of two moments, and never looked at together.
    """

    #: what is done to each of the two films
    treatment: Treatment

    @property
    def reach(self) -> int:
        """That of what is done."""
        return self.treatment.reach

    def __call__(self, frames: Iterator[Frame], layout: Layout, shots: Shots) -> Iterator[Frame]:
        """The frames, woven of their fields again. UnsupportedFormat where they are of no two equal
        halves.
        """
        if layout.height % (2 * layout.down):
            raise UnsupportedFormat(
                f"frames of {layout.height} rows cannot be parted into fields of the same size; "
                "--interlaced frames takes them as they are"
            )
        split = _Split(frames)
        treated = []
        for parity in (0, 1):
            own = replace(layout, height=layout.height // 2)
            path = None if shots.path is None else shots.path.with_name(f"field{parity}")
            treated.append(self.treatment(split.fields(parity), own, Shots(path)))
        for even, odd in zip(*treated, strict=True):
            pairs = zip(even.planes, odd.planes, strict=True)
            yield replace(even, planes=tuple(_woven(*pair) for pair in pairs))


class _Split:
    """Frames taken apart; a field waits until its turn comes, as the other film may be ahead."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames
        self._waiting: tuple[deque[Frame], deque[Frame]] = (deque(), deque())

    def fields(self, parity: int) -> Iterator[Frame]:
        """The even (0) or odd (1) rows of each frame."""
        own = self._waiting[parity]
        while True:
            if not own:
                frame = next(self._frames, None)
                if frame is None:
                    return
                for each, waiting in enumerate(self._waiting):
                    planes = tuple(plane[each::2] for plane in frame.planes)
                    waiting.append(replace(frame, planes=planes))
            yield own.popleft()


def _woven(even: Plane, odd: Plane) -> Plane:
    rows = len(even) + len(odd)
    plane: Plane = np.empty((rows, even.shape[1]), even.dtype)
    plane[::2] = even
    plane[1::2] = odd
    return plane
