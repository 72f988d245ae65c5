"""Files as people report them: from film scanners, cameras, telephones and editors. What stands
around their pixels is kept, or said to be lost, and what they lack is mended where it can be.
"""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from odd_files import chunk, encoded, pixels, png, tiff
from PIL import Image, ImageCms
from test_images import block

import burnish
from burnish import errors, images
from burnish.dataset.check import CheckSource, check
from burnish.images import FORMATS, Plane, exif
from burnish.images.picture import to_samples
from burnish.inference.targets import not_followed

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY = SRGB[:16] + b"GRAY" + SRGB[20:]
INK = SRGB[:16] + b"CMYK" + SRGB[20:]
FITS = {b"GRAY": 1, b"RGB ": 3}


# a sample that is neither colour nor alpha


def infrared(depth: str = "uint16", height: int = 40, width: int = 56) -> NDArray[Any]:
    """What a scanner sees in infrared, dark along one side where its holder stands. [H, W]"""
    plane = np.random.default_rng(7).integers(0, np.iinfo(depth).max, (height, width), depth)
    plane[:, :9] = 0
    return plane


def scan(depth: str, channels: int = 3, **options: Any) -> tuple[bytes, NDArray[Any]]:
    """A scanner's TIFF with an infrared sample, and its samples [H, W, C + 1]."""
    rng = np.random.default_rng(8)
    colour = rng.integers(0, np.iinfo(depth).max, (40, 56, channels), depth)
    samples = np.concatenate([colour, infrared(depth)[..., None]], 2)
    kind = "rgb" if channels == 3 else "minisblack"
    options = {"extrasamples": ["unspecified"], "planarconfig": "contig", **options}
    return tiff(samples, photometric=kind, **options), samples


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("depth", ["uint8", "uint16"])
def test_an_unspecified_sample_is_carried_value_for_value(
    depth: str, channels: int, tmp_path: Path
) -> None:
    data, samples = scan(depth, channels)
    (tmp_path / "a.tif").write_bytes(data)
    read = images.read(tmp_path / "a.tif")
    assert read.alpha is None
    assert (read.extras[0].name, read.extras[0].called) == ("extra", "unspecified")
    assert not images.facts(tmp_path / "a.tif")["alpha"]
    burnish.restore(tmp_path / "a.tif", tmp_path / "b.tif", noise=12)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert [int(kind) for kind in file.pages.first.extrasamples] == [0]
        restored = file.asarray()
    assert restored.dtype == depth
    assert (restored[..., -1] == samples[..., -1]).all()
    hidden_by_alpha = restored[:, :9, :-1] == samples[:, :9, :-1]
    assert hidden_by_alpha.mean() < 0.2


def test_what_hides_nothing_steers_nothing(tmp_path: Path) -> None:
    data, samples = scan("uint16")
    (tmp_path / "a.tif").write_bytes(data)
    (tmp_path / "plain.tif").write_bytes(tiff(samples[..., :3].copy(), photometric="rgb"))
    for name in ("a.tif", "plain.tif"):
        burnish.restore(tmp_path / name, tmp_path / f"out_{name}")
    assert (
        tifffile.imread(tmp_path / "out_a.tif")[..., :3]
        == tifffile.imread(tmp_path / "out_plain.tif")
    ).all()


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_where_there_is_no_place_for_it_it_is_said_to_be_lost_and_never_alpha(
    channels: int, ending: str, tmp_path: Path
) -> None:
    picture = images.read(scan("uint16", channels)[0])
    said = images.write(tmp_path / f"a{ending}", picture)
    title = images.format_of(f"a{ending}").title
    assert f"not kept: its extra channel, for which {title} has no place" in said
    assert f"not kept: its extra channel, for which {title} has no place" in images.check_format(
        picture, f"a{ending}"
    )
    assert images.read(tmp_path / f"a{ending}").alpha is None


