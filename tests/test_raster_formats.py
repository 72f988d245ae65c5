"""BMP, PNM, PFM, TGA and DPX: what others write is read, and what is written others read."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import burnish
from burnish import errors, images
from burnish.images import FORMATS, Header
from burnish.images.picture import Depth, Picture, to_samples

HEIGHT, WIDTH = 9, 23


def noise(channels: int, bits: int = 8) -> NDArray[Any]:
    rng = np.random.default_rng(channels)
    samples = rng.integers(0, 2**bits, (HEIGHT, WIDTH, channels))
    return samples.astype(np.uint8 if bits <= 8 else np.uint16)


def read(data: bytes) -> NDArray[Any]:
    picture = images.read(data)
    return to_samples(picture, picture.depth, picture.bits)


def by_pillow(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


# PNM


def test_words_and_bits_and_bytes_of_a_pnm() -> None:
    assert read(b"P1\n# a comment\n3 2\n101\n0 1 0\n").tolist() == [[0, 255, 0], [255, 0, 255]]
    assert read(b"P2 3 1 255 0 128 255\n").tolist() == [[0, 128, 255]]
    assert read(b"P2 3 1 15 0 # half\n 7 15").tolist() == [[0, 119, 255]]
    assert read(b"P3\n1 2\n255\n1 2 3\n4 5 6\n").tolist() == [[[1, 2, 3]], [[4, 5, 6]]]
    assert read(b"P4\n10 1\n\xaa\x80").tolist() == [[0, 255] * 4 + [0, 255]]
    assert read(b"P5\n2 1\n65535\n\x01\x02\xff\xff").tolist() == [[258, 65535]]
    assert read(b"P6\n1 1\n# white is 200\n200\n\x00\x64\xc8").tolist() == [[[0, 128, 255]]]
    pam = b"P7\nWIDTH 1\nHEIGHT 2\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n\1\2\3\4"
    assert read(pam).tolist() == [[[1, 2]], [[3, 4]]]


def test_bits_of_a_pnm_that_count_come_back() -> None:
    data = b"P5\n2 1\n1023\n\x00\x01\x03\xff"
    picture = images.read(data)
    assert (picture.depth, picture.bits) == ("uint16", 10)
    assert picture.pixels.ravel().tolist() == pytest.approx([1 / 1023, 1.0])
    assert images.encode(picture, FORMATS["PNM"])[0] == data


def test_what_of_a_pnm_is_another_is_said() -> None:
    found = images.header(b"P6\n# by hand\n1 1\n200\n\x00\x64\xc8")
    assert found.notes == ("its values go to 200; those of the result go to 255",)
    assert found.lost == ("not kept: its comments",)


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"P5\n2 2\n255\n\0\0\0", errors.InputTruncated, "ends before"),
        (b"P5\n2 2\n255", errors.InputTruncated, "ends before"),
        (b"P2\n2 1\n255\n1", errors.InputTruncated, "ends before"),
        (b"P2\n2 1\n255\n1 2 3", errors.InputCorrupt, "not its numbers"),
        (b"P2\n2 1\n255\n1 x", errors.InputCorrupt, "not its numbers"),
        (b"P2\n2 1\n255\n1 256", errors.InputCorrupt, "values beyond 255"),
        (b"P5\n2 1\n100\n\1\x65", errors.InputCorrupt, "values beyond 100"),
        (b"P5\n0 1\n255\n" + bytes(40), errors.InputCorrupt, "0x1 pixels"),
        (b"P5\n1 1\n70000\n" + bytes(40), errors.InputCorrupt, "up to 70000"),
        (b"P5\n1 1\n255\n\1 and more words behind it", errors.InputCorrupt, "no sense"),
        (b"P7\nWIDTH 1\nHEIGHT 1\nMAXVAL 255\nENDHDR\n\1", errors.InputCorrupt, "no sense"),
        (
            b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\n\1\1\1\1\1",
            errors.UnsupportedChannels,
            "5 channels",
        ),
        (b"P6\n99999 99999\n255\n", errors.InputTruncated, "ends before"),
    ],
)
def test_a_pnm_that_is_none_is_refused(data: bytes, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        images.read(data)


def test_pictures_that_stand_behind_one_another_in_a_pnm_are_pages(tmp_path: Path) -> None:
    pages = [noise(1)[..., 0], noise(3), noise(4)[:5], noise(1, bits=12)[..., 0]]
    pictures = [_picture("PNM", page, 12 if page.dtype == np.uint16 else None) for page in pages]
    assert images.write(tmp_path / "a.pnm", pictures) == []
    header, again = images.frames(tmp_path / "a.pnm")
    assert (header.frames, header.several) == (4, "pages")
    for picture, page in zip(again, pages, strict=True):
        assert (to_samples(picture, picture.depth, picture.bits) == page).all()


def _picture(name: str, samples: NDArray[Any], bits: int | None = None) -> Picture:
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    depth: Depth = "uint8" if samples.dtype == np.uint8 else "uint16"
    colours, alpha = 3 if channels > 2 else 1, channels in (2, 4)
    height, width = samples.shape[:2]
    return Header(name, width, height, colours, depth, alpha, "samples", bits=bits).picture(samples)


# PFM


@pytest.mark.parametrize(("order", "scale"), [("<", b"-1.0"), (">", b"1.0")])
def test_a_pfm_stands_on_its_head(order: str, scale: bytes) -> None:
    rows = np.array([[1.5, -0.25], [0.0, 0.5]], np.float32)
    data = b"Pf\n2 2\n" + scale + b"\n" + rows[::-1].astype(f"{order}f4").tobytes()
    picture = images.read(data)
    assert (picture.pixels[0, 0] == rows).all()
    again = images.read(images.encode(picture, FORMATS["PFM"])[0])
    assert (again.pixels[0, 0] == rows).all()


def test_a_pfm_that_is_none_is_refused() -> None:
    rows = struct.pack("<2f", 0.5, np.nan)
    with pytest.raises(errors.NonFiniteInput, match="no number"):
        images.read(b"Pf\n2 1\n-1.0\n" + rows)
    with pytest.raises(errors.InputTruncated):
        images.read(b"Pf\n2 1\n-1.0\n" + rows[:-1])
    with pytest.raises(errors.InputCorrupt, match="1 bytes too many"):
        images.read(b"Pf\n2 1\n-1.0\n" + rows + b"\0")
    with pytest.raises(errors.InputCorrupt, match="scale"):
        images.read(b"Pf\n2 1\n0.0\n" + rows + b"          ")
    assert images.header(b"Pf\n2 1\n-2.5\n" + rows).lost == ("not kept: its scale of 2.5",)


# BMP and TGA


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_a_bmp_by_another_is_read(mode: str) -> None:
    image = Image.fromarray(noise(3)).convert(mode)
    expected = image if mode in ("L", "RGB") else image.convert("L" if mode == "1" else "RGB")
    assert (read(by_pillow(image, "BMP", dpi=(300, 300))) == np.asarray(expected)).all()
    assert images.header(by_pillow(image, "BMP", dpi=(300, 300))).dpi == (300.0, 300.0)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_bmp_is_read_by_another(channels: int) -> None:
    samples = noise(channels)
    data, said = images.encode(_picture("BMP", samples), FORMATS["BMP"])
    assert said == []
    with Image.open(io.BytesIO(data)) as image:
        assert (np.asarray(image).reshape(samples.shape) == samples).all()


def test_rows_of_a_bmp_from_above_and_as_runs() -> None:
    head = struct.pack("<IiiHHIIiiII", 40, 2, -2, 1, 24, 0, 16, 0, 0, 0, 0)
    rows = bytes([3, 2, 1, 6, 5, 4, 0, 0, 9, 8, 7, 12, 11, 10, 0, 0])
    data = b"BM" + struct.pack("<IHHI", 70, 0, 0, 54) + head + rows
    assert read(data).tolist() == [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]
    with pytest.raises(errors.InputTruncated):
        images.read(data[:-1])
    colours = bytes([0, 0, 0, 0, 10, 20, 30, 0])
    head = struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 8, 1, 8, 0, 0, 2, 0)
    runs = bytes([4, 1, 0, 0, 2, 0, 2, 1, 0, 1])
    data = b"BM" + struct.pack("<IHHI", 72, 0, 0, 62) + head + colours + runs
    assert read(data).tolist() == [[[0] * 3] * 2 + [[30, 20, 10]] * 2, [[30, 20, 10]] * 4]


@pytest.mark.parametrize("options", [{}, {"compression": "tga_rle"}])
@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGB", "RGBA"])
def test_a_tga_by_another_is_read(mode: str, options: dict[str, str]) -> None:
    image = Image.fromarray(noise(4)).convert(mode)
    expected = image.convert("RGBA") if mode == "P" else image
    assert (read(by_pillow(image, "TGA", **options)) == np.asarray(expected)).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_tga_is_read_by_another(channels: int) -> None:
    samples = noise(channels)
    data, said = images.encode(_picture("TGA", samples), FORMATS["TGA"])
    assert said == []
    with Image.open(io.BytesIO(data)) as image:
        assert (np.asarray(image).reshape(samples.shape) == samples).all()


def test_a_fourth_sample_of_a_tga_that_nobody_calls_alpha_is_none() -> None:
    head = bytes([0, 0, 2]) + bytes(9) + struct.pack("<HHBB", 2, 1, 32, 0x20)
    data = head + bytes([3, 2, 1, 0, 6, 5, 4, 0])
    assert read(data).tolist() == [[[1, 2, 3], [4, 5, 6]]]


# DPX


def dpx(order: str, size: tuple[int, int], kind: int, bits: int, packing: int) -> bytes:
    """A header as a scanner writes it: (width, height), what the element holds, and how."""
    head = bytearray(2048)
    head[:4] = b"SDPX" if order == ">" else b"XPDS"
    struct.pack_into(order + "I", head, 4, 2048)
    head[160:167] = b"scanner"
    struct.pack_into(order + "HHII", head, 768, 0, 1, *size)
    struct.pack_into(order + "BBBBHHI", head, 800, kind, 3, 1, bits, packing, 0, 2048)
    head[1664:1672] = b"reel 12B"
    return bytes(head)


@pytest.mark.parametrize("order", ["<", ">"])
def test_ten_bits_of_a_dpx_come_back_with_the_header(order: str) -> None:
    red, green, blue = 1, 512, 1023
    word = struct.pack(order + "I", red << 22 | green << 12 | blue << 2)
    data = dpx(order, (2, 1), 50, 10, 1) + 2 * word
    picture = images.read(data)
    assert (picture.depth, picture.bits) == ("uint16", 10)
    assert to_samples(picture, "uint16", 10).tolist() == [[[red, green, blue]] * 2]
    assert "logarithms" in picture.notes[0]
    again, said = images.encode(picture, FORMATS["DPX"])
    assert said == []
    assert again[2048:] == data[2048:]
    assert again[160:167] == b"scanner"
    assert again[1664:1672] == b"reel 12B"
    assert read(again).tolist() == [[[red, green, blue]] * 2]
    other, said = images.encode(picture, FORMATS["TIFF"])
    assert said == ["not kept: its film and television header, for which TIFF has no place"]
    assert images.read(other).depth == "uint16"


def test_samples_of_a_dpx_at_the_lower_end_of_their_words() -> None:
    word = struct.pack(">I", 1 << 20 | 512 << 10 | 1023)
    assert read(dpx(">", (1, 1), 50, 10, 2) + word).tolist() == [[[1, 512, 1023]]]
    words = struct.pack(">3H", 1, 2048, 4095)
    assert read(dpx(">", (1, 1), 50, 12, 2) + words + bytes(2)).tolist() == [[[1, 2048, 4095]]]


def test_a_dpx_that_is_not_read_is_named() -> None:
    with pytest.raises(errors.UnsupportedChannels, match="has 10 bits of kind 50, packed in way 0"):
        images.read(dpx(">", (1, 1), 50, 10, 0) + bytes(4))
    with pytest.raises(errors.UnsupportedChannels, match="kind 100"):
        images.read(dpx(">", (1, 1), 100, 8, 0) + bytes(4))
    with pytest.raises(errors.InputTruncated):
        images.read(dpx(">", (2, 2), 50, 10, 1) + bytes(15))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_a_dpx_is_read_by_ffmpeg(bits: int, channels: int) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    samples = noise(channels, bits)
    picture = _picture("DPX", samples, bits if bits in (10, 12) else None)
    data, _ = images.encode(picture, FORMATS["DPX"])
    with av.open(io.BytesIO(data), format="dpx_pipe") as container:
        seen = next(container.decode(video=0)).to_ndarray()
    assert (np.asarray(seen).reshape(samples.shape) == samples).all()


# restored


def test_they_are_restored(tmp_path: Path) -> None:
    given = replace(_picture("DPX", noise(3, bits=10), 10), format="DPX")
    images.write(tmp_path / "a.dpx", given)
    burnish.restore(tmp_path / "a.dpx", tmp_path / "b.dpx", noise=20)
    restored = images.read(tmp_path / "b.dpx")
    assert restored.bits == 10
    assert 0 < np.abs(restored.pixels - given.pixels).mean() < 0.5
