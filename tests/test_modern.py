"""What telephones and cameras write today: AVIF, of every depth and with all that stands beside."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from odd_files import pixels
from PIL import Image, ImageCms, ImageOps

import burnish
from burnish import errors, images
from burnish.images import FORMATS, Header, Picture, exif
from burnish.images.inside.boxes import boxed
from burnish.images.inside.items import Item, Property, packed
from burnish.images.picture import to_samples

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
AVIF = FORMATS["AVIF"]


def ramp(bits: int, channels: int = 3) -> NDArray[Any]:
    """Every value of so many bits, in every channel in another order. [H, W] or [H, W, C]"""
    values = np.arange(2**bits).astype("uint8" if bits == 8 else "uint16").reshape(16, -1)
    turned = (values, values[::-1], values[:, ::-1], values[::-1, ::-1])
    return values if channels == 1 else np.stack(turned[:channels], -1)


def of_bits(samples: NDArray[Any], bits: int, format: str) -> Picture:
    """The picture of such samples, as if it came from a file of that format."""
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    header = Header(
        format,
        width,
        height,
        channels=3 if channels >= 3 else 1,
        depth="uint8" if bits == 8 else "uint16",
        alpha=channels in (2, 4),
        stored="samples",
        bits=None if bits == 8 else bits,
    )
    return header.picture(samples)


@pytest.fixture
def described() -> Picture:
    """A picture with everything beside it."""
    with_camera = Image.Exif()
    with_camera[0x010F] = "Maker"
    with_camera[0x0112] = 6
    block = with_camera.tobytes().removeprefix(b"Exif\0\0")
    return replace(images.from_array(pixels(24, 40)), icc=SRGB, exif=block, xmp=XMP)


# AVIF


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_value_of_an_avif_survives(bits: int, channels: int, tmp_path: Path) -> None:
    samples = ramp(bits, channels)
    data, said = images.encode(of_bits(samples, bits, "AVIF"), AVIF)
    assert said == []
    assert (imagecodecs.avif_decode(data) == samples).all()
    (tmp_path / "a.avif").write_bytes(data)
    for name in ("b.avif", "b.png", "b.tif"):
        burnish.restore(tmp_path / "a.avif", tmp_path / name, strength=0, noise=10)
        again = images.read(tmp_path / name)
        kept = to_samples(again, "uint8" if bits == 8 else "uint16", None if bits == 8 else bits)
        assert (kept == samples).all(), name
    assert images.read(tmp_path / "b.avif").bits == (None if bits == 8 else bits)
    assert images.facts(tmp_path / "b.avif").get("bits", 8) == bits


def test_an_avif_of_another_encoder_is_read_with_its_depth() -> None:
    """libavif by itself, without anything of ours around."""
    for bits in (10, 12):
        plain = bytes(imagecodecs.avif_encode(ramp(bits), bitspersample=bits))
        read = images.read(plain)
        assert (read.depth, read.bits, read.lossy) == ("uint16", bits, False)
        assert (to_samples(read, "uint16", bits) == ramp(bits)).all()


def test_sixteen_bits_and_floats_become_twelve_and_it_is_said() -> None:
    deep = images.from_array(np.full((9, 9, 3), 40000, np.uint16))
    data, said = images.encode(deep, AVIF)
    assert said == ["AVIF holds 12 bits: the 16 of this picture are rounded"]
    assert images.read(data).bits == 12
    assert abs(images.read(data).pixels - deep.pixels).max() <= 0.5 / 4095
    _, said = images.encode(images.from_array(np.full((9, 9), 0.5, np.float32)), AVIF)
    assert said == ["AVIF has no float: rounded to 12 bits, and clamped to 0..1"]


def test_lossy_or_lossless_is_as_it_came_and_as_one_asks() -> None:
    by_pillow = io.BytesIO()
    Image.fromarray(pixels()).save(by_pillow, "AVIF", quality=80)
    lossy = images.read(by_pillow.getvalue())
    assert lossy.lossy
    assert images.header(by_pillow.getvalue()).stored == "8-bit colour (4:2:0)"
    small, large = (
        images.encode(lossy, AVIF)[0],
        images.encode(replace(lossy, lossy=False), AVIF)[0],
    )
    assert len(small) < len(large)
    assert images.header(small).stored == "8-bit colour (4:4:4)"
    assert images.header(small).lossy
    assert abs(images.read(small).pixels - lossy.pixels).mean() < 0.01
    assert (images.read(large).pixels == lossy.pixels).all()
    assert len(images.encode(lossy, AVIF, quality=40)[0]) < len(small)


@pytest.mark.parametrize("tag", range(1, 9))
def test_an_avif_is_turned_by_its_own_properties_and_by_no_other(
    tag: int, described: Picture
) -> None:
    given = replace(described, format="AVIF", exif=exif.set_orientation(described.exif, tag))
    data, said = images.encode(given, AVIF)
    assert said == []
    again = images.read(data)
    assert exif.orientation(again.exif) == tag
    assert (again.pixels == given.pixels).all()
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["icc_profile"] == SRGB
        assert image.info["xmp"] == XMP
        assert image.getexif()[0x010F] == "Maker"
        upright = images.upright(given).pixels
        assert (
            np.asarray(ImageOps.exif_transpose(image))
            == to_samples(replace(given, pixels=upright), "uint8")
        ).all()
    # what EXIF itself says has been heard: whoever obeyed it would turn it twice
    by_pillow = io.BytesIO()
    Image.fromarray(pixels(24, 40)).save(by_pillow, "AVIF", exif=exif.oriented(tag))
    assert exif.orientation(images.read(by_pillow.getvalue()).exif) == tag


def test_the_other_ways_to_say_a_turn_are_heard() -> None:
    data, _ = images.encode(images.from_array(pixels(24, 40)), AVIF)
    samples = imagecodecs.avif_decode(data)
    for quarters, axis in ((1, 1), (3, 1), (2, 0), (2, 1)):
        given = avif_with([Property(b"irot", bytes([quarters])), Property(b"imir", bytes([axis]))])
        want = np.rot90(samples, quarters)
        want = want[::-1] if axis == 0 else want[:, ::-1]
        shown = images.upright(images.read(given))
        assert (to_samples(shown, "uint8") == want).all(), (quarters, axis)


def avif_with(told: list[Property], others: list[tuple[Item, bytes]] | None = None) -> bytes:
    """An AVIF of 24x40 pixels with more said of it, and with more items in it."""
    plain = bytes(imagecodecs.avif_encode(pixels(24, 40)))
    place = plain.index(b"mdat") + 4
    size = Property(b"ispe", bytes(4) + struct.pack(">II", 40, 24))
    start = plain.index(b"av1C") + 4
    coded = Property(b"av1C", plain[start : start + 4])
    item = Item(1, b"av01", properties=(size, coded, *told))
    return packed(b"avif" + bytes(4) + b"avifmif1miaf", 1, [(item, plain[place:]), *(others or [])])


def test_colours_that_are_not_as_in_srgb_are_said() -> None:
    for code, said in (
        ((9, 16, 9), "BT.2020 PQ"),
        ((12, 13, 6), "Display P3"),
        ((1, 18, 1), "HLG"),
        ((22, 13, 6), "primaries 22"),
    ):
        told = Property(b"colr", b"nclx" + struct.pack(">HHHB", *code, 128))
        (note,) = images.header(avif_with([told])).notes
        assert note == f"its colours are {said} by its CICP code, and are restored as they stand"
        both = [told, Property(b"colr", b"prof" + SRGB)]
        assert images.header(avif_with(both)).notes == ()
    for fine in ((1, 13, 6), (1, 1, 1), (2, 2, 6)):
        told = Property(b"colr", b"nclx" + struct.pack(">HHHB", *fine, 128))
        assert images.header(avif_with([told])).notes == ()


def test_what_else_it_holds_is_said() -> None:
    aux = ((b"auxl", (1,)),)
    gain = Property(b"auxC", bytes(4) + b"urn:com:apple:photo:2020:aux:hdrgainmap\0")
    depth = Property(b"auxC", bytes(4) + b"urn:mpeg:hevc:2015:auxid:2\0")
    others = [
        (Item(2, b"hvc1", properties=(gain,), refers=aux), b"x"),
        (Item(3, b"hvc1", properties=(depth,), refers=aux), b"x"),
        (Item(4, b"av01", refers=((b"thmb", (1,)),)), b"x"),
        (Item(5, b"av01"), b"x"),
        (Item(6, b"av01", hidden=True), b"x"),
    ]
    assert images.header(avif_with([], others)).lost == (
        "not kept: its depth image",
        "not kept: its gain map, which makes it brighter on HDR screens",
        "not kept: 1 more picture in the file, beside the main",
    )
    (note,) = images.header(avif_with([Property(b"clap", bytes(32))])).lost
    assert note == "not kept: its crop: the whole picture is restored and shown"


def test_avifs_that_are_none_are_refused_in_one_sentence() -> None:
    brands = boxed(b"ftyp", b"avif" + bytes(4))
    for data, says in (
        (brands, "it holds no picture"),
        (brands + boxed(b"meta", bytes(4)), "it does not say what it holds"),
        (b"\0\0\0\x20ftypavis" + bytes(40), "is an animated AVIF"),
    ):
        with pytest.raises((errors.InputCorrupt, errors.UnsupportedFormat), match=says):
            images.read(data)
