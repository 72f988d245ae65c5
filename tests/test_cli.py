"""The command line, end to end, on files of every kind: what a person with pictures sees."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from conftest import scene
from numpy.typing import NDArray
from PIL import Image, ImageCms

import burnish
from burnish import images
from burnish.errors import BurnishError, InputError, NonFiniteInput, UsageError


def run(
    *words: object, expect: int = 0, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`burnish WORDS` as its own process."""
    command = [sys.executable, "-m", "burnish.cli", *map(str, words)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def noisy(
    height: int = 48, width: int = 64, channels: int = 3, sigma: float = 20, seed: int = 0
) -> NDArray[Any]:
    """[H, W, C] in [0, 1]"""
    clean = scene(height, width, channels)[0].transpose(1, 2, 0)
    result: NDArray[Any] = np.clip(
        clean + np.random.default_rng(seed).normal(0, sigma / 255, clean.shape), 0, 1
    )
    return result


def eight(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    result: NDArray[np.uint8] = np.rint(pixels * 255).astype(np.uint8)
    return result


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder of every kind of picture, one of them cut off."""
    folder = tmp_path / "album"
    (folder / "more").mkdir(parents=True)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    turned = Image.Exif()
    turned[274] = 6
    Image.fromarray(eight(noisy())).save(folder / "photo.jpg", quality=95, icc_profile=profile)
    Image.fromarray(eight(noisy())).save(folder / "turned.jpg", quality=95, exif=turned)
    Image.fromarray(eight(noisy(channels=1))[:, :, 0]).save(folder / "grey.png")
    Image.fromarray(
        np.dstack([eight(noisy()), np.linspace(0, 255, 48 * 64).reshape(48, 64).astype(np.uint8)])
    ).save(folder / "alpha.png")
    deep = np.rint(noisy() * 65535).astype(np.uint16)
    tifffile.imwrite(folder / "deep.tif", deep, photometric="rgb")
    images.write(folder / "more" / "deep.png", images.from_array(deep))
    Image.fromarray(eight(noisy())).save(folder / "more" / "web.webp", lossless=True)
    whole = (folder / "photo.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.txt").write_text("not a picture")
    return folder


def digest(folder: Path) -> str:
    parts = [
        f"{p.relative_to(folder)} {hashlib.sha256(p.read_bytes()).hexdigest()}"
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    ]
    return "\n".join(parts)


def test_a_folder_of_everything(album: Path, tmp_path: Path) -> None:
    before, out = digest(album), tmp_path / "out"
    done = run("restore", album, "-o", out, "-r", "-d", "noise=20", expect=3)
    assert "cut.jpg" in done.stderr
    assert "E_TRUNCATED" in done.stderr
    assert digest(album) == before
    assert not (out / "cut.jpg").exists()
    for name in (
        "photo.jpg",
        "turned.jpg",
        "grey.png",
        "alpha.png",
        "deep.tif",
        "more/deep.png",
        "more/web.webp",
    ):
        given, got = images.read(album / name), images.read(out / name)
        assert (got.depth, got.pixels.shape, got.icc) == (
            given.depth,
            given.pixels.shape,
            given.icc,
        ), name
        assert 0 < np.abs(got.pixels - given.pixels).mean() < 0.1, name
    assert Image.open(out / "photo.jpg").info["icc_profile"]
    assert Image.open(out / "turned.jpg").getexif()[274] == 6
    np.testing.assert_array_equal(
        np.asarray(Image.open(out / "alpha.png"))[:, :, 3],
        np.asarray(Image.open(album / "alpha.png"))[:, :, 3],
    )
    assert Image.open(out / "grey.png").mode == "L"
    assert tifffile.imread(out / "deep.tif").dtype == np.uint16


def test_what_is_restored_is_closer_to_the_clean_picture(tmp_path: Path) -> None:
    clean = scene(96, 96)[0].transpose(1, 2, 0)
    Image.fromarray(eight(noisy(96, 96, sigma=25))).save(tmp_path / "a.png")
    run("restore", tmp_path / "a.png", "-o", tmp_path / "b.png", "-d", "noise=25")
    before, after = (np.asarray(Image.open(tmp_path / name)) / 255 for name in ("a.png", "b.png"))
    assert np.mean((after - clean) ** 2) < 0.2 * np.mean((before - clean) ** 2)


def test_sixteen_bits_stay_sixteen(album: Path, tmp_path: Path) -> None:
    source = album / "more" / "deep.png"
    run("restore", source, "-o", tmp_path / "same.png", "--strength", "0")
    run("restore", source, "-o", tmp_path / "one.png", "-d", "noise=1")
    same, one, given = (
        images.read(p).pixels for p in (tmp_path / "same.png", tmp_path / "one.png", source)
    )
    np.testing.assert_array_equal(same, given)
    assert len(np.unique(np.rint(one * 65535))) > 1500
    assert not np.array_equal(one, given)


def test_auto_says_what_it_found_and_a_number_is_held_to_the_range(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(eight(noisy(128, 128, sigma=20))).save(path)
    record = json.loads(run("restore", path, "--json").stdout)
    assert record["status"] == "restored"
    assert record["estimated"] == ["noise", "quality"]
    assert record["dials"]["noise"] == pytest.approx(20, abs=5)
    assert abs(record["dials"]["noise"] - 20) <= record["margins"]["noise"] < 5
    said = run("restore", path, "--overwrite").stdout
    assert re.search(r"noise=\d\d(\.\d)? \(estimated, give or take \d", said)
    tiny = tmp_path / "tiny.png"
    Image.fromarray(eight(noisy(16, 16, sigma=20))).save(tiny)
    assert re.search(r"noise=[\d.]+ \(estimated, unsure: 0 to \d\d\)", run("restore", tiny).stdout)
    assert "noise from 0 to 75" in run("restore", path, "-d", "noise=76", expect=2).stderr
    assert "no dial 'nose'" in run("restore", path, "-d", "nose=7", expect=2).stderr


def test_what_exists_is_skipped_and_said(tmp_path: Path) -> None:
    Image.fromarray(eight(noisy())).save(tmp_path / "a.jpg")
    first = run("restore", "a.jpg", cwd=tmp_path)
    assert "a.jpg -> a_restored.jpg" in first.stdout
    stamp = (tmp_path / "a_restored.jpg").stat().st_mtime_ns
    assert "skipped" in run("restore", "a.jpg", cwd=tmp_path).stdout
    assert (tmp_path / "a_restored.jpg").stat().st_mtime_ns == stamp
    run("restore", "a.jpg", "--overwrite", cwd=tmp_path)
    assert (tmp_path / "a_restored.jpg").stat().st_mtime_ns != stamp


def test_dry_run_writes_nothing(album: Path, tmp_path: Path) -> None:
    (album / "empty.png").write_bytes(b"")
    done = run(
        "restore",
        album,
        album / "none.png",
        "-o",
        tmp_path / "out",
        "-f",
        "png",
        "--dry-run",
        expect=3,
    )
    assert "photo.jpg -> " in done.stdout
    assert "E_EMPTY" in done.stderr
    assert "E_INPUT_MISSING" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_reader_that_leaves_stops_no_work(tmp_path: Path) -> None:
    for command in (["restore"], ["spoil", "-d", "noise=9"]):
        folder = tmp_path / command[0]
        folder.mkdir()
        for name in "abc":
            Image.fromarray(eight(noisy())).save(folder / f"{name}.png")
        words = [sys.executable, "-m", "burnish.cli", *command, str(folder), "-o", f"{folder}_out/"]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            said = process.stderr.read()
        assert process.returncode == 0, said
        assert "failed" not in said
        assert len(list(Path(f"{folder}_out").iterdir())) == 3


def test_pictures_of_other_kinds_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.psd").write_bytes(b"x")
    done = run("restore", tmp_path / "in", "-o", f"{tmp_path}/out/", expect=3)
    assert "1 .psd" in done.stderr
    assert ".png" in done.stderr  # what is read
    Image.fromarray(eight(noisy())).save(tmp_path / "in/b.png")
    assert "1 .psd" in run("restore", tmp_path / "in", "-o", f"{tmp_path}/out/").stderr


def test_wrong_words_are_an_object_too_with_json(tmp_path: Path) -> None:
    for words in (
        ("restore", "--json", "--tile"),
        ("restore", "a.png", "--json", "--threads", "many"),
        ("restory", "--json"),
    ):
        assert json.loads(run(*words, expect=2).stdout)["error"]["code"] == "E_USAGE"


def test_on_pairs_the_dial_is_found_and_may_be_found_elsewhere(tmp_path: Path) -> None:
    clean = scene(128, 128)[0].transpose(1, 2, 0)
    for side, pixels in (
        ("clean", clean),
        ("noisy", np.clip(clean + np.random.default_rng(0).normal(0, 60 / 255, clean.shape), 0, 1)),
    ):
        (tmp_path / "pairs" / side).mkdir(parents=True)
        Image.fromarray(eight(pixels)).save(tmp_path / "pairs" / side / "a.png")
    rows = ["photo", "photo:noise=60", "photo:noise=0"]
    found = json.loads(run("evaluate", *rows, tmp_path / "pairs", "--json").stdout)
    auto, right, wrong = (found[row]["means"][0]["psnr"] for row in rows)
    assert auto == pytest.approx(right, abs=0.5)
    assert wrong < right - 2
    done = run(
        "evaluate",
        "photo",
        "photo:noise=auto",
        tmp_path / "pairs" / "clean",
        "-d",
        "noise=60",
        "--clip",
    ).stdout
    told, blind = (float(line.split()[1]) for line in done.splitlines()[1:3])
    assert blind == pytest.approx(told, abs=0.5)
    assert "clipped and rounded to 8 bits; seed 0" in done
    assert (
        "cannot be estimated"
        in run("evaluate", "bilateral:radius=auto", tmp_path / "pairs", expect=2).stderr
    )


def test_tiles_do_not_change_the_picture(tmp_path: Path) -> None:
    Image.fromarray(eight(noisy(150, 210))).save(tmp_path / "a.png")
    for tile in ("0", "64"):
        run(
            "restore",
            tmp_path / "a.png",
            "-o",
            tmp_path / f"{tile}.png",
            "-d",
            "noise=20",
            "-t",
            tile,
        )
    assert (
        np.abs(
            np.asarray(Image.open(tmp_path / "0.png")).astype(int)
            - np.asarray(Image.open(tmp_path / "64.png")).astype(int)
        ).max()
    ) <= 1


def test_errors_are_one_sentence_with_a_code(tmp_path: Path) -> None:
    assert "E_MODEL_MISSING" in run("restore", "x.png", "-m", "nothing", expect=2).stderr
    assert "E_INPUT_MISSING" in run("restore", tmp_path / "none.png", expect=3).stderr
    assert "E_USAGE" in run("restore", "x.png", "-t", "many", expect=2).stderr
    if not Path("/dev/nvidia0").exists():
        Image.fromarray(eight(noisy())).save(tmp_path / "a.png")
        assert (
            "no NVIDIA GPU"
            in run("restore", tmp_path / "a.png", "--device", "cuda", expect=2).stderr
        )
    failed = json.loads(run("restore", tmp_path / "none.png", "--json", expect=3).stdout)
    assert failed["error"]["code"] == "E_INPUT_MISSING"


def test_output_that_cannot_be_written_is_exit_4(tmp_path: Path) -> None:
    Image.fromarray(eight(noisy())).save(tmp_path / "a.png")
    (tmp_path / "file").write_text("in the way")
    assert (
        "E_OUTPUT"
        in run("restore", tmp_path / "a.png", "-o", f"{tmp_path}/file/out/", expect=4).stderr
    )


def test_a_broken_model_never_gives_a_picture(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="comes with the training wing")
    from burnish.inference.zoo import find

    model = onnx.load(find("photo"))
    weight = next(t for t in model.graph.initializer if t.name.startswith("net.base.head.weight"))
    values = onnx.numpy_helper.to_array(weight).copy()
    values[0, 0, 0, 0] = np.nan
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    onnx.save(model, tmp_path / "broken.onnx")
    Image.fromarray(eight(noisy())).save(tmp_path / "a.png")
    done = run(
        "restore",
        tmp_path / "a.png",
        "-o",
        tmp_path / "b.png",
        "-m",
        tmp_path / "broken.onnx",
        expect=3,
    )
    assert "E_NONFINITE_OUTPUT" in done.stderr
    assert not (tmp_path / "b.png").exists()


def test_help_begins_with_an_example_and_fits_a_screen() -> None:
    for words in (
        (),
        ("restore",),
        ("evaluate",),
        ("train",),
        ("models",),
        ("info",),
        ("demo",),
        ("export",),
        ("spoil",),
    ):
        text = run(*words, "--help", COLUMNS="100").stdout
        assert text.splitlines()[2].strip().startswith("burnish "), text
        assert len(text.splitlines()) <= 51, text
    assert run("--version").stdout == f"burnish {burnish.__version__}\n"


def test_models_info_and_demo(album: Path, tmp_path: Path) -> None:
    assert run("models").stdout.startswith("photo:")
    assert (
        json.loads(run("models", "--json").stdout.splitlines()[0])["contract"]["dials"][0]["name"]
        == "noise"
    )
    assert "identity at noise=0" in run("info", "photo").stdout
    facts = json.loads(run("info", album / "deep.tif", "--json").stdout)
    assert facts["format"] == "TIFF"
    run("demo", "-o", tmp_path / "sheet.png")
    assert Image.open(tmp_path / "sheet.png").size[0] > 600


def test_in_python_what_does_not_fit_is_refused_and_paths_are_paths(tmp_path: Path) -> None:
    from burnish.inference.zoo import find

    model, pixels = burnish.load(find("photo")), eight(noisy())
    np.testing.assert_array_equal(model(pixels, noise=None), model(pixels))
    np.testing.assert_array_equal(
        burnish.restore(pixels, model=find("photo"), noise=None), model(pixels)
    )
    with pytest.raises(UsageError, match="divide it by 255"):
        model(pixels.astype(np.float32))
    for bad in (np.inf, np.nan):
        with pytest.raises(NonFiniteInput):
            model(np.full((16, 16, 3), bad, np.float32))
    with pytest.raises(UsageError, match=r"burnish\.restore reads files"):
        model("in.png")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no dial 'nose'"):
        model(pixels, strength=0, nose=3)
    with pytest.raises(UsageError, match="noise from 0 to 75"):
        model(pixels, strength=0, noise=99)
    with pytest.raises(BurnishError, match="burnish export"):
        burnish.load(tmp_path / "a.safetensors")


def test_hidden_colour_stays_and_does_not_bleed() -> None:
    model = burnish.load("photo")
    pixels = np.dstack([eight(noisy()), np.full((48, 64), 255, np.uint8)])
    pixels[:, :32, 3] = 0
    twin = pixels.copy()
    twin[:, :32, :3] = 255 - twin[:, :32, :3]
    first, second = model(pixels, noise=20), model(twin, noise=20)
    np.testing.assert_array_equal(first[:, 32:], second[:, 32:])
    np.testing.assert_array_equal(first[:, :32], pixels[:, :32])
    assert not np.array_equal(first[:, 32:], pixels[:, 32:])


def test_the_python_api(tmp_path: Path) -> None:
    model = burnish.load("photo")
    for pixels in (
        eight(noisy()),
        eight(noisy(channels=1))[:, :, 0],
        np.rint(noisy() * 65535).astype(np.uint16),
        noisy().astype(np.float32),
        noisy(),
    ):
        result = model(pixels, noise=20)
        assert (result.shape, result.dtype) == (pixels.shape, pixels.dtype)
        np.testing.assert_array_equal(model(pixels, noise=20, strength=0), pixels)
        np.testing.assert_array_equal(
            model(pixels, noise=0),
            pixels if pixels.dtype != np.float64 else pixels.astype(np.float32),
        )
    half, full = (model(noisy().astype(np.float32), noise=20, strength=s) for s in (0.5, 1.0))
    np.testing.assert_allclose(half, (noisy() + full) / 2, atol=1e-6)
    Image.fromarray(eight(noisy())).save(tmp_path / "a.png")
    result = burnish.restore(tmp_path / "a.png", tmp_path / "b.png", noise=20)
    np.testing.assert_allclose(
        np.asarray(Image.open(tmp_path / "b.png")) / 255, result, atol=0.5 / 255 + 1e-6
    )
    with pytest.raises(burnish.BurnishError, match="not a picture"):
        model(np.zeros((4, 4, 2), np.uint8))


def test_the_python_api_stays_in_0_to_1_where_the_file_holds_whole_numbers(tmp_path: Path) -> None:
    bars = np.zeros((48, 64, 3), np.uint8)
    bars[:, ::16] = 255
    bars[:, 1::16] = 200
    for name, depth in (("a.png", np.uint8), ("b.tif", np.uint16)):
        images.write(
            tmp_path / name, images.from_array(bars.astype(depth) * (np.iinfo(depth).max // 255))
        )
        result = burnish.restore(tmp_path / name, model="photo", noise=40)
        assert (result.min(), result.max()) == (0, 1)
    images.write(tmp_path / "c.tif", images.from_array(np.float32(1.5) * bars / np.float32(255)))
    assert burnish.restore(tmp_path / "c.tif", model="photo", noise=5).max() > 1


def test_the_python_api_keeps_its_input_and_says_what_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    images.write(path, images.from_array(np.rint(noisy() * 65535).astype(np.uint16)))
    before = path.read_bytes()
    with pytest.raises(UsageError, match="replace its input"):
        burnish.restore(path, tmp_path / "." / "a.png", noise=20)
    assert path.read_bytes() == before
    with pytest.warns(UserWarning, match="JPEG holds 8 bits"):
        burnish.restore(path, tmp_path / "a.jpg", noise=20)
    burnish.restore(noisy(), tmp_path / "new" / "b.tif", noise=20)
    assert images.read(tmp_path / "new" / "b.tif").depth == "float32"
    with pytest.raises(InputError, match="max_megapixels=None"):
        burnish.restore(path, noise=20, max_megapixels=1e-3)
    with pytest.raises(InputError, match="has no alpha"):
        burnish.restore(np.zeros((8, 8, 4), np.uint8), tmp_path / "c.jpg", model=_never_run())


def _never_run() -> burnish.Model:
    model = burnish.load("photo")
    model.restore = None  # type: ignore[method-assign, assignment]
    return model


def test_what_is_hidden_or_no_colour_at_all_has_no_influence(tmp_path: Path) -> None:
    model, rng = burnish.load("photo"), np.random.default_rng(0)
    image = np.zeros((160, 160, 4), np.float32)
    image[40:120, 40:120, :3] = np.clip(
        scene(80, 80, coarse=4)[0].transpose(1, 2, 0) + rng.normal(0, 25 / 255, (80, 80, 3)), 0, 1
    )
    image[40:120, 40:120, 3] = 1
    picture = images.from_array(image)
    assert model.restore(picture).settled.dials["noise"] == pytest.approx(25, abs=4)
    depth = image.copy()
    depth[..., 3] *= 97
    tifffile.imwrite(tmp_path / "a.tif", depth, photometric="rgb", extrasamples=["unassalpha"])
    run("restore", tmp_path / "a.tif", "-o", tmp_path / "b.tif", "-d", "noise=20")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif")[..., 3], depth[..., 3])
    with pytest.raises(UsageError, match="strength map of shape"):
        model(eight(noisy()), noise=20, strength=np.ones((5, 5), np.float32))


def test_one_file_never_stops_the_rest(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name in ("1.jfif", "2", "3.png", "x" * 245 + ".png"):
        Image.fromarray(eight(noisy())).save(source / name, "JPEG" if name == "1.jfif" else "PNG")
    done = run("restore", *sorted(source.iterdir()), "-d", "noise=20", expect=3)
    assert sorted(path.name for path in source.iterdir() if "_restored" in path.name) == [
        "1_restored.jfif",
        "3_restored.png",
    ]
    assert "3 restored" not in done.stderr
    assert "2 restored, 2 failed" in done.stderr
    assert "E_USAGE" in done.stderr
    strange = source / os.fsdecode(b"4\xff.png")
    Image.fromarray(eight(noisy())).save(strange)
    done = run(
        "restore",
        strange,
        source / "3.png",
        "-o",
        tmp_path / "out",
        "-d",
        "noise=20",
        PYTHONIOENCODING="utf-8:strict",
    )
    assert "4\\udcff.png" in done.stdout
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_what_a_format_cannot_keep_is_said_without_being_asked(tmp_path: Path) -> None:
    images.write(tmp_path / "a.tif", images.from_array(np.rint(noisy() * 65535).astype(np.uint16)))
    assert (
        "JPEG holds 8 bits"
        in run("restore", tmp_path / "a.tif", "-o", tmp_path / "a.jpg", "-d", "noise=20").stderr
    )
    assert not run(
        "restore", tmp_path / "a.tif", "-o", tmp_path / "b.jpg", "-d", "noise=20", "-q"
    ).stderr


def test_a_small_picture_takes_no_torch(tmp_path: Path) -> None:
    Image.fromarray(eight(noisy())).save(tmp_path / "a.png")
    code = (
        f"import sys, burnish; burnish.restore({str(tmp_path / 'a.png')!r}, noise=20); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_one_odd_name_stops_no_other(tmp_path: Path) -> None:
    long = tmp_path / "in" / ("n" * 251 + ".png")  # its result's name has no room
    long.parent.mkdir()
    Image.fromarray(eight(noisy())).save(long)
    Image.fromarray(eight(noisy())).save(tmp_path / "in" / "ok.png")
    done = run("restore", tmp_path / "in", "-d", "noise=20", expect=3)
    assert "_restored.png: this name is too long" in done.stderr
    assert (tmp_path / "in" / "ok_restored.png").exists()
    (tmp_path / "out" / "ok.png").mkdir(parents=True)
    done = run("restore", tmp_path / "in", "-d", "noise=20", "-o", tmp_path / "out", expect=3)
    assert "ok.png: a folder has the name of the result" in done.stderr
    assert (tmp_path / "out" / long.name).exists()


def test_a_reader_of_everything_that_leaves_stops_no_work(album: Path) -> None:
    command = (
        f"{sys.executable} -m burnish.cli restore {album} -d noise=20 -o "
        f"{album.parent / 'out'}/ 2>&1 | head -1; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 3  # the cut one
    assert {path.name for path in (album.parent / "out").iterdir()} == {
        "photo.jpg",
        "turned.jpg",
        "grey.png",
        "alpha.png",
        "deep.tif",
    }


def test_a_dry_run_says_what_would_be_refused(album: Path) -> None:
    out = album.parent / "out"
    assert (
        "alpha"
        in run(
            "restore", album / "alpha.png", "-o", f"{out}/", "-f", "jpg", "--dry-run", expect=3
        ).stderr
    )
    assert (
        "megapixels"
        in run(
            "restore",
            album / "photo.jpg",
            "-o",
            f"{out}/",
            "--max-megapixels",
            "0.001",
            "--dry-run",
            expect=3,
        ).stderr
    )
    assert not out.exists()


def test_words_that_mean_nothing_are_named(album: Path) -> None:
    photo = album / "photo.jpg"
    assert "E_USAGE" in run("restore", photo, "-t", "²", expect=2).stderr
    assert (
        "E_DIAL"
        in run("restore", photo, "-d", f"noise={album / 'grey.png'}:1e..5", expect=2).stderr
    )
    assert (
        "E_DIAL" in run("restore", photo, "-m", "bilateral", "-d", "radius=auto", expect=2).stderr
    )


def test_float_files_in_other_units_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", (noisy() * 255).astype(np.float32), photometric="rgb")
    assert "divide it by 255" in run("restore", tmp_path / "a.tif", expect=3).stderr


def test_python_says_what_is_lost_and_turns_what_it_gives(album: Path) -> None:
    deep = np.rint(noisy() * 65535).astype(np.uint16)
    with pytest.warns(UserWarning, match="JPEG holds 8 bits: the 16 of this picture are rounded"):
        burnish.restore(deep, album.parent / "a.jpg", noise=5)
    stored = burnish.restore(eight(noisy()), noise=np.tile(np.linspace(0, 40, 64), (48, 1)))
    turned = images.read(album / "turned.jpg")
    upright = burnish.restore(
        album / "turned.jpg", noise=images.turned(np.tile(np.linspace(0, 40, 64), (48, 1)), 6)
    )
    assert (stored.shape, upright.shape) == ((48, 64, 3), (64, 48, 3))
    lying = burnish.load("photo")(
        eight(turned.pixels[0].transpose(1, 2, 0)), noise=np.tile(np.linspace(0, 40, 64), (48, 1))
    )
    # An array of 8 bits comes back rounded, a file as it was computed.
    there = images.turned(lying.transpose(2, 0, 1), 6).transpose(1, 2, 0)
    np.testing.assert_allclose(upright * 255, there, atol=0.5001)
