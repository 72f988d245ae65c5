"""What telephones and cameras write today, at every depth and with all that stands beside: AVIF,
HEIC, JPEG XL and camera raw.
"""

from __future__ import annotations

import importlib.util
import io
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from odd_files import pixels
from PIL import Image, ImageCms, ImageOps
from typer.testing import CliRunner

import burnish
from burnish import errors, images
from burnish.cli import app
from burnish.images import FORMATS, Header, Picture, exif
from burnish.images import format as format_module
from burnish.images.inside.boxes import boxed
from burnish.images.inside.items import Item, Property, packed
from burnish.images.picture import to_samples
from burnish.inference.targets import never_written, pair

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
AVIF, HEIC, JXL = FORMATS["AVIF"], FORMATS["HEIC"], FORMATS["JXL"]


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
            == to_samples(replace(given, planes=upright), "uint8")
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
        read = images.read(avif_with([told]))
        assert read.cicp == (*code[:2], 0, 1)
        for other in (AVIF, HEIC):
            if not other.here:
                continue
            again, lost = images.encode(read, other)
            assert images.header(again).cicp == read.cicp
            assert "CICP" not in " ".join(lost)
        _, lost = images.encode(read, FORMATS["JPEG"])
        wrong = (
            "not kept: its cICP colour space, without which its colours may look wrong, for which "
            "JPEG has no place"
        )
        assert lost == ([] if code[:2] == (12, 13) else [wrong])  # P3 becomes a profile
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
    film = avif_with([]) + boxed(b"mpvd", bytes(99))
    assert images.header(film).lost == ("not kept: the film of its motion photo",)
    claim = (
        b'<x:xmpmeta xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
        b' a="b"/>'
    )
    told = Item(9, b"mime", b"application/rdf+xml", refers=((b"cdsc", (1,)),))
    packet = images.header(avif_with([], [(told, claim)])).xmp
    assert packet is not None
    assert b"hdrgm" not in packet
    assert b'a="b"' in packet


def crop(width: int, height: int, right: int, down: int, over: int = 1) -> Property:
    """A crop of that size, whose middle lies so far from the picture's."""
    numbers = (width * over, over, height * over, over, right * over, over, down * over, over)
    return Property(b"clap", struct.pack(">8i", *numbers))


def test_an_avif_is_cropped_then_turned_as_it_says() -> None:
    whole = imagecodecs.avif_decode(avif_with([]))
    cropped = [crop(20, 10, 3, -2, over=3)]
    want = whole[5:15, 13:33]
    for told, turned in ((cropped, want), ([*cropped, Property(b"irot", b"\1")], np.rot90(want))):
        given = avif_with(told)
        header, read = images.header(given), images.read(given)
        assert (header.width, header.height) == (20, 10)
        assert header.lost == ("not kept: what its crop hides",)
        assert (to_samples(images.upright(read), "uint8") == turned).all()
        again = images.encode(read, AVIF)[0]
        shown = to_samples(images.upright(images.read(again)), "uint8")
        assert abs(shown - turned.astype(float)).mean() < 3
    # crops that are none show all: of no size, half a pixel off, beyond the edge
    for none in (Property(b"clap", bytes(32)), crop(19, 10, 0, 0), crop(20, 10, 11, 0)):
        read = images.read(avif_with([none]))
        assert (to_samples(read, "uint8") == whole).all()
        assert read.lost == ()


def test_what_only_such_a_file_can_say_of_its_picture_is_carried() -> None:
    pixels_of_film = Property(b"pasp", struct.pack(">II", 4, 3))
    light = Property(b"clli", struct.pack(">HH", 1000, 400))
    read = images.read(avif_with([pixels_of_film, light]))
    data, said = images.encode(read, AVIF)
    assert said == []
    assert images.read(data).parts == read.parts
    assert len(read.parts) == 2
    _, said = images.encode(read, FORMATS["PNG"])
    assert said == [
        "not kept: the shape of its pixels, which are not square, for which PNG has no place",
        "not kept: how bright it is (clli), for which PNG has no place",
    ]
    square = Property(b"pasp", struct.pack(">II", 1, 1))
    assert images.read(avif_with([square])).parts == ()


