"""JPEG XL (ISO/IEC 18181): 8 to 16 bits and floats, with and without loss.

libjxl codes the picture, by imagecodecs, which takes and gives samples alone, takes those of more
than 8 bits for light, and gives as light what is compressed with loss under a profile. So the head,
with its colours and profile, and EXIF and XMP are read and written here.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import UnsupportedChannels
from .. import exif
from ..alpha import divided
from ..colour.codes import colours_in_words, other_colours, profile_made
from ..damage import corrupt
from ..format import Format, Holds, Saving
from ..inside.jxl import light
from ..inside.jxl.colours import Colours, coded
from ..inside.jxl.container import BARE, BOXED, HEAD, LEVEL, Container, container_of, packed
from ..inside.jxl.head import ALPHA, FLOATS, Head, profile_of, rewritten, whole
from ..inside.jxl.profile import LARGEST
from ..metadata import Part
from ..orientation import upright
from ..picture import Depth, Header, Picture, to_samples

#: of 100: what is as near to the picture as a JPEG of 95
QUALITY = 98
#: libjxl's own measure of loss at a quality, a line from that of 100 on
FINEST, COARSER = 0.1, 0.09
#: how much time the encoder takes, 1 to 9
EFFORT = 4
#: boxes that are carried as they are, and those that are not, in words
CARRIED = {b"jhgm": "its gain map (HDR)"}
LOST = {
    b"jbrd": "what gives back the JPEG that it was made of, byte for byte",
    b"jumb": "its content credentials (C2PA), which are true of the former pixels alone",
}
#: the code of sRGB in CICP: primaries and transfer; and of its light
SRGB, LIGHT = (1, 13), (1, 8)


def examine(file: BinaryIO, name: str) -> Header:
    """The header; nothing is decoded. libjxl turns pictures, so it is that of the turned one."""
    held = container_of(file, name)
    head = held.head(file, name)
    _check(head, name)
    block = exif.set_orientation(_exif(file, held, name), 1)
    turned = head.orientation >= 5
    cicp = other_colours(None if head.colours.cicp is None else (*head.colours.cicp, 0, 1))
    lossy = head.xyb or b"jbrd" in held.boxes
    depth: Depth = "float32" if head.floats else "uint8" if head.bits <= 8 else "uint16"
    colour = "grey" if head.colours.grey else "colour"
    animated = "is an animated JPEG XL, of which no library that is used here tells the timing"
    return Header(
        "JXL",
        head.height if turned else head.width,
        head.width if turned else head.height,
        channels=1 if head.colours.grey else 3,
        depth=depth,
        bits=head.bits if not head.floats and head.bits not in (8, 16) else None,
        alpha=ALPHA in head.channels,
        stored=(
            f"{head.bits}-bit {'float ' if head.floats else ''}{colour}"
            f"{' and alpha' if ALPHA in head.channels else ''}, {'lossy' if lossy else 'lossless'}"
        ),
        lossy=lossy,
        icc=_profile(file, held, head, name),
        cicp=cicp,
        exif=block,
        xmp=held.body(file, b"xml ", name),
        dpi=exif.resolution(block),
        parts=tuple(_parts(file, held, name)) if head.orientation == 1 else (),
        notes=() if cicp is None else (colours_in_words(cicp),),
        lost=tuple(f"not kept: {what}" for what in _lost(head, held)),
        only_first=animated if head.animated else None,
    )


def _check(head: Head, name: str) -> None:
    """Raises UnsupportedChannels for what is not read."""
    if head.channels not in ((), (ALPHA,)):
        raise UnsupportedChannels(
            f"{name}: has channels besides colour and alpha, which are not read of a JPEG XL; "
            "save it without them"
        )
    if head.bits > 16 and not head.floats:
        raise UnsupportedChannels(
            f"{name}: has whole numbers of {head.bits} bits; save it with 16, or as floats"
        )


def _profile(file: BinaryIO, held: Container, head: Head, name: str) -> bytes | None:
    """The profile of its colours, or one that says the same where no code does."""
    colours = head.colours
    if colours.profile:
        # Compressed, a profile is hardly larger than it is.
        return profile_of(held.codestream(file, name, HEAD + 2 * LARGEST), head)
    if colours.cicp is not None:
        return None
    return profile_made(colours.white, colours.primaries, colours.gamma, grey=colours.grey)


def _parts(file: BinaryIO, held: Container, name: str) -> Iterator[Part]:
    """The boxes that are carried."""
    for kind, what in CARRIED.items():
        body = held.body(file, kind, name)
        if body is not None:
            yield Part(what, kind.decode(), body)


def _lost(head: Head, held: Container) -> Iterator[str]:
    """What is not kept."""
    if head.animated:
        yield "all frames but the first"
    if head.preview:
        yield "the small copy of its picture"
    yield from (what for kind, what in LOST.items() if kind in held.boxes)
    if head.orientation != 1:
        yield from (what for kind, what in CARRIED.items() if kind in held.boxes)


def _exif(file: BinaryIO, held: Container, name: str) -> bytes | None:
    body = held.body(file, b"Exif", name)
    if body is None:
        return None
    return body[4 + int.from_bytes(body[:4], "big") :].removeprefix(b"Exif\0\0") or None


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture, of an animation the first. Raises InputCorrupt."""
    held = container_of(file, name)
    head = held.head(file, name)
    data = held.codestream(file, name)
    if head.xyb and head.colours.profile:
        assert header.icc is not None
        linear = rewritten(data, depth=FLOATS, colours=_code(head.colours, LIGHT))
        samples = _decoded(linear, header, "float32", name)
        channels = header.channels
        samples[..., :channels] = light.into(samples[..., :channels], header.icc)
        bits = head.bits if header.depth != "float32" else None
        picture = header.picture(light.rounded(samples, header.depth, bits))
    else:
        picture = header.picture(_decoded(data, header, header.depth, name))
    if head.multiplied and picture.alpha is not None:
        picture = divided(picture)
    yield picture