def test_a_fourth_sample_without_a_tag_is_no_alpha_either() -> None:
    data, samples = scan("uint16")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        place = file.pages.first.tags["ExtraSamples"].offset
    bare = data[:place] + struct.pack("<H", 50999) + data[place + 2 :]  # another tag in its place
    picture = images.read(bare)
    assert picture.alpha is None
    assert (picture.extras[0].samples == samples[..., 3]).all()


def test_alpha_of_both_kinds_is_still_alpha_and_two_samples_are_refused_by_name() -> None:
    for kind in ("unassalpha", "assocalpha"):
        picture = images.read(scan("uint8", extrasamples=[kind])[0])
        assert picture.extras == ()
        assert picture.alpha is not None
    five = np.zeros((9, 9, 5), np.uint16)
    data = tiff(five, photometric="rgb", planarconfig="contig", extrasamples=["unspecified"] * 2)
    with pytest.raises(errors.UnsupportedChannels, match="5 channels"):
        images.read(data)


def test_an_extra_plane_follows_its_picture_when_it_is_turned_or_enlarged(tmp_path: Path) -> None:
    plane = infrared("uint8", 4, 6)
    picture = replace(
        images.from_array(pixels(4, 6)),
        extras=(Plane("infrared", plane),),
        exif=exif.oriented(6),
        format="JPEG",
    )
    images.write(tmp_path / "a.tif", picture)
    assert (images.read(tmp_path / "a.tif").extras[0].samples == np.rot90(plane, -1)).all()
    large = picture.with_pixels(np.zeros((1, 3, 8, 12), np.float32)).extras[0].samples
    assert large.shape == (8, 12)
    assert large.dtype == np.uint8
    assert abs(large.mean() - plane.mean()) < 12
    deep = replace(images.from_array(some_deep()), extras=(Plane("infrared", plane),))
    written = images.read(images.encode(deep, FORMATS["TIFF"])[0])
    assert (written.extras[0].samples == plane.astype(np.uint16) * 257).all()


def some_deep() -> NDArray[np.uint16]:
    return pixels(4, 6).astype(np.uint16) * 257


# pages


