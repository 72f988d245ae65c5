"""What is left of a damaged PNG: its rows as far as they inflate, in a whole file of their own.

What a checksum says is damaged is left out where it stands beside the picture, and taken for what
it is where the picture is made of it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...damage import corrupt
from ...damage.left import DOUBT
from ...picture import Left, Picture
from ..png_chunks import LARGEST, packed
from ..png_rows import PASSES, SIGNATURE, Rows
from .inflate import begun

#: the highest number of a filter, with which a row begins
FILTERS = 4
#: chunks of an animation
FILM = (b"acTL", b"fcTL", b"fdAT")
#: chunks that the picture is made of: without them, nothing is seen
SEEN = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", *FILM)


@dataclass(frozen=True)
class Chunk:
    """A chunk, or what is left of it."""

    #: its four letters
    letters: bytes
    #: what stands in it
    body: bytes
    #: whether its checksum is right
    right: bool = True
    #: whether the file ends within it, so that what is there may well be right
    cut: bool = False


@dataclass(frozen=True)
class Remains:
    """The chunks that are left, and what became of the others."""

    #: those of a whole file, but for its rows, which may be short
    chunks: tuple[Chunk, ...]
    #: which frames of an animation are there, in words; "" for a picture
    frames: str
    #: sentences on what is left out
    lost: tuple[str, ...]

    @property
    def colours_are_right(self) -> bool:
        """Whether what says how samples are colours is undamaged."""
        return all(each.right for each in self.chunks if each.letters in (b"PLTE", b"tRNS"))

    def file(self, rows: bytes = b"") -> bytes:
        """A file with these compressed rows in place of its own; its checksums are right."""
        pieces = [SIGNATURE]
        given = False
        for each in self.chunks:
            if each.letters != b"IDAT":
                pieces.append(packed(each.letters.decode("ascii"), each.body))
            elif not given:
                pieces.append(packed("IDAT", rows))
                given = True
        return b"".join(pieces)


def remains(data: bytes, rows_of_frame: int, name: str) -> Remains:
    """The chunks that are left of a file. InputCorrupt where its header is not among them.

    rows_of_frame: bytes that the inflated rows of a frame have at the most.
    """
    found = list(_chunks(data))
    if not found or found[0].letters != b"IHDR":
        raise corrupt(name, "its header is not where it belongs")
    found = [each for each in found if each.letters != b"IEND"]
    kept = [each for each in found if each.right or each.letters in SEEN]
    broken = [each for each in found if not (each.right or each.letters in SEEN)]
    lost = dict.fromkeys(
        f"not kept: its {each.letters.decode('ascii')} chunk, which is damaged" for each in broken
    )
    frames = ""
    if any(each.letters == b"acTL" for each in kept):
        kept, frames = _whole_frames(kept, rows_of_frame)
    return Remains((*kept, Chunk(b"IEND", b"")), frames, tuple(lost))


def _chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks up to the end of the file, or as far as they can be told apart."""
    place = len(SIGNATURE)
    while place + 8 < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        letters = data[place + 4 : place + 8]
        if not letters.isalpha() or length > LARGEST:
            return
        end = place + 8 + length
        body = data[place + 8 : end]
        said = zlib.crc32(body, zlib.crc32(letters)).to_bytes(4, "big")
        yield Chunk(letters, body, data[end : end + 4] == said, cut=end + 4 > len(data))
        place = end + 4


def _whole_frames(chunks: Sequence[Chunk], most: int) -> tuple[list[Chunk], str]:
    """The chunks with the frames of an animation up to the first that is damaged, and which these
    are, in words; where none is, those of the picture alone.
    """
    starts = [at for at, each in enumerate(chunks) if each.letters == b"fcTL"]
    ends = [*starts[1:], len(chunks)]
    whole = 0
    for start, end in zip(starts, ends, strict=True):
        if not _is_whole(chunks[start:end], most):
            break
        whole += 1
    if whole == 0:
        return [each for each in chunks if each.letters not in FILM], ""
    announced = next(each for each in chunks if each.letters == b"acTL").body
    control = Chunk(b"acTL", struct.pack(">I", whole) + announced[4:8])
    kept = list(chunks[: ends[whole - 1]])
    kept = [control if each.letters == b"acTL" else each for each in kept]
    many = max(int.from_bytes(announced[:4], "big"), whole)
    return kept, f"the first {whole} of its {many} frames"


