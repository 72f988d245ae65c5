"""Where a model runs: what there is, what is chosen and why, and what falls back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import burnish
from burnish.cli import app
from burnish.contract import LOST, Array, Contract, Opened, level_array, predict
from burnish.errors import DeviceError, MissingExtra, UsageError
from burnish.inference import zoo
from burnish.inference.archive.sidecar import replay
from burnish.inference.backends import BACKENDS, choice, table
from burnish.inference.backends.choice import choose, listing
from burnish.inference.model import Model
from burnish.inference.zoo import find
from burnish.study.apart import EXACT, HALF

#: how many layers and sizes OpenVINO's library keeps
LAYERS = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
#: how many pictures go through every backend, and their height and width: the least, several at
#: once that are no multiples, a strip, a large one
SHAPES = [(1, 1, 1), (3, 17, 13), (1, 3, 5000), (1, 640, 640)]
INSTALLED = [name for name in BACKENDS if table.installed(name)]


@pytest.mark.parametrize("backend", INSTALLED)
def test_every_backend_names_the_processor_and_takes_it(backend: str) -> None:
    places = table.places(backend)
    assert "cpu" in [place.word for place in places]
    assert all(place.called for place in places)
    opened = burnish.load("photo").open(device=f"{backend}:cpu", precision="fp32")
    assert opened.backend == backend
    assert opened.chosen == f"{backend} since it was asked for"


def test_the_listing_has_a_line_for_every_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "installed", lambda name: name == "openvino")
    lines = list(listing())
    assert lines[0].startswith("openvino:cpu  ")
    assert lines[-1] == "torch: not installed; pip install 'burnish[train]' brings it"
    for option in ("--device", "--backend"):
        done = CliRunner().invoke(app, ["restore", option, "list"])
        assert done.exit_code == 0
        assert done.stdout.splitlines() == lines


def test_unasked_the_processor_is_taken_and_it_is_said_why() -> None:
    if choice.gpu_present():
        pytest.skip("there is a GPU")
    assert choose("auto").why == choose("cpu").why == "it is the fastest on processors"
    assert choose("auto").device == "cpu"
    said = burnish.load("photo").open().chosen
    assert said == f"{choose('cpu').backend} since it is the fastest on processors"


def test_what_is_not_there_is_said_with_what_there_is() -> None:
    with pytest.raises(DeviceError, match=r"--device npu: no backend has it here; there are .*cpu"):
        choose("npu")
    with pytest.raises(DeviceError, match="the onnxruntime backend has cpu here"):
        choose("tensorrt", "onnxruntime")
    with pytest.raises(DeviceError, match="there is no backend 'openvin'; did you mean 'openvino'"):
        choose("cpu", "openvin")


def test_a_backend_that_is_not_installed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table.LIBRARIES, "onnxruntime", ("no_such_library", "burnish[onnx]"))
    with pytest.raises(MissingExtra, match=r"pip install 'burnish\[onnx\]' brings it"):
        choose("onnxruntime:cpu")


def test_options_of_the_command_line(tmp_path: Path) -> None:
    words = ["restore", "no.png", "-o", str(tmp_path / "out.png")]
    done = CliRunner().invoke(app, [*words, "--backend", "nope"])
    assert isinstance(done.exception, DeviceError)
    twice = CliRunner().invoke(app, [*words, "--backend", "openvino", "--device", "openvino:cpu"])
    assert isinstance(twice.exception, UsageError)
    assert "the backend is said twice" in str(twice.exception)


def test_a_step_without_weights_goes_with_every_backend_on_the_processor() -> None:
    chain = burnish.load("photo+sharpen")
    chain.open(device="openvino:cpu")
    with pytest.raises(DeviceError, match="a filter runs on the processor only"):
        burnish.load("sharpen").open(device="openvino:gpu")


def test_a_result_is_made_again_by_the_backend_that_made_it(tmp_path: Path) -> None:
    if "onnxruntime" not in INSTALLED:
        pytest.skip("ONNX Runtime is not installed")
    source = tmp_path / "in" / "a.png"
    source.parent.mkdir()
    burnish.images.write(source, burnish.images.from_array(np.full((9, 9, 3), 90, np.uint8)))
    words = ["restore", str(source.parent), "-o", str(tmp_path / "out"), "-m", "photo"]
    done = CliRunner().invoke(app, [*words, "--backend", "onnxruntime", "--sidecar"])
    assert done.exit_code == 0, done.stderr
    made = replay(tmp_path / "out" / "a.png.burnish.json", tmp_path / "again.png")
    assert made.same
    assert made.differs == ()


def test_verbose_says_what_was_chosen(tmp_path: Path) -> None:
    source = tmp_path / "in.png"
    burnish.images.write(source, burnish.images.from_array(np.full((9, 9, 3), 90, np.uint8)))
    words = ["restore", str(source), "-o", str(tmp_path / "out.png"), "-v", "--backend"]
    done = CliRunner().invoke(app, [*words, "openvino"])
    assert "openvino since it was asked for" in done.stderr.splitlines()


def _opened(
    name: str, backend: str, device: str, contract: Contract, precision: str = "fp32"
) -> Opened:
    how = {"threads": None, "precision": precision, "eight": None}
    opened: Opened = BACKENDS.find(backend)(find(name), contract, device=device, **how)
    return opened


@pytest.mark.filterwarnings("ignore:Specified provider")
@pytest.mark.parametrize(
    ("backend", "device"), [("openvino", "gpu"), ("onnxruntime", "cuda"), ("ncnn", "vulkan:9")]
)
def test_a_device_that_fails_falls_back_to_the_processor_with_a_note(
    backend: str, device: str
) -> None:
    if backend not in INSTALLED or device in [place.word for place in table.places(backend)]:
        pytest.skip("not installed here, or the device is there")
    contract = Model(find("photo")).contract
    opened = _opened("photo", backend, device, contract)
    assert "running on the processor" in opened.notes[0]
    assert device in opened.notes[0]
    image = np.random.default_rng(0).random((1, 3, 16, 24), np.float32)
    level = np.full((1, 1, 16, 24), 20, np.float32)
    expected = _opened("photo", backend, "cpu", contract).run(image, level)
    np.testing.assert_array_equal(opened.run(image, level), expected)


@pytest.mark.parametrize(("own", "kept"), [({}, "128"), ({LAYERS: "7"}, "7")])
def test_what_openvino_keeps_for_each_size_is_limited_unless_somebody_says_otherwise(
    own: dict[str, str], kept: str
) -> None:
    words = f"import os, burnish.inference.backends.openvino; print(os.environ['{LAYERS}'])"
    others = {name: value for name, value in os.environ.items() if name != LAYERS}
    done = subprocess.run(
        [sys.executable, "-c", words],
        env={**others, **own},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == kept


def _case(contract: Contract, count: int, height: int, width: int) -> tuple[Array, Array | None]:
    """Pictures [B, C, H, W], of which what fills gets a third lost, and their level."""
    rng = np.random.default_rng(0)
    image = rng.random((count, contract.channels_in, height, width), np.float32)
    if contract.gives == "filling":
        image[:, :, rng.random((height, width)) < 0.3] += LOST
    return image, level_array(contract.settings({}))


@pytest.mark.parametrize("name", zoo.names())
def test_every_backend_gives_training_s_forward_of_what_ships(name: str) -> None:
    """On processors; a GPU is held against one below.

    tests/test_networks.py does so for every listed network.
    """
    pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.training.networks.restorer import Restorer
    from burnish.training.networks.torch_backend import runner

    contract = Model(find(name)).contract
    trained = runner(Restorer.load(find(name).with_suffix(".safetensors")))
    runs = {backend: _opened(name, backend, "cpu", contract).run for backend in INSTALLED}
    for shape in SHAPES:
        image, level = _case(contract, *shape)
        wanted = predict(trained, contract, image, level)
        for backend, run in runs.items():
            found = predict(run, contract, image, level)
            np.testing.assert_allclose(found, wanted, 0, 1e-4, err_msg=f"{backend}, {shape}")


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("backend", "device"),
    [("openvino", "gpu"), ("onnxruntime", "cuda"), ("ncnn", "vulkan"), ("torch", "cuda")],
)
@pytest.mark.parametrize(
    ("name", "precision"), [*((name, "fp32") for name in zoo.names()), ("photo", "auto")]
)
def test_a_gpu_gives_what_the_processor_gives(
    backend: str, device: str, name: str, precision: str
) -> None:
    """Mesa's llvmpipe, a processor that Vulkan takes for a GPU, is enough for ncnn.

    It takes minutes for what is large, so there only small pictures go through it.
    """
    if backend not in INSTALLED or device not in [place.word for place in table.places(backend)]:
        pytest.skip(f"{backend} has no {device} here")
    called = next(place.called for place in table.places(backend) if place.word == device)
    shapes = [shape for shape in SHAPES if "llvmpipe" not in called or max(shape) < 100]
    contract = Model(find(name)).contract
    opened = _opened(name, backend, device, contract, precision)
    assert not opened.notes
    processor = _opened(name, "openvino", "cpu", contract).run
    allowed = EXACT if opened.precision == "fp32" else HALF
    for shape in shapes:
        image, level = _case(contract, *shape)
        found, wanted = (predict(run, contract, image, level) for run in (opened.run, processor))
        assert allowed.apart(found, wanted) <= allowed.most, shape
