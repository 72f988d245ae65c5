"""Filling by a network: what is hidden from it, what it gives, and where it is asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from finders import Bright
from numpy.typing import NDArray
from PIL import Image

from burnish.contract import BELOW, LOST, Array, Contract, Opened
from burnish.degrade import make
from burnish.errors import ModelMismatch, UsageError
from burnish.ground.fill import filled
from burnish.ground.fill import marked as marked_lost
from burnish.images import Picture
from burnish.inference.masked import FindingMender, Mender
from burnish.inference.model import FILLED_TILE, Model
from burnish.inference.zoo import load
from burnish.pipeline import WIDEST, Asked, ask, mended, region

#: a picture's height and width
SIDES = (60, 80)
#: what the network of these tests puts in place of what is lost
TONE = 0.25


class Flat(Model):
    """A model that gives TONE wherever something is lost, and keeps what it was shown."""

    def __init__(self, reach: int = 4) -> None:
        self.contract = Contract(multiple=4, reach=reach, gives="filling")
        self.path = None
        self.card = {}
        self.shown: list[Array] = []
        self.opened = Opened(self.run, "test", "the processor", "fp32")
        self.bytes_per_pixel = 100

    def run(self, image: Array, level: Array | None) -> Array:
        """The picture with TONE where it is lost."""
        self.shown.append(image.copy())
        found: Array = np.where(image < BELOW, np.float32(TONE), image)
        return found


def marked(*places: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Rectangles (top, bottom, left, right) of a picture of SIDES."""
    lost = np.zeros(SIDES, bool)
    for top, bottom, left, right in places:
        lost[top:bottom, left:right] = True
    return lost


def calm(channels: int) -> Array:
    """A picture [1, channels, *SIDES] without any noise: a slope."""
    rows, columns = np.mgrid[0 : SIDES[0], 0 : SIDES[1]]
    planes = [0.3 + 0.003 * rows + 0.002 * (columns + 9 * plane) for plane in range(channels)]
    return np.stack(planes)[None].astype(np.float32)


def after_draws(seed: int) -> np.random.Generator:
    """The generator from which `Hidden` has drawn what it needs of one picture."""
    rng = np.random.default_rng(seed)
    rng.random((2, 1))
    return rng


# --- damage that hides


def test_hidden_is_wherever_the_other_damage_would_lie(rng: np.random.Generator) -> None:
    clean = scene(64, 64)
    level = np.full((1, 1, 1, 1), 0.5, np.float32)
    hidden = make("Hidden", by="Dust", scale=[2, 3])
    dust = make("Dust", scale=[2, 3])
    assert hidden.masked is not None
    assert dust.masked is not None
    spoiled, mask = hidden.masked(clean, level, np.random.default_rng(3))
    _, wanted = dust.masked(clean, level, after_draws(3))
    np.testing.assert_array_equal(mask, wanted > 0)
    lost = np.broadcast_to(mask > 0, clean.shape)
    assert lost.any()
    np.testing.assert_array_equal(spoiled[~lost], clean[~lost])
    guess = filled(clean[0], mask[0, 0] > 0).clip(0, 1)
    np.testing.assert_allclose((spoiled - LOST)[lost], guess[None][lost], atol=1e-6)


def test_what_was_hidden_stays_so_and_the_last_one_guesses_it() -> None:
    clean = scene(64, 64)
    level = np.full((1, 1, 1, 1), 0.5, np.float32)
    first = make("Hidden", by="Dust", scale=[2, 3], guess=False)
    assert first.masked is not None
    plain, mask = first.masked(clean, level, np.random.default_rng(3))
    lost = np.broadcast_to(mask > 0, clean.shape)
    np.testing.assert_allclose(plain[lost], LOST + 0.5)
    last = make("Hidden", by="Hair")
    assert last.masked is not None
    spoiled, both = last.masked(plain, level, np.random.default_rng(4))
    hair = make("Hair").masked
    assert hair is not None
    wanted = (mask > 0) | (hair(clean, level, after_draws(4))[1] > 0)
    np.testing.assert_array_equal(both > 0, wanted)
    guess = filled(clean[0], wanted[0, 0]).clip(0, 1)
    found = np.where(wanted[0], guess, clean[0])
    np.testing.assert_allclose(np.where(wanted, spoiled - LOST, spoiled)[0], found, atol=1e-6)


def test_damage_may_reach_beyond_what_is_hidden() -> None:
    clean = np.repeat(scene(64, 64), 8, 0)
    level = np.full((8, 1, 1, 1), 0.5, np.float32)
    edged = make("Hidden", by="Dust", scale=[2, 3], edges=0.5)
    assert edged.masked is not None
    spoiled, mask = edged.masked(clean, level, np.random.default_rng(0))
    rim = ((spoiled[:, :1] > BELOW) & (mask > 0)).sum((1, 2, 3))
    assert 1 <= (rim > 0).sum() < 8
    whole = np.broadcast_to(mask == 0, clean.shape)
    np.testing.assert_array_equal(spoiled[whole], clean[whole])


