"""Files: what goes in comes back, checked by independent readers; what is damaged is refused by name."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from conftest import scene
from numpy.typing import NDArray
from PIL import Image, ImageCms

from burnish import errors, images
from burnish.images import exif as exif_block
from burnish.images.picture import WHITE, to_array, upright

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def numbers(height: int = 13, width: int = 17, channels: int = 3, dtype: str = "uint8", seed: int = 0) -> NDArray[Any]:
    """Random values over the whole range. [H, W] or [H, W, C]"""
    rng = np.random.default_rng(seed)
    shape = (height, width) if channels == 1 else (height, width, channels)
    if dtype == "float32":
        return rng.normal(0.5, 1, shape).astype(np.float32)
    values: NDArray[Any] = rng.integers(0, WHITE[dtype] + 1, shape, dtype=dtype)
    return values


def encoded(array: NDArray[Any], kind: str, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind, **settings)
    return buffer.getvalue()


@pytest.mark.parametrize("depth", ["uint8", "uint16"])
def test_every_value_survives_the_way_through_floats(depth: Any) -> None:
    values = np.arange(WHITE[depth] + 1).astype(depth).reshape(-1, 256)
    np.testing.assert_array_equal(to_array(images.from_array(values), depth), values)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("extension", "depth"), [("png", "uint8"), ("png", "uint16"), ("tif", "uint8"), ("tif", "uint16"), ("tif", "float32"), ("webp", "uint8")]
)
def test_lossless_formats_give_every_bit_back(tmp_path: Path, extension: str, depth: str, channels: int) -> None:
    array, path = numbers(channels=channels, dtype=depth), tmp_path / f"a.{extension}"
    if extension == "webp" and channels < 3:
        pytest.skip("WebP has no grey")
    images.write(path, images.from_array(array))
    picture = images.read(path)
    assert picture.depth == depth
    np.testing.assert_array_equal(to_array(picture, picture.depth), array)
    again = tmp_path / f"b.{extension}"
    images.write(again, picture)
    np.testing.assert_array_equal(to_array(images.read(again), picture.depth), array)
    if extension == "tif":
        np.testing.assert_array_equal(tifffile.imread(path), array)
    elif depth == "uint8" and channels != 2:
        np.testing.assert_array_equal(np.asarray(Image.open(path)), array)


def test_sixteen_bit_png_by_an_independent_reader(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="an independent reader of 16-bit PNG is not installed")
    array = numbers(dtype="uint16")
    images.write(tmp_path / "a.png", images.from_array(array))
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)[:, :, ::-1], array)
    cv2.imwrite(str(tmp_path / "b.png"), array[:, :, ::-1])
    np.testing.assert_array_equal(to_array(images.read(tmp_path / "b.png"), "uint16"), array)


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif"])
def test_profile_exif_xmp_and_resolution_come_back(tmp_path: Path, extension: str) -> None:
    tags = Image.Exif()
    tags[271], tags[272], tags[274], tags[306] = "Maker", "Model 3", 6, "2020:01:02 03:04:05"
    picture = replace(
        images.from_array(numbers(16, 24)), icc=SRGB, exif=exif_block.bare(tags.tobytes()), xmp=b"<x:xmpmeta/>", dpi=(300.0, 300.0), orientation=6,
        format={"jpg": "JPEG", "tif": "TIFF"}.get(extension, extension.upper()),
    )  # fmt: skip
    path = tmp_path / f"a.{extension}"
    images.write(path, picture)
    for target in (path, tmp_path / f"b.{extension}"):
        if target != path:
            images.write(target, images.read(path))
        image = Image.open(target)
        assert image.info["icc_profile"] == SRGB
        assert image.size == ((16, 24) if extension == "tif" else (24, 16))  # Pillow turns TIFFs itself
        assert image.getexif()[274] == 6
        assert image.getexif()[272] == "Model 3"
        got = images.read(target)
        assert (got.icc, got.xmp, got.orientation) == (SRGB, b"<x:xmpmeta/>", 6)
        assert got.dpi == pytest.approx((300, 300), abs=0.01) or extension == "webp"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_in_another_format_pixels_stand_upright(tmp_path: Path, orientation: int) -> None:
    from PIL import ImageOps

    tags = Image.Exif()
    tags[274] = orientation
    (tmp_path / "a.png").write_bytes(encoded(numbers(6, 9), "PNG", exif=tags))
    wanted = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    for name in ("a.png", "b.webp", "b.tif"):
        if name != "a.png":
            images.write(tmp_path / name, images.read(tmp_path / "a.png"))
            assert images.read(tmp_path / name).orientation == 1
        np.testing.assert_array_equal(to_array(upright(images.read(tmp_path / name)), "uint8"), wanted)
        np.testing.assert_array_equal(np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / name))), wanted)


def test_odd_kinds_of_pixels(tmp_path: Path) -> None:
    array = numbers(20, 30)
    grey = Image.fromarray(numbers(20, 30, 1))
    made = {
        "palette.png": Image.fromarray(array).quantize(16),
        "bilevel.png": grey.convert("1"),
        "bilevel.tif": grey.convert("1"),
        "palette.tif": Image.fromarray(array).quantize(16),
        "cmyk.jpg": Image.fromarray(array).convert("CMYK"),
        "cmyk.tif": Image.fromarray(array).convert("CMYK"),
    }
    for name, image in made.items():
        image.save(tmp_path / name)
        picture = images.read(tmp_path / name)
        wanted = np.asarray(image.convert("L" if name.startswith("bilevel") else "RGB"))
        tolerance = 40 if name == "cmyk.jpg" else 0
        assert np.abs(to_array(picture, "uint8").astype(int) - wanted).mean() <= tolerance, name
    assert "CMYK" in images.read(tmp_path / "cmyk.jpg").notes[0]
    transparent = Image.fromarray(array).quantize(16)
    transparent.save(tmp_path / "see.png", transparency=3)
    assert images.read(tmp_path / "see.png").alpha is not None
    tifffile.imwrite(tmp_path / "white.tif", 255 - array[:, :, 0], photometric="miniswhite")
    np.testing.assert_array_equal(to_array(images.read(tmp_path / "white.tif"), "uint8"), array[:, :, 0])
    tifffile.imwrite(tmp_path / "planes.tif", array.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(to_array(images.read(tmp_path / "planes.tif"), "uint8"), array)


def damaged() -> dict[str, tuple[bytes, type[errors.BurnishError]]]:
    """name -> (bytes, the error that it must be refused with)"""
    picture = np.rint(scene(120, 160)[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    jpeg, progressive, png, webp = (
        encoded(picture, "JPEG"),
        encoded(picture, "JPEG", progressive=True),
        encoded(picture, "PNG"),
        encoded(picture, "WEBP", lossless=True),
    )
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, picture, compression="zlib")
    packed = buffer.getvalue()
    start = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[start - 4 : start])
    rows = zlib.decompress(png[start + 4 : start + 4 + length])

    def with_rows(data: bytes) -> bytes:
        body = b"IDAT" + data
        return png[: start - 4] + struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body)) + png[start + 8 + length :]

    scrambled = bytearray(zlib.compress(rows))
    scrambled[len(scrambled) // 2 :] = os.urandom(len(scrambled) - len(scrambled) // 2)
    wrong_sum = bytearray(png)
    wrong_sum[start + 4 + length] ^= 1
    nan = io.BytesIO()
    tifffile.imwrite(nan, np.full((4, 4, 3), np.nan, np.float32), photometric="rgb")
    five = io.BytesIO()
    tifffile.imwrite(five, np.zeros((4, 4, 5), np.uint8), photometric="rgb", planarconfig="contig")
    wide = io.BytesIO()
    tifffile.imwrite(wide, np.zeros((4, 4, 3), np.uint32), photometric="rgb")
    pages = io.BytesIO()
    tifffile.imwrite(pages, np.zeros((3, 8, 8), np.uint8), photometric="minisblack")
    frames = [Image.fromarray(picture), Image.fromarray(255 - picture)]
    moving, apng, gif = io.BytesIO(), io.BytesIO(), io.BytesIO()
    frames[0].save(moving, "WEBP", save_all=True, append_images=frames[1:])
    frames[0].save(apng, "PNG", save_all=True, append_images=frames[1:])
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    cut, broken, strange = errors.InputTruncated, errors.InputCorrupt, errors.UnsupportedFormat
    return {
        "empty.jpg": (b"", errors.InputEmpty),
        "half.jpg": (jpeg[: len(jpeg) // 2], cut),
        "header.jpg": (jpeg[:30], cut),
        "progressive.jpg": (progressive[: len(progressive) * 2 // 3], cut),
        "half.png": (png[: len(png) // 2], cut),
        "rows.png": (with_rows(zlib.compress(rows[: len(rows) // 2])), cut),
        "stream.png": (with_rows(zlib.compress(rows)[: len(rows) // 40]), cut),
        "sum.png": (bytes(wrong_sum), broken),
        "zlib.png": (with_rows(bytes(scrambled)), broken),
        "half.webp": (webp[: len(webp) // 2], cut),
        "half.tif": (packed[: len(packed) // 2], cut),
        "header.tif": (packed[:6], cut),
        "nan.tif": (nan.getvalue(), errors.NonFiniteInput),
        "five.tif": (five.getvalue(), errors.UnsupportedChannels),
        "wide.tif": (wide.getvalue(), errors.UnsupportedChannels),
        "pages.tif": (pages.getvalue(), strange),
        "moving.webp": (moving.getvalue(), strange),
        "moving.png": (apng.getvalue(), strange),
        "moving.gif": (gif.getvalue(), strange),
        "page.jpg": (b"<!DOCTYPE html><html></html>", strange),
        "drawing.png": (b"<svg xmlns='x'/>", strange),
        "pointer.jpg": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", strange),
        "archive.tif": (b"PK\x03\x04" + bytes(60), strange),
        "document.jpg": (b"%PDF-1.7 ", strange),
        "words.png": (b"hello", strange),
        "phone.jpg": (b"\x00\x00\x00\x18ftypheic" + bytes(40), strange),
    }


DAMAGED = damaged()


@pytest.mark.parametrize("name", sorted(DAMAGED))
def test_damage_is_refused_by_name(tmp_path: Path, name: str) -> None:
    data, kind = DAMAGED[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(errors.InputError) as caught:
        images.read(path)
    assert type(caught.value) is kind, caught.value
    assert str(path) in str(caught.value)


def test_random_damage_never_crashes(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "a"
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        whole = encoded(numbers(24, 24), kind)
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(int(rng.integers(1, 6))):
                data[int(rng.integers(len(data)))] = int(rng.integers(256))
            path.write_bytes(data[: int(rng.integers(1, len(data) + 1))] if rng.random() < 0.5 else data)
            with contextlib.suppress(errors.InputError):  # any other error fails the test
                images.read(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.InputMissing):
        images.read(tmp_path / "none.png")
    with pytest.raises(errors.UnsupportedFormat, match="folder"):
        images.read(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(errors.UnsupportedFormat, match="pipe"):
        images.read(tmp_path / "pipe.png")


def test_a_claim_of_gigapixels_is_refused_from_the_header(tmp_path: Path) -> None:
    small = encoded(numbers(), "PNG")
    head = b"IHDR" + struct.pack(">II", 60000, 60000) + small[24:29]
    (tmp_path / "bomb.png").write_bytes(small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:])
    with pytest.raises(errors.InputTooLarge, match="--max-megapixels"):
        images.read(tmp_path / "bomb.png")
    (tmp_path / "a.png").write_bytes(small)
    with pytest.raises(errors.InputTooLarge):
        images.read(tmp_path / "a.png", max_megapixels=0.0001)


def test_a_wrong_extension_is_decoded_by_content_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(numbers(), "PNG"))
    picture = images.read(tmp_path / "a.jpg")
    assert picture.format == "PNG"
    assert "PNG file in spite of its name" in picture.notes[0]


def test_what_a_format_cannot_hold_is_said_before(tmp_path: Path) -> None:
    with pytest.raises(errors.FormatLimit, match="transparency"):
        images.check_format(images.from_array(numbers(channels=4)), tmp_path / "a.jpg")
    wide = images.from_array(np.zeros((1, 16384, 3), np.uint8))
    with pytest.raises(errors.FormatLimit, match="16383"):
        images.check_format(wide, tmp_path / "a.webp")
    deep = images.from_array(numbers(dtype="uint16"))
    assert "16 bits became 8" in images.check_format(deep, tmp_path / "a.jpg")[0]
    assert images.check_format(deep, tmp_path / "a.png") == []
    with pytest.raises(errors.UsageError, match="must end in"):
        images.check_format(deep, tmp_path / "a.bmp")


def test_nothing_stands_under_a_name_before_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.OutputError, match="No space left"):
        images.write(path, images.from_array(numbers()))
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_facts(tmp_path: Path) -> None:
    images.write(tmp_path / "a.tif", replace(images.from_array(numbers(dtype="uint16")), icc=SRGB, dpi=(300.0, 300.0)))
    found = images.facts(tmp_path / "a.tif")
    assert (found["format"], found["size"], found["depth"], found["dpi"]) == ("TIFF", "17x13", "uint16", "300x300")
    assert "sRGB" in found["profile"]