def moving(mode: str = "RGB", **options: Any) -> tuple[list[Image.Image], bytes]:
    """Four frames, and an animated AVIF of them."""
    rng = np.random.default_rng(3)
    ramp_of = np.linspace(0, 200, 64 * 48).reshape(48, 64, 1) + rng.integers(0, 40, 3)
    every = [Image.fromarray(np.roll(ramp_of, 5 * n, 0).astype("uint8")) for n in range(4)]
    every = [frame.convert(mode) for frame in every]
    file = io.BytesIO()
    times = {"duration": [100, 250, 40, 1000], "save_all": True, "append_images": every[1:]}
    fine = {} if mode == "L" else {"subsampling": "4:4:4"}
    every[0].save(file, "AVIF", quality=95, **fine, **times, **options)
    return every, file.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_every_frame_of_an_animated_avif_is_read_with_its_time(mode: str, tmp_path: Path) -> None:
    every, data = moving(mode, icc_profile=SRGB, xmp=XMP)
    header, pictures = images.frames(data)
    assert (header.frames, header.several) == (4, "frames")
    assert (header.width, header.height, header.alpha) == (64, 48, mode == "RGBA")
    assert (header.icc, header.xmp) == (SRGB, XMP)
    assert header.timing is not None
    assert (round(header.timing.seconds, 3), header.timing.plays) == (1.39, 0)
    read = list(pictures)
    assert [round(each.timing.seconds, 3) for each in read if each.timing] == [0.1, 0.25, 0.04, 1]
    for frame, picture in zip(every, read, strict=True):
        samples = to_samples(picture, "uint8").astype(float)
        assert abs(samples - np.asarray(frame)).mean() < 2
    (tmp_path / "a.avif").write_bytes(data)
    burnish.restore(tmp_path / "a.avif", tmp_path / "b.png", strength=0, noise=10)
    assert images.header(tmp_path / "b.png").frames == 4


def test_the_file_says_which_of_a_picture_and_its_frames_is_meant() -> None:
    """As libavif has it: by the first brand. imagecodecs never sees that there are frames."""
    every, data = moving()
    still = data[:8] + b"avif" + data[12:]
    read = images.read(still)
    assert read.lost == ("not kept: its animation",)
    assert abs(to_samples(read, "uint8") - np.asarray(every[0]).astype(float)).mean() < 2
    assert images.header(data[:8] + b"mif1" + data[12:]).frames == 4
    assert images.header(data[:8] + b"msf1" + data[12:]).frames == 4


def test_frames_of_more_than_eight_bits_are_read_as_eight_and_it_is_said() -> None:
    from burnish.images.formats.avif import decode, examine

    _, data = moving()
    place = data.index(b"moov")
    at = data.index(b"av1C", place) + 6
    deep = data[:at] + bytes([data[at] | 0x40]) + data[at + 1 :]
    found = examine(io.BytesIO(deep), "a.avif")
    assert (found.depth, found.bits) == ("uint8", None)
    assert found.lost == ("its 10 bits, of which 8 are read of an animated AVIF",)
    assert len(list(decode(io.BytesIO(data), examine(io.BytesIO(data), "a"), "a"))) == 4


def test_avifs_that_are_none_are_refused_in_one_sentence() -> None:
    brands = boxed(b"ftyp", b"avif" + bytes(4))
    for data, says in (
        (brands, "it holds no picture"),
        (brands + boxed(b"meta", bytes(4)), "it does not say what it holds"),
        (b"\0\0\0\x20ftypavis" + bytes(40), "is damaged"),
    ):
        with pytest.raises((errors.InputCorrupt, errors.UnsupportedFormat), match=says):
            images.read(data)


