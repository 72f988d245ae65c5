"""`burnish verify`: green where every way through a model is as in training, and red for each fault
that is planted, at the ways that it lies on.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import leaves
from PIL import Image
from typer.testing import CliRunner

import burnish.contract
from burnish import images
from burnish.cli import app
from burnish.contract import Array, Contract, Dial, Level, Run
from burnish.errors import ModelMismatch, ModelMissing
from burnish.ground import channels
from burnish.images import Picture
from burnish.inference import backends, engine, zoo

torch = pytest.importorskip("torch", reason="the training wing is not installed")
pytest.importorskip("openvino")

from burnish.inference import model as opening  # noqa: E402
from burnish.pipeline import restored as pipeline  # noqa: E402
from burnish.study.agreement.verify import verify  # noqa: E402
from burnish.study.agreement.way import Outcome  # noqa: E402
from burnish.training.networks import export, torch_backend  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.optimise.ema import average  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402

#: what stands for 1 in 8 bits
TOP = np.float32(255)

Outcomes = dict[str, Outcome]
Plant = Callable[[Callable[[Run], Run]], None]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two drawn pictures in colour."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(2):
        pixels = leaves(96, 80, seed=seed)[0].transpose(1, 2, 0)
        Image.fromarray((pixels * 255).round().astype(np.uint8)).save(folder / f"{seed}.png")
    return folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model file of a small network with a dial, maps of levels, and batch normalisation."""
    torch.manual_seed(0)
    base = {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1, "norm": "batch"}}
    dial = Dial("noise", 0, 75, 25, "RMS in 8-bit steps")
    restorer = Restorer(Spec("LevelPlane", {"base": base}), (dial,))
    with torch.no_grad():
        restorer.train()
        restorer(torch.rand(4, 3, 32, 32), torch.full((4, 1, 1, 1), 30.0))
        for weight in restorer.parameters():
            weight.mul_(1.5)
    source = tmp_path_factory.mktemp("tiny") / "tiny.safetensors"
    restorer.eval().save(source, {"task": "test"}, half=True)
    path = source.with_suffix(".onnx")
    export.export(Restorer.load(source), path, source=source)
    return path


def taken(path: Path, pictures: Path, backend: str = "openvino") -> Outcomes:
    outcomes = verify(path, [pictures], backend=backend, precisions=["fp32"], crops=2)
    return {outcome.way.name.partition(", ")[2]: outcome for outcome in outcomes}


def red(outcomes: Outcomes) -> set[str]:
    return {name for name, outcome in outcomes.items() if not outcome.agrees}


