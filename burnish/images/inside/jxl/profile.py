"""The ICC profile in a JPEG XL's codestream (ISO/IEC 18181-1, annex E.4): each byte is coded by
those before it, and all together by commands that say what a profile usually holds.
"""

from __future__ import annotations

from .bits import Bits, long_written, written
from .entropy import Numbers

#: bytes that a profile may have here
LARGEST = 1 << 20
#: bytes of a profile's own header, and a guess of it: version 4, a screen's, RGB, under D50
HEADER = 128
GUESS = b"".join(
    (
        bytes(8) + b"\4\0\0\0mntrRGB XYZ ",
        bytes(12) + b"acsp" + bytes(28),
        bytes.fromhex("0000f6d6000100000000d32d"),
    )
).ljust(HEADER, b"\0")
#: names of makers, which a first letter or two tell
MAKERS = (b"APPL", b"MSFT", b"SGI ", b"SUNW")
#: the contexts in which bytes are coded: of the first, and of the kinds of the two before
CONTEXTS, FIRST = 41, 129
#: tags that are known, by their number from 4 on, and those of them that have 20 bytes
TAGS = (
    b"cprt wtpt bkpt rXYZ gXYZ bXYZ kXYZ rTRC gTRC bTRC kTRC chad desc chrm dmnd dmdd lumi".split()
)
OF_20 = frozenset((b"rXYZ", b"gXYZ", b"bXYZ", b"kXYZ", b"wtpt", b"bkpt", b"lumi"))
#: kinds of tags that are known, by their number from 16 on
KINDS = (b"XYZ ", b"desc", b"text", b"mluc", b"para", b"curv", b"sf32", b"gbd ")
#: commands of the list of tags: any tag, three curves, three colours, and the first known one
ANY_TAG, CURVES, PRIMARIES, KNOWN = 1, 2, 3, 4
PLACED, SIZED = 64, 128
#: commands of what follows: bytes, in two or four rows, by what comes before, a colour, a kind
BYTES, TWO_ROWS, FOUR_ROWS, PREDICTED, COLOUR, KIND = 1, 2, 3, 4, 10, 16


def read_profile(bits: Bits) -> bytes:
    """The profile that stands next. ValueError where it is none, or is larger than 1 MB."""
    size = bits.long()
    if size > LARGEST:
        raise ValueError("a profile of more than 1 MB")
    numbers = Numbers(bits, CONTEXTS)
    coded = bytearray()
    before, last = 0, 0
    for at in range(size):
        context = 0 if at < FIRST else 1 + _last_kind(last) + 8 * _kind_before(before)
        before, last = last, numbers.next(context) & 0xFF
        coded.append(last)
    numbers.end()
    return _Unpacked(bytes(coded)).profile()


def _last_kind(byte: int) -> int:
    """The kind of the byte before."""
    text = _text_kind(byte)
    if text is not None:
        return text
    if byte < 16:
        return {0: 2, 1: 3}.get(byte, 4)
    return 7 if byte <= 240 else 6 if byte == 255 else 5


def _kind_before(byte: int) -> int:
    """The kind of the byte before that one."""
    text = _text_kind(byte)
    if text is not None:
        return text
    return 2 if byte < 16 else 3 if byte > 240 else 4


def _text_kind(byte: int) -> int | None:
    """0 for letters, 1 for numbers; None for what is no text."""
    if chr(byte).isascii() and chr(byte).isalpha():
        return 0
    return 1 if byte in b"0123456789.," else None


