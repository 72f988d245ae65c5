"""Pictures in and out: to the last bit where that is promised, held against other readers, and
nothing damaged passing for a picture.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from odd_files import Odd, chunk, encoded, odd_files, pixels, png, tiff
from PIL import Image, ImageCms, ImageOps

from burnish import errors, images
from burnish.ground.files import atomic_write
from burnish.images import exif
from burnish.images.formats.png import COLOURS
from burnish.images.inside.png_rows import PASSES
from burnish.images.picture import Picture, to_samples

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="%d" dc="\xc3\xa9"/></x:xmpmeta>'
ODD = list(odd_files())
FORMATS = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF"}


def saved(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@contextmanager
def named_if_refused(path: Path) -> Iterator[None]:
    """Lets InputErrors pass that name the file, and nothing else."""
    try:
        yield
    except errors.InputError as error:
        if str(path) not in str(error):
            raise


def samples(picture: Picture) -> NDArray[Any]:
    """The picture's numbers as they stood in the file. [H, W] or [H, W, C]"""
    return to_samples(picture, picture.depth)


def some(shape: tuple[int, ...], depth: str) -> NDArray[Any]:
    rng = np.random.default_rng(sum(shape))
    if depth == "float32":
        return (rng.normal(0, 5, shape)).astype(np.float32)
    return rng.integers(0, np.iinfo(depth).max, shape, endpoint=True, dtype=depth)


def block(orientation: int = 1) -> bytes:
    """An EXIF block with camera, date, place and orientation, by Pillow."""
    made = Image.Exif()
    made[exif.MAKE], made[exif.MODEL], made[exif.ORIENTATION] = "Kern", "Paillard H16", orientation
    made.get_ifd(34665).update(
        {exif.TAKEN: "1958:07:01 12:00:00", exif.WIDTH: 128, exif.HEIGHT: 96}
    )
    made.get_ifd(34853).update({1: "N", 2: (52.0, 31.0, 12.5)})
    return made.tobytes().removeprefix(b"Exif\0\0")


def laden(orientation: int = 1, format: str = "PNG") -> Picture:
    """A picture with all that a file can carry beside its pixels."""
    picture = images.from_array(pixels())
    return replace(
        picture,
        format=format,
        icc=SRGB,
        exif=block(orientation),
        xmp=XMP % orientation,
        dpi=(300.0, 300.0),
    )