ARRAYS = {"a batch of 2", "1x1", "17x13", "one by one", "tiles of 32", "tiles of 50"}
FILES = {
    "PNG",
    "grey PNG",
    "PNG of 16 bits",
    "grey PNG of 16 bits",
    "TIFF of 16 bits",
    "TIFF of floats",
    "BMP",
    "WebP without loss",
    "JPEG",
}


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Plants a fault into whatever runs a model: a function from the right Run to a wrong one."""

    def planted(fault: Callable[[Run], Run]) -> None:
        right = backends.open_model

        def open_model(*args: Any, **how: Any) -> Any:
            opened = right(*args, **how)
            return replace(opened, run=fault(opened.run))

        monkeypatch.setattr(opening, "open_model", open_model)

    return planted


# Green.


@pytest.mark.parametrize("name", zoo.names())
def test_every_shipped_model_does_what_it_learned(name: str, pictures: Path) -> None:
    # In 8 bits and bf16, too, where the processor has them.
    precisions = ["fp32", "auto"] if name == "photo" else ["fp32"]
    outcomes = list(verify(zoo.find(name), [pictures], precisions=precisions, crops=2))
    assert [outcome.way.name for outcome in outcomes if not outcome.agrees] == []
    met = {outcome.way.name.partition(", ")[2] for outcome in outcomes}
    assert met >= ARRAYS
    filled = {"filled by mask 1", "filled by mask 2"}
    assert met >= {"fill": filled, "raw": set()}.get(name, FILES)  # four planes are in no file


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime", "ncnn", "torch"])
def test_what_is_right_is_green(tiny: Path, pictures: Path, backend: str) -> None:
    if backend in ("onnxruntime", "ncnn"):
        pytest.importorskip(backend)
    outcomes = taken(tiny, pictures, backend)
    assert red(outcomes) == set()
    assert set(outcomes) == ARRAYS | FILES


# Red: what runs a model.


def test_bgr_for_rgb(tiny: Path, pictures: Path, plant: Plant) -> None:
    plant(lambda run: lambda image, level: run(image[:, ::-1], level)[:, ::-1].copy())
    # Grey is the same in both, and a single pixel is one colour.
    assert red(taken(tiny, pictures)) >= (ARRAYS - {"1x1"}) | {"PNG", "TIFF of floats", "JPEG"}


def test_bgr_for_rgb_in_files_alone(
    tiny: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = channels.to_input
    monkeypatch.setattr(
        pipeline, "to_input", lambda contract, pixels: right(contract, pixels)[:, ::-1]
    )
    grey = {"grey PNG", "grey PNG of 16 bits"}
    assert red(taken(tiny, pictures)) == FILES - grey


def test_0_to_255_for_0_to_1(tiny: Path, pictures: Path, plant: Plant) -> None:
    plant(lambda run: lambda image, level: run(image * TOP, level) / TOP)
    assert red(taken(tiny, pictures)) == ARRAYS | FILES


@pytest.mark.parametrize("kind", ["doubled", "missing"])
def test_normalisation(tiny: Path, pictures: Path, plant: Plant, kind: str) -> None:
    mean = np.array([0.485, 0.456, 0.406], np.float32).reshape(1, 3, 1, 1)
    spread = np.array([0.229, 0.224, 0.225], np.float32).reshape(1, 3, 1, 1)

    def fault(run: Run) -> Run:
        def wrong(image: Array, level: Array | None) -> Array:
            once_more = (image - mean) / spread
            once_less = image * spread + mean
            return run(once_more if kind == "doubled" else once_less, level)

        return wrong

    plant(fault)
    assert red(taken(tiny, pictures)) == ARRAYS | FILES


def test_batch_normalisation_in_training_mode(
    tiny: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def runner(restorer: Any, *_: Any) -> Run:
        def run(image: Array, level: Array | None) -> Array:
            restorer.train()
            with torch.no_grad():
                result = restorer.predict(torch.tensor(image), torch.tensor(level))
            return np.asarray(result)

        return run

    monkeypatch.setattr(torch_backend, "runner", runner)
    assert red(taken(tiny, pictures, "torch")) == ARRAYS | FILES


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect"])
def test_wrong_padding(
    tiny: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, mode: Any
) -> None:
    def pad(image: Array, multiple: int) -> Array:
        bottom, right = (-side % multiple for side in image.shape[-2:])
        return np.pad(image, ((0, 0), (0, 0), (0, bottom), (0, right)), mode=mode)

    monkeypatch.setattr(burnish.contract, "pad_to_multiple", pad)
    # Of one pixel, its edge is its mirror.
    assert red(taken(tiny, pictures)) - {"1x1"} == {"17x13"}


def test_a_seam(
    tiny: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = engine._spans

    def without_margin(size: int, count: int, margin: int, multiple: int) -> Any:
        return right(size, count, 0, multiple)

    monkeypatch.setattr(engine, "_spans", without_margin)
    outcomes = taken(tiny, pictures)
    assert red(outcomes) == {"tiles of 32", "tiles of 50"}
    # Where it is: beside a line between two tiles, which are 24 pixels high.
    _, _, row, column = outcomes["tiles of 32"].place
    assert min(abs(row - 23.5), abs((column + 16) % 32 - 15.5)) < 13

    words = ["verify", str(tiny), str(pictures), "--backend", "openvino", "-o", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1, "the console script alone gives the status of an error"
    assert getattr(done.exception, "exit_status", None) == 3
    assert "X openvino fp32, tiles of 32" in done.stdout
    assert (tmp_path / "openvino_fp32_tiles_of_32.png").is_file()
    assert "the worst is openvino fp32, tiles of" in str(done.exception)


def test_a_dial_in_the_wrong_unit(
    tiny: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_units_of_one(settings: Any) -> Any:
        level = burnish.contract.level_array(settings)
        return None if level is None else level / TOP

    module = importlib.import_module("burnish.pipeline.settle")
    monkeypatch.setattr(module, "level_array", in_units_of_one)
    assert red(taken(tiny, pictures)) == FILES


def test_a_dial_in_the_wrong_unit_for_a_backend(tiny: Path, pictures: Path, plant: Plant) -> None:
    plant(lambda run: lambda image, level: run(image, level / TOP))  # type: ignore[operator]
    assert red(taken(tiny, pictures)) == ARRAYS | FILES


# Red: what lies around it.


def test_grey_fed_to_a_colour_model(
    tiny: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def into_red(contract: Contract, pixels: Array) -> Array:
        if pixels.shape[1] == contract.channels_in:
            return pixels
        return np.concatenate([pixels, np.zeros_like(pixels), np.zeros_like(pixels)], 1)

    monkeypatch.setattr(pipeline, "to_input", into_red)
    assert red(taken(tiny, pictures)) == {"grey PNG", "grey PNG of 16 bits"}


def test_a_lossy_temporary_file(
    tiny: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = images.write

    def through_a_jpeg(target: Any, made: Iterator[Picture], **how: Any) -> Any:
        return right(target, map(lossy, made), **how)

    def lossy(picture: Picture) -> Picture:
        samples = (picture.pixels[0].clip(0, 1) * 255).round().astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(samples.transpose(1, 2, 0).squeeze()).save(file, "JPEG", quality=95)
        back = np.asarray(Image.open(file), np.float32) / TOP
        return picture.with_pixels(back.reshape(*samples.shape[1:], -1).transpose(2, 0, 1)[None])

    monkeypatch.setattr(images, "write", through_a_jpeg)
    assert red(taken(tiny, pictures)) == FILES


def test_a_stale_average(tiny: Path, pictures: Path, tmp_path: Path) -> None:
    """The weights are the average; the model file was made of it as it was some steps before."""
    source = tmp_path / "tiny.safetensors"
    source.write_bytes(tiny.with_suffix(".safetensors").read_bytes())
    now, stale = Restorer.load(source), Restorer.load(source)
    moved = Restorer.load(source)
    with torch.no_grad():
        for weight in moved.parameters():
            weight.add_(0.05 * weight.abs().mean())
    average(now, moved, 0.9)
    now.save(source, {"task": "test"})
    export.export(stale, tmp_path / "tiny.onnx", source=source, half=False)
    said: list[str] = []
    outcomes = list(
        verify(
            tmp_path / "tiny.onnx",
            [pictures],
            backend="openvino",
            precisions=["fp32"],
            crops=2,
            say=said.append,
        )
    )
    wrong = {outcome.way.name.partition(", ")[2] for outcome in outcomes if not outcome.agrees}
    assert wrong >= (ARRAYS - {"1x1"}) | {"PNG of 16 bits", "TIFF of floats"}
    assert not [line for line in said if "other weights" in line]

    # And where the file says so itself.
    tiny_again = tmp_path / "again.onnx"
    tiny_again.write_bytes(tiny.read_bytes())
    next(verify(tiny_again, [pictures], weights=source, crops=1, say=said.append))
    assert [line for line in said if "was made of other weights" in line]


# What is asked for.


def test_what_is_missing_is_said(tiny: Path, pictures: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.onnx"
    alone.write_bytes(tiny.read_bytes())
    with pytest.raises(ModelMissing, match="--against FILE"):
        next(verify(alone, [pictures]))


def test_weights_of_another_contract_are_refused(tiny: Path, pictures: Path) -> None:
    other = zoo.find("jpeg").with_suffix(".safetensors")
    with pytest.raises(ModelMismatch, match="another contract"):
        next(verify(tiny, [pictures], weights=other))


def test_what_fails_on_the_way_is_red(tiny: Path, pictures: Path, plant: Plant) -> None:
    def fault(run: Run) -> Run:
        def wrong(image: Array, level: Array | None) -> Array:
            raise RuntimeError("no such kernel")

        return wrong

    plant(fault)
    outcomes = taken(tiny, pictures)
    assert red(outcomes) == ARRAYS | FILES
    assert "no such kernel" in outcomes["1x1"].where


def test_nan_is_red(tiny: Path, pictures: Path, plant: Plant) -> None:
    plant(lambda run: lambda image, level: run(image, level) * np.float32(np.nan))
    assert red(taken(tiny, pictures)) == ARRAYS | FILES


def test_crops_are_those_of_the_recipe(pictures: Path) -> None:
    from burnish.study.agreement.loader import fed

    restorer = Restorer.load(zoo.find("photo").with_suffix(".safetensors"))
    one, again, other = (fed(restorer, [pictures], crops=2, seed=seed) for seed in (0, 0, 1))
    assert "recipe photo" in one.said
    assert np.array_equal(one.image, again.image)
    assert not np.array_equal(one.image, other.image)
    assert one.level is not None
    assert one.level.shape == (2, 1, 1, 1)
    assert ((one.level >= 0) & (one.level <= 75)).all()


@pytest.mark.parametrize("level", ["pixel", "image", "batch"])
def test_levels_of_every_kind_arrive(level: Level) -> None:
    from burnish.study.agreement.loader import _level

    dials = (Dial("noise", 0, 75, 25, ""), Dial("quality", 5, 95, 40, ""))
    contract = Contract(dials=dials, level=level)
    rng = np.random.default_rng(0)
    count = 1 if level == "batch" else 3
    told = np.array([[90.0, np.nan]] * count, np.float32)[..., None, None]
    found = _level(told, contract, rng)
    assert found is not None
    assert found.shape == (count, 2, 1, 1)
    assert (found[:, 0] == 75).all()
    assert ((found[:, 1] >= 5) & (found[:, 1] <= 95)).all()
