"""A model file in a runtime by itself: pictures of any size go in, and come out as `predict` gives
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.ship import of_no_machine
from burnish.contract import Array, predict, repeated
from burnish.inference import zoo
from burnish.inference.model import Model
from burnish.report.cards import describe

#: in the header of a file that ships: a text that begins at the root of some machine
ROOTED = re.compile(rb'\\?"(?:/|[A-Z]:)(?:work|home|root|tmp|Users|mnt|data)/')

SIZES = [(1, 1), (1, 7), (7, 1), (3, 2), (5, 5), (8, 8), (17, 13), (64, 48), (101, 67), (190, 3)]


@pytest.mark.parametrize("path", sorted(zoo.folder().rglob("*.*")), ids=lambda path: path.name)
def test_a_shipped_file_tells_no_path_of_a_machine(path: Path) -> None:
    assert not ROOTED.search(path.read_bytes())


def test_a_card_is_shipped_without_paths_of_a_machine() -> None:
    card = {"recipe": {"start": "/work/a.safetensors", "folders": ["../b", "/c/d"]}, "steps": 3}
    wanted = {"recipe": {"start": "a.safetensors", "folders": ["../b", "d"]}, "steps": 3}
    assert of_no_machine(card) == wanted


@cache
def in_onnxruntime(path: Path) -> Callable[[dict[str, Array]], dict[str, Array]]:
    library = pytest.importorskip("onnxruntime")
    session = library.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(names, inputs), strict=True))


@cache
def in_openvino(path: Path) -> Callable[[dict[str, Array]], dict[str, Array]]:
    library = pytest.importorskip("openvino")
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = library.Core().compile_model(str(path), "CPU", settings)
    names = [output.get_any_name() for output in compiled.outputs]
    return lambda inputs: {name: compiled(inputs)[name] for name in names}


@pytest.mark.parametrize("runtime", [in_onnxruntime, in_openvino])
@pytest.mark.parametrize("name", zoo.names())
def test_a_shipped_file_takes_pictures_of_any_size(
    name: str, runtime: Any, rng: np.random.Generator
) -> None:
    model = Model(zoo.find(name))
    contract = model.contract
    run = model.open(device="cpu", precision="fp32", threads=1).run
    alone = runtime(zoo.find(name))
    for height, width in SIZES:
        image = rng.random((2, contract.channels_in, height, width), dtype=np.float32)
        level = None
        inputs = {"input": image}
        if contract.dials:
            sides = (2, height, width) if contract.level == "pixel" else (1, 1, 1)
            shape = (sides[0], len(contract.dials), *sides[1:])
            low, high = np.array([(dial.low, dial.high) for dial in contract.dials]).T
            within = rng.uniform(low[:, None, None], high[:, None, None], shape)
            level = within.astype(np.float32)
            inputs["level"] = level
        found = alone(inputs)
        wanted = predict(run, contract, image, level)
        np.testing.assert_allclose(found["output"], wanted, atol=1e-5, err_msg=f"{height}x{width}")
        assert ("residual" in found) == contract.residual
        if contract.residual:
            larger = repeated(image, contract.scale)
            np.testing.assert_allclose(found["residual"], wanted - larger, atol=1e-5)


def test_files_from_before_are_read_and_say_what_they_want(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    pytest.importorskip("torch")
    from burnish.training.networks import export
    from burnish.training.networks.restorer import Restorer

    source = zoo.find("document").with_suffix(".safetensors")
    monkeypatch.setattr(export, "take_any_size", lambda model, contract: None)
    export.export(Restorer.load(source), tmp_path / "before.onnx")
    before, now = Model(tmp_path / "before.onnx"), Model(source.with_suffix(".onnx"))
    assert before.path is not None
    assert now.path is not None
    image = rng.random((1, 3, 21, 35), dtype=np.float32)
    old, new = (
        predict(model.open(device="cpu", precision="fp32", threads=1).run, model.contract, image)
        for model in (before, now)
    )
    assert np.array_equal(old, new), "Burnish's own engine must not see the difference"
    card = {key: value for key, value in before.card.items() if key != "sizes"}
    text = describe(before.path, before.contract, card, whole=True)
    assert "H and W are multiples of 8" in text
    assert "any; padded by mirroring" in describe(now.path, now.contract, now.card, whole=True)


def test_info_says_what_goes_in_and_what_comes_out() -> None:
    model = zoo.load("photo")
    assert model.path is not None
    text = describe(model.path, model.contract, model.card, whole=True)
    for words in (
        "input: float32 [B, 3, H, W], RGB in 0..1",
        "level: float32 [B, 1, H, W], noise 0..75 (RMS in 8-bit steps)",
        "output: float32 [B, 3, H, W], RGB, not clamped",
        "residual: float32 [B, 3, H, W], output - input",
    ):
        assert words in text
