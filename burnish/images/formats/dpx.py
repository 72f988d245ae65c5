"""DPX (SMPTE ST 268): one element of grey or RGB, 8, 10, 12 or 16 bits, as scanners of film write.

Its header comes back as it was, but for what is another: size, bits and where the samples begin.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import UnsupportedChannels, UnsupportedFormat
from ..damage import corrupt, truncated
from ..format import Format, Holds, Saving
from ..inside.left import plain
from ..metadata import Part
from ..picture import Header, Picture, to_samples

#: how a file begins whose numbers have their high byte first, or last
ORDERS = {b"SDPX": ">", b"XPDS": "<"}
#: bytes of a header without what users put behind it
HEADER = 2048
#: bytes of a header with what users put behind it, where it is kept
LONGEST_HEADER = 1 << 20
USERS = "not kept: what users have put behind its header, which is too long"
#: places in the header: of the samples, the file's size, the picture, and its first element
SAMPLES, FILE_SIZE, PICTURE, ELEMENT = 4, 16, 768, 780
#: what an element holds -> samples of a pixel
CHANNELS = {6: 1, 50: 3, 51: 4}
#: how values are light: printing densities, and logarithms
DENSITY, LOGARITHMIC = 1, 3
#: how samples that do not fill their words lie: at the upper end (A), or the lower (B)
PACKED, UPPER, LOWER = 0, 1, 2
#: what is not known (of 32 bits)
UNKNOWN = 0xFFFFFFFF
#: where the header is kept for a file of the same format
PLACE = "header"


@dataclass(frozen=True)
class Element:
    """The picture of a DPX, as its header says."""

    #: of its numbers, as `struct` has it
    order: str
    #: pixels across
    width: int
    #: pixels down
    height: int
    #: samples of a pixel: 1, 3, or 4 with alpha
    channels: int
    #: bits of a sample
    bits: int
    #: how they lie in their words
    packing: int
    #: how values are light
    transfer: int
    #: where they begin in the file
    place: int
    #: bytes that stand behind each row
    padding: int

    @property
    def words(self) -> int:
        """Words that the samples of a row fill, of `word` bytes."""
        samples = self.width * self.channels
        return -(-samples // 3) if self.bits == 10 else samples

    @property
    def word(self) -> int:
        """Bytes of a word."""
        return {8: 1, 10: 4}.get(self.bits, 2)

    def row(self, even: bool) -> int:
        """Bytes from row to row. even: whether each is filled up to a multiple of four."""
        size = self.words * self.word
        return (-(-size // 4) * 4 if even else size) + self.padding


def _element(file: BinaryIO, name: str) -> tuple[Element, bytes]:
    """The picture, and the header before its samples."""
    file.seek(0)
    head = file.read(HEADER)
    if len(head) < ELEMENT + 72:
        raise truncated(name)
    order = ORDERS[head[:4]]
    turned, elements, width, height = struct.unpack_from(order + "HHII", head, PICTURE)
    sign, *_ = struct.unpack_from(order + "I", head, ELEMENT)
    kind, transfer, _, bits, packing, encoding, place, padding = struct.unpack_from(
        order + "BBBBHHII", head, ELEMENT + 20
    )
    if not width or not height or max(width, height) > 2**20:
        raise corrupt(name, f"{width}x{height} pixels")
    if elements != 1 or turned or encoding not in (0, 0xFFFF) or sign not in (0, UNKNOWN):
        raise UnsupportedFormat(
            f"{name}: is a DPX of {elements} elements, turned, signed or compressed; one upright "
            "element of whole numbers without compression is read: convert it to TIFF"
        )
    known = kind in CHANNELS and bits in (8, 10, 12, 16)
    fills = bits in (8, 16) or packing in (UPPER, LOWER)
    if not known or not fills:
        raise UnsupportedChannels(
            f"{name}: has {bits} bits of kind {kind}, packed in way {packing}; 8 and 16 bits, and "
            "10 and 12 in filled words, of grey and RGB are read"
        )
    (start,) = struct.unpack_from(order + "I", head, SAMPLES)
    place = place if place not in (0, UNKNOWN) else start
    padding = 0 if padding == UNKNOWN else padding
    element = Element(order, width, height, CHANNELS[kind], bits, packing, transfer, place, padding)
    file.seek(0)
    return element, file.read(place if place <= LONGEST_HEADER else HEADER)


def examine(file: BinaryIO, name: str) -> Header:
    """The header; no pixel is decoded."""
    element, head = _element(file, name)
    alpha = element.channels == 4
    notes = []
    if element.transfer in (DENSITY, LOGARITHMIC):
        notes.append("its values are logarithms of light, as film has densities; they stay so")
    return Header(
        "DPX",
        element.width,
        element.height,
        channels=1 if element.channels == 1 else 3,
        depth="uint8" if element.bits == 8 else "uint16",
        bits=None if element.bits in (8, 16) else element.bits,
        alpha=alpha,
        stored=f"{element.bits}-bit {'grey' if element.channels == 1 else 'colour'}"
        f"{' and alpha' if alpha else ''}",
        parts=(Part("its film and television header", PLACE, head),),
        notes=tuple(notes),
        lost=(USERS,) if element.place > LONGEST_HEADER else (),
    )


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture. Raises InputTruncated."""
    element, _ = _element(file, name)
    behind = file.seek(0, io.SEEK_END) - element.place
    # Rows are to be filled up to four bytes, and not every program does it.
    even = behind >= element.row(True) * element.height
    row = element.row(even)
    size = row * element.height
    file.seek(element.place)
    data = file.read(size)
    if len(data) < size:
        raise truncated(name)
    rows = np.frombuffer(data, np.uint8).reshape(element.height, row)
    rows = np.ascontiguousarray(rows[:, : element.words * element.word])
    yield header.picture(_samples(rows.view(f"{element.order}u{element.word}"), element))


