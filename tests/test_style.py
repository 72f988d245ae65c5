"""Paintings: colours evened as a whole, and a network that goes on tile by tile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import scene

from burnish.contract import Array
from burnish.ground.evened import FURTHEST, LEAST, MEAN, SPREAD, evened
from burnish.images import from_array
from burnish.inference.model import Model
from burnish.pipeline import Asked, painted

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from burnish.contract import Dial  # noqa: E402
from burnish.pipeline import Bare  # noqa: E402
from burnish.study.agreement.way import Case  # noqa: E402
from burnish.study.trained.verify import export_verified  # noqa: E402
from burnish.training.networks.initialise import initialise  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.networks.torch_backend import runner  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402

MIX = Dial("mix", 0, 100, 0, "% of the way")
ROOT = Path(__file__).resolve().parents[1]
ARCH = Spec("Painter", {"stretches": 3, "basis": 8})


def photograph(height: int, width: int) -> Array:
    """A scene with tints of its own, [1, 3, H, W]."""
    tint = np.array([0.9, 0.5, 0.3], np.float32)[:, None, None]
    return np.asarray(scene(height, width) * tint + 0.05, np.float32)


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    found = Restorer(ARCH, (MIX,))
    generator = torch.Generator().manual_seed(2)
    initialise(found.net, "kaiming", generator)
    with torch.no_grad():
        for weight in found.parameters():
            weight.add_(0.02 * torch.randn(weight.shape, generator=generator))
    return found.eval()


@pytest.fixture(scope="module")
def model(restorer: Restorer, tmp_path_factory: pytest.TempPathFactory) -> Model:
    source = tmp_path_factory.mktemp("style") / "style.safetensors"
    restorer.save(source, {"task": "test"})
    export_verified(source, source.with_suffix(".onnx"), half=False)
    found = Model(source.with_suffix(".onnx"))
    found.open(device="cpu", precision="fp32")
    return found


def test_any_picture_gets_one_mean_and_one_spread() -> None:
    pictures = np.concatenate([photograph(40, 52), 0.3 * photograph(40, 52)[:, ::-1] + 0.5])
    for even in evened(pictures):
        colours = even.reshape(3, -1).astype(np.float64)
        np.testing.assert_allclose(colours.mean(1), MEAN, atol=0.03)
        values = np.linalg.eigvalsh(np.cov(colours))
        assert float(values.max()) <= SPREAD**2 * 1.001
    noise = np.random.default_rng(0).normal(0.4, 0.3, (1, 3, 200, 200)).astype(np.float32)
    spread = np.cov(evened(noise)[0].reshape(3, -1))
    np.testing.assert_allclose(spread, 0.77 * SPREAD**2 * np.eye(3), atol=0.05 * SPREAD**2)


def test_one_lamp_at_night_stays_in_range() -> None:
    night = np.random.default_rng(3).normal(0.05, 0.002, (1, 3, 64, 64)).astype(np.float32)
    night[..., 30, 30] = 1
    even = evened(night)
    assert float(even.max()) <= MEAN + FURTHEST
    assert float(even.min()) >= MEAN - FURTHEST
    assert float(even[0, 0, 30, 30]) > 0.9


def test_what_is_grey_or_flat_is_not_blown_up() -> None:
    grey = np.repeat(scene(32, 32)[:, :1], 3, 1)
    noisy = grey + np.random.default_rng(1).normal(0, 0.002, grey.shape).astype(np.float32)
    apart = np.ptp(evened(noisy), axis=1).std()
    assert apart < 0.002 * 3 * SPREAD / LEAST
    assert np.ptp(evened(np.full((1, 3, 8, 8), 0.7, np.float32))) < 1e-5


def test_large_pictures_are_evened_as_small_ones() -> None:
    small = photograph(32, 40)
    large = np.tile(small, (1, 1, 40, 40))
    np.testing.assert_allclose(evened(large)[..., :32, :40], evened(small), atol=1e-4)


def test_tiles_equal_the_whole(model: Model) -> None:
    picture = from_array((photograph(270, 400)[0].transpose(1, 2, 0) * 255).astype(np.uint8))
    whole = model.restore(picture, Asked({"mix": 30.0}), tile=0).picture.pixels
    tiles = model.restore(picture, Asked({"mix": 30.0}), tile=100).picture.pixels
    assert float(np.abs(whole - picture.pixels).max()) > 0.05
    np.testing.assert_allclose(tiles, whole, atol=1e-3)


def test_a_part_alone_is_painted_in_other_colours(model: Model) -> None:
    """Since its colours are evened by itself; so the parts of a view come from the whole."""
    pixels = photograph(96, 96)
    pixels[..., 48:] *= 0.4
    whole = model.predictor("float32")(pixels, np.zeros((1, 1, 1, 1), np.float32), 1.0)
    half = model.predictor("float32")(pixels[..., 48:], np.zeros((1, 1, 1, 1), np.float32), 1.0)
    assert float(np.abs(whole[..., 70:] - half[..., 22:]).max()) > 0.02


def test_strength_mixes_with_the_picture_as_it_came(model: Model) -> None:
    picture = from_array((photograph(40, 44)[0].transpose(1, 2, 0) * 255).astype(np.uint8))
    full = model.restore(picture, Asked({"mix": 100.0})).picture.pixels
    half = model.restore(picture, Asked({"mix": 100.0}, 0.5)).picture.pixels
    none = model.restore(picture, Asked({"mix": 100.0}, 0.0)).picture.pixels
    np.testing.assert_array_equal(none, picture.pixels)
    np.testing.assert_allclose(half, (full + picture.pixels) / 2, atol=1e-5)


def test_training_and_restoring_see_the_same(restorer: Restorer, model: Model) -> None:
    pixels = photograph(128, 256)
    level = np.full((1, 1, 1, 1), 40, np.float32)
    with torch.no_grad():
        trained = restorer(torch.from_numpy(pixels), torch.from_numpy(level)).numpy()
    picture = from_array((pixels[0].transpose(1, 2, 0)).astype(np.float32))
    restored = model.predictor("float32")(pixels, level, 1.0)
    np.testing.assert_allclose(restored, trained, atol=1e-3)
    validated = Bare(restorer.contract, runner(restorer)).restore(picture, Asked({"mix": 40.0}))
    np.testing.assert_allclose(validated.picture.pixels, trained, atol=1e-4)


def test_what_is_wanted_of_a_small_picture_is_evened_without_what_lies_beyond_it(
    restorer: Restorer, model: Model
) -> None:
    pixels = photograph(17, 13)
    level = np.full((1, 1, 1, 1), 40, np.float32)
    case = Case.of(restorer, pixels, level)
    found = model.predictor("float32")(pixels, level, 1.0)
    np.testing.assert_allclose(case.wanted, found, atol=1e-4)


def test_painting_evens_once_for_all_tiles() -> None:
    seen: list[Array] = []

    def by(image: Array, level: Array | None, share: float | Array) -> Array:
        seen.append(image)
        return image.copy()

    pixels = photograph(24, 24)
    result = painted(by)(pixels, None, 0.25)
    np.testing.assert_array_equal(seen[0], evened(pixels))
    np.testing.assert_allclose(result, 0.75 * pixels + 0.25 * evened(pixels), atol=1e-6)


def test_the_dial_goes_straight_from_one_painting_to_the_other(model: Model) -> None:
    """Pixel by pixel: a map of it is two paintings side by side, with a seam of a window."""
    pixels = photograph(140, 260)
    ends = [
        model.predictor("float32")(pixels, np.full((1, 1, 1, 1), level, np.float32), 1.0)
        for level in (0, 25, 100)
    ]
    assert float(np.abs(ends[2] - ends[0]).max()) > 0.02
    np.testing.assert_allclose(ends[1], 0.75 * ends[0] + 0.25 * ends[2], atol=1e-5)
    level = np.zeros((1, 1, 140, 260), np.float32)
    level[..., 130:] = 100
    both = model.predictor("float32")(pixels, level, 1.0)
    np.testing.assert_allclose(both[..., :116], ends[0][..., :116], atol=1e-5)
    np.testing.assert_allclose(both[..., 144:], ends[2][..., 144:], atol=1e-5)


def canvas(height: int, width: int, falling: bool) -> Array:
    """A painting of slanted strokes over slow light, [3, H, W]."""
    down, across = np.mgrid[:height, :width].astype(np.float32)
    along = across + down if falling else across - down
    strokes = 0.12 * np.sin(along / 1.8)
    light = 0.5 + 0.2 * np.sin(down / 40) * np.cos(across / 55)
    tints = ((0.9, 0.6, 0.3), (0.3, 0.6, 0.9))[falling]
    return np.asarray([tint * light + strokes for tint in tints], np.float32).clip(0, 1)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Restorer, list[Array]]:
    """A network that knows two drawn paintings by heart, and the paintings."""
    from PIL import Image

    from benchmarks.strokes import begin

    folder = tmp_path_factory.mktemp("strokes")
    paintings = [canvas(160, 192, falling) for falling in (False, True)]
    files = [folder / f"{number}.png" for number in range(2)]
    for file, pixels in zip(files, paintings, strict=True):
        Image.fromarray((pixels.transpose(1, 2, 0) * 255).astype(np.uint8)).save(file)
    record = yaml.safe_load((ROOT / "recipes/style.yaml").read_text())
    record["arch"]["args"] = {"stretches": 6, "basis": 24}
    record["data"]["folders"] = [str(folder)]
    record["loss"]["args"] |= {"pictures": [str(file) for file in files], "side": 160}
    (folder / "style.yaml").write_text(yaml.safe_dump(record))
    begin(folder / "style.yaml", folder / "begin.safetensors")
    return Restorer.load(folder / "begin.safetensors"), paintings


def at_ends(restorer: Restorer, pixels: Array) -> list[Array]:
    with torch.no_grad():
        return [
            restorer(torch.from_numpy(pixels), torch.full((1, 1, 1, 1), level)).numpy()
            for level in (0.0, 100.0)
        ]


def test_the_weights_begin_with_the_colours_of_the_paintings(
    begun: tuple[Restorer, list[Array]],
) -> None:
    from benchmarks.strokes import colours

    restorer, paintings = begun
    for result, wanted in zip(at_ends(restorer, photograph(128, 128)), paintings, strict=True):
        assert float(np.abs(result.mean((0, 2, 3)) - wanted.mean((1, 2))).max()) < 0.06
    weight, bias = colours(torch.full((1, 3, 8, 8), 0.25))
    assert float(weight.abs().max()) < 1e-3
    torch.testing.assert_close(bias, torch.full((3,), 0.25 - MEAN))


def test_a_picture_gets_the_strokes_of_the_paintings(begun: tuple[Restorer, list[Array]]) -> None:
    """A picture with a little light, in which nothing but strokes can be rough."""
    restorer, paintings = begun
    pixels = np.broadcast_to(np.linspace(0.4, 0.6, 128, dtype=np.float32), (1, 3, 128, 128)).copy()
    pixels *= np.array([1.0, 0.9, 0.8], np.float32)[:, None, None]
    for result, wanted in zip(at_ends(restorer, pixels), paintings, strict=True):
        rough, painted = (float(np.square(np.diff(one)).mean()) for one in (result[0], wanted))
        assert 0.4 * painted < rough < 1.5 * painted


def test_the_page_says_how_colours_are_evened() -> None:
    page = (ROOT / "docs" / "style.md").read_text(encoding="utf-8")
    words = page.split("```python\n")[-1].split("```")[0]
    found: dict[str, Any] = {}
    exec(words, found)
    picture = photograph(48, 64)
    np.testing.assert_allclose(found["evened"](picture), evened(picture), atol=1e-5)
