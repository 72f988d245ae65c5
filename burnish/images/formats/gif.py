"""GIF (Graphics Interchange Format 89a): frames of up to 256 colours, still or moving.

Pillow decompresses and compresses the frames one by one; the blocks around them are read and
written here, so that a film is never held whole.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import InputCorrupt, InputTruncated
from ..damage import corrupt, truncated
from ..format import Format, Holds, Saving
from ..inside.animation import After, Area, Changed, changes, composed, like, see_through
from ..inside.animation import gif_blocks as blocks
from ..inside.animation import gif_extensions as extensions
from ..metadata import Text
from ..picture import Header, Left, Picture, Timing, to_samples

#: colours that a frame may have
COLOURS = 256
DRAWN_TEXT = "not kept: the text that is drawn over a frame"
UNENDED = "its end marker is missing; what stands before it is whole"


def examine(file: BinaryIO, name: str) -> Header:
    """The header; no pixel is decoded."""
    found = blocks.walk(file, name)
    laid = [frame.laid for frame in found.frames]
    timing = None
    if len(laid) > 1:
        timing = Timing(sum(each.seconds for each in laid), found.plays)
    most = max(len(frame.colours) // 3 for frame in found.frames)
    beside = extensions.taken(found.applications)
    return Header(
        "GIF",
        found.width,
        found.height,
        channels=3,
        depth="uint8",
        alpha=see_through(laid, found.width, found.height),
        stored=f"{(most - 1).bit_length()}-bit palette",
        icc=beside.icc,
        xmp=beside.xmp,
        text=tuple(Text("Comment", _text(comment)) for comment in found.comments),
        parts=beside.parts,
        lost=(DRAWN_TEXT,) if found.drawn_text else (),
        notes=() if found.ended else (UNENDED,),
        frames=len(laid),
        timing=timing,
    )


def _text(comment: bytes) -> str:
    return comment.decode("utf-8", "surrogateescape")


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The frames, as they are seen. Raises InputTruncated or InputCorrupt."""
    found = blocks.walk(file, name)
    parts = ((frame.laid, _samples(file, frame, name)) for frame in found.frames)
    seen = composed(parts, header.width, header.height)
    for frame, samples in zip(found.frames, seen, strict=True):
        timing = header.timing
        if timing is not None:
            timing = replace(timing, seconds=frame.laid.seconds)
        yield header.picture(like(samples, header.alpha), timing=timing)


def _samples(file: BinaryIO, frame: blocks.GifFrame, name: str) -> NDArray[np.uint8]:
    """The samples of a frame's area, [H, W, 4]."""
    from PIL.GifImagePlugin import GifImageFile

    with GifImageFile(io.BytesIO(blocks.still(file, frame))) as image:
        image.load()
        numbers = np.asarray(image)
    if image.mode != "P" or numbers.shape != (frame.laid.area.height, frame.laid.area.width):
        raise corrupt(name, f"a frame decodes to {numbers.shape} of {image.mode}")
    table = np.zeros((COLOURS, 4), np.uint8)
    colours = np.frombuffer(frame.colours, np.uint8).reshape(-1, 3)
    table[: len(colours), :3] = colours
    table[:, 3] = 255
    if frame.hole is not None:
        table[frame.hole] = 0
    shown: NDArray[np.uint8] = table[numbers]
    return shown


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut: its whole frames. InputTruncated where there is none."""
    found = blocks.Gif(0, 0)
    file.seek(0)
    with suppress(InputTruncated, InputCorrupt):
        blocks.walk(file, name, found)
    if not found.frames:
        raise truncated(name)
    last = found.frames[-1]
    file.seek(0)
    whole = io.BytesIO(file.read(last.place + last.length) + blocks.TRAILER)
    header = examine(whole, name)
    which = "frame" if header.frames == 1 else f"{header.frames} frames"
    whole.seek(0)
    nothing = np.zeros((header.height, header.width), bool)
    left = Left(nothing, frames=f"its first {which}")
    return header, (replace(each, left=left) for each in decode(whole, header, name))


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A GIF, each frame with colours of its own: exactly where it has no more than fit, else the
    nearest of those that an octree of its colours keeps.
    """
    first = next(pictures)
    second = next(pictures, None)
    height, width = first.size
    timing = None if second is None else second.timing
    file.write(blocks.opening(width, height, 1 if timing is None else timing.plays))
    file.write(extensions.made(first.icc, first.xmp, first.parts))
    for text in first.text:
        file.write(blocks.comment(text.text.encode("utf-8", "surrogateescape")))

    said: set[str] = set()
    all_of_them = chain([first] if second is None else [first, second], pictures)
    shown = 0.0
    for frame in _frames(all_of_them, first.alpha is not None):
        # Rounded so that all frames together are shown as long as before.
        before = round(shown * 100)
        shown += frame.timing.seconds
        time = round(shown * 100) - before
        if abs(time / 100 - frame.timing.seconds) > 1e-6:
            said.add("GIF counts hundredths of a second: the frames' times are rounded to them")
        after = After.KEEP if first.alpha is None else After.CLEAR
        numbers, colours, hole, lost = _indexed(frame.samples)
        said.update(lost)
        pixels = _compressed(numbers)
        file.write(blocks.frame_of(frame.area, time, after, colours, hole, pixels))
    file.write(blocks.TRAILER)
    return sorted(said)


