"""Files of several pages: all come back, restored at one level, or those that are asked for."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

import burnish
from burnish import errors, images
from burnish.cli.console import Console
from burnish.images import exif
from burnish.images.picture import to_samples
from burnish.inference.job import Job, JobReport, run_job
from burnish.inference.model import Model
from burnish.inference.pages import Pages
from burnish.pipeline import Choice, ask, in_words
from burnish.pipeline.restored import GREYS


@pytest.fixture(scope="module")
def photo() -> Model:
    return burnish.load("photo")


def noisy(height: int, width: int, sigma: float, channels: int = 3) -> NDArray[np.uint8]:
    """A smooth ramp [H, W, C] with white noise."""
    rng = np.random.default_rng(height)
    ramp = np.linspace(60, 180, width)[None, :, None] + np.zeros((height, 1, channels))
    noise = rng.normal(0, sigma, ramp.shape)
    return np.asarray((ramp + noise).clip(0, 255).round(), np.uint8).squeeze()


SCANS = (noisy(64, 80, 4), noisy(72, 64, 12), noisy(80, 96, 20, channels=1))


def paged(pages: Sequence[NDArray[Any]], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for page in pages:
            kind = "rgb" if page.ndim == 3 else "minisblack"
            writer.write(page, photometric=kind, metadata=None, **options)
    return buffer.getvalue()


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.tif"
    path.write_bytes(paged(SCANS))
    return path


def restored(photo: Model, source: Path, target: Path, **options: Any) -> JobReport:
    asked = ask(photo.contract, options.pop("dials", {}))
    return run_job(Job(str(source), str(target), asked, **options), photo)


def pages_of(path: Path) -> list[NDArray[Any]]:
    """What an independent reader finds."""
    with tifffile.TiffFile(path) as tiff:
        return [page.asarray() for page in tiff.pages]


def noise_of(dials: Mapping[str, float | str]) -> float:
    level = dials["noise"]
    assert isinstance(level, float)
    return level


def alone(photo: Model, page: NDArray[Any], noise: float) -> NDArray[Any]:
    return photo(page, noise=noise)


def test_every_page_comes_back_as_if_restored_alone(
    photo: Model, scan: Path, tmp_path: Path
) -> None:
    report = restored(photo, scan, tmp_path / "out.tif", dials={"noise": 10})
    assert (report.pictures, report.each) == (3, ())
    for got, page in zip(pages_of(tmp_path / "out.tif"), SCANS, strict=True):
        assert (got == alone(photo, page, 10)).all()


def test_one_level_is_found_for_all_pages(photo: Model, scan: Path, tmp_path: Path) -> None:
    report = restored(photo, scan, tmp_path / "out.tif")
    found = [photo.settle(images.from_array(page)).dials["noise"] for page in SCANS]
    assert report.dials == {"noise": sorted(found)[1]}
    assert (report.origins, report.estimated) == ({"noise": "pixels"}, ("noise",))
    level = noise_of(report.dials)
    for got, page in zip(pages_of(tmp_path / "out.tif"), SCANS, strict=True):
        assert (got == alone(photo, page, level)).all()


def test_each_page_has_its_own_level_where_that_is_asked(
    photo: Model, scan: Path, tmp_path: Path
) -> None:
    report = restored(photo, scan, tmp_path / "out.tif", each=True)
    levels = [noise_of(each) for each in report.each]
    assert levels == [photo.settle(images.from_array(page)).dials["noise"] for page in SCANS]
    for got, page, level in zip(pages_of(tmp_path / "out.tif"), SCANS, levels, strict=True):
        assert (got == alone(photo, page, level)).all()


@pytest.mark.parametrize(
    ("words", "meant"), [("2", [1]), ("1,3", [0, 2]), ("2-3", [1, 2]), ("3,1-2,2", [0, 1, 2])]
)
def test_the_pages_that_are_asked_for_come_back(
    photo: Model, scan: Path, tmp_path: Path, words: str, meant: list[int]
) -> None:
    report = restored(
        photo, scan, tmp_path / "out.tif", dials={"noise": 5}, pages=Pages.parse(words)
    )
    got = pages_of(tmp_path / "out.tif")
    assert report.pictures == len(got) == len(meant)
    for page, number in zip(got, meant, strict=True):
        assert (page == alone(photo, SCANS[number], 5)).all()


@pytest.mark.parametrize("words", ["", "0", "3-2", "a", "1,,2", "-1", "1-", "1.5"])
def test_pages_are_written_in_one_way(words: str) -> None:
    with pytest.raises(errors.UsageError, match="counted from 1 and written as 3, 5-7 or 3,5-7"):
        Pages.parse(words)


def test_a_page_that_is_not_there_is_said(photo: Model, scan: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.InputError, match=r"scan\.tif: has 3 pictures, and --pages 2-4 asks"):
        restored(photo, scan, tmp_path / "out.tif", pages=Pages.parse("2-4"))
    (tmp_path / "one.png").write_bytes(
        images.encode(images.from_array(SCANS[0]), images.FORMATS["PNG"])[0]
    )
    with pytest.raises(errors.InputError, match=r"one\.png: is one picture, and --pages 2 asks"):
        restored(photo, tmp_path / "one.png", tmp_path / "out.png", pages=Pages.parse("2"))


def test_a_format_of_one_picture_is_refused_before_the_model_runs(
    scan: Path, tmp_path: Path
) -> None:
    class Unopened(Model):
        def open(self, **_: Any) -> Any:
            raise AssertionError("the model was opened")

    photo = Unopened(burnish.load("photo").path or "")
    said = "there are 3 pages, and a JPEG holds one picture; write .tif or .pnm, or choose one with"
    with pytest.raises(errors.FormatLimit, match=said):
        restored(photo, scan, tmp_path / "out.jpg")
    assert not (tmp_path / "out.jpg").exists()


def test_one_page_fits_into_a_format_of_one_picture(
    photo: Model, scan: Path, tmp_path: Path
) -> None:
    restored(photo, scan, tmp_path / "out.png", dials={"noise": 5}, pages=Pages.parse("2"))
    got = to_samples(images.read(tmp_path / "out.png"), "uint8")
    assert (got == alone(photo, SCANS[1], 5)).all()


def test_each_page_keeps_its_own_exif_and_resolution(tmp_path: Path) -> None:
    def laden(page: NDArray[Any], maker: str | None, dpi: float) -> images.Picture:
        tags = [(271, 2, 0, maker, True)] if maker else []
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, page, metadata=None, extratags=tags, photometric="minisblack")
        return replace(images.read(buffer.getvalue()), dpi=(dpi, dpi))

    makers = ["Kern", None, "Zeiss", None]
    page = SCANS[2]
    given = [laden(page, maker, 100.0 + i) for i, maker in enumerate(makers)]
    assert images.write(tmp_path / "a.tif", iter(given)) == []
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        pages = [each.aspage() for each in tiff.pages]
        assert [each.tags.valueof(271) for each in pages] == makers
        assert [each.tags.valueof(282)[0] for each in pages] == [100, 101, 102, 103]
        assert all((each.asarray() == page).all() for each in pages)
    _, again = images.frames(tmp_path / "a.tif")
    parsed = [exif.parse(each.exif or b"") for each in again]
    assert [each.text("main", exif.MAKE) if each else None for each in parsed] == makers


def test_a_damaged_page_leaves_no_result(photo: Model, scan: Path, tmp_path: Path) -> None:
    with tifffile.TiffFile(scan) as tiff:
        place = tiff.pages[2].aspage().tags[273].valueoffset  # where its strips begin
    data = bytearray(scan.read_bytes())
    data[place : place + 4] = b"\xff\xff\xff\x7f"
    scan.write_bytes(data)
    with pytest.raises(errors.InputTruncated, match=r"scan\.tif: ends before"):
        restored(photo, scan, tmp_path / "out" / "out.tif", dials={"noise": 5})
    assert list((tmp_path / "out").iterdir()) == []
    restored(photo, scan, tmp_path / "out.tif", dials={"noise": 5}, pages=Pages.parse("1-2"))
    assert len(pages_of(tmp_path / "out.tif")) == 2


def test_more_pixels_in_all_than_anybody_has_time_for_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(paged([SCANS[2]] * 101))
    most = SCANS[2].size / 1e6
    with pytest.raises(errors.InputTooLarge, match="has 101 pages of up to .*; --max-megapixels"):
        images.header(tmp_path / "a.tif", max_megapixels=most)
    assert images.header(tmp_path / "a.tif", max_megapixels=2 * most).frames == 101


# in Python


def test_python_gets_pages_of_one_size_as_one_array(tmp_path: Path) -> None:
    pages = [SCANS[0], noisy(64, 80, 12)]
    (tmp_path / "a.tif").write_bytes(paged(pages))
    photo = burnish.load("photo")
    got = burnish.restore(tmp_path / "a.tif", tmp_path / "b.tif", model=photo, noise=10)
    assert got.shape == (2, 64, 80, 3)
    for ours, page, written in zip(got, pages, pages_of(tmp_path / "b.tif"), strict=True):
        expected = alone(photo, page, 10)
        assert (np.rint(ours.clip(0, 1) * 255) == expected).all()
        assert (written == expected).all()
    found = burnish.restore(tmp_path / "a.tif", model=photo)
    level = np.median([photo.settle(images.from_array(page)).dials["noise"] for page in pages])
    assert (np.rint(found[1].clip(0, 1) * 255) == alone(photo, pages[1], float(level))).all()


def test_python_chooses_a_page_and_is_told_what_no_array_can_hold(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = burnish.load("photo")
    assert burnish.restore(scan, model=photo, pages=2, noise=5).shape == (72, 64, 3)
    with pytest.raises(errors.UsageError, match="differ in size or colour"):
        burnish.restore(scan, tmp_path / "b.tif", model=photo, noise=5)
    assert not (tmp_path / "b.tif").exists()
    with pytest.raises(errors.FormatLimit, match="a JPEG holds one picture"):
        burnish.restore(scan, tmp_path / "b.jpg", model=photo, noise=5)
    monkeypatch.setattr("burnish.inference.job.MOST_HELD", 1000)
    with pytest.raises(errors.UsageError, match=r"its 3 pages are 0\.0 GB as an array"):
        burnish.restore(scan, model=photo, noise=5)


# Words for several pages

NOISY, BOTH = Choice(("photo",), "noisy"), Choice(("photo", "jpeg"), "noisy and compressed")
ALONE = Choice((), "neither noise nor compression shows")
ASIDE = "whose stains and shadows -m document takes off"


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ([NOISY], "photo: noisy"),
        ([replace(NOISY, kind="page")], f"photo: noisy; a page, {ASIDE}"),
        ([ALONE], "left as it is: neither noise nor compression shows"),
        ([BOTH] * 3, "photo, then jpeg: noisy and compressed"),
        ([ALONE] * 2, "left as they are: neither noise nor compression shows"),
        ([replace(NOISY, kind="page")] * 2, f"photo: noisy; pages of print, {ASIDE}"),
        ([replace(NOISY, kind="page"), NOISY], f"photo: noisy; 1 of them pages of print, {ASIDE}"),
        (
            [NOISY, BOTH, NOISY, ALONE],
            "2 by photo (noisy), 1 by photo and jpeg (noisy and compressed), "
            "1 left as it is (neither noise nor compression shows)",
        ),
        ([Choice(("photo",))] * 2, ""),
        ([Choice()], ""),
    ],
)
def test_what_was_done_with_pages_is_one_sentence(choices: list[Choice], words: str) -> None:
    assert in_words(choices) == words


def test_the_line_says_how_many_pages_and_what_was_done(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chooses = burnish.load()
    console = Console(1)
    jobs = [
        Job(str(scan), str(tmp_path / "a.tif")),
        Job(str(scan), str(tmp_path / "b.tif"), each=True),
        Job(str(scan), str(tmp_path / "c.tif"), pages=Pages.parse("2-3")),
        Job(str(scan), str(tmp_path / "d.png"), pages=Pages.parse("2")),
    ]
    for job in jobs:
        console.done(run_job(job, chooses))
    one, each, some, single = capsys.readouterr().out.splitlines()
    assert "a.tif  3 pages  noise=12" in one
    assert one.endswith(" s  photo: noisy")
    assert "b.tif  3 pages  noise=" in each
    assert ".." in each.split("noise=")[1].split(" ")[0]
    assert "c.tif  2 of 3 pages  noise=" in some
    assert "d.png  1 of 3 pages  noise=" in single


def test_black_and_white_pages_among_others_stay_as_they_are(tmp_path: Path) -> None:
    ink = np.random.default_rng(4).random((72, 64)) < 0.2
    source = tmp_path / "book.tif"
    with tifffile.TiffWriter(source) as writer:
        for page in (SCANS[1], ~ink, SCANS[1], ~ink):
            kind = "rgb" if page.ndim == 3 else "minisblack"
            writer.write(page, photometric=kind, metadata=None)
    report = run_job(Job(str(source), str(tmp_path / "out.tif")), burnish.load())
    assert report.choice == ("2 by photo (noisy), 2 left as they are (nothing but black and white)")
    # pages of two values say nothing of the others' noise
    assert (
        report.dials["noise"] == burnish.load().settle(images.from_array(SCANS[1])).dials["noise"]
    )
    with tifffile.TiffFile(tmp_path / "out.tif") as tiff:
        assert [page.dtype for page in tiff.pages] == [np.uint8, bool, np.uint8, bool]
        assert (tiff.pages[1].asarray() == ~ink).all()
    assert report.notes == ()


def test_where_a_model_greys_black_and_white_pages_they_are_named(
    photo: Model, tmp_path: Path
) -> None:
    ink = np.random.default_rng(4).random((72, 64)) < 0.2
    source = tmp_path / "book.tif"
    with tifffile.TiffWriter(source) as writer:
        for page in (SCANS[1], ~ink, ~ink):
            kind = "rgb" if page.ndim == 3 else "minisblack"
            writer.write(page, photometric=kind, metadata=None)
    report = restored(photo, source, tmp_path / "out.tif", dials={"noise": 20})
    assert report.notes == (f"pages 2-3: {GREYS}",)
    with pytest.warns(UserWarning, match="black and white before"):
        burnish.restore(source, tmp_path / "one.tif", model=photo, noise=20, pages=2)
