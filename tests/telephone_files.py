"""What telephones write, a file of each kind, made by other programs' encoders as far as there are
any: its name and its bytes.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import struct
from dataclasses import replace
from functools import cache
from typing import Any

import imagecodecs
import numpy as np
from folders import P3, camera
from numpy.typing import NDArray
from odd_files import chunk, encoded, pixels
from PIL import Image
from test_kept import jpeg, mpf, ultra_hdr, with_segments
from test_modern import dng, heic_of

from burnish.images.inside.boxes import boxed
from burnish.images.inside.items import Item, Property, contents, packed

RDF = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
FILM = b"\0\0\0\x18ftypmp42" + bytes(12) + b"\0\0\0\x28mdat" + bytes(range(32))
GAIN = encoded(Image.fromarray(pixels(12, 16)[..., 0].copy()), "JPEG")
#: what an iPhone says of the gain map in the picture that this is
APPLE = (
    b'xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/" HDRGainMap:HDRGainMapVersion="131072"'
)
ADOBE = b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
GOOGLE = b'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" '
KEPT = b'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="a telephone"'
CONTAINER = (
    b'<Container:Directory xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    b'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"><rdf:Seq>'
    b'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" '
    b'Item:Semantic="Primary"/></rdf:li><rdf:li rdf:parseType="Resource"><Container:Item '
    b'Item:Mime="%s" Item:Semantic="%s" Item:Length="%d"/></rdf:li></rdf:Seq></Container:Directory>'
)


def packet(attributes: bytes, inside: bytes = b"") -> bytes:
    """XMP that says this, and one thing that is true whatever becomes of the file."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="%s"><rdf:Description '
        b'rdf:about="" %s %s>%s</rdf:Description></rdf:RDF></x:xmpmeta>'
    ) % (RDF, KEPT, attributes, inside)


def deep(bits: int) -> NDArray[np.uint16]:
    """A picture of which so many bits count. [48, 64, 3]"""
    return np.asarray(pixels(48, 64).astype(int) * 257 >> 16 - bits, np.uint16)


def photo(**options: Any) -> bytes:
    """A JPEG of a camera that was held upright."""
    return jpeg(exif=camera(6), icc_profile=P3, **options)


def with_items(data: bytes, others: list[tuple[Item, bytes]], *told: Property) -> bytes:
    """A HEIF or AVIF of one picture, of which more is said, with more items beside it."""
    file = io.BytesIO(data)
    held = contents(file, "a file")
    brands = data[8 : int.from_bytes(data[:4], "big")]
    items = []
    for item in held.items.values():
        body = b"".join(data[start : start + length] for start, length in item.places)
        more = told if item.number == held.primary else ()
        items.append((replace(item, properties=(*item.properties, *more)), body))
    return packed(brands, held.primary, [*items, *others])


def auxiliary(number: int, called: bytes, small: bytes) -> tuple[Item, bytes]:
    """An item that is a picture of another use; `small` is a HEIC of it."""
    held = contents(io.BytesIO(small), "a file")
    (place, length) = held.picture.places[0]
    use = Property(b"auxC", bytes(4) + called + b"\0")
    item = Item(
        number,
        held.picture.kind,
        properties=(*held.picture.properties, use),
        refers=((b"auxl", (1,)),),
    )
    return item, small[place : place + length]


def said(number: int, xmp: bytes) -> tuple[Item, bytes]:
    """An item of XMP."""
    return Item(number, b"mime", b"application/rdf+xml", refers=((b"cdsc", (1,)),)), xmp


