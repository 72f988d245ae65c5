"""What is measured of a dial, on models whose behaviour along it is known."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from scipy import ndimage

from burnish.contract import Array, Contract, Dial
from burnish.degrade.blur import blur
from burnish.degrade.jpeg import jpeg
from burnish.degrade.noise import noise
from burnish.errors import DialError, UsageError
from burnish.images import Picture
from burnish.pipeline import Bare
from burnish.report import cards
from burnish.study.dial.grid import Grid, gates, grid
from burnish.study.dial.grid import page as grid_page
from burnish.study.dial.grid import text as grid_text
from burnish.study.dial.smooth import Smoothness, psnr_at, rescaled, smooth
from burnish.study.dial.smooth_page import for_card, page, text
from burnish.study.rows import Row

NOISE = Dial("noise", 0, 100, 25, "sigma in 8-bit steps")


def oracle(pictures: list[tuple[str, Picture]], *, tint: float = 0.0, fault: float = 0.0) -> Row:
    """Knows the clean pictures (by their size): at setting s it takes away s/100 of a fixed plane
    of noise scaled by its true strength, best at the truth.
    """
    clean = {picture.pixels.shape: picture.pixels for _, picture in pictures}

    def run(image: Array, level: Array | None) -> Array:
        assert level is not None
        truth = clean[image.shape]
        error = image - truth
        sigma = np.float32(error.std() * 255)
        share = level / max(sigma, np.float32(1e-6))
        wrong = fault * (np.abs(level - 50) < 1)
        return np.asarray(-share * error + np.float32(tint) * level / 100 + wrong, np.float32)

    contract = Contract(level="pixel", identity=(0.0,), residual=True, dials=(NOISE,))
    return Row("oracle", Bare(contract, run))


@pytest.fixture(scope="module")
def pictures() -> list[tuple[str, Picture]]:
    return [(f"{i}", Picture(scene(40 + 8 * i, 48, 3))) for i in range(2)]


def measured(pictures: list[tuple[str, Picture]], **faults: float) -> Smoothness:
    return smooth(oracle(pictures, **faults), pictures, noise(), [20.0, 50.0], settings=11)


def test_a_straight_line_has_no_bends_at_settings_that_are_not_even(
    pictures: list[tuple[str, Picture]],
) -> None:
    found = smooth(oracle(pictures), pictures, noise(), [10.0, 23.0], settings=11)
    assert len(found.settings) == 12
    for track in found.tracks:
        assert track.bend < 1e-5
        assert track.jump == pytest.approx(1, abs=1e-2)


def test_a_dial_that_tells_the_truth_is_found_to_be_smooth(
    pictures: list[tuple[str, Picture]], tmp_path: Path
) -> None:
    found = measured(pictures)
    assert found.settings == tuple(np.linspace(0, 100, 11))
    for track in found.tracks:
        setting, _ = found.best(track)
        assert setting == pytest.approx(track.level, abs=6)
        assert track.turns == 1
        assert track.bend < 1e-3  # a straight line
        assert track.jump == pytest.approx(1, abs=0.05)
        assert track.removing == 1
        assert track.removed[0] == 0
        assert track.removed[-1] == pytest.approx(100 / 255, rel=0.02)
    assert found.map_difference is not None
    assert found.map_difference < 1e-6
    made = page(tmp_path / "page.html", found, {20.0: 40.0, 50.0: 20.0}).read_text()
    assert "dip against an expert" in made
    assert "missed" in made  # 40 dB at noise 20 is more than is there, in 8 bits
    assert "best noise" in text(found)


def test_faults_along_a_dial_are_seen(pictures: list[tuple[str, Picture]]) -> None:
    sound, tinted, broken = (
        measured(pictures),
        measured(pictures, tint=0.05),
        measured(pictures, fault=0.2),
    )
    assert max(tinted.tracks[0].drift) > max(sound.tracks[0].drift) + 5
    assert broken.tracks[0].jump > 3
    assert broken.tracks[0].bend > 0.2
    assert broken.tracks[0].turns > 1
    assert broken.tracks[0].removing < 1


def test_a_level_beyond_the_range_is_brought_into_it_by_scaling(
    pictures: list[tuple[str, Picture]],
) -> None:
    def homogeneous(image: Array, level: Array | None) -> Array:
        assert level is not None
        return np.asarray(np.sqrt(np.square(image) + np.square(level)), np.float32)

    image = pictures[0][1].pixels
    level = np.full((1, 1, 1, 1), 160, np.float32)
    np.testing.assert_allclose(
        rescaled(homogeneous, image, level, 1.6), homogeneous(image, level), rtol=1e-5
    )
    found = measured(pictures).beyond
    assert found is not None
    assert set(found) == {1.25, 1.5, 2.0}


def test_of_a_quality_the_lower_setting_is_the_stronger_one(
    pictures: list[tuple[str, Picture]],
) -> None:
    def run(image: Array, level: Array | None) -> Array:
        assert level is not None
        return np.asarray(
            image + (1 - level / 100) * (image.mean((2, 3), keepdims=True) - image), np.float32
        )

    contract = Contract(level="pixel", dials=(Dial("quality", 10, 90, 40, "JPEG quality"),))
    row = Row("greyer", Bare(contract, run))
    found = smooth(row, pictures, jpeg(), [40.0], settings=5, side=96)
    assert found.tracks[0].removing == found.tracks[0].smoothing == 1
    assert found.beyond is None


def test_an_expert_sees_the_same_damage(pictures: list[tuple[str, Picture]]) -> None:
    found = measured(pictures)
    track = found.tracks[0]
    assert psnr_at(oracle(pictures), pictures, noise(), 20.0) == pytest.approx(
        found.at(track, 20.0), abs=1e-6
    )


def test_a_dial_that_is_not_there_is_named(pictures: list[tuple[str, Picture]]) -> None:
    mix = Contract(level="batch", dials=(Dial("mix", 0, 1, 0, "share"),))
    other = Row("other", Bare(mix, lambda image, level: image))
    with pytest.raises(DialError, match="name one of its dials with --turn: mix"):
        smooth(other, pictures, noise(), [20.0])


def test_calibrating_puts_the_best_settings_into_the_dial(
    pictures: list[tuple[str, Picture]], tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.errors import ModelMismatch
    from burnish.study.trained.calibrate import calibrate
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    torch.manual_seed(0)
    host = {"use": "ResUNet", "args": {"widths": [8], "blocks": 1}}
    restorer = Restorer(Spec("Blend", {"base": host}), (Dial("mix", 0, 1, 0, "share"),)).eval()
    with torch.no_grad():
        for weight in restorer.net.corners.parameters():  # type: ignore[union-attr]
            weight.add_(0.1 * torch.randn_like(weight))
    restorer.save(tmp_path / "mix.safetensors", {"task": "noise"})
    track = measured(pictures).tracks[0]
    from dataclasses import replace

    tops = ((20.0, 0.1), (40.0, 0.7), (80.0, 0.9))
    settings = tuple(i / 10 for i in range(11))
    tracks = tuple(
        replace(track, level=level, psnr=tuple(30 - (s - top) ** 2 for s in settings))
        for level, top in tops
    )
    found = Smoothness("mix", restorer.contract.dials[0], "noise", settings, tracks, 2)
    pairs = calibrate(tmp_path / "mix.safetensors", tmp_path / "noise.safetensors", found, noise())
    assert [(level, round(setting, 6)) for level, setting in pairs] == list(tops)
    again = Restorer.load(tmp_path / "noise.safetensors")
    assert [(dial.name, dial.low, dial.high, dial.default) for dial in again.contract.dials] == [
        ("noise", 20, 80, 25)
    ]
    image = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        for level, setting in (*tops, (60.0, 0.8)):
            told, wanted = (torch.full((1, 1, 1, 1), value) for value in (level, setting))
            assert torch.allclose(again(image, told), restorer(image, wanted), atol=1e-6)
    flat = Smoothness(
        "mix", found.dial, "noise", settings, (tracks[0], replace(tracks[0], level=30.0)), 2
    )
    with pytest.raises(ModelMismatch, match="two levels or more are wanted"):
        calibrate(tmp_path / "mix.safetensors", tmp_path / "x.safetensors", flat, noise())
    Restorer(Spec.parse(host)).save(tmp_path / "plain.safetensors")
    with pytest.raises(ModelMismatch, match="has no dial that could be calibrated"):
        calibrate(tmp_path / "plain.safetensors", tmp_path / "x.safetensors", found, noise())


def two_dials(lean: float) -> Row:
    """Takes away noise by its setting; sharpens by the other, more than it should where `lean`
    times the noise setting is above 0.

    Knows the clean picture.
    """
    dials = (Dial("noise", 0, 50, 10, "sigma"), Dial("blur", 0, 4, 0, "sigma in pixels"))
    clean = scene(48, 48)

    def run(image: Array, level: Array | None) -> Array:
        assert level is not None
        noise, blur = float(level[0, 0, 0, 0]), float(level[0, 1, 0, 0])
        softened = ndimage.gaussian_filter(clean, (0, 0, 1, 1))
        error = float(np.abs(image - clean).mean())
        off = abs(noise / 255 * 0.8 - error) + lean * noise / 50 * blur
        return np.asarray(clean + np.float32(off) * (clean - softened), np.float32)

    return Row("two", Bare(Contract(dials=dials), run))


def test_two_dials_are_measured_as_a_grid(tmp_path: Path) -> None:
    pictures: list[tuple[str, Picture]] = [("a", Picture(scene(48, 48)))]
    levels = [[5.0, 20.0, 40.0], [0.0, 2.0]]
    apart, leaning = (
        grid(two_dials(lean), pictures, [noise(), blur()], levels) for lean in (0.0, 3.0)
    )
    assert apart.psnr.shape == (3, 2, 3, 2)
    assert apart.best(1, 0)[0] == 20
    met = {what.split(":")[0].split(",")[0]: ok for what, _, ok in gates(apart)}
    assert met["no ringing at the true setting"]
    assert [cap for _, cap in apart.caps()] == [2, 2, 2]
    assert leaning.dip().max() > apart.dip().max() + 1
    assert leaning.caps()[0][1] == 2
    assert leaning.caps()[-1][1] == 0
    assert not gates(leaning)[1][2]
    made = grid_page(tmp_path / "page.html", leaning).read_text()
    assert "How far it may be turned" in made
    assert "missed" in made
    assert re.search(r"local contrast: 0\.[01]%, met", grid_text(apart))
    with pytest.raises(UsageError, match="two kinds of damage"):
        grid(two_dials(0), pictures, [noise()], [[5.0]])
    with pytest.raises(DialError, match="out of range"):
        grid(two_dials(0), pictures, [noise(), blur()], [[60.0], [0.0]])


def test_grey_pictures_go_through_a_colour_model() -> None:
    grey = [("grey", Picture(scene(40, 48, 1)))]
    colour = [("grey", Picture(np.repeat(grey[0][1].pixels, 3, 1)))]
    found = smooth(oracle(colour), grey, noise(), [20.0], settings=5)
    assert (
        found.tracks[0].psnr
        == smooth(oracle(colour), colour, noise(), [20.0], settings=5).tracks[0].psnr
    )
    assert psnr_at(oracle(colour), grey, noise(), 20.0) == psnr_at(
        oracle(colour), colour, noise(), 20.0
    )


def test_what_comes_back_untouched_is_no_dip(
    pictures: list[tuple[str, Picture]], tmp_path: Path
) -> None:
    found = smooth(oracle(pictures), pictures, noise(), [0.0, 25.0], settings=5)
    experts = {0.0: 50.0, 25.0: found.at(found.tracks[1], 25) + 0.25}
    card = for_card(found, "kodak24", experts)
    assert card["dB below an expert"] == {"25": 0.25}
    assert card["gates"]["and 0.02 dB in the mean"] == "0.250 dB, missed"
    assert all(np.isfinite(value) for value in card["dB lost by a wrong setting"].values())
    assert page(tmp_path / "page.html", found, experts).stat().st_size > 1000
    untouched = Grid(
        "x",
        (NOISE, NOISE),
        ((0.0, 25.0), (0.0, 2.0)),
        np.full((2, 2, 2, 2), 30.0),
        np.zeros((2, 2, 2, 2)),
        1,
    )
    untouched.psnr[0, 0, 0, 0] = np.inf
    assert untouched.dip().max() == 0


def test_a_card_says_what_was_measured_along_the_dial(pictures: list[tuple[str, Picture]]) -> None:
    smooth_dial = measured(pictures)
    found = for_card(smooth_dial, "kodak24", {20: smooth_dial.at(smooth_dial.tracks[0], 20) + 0.25})
    assert found["dB below an expert"] == {"20": 0.25}
    assert (
        found["gates"]["dip against an expert of each level, at most 0.05 dB"] == "0.250 dB, missed"
    )
    assert found["on"] == "2 pieces of kodak24, noise 20, 50"
    assert found["gates"]["PSNR has one top along the dial"] == "1 turns at most, met"
    assert found["best setting"]["50"] == pytest.approx(50, abs=3)
    assert found["dB lost by a wrong setting"]["+50%"] > 0
    assert set(found["PSNR beyond the range, and by scaling into it"]) == {
        "noise 125",
        "noise 150",
        "noise 200",
    }
    lines = cards.describe(Path(__file__), Contract(), {"task": "x", "dial": found}, whole=True)
    assert "along it    2 pieces of kodak24" in lines
    assert "PSNR has one top along the dial: 1 turns at most, met" in lines
