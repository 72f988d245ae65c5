"""`burnish check`: faults that were planted are found by name, each where it is and nowhere else;
and nothing is found where nothing is wrong.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from scipy import ndimage
from skimage.registration import phase_cross_correlation
from typer.testing import CliRunner

from burnish import images
from burnish.cli import app
from burnish.dataset.check import FAULTS, CheckSource, Report, check, quick
from burnish.dataset.check.hashes import POSITIONS, correlation, hashes, in_position, same_pictures
from burnish.dataset.check.header import header_of
from burnish.dataset.check.look import look_at
from burnish.dataset.check.registration import shift_between
from burnish.dataset.check.show import write_report
from burnish.dataset.check.statistics import losses
from burnish.errors import DataError
from burnish.images.jpeg.quality import jpeg_quality, table_at
from burnish.report.page import bars, page, paragraph, table

Pixels = NDArray[np.uint8]
HEIGHT, WIDTH = 176, 208


def photo(seed: int, height: int = HEIGHT, width: int = WIDTH) -> Pixels:
    """Something like a photograph, another for every seed: grey texture of 1/f amplitude over
    smooth colours.

    [H, W, 3]
    """
    rng = np.random.default_rng(seed)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    radius[0, 0] = np.inf
    texture = np.fft.irfft2(
        np.fft.rfft2(rng.normal(size=(height, width))) / radius, s=(height, width)
    )
    colours = ndimage.zoom(rng.uniform(-30, 30, (3, 3, 3)), (height / 3, width / 3, 1), order=1)
    values: NDArray[np.float64] = 128 + 40 * texture[..., None] / texture.std() + colours
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def noisy(pixels: Pixels, sigma: float = 15, seed: int = 0) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, sigma, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def moved(pixels: Pixels, down: float, right: float) -> Pixels:
    """Shifted by SciPy's cubic splines, which are not how it is measured."""
    values: NDArray[np.float64] = ndimage.shift(
        pixels.astype(float), (down, right, 0), order=5, mode="mirror"
    )
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def save(path: Path, pixels: NDArray[Any], **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def pair(
    folder: Path, name: str, seed: int, spoiled: Pixels | None = None, clean: Pixels | None = None
) -> None:
    good = photo(seed) if clean is None else clean
    save(folder / "clean" / f"{name}.png", good)
    save(folder / "noisy" / f"{name}.png", noisy(good, seed=seed) if spoiled is None else spoiled)


def bytes_of(pixels: Pixels, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs with nothing wrong, and a validation folder beside them."""
    folder = tmp_path_factory.mktemp("sound")
    for seed in range(12):
        pair(folder / "data", f"sub{seed % 2}/{seed}", seed)
    for seed in range(20, 24):
        save(folder / "val" / f"{seed}.png", photo(seed))
    return folder


@pytest.fixture(scope="module")
def rotten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set with every fault that one set of pairs can have; a file is called after the fault that
    it has.
    """
    folder = tmp_path_factory.mktemp("rotten")
    data, clean, spoiled = folder / "data", folder / "data" / "clean", folder / "data" / "noisy"
    for seed in range(12):
        pair(data, f"good{seed}", seed)

    # files and names
    save(clean / "unmatched.png", photo(100))
    pair(data, "doubled", 101)
    save(clean / "doubled.jpg", photo(101), quality=95)
    pair(data, "unreadable", 102)
    (spoiled / "unreadable.png").write_text("this is not a picture")
    pair(data, "truncated", 103)
    whole = bytes_of(photo(103), "JPEG", quality=95)
    (spoiled / "truncated.png").unlink()
    (spoiled / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    save(data / "unsupported.sgi", photo(104))
    save(folder / "elsewhere" / "1.png", photo(109))
    (data / "linked-folder").symlink_to(folder / "elsewhere", target_is_directory=True)
    pair(data, "case", 105)
    pair(data, "CASE", 106)
    pair(data, "misnamed", 107)
    (clean / "misnamed.png").write_bytes(bytes_of(photo(107), "WEBP", lossless=True))

    # one picture
    pair(data, "too-small", 110, clean=photo(110, 100, 140))
    pair(data, "blank", 111, clean=np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    pair(data, "alpha", 112)
    save(clean / "alpha.png", np.dstack([photo(112), np.full((HEIGHT, WIDTH), 200, np.uint8)]))
    pair(data, "profile", 113)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    save(clean / "profile.png", photo(113), icc_profile=lab)
    for side, pixels in ((clean, photo(114)), (spoiled, noisy(photo(114)))):
        images.write(side / "fake-16-bit.png", images.from_array(pixels.astype(np.uint16) * 257))
    grey = np.repeat(photo(115)[..., :1], 3, 2)
    pair(data, "grey-as-colour", 115, clean=grey, spoiled=noisy(grey))
    pair(data, "low-quality", 116, spoiled=noisy(photo(116), 30))
    (clean / "low-quality.png").unlink()
    save(clean / "low-quality.jpg", photo(116), quality=40)
    save(spoiled / "low-quality.jpg", noisy(photo(116), 30), quality=35)
    (spoiled / "low-quality.png").unlink()
    pair(
        data, "noisy-clean", 117, clean=noisy(photo(117), 12), spoiled=noisy(photo(117), 40, seed=1)
    )
    small = Image.fromarray(photo(118, HEIGHT // 3, WIDTH // 3))
    pair(
        data, "soft", 118, clean=np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    )
    barred = photo(119)
    barred[:20], barred[-20:] = 0, 0
    pair(data, "bars", 119, clean=barred)

    # two sides
    pair(data, "size-mismatch", 120, spoiled=noisy(photo(120))[:-8])
    large = photo(121, 2 * HEIGHT, 2 * WIDTH)
    pair(
        data,
        "scale-mismatch",
        121,
        spoiled=noisy(np.asarray(Image.fromarray(large).reduce(2))),
        clean=large,
    )
    pair(data, "depth-mismatch", 122)
    images.write(
        clean / "depth-mismatch.png",
        images.from_array(
            np.random.default_rng(0).integers(0, 257, (HEIGHT, WIDTH, 3), np.uint16)
            + photo(122) * np.uint16(255)
        ),
    )
    pair(data, "channel-mismatch", 123)
    save(spoiled / "channel-mismatch.png", noisy(photo(123))[..., 1])
    pair(data, "orientation-mismatch", 124)
    exif = Image.Exif()
    exif[274] = 3
    save(clean / "orientation-mismatch.png", photo(124), exif=exif)
    pair(data, "different-pictures", 125, spoiled=noisy(photo(1125)))
    pair(data, "shifted", 126, spoiled=noisy(moved(photo(126), 1.5, -2)))
    pair(data, "slightly-shifted", 127, spoiled=noisy(moved(photo(127), 0.4, 0)))
    pair(data, "swapped", 128, spoiled=photo(128), clean=noisy(photo(128), 25))
    pair(data, "identical", 129, spoiled=photo(129))

    # the whole set
    pair(data, "contradictory-1", 130)
    pair(data, "contradictory-2", 130, clean=photo(131), spoiled=noisy(photo(130), seed=130))
    pair(data, "duplicate-1", 132)
    pair(data, "duplicate-2", 132)
    pair(data, "duplicate-similar-1", 133)
    pair(
        data,
        "duplicate-similar-2",
        133,
        clean=np.clip(photo(133) * 0.9 + 9, 0, 255).astype(np.uint8),
    )
    pair(data, "duplicate-turned-1", 134)
    pair(data, "duplicate-turned-2", 134, clean=np.ascontiguousarray(np.rot90(photo(134))))
    for i in range(3):
        pair(data, f"shared-clean-{i}", 135, spoiled=noisy(photo(135), seed=i))
    save(folder / "val" / "leak.png", photo(0))
    save(
        folder / "val" / "leak-similar.jpg",
        np.asarray(
            Image.fromarray(photo(1)).resize((WIDTH * 2, HEIGHT * 2), Image.Resampling.BICUBIC)
        ),
        quality=80,
    )
    save(folder / "val" / "leak-turned.png", np.ascontiguousarray(photo(2)[:, ::-1]))
    for seed in range(20, 24):
        save(folder / "val" / f"{seed}.png", photo(seed))
    return folder


@pytest.fixture(scope="module")
def report_on_rotten(rotten: Path) -> Report:
    return check(CheckSource(rotten / "data"), validation=CheckSource(rotten / "val"))


def stems(report: Report) -> dict[str, set[str]]:
    """fault -> the names, without extensions, of all files of it."""
    return {
        finding.fault: {Path(file).stem for place in finding.places for file in place.files}
        for finding in report.findings
    }


#: faults whose planted files are called otherwise than the fault, or bring others along
OTHERWISE: Mapping[str, set[str]] = {
    "case": {"case", "CASE"},
    "swapped": {"swapped"},
    "different-pictures": {"different-pictures", "contradictory-2"},
    # what the clean side of the swapped pair is
    "noisy-clean": {"noisy-clean", "swapped"},
    "contradictory": {"contradictory-1", "contradictory-2"},
    "duplicate": {"duplicate-1", "duplicate-2"},
    "duplicate-similar": {"duplicate-similar-1", "duplicate-similar-2"},
    "duplicate-turned": {"duplicate-turned-1", "duplicate-turned-2"},
    "leak": {"leak", "good0"},
    "leak-similar": {"leak-similar", "good1"},
    "leak-turned": {"leak-turned", "good2"},
    "mixed-depth": set(),
    "mixed-channels": set(),
}
ELSEWHERE = {"empty", "outside-template", "perhaps-pairs"}


def test_every_planted_fault_is_found_where_it_is_and_nowhere_else(
    report_on_rotten: Report,
) -> None:
    found = stems(report_on_rotten)
    shared = found.pop("shared-clean")
    assert shared in (
        {"duplicate-1", "duplicate-2"},
        {"shared-clean-0", "shared-clean-1", "shared-clean-2"},
    )
    assert len(found) >= 25
    assert set(found) == set(FAULTS) - ELSEWHERE - {"shared-clean"}
    assert {
        fault: names for fault, names in found.items() if names != OTHERWISE.get(fault, {fault})
    } == {}


def test_nothing_is_found_where_nothing_is_wrong(sound: Path) -> None:
    report = check(CheckSource(sound / "data"), validation=CheckSource(sound / "val"))
    assert report.findings == ()
    assert len(report.units) == 12
    assert check(CheckSource(sound / "val")).findings == ()
    assert (
        quick([CheckSource(sound / "val")], pairs=[CheckSource(sound / "data")], crop=128).findings
        == ()
    )


def test_names_that_make_no_pairs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a folder"):
        check(CheckSource(tmp_path / "nowhere"))
    (tmp_path / "none").mkdir()
    assert stems(check(CheckSource(tmp_path / "none"))) == {"empty": {"none"}}
    for seed in range(3):
        save(tmp_path / "two" / "a" / f"{seed}.png", noisy(photo(seed)))
        save(tmp_path / "two" / "b" / f"{seed}.png", photo(seed))
    assert "perhaps-pairs" in stems(check(CheckSource(tmp_path / "two")))
    save(tmp_path / "two" / "b" / "other.sgi", photo(9)[..., 0])
    save(tmp_path / "two" / "c" / "other.png", photo(9))
    assert stems(check(CheckSource(tmp_path / "two", names="a/{name},b/{name}"))) == {
        "outside-template": {"other"},
        "unsupported": {"other"},
    }


def test_pairs_of_two_sizes(tmp_path: Path) -> None:
    large = photo(0, 2 * HEIGHT, 2 * WIDTH)
    small = np.asarray(Image.fromarray(large).reduce(2))
    wrong = np.pad(large[::-1], ((0, 1), (0, 0), (0, 0)), mode="edge")
    for name, bad, good in (
        ("right", small, large),
        ("cut", noisy(small[::-1]), wrong),
        ("swapped", large[:, ::-1], small[:, ::-1]),
    ):
        save(tmp_path / "LR" / f"{name}.png", bad)
        save(tmp_path / "HR" / f"{name}.png", good)
    save(
        tmp_path / "LR" / "corner.png", photo(4, 2 * HEIGHT, 2 * WIDTH)[::2, ::2]
    )  # every other pixel: half a pixel from where the mean of four lies
    save(tmp_path / "HR" / "corner.png", photo(4, 2 * HEIGHT, 2 * WIDTH))
    found = stems(check(CheckSource(tmp_path), scale=2))
    assert found.pop("duplicate-turned") == {"right", "cut", "swapped"}
    assert found == {
        "scale-mismatch": {"cut"},
        "swapped": {"swapped"},
        "slightly-shifted": {"corner"},
    }


def test_whatever_the_case_of_the_extension(tmp_path: Path) -> None:
    pair(tmp_path, "deep/one", 0)
    (tmp_path / "clean/deep/one.png").rename(tmp_path / "clean/deep/one.PNG")
    assert check(CheckSource(tmp_path)).findings == ()


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, -7), (0.3, -0.6), (-1.25, 0.5)])
def test_registration_against_scikit_image(down: float, right: float) -> None:
    first = photo(3)[..., 1]
    second = noisy(moved(photo(3), down, right), 10)[..., 1]
    shift = shift_between(first.astype(np.float32), second.astype(np.float32))
    assert shift is not None
    reference: NDArray[np.float64] = phase_cross_correlation(
        second, first, upsample_factor=20, normalization=None
    )[0]
    assert (shift.down, shift.right) == pytest.approx((down, right), abs=0.1)
    assert (shift.down, shift.right) == pytest.approx(tuple(reference), abs=0.15)
    assert shift.sure > 0.15


def test_registration_knows_what_it_does_not_know() -> None:
    other = shift_between(photo(3)[..., 1].astype(np.float32), photo(4)[..., 1].astype(np.float32))
    assert other is not None
    assert other.sure < 0.08
    assert shift_between(np.zeros((64, 64), np.float32), np.zeros((64, 64), np.float32)) is None
    assert shift_between(np.zeros((8, 8), np.float32), np.zeros((8, 8), np.float32)) is None


def test_hashes_of_all_eight_positions() -> None:
    small = np.stack(
        [
            np.asarray(
                Image.fromarray(photo(seed)).convert("L").resize((64, 64), Image.Resampling.BOX)
            )
            for seed in range(20)
        ]
    )
    all_positions = hashes(small)
    for position in range(len(POSITIONS)):
        moved_by_hand = np.ascontiguousarray(in_position(small[0], position))
        assert np.bitwise_count(hashes(moved_by_hand[None])[0, 0] ^ all_positions[0, position]) <= 1
        turned = np.stack([moved_by_hand])
        same = same_pictures(small, turned, np.ones(20), np.ones(1))
        assert [(s.first, s.turned) for s in same] == [(0, position > 0)]
    assert same_pictures(small, small, np.ones(20), np.ones(20)) == []
    assert correlation(small[0], small[0]) == pytest.approx(1)


@pytest.mark.parametrize("quality", [5, 20, 49, 50, 51, 75, 90, 95, 100])
def test_jpeg_quality_against_libjpeg(quality: int) -> None:
    with Image.open(io.BytesIO(bytes_of(photo(0), "JPEG", quality=quality))) as image:
        tables: dict[int, list[int]] = image.quantization  # type: ignore[attr-defined]
    assert jpeg_quality(tables[0]) == quality
    assert list(table_at(quality)) == tables[0]


def test_what_each_cut_loses() -> None:
    found = losses({(1500, 2000): 1}, 160)
    assert found["random"] == pytest.approx(
        0.991, abs=5e-4
    )  # the figure of a published report on such pages
    assert found["grid"] == pytest.approx(1 - 9 * 12 * 160**2 / 3e6)
    assert losses({(100, 100): 3}, 100) == pytest.approx(dict.fromkeys(found, 0))
    assert losses({(50, 100): 1, (200, 200): 1}, 100) == pytest.approx(
        {
            "random": 1 - 1e4 / 45e3,
            "grid": 5e3 / 45e3,
            "resize": 1 - 15e3 / 45e3,
            "hybrid": 1 - 12.5e3 / 45e3,
        }
    )


def test_the_figures_of_documents(tmp_path: Path) -> None:
    for seed in range(4):
        page_ = np.full((200, 240), 255, np.uint8)
        rng = np.random.default_rng(seed)
        for y, x in rng.integers(0, 180, (60, 2)):
            page_[y : y + 3, x : x + 14] = 0
        save(tmp_path / "clean" / f"{seed}.png", page_ if seed else np.ascontiguousarray(page_.T))
        save(
            tmp_path / "noisy" / f"{seed}.png",
            noisy((page_ if seed else np.ascontiguousarray(page_.T)) // 2 + 60, 8),
        )
    report = check(CheckSource(tmp_path))
    assert report.findings == ()
    figures = report.statistics
    assert figures is not None
    ink = np.mean(
        [np.asarray(Image.open(path)) < 128 for path in sorted((tmp_path / "clean").iterdir())][1:],
        axis=None,
    )
    assert figures.ink == pytest.approx(ink, rel=0.1)
    assert figures.ink is not None
    assert figures.pos_weight == pytest.approx(figures.ink / (1 - figures.ink))
    assert figures.rotations == ((240, 200),)
    assert sum(figures.brightness) == pytest.approx(1)


def test_no_false_alarm_where_little_can_be_told(tmp_path: Path) -> None:
    """Small pieces of plain walls and skies, an alpha channel that hides nothing, small noise
    beside clipped noise.
    """
    rng = np.random.default_rng(0)
    slope = np.add.outer(np.arange(72), 2 * np.arange(72))[..., None] * np.array([0.3, 0.2, 0.25])
    for i in range(12):
        calm = np.clip(
            60 + 12 * i * (i < 8) + slope * (1 - 2 * (i % 2)) + 3 * rng.normal(size=3), 0, 255
        )
        if i > 8:
            calm = np.clip(190 + slope, 0, 255)  # noise on it is clipped
        pair(
            tmp_path,
            f"{i}",
            0,
            clean=calm.astype(np.uint8),
            spoiled=noisy(calm.astype(np.uint8), 15, seed=i),
        )
    opaque = np.dstack([photo(12), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    save(tmp_path / "clean" / "opaque.png", opaque)
    save(tmp_path / "noisy" / "opaque.png", noisy(photo(12)))
    found = set(stems(check(CheckSource(tmp_path), crop=64)))
    assert not found & {"different-pictures", "swapped", "shifted", "slightly-shifted", "alpha"}


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """Bytes that are not UTF-8, as old discs hold them; and what HTML would take for its own."""
    for name in (b"old\xff.png", b"<i>.png"):
        try:
            save(tmp_path / "data" / os.fsdecode(name), np.full((HEIGHT, WIDTH), 90, np.uint8))
        except OSError:
            pytest.skip("the file system takes no such names")
    report = check(CheckSource(tmp_path / "data"))
    report.to_text().encode()
    text = write_report(report, tmp_path / "page.html").read_text()
    assert "old\\udcff.png" in text
    assert "&lt;i&gt;.png" in text
    assert "<i>" not in text


def test_a_look_decodes_large_jpegs_smaller(tmp_path: Path) -> None:
    header = header_of(save(tmp_path / "large.jpg", photo(0, 2200, 2400), quality=90))
    look, luma = look_at(header)
    assert (look.grey, header.size, header.quality, luma.shape) == (
        False,
        (2400, 2200),
        90,
        (1100, 1200),
    )


def test_the_command(sound: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(
        app, ["check", str(sound / "data"), "--crop", "192", "--html", str(tmp_path / "page.html")]
    )
    assert done.exit_code == 3, done.output
    assert "too-small" in done.output
    assert "sub0/2.png" in (tmp_path / "page.html").read_text()
    done = runner.invoke(app, ["check", str(sound / "data"), "--json"])
    assert done.exit_code == 0
    record = json.loads(done.output)
    assert (record["units"], record["errors"], record["findings"]) == (12, 0, [])


def test_the_page_shows_every_fault_and_needs_nothing_else(
    report_on_rotten: Report, tmp_path: Path
) -> None:
    text = write_report(report_on_rotten, tmp_path / "page.html").read_text()
    assert all(f": {finding.fault} (" in text for finding in report_on_rotten.findings)
    assert "swapped.png" in text
    assert text.count("data:image/jpeg;base64,") > 50
    assert not [word for word in ("<script", "http:", "https:", "<link") if word in text]


def test_a_recipe_is_proposed_that_loads(
    report_on_rotten: Report, sound: Path, tmp_path: Path
) -> None:
    from burnish.dataset.check.propose import write_recipe
    from burnish.training.recipe.file import load

    write_recipe(check(CheckSource(sound / "data")), tmp_path / "pairs.yaml")
    recipe = load(tmp_path / "pairs.yaml")
    assert (recipe.data.pairs[0].folder, recipe.data.crop, recipe.data.cut, recipe.data.groups) == (
        str(sound / "data"),
        128,
        "random",
        None,
    )
    write_recipe(check(CheckSource(sound / "val"), crop=192), tmp_path / "clean.yaml")
    recipe = load(tmp_path / "clean.yaml")
    assert (recipe.data.folders, recipe.data.cut, [dial.name for dial in recipe.dials]) == (
        (str(sound / "val"),),
        "hybrid",
        ["noise"],
    )
    written = write_recipe(report_on_rotten, tmp_path / "rotten.yaml")
    assert "MEND FIRST" in written[0].read_text()
    groups = [set(group) for group in json.loads(written[1].read_text())]
    assert {f"shared-clean-{i}.png" for i in range(3)} in groups
    assert {"duplicate-turned-1.png", "duplicate-turned-2.png"} in groups
    assert load(tmp_path / "rotten.yaml").data.groups == str(written[1])


def test_quick_reads_headers_alone(rotten: Path, tmp_path: Path) -> None:
    found = set(stems(quick([], pairs=[CheckSource(rotten / "data")], crop=128)))
    assert {
        "unmatched",
        "doubled",
        "unreadable",
        "size-mismatch",
        "depth-mismatch",
        "too-small",
    } <= found
    assert not {"shifted", "blank", "duplicate"} & found
    assert "too-small" not in stems(quick([], pairs=[CheckSource(rotten / "data")]))
    report = quick([CheckSource(rotten / "val")], pairs=[CheckSource(rotten / "data")], crop=128)
    with pytest.raises(DataError, match="unreadable.*more kinds"):
        report.refuse()
    shutil.copytree(rotten / "val", tmp_path / "val")
    quick([CheckSource(tmp_path / "val")]).refuse()


def test_a_page_escapes_what_it_is_given() -> None:
    text = page(
        "<title>", [paragraph("a & b"), table(("x",), [("<b>",), (3,)]), bars("c", {"<i>": 1.0})]
    )
    assert "<b>" not in text
    assert "<i>" not in text
    assert "&lt;title&gt;" in text
    assert "a &amp; b" in text


@pytest.mark.shared
def test_real_documents_share_clean_pages(shared: Path) -> None:
    report = check(CheckSource(shared / "documents" / "dirty_docs"))
    (finding,) = report.findings
    assert finding.fault == "shared-clean"
    assert "144 pairs share 36 clean pictures" in finding.places[0].detail
    known = json.loads(
        (shared / "documents" / "dirty_docs" / "groups_same_clean_page.json").read_text()
    )
    assert {frozenset(group) for group in report.groups} == {frozenset(group) for group in known}
    assert report.statistics is not None
    assert report.statistics.ink == pytest.approx(0.106, abs=0.005)


@pytest.mark.shared
def test_real_photographs_are_found_again(shared: Path) -> None:
    """19 of LIVE1's pictures are Kodak's."""
    report = check(
        CheckSource(shared / "test" / "kodak24"), validation=CheckSource(shared / "test" / "live1")
    )
    assert sum(len(finding.places) for finding in report.findings) == 19
    assert {finding.fault for finding in report.findings} <= {"leak", "leak-similar"}


def test_a_data_set_is_checked_without_the_training_wing(tmp_path: Path) -> None:
    """In the base install; to propose a recipe wants one library more, which is said at once."""
    script = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'yaml', 'matplotlib'])); "
        "from burnish.cli import main; main()"
    )
    examples = str(Path(__file__).resolve().parents[1] / "examples")
    command = [sys.executable, "-c", script, "check", examples]
    page = tmp_path / "page.html"
    done = subprocess.run([*command, "--html", str(page)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert page.exists()
    recipe = [*command, "--recipe", str(tmp_path / "r.yaml")]
    refused = subprocess.run(recipe, capture_output=True, text=True)
    assert refused.returncode != 0
    assert refused.stderr.splitlines() == [
        "burnish: a recipe is written with PyYAML, and it is not installed; pip install "
        "'burnish[train]' brings it, and what trains the recipe [E_MISSING_EXTRA]"
    ]
