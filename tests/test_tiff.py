"""TIFF in all its insides: what comes out of every kind of samples, and goes back as it was."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from conftest import scene
from numpy.typing import NDArray
from odd_files import Odd, pixels, tiff
from odd_tiffs import odd_tiffs
from PIL import Image, ImageCms

from benchmarks.peak import used_by
from burnish import errors, images
from burnish.images.colour import profiles
from burnish.images.inside.tiff import tags
from burnish.images.picture import to_samples

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

ODD = list(odd_tiffs())


def grey(depth: Any = np.uint8, height: int = 40, width: int = 56) -> NDArray[Any]:
    """A picture in grey with all values up to the depth's highest. [H, W]"""
    top = np.iinfo(depth).max
    ramp = np.linspace(0, top, height * width).reshape(height, width)
    return np.rint(ramp).astype(depth)


def colour(depth: Any = np.uint8) -> NDArray[Any]:
    """A picture in colour. [H, W, 3]"""
    return pixels(40, 56).astype(depth) * (257 if depth == np.uint16 else 1)


def saved(folder: Path, data: bytes, name: str = "in.tif") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def through(folder: Path, data: bytes) -> tuple[images.Picture, Path]:
    """What a file is read as, and the path of the same picture written as a TIFF."""
    picture = images.read(saved(folder, data))
    images.write(folder / "out.tif", picture)
    return picture, folder / "out.tif"


def values(picture: images.Picture) -> NDArray[Any]:
    """The picture's numbers, of its own bits. [H, W] or [H, W, C]"""
    return to_samples(picture, picture.depth, picture.bits)


def page_of(file: tifffile.TiffFile, number: int) -> tifffile.TiffPage:
    """A page of an open TIFF, which tifffile may have as a frame, too."""
    page = file.pages[number]
    assert isinstance(page, tifffile.TiffPage)
    return page


def first(path: Path) -> tifffile.TiffPage:
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        page.tags.valueof(tags.ICC)
        return page


# Samples


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("bits", range(1, 17))
def test_grey_of_any_bits_is_read_and_comes_back(bits: int, kind: int, tmp_path: Path) -> None:
    top = 2**bits - 1
    given = (np.arange(37 * 29).reshape(37, 29) * 7 % (top + 1)).astype(
        np.uint8 if bits <= 8 else np.uint16
    )
    photometric = "miniswhite" if kind == 0 else "minisblack"
    options: dict[str, Any] = {"photometric": photometric}
    stored = given.astype(bool) if bits == 1 else given
    if bits != 1:
        options["bitspersample"] = bits
    picture, path = through(tmp_path, tiff(stored, **options))
    seen = top - given if kind == 0 else given
    np.testing.assert_allclose(picture.pixels[0, 0], seen / top, atol=1e-6)
    page = first(path)
    # fewer than 8 bits come back as 8, but for black and white
    kept = bits if bits == 1 or bits >= 8 else 8
    assert page.bitspersample == kept
    again = images.read(path)
    np.testing.assert_allclose(again.pixels, picture.pixels, atol=1 / (2**kept - 1))
    if bits == kept:
        assert page.photometric == kind
        assert (tifffile.imread(path) == stored).all()


@pytest.mark.parametrize("order", ["<", ">"])
def test_packed_samples_in_colour_come_back(order: str, tmp_path: Path) -> None:
    given = colour(np.uint16) >> 4
    packed = bytes(imagecodecs.packints_encode(given, 12, runlen=3 * 56))
    fields = {262: (3, [2]), 258: (3, [12, 12, 12]), 277: (3, [3])}
    picture, path = through(tmp_path, by_hand(56, 40, packed, 1, fields, order))
    assert picture.bits == 12
    assert (values(picture) == given).all()
    assert first(path).bitspersample == 12
    assert (tifffile.imread(path) == given).all()


def test_packed_samples_become_16_bits_elsewhere(tmp_path: Path) -> None:
    given = grey(np.uint16) >> 4
    picture, _ = through(tmp_path, tiff(given, bitspersample=12))
    assert images.write(tmp_path / "a.png", picture) == []
    seen = np.asarray(Image.open(tmp_path / "a.png")).astype(int)
    assert abs(seen - given / 4095 * 65535).max() <= 0.51