def _samples(words: NDArray[Any], element: Element) -> NDArray[Any]:
    """The samples [H, W, C] in rows of words."""
    if element.bits == 10:
        unused = 2 if element.packing == UPPER else 0
        places = _places(element.channels, unused)
        three = np.stack([words >> place & 1023 for place in places], -1).astype(np.uint16)
        words = three.reshape(element.height, -1)[:, : element.width * element.channels]
    elif element.bits == 12:
        words = words >> 4 if element.packing == UPPER else words & 4095
    depth = np.uint8 if element.bits == 8 else np.uint16
    return words.astype(depth).reshape(element.height, element.width, element.channels)


def _places(channels: int, unused: int) -> tuple[int, int, int]:
    """By how many bits three samples of 10 bits are moved up in their word: the first of a pixel
    lies at its upper end, and the first of three grey pixels at its lower.

    unused: bits below them.
    """
    places = (unused, 10 + unused, 20 + unused)
    return places if channels == 1 else places[::-1]


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut. InputTruncated where that is nothing."""
    element, _ = _element(file, name)
    rows = plain.Rows(element.place, element.row(True), element.height)
    return plain.salvage(file, name, rows, examine, decode)


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A DPX of as many bits as the picture has, behind the header that it came with."""
    picture = next(pictures)
    depth, bits = DPX.holds.stored(picture.depth, picture.bits)
    samples = to_samples(picture, depth, bits if bits in (10, 12) else None)
    height, width = samples.shape[:2]
    kept = next((part.body for part in picture.parts if part.place == PLACE), b"")
    order = ORDERS.get(kept[:4], ">")
    flat = samples.reshape(height, -1)
    if bits == 10:
        flat = np.pad(flat.astype(np.uint32), ((0, 0), (0, -flat.shape[1] % 3)))
        first, second, third = _places(1 if samples.ndim == 2 else 3, 2)
        flat = flat[:, ::3] << first | flat[:, 1::3] << second | flat[:, 2::3] << third
    elif bits == 12:
        flat = flat << 4
    word = {8: 1, 10: 4}.get(bits, 2)
    rows = np.ascontiguousarray(flat.astype(f"{order}u{word}")).view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    kind = {2: 6}.get(samples.ndim, 50 if samples.shape[-1] == 3 else 51)
    file.write(_header(kept, order, (width, height), kind, bits, rows.nbytes))
    file.write(rows.tobytes())
    return []


def _header(
    kept: bytes, order: str, size: tuple[int, int], kind: int, bits: int, length: int
) -> bytes:
    """A header, that which was kept with what is another, or a new one.

    kind: what the element holds. length: bytes of the samples.
    """
    head = bytearray(kept) or _new_header()
    head += bytes(max(0, HEADER - len(head)))
    start = len(head)
    struct.pack_into(order + "I", head, SAMPLES, start)
    struct.pack_into(order + "I", head, FILE_SIZE, min(start + length, UNKNOWN))
    struct.pack_into(order + "HHII", head, PICTURE, 0, 1, *size)
    head[ELEMENT + 20] = kind
    packing = PACKED if bits in (8, 16) else UPPER
    struct.pack_into(order + "BHHI", head, ELEMENT + 23, bits, packing, 0, start)
    struct.pack_into(order + "II", head, ELEMENT + 32, 0, 0)  # rows and picture end with no more
    return bytes(head)


def _new_header() -> bytearray:
    """A header that says nothing but that this is a DPX."""
    head = bytearray(HEADER)
    head[:4] = b"SDPX"
    head[8:12] = b"V1.0"
    struct.pack_into(">I", head, 20, 1)  # files of a roll may differ in what is not the picture
    struct.pack_into(">II", head, 24, HEADER - 384, 384)
    for place in (660, *range(ELEMENT + 4, ELEMENT + 20, 4)):
        struct.pack_into(">I", head, place, UNKNOWN)
    return head


DPX = Format(
    name="DPX",
    title="DPX",
    endings=(".dpx",),
    begins=tuple(ORDERS),
    holds=Holds(
        depths=("uint8", "uint16"),
        bits=(8, 10, 12, 16),
        grey_alpha=False,
        metadata=frozenset(),
        side=2**20,
    ),
    examine=examine,
    decode=decode,
    encode=encode,
    salvage=salvage,
)
