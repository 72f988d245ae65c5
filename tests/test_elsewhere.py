"""Exports for other programs, run by these programs as docs/elsewhere.md says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import scene
from PIL import Image
from typer.testing import CliRunner

import burnish
from burnish.cli import app
from burnish.errors import DialError, ModelMismatch, UsageError

pytest.importorskip("torch", reason="the training wing is not installed")
onnxruntime = pytest.importorskip("onnxruntime")
openvino = pytest.importorskip("openvino")
ncnn = pytest.importorskip("ncnn")

PAGE = Path(__file__).resolve().parents[1] / "docs" / "elsewhere.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A noisy picture of an odd size, and `photo` exported in every way."""
    place = tmp_path_factory.mktemp("elsewhere")
    rng = np.random.default_rng(0)
    noisy = scene(61, 83)[0].transpose(1, 2, 0) + rng.normal(0, 25 / 255, (61, 83, 3))
    Image.fromarray((noisy.clip(0, 1) * 255).round().astype(np.uint8)).save(place / "noisy.png")
    for name, words in {
        "photo.onnx": [],
        "photo-one.onnx": ["--as", "one-input"],
        "photo.xml": ["--as", "openvino"],
        "photo-ncnn.param": ["--as", "ncnn"],
        "photo.py": ["--as", "torch"],
        "folded.onnx": ["--as", "one-input", "--at", "noise=25"],
    }.items():
        done = CliRunner().invoke(app, ["export", "photo", "-o", str(place / name), *words])
        assert done.exit_code == 0, done.output
    return place


def wanted(folder: Path) -> Any:
    model = burnish.load("photo")
    model.open(device="cpu", precision="fp32")
    return np.asarray(model(np.asarray(Image.open(folder / "noisy.png")), noise=25), np.int16)


def without_burnish(program: str, folder: Path) -> str:
    """What a program says that runs in a folder, in a process that cannot import Burnish."""
    alone = f"import sys; sys.modules['burnish'] = None\n{program}"
    words = [sys.executable, "-c", alone]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("number", range(5))
def test_every_program_of_the_page_gives_what_burnish_gives(
    folder: Path, number: int, tmp_path: Path
) -> None:
    programs = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(programs) == 5
    without_burnish(programs[number], folder)
    got = np.asarray(Image.open(folder / "clean.png"), np.int16)
    assert np.abs(got - wanted(folder)).max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (17, 13), (3, 200)])
def test_one_input_takes_any_size_and_batch_with_dials_or_without(
    folder: Path, size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    image = rng.random((2, 3, *size), np.float32)
    level = rng.uniform(5, 50, (2, 1, *size)).astype(np.float32)
    plain = onnxruntime.InferenceSession(str(folder / "photo.onnx"))
    one = onnxruntime.InferenceSession(str(folder / "photo-one.onnx"))
    assert [each.name for each in one.get_inputs()] == ["input"]
    assert [each.name for each in one.get_outputs()] == ["output"]
    (found,) = one.run(None, {"input": np.concatenate([image, level], 1)})
    (expected,) = plain.run(["output"], {"input": image, "level": level})
    np.testing.assert_allclose(found, expected, atol=1e-6)
    folded = onnxruntime.InferenceSession(str(folder / "folded.onnx"))
    (at_25,) = folded.run(None, {"input": image})
    (expected,) = plain.run(["output"], {"input": image, "level": np.full_like(level, 25)})
    # The folded weights were rounded to half precision once more.
    np.testing.assert_allclose(at_25, expected, atol=5e-4)


def by_ncnn(file: Path, inputs: dict[str, Any]) -> Any:
    """The output of ncnn's files for one picture [C, H, W], in float32."""
    net = ncnn.Net()
    for name in ("fp16_packed", "fp16_storage", "fp16_arithmetic"):
        setattr(net.opt, f"use_{name}", False)
    assert net.load_param(str(file)) == 0
    assert net.load_model(str(file.with_suffix(".bin"))) == 0
    extractor = net.create_extractor()
    for name, values in inputs.items():
        extractor.input(name, ncnn.Mat(values).clone())
    status, result = extractor.extract("output")
    assert status == 0
    return np.array(result)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (17, 13), (3, 200)])
def test_ncnn_s_files_take_any_size_and_a_map_of_levels(
    folder: Path, size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    image = rng.random((1, 3, *size), np.float32)
    level = rng.uniform(5, 50, (1, 1, *size)).astype(np.float32)
    plain = onnxruntime.InferenceSession(str(folder / "photo.onnx"))
    (wanted,) = plain.run(["output"], {"input": image, "level": level})
    found = by_ncnn(folder / "photo-ncnn.param", {"data": image[0], "level": level[0]})
    np.testing.assert_allclose(found, wanted[0], atol=1e-5)
    said = json.loads((folder / "photo-ncnn.json").read_text())
    assert json.loads(said["contract"])["dials"][0]["high"] == 75


def test_ncnn_s_files_have_dials_that_are_planes_or_are_folded(tmp_path: Path) -> None:
    import torch

    from burnish.contract import Dial
    from burnish.study.trained.elsewhere import export_as
    from burnish.training.networks.archs import NETWORKS
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    torch.manual_seed(0)
    tiny = getattr(NETWORKS.find("SplineBank"), "tiny")  # noqa: B009 (the table's type has none)
    restorer = Restorer(Spec("SplineBank", tiny), (Dial("softness", 0, 1, 0, "pixels"),)).eval()
    source, target = tmp_path / "net.safetensors", tmp_path / "net.param"
    restorer.save(source, {"task": "test"})
    with pytest.raises(DialError, match="such as --at softness=0"):
        export_as("ncnn", source, target)
    assert not target.exists()
    export_as("ncnn", source, target, half=False, at={"softness": 0.5})
    image = torch.rand(1, 3, 3 * restorer.contract.multiple, 5 * restorer.contract.multiple)
    with torch.no_grad():
        wanted = restorer(image, torch.full((1, 1, 1, 1), 0.5))[0].numpy()
    np.testing.assert_allclose(by_ncnn(target, {"data": image[0].numpy()}), wanted, atol=1e-4)


def test_a_dial_without_maps_is_the_mean_of_its_plane(tmp_path: Path) -> None:
    import torch

    from burnish.contract import Dial
    from burnish.study.trained.elsewhere import export_as
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    torch.manual_seed(0)
    base = {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}}
    dial = Dial("noise", 0, 75, 25, "RMS in 8-bit steps")
    kinds = (("LevelAffine", {"maps": False}, 2), ("FTN", {"levels": [0, 75]}, 1))
    for use, words, batch in kinds:
        arch = Spec(use, {"base": base, **words})
        restorer = Restorer(arch, (dial,)).eval()
        restorer.save(tmp_path / "net.safetensors", {"task": "test"})
        export_as("one-input", tmp_path / "net.safetensors", tmp_path / "net.onnx")
        image = torch.rand(batch, 3, 16, 24)
        level = torch.full((batch, 1, 1, 1), 30.0)
        session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"))
        joined = torch.cat([image, level.expand(-1, -1, 16, 24)], 1).numpy()
        (found,) = session.run(None, {"input": joined})
        with torch.no_grad():
            expected = restorer(image, level).numpy()
        np.testing.assert_allclose(found, expected, atol=2e-3, err_msg=use)


