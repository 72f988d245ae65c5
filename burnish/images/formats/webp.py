"""WebP (RFC 9649): a RIFF file of chunks, looked through before libwebp decodes it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import FormatLimit, InputCorrupt, InputTruncated
from .. import exif
from ..damage import corrupt, damage, truncated
from ..format import Format, Holds, Saving
from ..inside.animation import changes, riff, see_through
from ..inside.left import webp as rest
from ..picture import Header, Left, Picture, Timing, to_samples

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 95
#: the chunks that are read whole
WHOLE = {b"ICCP", b"EXIF", b"XMP "}


def _chunks(file: BinaryIO, name: str) -> Iterator[tuple[bytes, bytes]]:
    """(its four letters, body) of each chunk, of the compressed ones only their first bytes;
    InputTruncated where the file ends before its RIFF does.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(4)
    end = 8 + int.from_bytes(file.read(4), "little")
    if size < end:
        raise truncated(name)
    place = 12
    while place + 8 <= end:
        file.seek(place)
        letters, length = file.read(4), int.from_bytes(file.read(4), "little")
        if place + 8 + length > end:
            raise truncated(name)
        yield letters, file.read(length if letters in WHOLE else min(length, riff.HEAD))
        place += 8 + length + length % 2


def examine(file: BinaryIO, name: str) -> Header:
    """The header; nothing is decoded."""
    chunks = list(_chunks(file, name))
    found = dict(chunks)
    lossy, frames, timing = b"VP8 " in found, 1, None
    if b"ANMF" in found:
        width, height = _canvas(found.get(b"VP8X", b""), name)
        parts = _parts(chunks, (width, height), name)
        alpha = see_through((part.laid for part in parts), width, height)
        lossy = any(part.lossy for part in parts)
        frames = len(parts)
        timing = _timing(found.get(b"ANIM", b""), parts, name) if frames > 1 else None
    elif b"VP8L" in found:
        width, height, alpha = _lossless_size(found[b"VP8L"], name)
    elif b"VP8 " in found:
        width, height = _lossy_size(found[b"VP8 "], name)
        alpha = b"ALPH" in found
    else:
        raise corrupt(name, "it holds no picture")
    block = found[b"EXIF"].removeprefix(b"Exif\0\0") if b"EXIF" in found else None
    return Header(
        "WEBP",
        width,
        height,
        channels=3,
        depth="uint8",
        alpha=alpha,
        stored=f"8-bit colour{' and alpha' if alpha else ''}, {'lossy' if lossy else 'lossless'}",
        lossy=lossy,
        icc=found.get(b"ICCP"),
        exif=block,
        xmp=found.get(b"XMP "),
        dpi=exif.resolution(block),
        frames=frames,
        timing=timing,
    )


def _canvas(body: bytes, name: str) -> tuple[int, int]:
    """Width and height of an animation."""
    if len(body) < 10:
        raise corrupt(name, "an animation without a header")
    return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1


def _parts(
    chunks: Iterable[tuple[bytes, bytes]], size: tuple[int, int], name: str
) -> list[riff.Part]:
    """The frames."""
    return [riff.part(body, size, name) for letters, body in chunks if letters == b"ANMF"]


def _timing(body: bytes, parts: Sequence[riff.Part], name: str) -> Timing:
    """How the whole animation is played."""
    if len(body) < 6:
        raise corrupt(name, "an animation that does not say how often it is played")
    seconds = sum(part.laid.seconds for part in parts)
    return Timing(seconds, int.from_bytes(body[4:6], "little"))


