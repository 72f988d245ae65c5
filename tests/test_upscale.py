"""The shipped models that enlarge: nearer to the truth than a filter, and nothing invented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import burnish
from burnish.contract import Array
from burnish.degrade.resize import downscale
from burnish.ground.resize import resize
from burnish.inference.zoo import names

SHIPPED = [name for name in names() if name.startswith("upscale-")]


def drawn(side: int = 192) -> Array:
    """Discs, bars and thin slanting lines in colours, with smooth edges, [1, 3, side, side]."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0 : side * 4, 0 : side * 4] / 4
    picture = np.full((3, side * 4, side * 4), 0.6)
    for _ in range(40):
        colour = rng.random(3)[:, None, None]
        centre, angle = rng.random(2) * side, rng.random() * np.pi
        along = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)
        line = (np.abs(along) < rng.uniform(0.5, 3)) & (rng.random() < 0.5)
        disc = np.hypot(x - centre[0], y - centre[1]) < rng.uniform(2, side / 8)
        picture = np.where(line | disc, colour, picture)
    cells = picture.reshape(3, side, 4, side, 4)
    return np.asarray(cells.mean((2, 4))[None], np.float32)


def made_small(picture: Array, scale: int, softness: float = 0.0) -> Any:
    level = np.full((1, 1, 1, 1), softness, np.float32)
    small = downscale(scale).spoil(picture, level, np.random.default_rng(0))
    return as_bytes(small)


def as_bytes(picture: Array) -> Any:
    return np.rint(picture[0].transpose(1, 2, 0).clip(0, 1) * 255).astype(np.uint8)


def psnr(one: Any, other: Any) -> float:
    error = (one.astype(float) - other)[8:-8, 8:-8]
    return float(10 * np.log10(255**2 / (error**2).mean()))


@pytest.mark.parametrize("name", SHIPPED)
def test_drawings_come_out_sharper_than_by_a_filter(name: str) -> None:
    model = burnish.load(name)
    scale = model.contract.scale
    clean = drawn()
    small = made_small(clean, scale)
    filtered = resize(small.transpose(2, 0, 1)[None] / np.float32(255), 192, 192)
    gain = psnr(model(small), as_bytes(clean)) - psnr(as_bytes(filtered), as_bytes(clean))
    assert gain > 1.5, gain


@pytest.mark.parametrize("name", SHIPPED)
def test_flat_colour_stays_flat(name: str) -> None:
    model = burnish.load(name)
    for dial in model.contract.dials:
        for stop in (dial.low, (dial.low + dial.high) / 2, dial.high):
            for colour in ((0, 0, 0), (255, 255, 255), (200, 40, 60), (90, 120, 200)):
                even = np.full((40, 48, 3), colour, np.uint8)
                told: dict[str, Any] = {dial.name: stop}
                moved = np.abs(model(even, **told).astype(int) - colour)
                assert moved.max() <= 3, f"{dial.name} {stop:g}, {colour}: {moved.max()}"


@pytest.mark.parametrize("name", SHIPPED)
def test_a_blurred_picture_is_sharper_where_the_model_is_told(name: str) -> None:
    model = burnish.load(name)
    if all(dial.name != "softness" for dial in model.contract.dials):
        pytest.skip("it has no softness")
    clean = drawn()
    for softness in (0.75, 1.0):
        small = made_small(clean, model.contract.scale, softness)
        told = psnr(model(small, softness=softness), as_bytes(clean))
        untold = psnr(model(small), as_bytes(clean))
        assert told > untold + 1, f"{softness}: {told:.2f} and {untold:.2f}"
        assert np.array_equal(model(small), model(small, softness=0))


def test_the_network_for_four_times_begins_at_the_one_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.training.networks.restorer import read_weights
    from burnish.training.recipe.file import load
    from burnish.training.recipe.resolve import resolve
    from burnish.training.step.initial import initial_network

    monkeypatch.chdir(Path(__file__).resolve().parents[1])
    recipe = load(Path("recipes/upscale-x4.yaml"), [f"data.folders=[{tmp_path}]"])
    stage = resolve(recipe)[0]
    found = initial_network(stage).net.state_dict()
    weights, _ = read_weights(Path("burnish/weights/upscale-x2.safetensors"))
    begins = [name for name in found if name.startswith("base.") and ".tail." not in name]
    assert len(begins) == 50  # weights and biases of the head, and of twelve blocks of two layers
    for name in begins:
        assert torch.equal(found[name], weights[name].float()), name
    assert not any(value.any() for name, value in found.items() if name.startswith("bank."))
