"""How the samples of a JPEG stand in its scans: units of data, and intervals of units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
#: restart intervals (DRI) of so many units
INTERVAL = 0xDD


@dataclass(frozen=True)
class Frame:
    """How the samples of a JPEG stand in its scans (ITU-T T.81, A.2)."""

    #: the marker of its frame
    marker: int
    #: pixels across
    width: int
    #: pixels down
    height: int
    #: samples of each component, across and down, by its number, in what two of the coarsest have
    factors: Mapping[int, tuple[int, int]]

    @property
    def unit(self) -> tuple[int, int]:
        """Pixels down and across of a unit of data, in which all components stand together."""
        if len(self.factors) == 1:
            return 8, 8
        across, down = (8 * max(each) for each in zip(*self.factors.values(), strict=True))
        return down, across

    def units(self, components: Sequence[int]) -> tuple[int, int]:
        """Units down and across in a scan of some components; one alone has units of its own."""
        down, across = self.unit
        if len(components) > 1 or len(self.factors) == 1:
            return -(-self.height // down), -(-self.width // across)
        wide, high = self.factors[components[0]]
        rows, columns = -(-self.height * high * 8 // down), -(-self.width * wide * 8 // across)
        return -(-rows // 8), -(-columns // 8)


def frame_of(marker: int, body: bytes) -> Frame:
    """What a frame says; `examine` has looked at it before."""
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    each = (body[place : place + 2] for place in range(6, 6 + 3 * body[5], 3))
    return Frame(marker, width, height, {own: divmod(factors, 16) for own, factors in each})


def intervals(frame: Frame, scan: bytes, units: int) -> int:
    """How many restart intervals of so many units a scan has; 0 where `units` is none.

    scan: what stands in its segment.
    """
    if not units:
        return 0
    down, across = frame.units(scan[1 : 1 + 2 * scan[0] : 2])
    return -(-down * across // units)
