"""Mending: what is taken for damage, what is put in its place, and that nothing else changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import leaves, scene
from finders import Bright
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from burnish.cli.masks import Masks
from burnish.contract import Array
from burnish.errors import InputError, UsageError
from burnish.ground.fill import filled
from burnish.ground.regions import dilated
from burnish.ground.resize import resize
from burnish.images import Picture, read
from burnish.inference.job import Job, run_job
from burnish.inference.masked import write_mask
from burnish.inference.masked.mender import WIDE, FindingMender, Mender
from burnish.pipeline import Asked, MapFile, ask, mended, region
from burnish.pipeline.mend.grain import with_grain, without_grain
from burnish.pipeline.mend.regions import thick

#: a picture's width and height
SIDES = (60, 80)


def scratched() -> NDArray[np.bool_]:
    """A slanting scratch three pixels wide, a spot, and something at the border."""
    rows, columns = np.mgrid[0 : SIDES[0], 0 : SIDES[1]]
    line = np.abs(columns - 20 - rows // 3) <= 1
    spot = np.hypot(rows - 30, columns - 60) < 4
    found: NDArray[np.bool_] = line | spot | ((rows < 3) & (columns > 74))
    return found


# --- what is mended


def test_sensitivity_says_how_sure_is_sure_enough() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[10, 10], mask[30, 30] = 0.45, 0.9
    assert not region(mask, 0, 50).any()
    assert region(mask, 50, 50)[30, 30]
    assert not region(mask, 50, 50)[10, 10]
    assert region(mask, 60, 50)[10, 10]


def test_what_is_mended_reaches_over_the_soft_edge_of_damage() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[20, :] = 0.9
    mask[22:30, :] = 0.2  # a soft edge, and far too wide for one
    found = region(mask, 50, 50)
    np.testing.assert_array_equal(np.flatnonzero(found.any(1)), [18, 19, 20, 21, 22, 23])
    assert found[18:24].all()


def test_of_a_picture_that_was_looked_at_smaller_edges_are_as_much_softer() -> None:
    mask = np.zeros((80, 80), np.float32)
    mask[40:42, :] = 0.9
    found = np.flatnonzero(region(mask, 50, 50, 50).any(1))
    np.testing.assert_array_equal(found, range(36, 46))


def test_what_is_thicker_than_size_stays() -> None:
    mask = np.zeros((100, 100), np.float32)
    mask[10:30, 10:30] = 1  # a fifth of the height
    mask[60:62, :] = 1  # long, and thin
    small, large = region(mask, 50, 10), region(mask, 50, 25)
    assert not small[:40].any()
    assert small[60:62].all()
    assert large[10:30, 10:30].all()


@pytest.mark.parametrize("side", [2, 3, 6])
def test_thick_is_what_an_opening_leaves_and_what_hangs_on_it(side: int) -> None:
    marked = np.random.default_rng(0).random((50, 60)) < 0.7
    marked = ndimage.binary_opening(marked, np.ones((2, 2)))
    opened = ndimage.binary_opening(marked, np.ones((side, side)))
    around = np.ones((2 * (side // 2) + 1,) * 2)
    wanted = ndimage.binary_dilation(opened, around) & marked if opened.any() else opened
    np.testing.assert_array_equal(thick(marked, side), wanted)


def test_dilated_is_a_square_to_each_side() -> None:
    marked = np.zeros((9, 12), bool)
    marked[4, 5] = marked[0, 0] = True
    wanted = ndimage.binary_dilation(marked, np.ones((5, 5)))
    np.testing.assert_array_equal(dilated(marked, 2), wanted)


# --- what is put in its place


def test_what_is_known_keeps_its_bits_and_slopes_go_on() -> None:
    lost = scratched()
    rows, columns = np.mgrid[0 : SIDES[0], 0 : SIDES[1]] / 100
    plane = np.stack([0.2 + rows, 0.9 - columns, 0.3 + rows - columns / 2]).astype(np.float32)
    broken = np.where(lost, np.float32(1), plane)
    result = filled(broken, lost)
    np.testing.assert_array_equal(result[:, ~lost], plane[:, ~lost])
    inside = lost.copy()
    inside[:9] = inside[-9:] = False  # behind the border nothing says how it goes on
    np.testing.assert_allclose(result[:, inside], plane[:, inside], atol=2e-3)


def test_it_fills_with_the_spline_in_tension_that_a_dense_solver_finds() -> None:
    from burnish.ground.fill import TENSION, Gap

    rows, columns = np.mgrid[0:16, 0:18]
    lost = (np.abs(columns - rows - 1) <= 1) & (rows > 1)
    picture = scene(16, 18)[0, :1]

    def energy(values: Array) -> float:
        """What is to be least, by its definition, of a picture with these lost pixels."""
        whole = picture.astype(np.float64)
        whole[:, lost] = values
        wide = np.pad(whole[0], 1, "edge")
        bent = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * whole[0]
        near = ndimage.binary_dilation(lost)
        steps = sum(np.square(np.diff(whole[0], axis=axis)).sum() for axis in (0, 1))
        return float(np.square(bent[near]).sum() + TENSION * steps)

    found = filled(picture, lost)[0, lost]
    least = energy(found)
    rng = np.random.default_rng(0)
    assert Gap.of(lost).count == lost.sum()
    for _ in range(20):
        way = 0.02 * rng.standard_normal(found.shape)
        assert energy(found + way) > least
        # At the least one, a step forth costs what a step back does.
        slope = (energy(found + way) - energy(found - way)) / (energy(found + way) - least)
        assert abs(slope) < 0.05


def test_noise_beside_a_gap_is_not_drawn_out_across_it() -> None:
    rng = np.random.default_rng(0)
    lost = np.zeros((120, 160), bool)
    lost[30:36, :] = lost[:, 80:88] = True
    noisy = (0.5 + rng.normal(0, 0.03, (3, 120, 160))).astype(np.float32)
    calm = filled(without_grain(noisy, lost), lost)[:, lost] - 0.5
    assert calm.std() < 0.6 * (filled(noisy, lost)[:, lost] - 0.5).std()
    np.testing.assert_array_equal(without_grain(noisy, lost)[:, lost], noisy[:, lost])


def test_wide_gaps_and_borders_are_filled_and_nothing_is_made_up_of_nothing() -> None:
    picture = np.full((1, 3, 64, 64), 0.5, np.float32)
    lost = np.zeros((64, 64), bool)
    lost[:40, :50] = True
    np.testing.assert_allclose(filled(np.where(lost, 1, picture[0]), lost), 0.5, atol=1e-3)
    np.testing.assert_array_equal(mended(picture, np.ones((64, 64), bool), 5.0), picture)
    one = np.zeros((1, 9), bool)
    one[0, 3] = True
    assert np.isfinite(filled(np.ones((1, 1, 9), np.float32), one)).all()


def test_grain_is_put_back_as_strong_as_it_is_beside() -> None:
    rng = np.random.default_rng(0)
    lost = np.zeros((120, 160), bool)
    lost[30:36, :] = lost[:, 80:88] = True
    grain = ndimage.gaussian_filter(rng.standard_normal((3, 120, 160)), (0, 0.8, 0.8))
    grain *= 0.03 / grain.std()
    picture = np.asarray(0.5 + grain, np.float32)
    smooth = filled(picture, lost)
    result = with_grain(picture, smooth, lost, 0.03)
    np.testing.assert_array_equal(result[:, ~lost], picture[:, ~lost])
    added = (result - smooth)[:, lost]
    assert added.std() == pytest.approx(0.03, rel=0.05)
    inside = (result - smooth)[:, 31:35]
    beside = np.corrcoef(inside[..., :-1].ravel(), inside[..., 1:].ravel())[0, 1]
    assert beside > 0.3  # as coarse as it was


# --- at what size


def test_a_picture_that_was_enlarged_is_looked_at_as_large_as_it_was() -> None:
    small = leaves(120, 160)
    small[..., 40:44, 20:140] = 1
    model = FindingMender(Bright(0.97))
    asked = ask(model.contract, {"size": 30.0})
    at_once = model.restore(Picture(small), asked)
    assert (at_once.settled.dials["scale"], at_once.settled.origins["scale"]) == (100, "pixels")
    large = np.asarray(resize(small, 240, 320), np.float32)
    restored = model.restore(Picture(large), asked)
    assert restored.settled.dials["scale"] == 50
    assert at_once.mask is not None
    assert restored.mask is not None
    again = resize(restored.mask[None, None], 120, 160)[0, 0] > 0.5
    assert again[at_once.mask > 0].mean() > 0.7
    assert again.sum() < 2 * (at_once.mask > 0).sum()
    fixed = ask(model.contract, {"scale": 100.0})
    assert model.restore(Picture(large), fixed).settled.origins["scale"] == "asked"


# --- pictures


@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_outside_of_the_mask_every_sample_is_the_inputs(tmp_path: Path, depth: str) -> None:
    import tifffile

    lost = scratched()
    pixels = 0.9 * scene(*SIDES)[0].transpose(1, 2, 0)
    pixels[lost] = 1
    top = {"uint8": 255, "uint16": 65535}.get(depth)
    samples = np.rint(pixels * top).astype(depth) if top else pixels.astype(np.float32)
    tifffile.imwrite(tmp_path / "in.tif", samples, photometric="rgb")
    model = FindingMender(Bright())
    asked = ask(model.contract, {"size": 30.0})
    job = Job(str(tmp_path / "in.tif"), str(tmp_path / "out.tif"), asked)
    masks: list[Array | None] = []
    run_job(job, model, look=lambda _, restored: masks.append(restored.mask))
    after = tifffile.imread(tmp_path / "out.tif")
    assert after.dtype == samples.dtype
    (mask,) = masks
    assert mask is not None
    touched = mask > 0
    assert touched[lost].all()
    assert touched.mean() < 3 * lost.mean()
    np.testing.assert_array_equal(after[~touched], samples[~touched])
    changed = (after != samples).any(-1)
    assert changed[lost].mean() > 0.95


def test_a_mask_that_was_written_is_read_as_the_same_and_mended_as_it_is(tmp_path: Path) -> None:
    lost = scratched()
    pixels = scene(*SIDES)
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    picture = Picture(pixels, exif=exif.tobytes().removeprefix(b"Exif\0\0"))
    write_mask(tmp_path / "mask.png", picture, lost.astype(np.float32))
    assert Image.open(tmp_path / "mask.png").size == SIDES
    mask = MapFile(tmp_path / "mask.png", 0.0, 1.0, "mask.png")
    restored = FindingMender(Bright()).restore(picture, Asked(mask=mask))
    assert restored.mask is not None
    np.testing.assert_array_equal(restored.mask > 0, lost)
    after = restored.picture.pixels
    np.testing.assert_array_equal(after[..., ~lost], pixels[..., ~lost])
    assert (after[..., lost] != pixels[..., lost]).mean() > 0.9


def test_a_mask_of_another_shape_is_refused(tmp_path: Path) -> None:
    Image.new("L", (50, 50)).save(tmp_path / "mask.png")
    mask = MapFile(tmp_path / "mask.png", 0.0, 1.0, "mask.png")
    with pytest.raises(InputError, match="another shape"):
        FindingMender(Bright()).restore(Picture(scene(*SIDES)), Asked(mask=mask))


def test_what_is_hidden_or_whole_stays_and_strength_takes_a_share() -> None:
    lost = scratched()
    pixels = (0.8 * scene(*SIDES)).astype(np.float32)
    broken = np.where(lost, np.float32(1), pixels)
    model = FindingMender(Bright())
    whole = model.restore(Picture(pixels))
    np.testing.assert_array_equal(whole.picture.pixels, pixels)
    assert whole.mask is not None
    assert not whole.mask.any()

    alpha = np.ones((1, 1, *SIDES), np.float32)
    alpha[..., 40:] = 0
    seen = model.restore(Picture(broken, alpha=alpha)).picture.pixels
    np.testing.assert_array_equal(seen[..., 40:], broken[..., 40:])

    kept = broken.copy()
    full, half = (
        model.restore(Picture(broken), ask(model.contract, None, strength)).picture.pixels
        for strength in (1.0, 0.5)
    )
    np.testing.assert_array_equal(broken, kept)
    np.testing.assert_allclose(half, (broken + full) / 2, atol=1e-6)


@pytest.mark.parametrize(("side", "said"), [(WIDE - 1, False), (WIDE, True)])
def test_wide_losses_are_said_to_be_filled_smoothly(side: int, said: bool) -> None:
    mask = np.zeros(SIDES, np.float32)
    mask[10 : 10 + side, 20 : 20 + side] = 1
    notes = Mender().restore(Picture(scene(*SIDES)), Asked(mask=mask)).picture.notes
    assert bool(notes) == said
    if said:
        share = 100 * mask.mean()
        assert notes[0].startswith(
            f"{share:.2g} % of the picture is lost in places of {WIDE} pixels"
        )


def test_grey_pictures_come_back_grey_and_arrays_as_they_were() -> None:
    grey = (0.8 * scene(*SIDES, 1)).astype(np.float32)
    grey[..., scratched()] = 1
    assert FindingMender(Bright()).restore(Picture(grey)).picture.pixels.shape == grey.shape
    array = np.rint(255 * grey[0, 0]).astype(np.uint8)
    result = FindingMender(Bright())(array, size=30)
    assert result.dtype == np.uint8
    assert result.shape == array.shape


def test_a_mask_is_written_white_on_black(tmp_path: Path) -> None:
    write_mask(tmp_path / "m.png", Picture(scene(8, 9)), np.eye(8, 9, dtype=np.float32))
    np.testing.assert_array_equal(read(tmp_path / "m.png").pixels[0, 0], np.eye(8, 9))


# --- the command line


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that gives masks: a fresh one, which takes nothing for damage."""
    torch = pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.study.trained.verify import export_verified
    from burnish.training.networks.initialise import initialise
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    folder = tmp_path_factory.mktemp("finder")
    net = Restorer(Spec("Finder", {"widths": [8, 12], "blocks": 1}))
    initialise(net.net, "kaiming", torch.Generator().manual_seed(0))
    net.save(folder / "finder.safetensors")
    export_verified(folder / "finder.safetensors", folder / "finder.onnx")
    return folder / "finder.onnx"