class _Stream:
    """Bytes, read one after another. ValueError where there are no more."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    @property
    def more(self) -> bool:
        return self.place < len(self.data)

    def take(self, size: int) -> bytes:
        taken = self.data[self.place : self.place + size]
        if len(taken) < size:
            raise ValueError("a profile that ends too early")
        self.place += size
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """A number in groups of seven bits, the lowest first."""
        value, shift = 0, 0
        while shift < 63:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise ValueError("a number that is too long")


class _Unpacked:
    """A profile as it is put together from commands and bytes."""

    def __init__(self, coded: bytes) -> None:
        head = _Stream(coded)
        self.size = head.number()
        if self.size > LARGEST:
            raise ValueError("a profile of more than 1 MB")
        self.commands = _Stream(head.take(head.number()))
        self.bytes = _Stream(coded[head.place :])
        self.made = bytearray()

    def profile(self) -> bytes:
        """All of it."""
        self._header()
        if self.size > HEADER:
            self._tags()
        while self.commands.more and len(self.made) <= self.size:
            self._content(self.commands.byte())
        if len(self.made) != self.size or self.commands.more or self.bytes.more:
            raise ValueError("a profile of another length than it says")
        return bytes(self.made)

    def _header(self) -> None:
        guess = bytearray(self.size.to_bytes(4, "big") + GUESS[4:])
        for at in range(min(self.size, HEADER)):
            if at == 8:
                guess[80:84] = self.made[4:8]
            if at in (41, 42):
                known = [each for each in MAKERS if each[: at - 40] == self.made[40:at]]
                # "S" alone is not told apart
                guess[41:44] = known[0][1:] if len(known) == 1 else guess[41:44]
            self.made.append((self.bytes.byte() + guess[at]) & 0xFF)

    def _tags(self) -> None:
        """The list of tags."""
        count = self.commands.number() - 1
        if count < 0:
            return
        self.made += count.to_bytes(4, "big")
        end, size = HEADER + 12 * count, 0
        while self.commands.more and len(self.made) <= self.size:
            command = self.commands.byte()
            known = command & 63
            if not known:
                return
            tag = self._tag(known)
            size = 20 if tag in OF_20 else size
            start = self.commands.number() if command & PLACED else end
            size = self.commands.number() if command & SIZED else size
            self._listed(tag, start, size)
            end = start + size
            if known == CURVES:
                self._listed(b"gTRC", start, size)
                self._listed(b"bTRC", start, size)
            elif known == PRIMARIES:
                self._listed(b"gXYZ", start + size, size)
                self._listed(b"bXYZ", start + 2 * size, size)

    def _tag(self, known: int) -> bytes:
        if known == ANY_TAG:
            return self.bytes.take(4)
        if known in (CURVES, PRIMARIES):
            return b"rTRC" if known == CURVES else b"rXYZ"
        if known - KNOWN >= len(TAGS):
            raise ValueError("a tag that is not known")
        return TAGS[known - KNOWN]

    def _listed(self, tag: bytes, start: int, size: int) -> None:
        self.made += tag
        for number in (start, size):
            self.made += (number & 0xFFFFFFFF).to_bytes(4, "big")

    def _content(self, command: int) -> None:
        if command == BYTES:
            self.made += self.bytes.take(self.commands.number())
        elif command in (TWO_ROWS, FOUR_ROWS):
            rows = 2 if command == TWO_ROWS else 4
            self.made += _woven(self.bytes.take(self.commands.number()), rows)
        elif command == PREDICTED:
            self._predicted()
        elif command == COLOUR:
            self.made += b"XYZ " + bytes(4) + self.bytes.take(12)
        elif KIND <= command < KIND + len(KINDS):
            self.made += KINDS[command - KIND] + bytes(4)
        else:
            raise ValueError("a command that is not known")

    def _predicted(self) -> None:
        """Numbers that differ a little from what those before them let expect."""
        flags = self.commands.byte()
        width, order = (flags & 3) + 1, flags >> 2 & 3
        stride = self.commands.number() if flags & 16 else width
        if width == 3 or order == 3 or stride < width or 4 * stride >= len(self.made):
            raise ValueError("a command that makes no sense")
        differ = _woven(self.bytes.take(self.commands.number()), width)
        begin = len(self.made)
        for at, byte in enumerate(differ):
            first = begin + at - at % width
            one, two, three = (self._number(first - stride * back, width) for back in (1, 2, 3))
            expected = (one, 2 * one - two, 3 * one - 3 * two + three)[order]
            own = expected >> 8 * (width - 1 - at % width)
            self.made.append((byte + own) & 0xFF)

    def _number(self, place: int, width: int) -> int:
        return int.from_bytes(self.made[place : place + width], "big")


def _woven(data: bytes, width: int) -> bytes:
    """Bytes that stand in so many rows one after another, column by column."""
    height = -(-len(data) // width)
    return b"".join(data[at::height] for at in range(height)) if height else b""


def profile_written(icc: bytes) -> str:
    """A profile as a codestream has it, as a text of zeros and ones: its bytes as they stand."""
    head = len(icc).to_bytes(4, "big") + GUESS[4:80] + icc[4:8] + GUESS[84:]
    maker = next((each for each in MAKERS if _tells(icc, each)), None)
    if maker is not None:
        letters = _telling(maker)
        head = head[: 40 + letters] + maker[letters:] + head[44:]
    differ = bytes((byte - guess) & 0xFF for byte, guess in zip(icc, head, strict=False))
    commands = b"\0" + bytes([BYTES]) + _number(len(icc) - HEADER) if len(icc) > HEADER else b""
    coded = _number(len(icc)) + _number(len(commands)) + commands + differ + icc[HEADER:]
    code = "0" + "1" + "00"  # nothing comes again, and all contexts have one code
    code += "1" + written(15, 4)  # a prefix code, whose symbols are numbers
    code += "1" + written(7, 4) + written(127, 7)  # of 256
    # All lengths are eight bits: of the code of lengths, only that one is there.
    code += written(0, 2) + "00" * 10 + "01" + "00" * 7
    return long_written(len(coded)) + code + "".join(format(byte, "08b") for byte in coded)


def _tells(icc: bytes, maker: bytes) -> bool:
    """Whether a profile's first letters of its maker tell that one."""
    letters = _telling(maker)
    return icc[40 : 40 + letters] == maker[:letters]


def _telling(maker: bytes) -> int:
    """How many letters tell that maker."""
    return 2 if maker[:1] == b"S" else 1


def _number(value: int) -> bytes:
    """A number as `_Stream.number` reads it."""
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