def _frames(pictures: Iterable[Picture], alpha: bool) -> Iterator[Changed]:
    """The frames as far as they are new; whole where there is alpha, since what is transparent
    would show the one before.
    """
    if not alpha:
        yield from changes(pictures, "uint8")
        return
    for picture in pictures:
        samples = like(to_samples(picture, "uint8"), True)
        height, width = samples.shape[:2]
        yield Changed(Area(0, 0, width, height), samples, picture.timing or Timing(0.0))


def _indexed(
    samples: NDArray[Any],
) -> tuple[NDArray[np.uint8], bytes, int | None, list[str]]:
    """The numbers of a frame's colours [H, W], the colours, three bytes each and a power of two of
    them, the number of the one that is none, and sentences on what was lost.
    """
    said = []
    hole = None
    most = COLOURS
    seen = np.ones(samples.shape[:2], bool)
    if samples.shape[2] == 4:
        alpha = samples[..., 3]
        if ((alpha > 0) & (alpha < 255)).any():
            said.append("GIF has no half-transparency: what is half seen is seen, or is not")
        seen = alpha > 127
        most = COLOURS - (not seen.all())
    packed = _packed(samples)
    found, numbers = np.unique(packed[seen], return_inverse=True)
    if len(found) > most:
        said.append(
            f"GIF holds {COLOURS} colours a frame: those of the result are rounded to so many; "
            "write .webp or .png to keep them"
        )
        found, numbers = _fewer(packed[seen], most)
    if not seen.all():
        hole = len(found)
    result = np.full(samples.shape[:2], hole or 0, np.uint8)
    result[seen] = numbers.reshape(-1)
    size = max(2, 1 << (len(found) + (hole is not None) - 1).bit_length())
    table = np.zeros((size, 3), np.uint8)
    table[: len(found)] = np.stack([found >> 16, found >> 8 & 255, found & 255], 1)
    return result, table.tobytes(), hole, said


def _fewer(packed: NDArray[np.uint32], most: int) -> tuple[NDArray[np.uint32], NDArray[Any]]:
    """So many colours that stand for all of those, and the number of one for each of them."""
    from PIL import Image

    rgb = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], 1).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(rgb[None]))
    fewer = image.quantize(most, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    table = np.array(fewer.getpalette(), np.uint32).reshape(-1, 3)
    return _packed(table), np.asarray(fewer)[0]


def _packed(rgb: NDArray[Any]) -> NDArray[np.uint32]:
    """Colours [..., 3] as one number each."""
    red, green, blue = (rgb[..., c].astype(np.uint32) for c in range(3))
    packed: NDArray[np.uint32] = np.asarray(red * 65536 + green * 256 + blue, np.uint32)
    return packed


def _compressed(numbers: NDArray[np.uint8]) -> bytes:
    """The numbers [H, W] of colours as a GIF has its pixels (LZW in blocks)."""
    from PIL import Image

    image = Image.fromarray(numbers, "L").convert("P")
    image.putpalette(blocks.NUMBERS)
    buffer = io.BytesIO()
    image.save(buffer, "GIF", interlace=False, optimize=False)
    buffer.seek(0)
    (frame,) = blocks.walk(buffer, "the result").frames
    buffer.seek(frame.place)
    return buffer.read(frame.length)


GIF = Format(
    name="GIF",
    title="GIF",
    endings=(".gif",),
    begins=(b"GIF87a", b"GIF89a"),
    holds=Holds(
        depths=("uint8",),
        grey=False,
        colours=COLOURS,
        side=65535,
        several=("frames",),
        metadata=frozenset({"icc", "xmp", "text"}),
    ),
    examine=examine,
    decode=decode,
    encode=encode,
    salvage=salvage,
)