@pytest.mark.parametrize("by", ["Noise", "Hidden"])
def test_what_has_no_place_hides_nothing(by: str) -> None:
    with pytest.raises(UsageError, match=f"by={by} does not fit: damage that has a place"):
        make("Hidden", by=by)


def test_the_arguments_of_the_other_damage_are_checked() -> None:
    with pytest.raises(UsageError, match="Dust: got an unexpected keyword argument 'colour'"):
        make("Hidden", by="Dust", colour=1)


# --- the contract


def test_a_filling_has_the_channels_of_its_picture() -> None:
    contract = Contract(gives="filling", reach=9, multiple=8)
    assert Contract.from_dict(contract.to_dict()) == contract
    for wrong in ({"residual": True}, {"scale": 2}, {"channels_out": 1}):
        with pytest.raises(ModelMismatch, match="gives are what no network has"):
            Contract.from_dict({**contract.to_dict(), **wrong})


def test_a_model_that_fills_nothing_says_so() -> None:
    with pytest.raises(UsageError, match="fills nothing"):
        Bright().fill(scene(*SIDES)[0], marked((1, 2, 3, 4)))


# --- where it is asked


def test_all_that_is_lost_is_hidden_and_all_else_keeps_its_bits() -> None:
    picture = 2 * scene(*SIDES)[0] - 0.5  # darker than black, and brighter than white
    picture[:, 0, 0] = -3.0  # and much darker, which is no hole
    lost = marked((10, 14, 5, 70), (20, 50, 30, 33))
    model = Flat()
    result = model.fill(picture, lost)
    np.testing.assert_array_equal(result[:, ~lost], picture[:, ~lost])
    assert (result[:, lost] == np.float32(TONE)).all()
    (shown,) = model.shown
    np.testing.assert_array_equal((shown[0] < BELOW).all(axis=0), lost)
    guess = filled(picture.clip(0, 1), lost).clip(0, 1)
    np.testing.assert_allclose(shown[0][:, lost] - LOST, guess[:, lost], atol=1e-6)
    assert shown[0][:, ~lost].min() == 0
    assert shown.max() == 1


def test_tiles_of_which_nothing_is_lost_are_not_computed() -> None:
    side = 4 * FILLED_TILE
    lost = np.zeros((side, side), bool)
    lost[10:14, 10 : FILLED_TILE + 50] = True
    model = Flat()
    picture = scene(side, side)[0]
    result = model.fill(picture, lost)
    assert len(model.shown) == 2
    assert max(image[0, 0].size for image in model.shown) < 1.2 * FILLED_TILE**2
    np.testing.assert_array_equal(result, np.where(lost, np.float32(TONE), picture))


def test_narrow_places_are_the_networks_and_wide_ones_go_on_smoothly() -> None:
    picture = np.full((3, *SIDES), 0.75, np.float32)
    narrow = marked((5, 5 + WIDEST, 2, 2 + WIDEST))
    wide = marked((30, 31 + WIDEST, 40, 41 + WIDEST))
    result = mended(picture[None], narrow | wide, 0, Flat().fill)[0]
    assert (result[:, narrow] == np.float32(TONE)).all()
    np.testing.assert_allclose(result[:, wide], 0.75, atol=1e-3)
    network = Flat()
    everywhere = np.ones(SIDES, bool)
    everywhere[0, 0] = False
    result = mended(picture[None], everywhere, 0, network.fill)
    np.testing.assert_allclose(result, 0.75, atol=1e-3)
    assert not network.shown


def test_grain_is_put_back_over_what_a_network_gives() -> None:
    rng = np.random.default_rng(0)
    grainy = (0.5 + rng.normal(0, 0.03, (1, 3, 120, 160))).astype(np.float32)
    lost = np.zeros((120, 160), bool)
    lost[30:36, :] = True
    network = Flat()
    result = mended(grainy, lost, 255 * 0.03, network.fill)
    np.testing.assert_array_equal(network.shown[0][0][:, ~lost], grainy[0][:, ~lost].clip(0, 1))
    np.testing.assert_array_equal(result[..., ~lost], grainy[..., ~lost])
    assert result[..., lost].mean() == pytest.approx(TONE, abs=0.01)
    assert result[..., lost].std() == pytest.approx(0.03, rel=0.1)


# --- pictures


@pytest.mark.parametrize("channels", [1, 3])
def test_a_mask_is_filled_by_the_network_or_smoothly_as_is_asked(channels: int) -> None:
    lost = marked((10, 14, 5, 70))
    pixels = calm(channels)
    mask = lost.astype(np.float32)
    learned = Mender(Flat()).restore(Picture(pixels), Asked(mask=mask)).picture.pixels
    np.testing.assert_array_equal(learned[..., ~lost], pixels[..., ~lost])
    assert (learned[..., lost] == np.float32(TONE)).all()
    network = Flat()
    smooth = Mender(network).restore(Picture(pixels), Asked(mask=mask, fill="classical"))
    assert not network.shown
    alone = Mender().restore(Picture(pixels), Asked(mask=mask))
    np.testing.assert_array_equal(smooth.picture.pixels, alone.picture.pixels)
    np.testing.assert_array_equal(alone.picture.pixels[0], filled(pixels[0], lost))