def _is_whole(frame: Sequence[Chunk], most: int) -> bool:
    """Whether the chunks of a frame are undamaged, and their data come to an end."""
    inflate = zlib.decompressobj()
    count = 0
    for each in frame:
        if not each.right:
            return False
        data = {b"IDAT": each.body, b"fdAT": each.body[4:]}.get(each.letters, b"")
        try:
            while data and count <= most and not inflate.eof:
                count += len(inflate.decompress(data, 1 << 20))
                data = inflate.unconsumed_tail
        except zlib.error:
            return False
    return inflate.eof


@dataclass(frozen=True)
class Inflated:
    """The rows of a picture as far as they inflate."""

    #: the bytes of rows that are whole, each with the number of its filter
    data: bytes
    #: rows of each pass that they are
    known: tuple[int, ...]
    #: bytes of it that a right checksum stands for
    sure: int
    #: whether they are all, and no more
    exact: bool


def inflated(chunks: Iterable[Chunk], rows: Rows) -> Inflated:
    """The rows of the picture as far as its chunks inflate, and their filters are filters."""
    parts = [each for each in chunks if each.letters == b"IDAT"]
    data, sure = _inflated(parts, rows.size + 1)
    known: list[int] = []
    place = 0
    for length, count in rows.passes:
        there = 0
        while there < count and place + length <= len(data) and data[place] <= FILTERS:
            there += 1
            place += length
        known.append(there)
        if there < count:
            break
    missing = len(rows.passes) - len(known)
    exact = place == len(data) == rows.size
    return Inflated(data[:place], (*known, *[0] * missing), min(sure, place), exact)


def _inflated(parts: Sequence[Chunk], most: int) -> tuple[bytes, int]:
    """What comes out of compressed chunks, and how much of it came before the first damage."""
    inflate = zlib.decompressobj()
    out = bytearray()
    sure: int | None = None
    for part in parts:
        data, sound = begun(inflate, part.body, most - len(out))
        if sure is None and not (sound and (part.right or part.cut)):
            sure = len(out)
        out += data
        if not sound:
            break
    return bytes(out[:most]), len(out) if sure is None else sure


def left(picture: Picture, rows: Rows, found: Inflated, remains: Remains) -> Picture:
    """The picture of a mended file, with what of it is there; of an interlaced one, the rows of
    later passes that are missing are filled from those that are not.
    """
    height, width = picture.size
    missing = np.zeros((height, width), bool)
    but = []
    if not rows.interlaced:
        missing[found.known[0] :] = True
        length = rows.passes[0][0]
        if found.sure < len(found.data):
            but.append(f"from row {found.sure // length + 1} on it may be wrong")
    else:
        stands_for, missing = _stand_ins(rows, found.known)
        if found.data and len(found.data) < rows.size:
            but.append("some of it is in less detail than it had")
        picture = replace(
            picture,
            planes=np.ascontiguousarray(picture.planes[..., stands_for[0], stands_for[1]]),
            alpha=None
            if picture.alpha is None
            else np.ascontiguousarray(picture.alpha[..., stands_for[0], stands_for[1]]),
        )
        but += [DOUBT] if found.sure < len(found.data) else []
    but += [] if remains.colours_are_right else ["its colours may be wrong"]
    return replace(picture, left=Left(missing, ", and ".join(but)))


def _stand_ins(
    rows: Rows, known: Sequence[int]
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.bool_]]:
    """For each pixel of an interlaced picture the row and the column of the one that stands for
    it, its own where it is known; and where none does.
    """
    shape = (rows.height, rows.width)
    row = np.zeros(shape, np.intp)
    column = np.zeros(shape, np.intp)
    missing = np.ones(shape, bool)
    for (left, top, across, down), (wide, high), there in zip(PASSES, BLOCKS, known, strict=True):
        for y in range(top, min(rows.height, top + there * down), down):
            block = np.s_[y : y + high]
            columns = np.arange(rows.width)
            own = (columns - left) // across * across + left
            some = (columns >= left) & (columns - own < wide)
            row[block, some] = y
            column[block, some] = own[some]
            missing[block, some] = False
    return (row, column), missing


#: pixels across and down for which one of each pass stands until the next ones come
BLOCKS = ((8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2), (1, 1))
