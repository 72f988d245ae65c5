"""Models one after another, as one model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import leaves, scene
from PIL import Image
from typer.testing import CliRunner

import burnish
from burnish import images
from burnish.cli import app
from burnish.errors import DialError, ModelMissing, UsageError
from burnish.images import Picture
from burnish.inference.several.chain import ModelChain
from burnish.pipeline import ask


def test_a_chain_gives_what_its_models_give_in_turn() -> None:
    rng = np.random.default_rng(1)
    noisy = (leaves(40, 48) + 0.1 * rng.standard_normal((1, 3, 40, 48))).astype(np.float32)
    picture = Picture(noisy.clip(0, 1), depth="float32")
    photo, bicubic = burnish.load("photo"), burnish.load("bicubic")
    both = burnish.load("photo+bicubic")
    assert isinstance(both, ModelChain)
    assert both.contract.scale == 2
    assert [dial.name for dial in both.contract.dials] == ["noise"]
    first = photo.restore(picture, ask(photo.contract, {"noise": 25})).picture
    wanted = bicubic.restore(first).picture.pixels
    found = both.restore(picture, ask(both.contract, {"noise": 25}))
    np.testing.assert_allclose(found.picture.pixels, wanted, atol=1e-6)
    assert found.settled.dials == {"noise": 25}
    assert found.settled.origins == {"noise": "asked"}
    half = both.restore(picture, ask(both.contract, {"noise": 25}, 0.5)).picture.pixels
    large = bicubic.restore(picture).picture.pixels
    np.testing.assert_allclose(half, (wanted + large) / 2, atol=1e-5)


def test_dials_are_found_on_the_picture_that_comes_in(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    pixels = np.rint(leaves(64, 64)[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(file, quality=30)
    picture = images.read(file)
    chain = burnish.load("jpeg+photo")
    settled = chain.settle(picture)
    assert list(settled.dials) == ["quality", "noise"]
    assert settled.origins["quality"] == "file"
    assert settled.dials["quality"] == pytest.approx(30, abs=1)
    alone = burnish.load("photo").settle(picture)
    assert settled.dials["noise"] == alone.dials["noise"]
    # Behind a look that chooses, what was found is no wish.
    chosen = burnish.load("auto+lanczos").restore(picture)
    assert chosen.settled.models == burnish.load("auto").settle(picture).models
    assert chosen.picture.pixels.shape == (1, 3, 128, 128)


def test_a_dial_that_is_asked_of_a_chain_chooses_as_it_does_of_what_chooses_alone() -> None:
    picture = Picture(leaves(64, 64), depth="float32")
    auto, sharpen = burnish.load("auto"), burnish.load("sharpen")
    chain = burnish.load("auto+sharpen")
    found = chain.restore(picture, ask(chain.contract, {"noise": 20, "sharpen": 30}))
    assert found.settled.dials == {"noise": 20, "sharpen": 30}
    first = auto.restore(picture, ask(auto.contract, {"noise": 20})).picture
    wanted = sharpen.restore(first, ask(sharpen.contract, {"sharpen": 30})).picture
    np.testing.assert_allclose(found.picture.pixels, wanted.pixels, atol=1e-6)


def test_a_chain_is_a_model_at_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.fromarray(np.rint(scene(24, 32)[0].transpose(1, 2, 0) * 255).astype(np.uint8)).save(file)
    out = tmp_path / "out"
    words = ["restore", str(file), "-o", f"{out}/", "-m", "photo+bicubic", "--sidecar"]
    done = CliRunner().invoke(app, [*words, "-d", "noise=5", "--to", "48x"])
    assert done.exit_code == 0, done.output
    (result,) = out.glob("*.png")
    assert Image.open(result).size == (48, 36)
    (sidecar,) = out.glob("*.json")
    assert json.loads(sidecar.read_text())["model"]["name"] == "photo+bicubic"
    again = CliRunner().invoke(app, ["replay", str(sidecar), "-o", str(tmp_path / "again.png")])
    assert again.exit_code == 0, again.output
    assert (tmp_path / "again.png").read_bytes() == result.read_bytes()


def test_what_makes_no_chain_is_said() -> None:
    with pytest.raises(ModelMissing, match="there is no model 'phot'"):
        burnish.load("phot+bicubic")
    with pytest.raises(UsageError, match="once"):
        burnish.load("photo+photo")
    with pytest.raises(DialError, match="no dial"):
        ask(burnish.load("jpeg+bicubic").contract, {"noise": 3})
