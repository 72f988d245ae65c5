"""Paintings: colours evened as a whole, and a network that goes on tile by tile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import scene

from burnish.contract import Array
from burnish.ground.evened import FURTHEST, LEAST, MEAN, SPREAD, evened
from burnish.images import from_array
from burnish.inference.model import Model
from burnish.pipeline import Asked, painted

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from burnish.contract import Dial  # noqa: E402
from burnish.pipeline import Bare  # noqa: E402
from burnish.study.trained.verify import export_verified  # noqa: E402
from burnish.training.networks.initialise import initialise  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.networks.torch_backend import runner  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402

MIX = Dial("mix", 0, 100, 0, "% of the way")
ARCH = Spec(
    "SplineBank",
    {"base": {"use": "Painter", "args": {"width": 4, "blocks": 1}}, "levels": [0, 100]},
)


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
    picture = from_array((photograph(150, 170)[0].transpose(1, 2, 0) * 255).astype(np.uint8))
    whole = model.restore(picture, Asked({"mix": 30.0}), tile=0).picture.pixels
    tiles = model.restore(picture, Asked({"mix": 30.0}), tile=48).picture.pixels
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
    pixels = photograph(64, 72)
    level = np.full((1, 1, 1, 1), 40, np.float32)
    with torch.no_grad():
        trained = restorer(torch.from_numpy(pixels), torch.from_numpy(level)).numpy()
    picture = from_array((pixels[0].transpose(1, 2, 0)).astype(np.float32))
    restored = model.predictor("float32")(pixels, level, 1.0)
    np.testing.assert_allclose(restored, trained, atol=1e-3)
    validated = Bare(restorer.contract, runner(restorer)).restore(picture, Asked({"mix": 40.0}))
    np.testing.assert_allclose(validated.picture.pixels, trained, atol=1e-4)


def test_painting_evens_once_for_all_tiles() -> None:
    seen: list[Array] = []

    def by(image: Array, level: Array | None, share: float | Array) -> Array:
        seen.append(image)
        return image.copy()

    pixels = photograph(24, 24)
    result = painted(by)(pixels, None, 0.25)
    np.testing.assert_array_equal(seen[0], evened(pixels))
    np.testing.assert_allclose(result, 0.75 * pixels + 0.25 * evened(pixels), atol=1e-6)


def test_the_weights_begin_with_the_colours_of_the_paintings(tmp_path: Path) -> None:
    from PIL import Image

    from benchmarks.style import begin, colours

    files = []
    for number, tint in enumerate(([0.9, 0.4, 0.2], [0.2, 0.5, 0.9])):
        pixels = scene(48, 64)[0].transpose(1, 2, 0) * np.array(tint)
        files.append(tmp_path / f"{number}.png")
        Image.fromarray((pixels * 255).astype(np.uint8)).save(files[-1])
    args = f"pictures: [{files[0]}, {files[1]}], side: 48"
    (tmp_path / "style.yaml").write_text(
        "arch: {use: SplineBank, args: {base: {use: Painter, args: {width: 4, blocks: 1}}, "
        "levels: [0, 100]}}\n"
        "dials: [{name: mix, low: 0, high: 100, default: 0, unit: '%'}]\n"
        f"loss: {{use: Paintings, args: {{{args}}}}}\n"
    )
    begin(tmp_path / "style.yaml", tmp_path / "begin.safetensors")
    fresh = Restorer.load(tmp_path / "begin.safetensors")
    image = torch.from_numpy(photograph(64, 64))
    for level, file in zip((0.0, 100.0), files, strict=True):
        painting = torch.from_numpy(np.asarray(Image.open(file)) / 255.0).permute(2, 0, 1)[None]
        with torch.no_grad():
            result = fresh(image, torch.full((1, 1, 1, 1), level))
        wanted = painting.mean((0, 2, 3)).float()
        assert float((result.mean((0, 2, 3)) - wanted).abs().max()) < 0.06
    weight, bias = colours(torch.full((1, 3, 8, 8), 0.25))
    assert float(weight.abs().max()) < 1e-3
    torch.testing.assert_close(bias, torch.full((3,), 0.25 - MEAN))


def test_the_page_says_how_colours_are_evened() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "style.md").read_text(encoding="utf-8")
    words = page.split("```python\n")[-1].split("```")[0]
    found: dict[str, Any] = {}
    exec(words, found)
    picture = photograph(48, 64)
    np.testing.assert_allclose(found["evened"](picture), evened(picture), atol=1e-5)
