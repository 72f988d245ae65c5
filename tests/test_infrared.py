"""Infrared: which plane it is, what of it is dirt, and what mending by it gives back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scans
import tifffile
from finders import Bright
from numpy.typing import NDArray
from scans import Scan, deep, scanned
from scipy import ndimage

from burnish import images
from burnish.contract import Array
from burnish.errors import InputError, UnsupportedFormat, UsageError
from burnish.images import Picture, Plane
from burnish.inference.job import Job, check_job, find_job, run_job
from burnish.inference.masked.mender import FindingMender
from burnish.pipeline import Asked, Dirt, MapFile, brightened, dirt
from burnish.pipeline.infrared import infrared_beside, light_of, pixels_of, without_infrared
from burnish.pipeline.mend.infrared.offset import offset
from burnish.pipeline.mend.infrared.planes import at_size, density, moved


@pytest.fixture(scope="module")
def scan() -> Scan:
    return scanned(off=(1.3, -2.6))


@pytest.fixture
def mender() -> FindingMender:
    return FindingMender(Bright(0.999))


def decibels(one: NDArray[Any], other: NDArray[Any]) -> float:
    """PSNR of light, in 0..1."""
    return float(-10 * np.log10(np.square(one - other, dtype=np.float64).mean()))


def light_in(path: Path) -> Array:
    """The first page's light [3, H, W]."""
    samples = tifffile.imread(path, key=0)[..., :3].transpose(2, 0, 1)
    return np.asarray(samples / 65535, np.float32)