def saved(path: Path, pixels: Array) -> NDArray[np.uint8]:
    samples: NDArray[np.uint8] = np.rint(255 * pixels[0].transpose(1, 2, 0)).astype(np.uint8)
    Image.fromarray(samples).save(path)
    return samples


def run_it(*words: object) -> tuple[int, str]:
    """The exit status of `burnish restore` with these words, and what it said."""
    from typer.testing import CliRunner

    from burnish.cli.app import app

    result = CliRunner().invoke(app, ["restore", *map(str, words)])
    status = 2 if isinstance(result.exception, UsageError) else result.exit_code
    return status, f"{result.output}{result.exception or ''}"


def test_a_mask_is_given_and_comes_out_as_it_was(tmp_path: Path, finder: Path) -> None:
    samples = saved(tmp_path / "in.png", scene(*SIDES))
    lost = scratched()
    Image.fromarray(np.where(lost, np.uint8(255), np.uint8(0))).save(tmp_path / "edited.png")
    status, said = run_it(
        *(tmp_path / "in.png", "-m", finder, "-o", tmp_path / "out.png"),
        *("--mask-in", tmp_path / "edited.png", "--mask-out", tmp_path / "masks/used.png"),
    )
    assert status == 0, said
    after = np.asarray(Image.open(tmp_path / "out.png"))
    np.testing.assert_array_equal(after[~lost], samples[~lost])
    assert (after[lost] != samples[lost]).any(-1).mean() > 0.7
    used = np.asarray(Image.open(tmp_path / "masks/used.png"))
    np.testing.assert_array_equal(used, np.where(lost, 255, 0))