# HEIC


def opened_by_libheif(data: bytes) -> Any:
    """A HEIC as pillow-heif by itself opens it, samples as they stand."""
    heif = pytest.importorskip("pillow_heif", reason="needs burnish[heif]")
    return heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)


def heic_of(samples: NDArray[Any], bits: int = 8, **options: Any) -> bytes:
    """A HEIC of colour by pillow-heif alone."""
    heif = pytest.importorskip("pillow_heif", reason="needs burnish[heif]")
    file = io.BytesIO()
    mode = "RGB" if bits == 8 else f"RGB;{bits}"
    size = (samples.shape[1], samples.shape[0])
    heif.encode(mode, size, samples.tobytes(), file, bit_depth=bits, **options)
    return file.getvalue()


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_value_of_a_heic_survives(bits: int, channels: int, tmp_path: Path) -> None:
    samples = ramp(bits, channels)
    pytest.importorskip("pillow_heif", reason="needs burnish[heif]")
    data, said = images.encode(of_bits(samples, bits, "HEIC"), HEIC)
    assert said == []
    theirs = np.asarray(opened_by_libheif(data))
    theirs = theirs[..., (0, 3)] if channels == 2 else theirs
    assert (theirs == samples).all()
    (tmp_path / "a.heic").write_bytes(data)
    for name in ("b.heic", "b.avif", "b.png"):
        burnish.restore(tmp_path / "a.heic", tmp_path / name, strength=0, noise=10)
        again = images.read(tmp_path / name)
        kept = to_samples(again, "uint8" if bits == 8 else "uint16", None if bits == 8 else bits)
        assert (kept == samples).all(), name
    assert images.read(tmp_path / "b.heic").bits == (None if bits == 8 else bits)


def test_a_telephones_heic_comes_back_with_all_that_is_beside(described: Picture) -> None:
    samples = pixels(24, 40)
    options: dict[str, Any] = {"exif": described.exif, "xmp": XMP, "icc_profile": SRGB}
    data = heic_of(samples, chroma="420", quality=90, **options)
    header, given = images.header(data), images.read(data)
    assert (header.width, header.height) == given.pixels.shape[:1:-1]
    assert header.stored == "8-bit colour (4:2:0)"
    assert given.lossy
    assert "x265 (GPL-2.0)" in images.facts(data)["by"]
    result, said = images.encode(given, HEIC)
    assert said == []
    theirs, again = opened_by_libheif(result), images.read(result)
    assert theirs.info["icc_profile"] == SRGB == again.icc
    assert theirs.info["xmp"] == XMP == again.xmp
    kept = exif.parse(again.exif or b"")
    assert kept is not None
    assert kept.text("main", exif.MAKE) == "Maker"
    assert exif.orientation(theirs.info["exif"].removeprefix(b"Exif\0\0")) == 1
    assert abs(again.pixels - given.pixels).mean() < 0.02


@pytest.mark.parametrize("tag", range(1, 9))
def test_a_heic_looks_the_same_however_it_is_turned(tag: int, described: Picture) -> None:
    pytest.importorskip("pillow_heif", reason="needs burnish[heif]")
    given = replace(described, format="HEIC", exif=exif.set_orientation(described.exif, tag))
    data, _ = images.encode(given, HEIC)
    upright = to_samples(images.upright(given), "uint8")
    again = images.read(data)
    assert (np.asarray(opened_by_libheif(data)) == upright).all()
    assert (to_samples(again, "uint8") == upright).all()
    assert exif.orientation(again.exif) == 1
    header = images.header(data)
    assert (header.height, header.width) == upright.shape[:2]


