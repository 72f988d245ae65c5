"""The chunks of a PNG that stand beside its picture: texts, EXIF, XMP, IPTC, what its numbers are
as colours, and those that others have put there.

W3C, PNG, third edition, chapter 11; IPTC data and Photoshop's resources as ImageMagick has them.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..metadata import Part, Text, photoshop
from ..picture import Picture

XMP = "XML:com.adobe.xmp"
INCH = 0.0254  # metres
LARGEST = 2**31 - 1
#: no profile or text is larger in good faith, nor are all texts of a file together
LARGEST_TEXT = 1 << 24
#: a text that is longer is compressed
LONG = 1000
#: cHRM of sRGB: white, red, green, blue; and gAMA of it
SRGB_PRIMARIES = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
SRGB_GAMMA = struct.pack(">I", 45455)
#: chunks of which the file is made, that stand elsewhere in a Picture, or say nothing of a result
#: (when the file was changed, how often a palette's colours stand in it)
ELSEWHERE = frozenset(
    "IHDR PLTE tRNS IDAT IEND iCCP cICP pHYs eXIf tEXt zTXt iTXt acTL fcTL fdAT tIME hIST sPLT "
    "sBIT iDOT".split()
)
#: what chunks are called that are carried from PNG to PNG
CARRIED = {
    "gAMA": "its gamma",
    "cHRM": "its primaries",
    "sRGB": "",
    "mDCV": "its mastering display",
    "cLLI": "its light levels",
    "bKGD": "its background colour",
    "oFFs": "its offset on a page",
    "sCAL": "its physical scale",
    "pCAL": "its calibration",
    "sTER": "its kind of stereo",
}
CREDENTIALS = "caBX"
_RAW = re.compile(r"Raw profile type (\w+)")


@dataclass
class Chunks:
    """What is collected from the chunks of a file."""

    #: those of which there is one, by their letters
    single: dict[str, bytes] = field(default_factory=dict)
    text: list[Text] = field(default_factory=list)
    xmp: bytes | None = None
    #: EXIF, IPTC data and Photoshop's resources that stand among the texts, by those names
    raw: dict[str, bytes] = field(default_factory=dict)
    #: chunks that are no part of the standard, in their order
    others: list[tuple[str, bytes]] = field(default_factory=list)
    #: what is not kept
    left: list[str] = field(default_factory=list)
    #: bytes that texts may still have
    budget: int = LARGEST_TEXT

    def take(self, letters: str, body: bytes) -> None:
        """Takes a chunk."""
        if letters in ("tEXt", "zTXt", "iTXt"):
            self._take_text(letters, body)
        elif letters in ELSEWHERE or letters in CARRIED:
            self.single[letters] = body
        elif len(body) < LARGEST_TEXT:
            self.others.append((letters, body))
        else:
            self.left.append(f"its {letters} chunk, which is too long")

    def _take_text(self, letters: str, body: bytes) -> None:
        try:
            text = _text(letters, body, self.budget)
        except (zlib.error, UnicodeDecodeError, IndexError, ValueError):
            self.left.append("a text that cannot be read")
            return
        self.budget -= len(text.text)
        raw = _RAW.fullmatch(text.keyword)
        data = None if raw is None else _raw_profile(text.text)
        if text.keyword == XMP:
            self.xmp = text.text.encode() if self.xmp is None else self.xmp
        elif raw is not None and data is not None:
            self.raw.setdefault(raw[1].lower(), data)
        else:
            self.text.append(text)

    @property
    def icc(self) -> bytes | None:
        """The profile; None where there is none, or one that cannot be read."""
        body = self.single.get("iCCP", b"")
        if b"\0" not in body:
            return None
        try:
            packed = body.split(b"\0", 1)[1][1:]
            return zlib.decompressobj().decompress(packed, LARGEST_TEXT) or None
        except zlib.error:
            return None

    @property
    def exif(self) -> bytes | None:
        """The block, from "II" or "MM" on."""
        block = self.single.get("eXIf") or self.raw.get("exif") or self.raw.get("app1")
        return None if block is None else block.removeprefix(b"Exif\0\0") or None

    @property
    def dpi(self) -> tuple[float, float] | None:
        """Dots an inch, (across, down)."""
        body = self.single.get("pHYs", b"")
        if len(body) != 9:
            return None
        across, down, unit = struct.unpack(">IIB", body)
        if unit != 1 or not across or not down:
            return None
        return (round(across * INCH, 2), round(down * INCH, 2))

    @property
    def cicp(self) -> tuple[int, int, int, int] | None:
        """Code points of primaries, transfer and matrix, and 1 for full range (ITU-T H.273)."""
        body = self.single.get("cICP", b"")
        return (body[0], body[1], body[2], body[3]) if len(body) == 4 else None

    def resources(self) -> tuple[bytes | None, bytes | None]:
        """IPTC data and Photoshop's other resources."""
        block = self.raw.get("8bim") or self.raw.get("iptc") or b""
        if not block.startswith(b"8BIM"):
            return block or None, None
        try:
            return photoshop.split(block)
        except ValueError:
            self.left.append("its Photoshop data, which cannot be read")
            return None, None

    def parts(self, palette: bool) -> Iterator[Part]:
        """The chunks that come back in a PNG. What does not is among `left`."""
        said = self.icc is not None or "sRGB" in self.single
        plain = {"gAMA": SRGB_GAMMA, "cHRM": SRGB_PRIMARIES}
        if "iCCP" in self.single and self.icc is None:
            self.left.append("its profile, which cannot be read")
        for letters, name in CARRIED.items():
            body = self.single.get(letters)
            if body is None or (palette and letters == "bKGD"):
                continue
            harmless = letters in plain and (said or body == plain[letters])
            yield Part("" if harmless else name, letters, body)
        shape = self.single.get("pHYs")
        if shape is not None and self.dpi is None and shape[:4] != shape[4:8]:
            yield Part("its shape of pixels", "pHYs", shape)
        for letters, body in self.others:
            if letters == CREDENTIALS:
                what = "content credentials (C2PA), which are not true of other pixels"
                self.left.append(f"its {what}")
            elif letters[3].islower():  # safe to copy, as its maker says (5.4)
                yield Part(f"its {letters} chunk", letters, body)
            else:
                self.left.append(f"its {letters} chunk")


