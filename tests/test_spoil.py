"""`burnish spoil`: files damaged on purpose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import scene
from PIL import Image

from burnish import images
from burnish.degrade import DEGRADATIONS, make
from burnish.degrade.files import (
    Step,
    listing,
    spoil,
    spoil_file,
    steps_of,
)
from burnish.degrade.film.masks import read_mask
from burnish.degrade.jpeg import through_webp
from burnish.errors import DialError, FormatLimit, UsageError


def run(*words: object, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """`burnish spoil WORDS` as its own process."""
    command = [sys.executable, "-m", "burnish.cli", "spoil", *map(str, words)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def save(path: Path, channels: int = 3, alpha: bool = False, orientation: int = 1) -> Path:
    pixels = np.rint(scene(48, 64, channels)[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    if alpha:
        pixels = np.dstack([pixels, np.full((48, 64), 200, np.uint8)])
    exif: dict[str, Any] = {} if orientation == 1 else {"exif": Image.Exif()}
    for made in exif.values():
        made[274] = orientation
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels).save(path, **exif)
    return path


def test_the_damage_is_in_the_order_given(tmp_path: Path) -> None:
    source = save(tmp_path / "a.png")
    done = run(source, "-d", "noise=25,quality=30", "-o", tmp_path / "b.png", "--json")
    record = json.loads(done.stdout)
    assert list(record["levels"].items()) == [("noise", 25), ("quality", 30)]
    clean = images.read(source).pixels
    first, second = (
        spoil(clean, steps_of([], dials), np.random.default_rng(1))[0]
        for dials in ({"noise": 25, "quality": 30}, {"quality": 30, "noise": 25})
    )
    assert (
        len(np.unique(first)) <= 256 < len(np.unique(second))
    )  # a JPEG's values are whole steps; noise after it is float
    assert np.abs(images.read(tmp_path / "b.png").pixels - clean).mean() > 0.02


def test_everything_of_the_file_comes_back(tmp_path: Path) -> None:
    out = tmp_path / "out"
    turned = Image.Exif()
    turned[274] = 6
    Image.open(save(tmp_path / "plain.png")).save(tmp_path / "turned.jpg", exif=turned, quality=95)
    save(tmp_path / "grey.png", channels=1)
    save(tmp_path / "alpha.png", alpha=True)
    (tmp_path / "cut.png").write_bytes((tmp_path / "plain.png").read_bytes()[:200])
    done = run(tmp_path, "-o", out, "-d", "noise=20", expect=3)
    assert "cut.png" in done.stderr
    assert Image.open(out / "grey.png").mode == "L"
    assert Image.open(out / "turned.jpg").getexif()[274] == 6
    np.testing.assert_array_equal(np.asarray(Image.open(out / "alpha.png"))[:, :, 3], 200)
    for name in ("plain.png", "turned.jpg", "grey.png", "alpha.png"):
        assert (
            0.01
            < np.abs(images.read(out / name).pixels - images.read(tmp_path / name).pixels).mean()
            < 0.1
        )


def test_the_seed_and_the_name_fix_the_damage(tmp_path: Path) -> None:
    sources = [save(tmp_path / name) for name in ("a.png", "b.png")]
    steps = steps_of([], {"noise": 30})
    made = {
        (s.name, seed): spoil_file(s, tmp_path / f"{seed}_{s.name}", steps, seed=seed)
        for s in sources
        for seed in (1, 2)
    }
    again = spoil_file(sources[0], tmp_path / "again.png", steps, seed=1)
    pictures = {key: Path(done.target).read_bytes() for key, done in made.items()}
    assert len(set(pictures.values())) == 4
    assert Path(again.target).read_bytes() == pictures["a.png", 1]
    assert spoil_file(sources[0], tmp_path / "again.png", steps, seed=1).status == "skipped"


def test_the_mask_says_where(tmp_path: Path) -> None:
    source = save(tmp_path / "a.png")
    run(
        source,
        "--use",
        "SaltAndPepper:salt=1",
        "-d",
        "impulses=20",
        "-o",
        tmp_path / "b.png",
        "--mask",
    )
    mask = np.asarray(Image.open(tmp_path / "b.png_mask.png"))
    assert mask.mean() / 255 == pytest.approx(0.2, abs=0.04)
    before, after = (np.asarray(Image.open(path)) for path in (source, tmp_path / "b.png"))
    np.testing.assert_array_equal(before[mask == 0], after[mask == 0])
    assert (after[mask == 255] == 255).all()
    assert "name the pictures" in run("-d", "noise=20", "-o", tmp_path / "c.png", expect=2).stderr
    assert (
        "everywhere"
        in run(source, "-d", "noise=20", "-o", tmp_path / "c.png", "--mask", expect=2).stderr
    )
    assert not (tmp_path / "c.png").exists()


def test_a_mask_stands_upright_and_every_picture_has_its_own(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png"):
        save(tmp_path / "in" / name, orientation=6)
    run(
        tmp_path / "in",
        "--use",
        "SaltAndPepper",
        "-d",
        "impulses=20",
        "-o",
        tmp_path / "out",
        "-f",
        "png",
        "--mask",
    )
    run(
        tmp_path / "in",
        "--use",
        "SaltAndPepper",
        "-d",
        "impulses=20",
        "-o",
        tmp_path / "same",
        "--mask",
    )
    for folder, pictures in (("out", ("a.png", "a_jpg.png")), ("same", ("a.jpg", "a.png"))):
        for name in pictures:
            looked = images.upright(images.read(tmp_path / folder / name))
            assert (
                images.read(tmp_path / folder / f"{name}_mask.png").pixels.shape[-2:]
                == looked.pixels.shape[-2:]
            )


def test_a_name_that_is_not_utf8_is_a_name(tmp_path: Path) -> None:
    source = save(tmp_path / "a.png").rename(os.fsdecode(bytes(tmp_path) + b"/\xff.png"))
    assert spoil_file(source, tmp_path / "b.png", steps_of([], {"noise": 20})).status == "spoiled"


def test_a_smaller_picture_has_a_smaller_alpha(tmp_path: Path) -> None:
    done = spoil_file(
        save(tmp_path / "a.png", alpha=True),
        tmp_path / "b.png",
        steps_of(["Downscale:scale=4"], {}),
    )
    assert done.levels == {"softness": 0}
    assert np.asarray(Image.open(tmp_path / "b.png")).shape == (12, 16, 4)


def test_a_picture_that_is_too_small_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("L", (1, 1)).save(tmp_path / "in" / "a.png")
    save(tmp_path / "in" / "b.png")
    done = run(tmp_path / "in", "--use", "Downscale", "-o", tmp_path / "out", expect=3)
    assert "a.png: a picture of 1x1 is too small" in done.stderr
    assert "b.png" in done.stdout
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["b.png"]


def test_what_is_meant_follows_from_names_and_dials() -> None:
    steps = steps_of(["JPEG:subsampling=4:4:4,first=5..20", "Noise"], {"blur": 2, "quality": 10})
    assert [(step.name, step.level) for step in steps] == [("JPEG", 10), ("Noise", 25), ("Blur", 2)]
    for words, dials, said in (
        ([], {}, "no damage is named"),
        ([], {"nose": 3}, r"no damage has such a dial; did you mean 'noise'\? The dials: noise, "),
        (["Nois"], {}, "did you mean 'Noise'"),
        (["Noise:grain=1"], {}, "unexpected keyword argument 'grain'"),
        (["Noise:1"], {}, "NAME:ARGUMENT=VALUE"),
        (["Noise:clip=2"], {}, "clip=2"),
    ):
        with pytest.raises(UsageError, match=said):
            steps_of(words, dials)
    with pytest.raises(DialError, match="noise=80 does not fit: a number from 0 to 75"):
        steps_of([], {"noise": 80.0})
    with pytest.raises(DialError, match="noise=auto"):
        steps_of([], {"noise": "auto"})


def test_every_degradation_is_listed_and_found_by_its_dial(monkeypatch: pytest.MonkeyPatch) -> None:
    records = {record["name"]: record for record in listing()}
    assert list(records) == list(DEGRADATIONS)
    assert all(
        steps_of([], {record["dial"]: record["default"]})[0].name == name
        for name, record in records.items()
    )
    monkeypatch.setitem(DEGRADATIONS, "Twin", DEGRADATIONS["Noise"])
    with pytest.raises(UsageError, match="this is the dial of Noise, Twin; say which with --use"):
        steps_of([], {"noise": 25})
    monkeypatch.undo()
    assert records["SaltAndPepper"]["mask"]
    assert len(run("--list").stdout.splitlines()) == len(records) + 1
    assert json.loads(run("--list", "--json").stdout.splitlines()[0])["name"] == "Noise"


def test_masks_of_several_steps_are_joined() -> None:
    clean = scene(32, 32)
    both = [
        Step(name, make(name), level)
        for name, level in (("SaltAndPepper", 10.0), ("SaltAndPepper", 20.0))
    ]
    spoiled, mask = spoil(clean, both, np.random.default_rng(0))
    assert mask is not None
    np.testing.assert_array_equal(mask[0, 0] > 0, (spoiled != clean).any(1)[0])


def test_masks_are_no_pictures_to_spoil_and_replace_nothing(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png")
    run(tmp_path / "in", "--use", "SaltAndPepper", "-d", "impulses=20", "--mask")
    names = sorted(path.name for path in (tmp_path / "in").iterdir())
    assert names == ["a.png", "a_spoiled.png", "a_spoiled.png_mask.png"]
    run(tmp_path / "in", "--use", "SaltAndPepper", "-d", "impulses=20", "--mask", "--overwrite")
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == names
    both = [save(tmp_path / "other" / "a.png"), save(tmp_path / "out" / "a.png_mask.png")]
    said = run(
        *both,
        "--use",
        "SaltAndPepper",
        "-d",
        "impulses=20",
        "--mask",
        "--overwrite",
        "-o",
        tmp_path / "out",
        expect=2,
    ).stderr
    assert "would replace" in said


def test_words_and_paths_with_dots_are_no_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "masks").mkdir()
    (tmp_path / "here").mkdir()
    Image.fromarray(np.full((64, 64), 255, np.uint8)).save(tmp_path / "masks" / "m.png")
    monkeypatch.chdir(tmp_path / "here")
    (step,) = steps_of(["FilmMasks:folder=../masks,scale=0.8..1.2"], {"film": 0.5})
    assert step.name == "FilmMasks"
    with pytest.raises(UsageError, match="a number from 0 to 1"):
        steps_of(["Noise:grey=0.3..1"], {})


def test_masks_of_film_keep_their_greys_and_classes(tmp_path: Path) -> None:
    deep = np.zeros((8, 8), np.uint16)
    deep[0], deep[1] = 32768, 65535
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert sorted(set(read_mask(str(tmp_path / "deep.png")).ravel().tolist())) == [0, 128, 255]
    classes = Image.fromarray((np.arange(64, dtype=np.uint8) % 3).reshape(8, 8), "P")
    classes.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    classes.save(tmp_path / "classes.png")
    assert set(read_mask(str(tmp_path / "classes.png")).ravel().tolist()) == {0, 255}


def test_a_side_that_a_format_cannot_hold_is_named() -> None:
    with pytest.raises(FormatLimit, match="17000x2 cannot be a WEBP"):
        through_webp(np.zeros((3, 2, 17000), np.float32), 40)