# --- what of infrared is dirt


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("leak", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("off", [(0.0, 0.0), (4.6, -3.3)])
def test_dirt_is_found_wherever_the_plane_lies_and_whatever_leaks(
    off: tuple[float, float], leak: float, half: bool
) -> None:
    made = scanned(leak, off, half=half)
    found = dirt(made.dirty, made.plane)
    assert isinstance(found, Dirt)
    np.testing.assert_allclose(found.clear.off, np.negative(off), atol=0.3)
    assert found.clear.leak.slope == pytest.approx(leak, abs=0.05)
    inside = found.clear.covered
    dirty = (made.through < 0.8) & inside
    # Where what leaks is dark or steep, noise hides thin dirt.
    assert (found.found & dirty).sum() > (0.95 if leak < 0.3 else 0.7) * dirty.sum()
    near = np.asarray(ndimage.binary_dilation(made.through < 0.98, np.ones((5, 5))))
    assert (found.found & ~near).sum() < 0.0005 * near.size


def test_density_of_dirt_is_what_dims(scan: Scan) -> None:
    found = dirt(scan.dirty, scan.plane)
    assert isinstance(found, Dirt)
    even = ndimage.binary_erosion(np.abs(scan.through - 0.6) < 0.01, np.ones((3, 3)))
    assert even.sum() > 100
    assert np.median(found.density[even]) == pytest.approx(-np.log(0.6), rel=0.05)


def test_a_clean_scan_has_no_dirt() -> None:
    made = scanned(0.2, (2.0, 1.0), through=np.ones(scans.SIZE, np.float32))
    found = dirt(made.dirty, made.plane)
    assert isinstance(found, Dirt)
    assert found.found.mean() < 0.0002
    light = made.dirty
    nothing = replace(found, found=np.zeros_like(found.found))
    same, lost = brightened(light, nothing)
    assert not lost.any()
    assert same is light


def stripes() -> NDArray[np.float64]:
    """A plane two fifths of which are dark, which no infrared is."""
    noise = np.random.default_rng(0).normal(0, 0.01, scans.SIZE)
    dark = np.arange(scans.SIZE[1]) % 50 < 20
    return np.where(dark, 0.2, 0.7) + noise


@pytest.mark.parametrize(
    ("plane", "why"),
    [
        (np.full(scans.SIZE, 0.7), "is blank"),
        (np.where(np.arange(scans.SIZE[1]) < 40, 0.0, 1.0) * np.ones(scans.SIZE), "is blank"),
        (np.random.default_rng(0).uniform(0, 0.001, scans.SIZE), "lets no light through"),
        (stripes(), "% of the picture for dirt"),
    ],
)
def test_a_plane_that_tells_nothing_is_said_to(
    plane: NDArray[np.float64], why: str, scan: Scan
) -> None:
    found = dirt(scan.dirty, plane.astype(np.float32))
    assert isinstance(found, str)
    assert why in found


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_silver_film_shows_the_picture_itself(share: float) -> None:
    made = scanned(share, (2.0, -1.0))
    grey = made.clean[:1]
    silver = replace(made, clean=np.repeat(grey, 3, 0))
    for light in (silver.dirty, silver.dirty[:1]):
        found = dirt(light, made.plane)
        assert isinstance(found, str)
        assert "shows the picture itself" in found


def test_offset_is_told_by_what_both_show() -> None:
    made = scanned(0.3, through=np.ones(scans.SIZE, np.float32))
    red = density(made.clean[0])
    way = offset(red, moved(red, -2.25, 3.5))
    assert way is not None
    np.testing.assert_allclose(way, (2.25, -3.5), atol=0.15)
    noise = np.random.default_rng(0).normal(size=(2, *scans.SIZE)).astype(np.float32)
    assert offset(*noise) is None


def test_of_a_larger_plane_the_darkest_counts() -> None:
    plane = np.ones((8, 12), np.float32)
    plane[3, 5] = 0.1
    small = at_size(plane, 4, 6)
    assert small[1, 2] == np.float32(0.1)
    assert small.sum() == pytest.approx(23.1)
    assert at_size(plane, 8, 12) is not None
    np.testing.assert_array_equal(at_size(plane, 8, 12), plane)


# --- what is brightened


def test_thin_dirt_is_taken_away_and_thick_dirt_is_to_be_filled(scan: Scan) -> None:
    found = dirt(scan.dirty, scan.plane)
    assert isinstance(found, Dirt)
    light, lost = brightened(scan.dirty, found)
    assert lost[118:123, 188:193].all()
    assert not lost[135:146, 115:126].any()
    part = (slice(None), slice(132, 149), slice(112, 129))
    assert (
        decibels(light[part], scan.clean[part]) > decibels(scan.dirty[part], scan.clean[part]) + 15
    )
    away = ~ndimage.binary_dilation(found.found, np.ones((3, 3)))
    np.testing.assert_array_equal(light[:, away], scan.dirty[:, away])


def test_what_is_not_dimmed_as_infrared_is_filled() -> None:
    """A negative that was inverted: its dirt is white."""
    made = scanned(0.0, through=scans.specks())
    inverted = np.asarray(1 - 0.8 * made.dirty, np.float32)
    found = dirt(inverted, made.plane)
    assert isinstance(found, Dirt)
    light, lost = brightened(inverted, found)
    assert (lost & found.found).sum() == found.found.sum()
    np.testing.assert_array_equal(light, inverted)


# --- the plane that belongs to a picture


@pytest.mark.parametrize("layout", scans.LAYOUTS)
def test_every_layout_of_scanning_programs_is_mended(
    layout: str, scan: Scan, mender: FindingMender, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.tif", tmp_path / "out.tif"
    scans.LAYOUTS[layout](source, scan)
    masks: list[Any] = []
    report = run_job(
        Job(str(source), str(target)), mender, look=lambda _, done: masks.append(done.mask)
    )
    assert report.of == 1
    assert "dirt found by its infrared plane" in report.notes
    before, after = light_in(source), light_in(target)
    assert decibels(after, scan.clean) > decibels(before, scan.clean) + 8
    (mask,) = masks
    assert 0.01 < mask.mean() < 0.2
    np.testing.assert_array_equal(after[:, mask == 0], before[:, mask == 0])
    check_same_plane(source, target)


def check_same_plane(source: Path, target: Path) -> None:
    """What stands beside the picture is in the result, bit for bit, and marked as it was."""
    with tifffile.TiffFile(source) as one, tifffile.TiffFile(target) as other:
        assert len(one.pages) == len(other.pages)
        for page, kept in zip(one.pages, other.pages, strict=True):
            assert page.shape == kept.shape
            assert page.aspage().subfiletype == kept.aspage().subfiletype
        ours, theirs = one.pages[0].asarray(), other.pages[0].asarray()
        np.testing.assert_array_equal(ours[..., 3:], theirs[..., 3:])
        for number in range(1, len(one.pages)):
            theirs = other.pages[number].asarray()
            np.testing.assert_array_equal(one.pages[number].asarray(), theirs)


def test_a_marked_page_of_half_the_size_is_infrared(mender: FindingMender, tmp_path: Path) -> None:
    made = scanned(half=True)
    source, target = tmp_path / "in.tif", tmp_path / "out.tif"
    scans.marked(source, made)
    header = images.header(source)
    assert (header.frames, header.extras) == (1, ("infrared",))
    report = run_job(Job(str(source), str(target)), mender)
    assert "dirt found by its infrared plane" in report.notes
    assert decibels(light_in(target), made.clean) > decibels(light_in(source), made.clean) + 6
    check_same_plane(source, target)


def test_a_marked_page_of_another_shape_is_a_picture_of_its_own(tmp_path: Path) -> None:
    made = scanned()
    scans.marked(tmp_path / "in.tif", replace(made, plane=made.plane[:, :-40]))
    assert images.header(tmp_path / "in.tif").frames == 2


def test_eight_bits_of_tones_are_mended_as_light(mender: FindingMender, scan: Scan) -> None:
    picture = replace(images.from_array(np.zeros((2, 2, 3), np.uint8)), planes=scan.dirty[None])
    tones = pixels_of(scan.dirty, picture)
    rounded = np.asarray(np.rint(tones * 255) / 255, np.float32)
    eight = replace(picture, planes=rounded, extras=(Plane("infrared", scan.infrared),))
    np.testing.assert_allclose(light_of(replace(eight, planes=tones)), scan.dirty, atol=1e-5)
    restored = mender.restore(eight)
    clean = pixels_of(scan.clean, picture)
    after = np.asarray(restored.picture.pixels)
    assert decibels(after, clean) > decibels(rounded, clean) + 8
    assert restored.mask is not None
    kept = restored.mask == 0
    np.testing.assert_array_equal(after[0][:, kept], rounded[0][:, kept])


def test_a_fourth_sample_of_eight_bits_is_not_taken_for_infrared(
    scan: Scan, mender: FindingMender, tmp_path: Path
) -> None:
    samples = (np.dstack([scan.deep, scan.infrared]) >> 8).astype(np.uint8)
    path = tmp_path / "in.tif"
    tifffile.imwrite(path, samples, photometric="rgb", extrasamples=["unspecified"], metadata=None)
    picture = images.read(path)
    assert not any("infrared" in note for note in mender.restore(picture).picture.notes)
    named = mender.restore(picture, Asked(infrared=path)).picture.notes
    assert not any("dirt found" in note for note in named)  # its grey is the picture itself


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_turned_scan_is_mended_and_its_mask_stands_upright(
    turn: int, scan: Scan, mender: FindingMender, tmp_path: Path
) -> None:
    source, target, mask = (tmp_path / name for name in ("in.tif", "out.tif", "mask.png"))
    scans.marked(source, scan)
    tag = [(274, "H", 1, turn, True)]
    with tifffile.TiffWriter(source) as file:
        file.write(scan.deep, photometric="rgb", metadata=None, extratags=tag)
        file.write(scan.infrared, photometric="minisblack", metadata=None)
    assert run_job(Job(str(source), str(target)), mender).status == "restored"
    assert decibels(light_in(target), scan.clean) > decibels(light_in(source), scan.clean) + 8
    find_job(Job(str(source), ""), mender, mask)
    shown = images.read(mask).pixels[0, 0]
    picture = images.read(source)
    lies = images.stored(shown, picture)
    assert lies.shape == scans.SIZE
    assert lies[118:123, 188:193].all()
    assert lies[:100, 230:].mean() < 0.5


@pytest.mark.parametrize("turned", ["as stored", "upright", "with a tag"])
def test_a_file_of_infrared_lies_as_its_picture_does(
    turned: str, scan: Scan, mender: FindingMender, tmp_path: Path
) -> None:
    source, other = tmp_path / "in.tif", tmp_path / "plane.tif"
    tag = [(274, "H", 1, 6, True)]
    tifffile.imwrite(source, scan.deep, photometric="rgb", metadata=None, extratags=tag)
    plane = np.rot90(scan.infrared, -1) if turned == "upright" else scan.infrared
    options: dict[str, Any] = {"extratags": tag} if turned == "with a tag" else {}
    tifffile.imwrite(other, plane.copy(), photometric="minisblack", metadata=None, **options)
    restored = mender.restore(images.read(source), Asked(infrared=other))
    assert decibels(restored.picture.pixels[0], scan.clean) > decibels(scan.dirty, scan.clean) + 8


def test_a_plane_is_given_as_an_array(scan: Scan, mender: FindingMender) -> None:
    picture = replace(
        *(images.from_array(scan.deep),), format="TIFF", planes=scan.dirty[None].copy()
    )
    restored = mender.restore(picture, Asked(infrared=scan.plane))
    assert decibels(restored.picture.pixels[0], scan.clean) > decibels(scan.dirty, scan.clean) + 8
    with pytest.raises(UsageError, match="does not fit a picture of 256x192"):
        mender.restore(picture, Asked(infrared=scan.plane[:, :100]))


# --- what is said, and what is asked


def test_off_leaves_it_to_the_model(scan: Scan, mender: FindingMender, tmp_path: Path) -> None:
    scans.four(tmp_path / "in.tif", scan)
    picture = images.read(tmp_path / "in.tif")
    restored = mender.restore(picture, Asked(infrared=None))
    np.testing.assert_array_equal(restored.picture.pixels, picture.pixels)
    assert restored.picture.notes == picture.notes


def test_silver_film_is_said_and_left_to_the_model(mender: FindingMender, tmp_path: Path) -> None:
    made = scanned(0.9)
    grey = np.repeat(made.clean[:1], 3, 0)
    white = grey.copy()
    white[:, 50:54, 60:64] = 1.0
    made = replace(made, clean=white, through=np.ones(scans.SIZE, np.float32))
    scans.marked(tmp_path / "in.tif", made)
    report = run_job(Job(str(tmp_path / "in.tif"), str(tmp_path / "out.tif")), mender)
    said = "its infrared plane shows the picture itself, as with silver film and some slides, and "
    assert f"{said}is not used" in report.notes
    assert light_in(tmp_path / "out.tif")[:, 51:53, 61:63].max() < 0.99


def test_a_mask_that_was_given_comes_before_infrared(
    scan: Scan, mender: FindingMender, tmp_path: Path
) -> None:
    scans.four(tmp_path / "in.tif", scan)
    picture = images.read(tmp_path / "in.tif")
    images.write(tmp_path / "m.png", images.from_array(np.zeros(scans.SIZE, np.uint8)))
    mask = MapFile(tmp_path / "m.png", 0.0, 1.0, "m.png")
    restored = mender.restore(picture, Asked(mask=mask))
    np.testing.assert_array_equal(restored.picture.pixels, picture.pixels)


def test_infrared_of_another_shape_is_refused(
    scan: Scan, mender: FindingMender, tmp_path: Path
) -> None:
    scans.beside(tmp_path / "in.tif", replace(scan, plane=scan.plane[:90]))
    job = Job(str(tmp_path / "in.tif"), str(tmp_path / "out.tif"))
    with pytest.raises(InputError, match="is infrared of 256x90, which is another shape"):
        run_job(job, mender)
    assert not (tmp_path / "out.tif").exists()


def test_files_of_infrared_are_known_by_their_names(tmp_path: Path) -> None:
    names = ("a.tif", "a_ir.tif", "b.tif", "b_IR.TIF", "c_ir.tif", "d.TIFF", "d_IR.tif", "e.png")
    for name in names:
        (tmp_path / name).touch()
    beside = {name: infrared_beside(str(tmp_path / name)) for name in names}
    found = {name: path.name for name, path in beside.items() if path is not None}
    assert found == {"a.tif": "a_ir.tif", "d.TIFF": "d_IR.tif"}
    pairs = [(str(tmp_path / name), "out") for name in names]
    left = [Path(source).name for source, _ in without_infrared(pairs)]
    assert left == ["a.tif", "b.tif", "b_IR.TIF", "c_ir.tif", "d.TIFF", "e.png"]


# --- DNG


@pytest.mark.parametrize("turn", [1, 6])
@pytest.mark.parametrize(("half", "places"), [(False, "below"), (True, "below"), (False, "pages")])
def test_infrared_of_a_dng_comes_with_the_picture(
    half: bool, places: str, turn: int, mender: FindingMender, tmp_path: Path
) -> None:
    pytest.importorskip("rawpy")
    made = scanned(half=half)
    source, target = tmp_path / "in.dng", tmp_path / "out.tif"
    scans.digital_negative(source, made, turn, places)
    assert images.header(source).extras == ("infrared",)
    picture = images.read(source)
    (plane,) = picture.extras
    np.testing.assert_array_equal(plane.samples, images.turned(made.infrared, turn))
    report = run_job(Job(str(source), str(target)), mender)
    assert "dirt found by its infrared plane" in report.notes
    again = images.read(target)
    np.testing.assert_array_equal(again.extras[0].samples, plane.samples)
    clean = replace(made, through=np.ones(scans.SIZE, np.float32))
    scans.digital_negative(tmp_path / "clean.dng", clean, turn, places)
    wanted = images.read(tmp_path / "clean.dng").pixels
    assert decibels(again.pixels, wanted) > decibels(picture.pixels, wanted) + 5


def test_a_dng_of_four_linear_samples_is_refused(scan: Scan, tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    four = np.dstack([scan.deep, scan.infrared])
    path = tmp_path / "in.dng"
    version = [(50706, "B", 4, (1, 4, 0, 0), True)]
    tifffile.imwrite(path, four, photometric=34892, extratags=version, metadata=None)
    with pytest.raises(UnsupportedFormat, match="takes infrared for a colour"):
        check_job(Job(str(path), str(tmp_path / "out.tif")), 1)


# --- the command line


def run_it(*words: object) -> tuple[int, str]:
    """The status of `burnish restore` with these words, and all that it says."""
    from typer.testing import CliRunner

    from burnish.cli.app import app

    result = CliRunner().invoke(app, ["restore", *map(str, words)])
    error = result.exception
    status = 2 if isinstance(error, UsageError) else result.exit_code
    return status, " ".join(f"{result.output} {error or ''}".split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--infrared", "off", "-m", "photo"], "goes with a model that finds damage"),
        (["--infrared", "no.tif"], "no such file"),
        (["--infrared", "in_ir.tif", "--mask-in", "m.png"], "leave one out"),
        (["--infrared", "off", "--sidecar"], "goes without a journal and sidecars"),
        (["other.tif", "--infrared", "in_ir.tif"], "is the infrared plane of one picture"),
    ],
)
def test_words_of_infrared_that_do_not_fit_are_refused(
    words: list[str], said: str, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scans.beside(Path("in.tif"), scan)
    scans.four(Path("other.tif"), scan)
    out = "out/" if "other.tif" in words else "out.tif"
    status, output = run_it("in.tif", "-o", out, "-m", "scratch", *words)
    assert status == 2, output
    assert said in output


def test_a_folder_of_scans_with_files_of_infrared(scan: Scan, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.tif", "b.tif"):
        scans.beside(tmp_path / "in" / name, scan)
    words = (tmp_path / "in", "-m", "scratch", "-o", f"{tmp_path / 'out'}/")
    status, said = run_it(*words, "--mask-out", f"{tmp_path / 'masks'}/")
    assert status == 0, said
    assert "taken as the infrared of pictures beside them: 2" in said
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.tif", "b.tif"]
    masks = sorted(file.name for file in (tmp_path / "masks").iterdir())
    assert masks == ["a.tif_mask.png", "b.tif_mask.png"]
    light = light_in(tmp_path / "out" / "a.tif")
    assert decibels(light, scan.clean) > decibels(scan.dirty, scan.clean) + 8


def test_infrared_beside_is_never_replaced(scan: Scan, tmp_path: Path) -> None:
    scans.beside(tmp_path / "in.tif", scan)
    words = (tmp_path / "in.tif", "-m", "scratch", "-o", tmp_path / "in_ir.tif", "--overwrite")
    status, said = run_it(*words)
    assert status == 2, said
    assert "is the infrared of a picture" in said
    status, said = run_it(*words, "--infrared", tmp_path / "in_ir.tif")
    assert status == 2, said
    assert "would be replaced by the result" in said


def test_a_plane_of_another_shape_is_an_input_that_fails(scan: Scan, tmp_path: Path) -> None:
    scans.beside(tmp_path / "in.tif", replace(scan, plane=scan.plane[:90]))
    status, said = run_it(tmp_path / "in.tif", "-m", "scratch", "-o", tmp_path / "out.tif")
    assert status == 3, said
    assert "is infrared of 256x90, which is another shape" in said
    status, said = run_it(
        *(tmp_path / "in.tif", "-m", "scratch", "-o", tmp_path / "out.tif"), "--infrared", "off"
    )
    assert status == 0, said


def test_deep_is_rounded() -> None:
    assert deep(np.array([0.0, 0.5, 1.0])).tolist() == [0, 32768, 65535]


def test_a_picture_without_infrared_is_looked_at_by_the_model(mender: FindingMender) -> None:
    white = np.full((1, 3, 40, 40), 0.5, np.float32)
    white[:, :, 10, 10:30] = 1
    restored = mender.restore(Picture(white))
    assert restored.mask is not None
    assert restored.mask[10, 10:30].all()
    assert restored.picture.notes == ()