def test_colours_at_half_size_are_said_but_of_a_heic_that_had_them_so() -> None:
    pytest.importorskip("pillow_heif", reason="needs burnish[heif]")
    jpeg = io.BytesIO()
    Image.fromarray(pixels()).save(jpeg, "JPEG")
    _, said = images.encode(images.read(jpeg.getvalue()), HEIC, quality=80)
    assert said == [
        "the colours of a HEIC with loss are stored at half their width and height (4:2:0)"
    ]
    grey, _ = images.encode(images.from_array(pixels()[..., 0]), HEIC, quality=80)
    assert images.header(grey).stored == "8-bit grey"


def test_a_heif_that_says_so_first_is_known_by_what_it_says_next() -> None:
    for format, brand in ((AVIF, b"avif"), (FORMATS["HEIC"], b"heic")):
        for more in (b"mif1", b"", b"mif1miaf"):
            head = boxed(b"ftyp", b"mif1", bytes(4), more, brand) + bytes(99)
            assert [f for f in FORMATS.values() if f.recognises(head)] == [format]
    for brands, says in (
        (b"mif1" + bytes(4) + b"jpeg", "is a HEIF of a kind that is not read"),
        (b"qt  " + bytes(4), "is a film"),
    ):
        with pytest.raises(errors.UnsupportedFormat, match=says):
            images.read(boxed(b"ftyp", brands) + bytes(99))


def test_a_heic_of_many_frames_gives_the_picture_that_stands_for_them(tmp_path: Path) -> None:
    still = heic_of(pixels(24, 40))
    for brand in (b"hevc", b"msf1"):
        data = still[:8] + brand + still[12:] + boxed(b"moov", boxed(b"mvhd", bytes(100)))
        data = data.replace(b"mif1heic", b"mif1hevc")
        path = tmp_path / f"{brand.decode()}.heics"
        path.write_bytes(data)
        with pytest.raises(errors.UnsupportedFormat, match="is a HEIC of many frames"):
            images.read(path)
        target = tmp_path / f"{brand.decode()}.png"
        words = ["restore", str(path), "-o", str(target), "-d", "noise=5"]
        assert CliRunner().invoke(app, words).exit_code == 3
        done = CliRunner().invoke(app, [*words, "--pages", "1"])
        assert done.exit_code == 0
        assert "not kept: all frames but the first" in done.output
        assert images.read(target).pixels.shape == (1, 3, 24, 40)
    alone = boxed(b"ftyp", b"hevc", bytes(4)) + boxed(b"moov", boxed(b"mvhd", bytes(100)))
    with pytest.raises(errors.UnsupportedFormat, match="none; save it as an animated WebP"):
        images.read(alone)


# JPEG XL


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_value_of_a_jpeg_xl_survives(bits: int, channels: int) -> None:
    samples = ramp(bits, channels)
    data, said = images.encode(of_bits(samples, bits, "JXL"), JXL)
    assert said == []
    assert (imagecodecs.jpegxl_decode(data) == samples).all()
    read = images.read(data)
    depth, counting = ("uint8", None) if bits == 8 else ("uint16", None if bits == 16 else bits)
    assert (read.depth, read.bits, read.lossy) == (depth, counting, False)
    again, _ = images.encode(read, JXL)
    assert (imagecodecs.jpegxl_decode(again) == samples).all()
    colour = "grey" if channels < 3 else "colour"
    alpha = " and alpha" if channels in (2, 4) else ""
    assert images.header(data).stored == f"{bits}-bit {colour}{alpha}, lossless"


def test_floats_of_a_jpeg_xl_keep_their_range() -> None:
    samples = np.linspace(-1, 3, 27 * 9, dtype=np.float32).reshape(9, 9, 3)
    data, said = images.encode(images.from_array(samples), JXL)
    assert said == []
    assert (to_samples(images.read(data), "float32") == samples).all()
    assert images.header(data).stored == "32-bit float colour, lossless"