def tiled() -> bytes:
    """A HEIC of two tiles side by side, as an iPhone's are. [64, 128]"""
    whole = pixels(64, 128)
    tiles = []
    for number in (0, 1):
        part = np.ascontiguousarray(whole[:, 64 * number :][:, :64])
        data = heic_of(part, chroma="420", quality=90)
        item = contents(io.BytesIO(data), "a file").picture
        (place, length) = item.places[0]
        tile = replace(item, number=2 + number, hidden=True, refers=())
        tiles.append((tile, data[place : place + length]))
    size = Property(b"ispe", bytes(4) + struct.pack(">II", 128, 64))
    colours = Property(b"colr", b"prof" + P3)
    turned = Property(b"irot", b"\3")
    grid = Item(1, b"grid", properties=(size, colours, turned), refers=((b"dimg", (2, 3)),))
    laid_out = bytes([0, 0, 0, 1]) + struct.pack(">HH", 128, 64)
    return packed(b"heic" + bytes(4) + b"mif1heic", 1, [(grid, laid_out), *tiles])


def heics() -> dict[str, bytes]:
    """By libheif, with what an iPhone and a Galaxy put beside the picture."""
    beside: dict[str, Any] = {"exif": camera(6), "icc_profile": P3, "quality": 90}
    plain = heic_of(pixels(48, 64), chroma="420", **beside)
    small = heic_of(pixels(24, 32), chroma="420", quality=50)
    gain = auxiliary(70, b"urn:com:apple:photo:2020:aux:hdrgainmap", small)
    depth = auxiliary(71, b"urn:mpeg:hevc:2015:auxid:2", small)
    skin = auxiliary(72, b"urn:com:apple:photo:2019:aux:semanticskinmatte", small)
    another = replace(auxiliary(73, b"", small)[0], refers=(), properties=gain[0].properties[:-1])
    motion = said(80, packet(GOOGLE + b'GCamera:MotionPhoto="1"'))
    return {
        "heic8.heic": plain,
        "heic10.heic": heic_of(deep(10), 10, chroma="420", **beside),
        "heic12.heic": heic_of(deep(12), 12, chroma="420", **beside),
        "tiles.heic": tiled(),
        "hdr.heic": with_items(plain, [gain, said(80, packet(APPLE))]),
        "portrait.heic": with_items(plain, [depth, skin]),
        "burst.heic": with_items(plain, [(another, gain[1])]),
        "motion.heic": with_items(plain, [motion]) + boxed(b"mpvd", FILM),
    }


def avifs() -> dict[str, bytes]:
    """By libavif, with what stands around it by us."""
    eight = bytes(imagecodecs.avif_encode(pixels(48, 64), level=90))
    ten = bytes(imagecodecs.avif_encode(deep(10), bitspersample=10, level=90))
    twelve = bytes(imagecodecs.avif_encode(deep(12), bitspersample=12, level=90))
    p3 = Property(b"colr", b"nclx" + struct.pack(">HHHB", 12, 13, 6, 128))
    pq = Property(b"colr", b"nclx" + struct.pack(">HHHB", 9, 16, 9, 128))
    tone_map = Item(60, b"tmap", refers=((b"dimg", (1,)),))
    return {
        "avif8.avif": eight,
        "avif10.avif": ten,
        "avif12.avif": twelve,
        "turned.avif": with_items(eight, [], Property(b"irot", b"\3")),
        "p3.avif": with_items(_without_colours(eight), [], p3),
        "pq.avif": with_items(_without_colours(ten), [], pq),
        "hdr.avif": with_items(eight, [(tone_map, bytes(62)), said(80, packet(ADOBE))]),
    }


def _without_colours(data: bytes) -> bytes:
    """An AVIF that says nothing of its colours."""
    held = contents(io.BytesIO(data), "a file")
    (place, length) = held.picture.places[0]
    left = tuple(each for each in held.picture.properties if each.kind != b"colr")
    picture = replace(held.picture, properties=left)
    brands = data[8 : int.from_bytes(data[:4], "big")]
    return packed(brands, held.primary, [(picture, data[place : place + length])])