def test_what_is_found_is_filled_by_the_network() -> None:
    pixels = calm(3)
    pixels[..., marked((10, 14, 5, 70))] = 1
    model = FindingMender(Bright(), Flat())
    restored = model.restore(Picture(pixels), ask(model.contract, {"size": 100.0}))
    assert restored.mask is not None
    found = region((pixels.min(1)[0] > 0.99).astype(np.float32), 50, 100)
    np.testing.assert_array_equal(restored.mask > 0, found)
    assert (restored.picture.pixels[..., found] == np.float32(TONE)).all()


def test_the_network_sees_tones_as_srgb_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from burnish.images.colour.tone import STEPS, Tone

    curve = np.linspace(0, 1, STEPS + 1, dtype=np.float32) ** np.float32(1 / 2.2)
    monkeypatch.setattr("burnish.inference.masked.mender.tone_of", lambda picture: Tone(curve))
    lost = marked((10, 14, 5, 70))
    pixels = (0.8 * scene(*SIDES)).astype(np.float32)
    network = Flat()
    asked = Asked(mask=lost.astype(np.float32))
    after = Mender(network).restore(Picture(pixels), asked).picture.pixels
    np.testing.assert_array_equal(after[..., ~lost], pixels[..., ~lost])
    np.testing.assert_allclose(after[..., lost], TONE**2.2, atol=1e-3)
    (shown,) = network.shown
    known = ~lost
    np.testing.assert_allclose(shown[0][:, known], pixels[0][:, known] ** (1 / 2.2), atol=0.02)


# --- the network


@pytest.fixture(scope="module")
def filler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that fills: a fresh network, which gives its guess and some noise."""
    torch = pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.study.trained.verify import export_verified
    from burnish.training.networks.initialise import initialise
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    folder = tmp_path_factory.mktemp("filler")
    net = Restorer(Spec("Filler", {"widths": [8, 12], "blocks": 1}))
    initialise(net.net, "kaiming", torch.Generator().manual_seed(0))
    net.save(folder / "filler.safetensors")
    export_verified(folder / "filler.safetensors", folder / "filler.onnx")
    return folder / "filler.onnx"


def test_of_nothing_but_lost_pixels_the_guess_is_grey() -> None:
    picture = scene(8, 8)[0]
    np.testing.assert_array_equal(marked_lost(picture, np.ones((8, 8), bool)), LOST + 0.5)


def test_a_fresh_network_keeps_what_is_known_and_nearly_its_guess(filler: Path) -> None:
    opened = load(filler)
    assert isinstance(opened, Mender)
    assert opened.filler is not None
    picture = np.full((3, 40, 50), 0.7, np.float32)
    lost = np.zeros((40, 50), bool)
    lost[10:16, 5:45] = True
    result = opened.filler.fill(picture, lost)
    np.testing.assert_array_equal(result[:, ~lost], picture[:, ~lost])
    assert np.abs(result[:, lost] - 0.7).mean() < 0.2


def test_tiles_give_what_the_whole_gives(filler: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(filler)
    model.open(device="cpu", precision="fp32")
    lost = np.zeros((300, 280), bool)
    lost[10:16] = lost[:, 130:139] = lost[200:212, 20:260] = True
    picture = scene(300, 280)[0]
    found = []
    for side in (0, 96):
        monkeypatch.setattr("burnish.inference.model.FILLED_TILE", side)
        found.append(model.fill(picture, lost))
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


# --- the command line


def run_it(*words: object) -> tuple[int, str]:
    """The exit status of `burnish restore` with these words, and what it said."""
    from typer.testing import CliRunner

    from burnish.cli.app import app

    result = CliRunner().invoke(app, ["restore", *map(str, words)])
    status = 2 if isinstance(result.exception, UsageError) else result.exit_code
    return status, f"{result.output}{result.exception or ''}"


def test_a_model_file_that_fills_mends_what_a_mask_marks(tmp_path: Path, filler: Path) -> None:
    samples = np.rint(255 * 0.8 * scene(*SIDES)[0].transpose(1, 2, 0)).astype(np.uint8)
    Image.fromarray(samples).save(tmp_path / "in.png")
    lost = marked((10, 14, 5, 70))
    Image.fromarray(np.where(lost, np.uint8(255), np.uint8(0))).save(tmp_path / "mask.png")
    after = {}
    for word in ("learned", "classical"):
        target = tmp_path / f"{word}.png"
        status, said = run_it(
            *(tmp_path / "in.png", "-m", filler, "-o", target),
            *("--mask-in", tmp_path / "mask.png", "--fill", word),
        )
        assert status == 0, said
        after[word] = np.asarray(Image.open(target))
        np.testing.assert_array_equal(after[word][~lost], samples[~lost])
        assert (after[word][lost] != samples[lost]).any(-1).mean() > 0.7
    assert (after["learned"][lost] != after["classical"][lost]).any()


def test_fill_goes_with_what_mends(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "in.png")
    words = (tmp_path / "in.png", "-o", tmp_path / "out.png", "-m", "photo", "--fill", "classical")
    status, said = run_it(*words)
    assert status == 2
    assert "--fill: goes with a model that finds damage" in said