def test_the_head_of_a_jpeg_xl_is_read_whatever_its_size() -> None:
    for height, width in ((8, 8), (64, 48), (256, 256), (1, 700), (700, 1), (120, 160), (90, 160)):
        for container in (False, True):
            picture = np.zeros((height, width, 3), np.uint8)
            data = bytes(imagecodecs.jpegxl_encode(picture, usecontainer=container))
            header = images.header(data)
            assert (header.width, header.height) == (width, height)
            assert (header.icc, header.cicp) == (None, None)


def test_a_jpeg_in_the_coat_of_a_jpeg_xl_is_lossy_and_comes_back_as_a_jpeg_xl() -> None:
    jpeg = io.BytesIO()
    Image.fromarray(pixels()).save(jpeg, "JPEG", quality=90, exif=exif.oriented(1))
    given = images.read(bytes(imagecodecs.jpegxl_encode_jpeg(jpeg.getvalue())))
    assert given.lossy
    assert given.lost == ("not kept: what gives back the JPEG that it was made of, byte for byte",)
    assert abs(given.pixels - images.read(jpeg.getvalue()).pixels).mean() < 0.01
    result, _ = images.encode(given, JXL)
    assert images.header(result).lossy
    assert abs(images.read(result).pixels - given.pixels).mean() < 0.02


def test_exif_and_xmp_and_the_profile_of_a_jpeg_xl_come_back(described: Picture) -> None:
    data, said = images.encode(described, JXL)
    assert said == []
    read = images.read(data)
    upright = images.upright(described)
    assert (read.xmp, read.icc) == (XMP, SRGB)
    assert exif.orientation(read.exif) == 1
    assert (read.pixels == upright.pixels).all()
    kept = exif.parse(read.exif or b"")
    assert kept is not None
    assert kept.text("main", exif.MAKE) == "Maker"
    assert images.encode(read, JXL) == (data, [])
    # and where the boxes are compressed
    plain, _ = images.encode(images.from_array(pixels(24, 40)), JXL)
    packed_xmp = boxed(b"brob", b"xml ", bytes(imagecodecs.brotli_encode(XMP)))
    assert images.read(plain + packed_xmp).xmp == XMP


def test_a_lossy_jpeg_xl_is_as_fine_as_one_asks() -> None:
    picture = images.from_array(pixels())
    errors_at = []
    for quality in (98, 60, 20):
        data, _ = images.encode(picture, JXL, quality=quality)
        assert images.header(data).lossy
        errors_at.append(float(abs(images.read(data).pixels - picture.pixels).mean()))
    assert errors_at == sorted(errors_at)
    assert errors_at[0] < 0.6 * errors_at[2]