def jpegs() -> dict[str, bytes]:
    """By libjpeg, with what Pixels, Galaxies and iPhones put behind the picture."""
    gain = packet(ADOBE, CONTAINER % (b"image/jpeg", b"GainMap", len(GAIN)))
    motion = packet(
        GOOGLE + b'GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1"',
        CONTAINER % (b"video/mp4", b"MotionPhoto", len(FILM)),
    )
    micro = packet(GOOGLE + b'GCamera:MicroVideo="1" GCamera:MicroVideoOffset="%d"' % len(FILM))
    apple = with_segments(GAIN, (0xE1, XMP + packet(APPLE)))
    block = struct.pack("<HHI", 0, 0x0A30, 16) + b"MotionPhoto_Data" + FILM
    places = b"SEFH" + struct.pack("<IIHHII", 106, 1, 0, 0x0A30, len(block), len(block))
    trailer = block + places + struct.pack("<I", len(places)) + b"SEFT"
    return {
        "iso.jpg": ultra_hdr(),
        "ultra.jpg": mpf(photo(xmp=gain), (0, GAIN)),
        "apple.jpg": mpf(photo(), (0, apple)),
        "copies.jpg": mpf(photo(), (0x010001, jpeg(quality=20)), (0x020002, jpeg(quality=30))),
        "micro.jpg": photo(xmp=micro) + FILM,
        "motion.jpg": photo(xmp=motion) + FILM,
        "samsung.jpg": photo() + trailer,
        "depth.jpg": _with_depth(),
        "turned.jpg": _with_thumbnail(),
    }


def _with_depth() -> bytes:
    """A portrait: its depth stands in XMP, in further segments."""
    depth = base64.b64encode(bytes(range(256)) * 300)
    more = packet(
        b'xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/" GDepth:Data="%s"' % depth
    )
    name = hashlib.md5(more).hexdigest().upper().encode()
    main = packet(
        b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="%s"' % name
    )
    parts = [
        (0xE1, MORE_XMP + name + struct.pack(">II", len(more), place) + more[place : place + 60000])
        for place in range(0, len(more), 60000)
    ]
    return with_segments(photo(), (0xE1, XMP + main), *parts)


def _with_thumbnail() -> bytes:
    """EXIF with a small copy of the picture in it."""
    block = camera(6).removeprefix(b"Exif\0\0")
    entries = int.from_bytes(block[8:10], "big" if block[:2] == b"MM" else "little")
    assert block[:2] == b"MM"
    end = 10 + 12 * entries
    small = encoded(Image.fromarray(pixels(12, 16)), "JPEG")
    start = len(block) + 2 + 24 + 4
    fields = struct.pack(">HHHIIHHIII", 2, 0x0201, 4, 1, start, 0x0202, 4, 1, len(small), 0)
    block = block[:end] + struct.pack(">I", len(block)) + block[end + 4 :] + fields + small
    return jpeg(exif=b"Exif\0\0" + block, icc_profile=P3)


def others() -> dict[str, bytes]:
    """Screenshots and stickers."""
    alpha = np.dstack([pixels(48, 64), pixels(48, 64)[..., 0]])
    hdr = bytes(imagecodecs.png_encode(deep(16)))
    code = chunk(b"cICP", bytes([9, 16, 0, 1]))
    return {
        "screen.png": encoded(Image.fromarray(alpha), "PNG", icc_profile=P3),
        "hdr.png": hdr[:33] + code + hdr[33:],
        "sticker.webp": encoded(Image.fromarray(alpha), "WEBP", lossless=True, exact=True),
    }


def raws() -> dict[str, bytes]:
    """Raw files, one with JPEG XL inside."""
    return {"raw.dng": dng(), "packed.dng": dng(compression="jpegxl_dng")}


@cache
def every() -> dict[str, bytes]:
    """All of them for which there is what they need."""
    iphones = heics() if importlib.util.find_spec("pillow_heif") else {}
    cameras = raws() if importlib.util.find_spec("rawpy") else {}
    return {**iphones, **avifs(), **jpegs(), **others(), **cameras}
