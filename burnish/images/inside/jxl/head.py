"""The head of a JPEG XL's codestream, bit by bit (ISO/IEC 18181-1, annex D), read and rewritten."""

from __future__ import annotations

from dataclasses import dataclass

from .bits import Bits, as_bytes, as_text, written
from .colours import Colours, profile_announced, read_colours
from .profile import profile_written, read_profile

#: width for height, by the number that says it
RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
#: kinds of channels beside colour
ALPHA, SPOT, FILTERS = 0, 2, 5
#: how depths are said: floats of 32 bits with 8 of exponent, and whole numbers
FLOATS, WHOLE = "1" + "00" + written(7, 4), "0"

#: colours that need not be said
USUAL = Colours()


@dataclass(frozen=True)
class Places:
    """Where a head says what, counted in bits: a stretch from its first to the one behind it."""

    #: whether all is as usual
    usual: int
    #: the depth of samples of colour; None where all is as usual
    depth: tuple[int, int] | None
    #: how they are colours; an empty stretch where all is as usual
    colours: tuple[int, int]
    #: the end, before a profile
    end: int


@dataclass(frozen=True)
class Head:
    """What a codestream says of itself."""

    #: pixels across, as stored: not turned
    width: int
    #: pixels down, as stored: not turned
    height: int
    #: where it says what
    places: Places
    #: the orientation, as in EXIF
    orientation: int = 1
    #: bits of a sample
    bits: int = 8
    #: whether samples are floats
    floats: bool = False
    #: whether it moves
    animated: bool = False
    #: whether a small copy stands before it
    preview: bool = False
    #: the kinds of its channels beside colour
    channels: tuple[int, ...] = ()
    #: whether colours have been multiplied with alpha
    multiplied: bool = False
    #: whether it was compressed in XYB, and so with loss
    xyb: bool = True
    #: how its samples are colours
    colours: Colours = USUAL


def head_of(data: bytes) -> Head:
    """The head at the beginning of a codestream, behind its two letters. ValueError where it makes
    no sense.
    """
    bits = Bits(data)
    width, height = _size(bits)
    usual = bits.place
    if bits.flag():
        nowhere = (bits.place, bits.place)
        _transform(bits, xyb=True)
        return Head(width, height, Places(usual, None, nowhere, bits.place))
    more = bits.flag()
    orientation, preview, animated = _more(bits) if more else (1, False, False)
    start = bits.place
    floats, depth = _depth(bits)
    depth_at = (start, bits.place)
    bits.flag()  # whether 16 bits are enough to decode it
    count = bits.one_of((0, 0), (1, 0), (2, 4), (1, 12))
    extra = [_channel(bits) for _ in range(count)]
    xyb = bits.flag()
    start = bits.place
    colours = read_colours(bits)
    colours_at = (start, bits.place)
    if more:
        _light(bits)
    _extensions(bits)
    _transform(bits, xyb)
    return Head(
        width,
        height,
        Places(usual, depth_at, colours_at, bits.place),
        orientation,
        depth,
        floats,
        animated,
        preview,
        channels=tuple(kind for kind, _ in extra),
        multiplied=any(multiplied for _, multiplied in extra),
        xyb=xyb,
        colours=colours,
    )


def profile_of(data: bytes, head: Head) -> bytes | None:
    """The profile of a codestream, behind its two letters; None where it has none. ValueError
    where it makes no sense.
    """
    return read_profile(Bits(data, head.places.end)) if head.colours.profile else None


def rewritten(data: bytes, *, depth: str, colours: str, icc: bytes | None = None) -> bytes:
    """A codestream, behind its two letters, whose head says another depth and other colours.

    The compressed picture stays as it is, and so does the depth of other channels. depth: `FLOATS`,
    or what `whole` gives. colours: as `colours.coded` gives them. icc: a profile that says them
    instead.
    """
    head = head_of(data)
    places = head.places
    bits = Bits(data, places.end)
    if head.colours.profile:
        read_profile(bits)
    start = -(-bits.place // 8)
    said = colours if icc is None else profile_announced(head.colours.grey)
    if places.depth is None:
        # What is as usual has to be said: no extra fields, 16 bits are enough, no channels, XYB.
        spelt = "00" + depth + "1" + "00" + "1" + said + "00"
        edits = [((places.usual, places.usual + 1), spelt)]
    else:
        edits = [(places.depth, depth), (places.colours, said)]
    text, at = "", 0
    for (first, behind), new in edits:
        text += as_text(data, at, first) + new
        at = behind
    text += as_text(data, at, places.end)
    text += "" if icc is None else profile_written(icc)
    return as_bytes(text) + data[start:]


def whole(bits: int) -> str:
    """How a head says that samples are whole numbers of so many bits."""
    usual = {8: 0, 10: 1, 12: 2}
    said = written(usual[bits], 2) if bits in usual else "11" + written(bits - 1, 6)
    return WHOLE + said


def _size(bits: Bits) -> tuple[int, int]:
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


def _more(bits: Bits) -> tuple[int, bool, bool]:
    """The orientation, whether there is a small copy, and whether it moves."""
    orientation = bits.take(3) + 1
    if bits.flag():
        _size(bits)
    preview = bits.flag()
    if preview:
        _preview(bits)
    animated = bits.flag()
    if animated:
        _animation(bits)
    return orientation, preview, animated


def _preview(bits: Bits) -> None:
    ways = ((16, 0), (32, 0), (1, 5), (33, 9))
    if not bits.flag():
        ways = ((1, 6), (65, 8), (321, 10), (1345, 12))
    bits.one_of(*ways)
    if not bits.take(3):
        bits.one_of(*ways)


def _animation(bits: Bits) -> None:
    """How it is played."""
    bits.one_of((100, 0), (1000, 0), (1, 10), (1, 30))
    bits.one_of((1, 0), (1001, 0), (1, 8), (1, 10))
    bits.one_of((0, 0), (0, 3), (0, 16), (0, 32))
    bits.flag()


def _depth(bits: Bits) -> tuple[bool, int]:
    """Whether samples are floats, and their bits."""
    floats = bits.flag()
    if not floats:
        return False, bits.one_of((8, 0), (10, 0), (12, 0), (1, 6))
    depth = bits.one_of((32, 0), (16, 0), (24, 0), (1, 6))
    bits.take(4)
    return True, depth


def _channel(bits: Bits) -> tuple[int, bool]:
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


def _light(bits: Bits) -> None:
    """How bright it is meant to be shown."""
    if not bits.flag():
        bits.take(16 + 16 + 1 + 16)


def _extensions(bits: Bits) -> None:
    """What later editions of the standard may say."""
    kinds = bits.long()
    sizes = [bits.long() for _ in range(kinds.bit_count())]
    bits.take(sum(sizes))


def _transform(bits: Bits, xyb: bool) -> None:
    """How XYB becomes light, and how it is enlarged, where that is not as usual."""
    if bits.flag():
        return
    if xyb and not bits.flag():
        bits.take(16 * (9 + 3 + 3 + 1))
    weights = bits.take(3)
    for kind, count in enumerate((15, 55, 210)):
        if weights >> kind & 1:
            bits.take(16 * count)
