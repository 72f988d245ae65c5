"""JPEG XL: its colours, by code or profile, to the byte; what else its boxes hold; animations."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from test_kept import DISPLAY_P3, PROPHOTO, profile_of
from typer.testing import CliRunner

import burnish
from burnish import errors, images
from burnish.cli import app
from burnish.images import FORMATS, Picture, exif
from burnish.images.colour.codes import profile_of_code
from burnish.images.inside.boxes import boxed
from burnish.images.inside.jxl.bits import Bits, as_bytes, long_written
from burnish.images.inside.jxl.colours import coded
from burnish.images.inside.jxl.container import BARE
from burnish.images.inside.jxl.head import FLOATS, head_of, rewritten, whole
from burnish.images.inside.jxl.profile import profile_written, read_profile

JXL = FORMATS["JXL"]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def ramps(channels: int = 3, depth: str = "uint16") -> NDArray[Any]:
    """A picture of smooth colours, none of them at an end. [H, W] or [H, W, C]"""
    y, x = np.mgrid[0:64, 0:96]
    planes = [0.14 + x * 0.006, 0.12 + y * 0.009, 0.1 + (x + y) * 0.004, 0.2 + y * 0.01]
    scale = {"uint8": 255, "uint16": 65535, "float32": 1}[depth]
    samples = np.stack([plane * scale for plane in planes[:channels]], -1)
    return samples[..., 0].astype(depth) if channels == 1 else samples.astype(depth)


@cache
def profiles() -> dict[str, bytes]:
    """Profiles of many lengths and makers."""
    usual = profile_of(*PROPHOTO, gamma=1.8)
    table = bytes(imagecodecs.cms_profile("gray", whitepoint=[0.3127, 0.329, 1], gamma=1.9))
    curve = (np.linspace(0, 1, 1024) ** 2).astype(np.float32)
    points = [0.64, 0.33, 1, 0.3, 0.6, 1, 0.15, 0.06, 1]
    curves = imagecodecs.cms_profile(
        "rgb", whitepoint=[0.3127, 0.329, 1], primaries=points, transferfunction=curve
    )
    makers = {
        name: usual[:40] + name.encode().ljust(4) + usual[44:]
        for name in ("APPL", "MSFT", "SGI", "SUNW", "Axxx", "SXXX")
    }
    return {"usual": usual, "grey": table, "curves": bytes(curves), "sRGB": SRGB, **makers}


# the profile in a codestream


@pytest.mark.parametrize("name", profiles())
def test_a_profile_is_read_as_libjxl_packs_it(name: str) -> None:
    """A JPEG in the coat of a JPEG XL has its profile as libjxl compresses it."""
    icc = profiles()[name]
    file = io.BytesIO()
    Image.fromarray(ramps(1 if name == "grey" else 3, "uint8")).save(file, "JPEG", icc_profile=icc)
    data = bytes(imagecodecs.jpegxl_encode_jpeg(file.getvalue()))
    assert len(data) < len(icc) + len(file.getvalue())
    assert images.read(data).icc == icc


@pytest.mark.parametrize("name", profiles())
def test_a_profile_comes_back_to_the_byte(name: str) -> None:
    icc = profiles()[name]
    bits = as_bytes(profile_written(icc))
    assert read_profile(Bits(bits)) == icc
    picture = replace(images.from_array(ramps(1 if name == "grey" else 3)), icc=icc)
    data, said = images.encode(picture, JXL)
    assert said == []
    read = images.read(data)
    assert read.icc == icc
    assert (read.pixels == picture.pixels).all()
    assert images.encode(read, JXL) == (data, [])


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 140])
def test_a_profile_of_any_length_is_read_and_written(size: int) -> None:
    icc = profiles()["usual"][:size]
    assert read_profile(Bits(as_bytes(profile_written(icc)))) == icc


@pytest.mark.parametrize("value", [0, 1, 16, 17, 272, 273, 4095, 4096, 2**20 - 1])
def test_long_numbers_are_read_as_they_are_written(value: int) -> None:
    assert Bits(as_bytes(long_written(value))).long() == value


@pytest.mark.parametrize("count", [65, 1 << 40, 1 << 62])
def test_more_bits_than_there_are_are_not_asked_for(count: int) -> None:
    with pytest.raises(ValueError, match="ends too early"):
        Bits(bytes(8)).take(count)


def test_profiles_that_are_damaged_are_refused() -> None:
    whole_one = as_bytes(profile_written(profiles()["usual"]))
    wrong = 0
    for at in range(0, len(whole_one), 7):
        broken = bytearray(whole_one)
        broken[at] ^= 0x55
        try:
            wrong += read_profile(Bits(bytes(broken))) != profiles()["usual"]
        except ValueError:
            wrong += 1
    assert wrong > 80
    with pytest.raises(ValueError, match="ends too early"):
        read_profile(Bits(whole_one[:300]))
    with pytest.raises(ValueError, match="more than 1 MB"):
        read_profile(Bits(as_bytes("11" + "1" * 12 + ("1" * 9) * 2 + "0")))


# what colours are


@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_samples_of_every_depth_are_said_to_be_of_srgb(depth: str) -> None:
    """libjxl would call those of more than eight bits linear."""
    for lossy in (False, True):
        picture = replace(images.from_array(ramps(depth=depth)), lossy=lossy)
        data, said = images.encode(picture, JXL)
        read = images.read(data)
        assert (said, read.cicp, read.icc, read.depth) == ([], None, None, depth)
        assert abs(read.pixels - picture.pixels).mean() < 0.002 * lossy + 1e-7


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_a_lossy_jpeg_xl_with_a_profile_has_the_colours_that_it_had(
    channels: int, depth: str
) -> None:
    icc = profiles()["grey" if channels == 1 else "usual"]
    picture = replace(images.from_array(ramps(channels, depth)), icc=icc, lossy=True)
    data, said = images.encode(picture, JXL)
    header = images.header(data)
    assert (said, header.lossy, header.depth) == ([], True, depth)
    read = images.read(data)
    assert read.icc == icc
    assert abs(read.pixels - picture.pixels).mean() < 0.003
    if channels == 4:
        assert read.alpha is not None
        assert picture.alpha is not None
        assert abs(read.alpha - picture.alpha).max() < 1e-4
    # the light in it is that of the profile's numbers, for whoever knows no profile
    stream = head_of(data[data.index(b"jxlc" + BARE) + 6 :])
    assert stream.xyb
    assert stream.colours.profile
    code = data[data.index(b"jxlc" + BARE) + 6 :]
    seen = imagecodecs.jpegxl_decode(
        BARE + rewritten(code, depth=FLOATS, colours=coded(channels == 1, 1, 8) or "")
    )
    numbers = ramps(channels, "float32")
    own = imagecodecs.cms_transform(
        np.ascontiguousarray(numbers if channels == 1 else numbers[..., :3]),
        icc,
        SRGB,
        colorspace="gray" if channels == 1 else "rgb",
        outcolorspace="rgb",
        outdtype="float32",
    )
    light = np.maximum(own, 0)
    light = np.where(own <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    shown = seen[..., None] if channels == 1 else seen[..., :3]
    inside = ((own > 0.02) & (own < 0.98)).all(-1)
    assert inside.mean() > 0.3
    assert abs(shown - light)[inside].mean() < 0.01


@pytest.mark.parametrize("code", [(12, 13), (9, 1), (9, 14), (9, 16), (1, 18), (1, 8), (11, 17)])
def test_colours_by_code_stay_a_code(code: tuple[int, int]) -> None:
    picture = replace(images.from_array(ramps()), cicp=(*code, 0, 1))
    for lossy in (False, True):
        data, said = images.encode(replace(picture, lossy=lossy), JXL)
        read = images.read(data)
        alike = (9, 1, 0, 1) if code == (9, 14) else picture.cicp
        assert (read.cicp, read.icc) == (alike, None)
        without = code[1] in (16, 17, 18) and lossy
        wanted = "stored without loss, since its colours have none to compare them by"
        assert said == ([wanted] if without else [])
        assert abs(read.pixels - picture.pixels).mean() < 0.003
    _, said = images.encode(replace(picture, cicp=(22, 13, 0, 1)), JXL)
    assert said == ["not kept: its code of colours, for which JPEG XL has none"]


def test_colours_that_no_code_says_become_a_profile() -> None:
    """Adobe RGB by its coordinates, and an exponent, as cjxl writes them."""
    plain = bytes(imagecodecs.jpegxl_encode(ramps(depth="uint8"), lossless=True))
    points = [(640000, 330000), (210000, 710000), (150000, 60000)]
    numbers = "".join(_coordinate(each) for point in points for each in point)
    # colours, D65, primaries of their own, an exponent of 1 / 2.2
    said = "00" + "00" + "10" + "01" + "0000" + numbers + "1" + _bits(4545455, 24) + "10"
    code = plain[plain.index(BARE) + 2 :] if plain[:2] != BARE else plain[2:]
    read = images.read(BARE + rewritten(code, depth=whole(8), colours=said))
    assert read.icc is not None
    assert read.cicp is None
    numbers_in = np.linspace(0.1, 0.9, 27, dtype=np.float32).reshape(3, 3, 3)
    adobe = profile_of((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), gamma=2.2)
    ours, theirs = (
        imagecodecs.cms_transform(
            numbers_in, icc, SRGB, colorspace="rgb", outcolorspace="rgb", outdtype="float32"
        )
        for icc in (read.icc, adobe)
    )
    assert abs(ours - theirs).max() < 1e-3


def _bits(value: int, count: int) -> str:
    return format(value, f"0{count}b")[::-1]


def _coordinate(millionths: int) -> str:
    """A coordinate as a head has it: even numbers are positive."""
    value = 2 * millionths
    for way, (added, count) in enumerate(((0, 19), (524288, 19), (1048576, 20), (2097152, 21))):
        if added <= value < added + (1 << count):
            return _bits(way, 2) + _bits(value - added, count)
    raise AssertionError


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.tif"])
def test_a_code_becomes_a_profile_where_there_is_no_place_for_codes(name: str) -> None:
    wide = replace(images.from_array(ramps(depth="uint8")), cicp=(12, 13, 0, 1))
    format = images.format_of(name)
    data, said = images.encode(wide, format)
    assert said == []
    icc = images.read(data).icc or b""
    assert icc == profile_of_code((12, 13, 0, 1))
    assert images.facts(data)["profile"] == "Display P3"
    numbers = np.linspace(0.05, 0.95, 27, dtype=np.float32).reshape(3, 3, 3)
    ours, theirs = (
        imagecodecs.cms_transform(
            numbers, each, SRGB, colorspace="rgb", outcolorspace="rgb", outdtype="float32"
        )
        for each in (icc, profile_of(*DISPLAY_P3, gamma=2.2))
    )
    assert abs(ours - theirs)[1:].max() < 0.01
    _, said = images.encode(replace(wide, cicp=(9, 16, 0, 1)), format)
    assert said == [
        "not kept: its cICP colour space, without which its colours may look wrong, for which "
        f"{format.title} has no place"
    ]


def test_light_by_code_is_shown_to_the_network_as_srgb_has_it() -> None:
    linear = replace(images.from_array(ramps()), cicp=(1, 8, 0, 1))
    tone = images.tone_of(linear)
    assert tone is not None
    assert abs(tone.seen(np.full((1, 1, 1, 1), 0.2140, np.float32)) - 0.5).max() < 0.002
    for code in ((12, 13), (9, 16), (9, 18), (9, 1)):
        assert images.tone_of(replace(linear, cicp=(*code, 0, 1))) is None, code


# boxes, orientation, animations


def test_boxes_are_read_wherever_they_stand_and_in_parts() -> None:
    data, _ = images.encode(replace(images.from_array(ramps()), icc=profiles()["usual"]), JXL)
    start = data.index(b"jxlc") + 4
    code = data[start:]
    block = exif.oriented(6)
    parts = [
        boxed(b"brob", b"Exif", bytes(imagecodecs.brotli_encode(bytes(4) + block))),
        boxed(b"jxlp", bytes(4), code[:30]),
        boxed(b"jxlp", b"\0\0\0\1", code[30:100]),
        boxed(b"xml ", b"<x/>"),
        boxed(b"jxlp", b"\x80\0\0\2", code[100:]),
        boxed(b"jumb", bytes(50)),
        boxed(b"jhgm", b"a gain map"),
    ]
    given = data[: start - 8] + b"".join(parts)
    read = images.read(given)
    assert (read.icc, read.xmp) == (profiles()["usual"], b"<x/>")
    assert (read.pixels == images.read(data).pixels).all()
    assert exif.orientation(read.exif) == 1
    credentials = "its content credentials (C2PA), which are true of the former pixels alone"
    assert read.lost == (f"not kept: {credentials}",)
    again, said = images.encode(read, JXL)
    assert said == []
    assert boxed(b"jhgm", b"a gain map") in again
    _, said = images.encode(read, FORMATS["PNG"])
    assert said == ["not kept: its gain map (HDR), for which PNG has no place"]


@pytest.mark.parametrize("tag", range(1, 9))
def test_the_codestreams_own_orientation_is_carried_out_and_exif_is_not_heard(tag: int) -> None:
    samples = ramps(depth="uint8")
    plain = bytes(imagecodecs.jpegxl_encode(samples, lossless=True, usecontainer=False))
    code = plain[2:]
    head = head_of(code)
    assert head.places.depth is not None
    # extra fields: an orientation, no other size, no small copy, no animation
    start = head.places.usual
    size = _text(code, 0, start)
    rest = _text(code, head.places.depth[0], head.places.end)
    tail = code[-(-head.places.end // 8) :]
    # behind the colours stands how bright it is meant to be: as usual
    colours = head.places.colours[1] - head.places.depth[0]
    fields = "0" + "1" + _bits(tag - 1, 3) + "000" + rest[:colours] + "1" + rest[colours:]
    turned = BARE + as_bytes(size + fields) + tail
    exif_says = boxed(b"Exif", bytes(4), exif.oriented(3))
    signature = b"\0\0\0\x0cJXL \r\n\x87\n" + boxed(b"ftyp", b"jxl ", bytes(4), b"jxl ")
    data = signature + exif_says + boxed(b"jxlc", turned)
    read = images.read(data)
    upright = images.turned(np.moveaxis(samples, -1, 0), tag)
    assert (np.rint(read.pixels[0] * 255) == upright).all()
    header = images.header(data)
    assert (header.height, header.width) == upright.shape[1:]
    assert exif.orientation(read.exif) == 1


def _text(data: bytes, start: int, end: int) -> str:
    return "".join(str(data[at // 8] >> at % 8 & 1) for at in range(start, end))


def animated() -> bytes:
    frames = np.stack([np.full((32, 48, 3), 60 * at, np.uint8) for at in range(4)])
    return bytes(imagecodecs.jpegxl_encode(frames, lossless=True, usecontainer=True))


def test_an_animated_jpeg_xl_is_named_and_its_first_picture_is_to_be_had(tmp_path: Path) -> None:
    (tmp_path / "a.jxl").write_bytes(animated())
    with pytest.raises(errors.UnsupportedFormat, match="is an animated JPEG XL"):
        images.read(tmp_path / "a.jxl")
    words = ["restore", str(tmp_path / "a.jxl"), "-o", str(tmp_path / "b.png"), "-d", "noise=5"]
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 3
    assert "--pages 1" in refused.output
    assert not (tmp_path / "b.png").exists()
    done = CliRunner().invoke(app, [*words, "--pages", "1"])
    assert done.exit_code == 0
    assert "not kept: all frames but the first" in done.output
    assert images.read(tmp_path / "b.png").pixels.shape == (1, 3, 32, 48)
    refused = CliRunner().invoke(app, [*words, "--pages", "2", "--overwrite"])
    assert refused.exit_code == 3
    assert "is an animated JPEG XL" in refused.output


def test_a_restored_jpeg_xl_keeps_its_profile_from_file_to_file(tmp_path: Path) -> None:
    picture: Picture = replace(
        images.from_array(ramps()), icc=profiles()["usual"], exif=exif.oriented(1), xmp=b"<x/>"
    )
    images.write(tmp_path / "a.jxl", picture)
    burnish.restore(tmp_path / "a.jxl", tmp_path / "b.jxl", strength=0, noise=10)
    assert (tmp_path / "a.jxl").read_bytes() == (tmp_path / "b.jxl").read_bytes()
