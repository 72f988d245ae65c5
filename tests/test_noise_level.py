"""The training of the network that says how noisy a picture is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import leaves, scene
from PIL import Image

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from burnish.degrade import make  # noqa: E402
from burnish.pipeline.estimate import network  # noqa: E402
from burnish.pipeline.estimate.noise import noise  # noqa: E402
from burnish.training.estimators.noise_level import (  # noqa: E402
    NoiseLevel,
    NoisyCrops,
    pictures,
    train,
    whole,
)


@pytest.fixture
def crops(tmp_path: Path) -> NoisyCrops:
    for name in ("photos", "drawn"):
        (tmp_path / name).mkdir()
        for seed in range(2):
            pixels = np.rint(leaves(200, 230, 3, seed)[0] * 255).astype(np.uint8)
            Image.fromarray(pixels.transpose(1, 2, 0)).save(tmp_path / name / f"{seed}.png")
    photographs, drawn = pictures([tmp_path / "photos", tmp_path / "drawn"])
    assert (len(photographs), len(drawn)) == (2, 2)
    return NoisyCrops(photographs, drawn, make("Noise"), make("PictureNoise"), seed=1)


def test_a_batch_is_a_function_of_the_step_and_knows_its_noise(crops: NoisyCrops) -> None:
    spoiled, around, levels = crops.batch(3)
    again, _, _ = crops.batch(3)
    assert torch.equal(spoiled, again)
    assert spoiled.shape == (8, 3, 160, 160)
    assert levels.min() >= 0
    assert around.shape == (8, 10, 10)
    assert torch.allclose(around.square().mean((1, 2)).sqrt(), levels, rtol=0.4, atol=0.3)
    found = torch.cat([crops.batch(step)[2] for step in range(6)])
    assert (found == 0).any()
    assert found.max() > 20


def test_the_restoring_wing_sees_what_was_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    trained = NoiseLevel().eval()
    np.savez(tmp_path / "w.npz", **trained.arrays())  # type: ignore[arg-type]
    monkeypatch.setattr(network, "WEIGHTS", tmp_path / "w.npz")
    network.weights.cache_clear()
    picture = leaves(96, 128)
    found = network.levels(picture)
    network.weights.cache_clear()
    with torch.no_grad():
        level, spread = trained(torch.from_numpy(picture))
    assert found is not None
    np.testing.assert_allclose(found.logarithm, level[0, 0], atol=0.01)
    np.testing.assert_allclose(found.spread, spread[0, 0], atol=0.01)
    pooled = max(0.0, float(whole(level, spread).exp()) - network.OFFSET)
    assert found.level() == pytest.approx(pooled, abs=0.02)


def test_a_training_that_was_stopped_ends_with_the_same_bits(
    crops: NoisyCrops, tmp_path: Path
) -> None:
    one = train(crops, tmp_path / "one", 4)
    train(crops, tmp_path / "two", 4, until=2)
    two = train(crops, tmp_path / "two", 4)
    with np.load(one) as a, np.load(two) as b:
        assert all(np.array_equal(a[name], b[name]) for name in a.files)


@pytest.mark.parametrize("sigma", [12, 25])
def test_white_noise_is_known_where_the_network_sees_twice_as_much(sigma: int) -> None:
    """Smooth waves with steps, on which the network errs; the neighbours tell that it is white."""
    clean = scene(240, 320)
    rng = np.random.default_rng(sigma)
    noisy = clean + rng.normal(0, sigma / 255, clean.shape).astype(np.float32)
    assert noise(noisy).value == pytest.approx(sigma, rel=0.05)