def test_masks_alone_are_written(tmp_path: Path, finder: Path) -> None:
    for name in ("a.png", "b.png"):
        saved(tmp_path / name, scene(*SIDES))
    words = (tmp_path / "a.png", tmp_path / "b.png", "-m", finder, "-o", tmp_path / "out/")
    status, said = run_it(*words, "--mask-out", f"{tmp_path / 'masks'}/", "--mask-only")
    assert status == 0, said
    assert not (tmp_path / "out").exists()
    for name in ("a.png_mask.png", "b.png_mask.png"):
        mask = Image.open(tmp_path / "masks" / name)
        assert mask.size == SIDES[::-1]
        assert not np.asarray(mask).any()


def test_a_whole_picture_comes_back_whole(tmp_path: Path, finder: Path) -> None:
    samples = saved(tmp_path / "in.png", scene(*SIDES))
    words = (tmp_path / "in.png", "-m", finder, "-o", tmp_path / "out.png")
    assert run_it(*words, "-d", "sensitivity=60", "-d", "size=3")[0] == 0
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), samples)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mask-only"], "say where the masks go"),
        (["--mask-out", "m.png", "-m", "photo"], "goes with a model that finds damage"),
        (["--mask-in", "no.png"], "no such file"),
        (["--mask-out", "IN"], "would replace a picture"),
        (["--mask-out", "OUT"], "would replace a picture"),
        (["--mask-out", "there.png"], "exists already; --overwrite replaces it"),
        (["--mask-out", "m.png", "--sidecar"], "goes without a journal and sidecars"),
    ],
)
def test_words_of_masks_that_do_not_fit_are_refused(
    tmp_path: Path, finder: Path, words: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "in.png", scene(*SIDES))
    saved(tmp_path / "there.png", scene(*SIDES))
    given = [{"IN": "in.png", "OUT": "out.png"}.get(word, word) for word in words]
    status, output = run_it("in.png", "-o", "out.png", "-m", finder, *given)
    assert status == 2
    assert said in output
    assert not (tmp_path / "out.png").exists()