def test_what_a_file_says_of_itself_goes_with_it(folder: Path) -> None:
    session = onnxruntime.InferenceSession(str(folder / "photo-one.onnx"))
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["contract"])["dials"][0]["name"] == "noise"
    assert json.loads(said["card"])["licence"] == "Apache-2.0"
    model = openvino.Core().read_model(folder / "photo.xml")
    contract = json.loads(model.get_rt_info(["burnish", "contract"]).astype(str))
    assert contract["dials"][0]["high"] == 75
    with pytest.raises(ModelMismatch, match="without Burnish's contract"):
        burnish.load(folder / "photo-one.onnx")


def test_a_way_has_its_ending(tmp_path: Path) -> None:
    words = ["export", "photo", "-o", str(tmp_path / "photo.onnx"), "--as", "openvino"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code != 0
    assert not list(tmp_path.iterdir())


def test_a_plain_python_file_is_the_network(tmp_path: Path) -> None:
    """By itself, in a process without Burnish, at sizes that are no multiples, in a batch."""
    import torch

    from burnish.contract import Dial
    from burnish.study.agreement.way import Case
    from burnish.study.trained.elsewhere import export_as
    from burnish.training.networks.archs import NETWORKS
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    torch.manual_seed(0)
    dial = (Dial("noise", 0, 75, 25, "RMS in 8-bit steps"),)
    sizes = [(1, 1), (17, 13), (40, 24)]
    rng = np.random.default_rng(2)
    for number, size in enumerate(sizes):
        np.save(tmp_path / f"{number}.npy", rng.random((2, 3, *size), np.float32))
    # A map of levels; filters that the level makes; a mask; a larger picture.
    restorers = {}
    for use in ("LevelPlane", "FTN", "Finder", "SubPixel"):
        tiny = getattr(NETWORKS.find(use), "tiny")  # noqa: B009 (the table's type has none)
        args = tiny | ({"levels": [0, 75]} if use == "FTN" else {})
        restorer = Restorer(Spec(use, args), dial if use in ("LevelPlane", "FTN") else ()).eval()
        restorer.save(tmp_path / "net.safetensors", {"task": 'a "test"'})
        said = export_as("torch", tmp_path / "net.safetensors", tmp_path / f"{use}.py", half=False)
        assert "held against the training forward" in said
        restorers[use] = restorer
    without_burnish(
        "import importlib, numpy as np, torch\n"
        f"for use in {[*restorers]}:\n"
        "    module = importlib.import_module(use)\n"
        "    for number in range(3):\n"
        "        image = torch.from_numpy(np.load(f'{number}.npy'))\n"
        "        settings = {'noise': 30} if module.DIALS else {}\n"
        "        restored = module.load()(image, **settings)\n"
        "        np.save(f'{use}_{number}.npy', restored.numpy())\n",
        tmp_path,
    )
    for use, restorer in restorers.items():
        level = np.full((1, 1, 1, 1), 30, np.float32) if restorer.contract.dials else None
        for number in range(len(sizes)):
            wanted = Case.of(restorer, np.load(tmp_path / f"{number}.npy"), level).wanted
            found = np.load(tmp_path / f"{use}_{number}.npy")
            np.testing.assert_allclose(found, wanted, atol=1e-5, err_msg=use)


def test_a_plain_python_file_says_what_it_does_not_take(folder: Path) -> None:
    said = without_burnish(
        "import torch, photo\n"
        "try:\n"
        "    photo.load()(torch.zeros(1, 3, 8, 8), nosie=25)\n"
        "except ValueError as error:\n"
        "    print(error)\n",
        folder,
    )
    assert said == "there is no dial nosie; there are noise\n"


def test_the_weights_of_a_plain_python_file_replace_nothing_that_it_is_made_of(
    tmp_path: Path,
) -> None:
    from burnish.inference import zoo
    from burnish.study.trained.elsewhere import export_as

    source = tmp_path / "mine_weights.safetensors"
    source.write_bytes(zoo.find("document").with_suffix(".safetensors").read_bytes())
    before = source.read_bytes()
    with pytest.raises(UsageError, match="would replace"):
        export_as("torch", source, tmp_path / "mine.py")
    assert source.read_bytes() == before
