"""Damaged files: refused by default; with --salvage, what is left of them is restored, what is
missing is grey, and how much is there is said.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from odd_files import SIGNATURE, Odd, _with_field, chunk, encoded, odd_files, pixels, png, tiff
from odd_good import odd_good
from odd_tiffs import odd_tiffs
from PIL import Image

import burnish
from burnish import errors, images
from burnish.images.damage.left import continued, greyed
from burnish.images.inside.png_rows import PASSES
from burnish.images.picture import Left, Picture
from burnish.inference.archive.sidecar import replay
from burnish.inference.job import Job, run_job

SIZE = (192, 256)
PIXELS = pixels(*SIZE)


def by_burnish(name: str, deep: bool = False) -> bytes:
    """The picture as a file of a format."""
    samples = PIXELS.astype(np.uint16) * 257 if deep else PIXELS
    return images.encode(images.from_array(samples), images.FORMATS[name])[0]


def strips(**options: Any) -> bytes:
    """The picture as a TIFF in strips of 16 rows."""
    return tiff(PIXELS, photometric="rgb", rowsperstrip=16, **options)


def interlaced() -> bytes:
    """The picture as an interlaced PNG."""
    rows = b"".join(
        b"\0" + row.tobytes()
        for left, top, across, down in PASSES
        for row in PIXELS[top::down, left::across]
    )
    return png(SIZE[1], SIZE[0], 8, 2, zlib.compress(rows), interlace=1)


@dataclass(frozen=True)
class Cut:
    """A file that is cut, and how much of its picture has to be there."""

    name: str
    data: bytes
    #: bytes that are left of it, as a part of one
    part: float
    #: the least and the most of its picture that is there
    least: float
    most: float


CUTS = [
    Cut("jpeg", encoded(PIXELS, "JPEG", quality=90, subsampling=0), 0.6, 0.45, 0.62),
    Cut("jpeg 4:2:0", encoded(PIXELS, "JPEG", quality=80), 0.6, 0.4, 0.62),
    Cut("jpeg 4:2:2", encoded(PIXELS, "JPEG", quality=80, subsampling=1), 0.6, 0.4, 0.62),
    Cut("grey jpeg", encoded(PIXELS[..., 0], "JPEG", quality=90), 0.6, 0.5, 0.62),
    Cut("cmyk jpeg", encoded(Image.fromarray(PIXELS).convert("CMYK"), "JPEG"), 0.6, 0.4, 0.65),
    Cut("restarting", encoded(PIXELS, "JPEG", quality=80, restart_marker_rows=2), 0.6, 0.4, 0.62),
    Cut("png", encoded(PIXELS, "PNG"), 0.6, 0.4, 0.6),
    Cut("16-bit png", by_burnish("PNG", deep=True), 0.6, 0.4, 0.65),
    Cut("palette png", encoded(Image.fromarray(PIXELS).quantize(200), "PNG"), 0.6, 0.4, 0.65),
    Cut("bmp", by_burnish("BMP"), 0.6, 0.59, 0.6),
    Cut("pnm", by_burnish("PNM"), 0.6, 0.59, 0.6),
    Cut("16-bit pnm", by_burnish("PNM", deep=True), 0.6, 0.59, 0.6),
    Cut("pfm", by_burnish("PFM"), 0.6, 0.59, 0.6),
    Cut("tga", by_burnish("TGA"), 0.6, 0.59, 0.6),
    Cut("dpx", by_burnish("DPX"), 0.6, 0.57, 0.6),
    Cut("lossless webp", encoded(PIXELS, "WEBP", lossless=True, quality=20), 0.6, 0.3, 0.6),
    Cut("lossy webp", encoded(PIXELS, "WEBP", quality=90), 0.8, 0.3, 0.85),
    Cut("plain tiff", strips(), 0.6, 0.57, 0.6),
    Cut("deflated tiff", strips(compression="zlib", predictor=True), 0.6, 0.5, 0.65),
    Cut("lzw tiff", strips(compression="lzw"), 0.6, 0.5, 0.65),
    Cut("packbits tiff", strips(compression="packbits"), 0.6, 0.5, 0.62),
    Cut("jpeg tiff", strips(compression="jpeg"), 0.6, 0.4, 0.65),
    Cut("zstd tiff", strips(compression="zstd"), 0.6, 0.4, 0.65),
    Cut("tiled tiff", tiff(PIXELS, photometric="rgb", compression="zlib", tile=(64, 64)),
        0.6, 0.4, 0.65),
    Cut("planar tiff", tiff(PIXELS.transpose(2, 0, 1), photometric="rgb", planarconfig="separate",
                            rowsperstrip=16), 0.9, 0.5, 0.75),
]  # fmt: skip


def left_of(data: bytes) -> list[Picture]:
    """The pictures that are left of a file."""
    return list(images.frames(data, salvage=True)[1])


def known(picture: Picture) -> NDArray[np.bool_]:
    """Where a picture is there."""
    assert picture.left is not None
    there: NDArray[np.bool_] = ~picture.left.missing
    return there


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.name)
def test_what_is_said_to_be_there_is_right(cut: Cut) -> None:
    data = cut.data[: int(cut.part * len(cut.data))]
    with pytest.raises(errors.InputTruncated):
        list(images.frames(data)[1])
    (picture,) = left_of(data)
    whole = images.read(cut.data)
    there = known(picture)
    assert cut.least <= there.mean() <= cut.most
    np.testing.assert_array_equal(picture.pixels[..., there], whole.pixels[..., there])
    assert (picture.depth, picture.exif) == (whole.depth, whole.exif)
    share = np.floor(there.mean() * 1000) / 10
    assert picture.notes[-1] == f"salvaged: {share:.1f} % of it is there; the rest is grey"


WHOLE = [good for good in odd_good() if good.extension != ".pdf"][::7]


@pytest.mark.parametrize("good", WHOLE, ids=lambda good: good.name)
def test_of_a_whole_file_nothing_is_another(good: Any) -> None:
    plain, salvaged = (images.frames(good.data, salvage=salvage) for salvage in (False, True))
    assert plain[0].lost == salvaged[0].lost
    for one, other in zip(plain[1], salvaged[1], strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
        assert other.left is None
        assert one.notes == other.notes


@pytest.mark.parametrize("odd", [*odd_files(), *odd_tiffs()], ids=lambda odd: odd.name)
def test_every_odd_file_is_salvaged_or_refused(odd: Odd) -> None:
    found: list[Picture] = []
    said = "nothing in it that can be restored"
    try:
        found = left_of(odd.data)
    except (errors.InputTruncated, errors.InputCorrupt) as error:
        said = str(error)
    except odd.error:
        return  # what is no damage is refused as ever
    assert said.endswith("nothing in it that can be restored")
    assert all(np.isfinite(picture.pixels).all() for picture in found)


def test_a_progressive_jpeg_is_there_in_less_detail() -> None:
    data = encoded(PIXELS, "JPEG", quality=90, progressive=True)
    errors_ = []
    for part in (0.4, 0.8):
        (picture,) = left_of(data[: int(part * len(data))])
        assert (
            picture.notes[-1]
            == "salvaged: all of it is there, but it is in less detail than it had"
        )
        errors_.append(np.abs(picture.pixels - images.read(data).pixels).mean())
    assert errors_[0] > errors_[1] > 0

    # Cut in its first scan, it is there as far as that goes.
    first = data.index(b"\xff\xda") + 700
    (picture,) = left_of(data[:first])
    assert 0.1 < known(picture).mean() < 0.9


def test_a_jpeg_with_a_hole_keeps_what_stands_behind_it() -> None:
    """Lost restart intervals are left empty, so that those behind them keep their places."""
    data = encoded(PIXELS, "JPEG", quality=80, restart_marker_rows=1)
    middle, behind = data.index(b"\xff\xd2"), data.index(b"\xff\xd5")
    damaged = data[: middle + 50] + data[behind:]
    with pytest.raises(errors.InputCorrupt):
        images.read(damaged)
    (picture,) = left_of(damaged)
    there = known(picture)
    assert 0.6 < there.mean() < 0.8
    assert there[-16:].all()
    whole = images.read(data)
    np.testing.assert_array_equal(picture.pixels[..., -16:, :], whole.pixels[..., -16:, :])
    assert "bytes inside it are damaged" in picture.notes[-1]


def test_rubbish_in_a_jpeg_is_not_taken_for_markers() -> None:
    data = encoded(PIXELS, "JPEG", quality=80, restart_marker_rows=1)
    middle = data.index(b"\xff\xd2") + 20
    rubbish = b"\xff\xc4\x00\x13\xff\xdd\xff\xe0\xab\xff\xfe\xff\xff"
    damaged = data[:middle] + rubbish + data[middle + len(rubbish) :]
    (picture,) = left_of(damaged)
    whole = images.read(data)
    # all but the damaged interval, and the pixels beside it whose colours are made of its own
    bad = np.zeros(SIZE, bool)
    bad[47:65] = True
    np.testing.assert_array_equal(picture.pixels[..., ~bad], whole.pixels[..., ~bad])


def test_the_rows_of_a_damaged_png_are_doubted_where_they_may_be_wrong() -> None:
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in PIXELS))
    parts = [packed[at : at + 8192] for at in range(0, len(packed), 8192)]
    chunks = [chunk(b"IDAT", part) for part in parts]
    middle = len(chunks) // 2
    flipped = bytearray(chunks[middle])
    flipped[4000] ^= 1
    header = png(SIZE[1], SIZE[0], 8, 2, b"")[:33]
    text = bytearray(chunk(b"tEXt", b"Comment\0words"))
    text[-1] ^= 1
    whole = [*chunks[:middle], bytes(flipped), *chunks[middle + 1 :], chunk(b"IEND", b"")]
    (picture,) = left_of(header + bytes(text) + b"".join(whole))
    doubted = int(picture.notes[-1].split("from row ")[1].split()[0])
    right = images.from_array(PIXELS).pixels
    np.testing.assert_array_equal(
        picture.pixels[..., : doubted - 1, :], right[..., : doubted - 1, :]
    )
    assert 0.4 * SIZE[0] < doubted < 0.6 * SIZE[0]
    assert picture.lost == ("not kept: its tEXt chunk, which is damaged",)

    # A wrong checksum of the header alone costs nothing, and a wrong size everything.
    data = encoded(PIXELS, "PNG")
    (picture,) = left_of(data[:29] + bytes(4) + data[33:])
    np.testing.assert_array_equal(picture.pixels, right)
    assert picture.notes[-1] == "salvaged: all of it is there"
    with pytest.raises(errors.InputCorrupt, match="finds nothing"):
        left_of(data[:19] + b"\1" + data[20:])


def test_an_interlaced_png_is_filled_from_the_passes_that_are_there() -> None:
    data = interlaced()
    whole = images.read(data).pixels
    (early,) = left_of(data[: len(data) // 20])
    (late,) = left_of(data[: len(data) * 9 // 10])
    assert early.left is not None
    assert late.left is not None
    assert not late.left.missing.any()
    assert "some of it is in less detail" in late.notes[-1]
    assert np.abs(late.pixels - whole).mean() < np.abs(early.pixels - whole).mean() / 5
    np.testing.assert_array_equal(late.pixels[..., ::2, :], whole[..., ::2, :])


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_the_whole_frames_of_a_film_are_left(kind: str) -> None:
    frames = [Image.fromarray(np.roll(PIXELS, 20 * turn, 0)) for turn in range(5)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=80)
    found = left_of(data[: len(data) * 7 // 10])
    whole = list(images.frames(data)[1])
    assert 1 < len(found) < 5
    for one, other in zip(found, whole, strict=False):
        np.testing.assert_array_equal(one.pixels, other.pixels)
        assert one.timing == other.timing
        assert f"first {len(found)}" in one.notes[-1]


def test_the_pages_of_a_tiff_that_are_left() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for turn in range(4):
            writer.write(np.roll(PIXELS, turn, 0), photometric="rgb", compression="zlib")
    data = buffer.getvalue()
    header, _ = images.frames(data[: len(data) * 6 // 10], salvage=True)
    found = left_of(data[: len(data) * 6 // 10])
    assert header.frames == len(found) == 3
    np.testing.assert_array_equal(found[1].pixels, images.from_array(np.roll(PIXELS, 1, 0)).pixels)
    assert found[0].notes == ("salvaged: its first 3 pages",)
    assert 0 < known(found[2]).mean() < 1
    assert found[2].notes[0].startswith("salvaged: its first 3 pages; ")


def test_damage_inside_a_tiff() -> None:
    data = bytearray(strips(compression="zlib"))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        offsets = file.pages[0].dataoffsets
    data[offsets[5] + 300 : offsets[5] + 340] = b"\xff" * 40
    (picture,) = left_of(bytes(data))
    right = images.from_array(PIXELS).pixels
    there = known(picture)
    assert there[: 5 * 16].all()
    assert there[6 * 16 :].all()
    outside = np.r_[0 : 5 * 16, 6 * 16 : SIZE[0]]
    np.testing.assert_array_equal(picture.pixels[..., outside, :], right[..., outside, :])
    assert "bytes inside it are damaged" in picture.notes[-1]


def test_a_fax_page_is_left_as_far_as_its_codes_go() -> None:
    page = np.tile(PIXELS[..., 0] > 128, (2, 2))
    data = encoded(Image.fromarray(page), "TIFF", compression="group4")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        count = file.pages[0].databytecounts[0]
    (picture,) = left_of(_with_field(data, 279, count * 6 // 10))
    there = known(picture)
    assert 0.4 < there.mean() < 0.7
    np.testing.assert_array_equal(picture.pixels[0, 0][there], page[there])

    # Damage in the middle: what a decoder leaves white behind it is not there.
    damaged = bytearray(data)
    damaged[8 + count // 2 : 8 + count // 2 + 8] = bytes(8)
    (picture,) = left_of(bytes(damaged))
    assert 0.3 < known(picture).mean() < 0.7
    assert "bytes inside it are damaged" in picture.notes[-1]


@pytest.mark.parametrize("name", ["AVIF", "JXL"])
def test_of_some_formats_nothing_is_left(name: str) -> None:
    data = by_burnish(name)
    with pytest.raises(errors.InputError, match="--salvage finds nothing in it"):
        left_of(data[: len(data) // 2])


def test_limits_hold_before_anything_is_decoded() -> None:
    huge = png(60_000, 60_000, 8, 2, zlib.compress(bytes(1000)))
    with pytest.raises(errors.InputTooLarge):
        images.frames(huge[:-20], salvage=True)


def test_a_picture_goes_on_as_in_a_mirror() -> None:
    missing = np.zeros((6, 2), bool)
    missing[2:] = True
    planes = np.arange(12, dtype=np.float32).reshape(1, 1, 6, 2)
    found = continued(planes, missing)[0, 0, :, 0]
    np.testing.assert_array_equal(found, [0, 2, 2, 0, 0, 2])
    found = continued(planes, missing[::-1])[0, 0, :, 0]
    np.testing.assert_array_equal(found, [8, 10, 10, 8, 8, 10])

    # Between two stretches, the nearer; where a column has nothing, what stands beside it.
    missing = np.zeros((5, 3), bool)
    missing[1:4] = True
    missing[:, 2] = True
    planes = np.arange(15, dtype=np.float32).reshape(1, 1, 5, 3)
    found = continued(planes, missing)[0, 0]
    np.testing.assert_array_equal(found[:, 0], [0, 0, 0, 12, 12])
    np.testing.assert_array_equal(found[:, 2], found[:, 1])


def test_grey_hides_what_is_missing() -> None:
    missing = np.zeros((4, 4), bool)
    missing[2:] = True
    picture = images.from_array(np.full((4, 4, 4), 10, np.uint8))
    assert greyed(picture) is picture
    grey = greyed(replace(picture, left=Left(missing)))
    assert grey.alpha is not None
    assert np.unique(grey.pixels[..., 2:, :]) == 0.5
    assert np.unique(grey.alpha[..., 2:, :]) == 1
    np.testing.assert_array_equal(grey.pixels[..., :2, :], picture.pixels[..., :2, :])
    large = replace(picture, left=Left(missing)).with_pixels(np.zeros((1, 3, 8, 8), np.float32))
    assert large.left is not None
    np.testing.assert_array_equal(large.left.missing, missing.repeat(2, 0).repeat(2, 1))


def test_what_is_missing_says_nothing_of_the_noise(tmp_path: Path) -> None:
    """The look at half a picture finds what it finds on that half alone."""
    model = burnish.load("photo")
    noise = np.random.default_rng(0).normal(0, 20, (256, 256, 3))
    noisy = (128 + noise).clip(0, 255).astype(np.uint8)
    data = encoded(noisy, "PNG")
    (half,) = left_of(data[: len(data) // 2])
    alone = images.from_array(noisy[: 256 // 2])
    found, wanted = (model.settle(picture).dials["noise"] for picture in (half, alone))
    assert found == pytest.approx(wanted, rel=0.05)


def test_a_job_says_how_much_is_there(tmp_path: Path) -> None:
    data = encoded(PIXELS, "PNG")
    source = tmp_path / "cut.png"
    source.write_bytes(data[: len(data) // 2])
    model = burnish.load("median")
    job = Job(str(source), str(tmp_path / "out.png"))
    with pytest.raises(errors.InputTruncated):
        run_job(job, model)
    report = run_job(replace(job, salvage=True), model)
    assert report.status == "salvaged"
    assert 0.3 < report.there < 0.5
    result = np.asarray(Image.open(tmp_path / "out.png"))
    rows = round(report.there * SIZE[0])
    assert np.unique(result[rows:]).tolist() == [128]
    assert result[:rows].std() > 10
    assert source.read_bytes() == data[: len(data) // 2]


def test_python_warns_of_what_is_missing(tmp_path: Path) -> None:
    data = encoded(PIXELS, "PNG")
    source = tmp_path / "cut.png"
    source.write_bytes(data[: len(data) // 2])
    with pytest.raises(errors.InputTruncated):
        burnish.restore(source, model="median")
    with pytest.warns(UserWarning, match=r"salvaged: .* is there; the rest is grey"):
        result = burnish.restore(source, model="median", salvage=True)
    assert np.unique(result[-1]) == 0.5


def command(*words: object, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """`burnish restore WORDS -m median` as its own process."""
    start = [sys.executable, "-m", "burnish.cli", "restore", "-m", "median", "--threads", "1"]
    done = subprocess.run(
        [*start, *map(str, words)], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture
def album(tmp_path: Path) -> Iterator[Path]:
    data = encoded(PIXELS, "JPEG", quality=90)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/whole.jpg").write_bytes(data)
    (tmp_path / "in/cut.jpg").write_bytes(data[: len(data) // 2])
    (tmp_path / "in/hopeless.png").write_bytes(SIGNATURE + bytes(4))
    yield tmp_path
    assert (tmp_path / "in/cut.jpg").read_bytes() == data[: len(data) // 2]


def test_a_run_with_a_journal_goes_on_with_salvage(album: Path) -> None:
    words = (album / "in", "-o", album / "out", "--archive")
    said = command(*words, expect=3).stderr
    assert "2 files are cut or damaged; --salvage restores what is left" in said
    assert "The same command with --salvage" in (album / "out/burnish-report.html").read_text()
    first = (album / "out/whole.jpg").stat().st_ino

    # The same command with --salvage does what failed, and nothing else.
    said = command(*words, "--salvage", expect=3).stderr
    assert "salvaged: " in said
    assert "1 salvaged, 1 skipped, 1 failed" in said
    assert (album / "out/whole.jpg").stat().st_ino == first
    report = json.loads((album / "out/burnish-report.json").read_text())
    assert report["counts"] == {"restored": 1, "failed": 1, "salvaged": 1}
    files = {Path(file["target"]).name: file for file in report["files"]}
    assert files["cut.jpg"]["status"] == "salvaged"
    assert 0.3 < files["cut.jpg"]["there"] < 0.6
    assert files["hopeless.png"]["message"].endswith("nothing in it that can be restored")
    page = (album / "out/burnish-report.html").read_text()
    assert "Salvaged" in page
    assert "of it is there; the rest is grey" in page

    # Its sidecar says so, and makes it again; that of a whole picture says nothing of it.
    sidecar = album / "out/cut.jpg.burnish.json"
    assert json.loads(sidecar.read_text())["salvaged"] == {"there": files["cut.jpg"]["there"]}
    assert replay(sidecar, album / "again.jpg").same
    assert "salvage" not in (album / "out/whole.jpg.burnish.json").read_text()

    # What is salvaged stays, whatever is asked later, and undo takes it back.
    assert "1 skipped" not in command(*words, expect=3).stderr
    assert (album / "out/cut.jpg").exists()


def test_a_damaged_original_is_never_replaced(album: Path) -> None:
    said = command(album / "in", "--in-place", "--salvage", expect=2).stderr
    assert "a damaged original is never replaced" in said


def test_a_run_without_a_journal_salvages_too(album: Path) -> None:
    done = command(album / "in/cut.jpg", "-o", album / "x.jpg", "--salvage", "--json")
    record = json.loads(done.stdout)
    assert record["status"] == "salvaged"
    assert "salvaged: " in done.stderr
    command(album / "in/cut.jpg", "-o", album / "y.jpg", "--salvage", "--sidecar")
    assert replay(album / "y.jpg.burnish.json").same