def test_a_mask_of_several_pictures_is_refused(tmp_path: Path, finder: Path) -> None:
    pairs = [("a.png", "out/a.png"), ("b.png", "out/b.png")]
    from burnish.cli.archiving import Mode

    model = FindingMender(Bright())
    for masks, said in (
        (Masks("mask.png"), "masks go into a folder"),
        (Masks(None, tmp_path / "m.png"), "is the mask of one picture, and these are 2"),
    ):
        with pytest.raises(UsageError, match=said):
            masks.check(pairs, model, "scratch", Mode())
    two = [Image.fromarray(np.full((20, 20), tone, np.uint8)) for tone in (0, 200)]
    two[0].save(tmp_path / "two.tif", save_all=True, append_images=two[1:])
    words = (tmp_path / "two.tif", "-m", finder, "-o", tmp_path / "out.tif")
    status, said = run_it(*words, "--mask-out", tmp_path / "m.png")
    assert status == 3
    assert not (tmp_path / "out.tif").exists()


# --- a mask, and no model


def marked_file(path: Path) -> NDArray[np.bool_]:
    """A mask of `scratched`, in a file; returns what is marked."""
    lost = scratched()
    Image.fromarray(np.where(lost, np.uint8(255), np.uint8(0))).save(path)
    return lost


