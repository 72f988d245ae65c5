"""The head of a JPEG XL's codestream, bit by bit (ISO/IEC 18181-1, annex D)."""

from __future__ import annotations

from dataclasses import dataclass

#: width for height, by the number that says it
RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
#: kinds of channels beside colour
ALPHA, SPOT, FILTERS = 0, 2, 5
#: kinds of colours, of white points and primaries that are said by numbers
GREY, XYB, CUSTOM = 1, 2, 2


@dataclass(frozen=True)
class Colours:
    """How its samples are colours."""

    #: whether there is one channel
    grey: bool = False
    #: whether a profile says it, which stands compressed behind the head
    profile: bool = False
    #: primaries and transfer as CICP has them (ITU-T H.273); 2 is unknown, or said otherwise
    cicp: tuple[int, int] = (1, 13)


@dataclass(frozen=True)
class Head:
    """What a codestream says of itself."""

    #: pixels across, as stored: not turned
    width: int
    #: pixels down, as stored: not turned
    height: int
    #: the orientation, as in EXIF
    orientation: int = 1
    #: bits of a sample
    bits: int = 8
    #: whether samples are floats
    floats: bool = False
    #: whether it moves
    animated: bool = False
    #: the kinds of its channels beside colour
    channels: tuple[int, ...] = ()
    #: whether colours have been multiplied with alpha
    multiplied: bool = False
    #: whether it was compressed in XYB, and so with loss
    xyb: bool = True
    #: how its samples are colours
    colours: Colours = Colours()


class _Bits:
    """The bits of some bytes, the lowest first. ValueError where there are no more."""

    def __init__(self, data: bytes) -> None:
        self.value = int.from_bytes(data, "little")
        self.left = 8 * len(data)

    def take(self, count: int) -> int:
        self.left -= count
        if self.left < 0:
            raise ValueError("its head ends too early")
        taken = self.value & ((1 << count) - 1)
        self.value >>= count
        return taken

    def flag(self) -> bool:
        return bool(self.take(1))

    def one_of(self, *ways: tuple[int, int]) -> int:
        """A number in one of four ways: (what is added, how many bits)."""
        added, count = ways[self.take(2)]
        return added + self.take(count)

    def kind(self) -> int:
        """A number that stands for one of a list."""
        return self.one_of((0, 0), (1, 0), (2, 4), (18, 6))


def head_of(data: bytes) -> Head:
    """The head at the beginning of a codestream, behind its two letters. ValueError where it makes
    no sense.
    """
    bits = _Bits(data)
    width, height = _size(bits)
    if bits.flag():
        return Head(width, height)
    orientation, animated = 1, False
    if bits.flag():
        orientation = bits.take(3) + 1
        if bits.flag():
            _size(bits)
        if bits.flag():
            _preview(bits)
        animated = bits.flag()
    if animated:
        return Head(width, height, animated=True)
    floats, depth = _depth(bits)
    bits.flag()  # whether 16 bits are enough to decode it
    extra = [_channel(bits) for _ in range(bits.one_of((0, 0), (1, 0), (2, 4), (1, 12)))]
    xyb = bits.flag()
    return Head(
        width,
        height,
        orientation,
        depth,
        floats,
        channels=tuple(kind for kind, _ in extra),
        multiplied=any(multiplied for _, multiplied in extra),
        xyb=xyb,
        colours=_colours(bits),
    )


def _size(bits: _Bits) -> tuple[int, int]:
    """Width and height."""
    ways = ((1, 9), (1, 13), (1, 18), (1, 30))
    small = bits.flag()

    def side() -> int:
        return 8 * (bits.take(5) + 1) if small else bits.one_of(*ways)

    height = side()
    ratio = bits.take(3)
    if not ratio:
        return side(), height
    across, down = RATIOS[ratio]
    return height * across // down, height


def _preview(bits: _Bits) -> None:
    ways = ((16, 0), (32, 0), (1, 5), (33, 9))
    if not bits.flag():
        ways = ((1, 6), (65, 8), (321, 10), (1345, 12))
    bits.one_of(*ways)
    if not bits.take(3):
        bits.one_of(*ways)


def _depth(bits: _Bits) -> tuple[bool, int]:
    """Whether samples are floats, and their bits."""
    floats = bits.flag()
    if not floats:
        return False, bits.one_of((8, 0), (10, 0), (12, 0), (1, 6))
    depth = bits.one_of((32, 0), (16, 0), (24, 0), (1, 6))
    bits.take(4)
    return True, depth


def _channel(bits: _Bits) -> tuple[int, bool]:
    """The kind of a channel beside colour, and whether colours have been multiplied with it."""
    if bits.flag():
        return ALPHA, False
    kind = bits.kind()
    _depth(bits)
    bits.one_of((0, 0), (3, 0), (4, 0), (1, 3))
    for _ in range(bits.one_of((0, 0), (0, 4), (16, 5), (48, 10))):
        bits.take(8)
    multiplied = kind == ALPHA and bits.flag()
    if kind == SPOT:
        bits.take(64)
    elif kind == FILTERS:
        bits.one_of((1, 0), (0, 2), (3, 4), (19, 8))
    return kind, multiplied


def _colours(bits: _Bits) -> Colours:
    if bits.flag():
        return Colours()
    profile = bits.flag()
    space = bits.kind()
    grey = space == GREY
    if profile or space == XYB:
        return Colours(grey, profile)
    white = bits.kind()
    if white == CUSTOM:
        _custom(bits, 1)
    primaries = 1
    if not grey:
        primaries = bits.kind()
        if primaries == CUSTOM:
            _custom(bits, 3)
    if bits.flag():
        bits.take(24)  # the exponent of a curve that is no other's
        return Colours(grey, cicp=(primaries, 2))
    transfer = bits.kind()
    # P3's primaries are 11 with the white of cinemas in CICP, and 12 with that of screens.
    return Colours(grey, cicp=(12 if primaries == 11 and white == 1 else primaries, transfer))


def _custom(bits: _Bits, points: int) -> None:
    for _ in range(2 * points):
        bits.one_of((0, 19), (524288, 19), (1048576, 20), (2097152, 21))