def rows_of(data: bytes) -> NDArray[Any]:
    """The samples of a PNG that is not interlaced, 8 or 16 bits, decoded by hand after the
    specification.

    [H, W, C]
    """
    place, packed = 8, b""
    while place < len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        packed += data[place + 8 : place + 8 + length] if name == b"IDAT" else b""
        place += 12 + length
    width, height, bits, kind = struct.unpack_from(">IIBB", data, 16)
    step = {0: 1, 2: 3, 4: 2, 6: 4}[kind] * bits // 8
    raw, above, rows = zlib.decompress(packed), bytearray(width * step), []
    for top in range(height):
        line = bytearray(raw[top * (width * step + 1) + 1 : (top + 1) * (width * step + 1)])
        method = raw[top * (width * step + 1)]
        for i in range(len(line)):
            left, corner = (line[i - step], above[i - step]) if i >= step else (0, 0)
            guess = left + above[i] - corner
            paeth = min((left, above[i], corner), key=lambda value: abs(guess - value))
            line[i] = (line[i] + (0, left, above[i], (left + above[i]) // 2, paeth)[method]) % 256
        rows.append(bytes(line))
        above = line
    return np.frombuffer(b"".join(rows), ">u2" if bits == 16 else np.uint8).reshape(
        height, width, -1
    )


# what is refused


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_odd_files_are_refused_by_name(odd: Odd, tmp_path: Path) -> None:
    path = saved(tmp_path, f"odd{odd.extension}", odd.data)
    with pytest.raises(odd.error) as caught:
        images.read(path)
    sentence = str(caught.value)
    assert odd.says in sentence
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    assert caught.value.exit_status == 3
    assert path.read_bytes() == odd.data


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_facts_of_odd_files_end_in_facts_or_in_one_sentence(odd: Odd, tmp_path: Path) -> None:
    path = saved(tmp_path, f"odd{odd.extension}", odd.data)
    with named_if_refused(path):
        json.dumps(images.facts(path))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_flipped_bytes_give_a_picture_or_one_sentence(
    kind: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    small = pixels(24, 32)
    whole = (
        tiff(small, compression="zlib") if kind == "TIFF" else encoded(small, kind, exif=block())
    )
    for place in rng.integers(0, len(whole), 150):
        broken = bytearray(whole)
        broken[place] ^= int(rng.integers(1, 256))
        path = saved(tmp_path, "flipped", bytes(broken))
        with named_if_refused(path):
            assert np.isfinite(images.read(path).pixels).all()


def test_what_is_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)  # a socket's path is short
        listening.bind("socket.jpg")
    for name, words in ((".", "folder"), ("pipe.jpg", "pipe"), ("socket.jpg", "socket")):
        with pytest.raises(errors.UnsupportedFormat, match=words):
            images.read(tmp_path / name)
    with pytest.raises(errors.UnsupportedFormat, match="device"):
        images.read("/dev/null")
    for absent in ("no such.jpg", "pipe.jpg/inside.jpg"):
        with pytest.raises(errors.InputMissing, match="no such file"):
            images.read(tmp_path / absent)
    (tmp_path / "link.png").symlink_to(saved(tmp_path, "behind.png", encoded(pixels(), "PNG")))
    assert images.read(tmp_path / "link.png").pixels.shape == (1, 3, 96, 128)


def test_the_limit_on_megapixels_is_lifted_by_its_option(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.png", encoded(pixels(), "PNG"))
    with pytest.raises(errors.InputTooLarge, match="--max-megapixels"):
        images.read(path, max_megapixels=0.01)
    assert images.read(path, max_megapixels=None).pixels.shape == (1, 3, 96, 128)


def test_a_file_much_larger_than_its_picture_is_refused_unread(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.jpg", encoded(pixels(), "JPEG"))
    os.truncate(path, 1 << 30)  # a hole: takes no room on the disk
    with pytest.raises(errors.InputTooLarge, match="1074 MB"):
        images.read(path)


def test_another_name_is_noted_and_the_contents_count(tmp_path: Path) -> None:
    picture = images.read(saved(tmp_path, "a.png", encoded(pixels(), "JPEG")))
    assert picture.format == "JPEG"
    assert picture.notes == ("named .png, but it holds a JPEG; read as that",)
    assert images.read(saved(tmp_path, "a.JPEG", encoded(pixels(), "JPEG"))).notes == ()


# to the last bit


def test_every_16_bit_value_comes_back(tmp_path: Path) -> None:
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    picture = images.from_array(every)
    assert picture.pixels.dtype == np.float32
    assert picture.pixels.max() == 1
    assert (samples(picture) == every).all()
    assert (
        samples(images.from_array(np.arange(256, dtype=np.uint8)[None])) == np.arange(256)
    ).all()


def test_rounding_is_half_to_even_and_clamps_once() -> None:
    picture = images.from_array(np.zeros((1, 6), np.uint8)).with_pixels(
        np.array([[[[-0.3, 0.5 / 255, 1.5 / 255, 2.5 / 255, 254.6 / 255, 7]]]], np.float32)
    )
    assert samples(picture).tolist() == [[0, 0, 2, 2, 255, 255]]


@pytest.mark.parametrize("extension", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(1, 1), (13, 17), (17, 13, 2), (3, 301, 3), (2, 2, 4)])
def test_what_is_written_is_read_back_to_the_last_bit(
    shape: tuple[int, ...], depth: str, extension: str, tmp_path: Path
) -> None:
    if (extension, depth) in ((".webp", "uint16"), (".webp", "float32"), (".png", "float32")):
        return
    given, path = some(shape, depth), tmp_path / f"a{extension}"
    images.write(path, images.from_array(given))
    first = images.read(path)
    got = samples(first)
    if extension == ".webp" and (len(shape) == 2 or shape[2] == 2):
        given = np.stack(
            [
                *[given if given.ndim == 2 else given[..., 0]] * 3,
                *([given[..., 1]] if given.ndim == 3 else []),
            ],
            -1,
        )
    assert got.dtype == depth
    assert (got == given).all()
    if extension == ".png":
        assert (rows_of(path.read_bytes()).squeeze() == given.squeeze()).all()
    elif extension == ".tif":
        assert (tifffile.imread(path) == given).all()
    else:
        assert (np.asarray(Image.open(path)) == given).all()
    images.write(tmp_path / f"b{extension}", first)
    assert (tmp_path / f"b{extension}").read_bytes() == path.read_bytes()


def test_16_bits_are_written_as_opencv_reads_them(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    given = some((20, 30, 3), "uint16")
    for name in ("a.png", "a.tif"):
        images.write(tmp_path / name, images.from_array(given))
        assert (cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED)[..., ::-1] == given).all()
    cv2.imwrite(str(tmp_path / "b.png"), given)
    assert (samples(images.read(tmp_path / "b.png"))[..., ::-1] == given).all()


# what others write


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA"])
def test_pngs_of_every_kind_are_as_pillow_sees_them(mode: str, tmp_path: Path) -> None:
    given = (
        Image.fromarray(pixels())
        .convert("RGBA" if mode == "PA" else "RGB")
        .convert("P" if mode == "PA" else mode)
    )
    path = saved(
        tmp_path, "a.png", encoded(given, "PNG", **({"transparency": 3} if mode == "PA" else {}))
    )
    seen = Image.open(path).convert({"1": "L", "P": "RGB", "PA": "RGBA"}.get(mode, mode))
    picture = images.read(path)
    assert (samples(picture) == np.asarray(seen)).all()
    assert picture.depth == "uint8"
    assert any("the result is 8-bit" in note for note in picture.notes) == (
        mode in ("1", "P", "PA")
    )


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_are_spread_over_eight(bits: int, tmp_path: Path) -> None:
    levels = np.arange(8) % 2**bits
    packed = np.packbits(
        np.unpackbits(levels.astype(np.uint8)[:, None], axis=1)[:, 8 - bits :].ravel()
    ).tobytes()
    picture = images.read(
        saved(tmp_path, "a.png", png(8, 1, bits, 0, zlib.compress(b"\0" + packed)))
    )
    assert samples(picture).tolist() == [(levels * 255 // (2**bits - 1)).tolist()]
    data = (
        tiff(np.array([[0, 1, 1, 0]], np.uint8).astype(bool), photometric="minisblack")
        if bits == 1
        else None
    )
    if data:
        assert samples(images.read(saved(tmp_path, "a.tif", data))).tolist() == [[0, 255, 255, 0]]


def test_a_16_bit_png_with_one_transparent_colour_keeps_its_bits(tmp_path: Path) -> None:
    rows = b"\0" + struct.pack(">4H", 1, 257, 65535, 40000)
    path = saved(
        tmp_path,
        "a.png",
        png(4, 1, 16, 0, zlib.compress(rows), extra=chunk(b"tRNS", struct.pack(">H", 257))),
    )
    assert samples(images.read(path)).tolist() == [
        [[1, 65535], [257, 0], [65535, 65535], [40000, 65535]]
    ]


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("kind", [0, 2, 3, 4, 6])
@pytest.mark.parametrize("size", [(1, 1), (3, 9), (21, 18)])
def test_interlaced_and_not_are_the_same_picture(
    size: tuple[int, int], kind: int, bits: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """And libpng, which tells the terminal what it thinks of interlaced files, says nothing."""
    samples, allowed, _ = COLOURS[kind]
    if bits not in allowed:
        pytest.skip("no PNG has so many bits of that kind")
    width, height = size
    values = np.random.default_rng(bits).integers(0, 2**bits, (height, width * samples))
    colours = chunk(b"PLTE", bytes(range(256)) * 3) + chunk(b"tRNS", b"\0\x80")
    extra = {3: colours, 0: chunk(b"tRNS", b"\0\1")}.get(kind, b"")

    def packed(part: NDArray[Any]) -> bytes:
        ones = np.unpackbits(part.astype(">u2").view(np.uint8).reshape(*part.shape, 2), axis=-1)
        row = ones[..., 16 - bits :].reshape(len(part), -1)
        return b"".join(b"\0" + np.packbits(each).tobytes() for each in row)

    drawn = values.reshape(height, width, samples)
    passes = (drawn[top::down, left::across] for left, top, across, down in PASSES)
    laced = b"".join(packed(part.reshape(len(part), -1)) for part in passes if part.size)
    plain = png(width, height, bits, kind, zlib.compress(packed(values)), extra=extra)
    other = png(width, height, bits, kind, zlib.compress(laced), extra=extra, interlace=1)
    one, two = images.read(plain), images.read(other)
    np.testing.assert_array_equal(one.pixels, two.pixels)
    assert (one.alpha is None) == (two.alpha is None)
    if one.alpha is not None and two.alpha is not None:
        np.testing.assert_array_equal(one.alpha, two.alpha)
    assert capfd.readouterr().err == ""


def test_an_interlaced_png_is_read_whole_and_its_missing_rows_are_found(tmp_path: Path) -> None:
    # 3x3, 8-bit grey: passes 1, 4, 5, 6 and 7 hold 1, 1, 2, 3 and 3 pixels (2 and 3 are empty at
    # that size)
    passes = bytes((0, 1, 0, 3, 0, 7, 9, 0, 2, 0, 8, 0, 4, 5, 6))
    path = saved(tmp_path, "a.png", png(3, 3, 8, 0, zlib.compress(passes), interlace=1))
    assert samples(images.read(path)).tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    with pytest.raises(errors.InputTruncated):
        images.read(
            saved(tmp_path, "b.png", png(3, 3, 8, 0, zlib.compress(passes[:-4]), interlace=1))
        )


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpegs_are_as_pillow_sees_them(mode: str, progressive: bool, tmp_path: Path) -> None:
    for restart in (0, 1):
        data = encoded(
            Image.fromarray(pixels()).convert(mode),
            "JPEG",
            progressive=progressive,
            restart_marker_rows=restart,
        )
        picture = images.read(saved(tmp_path, "a.jpg", data))
        assert (samples(picture) == np.asarray(Image.open(tmp_path / "a.jpg"))).all()
        assert picture.lossy


def test_cmyk_comes_through_its_profile_or_says_that_it_has_none(tmp_path: Path) -> None:
    ink = Image.fromarray(np.dstack([pixels(), pixels()[..., 0] // 3]), "CMYK")
    plain = images.read(saved(tmp_path, "a.jpg", encoded(ink, "JPEG", quality=98)))
    assert plain.pixels.shape == (1, 3, 96, 128)
    assert "approximate" in plain.lost[0]
    expected = np.asarray(Image.open(tmp_path / "a.jpg").convert("RGB"))
    assert (samples(plain) == expected).all()
    broken = images.read(
        saved(tmp_path, "b.jpg", encoded(ink, "JPEG", icc_profile=SRGB))
    )  # a profile of the wrong kind
    assert "approximate" in broken.lost[0]
    assert broken.icc is not None
    assert images.facts(saved(tmp_path, "c.jpg", encoded(ink, "JPEG")))["stored"] == "8-bit CMYK"
    inked = images.read(saved(tmp_path, "a.tif", tiff(np.asarray(ink), photometric="separated")))
    assert (samples(inked) == np.asarray(ink.convert("RGB"))).all()


@pytest.mark.parametrize(
    "options",
    [
        {"planarconfig": "separate"},
        {"tile": (32, 48)},
        {"compression": "lzw", "predictor": 2},
        {"byteorder": ">", "compression": "zlib"},
        {"bigtiff": True},
        {"rowsperstrip": 5, "compression": "packbits"},
        {"compression": "zstd"},
    ],
    ids=str,
)
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_tiffs_of_every_layout_are_read(
    depth: str, options: dict[str, Any], tmp_path: Path
) -> None:
    if depth == "float32" and "predictor" in options:
        options = {**options, "predictor": 3}
    given = some((50, 70, 3), depth)
    layout = np.moveaxis(given, -1, 0) if options.get("planarconfig") == "separate" else given
    picture = images.read(saved(tmp_path, "a.tif", tiff(layout, photometric="rgb", **options)))
    assert (samples(picture) == given).all()
    assert picture.notes == ()


def test_tiffs_of_odd_colours_are_read(tmp_path: Path) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (
        samples(images.read(saved(tmp_path, "a.tif", tiff(ramp, photometric="miniswhite"))))
        == 255 - ramp
    ).all()
    colours = (
        np.stack([np.arange(256), np.arange(256)[::-1], np.full(256, 7)]).astype(np.uint16) * 257
    )
    looked_up = samples(
        images.read(saved(tmp_path, "b.tif", tiff(ramp, photometric="palette", colormap=colours)))
    )
    assert (looked_up == np.stack([ramp, 255 - ramp, np.full((16, 16), 7)], -1)).all()
    straight = np.array([[[200, 100, 50, 128], [9, 9, 9, 0]]], np.uint8)
    multiplied = np.array([[[100, 50, 25, 128], [0, 0, 0, 0]]], np.uint8)
    picture = images.read(
        saved(tmp_path, "c.tif", tiff(multiplied, photometric="rgb", extrasamples=["assocalpha"]))
    )
    assert abs(samples(picture)[0, 0].astype(int) - straight[0, 0]).max() <= 1
    assert np.isfinite(picture.pixels).all()
    images.write(tmp_path / "e.tif", picture)
    assert (tifffile.imread(tmp_path / "e.tif") == multiplied).all()
    assert tifffile.TiffFile(tmp_path / "e.tif").pages.first.extrasamples == (1,)
    unsaid = images.read(
        saved(tmp_path, "d.tif", tiff(multiplied, photometric="rgb", extrasamples=["unspecified"]))
    )
    assert (samples(unsaid) == multiplied[..., :3]).all()
    assert (unsaid.extras[0].samples == multiplied[..., 3]).all()
    assert unsaid.notes == ()


def test_a_smaller_copy_in_a_tiff_is_let_go_and_that_is_said(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(pixels(), photometric="rgb", metadata=None)
        file.write(pixels()[::4, ::4], photometric="rgb", subfiletype=1, metadata=None)
    picture = images.read(tmp_path / "a.tif")
    assert (samples(picture) == pixels()).all()
    assert picture.lost == ("not kept: the smaller copies of its picture",)


def test_a_big_tiff_keeps_its_orientation_and_its_keywords(tmp_path: Path) -> None:
    extra = [(274, "H", 1, 6, True), (33723, "B", 16, b"iptc" * 4, True)]
    picture = images.read(
        saved(tmp_path, "a.tif", tiff(pixels(), photometric="rgb", bigtiff=True, extratags=extra))
    )
    assert exif.orientation(picture.exif) == 6
    assert picture.lost == ()
    images.write(tmp_path / "b.tif", picture)
    again = images.read(tmp_path / "b.tif")
    assert exif.orientation(again.exif) == 6
    assert again.iptc == b"iptc" * 4


def test_a_resolution_and_a_profile_that_do_not_fit_do_not_stop_a_file(tmp_path: Path) -> None:
    images.write(tmp_path / "a.png", replace(laden(), dpi=(4e9, 300.0)))
    assert images.read(tmp_path / "a.png").dpi is not None
    grey = replace(images.from_array(pixels()[..., 0]), icc=SRGB[:16] + b"GRAY" + SRGB[20:])
    notes = images.write(tmp_path / "a.webp", grey)
    assert any("its profile for grey" in note for note in notes)
    assert images.read(tmp_path / "a.webp").icc is None


def test_what_cannot_be_kept_of_a_file_is_said(tmp_path: Path) -> None:
    motion = images.read(
        saved(
            tmp_path,
            "a.jpg",
            encoded(pixels(), "JPEG", comment=b"hello") + b"\0\0\0\x18ftypmp42" + bytes(50),
        )
    )
    assert motion.lost == ()
    assert [text.text for text in motion.text] == ["hello"]
    assert [part.name for part in motion.parts] == ["its film"]
    odd = images.read(
        saved(
            tmp_path,
            "a.png",
            png(
                1,
                1,
                8,
                0,
                zlib.compress(b"\0\7"),
                extra=chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"tEXt", b"a\0b"),
            ),
        )
    )
    assert odd.lost == ()
    assert images.check_format(odd, "a.jpg") == [
        "not kept: its gamma, for which JPEG has no place",
    ]
    dot = zlib.compress(b"\0\7")
    primaries = struct.pack(">8I", 34570, 35850, 64000, 33000, 30000, 60000, 15000, 6000)
    lost = {
        "its primaries": chunk(b"cHRM", primaries),
        "its shape of pixels": chunk(b"pHYs", struct.pack(">IIB", 2, 1, 0)),
    }
    for what, extra in lost.items():
        read = images.read(saved(tmp_path, "b.png", png(1, 1, 8, 0, dot, extra=extra)))
        assert read.lost == ()
        assert images.check_format(read, "a.tif") == [
            f"not kept: {what}, for which TIFF has no place"
        ]
    broken = png(1, 1, 8, 0, dot, extra=chunk(b"iCCP", b"name\0\0" + bytes(20)))
    assert images.read(broken).lost == ("not kept: its profile, which cannot be read",)
    plain = chunk(
        b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    ) + chunk(b"pHYs", struct.pack(">IIB", 1, 1, 0))
    read = images.read(saved(tmp_path, "c.png", png(1, 1, 8, 0, dot, extra=plain)))
    assert read.lost == ()
    assert images.check_format(read, "a.jpg") == []
    tifffile.imwrite(
        tmp_path / "d.tif",
        pixels(),
        photometric="rgb",
        extratags=[(50838, 4, 1, 7, True)],
        metadata=None,
    )
    assert images.read(tmp_path / "d.tif").lost == ("not kept: its ImageJ data",)


def test_of_two_blocks_of_exif_the_first_counts(tmp_path: Path) -> None:
    def segment(made: bytes) -> bytes:
        return b"\xff\xe1" + struct.pack(">H", len(made) + 8) + b"Exif\0\0" + made

    second = Image.Exif()
    second[305] = "retouched"
    jpeg = encoded(pixels(), "JPEG")
    data = (
        jpeg[:2]
        + segment(block(6))
        + segment(second.tobytes().removeprefix(b"Exif\0\0"))
        + jpeg[2:]
    )
    picture = images.read(saved(tmp_path, "a.jpg", data))
    assert exif.orientation(picture.exif) == 6
    assert picture.lost == ("not kept: a second block of EXIF",)


@pytest.mark.parametrize("target", FORMATS)
def test_names_and_ratings_of_a_tiff_come_along(target: str, tmp_path: Path) -> None:
    said = {
        269: (2, 5, "leaf"),
        285: (2, 5, "page"),
        316: (2, 5, "host"),
        18246: (3, 1, 4),
        40091: (1, 4, b"a\0\0\0"),
    }
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels(),
        photometric="rgb",
        metadata=None,
        extratags=[(tag, *rest, True) for tag, rest in said.items()],
    )
    picture = images.read(tmp_path / "a.tif")
    assert picture.notes == ()
    images.write(tmp_path / f"b{target}", picture)
    parsed = exif.parse(images.read(tmp_path / f"b{target}").exif or b"")
    assert parsed is not None
    assert [parsed.directories["main"][tag].value for tag in said] == [
        b"leaf\0",
        b"page\0",
        b"host\0",
        struct.pack("<H", 4),
        b"a\0\0\0",
    ]


def test_an_enlarged_picture_says_its_own_size() -> None:
    picture = laden(6)
    large = picture.with_pixels(np.zeros((1, 3, 192, 256), np.float32))
    parsed = exif.parse(large.exif or b"")
    assert parsed is not None
    assert (
        parsed.number("exif", exif.WIDTH),
        parsed.number("exif", exif.HEIGHT),
        parsed.number("main", exif.ORIENTATION),
    ) == (256, 192, 6)
    assert picture.with_pixels(picture.pixels * 0).exif == picture.exif


def test_overshoot_of_a_kernel_is_clamped_and_values_beyond_in_the_input_refused(
    tmp_path: Path,
) -> None:
    wide = replace(images.from_array(np.array([[-0.3, 1.3]], np.float32)), format="TIFF")
    assert images.write(tmp_path / "a.png", wide) == [
        "PNG has no float: rounded to 16 bits, and clamped to 0..1"
    ]
    assert samples(images.read(tmp_path / "a.png")).ravel().tolist() == [0, 65535]
    with pytest.raises(errors.FormatLimit, match="-0.3 to 1.3 do not fit a PNG"):
        images.check_format(wide, tmp_path / "a.png")


# what comes back with the pixels


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_profile_exif_xmp_and_resolution_come_back(
    source: str, target: str, tmp_path: Path
) -> None:
    images.write(tmp_path / f"a{source}", laden())
    read = images.read(tmp_path / f"a{source}")
    assert read.format == FORMATS[source]
    said = images.write(tmp_path / f"b{target}", read)
    again = images.read(tmp_path / f"b{target}")
    assert again.icc == SRGB
    assert again.xmp == XMP % 1
    assert said == []
    assert again.dpi == pytest.approx((300, 300), abs=0.01)  # a WebP has it in EXIF
    seen = Image.open(tmp_path / f"b{target}")  # another reader
    assert seen.info["icc_profile"] == SRGB
    fields = seen.getexif()
    assert (fields[exif.MAKE], fields[exif.MODEL], fields.get(exif.ORIENTATION, 1)) == (
        "Kern",
        "Paillard H16",
        1,
    )
    assert fields.get_ifd(34665) == {
        exif.TAKEN: "1958:07:01 12:00:00",
        exif.WIDTH: 128,
        exif.HEIGHT: 96,
    }
    assert fields.get_ifd(34853) == {1: "N", 2: (52.0, 31.0, 12.5)}
    if ".webp" not in (source, target):
        assert seen.info["dpi"] == pytest.approx((300, 300), abs=0.01)


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("source", FORMATS)
def test_a_turned_picture_looks_the_same_afterwards(source: str, tag: int, tmp_path: Path) -> None:
    smooth = (
        np.mgrid[0:96, 0:128].sum(0)
        + np.array([[[0]], [[30]], [[-9]]], np.float32)
        * np.hypot(*(np.mgrid[0:96, 0:128] - [[[60]], [[20]]]))
        / 40
    )
    images.write(
        tmp_path / f"a{source}",
        laden(tag, FORMATS[source]).with_pixels((smooth / 300).astype(np.float32)[None]),
        quality=100,
    )
    given = Image.open(tmp_path / f"a{source}")
    assert given.getexif()[exif.ORIENTATION] == tag
    shown = np.asarray(ImageOps.exif_transpose(given), int)
    for target in FORMATS:
        images.write(tmp_path / f"b{target}", images.read(tmp_path / f"a{source}"), quality=100)
        seen = Image.open(tmp_path / f"b{target}")
        kept = tag if target == source else 1
        assert seen.getexif().get(exif.ORIENTATION, 1) == kept
        assert images.read(tmp_path / f"b{target}").xmp == XMP % kept
        upright = ImageOps.exif_transpose(seen)
        assert upright.size == shown.shape[1::-1]
        assert abs(np.asarray(upright, int) - shown).mean() < (
            1e-9 if {source, target} <= {".png", ".tif"} else 3
        )
        width, height = (
            seen.getexif().get_ifd(34665)[field] for field in (exif.WIDTH, exif.HEIGHT)
        )
        stored = (
            tifffile.imread(tmp_path / "b.tif").shape[1::-1] if target == ".tif" else seen.size
        )  # Pillow turns TIFFs by itself
        assert (width, height) == stored


def test_a_thumbnail_that_is_not_turned_is_let_go() -> None:
    thumbnail = b"\xff\xd8 small \xff\xd9"
    directory = (
        struct.pack("<HHHII", 1, 274, 3, 1, 6)
        + struct.pack("<I", 26)
        + struct.pack("<H", 1)
        + struct.pack("<HHII", 513, 4, 1, 44)
        + bytes(4)
    )
    given = b"II*\0\x08\0\0\0" + directory + thumbnail
    patched = exif.set_upright(given, 10, 20)
    assert exif.orientation(given) == 6
    assert exif.orientation(patched) == 1
    assert patched[22:26] == bytes(4)
    assert len(patched) == len(given)


def test_big_endian_exif_moves_through_a_tiff(tmp_path: Path) -> None:
    made = Image.Exif()
    made.endian = ">"
    made[exif.MAKE] = "Zeiss"
    made.get_ifd(34665)[exif.TAKEN] = "1931:01:01 00:00:00"
    given = made.tobytes().removeprefix(b"Exif\0\0")
    assert given.startswith(b"MM")
    images.write(
        tmp_path / "a.tif", replace(images.from_array(some((9, 9, 3), "uint16")), exif=given)
    )
    images.write(tmp_path / "b.jpg", images.read(tmp_path / "a.tif"))
    facts = images.facts(tmp_path / "b.jpg")
    assert (facts["camera"], facts["taken"]) == ("Zeiss", "1931:01:01 00:00:00")
    assert (tifffile.imread(tmp_path / "a.tif") == some((9, 9, 3), "uint16")).all()


def test_exif_too_large_for_a_jpeg_is_said(tmp_path: Path) -> None:
    large = block() + bytes(70000)
    said = images.write(tmp_path / "a.jpg", replace(laden(), exif=large))
    assert len(said) == 1
    assert f"EXIF of {len(large)} bytes" in said[0]


# what a format cannot hold


def test_alpha_is_refused_for_a_jpeg_before_and_when_writing(tmp_path: Path) -> None:
    picture = images.from_array(some((8, 8, 4), "uint8"))
    for attempt in (images.check_format, lambda p, q: images.write(q, p)):
        with pytest.raises(errors.FormatLimit, match="has no alpha.*write .png"):
            attempt(picture, tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("a.webp", (1, 16384)),
        ("a.webp", (16384, 1)),
        ("a.jpg", (1, 65536)),
        ("a.png", (1, 1_000_001)),
    ],
)
def test_sizes_that_a_format_cannot_hold_are_refused(name: str, size: tuple[int, int]) -> None:
    with pytest.raises(errors.FormatLimit, match=r"at most \d+ pixels"):
        images.check_format(images.from_array(np.zeros(size, np.uint8)), name)


def test_depth_that_is_lost_is_said(tmp_path: Path) -> None:
    deep, real = (
        images.from_array(some((8, 8, 3), "uint16")),
        images.from_array(np.array([[0.25, 1.05, -0.05]], np.float32)),
    )
    assert (
        images.check_format(deep, "a.png")
        == images.check_format(deep, "a.tif")
        == images.check_format(real, "a.tif")
        == []
    )
    assert "8 bits" in images.write(tmp_path / "a.jpg", deep)[0]
    assert images.write(tmp_path / "a.png", real) == [
        "PNG has no float: rounded to 16 bits, and clamped to 0..1"
    ]
    assert samples(images.read(tmp_path / "a.png")).tolist() == [[16384, 65535, 0]]
    with pytest.raises(errors.FormatLimit, match="812"):
        images.check_format(images.from_array(np.array([[0, 812]], np.float32)), "a.png")


def test_names_that_say_no_format_and_arrays_that_are_no_pictures_are_refused() -> None:
    with pytest.raises(errors.UsageError, match=".jpg, .jpeg"):
        images.check_format(images.from_array(np.zeros((2, 2), np.uint8)), "a.xcf")
    for array in (
        np.zeros((2, 2, 5), np.uint8),
        np.zeros((2, 2)),
        np.zeros((0, 2), np.uint8),
        np.zeros(2, np.uint8),
    ):
        with pytest.raises(errors.UsageError, match="no picture"):
            images.from_array(array)


def test_jpegs_have_full_colour_resolution_and_the_quality_asked_for(tmp_path: Path) -> None:
    for quality in (None, 30):
        images.write(tmp_path / f"{quality}.jpg", images.from_array(pixels()), quality=quality)
        data = (tmp_path / f"{quality}.jpg").read_bytes()
        frame = data.index(b"\xff\xc0")
        assert [data[frame + 11 + 3 * c] for c in range(3)] == [0x11] * 3
    assert (tmp_path / "None.jpg").read_bytes() == _at_95(tmp_path)
    assert (tmp_path / "30.jpg").stat().st_size < (tmp_path / "None.jpg").stat().st_size / 2


def _at_95(folder: Path) -> bytes:
    images.write(folder / "95.jpg", images.from_array(pixels()), quality=95)
    return (folder / "95.jpg").read_bytes()


def test_webp_is_lossless_unless_the_input_was_lossy(tmp_path: Path) -> None:
    images.write(tmp_path / "a.webp", images.from_array(pixels()))
    assert images.facts(tmp_path / "a.webp")["stored"].endswith("lossless")
    images.write(tmp_path / "b.webp", replace(images.from_array(pixels()), lossy=True))
    assert images.facts(tmp_path / "b.webp")["stored"].endswith("lossy")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("extension", FORMATS)
def test_no_picture_that_is_not_finite_is_written(
    extension: str, value: float, tmp_path: Path
) -> None:
    broken = images.from_array(pixels()).pixels.copy()
    broken[0, 1, 3, 4] = value
    picture = replace(images.from_array(pixels()), planes=broken)
    with pytest.raises(errors.NonFiniteOutput):
        images.write(tmp_path / f"a{extension}", picture)
    assert not list(tmp_path.iterdir())


# whole or not at all


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, "a.png", b"before")

    def fails(file: BinaryIO) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic_write(path, fails)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.OutputError, match="No space left on device") as caught:
        images.write(path, images.from_array(pixels()))
    assert caught.value.exit_status == 4
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.png"]


def test_where_nothing_can_be_written_one_sentence_says_so(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for path in (tmp_path / "absent" / "a.png", tmp_path / "folder.png"):
        with pytest.raises(errors.OutputError, match="cannot be written"):
            images.write(path, images.from_array(pixels()))
    assert os.listdir(tmp_path) == ["folder.png"]


def test_names_of_all_kinds_are_written(tmp_path: Path) -> None:
    for name in ("ä ö\n日本.png", "-o.png", "x" * 251 + ".png", os.fsdecode(b"\xff\xfe.png")):
        images.write(tmp_path / name, images.from_array(pixels(4, 4)))
        assert images.read(tmp_path / name).pixels.shape == (1, 3, 4, 4)


def test_permissions_stay_and_links_are_replaced_not_followed(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.png", b"before")
    path.chmod(0o640)
    (tmp_path / "link.png").symlink_to(path)
    atomic_write(tmp_path / "link.png", b"linked")
    assert path.read_bytes() == b"before"
    atomic_write(path, b"after")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() == b"after"


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    script = (
        "import sys; from burnish.ground.files import atomic_write\n"
        "n = 0\nwhile True:\n    n += 1\n    atomic_write(sys.argv[1], bytes([n % 256]) * "
        "3_000_000)\n    print(n, flush=True)"
    )
    for wait in (0.003, 0.011, 0.02):
        with subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "a.bin")], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(wait)
            child.send_signal(signal.SIGKILL)
        data = (tmp_path / "a.bin").read_bytes()
        assert data == data[:1] * 3_000_000
    assert {p.suffix for p in tmp_path.iterdir()} <= {".bin", ".part"}


# what it costs


def test_each_format_loads_only_the_library_it_needs(tmp_path: Path) -> None:
    for extension in FORMATS:
        images.write(tmp_path / f"a{extension}", images.from_array(pixels()))
    script = (
        "import sys; from burnish import images\n"
        "seen = lambda: {'PIL', 'tifffile', 'imagecodecs', 'torch'} & {m.partition('.')[0] for "
        "m in sys.modules}\n"
        "before = seen()\nif sys.argv[1:]: images.read(sys.argv[1])\nprint(sorted(before), "
        "sorted(seen()))"
    )
    for extension, loaded in (
        ("", []),
        (".jpg", ["PIL"]),
        (".png", ["imagecodecs"]),
        (".webp", ["PIL"]),
    ):
        arguments = [str(tmp_path / f"a{extension}")] if extension else []
        output = subprocess.run(
            [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
        ).stdout
        assert output.strip() == f"[] {loaded}"


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="needs Linux's own count of memory"
)
def test_a_12_megapixel_jpeg_takes_little_memory_and_a_bomb_next_to_none(tmp_path: Path) -> None:
    saved(tmp_path, "a.jpg", encoded(np.tile(pixels(300, 400), (10, 10, 1)), "JPEG"))
    saved(tmp_path, "bomb.png", next(odd.data for odd in ODD if odd.name == "png bomb"))
    script = (
        "import sys; from burnish import errors, images\n"
        "try: images.write(sys.argv[2], images.read(sys.argv[1]))\n"
        "except errors.InputTooLarge: pass\n"
        "print(next(line for line in open('/proc/self/status') if "
        "line.startswith('VmHWM')).split()[1])"
    )
    for name, most in (("a.jpg", 400), ("bomb.png", 120)):
        output = subprocess.run(
            [sys.executable, "-c", script, tmp_path / name, tmp_path / "b.jpg"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        assert int(output) < most * 1024


def test_facts_say_what_the_file_has(tmp_path: Path) -> None:
    images.write(tmp_path / "a.jpg", laden(6, "JPEG"))
    facts = images.facts(tmp_path / "a.jpg")
    assert json.loads(json.dumps(facts)) == facts
    assert facts == {
        **{
            "file": str(tmp_path / "a.jpg"),
            "format": "JPEG",
            "width": 128,
            "height": 96,
            "channels": 3,
            "depth": "uint8",
            "alpha": False,
        },
        **{
            "stored": "8-bit colour",
            "profile": "sRGB built-in",
            "quality": 95,
            "orientation": 6,
            "dpi": [300.0, 300.0],
            "xmp": True,
        },
        **{
            "bytes": (tmp_path / "a.jpg").stat().st_size,
            "camera": "Kern Paillard H16",
            "taken": "1958:07:01 12:00:00",
            "packed": "baseline, 4:4:4",
            "gamut": "sRGB",
            "metadata": {"exif": 210, "xmp": 81, "icc": 588},
            "result": ".jpg",
            "lost": [],
        },
    }


def test_the_public_names_are_these() -> None:
    for name in images.__all__:
        assert getattr(images, name) is not None
    assert len(images.__all__) == len(set(images.__all__))


@pytest.mark.shared
def test_real_photographs_are_as_pillow_sees_them(shared: Path) -> None:
    files = [
        p
        for p in sorted((shared / "train" / "photos").rglob("*"))
        if p.suffix.lower() in images.endings()
    ]
    assert files
    for path in files[:: max(1, len(files) // 12)]:
        image = Image.open(path)
        if image.mode in ("L", "RGB"):
            assert (samples(images.read(path)) == np.asarray(image)).all()