def _decoded(codestream: bytes, header: Header, depth: str, name: str) -> NDArray[Any]:
    """The samples [H, W] or [H, W, C]."""
    from imagecodecs import jpegxl_decode

    index = None if header.only_first is None else 0
    samples = np.asarray(jpegxl_decode(BARE + codestream, index=index))
    if samples.dtype == np.float16:
        samples = samples.astype(np.float32)
    channels = header.channels + header.alpha
    shape = (header.height, header.width, *([channels] if channels > 1 else []))
    if samples.shape != shape or samples.dtype.name != depth:
        raise corrupt(name, f"it decodes to {samples.shape} of {samples.dtype}")
    return samples if channels > 1 else samples[..., None]


def _code(colours: Colours, code: tuple[int, int]) -> str:
    found = coded(colours.grey, *code)
    assert found is not None
    return found


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A JPEG XL of the picture's own depth and bits; lossless unless a quality is given or the
    input was lossy itself (then 98).
    """
    picture = upright(next(pictures))
    said: list[str] = []
    depth, bits = HOLDS.stored(picture.depth, picture.bits)
    grey = picture.channels == 1
    colours = coded(grey, *(SRGB if picture.cicp is None else picture.cicp[:2]))
    if colours is None or (picture.cicp is not None and picture.cicp[2:] != (0, 1)):
        said.append("not kept: its code of colours, for which JPEG XL has none")
        colours = coded(grey, *SRGB)
    assert colours is not None
    lossy = saving.quality is not None or picture.lossy
    shown = light.of(picture) if lossy else None
    if lossy and shown is None:
        said.append("stored without loss, since its colours have none to compare them by")
    plain = _compressed(picture if shown is None else shown, saving, lossy=shown is not None)
    inner = container_of(io.BytesIO(plain), "the result")
    codestream = inner.codestream(io.BytesIO(plain), "the result")
    codestream = rewritten(
        codestream,
        depth=FLOATS if depth == "float32" else whole(bits),
        colours=colours,
        icc=picture.icc,
    )
    level = inner.body(io.BytesIO(plain), LEVEL, "the result") or b""
    file.write(packed(codestream, level, list(_beside(picture))))
    return said


def _compressed(picture: Picture, saving: Saving, *, lossy: bool) -> bytes:
    """The file that libjxl makes of a picture's samples, which says nothing true of colours.

    lossy: with loss, of light in floats.
    """
    from imagecodecs import jpegxl_encode

    how: dict[str, Any] = {"effort": EFFORT, "usecontainer": True, "lossless": not lossy}
    if lossy:
        quality = QUALITY if saving.quality is None else saving.quality
        how["distance"] = FINEST + COARSER * (100 - quality)
    depth, bits = HOLDS.stored(picture.depth, picture.bits)
    if depth == "float32":
        samples = to_samples(picture, depth)
    else:
        samples = to_samples(picture, depth, bits)
        how["bitspersample"] = bits
    return bytes(jpegxl_encode(np.ascontiguousarray(samples), **how))


def _beside(picture: Picture) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of what stands beside the picture."""
    if picture.exif is not None:
        yield b"Exif", bytes(4) + picture.exif
    if picture.xmp is not None:
        yield b"xml ", picture.xmp
    for part in picture.parts:
        yield part.place.encode(), part.body


HOLDS = Holds(
    depths=("uint8", "uint16", "float32"),
    bits=tuple(range(8, 17)),
    metadata=frozenset({"icc", "exif", "xmp", "cicp"}),
    side=1 << 18,
)
JXL = Format(
    name="JXL",
    title="JPEG XL",
    endings=(".jxl",),
    begins=(BARE, BOXED),
    holds=HOLDS,
    examine=examine,
    decode=decode,
    encode=encode,
)