def test_half_floats_come_back_as_halves_and_what_is_beyond_them_as_floats(tmp_path: Path) -> None:
    given = (colour() / np.float32(255) * 3).astype(np.float16)
    picture, path = through(tmp_path, tiff(given, photometric="rgb"))
    assert picture.depth == "float32"
    assert tifffile.imread(path).dtype == np.float16
    assert (tifffile.imread(path) == given).all()
    images.write(path, picture.with_pixels(picture.pixels * np.float32(1e6)))
    assert tifffile.imread(path).dtype == np.float32


def test_floats_above_one_come_back(tmp_path: Path) -> None:
    given = colour().astype(np.float32) / 50 - 1
    for options in ({}, {"compression": "zlib", "predictor": 3}, {"compression": "zstd"}):
        _, path = through(tmp_path, tiff(given, photometric="rgb", **options))
        assert (tifffile.imread(path) == given).all()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (np.zeros((8, 8), np.uint32), "32 bits of grey"),
        (np.zeros((8, 8), np.int32), "32 bits signed of grey"),
        (np.zeros((8, 8), np.float64), "64 bits float of grey"),
        (np.zeros((8, 8), np.complex64), "64 bits complex of grey"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_samples_that_are_not_read_are_said(given: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(errors.UnsupportedChannels, match=says):
        images.read(saved(tmp_path, tiff(given)))


# Beside the colours


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", ["unassalpha", "assocalpha"])
def test_either_alpha_comes_back(alpha: str, channels: int, depth: Any, tmp_path: Path) -> None:
    top = np.iinfo(depth).max
    seen = np.broadcast_to(grey(depth)[..., None], (40, 56, 1)).astype(np.float64)
    colours = (colour(depth)[..., :channels] * (seen / top if alpha == "assocalpha" else 1)).astype(
        depth
    )
    given = np.concatenate([colours, seen.astype(depth)], 2)
    kind = "rgb" if channels == 3 else "minisblack"
    data = tiff(given, photometric=kind, extrasamples=[alpha], planarconfig="contig")
    picture, path = through(tmp_path, data)
    assert picture.alpha is not None
    assert (tifffile.imread(path) == given).all()
    assert first(path).extrasamples == ((1,) if alpha == "assocalpha" else (2,))
    assert picture.notes == picture.lost == ()


@pytest.mark.parametrize("marker", [0, 4])
@pytest.mark.parametrize("big", [False, True])
def test_infrared_as_a_page_is_a_plane_of_the_picture(
    big: bool, marker: int, tmp_path: Path
) -> None:
    infrared = grey(np.uint16)
    path = tmp_path / "in.tif"
    with tifffile.TiffWriter(path, bigtiff=big) as file:
        file.write(colour(np.uint16), photometric="rgb", metadata=None)
        # one bit that tifffile writes no mask with
        file.write(infrared, photometric="minisblack", subfiletype=2, metadata=None)
    with tifffile.TiffFile(path, mode="r+") as patched:
        page_of(patched, 1).tags["NewSubfileType"].overwrite(marker)
    picture = images.read(path)
    assert [plane.name for plane in picture.extras] == ["infrared"]
    assert images.header(path).extras == ("infrared",)
    images.write(tmp_path / "out.tif", picture)
    with tifffile.TiffFile(tmp_path / "out.tif") as written:
        assert written.is_bigtiff == big
        assert (written.pages[0].asarray() == colour(np.uint16)).all()
        assert (written.pages[1].asarray() == infrared).all()
        assert int(page_of(written, 1).tags["NewSubfileType"].value) == marker
    said = images.write(tmp_path / "out.jpg", picture)
    assert any("infrared" in sentence for sentence in said)


def test_pages_below_one_may_lead_to_each_other(tmp_path: Path) -> None:
    """As tifffile writes them: listed, and each with the place of the next besides."""
    with tifffile.TiffWriter(tmp_path / "in.tif") as file:
        file.write(colour(), photometric="rgb", subifds=3, metadata=None)
        for step in (2, 4, 8):
            small = np.ascontiguousarray(colour()[::step, ::step])
            file.write(small, photometric="rgb", subfiletype=1, metadata=None)
    picture = images.read(tmp_path / "in.tif")
    assert (np.rint(picture.pixels[0] * 255) == colour().transpose(2, 0, 1)).all()
    assert picture.lost == ("not kept: the smaller copies of its picture",)


def test_a_mask_of_one_bit_comes_back_as_it_is(tmp_path: Path) -> None:
    shown = np.zeros((40, 56), bool)
    shown[5:20, 10:30] = True
    with tifffile.TiffWriter(tmp_path / "in.tif") as file:
        file.write(colour(), photometric="rgb", compression="lzw", metadata=None)
        file.write(shown, photometric="minisblack", subfiletype=4, metadata=None)
    picture = images.read(tmp_path / "in.tif")
    assert picture.alpha is None
    assert [plane.name for plane in picture.extras] == ["mask"]
    images.write(tmp_path / "out.tif", picture)
    with tifffile.TiffFile(tmp_path / "out.tif") as written:
        page = written.pages[1].aspage()
        assert page.photometric == tags.MASK
        assert page.bitspersample == 1
        assert (page.asarray().astype(bool) == shown).all()


def test_a_grey_page_behind_another_is_no_infrared(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "in.tif") as file:
        for _ in range(2):
            file.write(grey(np.uint16), photometric="minisblack", metadata=None)
    found, _ = images.frames(tmp_path / "in.tif")
    assert found.frames == 2


# Colours


def test_a_palette_of_any_bits_is_looked_up(tmp_path: Path) -> None:
    for bits in (1, 2, 4, 8):
        given = (np.arange(30 * 20).reshape(30, 20) % 2**bits).astype(np.uint8)
        image = Image.fromarray(given, "P")
        table = np.random.default_rng(bits).integers(0, 256, (256, 3), dtype=np.uint8)
        image.putpalette(table.tobytes())
        buffer = io.BytesIO()
        image.save(buffer, "TIFF")
        picture, path = through(tmp_path, buffer.getvalue())
        assert (values(picture) == table[given]).all()
        assert (tifffile.imread(path) == table[given]).all()


def test_a_fine_palette_is_16_bits(tmp_path: Path) -> None:
    table = np.random.default_rng(1).integers(0, 65536, (3, 256), dtype=np.uint16)
    picture = images.read(saved(tmp_path, tiff(grey(), photometric="palette", colormap=table)))
    assert picture.depth == "uint16"
    assert (values(picture) == table.T[grey()]).all()


def test_a_palette_of_8_bits_that_was_never_scaled_is_taken_as_meant(tmp_path: Path) -> None:
    table = np.random.default_rng(1).integers(0, 256, (3, 256), dtype=np.uint16)
    picture = images.read(saved(tmp_path, tiff(grey(), photometric="palette", colormap=table)))
    assert (values(picture) == table.T[grey()]).all()


def lab_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lab of 8 bits, as ICC has it, by LittleCMS. [H, W, 3]"""
    transform = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    converted = ImageCms.applyTransform(Image.fromarray(rgb), transform)
    assert converted is not None
    return np.stack([np.asarray(band) for band in converted.split()], -1)


@pytest.mark.parametrize("photometric", ["cielab", "icclab"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_lab_is_right_and_comes_back(depth: Any, photometric: str, tmp_path: Path) -> None:
    rgb = colour()
    lab = lab_of(rgb).astype(np.float64)
    lab[..., 0] *= 100 / 255
    lab[..., 1:] -= 128
    deep = depth == np.uint16
    scale = (65280 / 100 if photometric == "icclab" else 65535 / 100) if deep else 2.55
    given = np.empty(lab.shape, depth)
    given[..., 0] = np.rint(lab[..., 0] * scale)
    chroma = np.rint(lab[..., 1:] * (256 if deep else 1)).astype(np.int64)
    offset = (32768 if deep else 128) if photometric == "icclab" else 0
    given[..., 1:] = (chroma + offset).astype(depth)
    picture, path = through(tmp_path, tiff(given, photometric=photometric))
    apart = abs(picture.pixels[0].transpose(1, 2, 0) * 255 - rgb)
    assert apart.max() < 10, "8 bits of Lab are coarse"
    assert apart.mean() < 1
    assert (tifffile.imread(path) == given).all()
    assert first(path).photometric == (9 if photometric == "icclab" else 8)
    assert images.write(tmp_path / "a.png", picture) == []
    seen = imagecodecs.png_decode((tmp_path / "a.png").read_bytes())
    assert abs(seen.astype(int) // (257 if deep else 1) - rgb).max() < 11


def test_lab_of_the_corners_of_srgb(tmp_path: Path) -> None:
    """Lab of red, green, blue and white for D50, as Lindbloom gives it."""
    lab = np.array(
        [[54.29, 80.81, 69.89], [87.82, -79.27, 80.99], [29.57, 68.30, -112.03], [100, 0, 0]]
    )
    given = np.empty((1, 4, 3), np.uint16)
    given[0, :, 0] = np.rint(lab[:, 0] * 655.35)
    given[0, :, 1:] = np.rint(lab[:, 1:] * 256).astype(np.int16).view(np.uint16)
    picture = images.read(saved(tmp_path, tiff(given, photometric="cielab")))
    corners = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]
    np.testing.assert_allclose(picture.pixels[0, :, 0].T, corners, atol=4e-3)


def test_every_colour_of_lab_comes_back_even_beyond_srgb(tmp_path: Path) -> None:
    steps = np.arange(0, 256, 5, dtype=np.uint8)
    given = np.stack(np.meshgrid(steps[1:], steps, steps, indexing="ij"), -1).reshape(-1, 51, 3)
    _, path = through(tmp_path, tiff(given, photometric="cielab"))
    assert (tifffile.imread(path) == given).all()


def ycbcr_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(rgb).convert("YCbCr"))


@pytest.mark.parametrize("compression", [1, 5, 8, 32773])
@pytest.mark.parametrize("coarser", [(1, 1), (2, 1), (2, 2), (4, 1), (4, 2), (1, 2)])
def test_plain_ycbcr_is_right(coarser: tuple[int, int], compression: int, tmp_path: Path) -> None:
    across, down = coarser
    smooth = np.rint(scene(43, 61, 3)[0].transpose(1, 2, 0).clip(0, 1) * 80 + 80).astype(np.uint8)
    ycc = ycbcr_of(smooth)
    height, width = ycc.shape[:2]
    filled = np.pad(ycc, ((0, -height % down), (0, -width % across), (0, 0)), mode="edge")
    high, wide = len(filled) // down, filled.shape[1] // across
    y = filled[..., 0].reshape(high, down, wide, across).swapaxes(1, 2).reshape(high, wide, -1)
    colours = filled[::down, ::across, 1:]
    units = np.concatenate([y, colours], 2).tobytes()
    pack: Mapping[int, Callable[[bytes], bytes | bytearray]] = {
        1: bytes,
        5: imagecodecs.lzw_encode,
        8: imagecodecs.zlib_encode,
        32773: imagecodecs.packbits_encode,
    }
    fields = {530: (3, [across, down]), 262: (3, [6]), 258: (3, [8, 8, 8]), 277: (3, [3])}
    data = by_hand(width, height, bytes(pack[compression](units)), compression, fields)
    picture = images.read(saved(tmp_path, data))
    expected = ycc.copy()
    expected[..., 1:] = colours.repeat(down, 0).repeat(across, 1)[:height, :width]
    right = np.asarray(Image.fromarray(expected, "YCbCr").convert("RGB")).astype(int)
    assert abs(values(picture).astype(int) - right).max() <= 2
    if compression != 1 or coarser == (1, 1):  # which Pillow reads without TIFF's own library
        pillow = np.asarray(Image.open(tmp_path / "in.tif").convert("RGB")).astype(int)
        assert abs(values(picture).astype(int) - pillow).max() <= 2, "as TIFF's library has it"


def by_hand(
    width: int,
    height: int,
    strip: bytes,
    compression: int,
    fields: Mapping[int, tuple[int, list[int]]],
    order: str = "<",
) -> bytes:
    """A TIFF of one strip, put together by hand; fields are tags with a type and values."""
    whole: dict[int, tuple[int, list[int]]] = {
        256: (4, [width]),
        257: (4, [height]),
        259: (3, [compression]),
        273: (4, [8]),
        278: (4, [height]),
        279: (4, [len(strip)]),
        **fields,
    }
    start = 8 + len(strip) + len(strip) % 2
    behind = start + 2 + 12 * len(whole) + 4
    entries, values = b"", b""
    for tag, (kind, numbers) in sorted(whole.items()):
        packed = struct.pack(f"{order}{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        entries += struct.pack(order + "HHI", tag, kind, len(numbers))
        if len(packed) <= 4:
            entries += packed.ljust(4, b"\0")
        else:
            entries += struct.pack(order + "I", behind + len(values))
            values += packed
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    body = strip + b"\0" * (len(strip) % 2)
    return head + body + struct.pack(order + "H", len(whole)) + entries + bytes(4) + values


def test_a_profile_of_ours_is_the_same_at_any_time() -> None:
    """LittleCMS writes the time into it, so that no two results were the same bytes."""
    assert profiles.srgb()[24:36] == struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(profiles.srgb()))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


def test_inks_that_are_not_cmyk_are_said(tmp_path: Path) -> None:
    given = np.zeros((8, 8, 4), np.uint8)
    data = tiff(given, photometric="separated", extratags=[(332, "H", 1, 2, True)])
    with pytest.raises(errors.UnsupportedFormat, match="inks other than CMYK"):
        images.read(saved(tmp_path, data))


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_cmyk_without_a_profile_is_approximate(depth: Any, tmp_path: Path) -> None:
    ink = np.concatenate([255 - colour(), np.zeros((40, 56, 1), np.uint8)], 2).astype(depth)
    ink = ink * 257 if depth == np.uint16 else ink
    picture = images.read(saved(tmp_path, tiff(ink, photometric="separated")))
    assert picture.depth == np.dtype(depth).name
    assert (values(picture) == colour(depth)).all()
    assert any("approximate" in sentence for sentence in picture.lost)


def ink_profile() -> bytes:
    """A small CMYK profile, put together by hand: Lab at the sixteen corners of the inks, from
    plain multiplication (ICC.1, 10.10).
    """
    corners = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), -1).reshape(-1, 4)
    rgb = np.rint((1 - corners[:, :3]) * (1 - corners[:, 3:]) * 200 + 20).astype(np.uint8)
    lab = lab_of(rgb[None])[0].astype(np.uint16) * 256
    identity = struct.pack(">2H", 0, 65535)
    matrix = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    table = b"mft2" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + struct.pack(">2H", 2, 2)
    table += identity * 4 + lab.astype(">u2").tobytes() + identity * 3
    text = b"desc" + bytes(4) + struct.pack(">I", 4) + b"ink\0" + bytes(8 + 3 + 67)
    text += bytes(-len(text) % 4)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    parts = {b"desc": text, b"A2B0": table + bytes(-len(table) % 4), b"wtpt": white}
    place, entries = 128 + 4 + 12 * len(parts), b""
    for name, part in parts.items():
        entries += name + struct.pack(">2I", place, len(part))
        place += len(part)
    head = struct.pack(">I", place) + bytes(4) + b"\2\x10\0\0" + b"prtrCMYKLab "
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    head = head.ljust(128, b"\0")
    return head + struct.pack(">I", len(parts)) + entries + b"".join(parts.values())


def test_cmyk_of_16_bits_goes_through_its_profile_as_8_bits_do(tmp_path: Path) -> None:
    ink = np.concatenate([255 - colour(), colour()[..., :1] // 4], 2)
    found = []
    for given in (ink, ink.astype(np.uint16) * 257):
        data = tiff(given, photometric="separated", iccprofile=ink_profile())
        picture = images.read(saved(tmp_path, data))
        assert picture.lost == ("CMYK, converted to sRGB through its profile",)
        found.append(picture.pixels)
    assert abs(found[0] - found[1]).max() * 255 <= 1.5
    plain = images.read(saved(tmp_path, tiff(ink, photometric="separated")))
    assert abs(found[0] - plain.pixels).max() * 255 > 10, "the profile says something else"


# Packing


PACKED = [
    *("lzw", "zlib", "adobe_deflate", "packbits", "zstd", "lzma", "lerc", "jpegxl", "webp"),
    *("png", "jpeg2000"),
]


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", PACKED)
def test_what_is_packed_comes_back_packed(compression: str, depth: Any, tmp_path: Path) -> None:
    if compression == "webp" and depth == np.uint16:
        pytest.skip("a WebP has 8 bits")
    lossless = {
        "webp": {"lossless": True},
        "jpegxl": {"lossless": True},
        "jpeg2000": {"reversible": True, "level": 0},
    }
    data = tiff(
        colour(depth),
        photometric="rgb",
        compression=compression,
        compressionargs=lossless.get(compression),
    )
    picture, path = through(tmp_path, data)
    assert (values(picture) == colour(depth)).all()
    assert (tifffile.imread(path) == colour(depth)).all()
    before, after = first(tmp_path / "in.tif").compression, first(path).compression
    assert after == (tags.DEFLATE if compression in ("png", "jpeg2000") else before)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
@pytest.mark.parametrize("kind", [0, 1])
def test_a_fax_comes_back_as_a_fax(kind: int, compression: str, tmp_path: Path) -> None:
    page = np.zeros((2000, 1700), bool)
    page[10:30, 20:70] = page[50::90, :] = True
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "TIFF", compression=compression, tiffinfo={262: kind})
    picture, path = through(tmp_path, buffer.getvalue())
    right = np.asarray(Image.open(tmp_path / "in.tif").convert("L"))
    assert (to_samples(picture, "uint8") == right).all()
    assert (np.asarray(Image.open(path).convert("L")) == right).all()
    written = first(path)
    assert (written.compression, written.photometric) == (tags.CCITT_4, kind)
    greyish = picture.with_pixels(picture.pixels * np.float32(0.5))
    images.write(path, greyish)
    assert first(path).bitspersample == 8


@pytest.mark.parametrize("inside", ["rgb", "ycbcr"])
@pytest.mark.parametrize("subsampling", [(1, 1), (2, 2)])
@pytest.mark.parametrize("tile", [None, (32, 32)])
def test_jpegs_inside_come_back_as_jpegs(
    tile: tuple[int, int] | None, subsampling: tuple[int, int], inside: str, tmp_path: Path
) -> None:
    if inside == "rgb" and subsampling != (1, 1):
        pytest.skip("RGB is not coarser")
    given = np.rint(scene(64, 96, 3)[0].transpose(1, 2, 0).clip(0, 1) * 255).astype(np.uint8)
    data = tiff(
        given,
        photometric="rgb",
        compression="jpeg",
        compressionargs={"level": 90, "outcolorspace": inside},
        subsampling=subsampling,
        tile=tile,
    )
    picture, path = through(tmp_path, data)
    assert picture.lossy
    page = first(path)
    assert (page.compression, page.photometric) == (7, 2 if inside == "rgb" else 6)
    seen = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert abs(seen - values(picture)).max() < 12
    assert abs(tifffile.imread(path).astype(int) - seen).max() <= 1


def test_a_jpeg_of_12_bits_inside_comes_back_packed(tmp_path: Path) -> None:
    given = colour(np.uint16) // 257 * 16
    data = tiff(
        given,
        photometric="rgb",
        compression="jpeg",
        compressionargs={"level": 98, "bitspersample": 12},
        subsampling=(1, 1),
    )
    picture, path = through(tmp_path, data)
    assert picture.bits == 12
    assert abs(values(picture).astype(int) - given).max() < 200
    assert (first(path).bitspersample, first(path).compression) == (12, tags.DEFLATE)
    assert (tifffile.imread(path) == values(picture)).all()


def test_an_old_jpeg_inside_is_read_and_comes_back_as_a_new_one(tmp_path: Path) -> None:
    jpeg = bytes(
        imagecodecs.jpeg8_encode(
            colour(), 95, colorspace="rgb", outcolorspace="ycbcr", subsampling="444"
        )
    )
    fields = {262: (3, [6]), 258: (3, [8, 8, 8]), 277: (3, [3]), 530: (3, [1, 1])}
    where = {513: (4, [8]), 514: (4, [len(jpeg)])}
    picture, path = through(tmp_path, by_hand(56, 40, jpeg, 6, {**fields, **where}))
    right = imagecodecs.jpeg8_decode(jpeg, colorspace="ycbcr", outcolorspace="rgb")
    assert (values(picture) == right).all()
    assert first(path).compression == 7


@pytest.mark.parametrize("compression", ["jpeg", None])
def test_ycbcr_in_separate_planes_is_right(compression: str | None, tmp_path: Path) -> None:
    planes = np.moveaxis(ycbcr_of(colour()), -1, 0).copy()
    options = {"compressionargs": {"level": 100}} if compression else {}
    data = tiff(
        planes,
        photometric="ycbcr",
        planarconfig="separate",
        compression=compression,
        **options,
    )
    picture = images.read(saved(tmp_path, data))
    assert abs(values(picture).astype(int) - colour()).max() < 8


@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (70, 1), (17, 13)])
@pytest.mark.parametrize("compression", ["jpeg", "lzw", "packbits", "lerc", "jpegxl", None])
def test_tiny_pictures_come_back(
    compression: str | None, shape: tuple[int, int], tmp_path: Path
) -> None:
    given = grey()[: shape[0], :1].repeat(shape[1], 1) if shape[0] <= 40 else grey(np.uint8, *shape)
    given = np.resize(given, shape)
    data = tiff(given, photometric="minisblack", compression=compression)
    picture, path = through(tmp_path, data)
    assert abs(tifffile.imread(path).reshape(shape).astype(int) - values(picture)).max() <= 3


@pytest.mark.parametrize(
    ("compression", "called"), [(32809, "THUNDERSCAN"), (34676, "SGILOG"), (65535, "65535")]
)
def test_packings_that_are_not_read_are_said(compression: int, called: str, tmp_path: Path) -> None:
    fields = {262: (3, [1]), 258: (3, [8]), 277: (3, [1])}
    with pytest.raises(errors.UnsupportedFormat, match=f"{called}.*save it with LZW"):
        images.read(saved(tmp_path, by_hand(8, 8, bytes(64), compression, fields)))


# Pages


def test_the_whole_picture_is_taken_wherever_it_stands(tmp_path: Path) -> None:
    small = colour()[::4, ::4].copy()
    path = tmp_path / "in.tif"
    layouts: dict[str, Sequence[tuple[NDArray[np.uint8], dict[str, Any]]]] = {
        "first": ((small, {"subfiletype": 1}), (colour(), {})),
        "last": ((colour(), {}), (small, {"subfiletype": 1})),
        "below": ((small, {"subfiletype": 1, "subifds": 1}), (colour(), {})),
        "above": ((colour(), {"subifds": 1}), (small, {"subfiletype": 1})),
    }
    for pages in layouts.values():
        with tifffile.TiffWriter(path) as file:
            for page, options in pages:
                file.write(page, photometric="rgb", metadata=None, **options)
        picture = images.read(path)
        assert (values(picture) == colour()).all()
        assert picture.lost == ("not kept: the smaller copies of its picture",)


@pytest.mark.parametrize("marked", [True, False])
def test_the_levels_of_a_pyramid_are_dropped(marked: bool, tmp_path: Path) -> None:
    large = np.tile(colour(), (4, 4, 1))
    with tifffile.TiffWriter(tmp_path / "in.tif") as file:
        for step in (1, 2, 4):
            options: dict[str, Any] = {"subfiletype": 1} if marked and step > 1 else {}
            level = large[::step, ::step].copy()
            file.write(level, photometric="rgb", tile=(16, 16), metadata=None, **options)
    picture = images.read(tmp_path / "in.tif")
    assert (values(picture) == large).all()
    assert picture.lost == ("not kept: the smaller copies of its picture",)


def test_full_pages_are_pictures_of_their_own(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "in.tif") as file:
        file.write(colour(), photometric="rgb", metadata=None)
        file.write(grey(), photometric="miniswhite", metadata=None)
        file.write(colour()[::4, ::4].copy(), photometric="rgb", subfiletype=1, metadata=None)
        file.write(grey(np.uint16), photometric="minisblack", metadata=None)
    found, pages = images.frames(tmp_path / "in.tif")
    assert found.frames == 3
    assert [page.depth for page in pages] == ["uint8", "uint8", "uint16"]


# What stands beside the picture


def test_fields_come_back(tmp_path: Path) -> None:
    extra = [
        (270, "s", 0, "a description", True),
        (271, "s", 0, "Kern", True),
        (274, "H", 1, 6, True),
        (305, "s", 0, "a scanner's program", True),
        (306, "s", 0, "1958:07:01 12:00:00", True),
        (315, "s", 0, "somebody", True),
        (33432, "s", 0, "nobody", True),
        (297, "H", 2, (3, 9), True),
        (33550, "d", 3, (1.0, 1.0, 0.0), True),
        (33723, "B", 8, b"\x1c\x02\x19\0\3sea", True),
        (700, "B", 12, b"<x:xmpmeta/>", True),
    ]
    for order in ("<", ">"):
        data = tiff(
            colour(),
            photometric="rgb",
            extratags=extra,
            iccprofile=SRGB,
            resolution=(300, 150.5),
            byteorder=order,
        )
        picture, path = through(tmp_path, data)
        assert picture.lost == ()
        with tifffile.TiffFile(tmp_path / "in.tif") as one, tifffile.TiffFile(path) as other:
            assert one.byteorder == other.byteorder
            given, kept = one.pages.first.tags, other.pages.first.tags
            for tag in (*(each[0] for each in extra), 34675, 282, 283, 296):
                assert kept.valueof(tag) == given.valueof(tag), tag


def test_its_place_on_the_map_is_true_of_its_size_alone(tmp_path: Path) -> None:
    place = [(33550, "d", 3, (1.0, 1.0, 0.0), True)]
    picture = images.read(saved(tmp_path, tiff(colour(), photometric="rgb", extratags=place)))
    larger = picture.with_pixels(picture.pixels.repeat(2, 2).repeat(2, 3))
    said = images.write(tmp_path / "out.tif", larger)
    assert said == ["not kept: its place on the map, since its size is another"]
    assert images.write(tmp_path / "out.png", picture) == [
        "not kept: its place on the map, for which PNG has no place"
    ]


def test_what_would_show_the_old_picture_is_let_go(tmp_path: Path) -> None:
    layers = [(37724, "B", 8, b"Adobe Ph", True), (65000, "I", 1, 7, True)]
    picture, path = through(tmp_path, tiff(colour(), photometric="rgb", extratags=layers))
    assert picture.lost == ("not kept: its Photoshop layers", "not kept: 65000")
    assert 37724 not in first(path).tags


# Raw files


@pytest.mark.parametrize(
    ("extra", "photometric", "says"),
    [
        ([(50706, "B", 4, bytes([1, 4, 0, 0]), True)], "rgb", "raw file"),
        ([(271, "s", 0, "NIKON CORPORATION", True)], 32803, "raw file"),
        ([(271, "s", 0, "SONY", True)], 32803, "raw file"),
        ([(271, "s", 0, "RICOH IMAGING COMPANY, LTD.", True)], 32803, "raw file"),
        ([], 32803, "raw file"),
        ([], 34892, "raw file"),
    ],
)
def test_raw_files_are_known_by_their_signs(
    extra: list[Any],
    photometric: Any,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("burnish.images.format.find_spec", lambda name: None)
    path = tmp_path / "in.tif"
    with tifffile.TiffWriter(path) as file:
        options: dict[str, Any] = {"subifds": 1, "subfiletype": 1, "extratags": extra}
        file.write(colour()[::4, ::4].copy(), photometric="rgb", metadata=None, **options)
        sensor = colour() if photometric in ("rgb", 34892) else grey(np.uint16)
        file.write(sensor, photometric=photometric, metadata=None)
    with pytest.raises(errors.UnsupportedFormat, match=says):
        images.read(path)


def test_a_canon_raw_file_is_known_by_its_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("burnish.images.format.find_spec", lambda name: None)
    fields = {262: (3, [1]), 258: (3, [8]), 277: (3, [1])}
    data = bytearray(by_hand(8, 8, bytes(64), 1, fields))
    data[8:10] = b"CR"
    with pytest.raises(errors.UnsupportedFormat, match="raw file"):
        images.read(saved(tmp_path, bytes(data)))


# Damaged and hostile files


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_odd_tiffs_are_refused_in_one_sentence(odd: Odd, tmp_path: Path) -> None:
    path = saved(tmp_path, odd.data)
    with pytest.raises(odd.error) as caught:
        images.read(path)
    assert odd.says in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == odd.data


def test_odd_tiffs_cost_neither_time_nor_memory(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    for number, odd in enumerate(ODD):
        saved(folder, odd.data, f"{number}.tif")
    program = """
import sys, time
from pathlib import Path
from burnish import errors, images

longest = 0.0
for path in Path(sys.argv[1]).iterdir():
    begun = time.perf_counter()
    try:
        images.read(path)
    except errors.InputError:
        longest = max(longest, time.perf_counter() - begun)
print(longest)
"""
    results = tmp_path / "results"
    results.mkdir()
    with open(results / "out", "wb") as out, open(results / "err", "wb") as err:
        used = used_by([sys.executable, "-c", program, folder], stdout=out, stderr=err)
    assert not (results / "err").read_text()
    assert used.status == 0
    assert float((results / "out").read_text()) < 5
    assert used.peak < 400e6


def test_insides_are_those_of_a_tiff_alone(tmp_path: Path) -> None:
    picture = images.from_array(colour())
    images.write(tmp_path / "a.tif", picture)
    page = first(tmp_path / "a.tif")
    assert (page.compression, page.predictor, page.photometric) == (8, 2, 2)
    assert replace(picture, alpha=None).insides is None