def pages(*written: tuple[NDArray[Any], dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        for samples, options in written:
            kind = "rgb" if samples.ndim == 3 else "minisblack"
            file.write(samples, metadata=None, **{"photometric": kind, **options})
    return buffer.getvalue()


WHOLE = pixels()
SMALL = pixels()[::4, ::4].copy()


@pytest.mark.parametrize(
    "data",
    [
        pages((SMALL, {"subfiletype": 1}), (WHOLE, {})),
        pages((SMALL[..., 0].copy(), {"subfiletype": 1}), (WHOLE, {})),
        pages((WHOLE, {}), (SMALL, {"subfiletype": 1})),
        pages((WHOLE, {"subifds": 1}), (SMALL, {"subfiletype": 1})),
        pages((SMALL, {"subfiletype": 1, "subifds": 1}), (WHOLE, {})),
        pages((SMALL, {"subfiletype": 1}), (WHOLE, {}), (SMALL, {"subfiletype": 1})),
        pages((SMALL, {"extratags": [(255, 3, 1, 2, True)]}), (WHOLE, {})),
        pages((SMALL, {"subfiletype": 1}), (WHOLE, {"subfiletype": 1})),
    ],
    ids=["before", "grey", "behind", "below", "above", "both", "old", "all reduced"],
)
def test_the_page_that_is_not_reduced_is_the_picture_wherever_it_stands(data: bytes) -> None:
    picture = images.read(data)
    assert (to_samples(picture, "uint8") == WHOLE).all()
    assert picture.lost == ("not kept: the smaller copies of its picture",)


def test_what_stands_with_the_small_copy_alone_is_kept() -> None:
    tags = [(271, 2, 0, "Kern", True), (274, 3, 1, 6, True)]
    data = pages((SMALL, {"subfiletype": 1, "extratags": tags}), (WHOLE, {}))
    picture = images.read(data)
    parsed = exif.parse(picture.exif or b"")
    assert parsed is not None
    assert parsed.text("main", exif.MAKE) == "Kern"
    assert exif.orientation(picture.exif) == 6


def test_only_raw_files_are_called_raw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish.images.format.find_spec", lambda name: None)
    filtered = np.zeros((40, 60), np.uint16)
    raws = (
        pages((SMALL, {"subfiletype": 1, "subifds": 1}), (filtered, {"photometric": "cfa"})),
        pages((WHOLE, {"photometric": 34892})),
        pages((WHOLE, {"extratags": [(50706, 1, 4, (1, 4, 0, 0), True)]})),
        b"II*\0\x10\0\0\0CR\2\0" + bytes(40),
    )
    for data in raws:
        with pytest.raises(errors.UnsupportedFormat, match="raw file"):
            images.read(data)


def test_of_several_full_pages_none_is_the_picture_and_all_come_one_after_another() -> None:
    mask = infrared("uint8", *WHOLE.shape[:2])
    data = pages((WHOLE, {}), (mask, {}), (SMALL, {"subfiletype": 1}))
    with pytest.raises(errors.UnsupportedFormat, match="the picture: has 2 pages, and one picture"):
        images.read(data)
    assert images.header(data).frames == images.facts(data)["pages"] == 2
    header, pictures = images.frames(data)
    assert (header.frames, header.channels) == (2, 3)
    first, second = pictures
    assert (to_samples(first, "uint8") == WHOLE).all()
    assert (to_samples(second, "uint8") == mask).all()


def test_the_limit_on_megapixels_holds_for_every_page(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(pages((SMALL, {}), (WHOLE, {})))
    with pytest.raises(errors.InputTooLarge, match="megapixels"):
        images.frames(tmp_path / "a.tif", max_megapixels=0.01)
    _, pictures = images.frames(tmp_path / "a.tif", max_megapixels=0.1)
    assert [picture.pixels.shape[-1] for picture in pictures] == [32, 128]


# a small copy of the picture among its metadata


def with_thumbnail(given: bytes) -> tuple[bytes, bytes]:
    """An EXIF block with a second directory and its JPEG behind it, and that JPEG."""
    small = encoded(SMALL, "JPEG")
    parsed = exif.parse(given)
    assert parsed is not None
    order, start = parsed.order, len(given) + len(given) % 2
    fields = ((259, 3, 6), (513, 4, start + 42), (514, 4, len(small)))
    second = struct.pack(order + "H", len(fields))
    for tag, kind, value in fields:
        second += struct.pack(order + "HHI", tag, kind, 1)
        second += struct.pack(
            order + ("I" if kind == 4 else "HH"), *([value] if kind == 4 else [value, 0])
        )
    second += bytes(4)
    patched = bytearray(given.ljust(start, b"\0"))
    patched[parsed.thumbnail : parsed.thumbnail + 4] = struct.pack(order + "I", start)
    return bytes(patched) + second + small, small


@pytest.mark.parametrize("target", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
def test_an_old_thumbnail_does_not_come_back(source: str, target: str, tmp_path: Path) -> None:
    full, small = with_thumbnail(block(6))
    options = {"exif": b"Exif\0\0" + full}
    name = tmp_path / f"a{FORMATS[source].endings[0]}"
    name.write_bytes(encoded(WHOLE, source, **options))
    assert small in name.read_bytes()
    for model in ("photo", "lanczos:scale=2"):
        burnish.restore(name, tmp_path / f"b{target}", model=model)
        written = tmp_path / f"b{target}"
        assert small not in written.read_bytes()
        fields = Image.open(written).getexif()
        assert (fields[exif.MAKE], fields.get_ifd(34665)[exif.TAKEN]) == (
            "Kern",
            "1958:07:01 12:00:00",
        )
        assert fields.get_ifd(34853)[1] == "N"
        kept = exif.parse(images.read(written).exif or b"")
        assert kept is not None


def test_thumbnails_leave_all_else_in_its_place() -> None:
    given = block()
    full, small = with_thumbnail(given)
    left = exif.without_thumbnail(full)
    assert left == given.ljust(len(left), b"\0")  # cut off, since nothing stands behind it
    behind = full + b"a maker's own"
    left = exif.without_thumbnail(behind)
    assert left.endswith(b"a maker's own")
    assert len(left) == len(behind)
    assert small not in left
    assert exif.without_thumbnail(given) == given
    shared = bytearray(full)  # a second directory that claims the bytes of the first
    place = len(given) + len(given) % 2 + 2 + 12
    shared[place + 8 : place + 12] = struct.pack("<I", 8)
    kept = exif.parse(exif.without_thumbnail(bytes(shared)))
    assert kept is not None
    assert kept.directories["main"] == (exif.parse(given) or kept).directories["main"]


def test_a_small_copy_inside_xmp_goes_too() -> None:
    packet = (
        b'<x:xmpmeta><a b="c"/><xmp:Thumbnails><rdf:Alt><xmpGImg:image>/9j/4AA\n</xmpGImg:image>'
        b"</rdf:Alt></xmp:Thumbnails><d/></x:xmpmeta>"
    )
    picture = replace(images.from_array(WHOLE), xmp=packet)
    with_xmp = [each for each in FORMATS.values() if "xmp" in each.holds.metadata]
    for format in (each for each in with_xmp if each.writable):
        again = images.read(images.encode(picture, format)[0])
        assert again.xmp == b'<x:xmpmeta><a b="c"/><d/></x:xmpmeta>'


# profiles


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("icc", [SRGB, GREY, INK, SRGB[:60], b"no profile at all"], ids=len)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_profile_that_does_not_fit_the_channels_is_let_go_and_that_is_said(
    channels: int, icc: bytes, ending: str, tmp_path: Path
) -> None:
    picture = replace(images.from_array(WHOLE[..., :channels].copy()), icc=icc)
    said = images.write(tmp_path / f"a{ending}", picture)
    again = images.read(tmp_path / f"a{ending}")
    fits = FITS.get(icc[16:20]) == again.pixels.shape[1] and len(icc) > 100
    assert again.icc == (icc if fits else None)
    assert any(note.startswith("not kept: its profile") for note in said) == (not fits)


def test_no_library_speaks_for_itself(tmp_path: Path) -> None:
    for name, options in {
        "grey": {"icc_profile": GREY},
        "broken": {"icc_profile": b"broken" * 40},
        "exif": {"exif": b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12" * 40},
    }.items():
        for format in ("JPEG", "PNG", "WEBP"):
            file = tmp_path / "in" / f"{name}{FORMATS[format].endings[0]}"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(encoded(WHOLE, format, **options))
    odd = chunk(b"bKGD", b"\0") + chunk(b"sBIT", b"\x09") + chunk(b"tIME", b"\xff" * 7)
    rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in WHOLE))
    (tmp_path / "in" / "odd.png").write_bytes(png(128, 96, 8, 2, rows, extra=odd))
    for words in (
        ("restore", tmp_path / "in", "-o", f"{tmp_path}/out/", "-d", "noise=5"),
        ("check", tmp_path / "in"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "burnish.cli", *map(str, words)], capture_output=True, text=True
        )
        said = [line for line in done.stderr.splitlines() if str(tmp_path) not in line]
        assert not [line for line in said if "arning" in line or "PNG" in line or "PIL" in line]


# JPEGs that lack their end marker

JPEGS: dict[str, Callable[[], bytes]] = {
    "baseline": lambda: encoded(WHOLE, "JPEG", quality=92),
    "progressive": lambda: encoded(WHOLE, "JPEG", quality=92, progressive=True),
    "grey": lambda: encoded(Image.fromarray(WHOLE).convert("L"), "JPEG", quality=80),
    "restarts": lambda: encoded(WHOLE, "JPEG", restart_marker_rows=1),
    "4:4:4": lambda: encoded(WHOLE, "JPEG", subsampling=0, optimize=True),
}
BEHIND = {
    "nothing": b"",
    "half a marker": b"\xff",
    "zeros": bytes(512),
    "a few zeros": bytes(3),
    "a trailer": b"Maker's own trailer, length 0042",
    "a segment": b"\xff\xe9\0\x40 cut off",
}


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
@pytest.mark.parametrize("kind", JPEGS)
def test_a_missing_end_marker_is_mended_and_said(kind: str, behind: bytes, tmp_path: Path) -> None:
    whole = JPEGS[kind]()
    picture = images.read(whole)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.jpg").write_bytes(whole[:-2] + behind)
    mended = images.read(tmp_path / "set" / "a.jpg")
    assert (mended.pixels == picture.pixels).all()
    assert mended.notes[-1] == "its end marker is missing, its picture is whole"
    found = {f.fault for f in check(CheckSource(tmp_path / "set"), crop=32).findings}
    assert not found & {"truncated", "unreadable"}


@pytest.mark.parametrize("behind", [b"", bytes(512), bytes(5000), b"\xff", b"\xff\xe9\0\x40 cut"])
@pytest.mark.parametrize("kind", JPEGS)
def test_data_that_run_out_are_truncated_whatever_stands_behind(
    kind: str, behind: bytes, tmp_path: Path
) -> None:
    whole = JPEGS[kind]()
    (tmp_path / "set").mkdir()
    for length in (len(whole) // 2, len(whole) * 3 // 4, len(whole) - 150):
        (tmp_path / "set" / "a.jpg").write_bytes(whole[:length] + behind)
        with pytest.raises(errors.InputTruncated):
            images.read(tmp_path / "set" / "a.jpg")
        faults = {f.fault for f in check(CheckSource(tmp_path / "set"), crop=32).errors}
        assert faults == {"truncated"}


# linked folders


def test_a_linked_folder_is_said_not_to_be_followed_and_what_to_do(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "set [1] 50%"
    for place in (elsewhere, folder / "own"):
        place.mkdir(parents=True)
        Image.fromarray(pixels(140, 150)).save(place / f"{place.name}.png")
    assert not_followed([folder]) is None
    (folder / "linked").symlink_to(elsewhere, target_is_directory=True)
    (folder / "own" / "file.png").symlink_to(elsewhere / "elsewhere.png")
    said = not_followed([folder])
    assert said == (
        f"1 linked folder is not followed ({folder / 'linked'}); name it too to have its pictures"
    )
    assert not_followed([folder, elsewhere]) is None
    (folder / "own" / "more").symlink_to(tmp_path, target_is_directory=True)
    assert "2 linked folders are not followed" in (not_followed([folder]) or "")
    report = check(CheckSource(folder))
    (linked,) = [f for f in report.findings if f.fault == "linked-folder"]
    assert [os.path.basename(place.files[0]) for place in linked.places] == ["linked", "more"]


def test_a_linked_side_of_pairs_is_followed(tmp_path: Path) -> None:
    for side in ("noisy", "clean"):
        (tmp_path / side).mkdir()
        Image.fromarray(pixels(140, 150)).save(tmp_path / side / "a.png")
    (tmp_path / "set" / "noisy").mkdir(parents=True)
    Image.fromarray(pixels(140, 150)).save(tmp_path / "set" / "noisy" / "a.png")
    (tmp_path / "set" / "clean").symlink_to(tmp_path / "clean", target_is_directory=True)
    report = check(CheckSource(tmp_path / "set"))
    assert len(report.units) == 1
    assert "linked-folder" not in {f.fault for f in report.findings}


def test_a_training_says_which_folder_it_does_not_follow(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.training.loop.data_check import check_pictures
    from burnish.training.recipe.data import Data

    (tmp_path / "set").mkdir()
    Image.fromarray(pixels()).save(tmp_path / "set" / "a.png")
    (tmp_path / "set" / "linked").symlink_to(tmp_path, target_is_directory=True)
    said: list[str] = []
    check_pictures(Data(folders=(str(tmp_path / "set"),)), (), 1, said.append)
    assert said == [
        "linked-folder: A link to a folder is not followed, so the pictures behind it are not "
        f"used: {tmp_path / 'set' / 'linked'}"
    ]