def samples_of(kind: str) -> NDArray[Any]:
    """A picture, noisy, as samples [H, W] or [H, W, C] of that type and those channels."""
    depth, channels = kind.split()
    rng = np.random.default_rng(1)
    planes = np.concatenate([scene(*SIDES)[0], rng.uniform(0, 1, (1, *SIDES))])
    planes[:3] += rng.normal(0, 0.03, planes[:3].shape)
    pixels = planes.transpose(1, 2, 0)[..., [int(n) for n in channels]]
    if depth == "float32":
        return (2 * pixels - 0.5).astype(np.float32)  # darker than black, and brighter than white
    top = {"uint8": 255, "uint16": 65535}[depth]
    found: NDArray[Any] = np.rint(np.clip(pixels, 0, 1) * top).astype(depth)
    return found


@pytest.mark.parametrize("kind", ["uint8 0", "uint8 012", "uint8 0123", "uint16 0", "uint16 012"])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_a_mask_mends_any_samples_and_the_others_keep_their_bits(
    tmp_path: Path, kind: str, ending: str
) -> None:
    check_mended(tmp_path, samples_of(kind), ending)


@pytest.mark.parametrize("kind", ["float32 0", "float32 012", "uint16 0123"])
def test_a_mask_mends_floats_and_deep_alpha_too(tmp_path: Path, kind: str) -> None:
    check_mended(tmp_path, samples_of(kind), "tif")