def around(picture: Picture) -> Iterator[bytes]:
    """The chunks of all that stands beside a picture, which belong behind the header."""
    if picture.cicp is not None:
        # the numbers are RGB by now, of full range
        yield packed("cICP", bytes((*picture.cicp[:2], 0, 1)))
    if picture.icc is not None:
        yield packed("iCCP", b"ICC profile\0\0" + zlib.compress(picture.icc))
    for part in picture.parts:
        yield packed(part.place, part.body)
    if picture.dpi is not None:
        across, down = (min(round(d / INCH), LARGEST) for d in picture.dpi)
        yield packed("pHYs", struct.pack(">IIB", across, down, 1))
    if picture.exif is not None:
        yield packed("eXIf", picture.exif)
    if picture.xmp is not None:
        yield packed("iTXt", XMP.encode() + b"\0\0\0\0\0" + picture.xmp)
    if picture.photoshop is not None:
        yield _raw_text("8bim", photoshop.joined(picture.iptc, picture.photoshop))
    elif picture.iptc is not None:
        yield _raw_text("iptc", photoshop.joined(picture.iptc, None))
    yield from (_of_text(text) for text in picture.text)


def packed(letters: str, body: bytes) -> bytes:
    """A chunk."""
    name = letters.encode("latin-1")
    checksum = zlib.crc32(body, zlib.crc32(name))
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def _text(letters: str, body: bytes, most: int) -> Text:
    """A text; ValueError, zlib.error or IndexError where it cannot be read."""
    name, _, rest = body.partition(b"\0")
    keyword = name.decode("latin-1")
    if letters == "tEXt":
        return Text(keyword, rest.decode("latin-1"))
    if letters == "zTXt":
        return Text(keyword, _inflated(rest[1:], most).decode("latin-1"))
    compressed = rest[0]
    language, translated, text = rest[2:].split(b"\0", 2)
    inflated = _inflated(text, most) if compressed else text
    return Text(
        keyword,
        inflated.decode("utf-8", "surrogateescape"),
        language.decode("latin-1"),
        translated.decode("utf-8", "replace"),
    )


def _inflated(data: bytes, most: int) -> bytes:
    inflate = zlib.decompressobj()
    text = inflate.decompress(data, max(1, most))
    if not inflate.eof:
        raise ValueError("a text that is too long, or ends too early")
    return text


def _of_text(text: Text) -> bytes:
    """The chunk of a text: compressed where it is long, UTF-8 where it is not Latin-1."""
    keyword = text.keyword.encode("latin-1", "ignore").replace(b"\0", b"")[:79] or b"Comment"
    said = text.clean.replace("\0", "")
    try:
        plain = said.encode("latin-1")
    except UnicodeEncodeError:
        plain = None
    if plain is None or text.language or text.translated:
        long = len(said) > LONG
        whole = zlib.compress(said.encode()) if long else said.encode()
        translated = text.translated.encode("utf-8", "replace")
        language = text.language.encode("latin-1", "replace")
        head = keyword + bytes((0, long, 0)) + language + b"\0" + translated + b"\0"
        return packed("iTXt", head + whole)
    if len(plain) > LONG:
        return packed("zTXt", keyword + b"\0\0" + zlib.compress(plain))
    return packed("tEXt", keyword + b"\0" + plain)


def _raw_profile(text: str) -> bytes | None:
    """The bytes that a text has in hexadecimal, as ImageMagick writes them; None where it does
    not.
    """
    try:
        _, length, *lines = text.split()
        data = bytes.fromhex("".join(lines))
    except ValueError:
        return None
    return data if length == str(len(data)) else None


def _raw_text(kind: str, data: bytes) -> bytes:
    lines = (data[start : start + 36].hex() for start in range(0, len(data), 36))
    text = f"\n{kind}\n{len(data):8d}\n" + "\n".join(lines) + "\n"
    return packed("zTXt", f"Raw profile type {kind}\0\0".encode() + zlib.compress(text.encode()))