def _lossless_size(body: bytes, name: str) -> tuple[int, int, bool]:
    if len(body) < 5 or body[0] != 0x2F:
        raise corrupt(name, "its picture has no signature")
    bits = int.from_bytes(body[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)


def _lossy_size(body: bytes, name: str) -> tuple[int, int]:
    if len(body) < 10 or body[3:6] != b"\x9d\x01\x2a":
        raise corrupt(name, "its picture has no signature")
    width, height = struct.unpack_from("<HH", body, 6)
    if not width & 0x3FFF or not height & 0x3FFF:
        raise corrupt(name, "a picture without pixels")
    return width & 0x3FFF, height & 0x3FFF


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture, or the frames, one after another. Raises InputCorrupt."""
    parts = _parts(_chunks(file, name), (header.width, header.height), name)
    mode = "RGBA" if header.alpha else "RGB"
    file.seek(0)
    with glance(file.read(), name) as image:
        for number in range(header.frames):
            image.seek(number)
            image.load()
            if image.size != (header.width, header.height):
                raise corrupt(name, "its parts differ in size")
            shown = image if image.mode == mode else image.convert(mode)
            timing = header.timing
            if timing is not None:
                timing = replace(timing, seconds=parts[number].laid.seconds)
            yield header.picture(np.asarray(shown), timing=timing)


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut. InputTruncated where that is nothing."""
    file.seek(0)
    found = rest.cut(file.read(), name)
    if not found.frames:
        header = examine(io.BytesIO(found.padded(0, 0)), name)
        return header, _left(found, header, name)
    whole = io.BytesIO(found.before())
    header = examine(whole, name)
    which = "frame" if header.frames == 1 else f"{header.frames} frames"
    nothing = np.zeros((header.height, header.width), bool)
    left = Left(nothing, frames=f"its first {which}")
    return header, (replace(each, left=left) for each in decode(whole, header, name))


def _left(found: rest.Cut, header: Header, name: str) -> Iterator[Picture]:
    """The picture of a cut file, with what of it is there."""
    yield rest.left(_versions(found, header, name), name)


def _versions(found: rest.Cut, header: Header, name: str) -> Iterator[Picture]:
    """The picture with this and that behind its data, as far as it is decoded so."""
    for pad in rest.PADS:
        with suppress(InputTruncated, InputCorrupt), damage(name):
            data = io.BytesIO(found.padded(pad, header.width * header.height + 4096))
            yield next(decode(data, header, name))


def glance(data: bytes, name: str) -> Image:
    """The picture by Pillow, not decoded yet."""
    from PIL.WebPImagePlugin import WebPImageFile

    return WebPImageFile(io.BytesIO(data))


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A WebP, lossless unless a quality is given or the input was lossy itself (then 95)."""
    picture = next(pictures)
    second = next(pictures, None)
    lossless = saving.quality is None and not picture.lossy
    asked = QUALITY if saving.quality is None else saving.quality
    kept = {
        name: value
        for name, value in (
            ("icc_profile", picture.icc),
            ("exif", picture.exif),
            ("xmp", picture.xmp),
        )
        if value is not None
    }
    save = partial(_still, lossless=lossless, quality=asked)
    if second is None:
        file.write(save(to_samples(picture, "uint8"), kept))
    else:
        timing = second.timing or Timing(0.0)
        frames = changes(chain([picture, second], pictures), "uint8", even=True)
        if not riff.write_film(file, picture, timing, frames, save):
            raise FormatLimit("its frames are more than the 4 GB of a WebP; write .png")
    return []


def _still(
    samples: NDArray[Any], kept: Mapping[str, bytes] | None = None, *, lossless: bool, quality: int
) -> bytes:
    """The bytes of a WebP. kept: what stands beside the picture, as Pillow calls it."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(samples).save(
        buffer,
        "WEBP",
        lossless=lossless,
        quality=80 if lossless else quality,  # of lossless files it is the effort
        exact=True,
        **(kept or {}),
    )
    return buffer.getvalue()


WEBP = Format(
    name="WEBP",
    title="WebP",
    endings=(".webp",),
    begins=(b"RIFF....WEBP",),
    holds=Holds(
        depths=("uint8",),
        grey=False,
        several=("frames",),
        side=16383,
        metadata=frozenset({"icc", "exif", "xmp"}),
    ),
    examine=examine,
    decode=decode,
    encode=encode,
    glance=glance,
    salvage=salvage,
)