def check_mended(folder: Path, samples: NDArray[Any], ending: str) -> None:
    """Asserts that the command line mends what a mask marks of these samples, and nothing else."""
    import cv2
    import tifffile

    lost = marked_file(folder / "mask.png")
    flat = samples.reshape(*samples.shape[:2], -1)
    colours = min(flat.shape[2], 3)
    flat[lost, :colours] = flat.dtype.type(
        1 if flat.dtype.kind == "f" else np.iinfo(flat.dtype).max
    )
    flat = flat.squeeze()
    source, target = folder / f"in.{ending}", folder / f"out.{ending}"
    if ending == "tif":
        kind = "minisblack" if colours == 1 else "rgb"
        extra = ["unassalpha"] if flat.ndim == 3 and flat.shape[2] == 4 else None
        tifffile.imwrite(source, flat, photometric=kind, extrasamples=extra)
    else:
        cv2.imwrite(str(source), flat)
    status, said = run_it(source, "-o", target, "--mask-in", folder / "mask.png")
    assert status == 0, said
    after: NDArray[Any] | None
    if ending == "tif":
        after = tifffile.imread(target)
    else:
        after = cv2.imread(str(target), cv2.IMREAD_UNCHANGED)
    assert after is not None
    assert after.dtype == flat.dtype
    assert after.shape == flat.shape
    np.testing.assert_array_equal(after[~lost], flat[~lost])
    seen = lost & (samples[..., 3] > 0) if samples.ndim == 3 and samples.shape[2] == 4 else lost
    changed = (after != flat).reshape(*SIDES, -1).any(-1)
    assert changed[seen].mean() > 0.9


def test_a_palette_stays_and_what_is_mended_takes_its_colours(tmp_path: Path) -> None:
    lost = marked_file(tmp_path / "mask.png")
    samples = saved(tmp_path / "rgb.png", scene(*SIDES))
    few = Image.fromarray(np.where(lost[..., None], np.uint8(255), samples)).quantize(64)
    few.save(tmp_path / "in.png")
    status, said = run_it(
        tmp_path / "in.png", "-o", tmp_path / "out.png", "--mask-in", tmp_path / "mask.png"
    )
    assert status == 0, said
    before = np.asarray(few.convert("RGB"))
    after = np.asarray(Image.open(tmp_path / "out.png").convert("RGB"))
    np.testing.assert_array_equal(after[~lost], before[~lost])
    assert (after[lost] != before[lost]).any(-1).mean() > 0.9