# without the extras


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no extra were installed."""
    for module in ("pillow_heif", "rawpy"):
        monkeypatch.setitem(sys.modules, module, None)
    there = importlib.util.find_spec
    lacking = ("pillow_heif", "rawpy")
    monkeypatch.setattr(
        format_module, "find_spec", lambda name: None if name in lacking else there(name)
    )


def test_without_its_extra_a_file_is_refused_in_one_sentence(bare: None, tmp_path: Path) -> None:
    heic = boxed(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + boxed(b"mdat", bytes(99))
    for name, data, extra in (("a.heic", heic, "heif"), ("a.dng", dng(), "raw")):
        (tmp_path / name).write_bytes(data)
        for ask in (images.read, images.header, images.facts):
            with pytest.raises(errors.UnsupportedFormat) as caught:
                ask(tmp_path / name)
            assert f"pip install 'burnish[{extra}]'" in str(caught.value)
            assert str(caught.value).startswith(f"{tmp_path / name}: is a ")
            assert "\n" not in str(caught.value)
    with pytest.raises(errors.MissingExtra, match=r"burnish\[heif\]"):
        images.write(tmp_path / "b.heic", images.from_array(pixels(9, 9)))
    with pytest.raises(errors.MissingExtra, match=r"-f heic: .*burnish\[heif\]"):
        pair([tmp_path / "a.heic"], None, extension=".heic")
    assert ".heic" in images.endings()
    assert not {".heic", ".dng"} & set(images.endings(written=True))


# camera raw


def dng(height: int = 48, width: int = 64, orientation: int = 1, **options: Any) -> bytes:
    """A DNG of a sensor with an RGGB filter, which sees grey that gets brighter to the right."""
    sensor = np.linspace(2000, 60000, width).astype(np.uint16)[None].repeat(height, 0)
    alike = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
    tags: list[Any] = [
        (271, 2, 0, "Maker", True),
        (274, 3, 1, orientation, True),
        (33421, 3, 2, (2, 2), True),
        (33422, 1, 4, bytes([0, 1, 1, 2]), True),
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (50708, 2, 0, "Maker Model", True),
        (50721, 10, 9, alike, True),
        (50728, 5, 3, (1, 2, 1, 1, 2, 3), True),
        (50778, 3, 1, 21, True),
    ]
    file = io.BytesIO()
    tifffile.imwrite(
        file, sensor, photometric=32803, metadata=None, extratags=tags, software=False, **options
    )
    return file.getvalue()


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_raw_file_is_developed_with_the_cameras_white_balance(order: str) -> None:
    rawpy = pytest.importorskip("rawpy", reason="needs burnish[raw]")
    data = dng(byteorder=order)
    header, picture = images.header(data), images.read(data)
    assert (header.width, header.height, header.depth, header.channels) == (64, 48, "uint16", 3)
    assert picture.pixels.shape == (1, 3, 48, 64)
    assert picture.notes == (
        "a camera's raw file, developed to 16 bits by LibRaw, with the camera's white balance "
        "where it has one",
    )
    with rawpy.imread(io.BytesIO(data)) as raw:
        theirs = raw.postprocess(use_camera_wb=True, output_bps=16)
    assert (to_samples(picture, "uint16") == theirs).all()
    assert (theirs % 257).any()
    parsed = exif.parse(picture.exif or b"")
    assert parsed is not None
    assert parsed.text("main", exif.MAKE) == "Maker"
    facts = images.facts(data)
    assert facts["format"] == "RAW"
    assert "LibRaw" in facts["by"]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_raw_file_is_upright(orientation: int) -> None:
    pytest.importorskip("rawpy", reason="needs burnish[raw]")
    data = dng(orientation=orientation)
    header, picture = images.header(data), images.read(data)
    assert picture.pixels.shape[-2:] == (header.height, header.width)
    assert exif.orientation(picture.exif) == 1
    upright = images.read(dng()).pixels
    assert abs(picture.pixels - images.turned(upright, orientation)).max() < 0.02


def test_a_raw_file_becomes_a_tiff_of_sixteen_bits_or_what_one_asks(tmp_path: Path) -> None:
    (tmp_path / "a.DNG").write_bytes(dng())
    (tmp_path / "b.jpg").write_bytes(images.encode(images.from_array(pixels()), FORMATS["JPEG"])[0])
    found = pair([tmp_path], tmp_path / "out", as_folder=True)
    assert [Path(target).name for _, target in found] == ["a.tif", "b.jpg"]
    assert never_written(found) == "developed, and written as .tif: 1 .dng"
    asked = pair([tmp_path], tmp_path / "out", as_folder=True, extension=".png")
    assert never_written(asked) is None
    assert never_written([("a.jpg", "a.tif")]) is None
    for wrong in ({"output": tmp_path / "c.nef"}, {"output": None, "extension": ".nef"}):
        with pytest.raises(errors.UsageError, match=r"read and never written; write \.tif or"):
            pair([tmp_path / "a.DNG"], **wrong)
    pytest.importorskip("rawpy", reason="needs burnish[raw]")
    for name in ("c.tif", "c.png"):
        burnish.restore(tmp_path / "a.DNG", tmp_path / name, strength=0, noise=10)
        result = images.read(tmp_path / name)
        assert (result.depth, result.bits) == ("uint16", None)
        assert (result.pixels == images.read(tmp_path / "a.DNG").pixels).all()


def test_the_command_says_what_becomes_of_a_raw_file(
    tmp_path: Path,
) -> None:
    pytest.importorskip("rawpy", reason="needs burnish[raw]")
    (tmp_path / "a.dng").write_bytes(dng())
    result = CliRunner().invoke(app, ["restore", str(tmp_path / "a.dng"), "-d", "noise=10"])
    assert result.exit_code == 0
    assert "written as .tif" in result.output
    assert "developed to 16 bits by LibRaw" in result.output
    assert images.read(tmp_path / "a_restored.tif").depth == "uint16"


def test_what_libraw_cannot_develop_is_said() -> None:
    pytest.importorskip("rawpy", reason="needs burnish[raw]")
    with pytest.raises(errors.UnsupportedFormat) as caught:
        images.read(dng(compression="jpegxl_dng"), name="a.dng")
    assert str(caught.value) == (
        "a.dng: is a raw file that LibRaw cannot develop (a DNG with JPEG XL inside); develop it "
        "in another program, and save a TIFF of 16 bits"
    )
    with pytest.raises(errors.UnsupportedFormat, match="cannot develop; develop it in another"):
        images.header(b"FUJIFILMCCD-RAW " + bytes(4000))
    with pytest.raises(errors.InputTruncated):
        images.read(dng()[:3000])
    with pytest.raises(
        (errors.InputCorrupt, errors.InputTruncated)
    ):  # its directory is cut, so that nobody knows a raw
        images.read(dng()[:60])


def test_a_telephones_folder_goes_through_in_one_run(tmp_path: Path, described: Picture) -> None:
    """A HEIC with the film of its live photo, an AVIF, a JPEG, a screenshot and a raw file."""
    for module in ("pillow_heif", "rawpy"):
        pytest.importorskip(module, reason="needs burnish[heif] and burnish[raw]")
    folder = tmp_path / "DCIM"
    folder.mkdir()
    ten = of_bits(ramp(10), 10, "AVIF")
    for name, data in (
        ("IMG_1.HEIC", heic_of(pixels(24, 40), exif=described.exif)),
        ("IMG_1.MOV", boxed(b"ftyp", b"qt  " + bytes(4)) + bytes(99)),
        ("IMG_2.avif", images.encode(ten, AVIF)[0]),
        ("IMG_3.jpg", images.encode(described, FORMATS["JPEG"])[0]),
        ("IMG_4.png", images.encode(images.from_array(pixels()), FORMATS["PNG"])[0]),
        ("IMG_5.dng", dng()),
    ):
        (folder / name).write_bytes(data)
    words = ["restore", str(folder), "-o", f"{tmp_path}/out/", "-m", "photo", "-d", "noise=5"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert "passed over, of kinds that are not read: 1 .mov" in result.output
    got = {path.name: images.header(path) for path in (tmp_path / "out").iterdir()}
    assert {name: (header.format, header.depth, header.bits) for name, header in got.items()} == {
        "IMG_1.HEIC": ("HEIC", "uint8", None),
        "IMG_2.avif": ("AVIF", "uint16", 10),
        "IMG_3.jpg": ("JPEG", "uint8", None),
        "IMG_4.png": ("PNG", "uint8", None),
        "IMG_5.tif": ("TIFF", "uint16", None),
    }


@pytest.mark.shared
def test_real_raw_files_are_developed(shared: Path) -> None:
    pytest.importorskip("rawpy", reason="needs burnish[raw]")
    for name, size in (
        ("canon_kissx4_colorchart.dng", (1156, 1734)),
        ("kodak_dc50.KDC", (512, 768)),
    ):
        file = shared / "raw" / name
        header, picture = images.header(file), images.read(file)
        assert picture.pixels.shape == (1, 3, *size)
        assert (header.height, header.width) == size
        assert 0.2 < picture.pixels.mean() < 0.8
