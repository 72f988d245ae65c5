"""How the samples of a JPEG XL are colours (ISO/IEC 18181-1, annex E.2)."""

from __future__ import annotations

from dataclasses import dataclass

from .bits import Bits, kind_written, written

#: kinds of colours, of white points and primaries that are said by numbers
RGB, GREY, XYB, CUSTOM = 0, 1, 2, 2
#: white points that are known by a number, as CIE xy: D65, equal energy, that of cinemas
WHITES: dict[int, tuple[float, ...]] = {1: (0.3127, 0.329), 10: (1 / 3, 1 / 3), 11: (0.314, 0.351)}
#: primaries that are known by a number, as CIE xy: sRGB, BT.2020, P3
PRIMARIES: dict[int, tuple[float, ...]] = {
    1: (0.639998686, 0.330010138, 0.300003784, 0.600003357, 0.150002046, 0.059997204),
    9: (0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    11: (0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
#: transfers by number: of BT.709, unknown, linear, sRGB's; 16 to 18 are PQ, of cinemas, HLG
BT709, UNKNOWN, LINEAR, SRGB = 1, 2, 8, 13
#: transfers that are the same as another
ALIKE = {UNKNOWN: SRGB, 6: BT709, 14: BT709, 15: BT709}
#: what a gamma and a coordinate are counted in
GAMMA, COORDINATE = 1e-7, 1e-6


@dataclass(frozen=True)
class Colours:
    """How samples are colours."""

    #: whether there is one channel
    grey: bool = False
    #: whether a profile says it, which stands compressed behind the head
    profile: bool = False
    #: white as CIE xy
    white: tuple[float, ...] = WHITES[1]
    #: red, green and blue as CIE xy
    primaries: tuple[float, ...] = PRIMARIES[1]
    #: the transfer as CICP has it (ITU-T H.273); 2 where it is a gamma
    transfer: int = SRGB
    #: the exponent that makes numbers of light; None where the transfer says it
    gamma: float | None = None

    @property
    def cicp(self) -> tuple[int, int] | None:
        """Primaries and transfer by their codes in CICP; None where there are none."""
        if self.gamma is not None:
            return None
        if self.grey:
            return (1, self.transfer) if self.white == WHITES[1] else None
        # P3's primaries are 11 with the white of cinemas in CICP, and 12 with that of screens.
        codes = {(1, 1): 1, (1, 9): 9, (1, 11): 12, (11, 11): 11}
        whites = {white: code for code, white in WHITES.items()}
        primaries = {each: code for code, each in PRIMARIES.items()}
        both = (whites.get(self.white, 0), primaries.get(self.primaries, 0))
        return None if both not in codes else (codes[both], self.transfer)


def read_colours(bits: Bits) -> Colours:
    """The colours that are said next."""
    if bits.flag():
        return Colours()
    profile = bits.flag()
    space = bits.kind()
    grey = space == GREY
    if profile or space == XYB:
        return Colours(grey, profile)
    kind = bits.kind()
    white = _places(bits, 1) if kind == CUSTOM else WHITES[kind]
    primaries = PRIMARIES[1]
    if not grey:
        kind = bits.kind()
        primaries = _places(bits, 3) if kind == CUSTOM else PRIMARIES[kind]
    if bits.flag():
        transfer, gamma = UNKNOWN, GAMMA * bits.take(24)
    else:
        transfer, gamma = bits.kind(), None
    bits.kind()  # how colours are met that a screen has not
    return Colours(grey, False, white, primaries, transfer, None if not gamma else 1 / gamma)


def _places(bits: Bits, count: int) -> tuple[float, ...]:
    """Coordinates of colours, two of each."""
    ways = ((0, 19), (524288, 19), (1048576, 20), (2097152, 21))
    numbers = [bits.one_of(*ways) for _ in range(2 * count)]
    signed = [-(each + 1) // 2 if each & 1 else each // 2 for each in numbers]
    return tuple(COORDINATE * each for each in signed)


def profile_announced(grey: bool) -> str:
    """Bits that say that a profile follows."""
    return "01" + kind_written(GREY if grey else RGB)


def coded(grey: bool, primaries: int, transfer: int) -> str | None:
    """Bits that say colours by their codes in CICP; None where JPEG XL has none for them."""
    places = {1: (1, 1), 2: (1, 1), 9: (1, 9), 11: (11, 11), 12: (1, 11)}
    transfer = ALIKE.get(transfer, transfer)
    if primaries not in places or transfer not in (BT709, LINEAR, SRGB, 16, 17, 18):
        return None
    white, gamut = places[primaries]
    said = "00" + kind_written(GREY if grey else RGB) + kind_written(white)
    said += "" if grey else kind_written(gamut)
    return said + written(0, 1) + kind_written(transfer) + kind_written(1)