def test_a_mask_is_heeded_as_the_picture_is_looked_at(tmp_path: Path) -> None:
    samples = saved(tmp_path / "flat.png", scene(*SIDES))
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    Image.fromarray(samples).save(tmp_path / "in.png", exif=exif)
    lost = scratched()
    upright = np.rot90(np.where(lost, np.uint8(255), np.uint8(0)), -1)
    Image.fromarray(np.ascontiguousarray(upright)).save(tmp_path / "mask.png")
    status, said = run_it(
        tmp_path / "in.png", "-o", tmp_path / "out.png", "--mask-in", tmp_path / "mask.png"
    )
    assert status == 0, said
    after = np.asarray(Image.open(tmp_path / "out.png"))
    np.testing.assert_array_equal(after[~lost], samples[~lost])
    assert (after[lost] != samples[lost]).any(-1).mean() > 0.7


def test_grain_comes_back_in_a_file(tmp_path: Path) -> None:
    lost = np.zeros((160, 200), bool)
    lost[60:66] = lost[:, 120:127] = True
    rng = np.random.default_rng(0)
    grainy = np.clip(128 + rng.normal(0, 8, (160, 200)), 0, 255).astype(np.uint8)
    Image.fromarray(np.where(lost, np.uint8(255), grainy)).save(tmp_path / "in.png")
    Image.fromarray(np.where(lost, np.uint8(255), np.uint8(0))).save(tmp_path / "mask.png")
    status, said = run_it(
        tmp_path / "in.png", "-o", tmp_path / "out.png", "--mask-in", tmp_path / "mask.png"
    )
    assert status == 0, said
    after = np.asarray(Image.open(tmp_path / "out.png"))
    np.testing.assert_array_equal(after[~lost], grainy[~lost])
    assert after[lost].std() == pytest.approx(8, rel=0.3)
    assert after[lost].mean() == pytest.approx(128, abs=3)


def test_a_mask_of_several_frames_is_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full(SIDES, tone, np.uint8)) for tone in (10, 200)]
    frames[0].save(tmp_path / "two.tif", save_all=True, append_images=frames[1:])
    marked_file(tmp_path / "mask.png")
    words = (tmp_path / "two.tif", "-o", tmp_path / "out.tif", "--mask-in", tmp_path / "mask.png")
    status, said = run_it(*words)
    assert status == 3
    assert "a mask is of one" in said
    assert not (tmp_path / "out.tif").exists()
    assert run_it(*words, "--pages", "2")[0] == 0


def test_without_a_mask_nothing_says_what_to_mend() -> None:
    with pytest.raises(UsageError, match="a mask is wanted"):
        Mender().restore(Picture(scene(*SIDES)))


def test_the_mask_that_is_read_is_not_replaced_by_the_result(tmp_path: Path) -> None:
    saved(tmp_path / "in.png", scene(*SIDES))
    marked_file(tmp_path / "mask.png")
    kept = (tmp_path / "mask.png").read_bytes()
    words = ("-o", tmp_path / "mask.png", "--mask-in", tmp_path / "mask.png", "--overwrite")
    status, said = run_it(tmp_path / "in.png", *words)
    assert status == 2
    assert "would be replaced by the result" in said
    assert (tmp_path / "mask.png").read_bytes() == kept


def test_a_pdf_takes_no_mask(tmp_path: Path) -> None:
    saved(tmp_path / "in.png", scene(*SIDES))
    Image.open(tmp_path / "in.png").save(tmp_path / "in.pdf")
    marked_file(tmp_path / "mask.png")
    words = (tmp_path / "in.pdf", "-o", tmp_path / "out.pdf", "--mask-in", tmp_path / "mask.png")
    status, said = run_it(*words)
    assert status == 2
    assert "a PDF may hold several" in said
