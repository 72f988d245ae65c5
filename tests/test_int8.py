"""Models in 8 bits: rounding in training, files beside those in float, and which of them runs."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import scene

from burnish.contract import Array, Dial
from burnish.errors import ModelMismatch, RecipeError, UsageError
from burnish.ground.processor import flags
from burnish.inference import zoo
from burnish.inference.backends.eight_bits import fast_at_eight_bits
from burnish.inference.backends.files import EIGHT, in_eight_bits
from burnish.inference.engine import predict_in_tiles
from burnish.inference.model import Model

torch = pytest.importorskip("torch", reason="the training wing is not installed")
openvino = pytest.importorskip(
    "burnish.inference.backends.openvino", reason="OpenVINO is not installed"
)

from torch import nn  # noqa: E402

from burnish.study.apart import ROUNDED  # noqa: E402
from burnish.study.trained.verify import export_verified  # noqa: E402
from burnish.training.networks.archs import NETWORKS  # noqa: E402
from burnish.training.networks.archs.quantised import (  # noqa: E402
    COVERED,
    KEEP,
    Range,
    WholeConv,
    rounded,
)
from burnish.training.networks.eight_bits import whole_convolutions  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.parts.build import Spec, build  # noqa: E402
from burnish.training.step.initial import _load_start  # noqa: E402

FAST = fast_at_eight_bits(flags())
only_where_fast = pytest.mark.skipif(FAST is None, reason="this processor has no VNNI for int8")

DIAL = Dial("noise", 0, 75, 25, "RMS in 8-bit steps")
PLAIN: Mapping[str, Any] = {"use": "ResUNet", "args": {"widths": [16, 32], "blocks": [2, 1]}}
#: 2 blocks at the first scale on the way down and up, 1 at the last: two convolutions each
WHOLE = 10


def specs(halving: float | None = 50) -> tuple[Spec, Spec]:
    """A network in float, and the same in 8 bits."""
    inside = {"use": "Quantised", "args": {"base": PLAIN}}
    return Spec("LevelPlane", {"base": PLAIN}), Spec(
        "LevelPlane", {"base": inside, "halving": halving}
    )


@pytest.fixture(scope="module")
def pair() -> tuple[Restorer, Restorer]:
    """The two with the same weights; the second has seen the range of what goes through."""
    torch.manual_seed(0)
    exact, eight = (Restorer(spec, (DIAL,)).eval() for spec in specs())
    eight.get_submodule("net.base").load_state_dict(exact.net.state_dict(), strict=False)
    eight.train()
    with torch.no_grad():
        for level in (2.0, 25.0, 75.0):
            image = torch.from_numpy(scene(64, 64)) + level / 255 * torch.randn(2, 3, 64, 64)
            eight(image, torch.full((2, 1, 64, 64), level))
    return exact, eight.eval()


@pytest.fixture(scope="module")
def files(pair: tuple[Restorer, Restorer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file, with the one in 8 bits in the folder beside it."""
    folder = tmp_path_factory.mktemp("models")
    (folder / EIGHT).mkdir()
    for restorer, path in zip(
        pair, (folder / "net.onnx", folder / EIGHT / "net.onnx"), strict=True
    ):
        restorer.save(path.with_suffix(".safetensors"), {"task": "test"}, half=True)
        export_verified(path.with_suffix(".safetensors"), path)
    return folder / "net.onnx"


def level_of(value: float, height: int, width: int) -> Array:
    return np.full((1, 1, height, width), value, np.float32)


def apart(a: Any, b: Any) -> float:
    """The root of the mean square of the difference."""
    return float(np.sqrt(np.square(np.asarray(a, np.float64) - np.asarray(b)).mean()))


# Rounding in training.


def test_a_whole_convolution_is_a_sum_of_products_of_whole_numbers() -> None:
    torch.manual_seed(1)
    channels = Range(3)
    plain = torch.nn.Conv2d(3, 4, 3, padding=1)
    layer = WholeConv(plain, channels)
    x = torch.randn(2, 3, 6, 5) * torch.tensor([1.0, 10.0, 0.1]).view(1, -1, 1, 1)
    layer.train()
    layer(x)
    layer.eval()
    steps = COVERED * x.abs().amax((0, 2, 3)) / 127
    whole = np.rint((x / steps.view(1, -1, 1, 1)).numpy()).clip(-127, 127).astype(np.int64)
    assert np.abs(whole).max() == 127
    taken_in = (layer.weight * steps.view(1, -1, 1, 1)).detach().numpy()
    units = np.abs(taken_in).max((1, 2, 3)) / 127
    filters = np.rint(taken_in / units[:, None, None, None]).astype(np.int64)
    sums = torch.nn.functional.conv2d(
        torch.from_numpy(whole).double(), torch.from_numpy(filters).double(), padding=1
    )
    assert layer.bias is not None
    bias = layer.bias.detach().numpy()
    wanted = sums.numpy() * units[None, :, None, None] + bias[None, :, None, None]
    np.testing.assert_allclose(layer(x).detach().numpy(), wanted, rtol=1e-5, atol=1e-5)


def test_what_is_never_below_zero_has_all_of_its_steps_above_it() -> None:
    channels = Range(2)
    channels.see(torch.rand(1, 2, 8, 8))
    _, lowest, highest = channels.steps()
    assert (lowest, highest) == (0, 255)
    channels.see(-torch.rand(1, 2, 8, 8))
    assert channels.steps()[1:] == (-127, 127)


def test_a_range_widens_at_once_and_narrows_slowly() -> None:
    channels = Range(1)
    assert not channels.known
    channels.see(torch.tensor([[[[-2.0, 8.0]]]]))
    channels.see(torch.tensor([[[[0.0, 1.0]]]]))
    assert channels.known
    assert float(channels.most) == pytest.approx(8 * KEEP)
    assert float(channels.least) == pytest.approx(-2 * KEEP)
    channels.see(torch.tensor([[[[-9.0, 9.0]]]]))
    assert (float(channels.least), float(channels.most)) == (-9, 9)


def test_the_gradient_goes_straight_through_but_not_beyond_the_range() -> None:
    x = torch.tensor([-130.0, -127.4, 0.4, 3.5, 127.2, 128.0], requires_grad=True)
    result = rounded(x, -127, 127)
    assert result.tolist() == [-127, -127, 0, 4, 127, 127]
    (2 * result).sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    assert x.grad.tolist() == [0, 2, 2, 2, 2, 0]


def test_every_weight_learns_through_the_rounding(pair: tuple[Restorer, Restorer]) -> None:
    learning = copy.deepcopy(pair[1]).train()
    image = torch.rand(1, 3, 32, 32)
    learning(image, torch.full((1, 1, 32, 32), 30.0)).square().mean().backward()
    for name, parameter in learning.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.abs().any()), name


def test_a_network_that_has_seen_nothing_is_the_plain_one(pair: tuple[Restorer, Restorer]) -> None:
    exact, eight = pair
    fresh = Restorer(eight.spec, (DIAL,)).eval()
    fresh.get_submodule("net.base").load_state_dict(exact.net.state_dict(), strict=False)
    image = torch.rand(1, 3, 24, 16)
    level = torch.full((1, 1, 24, 16), 40.0)
    # By halving, which changes nothing but the last bits of a network without biases.
    np.testing.assert_allclose(
        fresh(image, level).detach(), exact(image, level).detach(), atol=1e-6
    )
    assert not whole_convolutions(fresh)


def test_the_first_and_last_convolution_and_those_that_change_the_size_stay_in_float(
    pair: tuple[Restorer, Restorer],
) -> None:
    names = list(whole_convolutions(pair[1].net))
    assert len(names) == WHOLE
    assert not any(word in name for name in names for word in ("head", "tail", "down.", "up."))


def test_weights_of_the_float_network_begin_one_that_rounds(
    pair: tuple[Restorer, Restorer], tmp_path: Path
) -> None:
    exact, eight = pair
    exact.save(tmp_path / "net.safetensors")
    begun = Restorer(eight.spec, (DIAL,))
    _load_start(begun, tmp_path / "net.safetensors", ["net.base.ranges.*"])
    for name, weight in exact.net.state_dict().items():
        assert torch.equal(begun.get_submodule("net.base").state_dict()[name], weight), name
    assert not whole_convolutions(begun.net)


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(RecipeError, match="which of its convolutions are the first and the last"):
        build(Spec("Quantised", {"base": {"use": "Encoder"}}), NETWORKS)
    biased = {"use": "DnCNN", "args": {"width": 8, "depth": 3}}
    with pytest.raises(RecipeError, match="wants a base without biases"):
        build(Spec("LevelPlane", {"base": biased, "halving": 50}), NETWORKS)
    with pytest.raises(RecipeError, match="halving must be above 0"):
        build(Spec("LevelPlane", {"base": PLAIN, "halving": 0}), NETWORKS)


# The file.


def test_a_file_in_8_bits_keeps_whole_numbers_and_is_smaller(files: Path) -> None:
    import onnx

    model = onnx.load(files.parent / EIGHT / files.name)
    kinds = Counter(node.op_type for node in model.graph.node)
    assert kinds["QuantizeLinear"] == WHOLE
    assert kinds["DequantizeLinear"] == 2 * WHOLE
    whole = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT8 and t.dims]
    assert len(whole) == WHOLE
    assert (files.parent / EIGHT / files.name).stat().st_size < files.stat().st_size


@only_where_fast
def test_the_engine_really_computes_them_with_whole_numbers(files: Path) -> None:
    contract = Model(files).contract
    model = openvino._read(files.parent / EIGHT / files.name, contract, whole=True)
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino._core().compile_model(model, "CPU", settings)
    precisions = Counter(
        str(node.get_rt_info()["runtimePrecision"].astype(str))
        for node in compiled.get_runtime_model().get_ops()
        if node.get_rt_info()["layerType"].astype(str) == "Convolution"
    )
    assert precisions["u8"] + precisions["i8"] == WHOLE
    assert precisions["f32"] == 3  # the first, the last, and the one that halves the size


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
def test_a_file_in_8_bits_is_the_network_that_was_trained(
    pair: tuple[Restorer, Restorer], files: Path, backend: str
) -> None:
    pytest.importorskip(backend)
    image = scene(48, 80)
    level = level_of(30, 48, 80)
    with torch.no_grad():
        wanted = pair[1].predict(torch.from_numpy(image), torch.from_numpy(level)).numpy()
        in_float = pair[0].predict(torch.from_numpy(image), torch.from_numpy(level)).numpy()
    model = Model(files)
    run = model.open(device="cpu", precision="int8", backend=backend).run
    assert apart(run(image, level), wanted) < ROUNDED.most / 2
    # And rounding does what it does, but not more.
    assert 0 < apart(wanted, in_float) < 0.02


@pytest.mark.parametrize("noise", [2.0, 25.0, 75.0])
def test_a_fold_works_in_8_bits_as_in_float(
    pair: tuple[Restorer, Restorer], tmp_path: Path, noise: float
) -> None:
    eight = pair[1]
    source = tmp_path / "net.safetensors"
    eight.save(source, {"task": "test"}, half=False)
    export_verified(source, tmp_path / "folded.onnx", half=False, at={"noise": noise})
    folded = Model(tmp_path / "folded.onnx")
    assert not folded.contract.dials
    image = scene(32, 48)
    with torch.no_grad():
        wanted = eight.predict(torch.from_numpy(image), torch.full((1, 1, 32, 48), noise)).numpy()
    assert apart(folded.open(device="cpu").run(image, None), wanted) < ROUNDED.most
    assert folded.card["computes"] == "int8"


def test_tiles_are_the_whole_picture_in_8_bits(files: Path) -> None:
    model = Model(files)
    run = model.open(device="cpu", precision="int8").run
    image = scene(96, 120)
    level = level_of(20, 96, 120)
    whole = predict_in_tiles(run, model.contract, image, level, tile=0)
    tiles = predict_in_tiles(run, model.contract, image, level, tile=32)
    assert apart(whole, tiles) < ROUNDED.most / 4


# Which of the files runs.


def told(monkeypatch: pytest.MonkeyPatch, *has: str) -> None:
    """The processor has these flags, and no others."""
    monkeypatch.setattr(openvino, "flags", lambda: frozenset(has))


@pytest.mark.parametrize(
    ("has", "words"),
    [
        (("avx512_vnni", "avx512_bf16"), "AVX-512 VNNI"),
        (("avx_vnni",), "AVX-VNNI"),
        (("amx_int8", "amx_bf16", "avx512_vnni"), "AMX"),
        (("avx2", "avx512f"), None),
        ((), None),
    ],
)
def test_8_bits_are_for_processors_that_are_fast_at_them(
    has: tuple[str, ...], words: str | None
) -> None:
    assert fast_at_eight_bits(has) == words


@only_where_fast
def test_pictures_of_8_bits_are_computed_in_8_bits_and_others_in_float(files: Path) -> None:
    model = Model(files)
    opened = model.open(device="cpu")
    assert opened.precision == "int8"
    assert opened.why == FAST
    assert opened.finer is not None
    assert opened.precisions == f"int8, {opened.finer.precision} beyond 8 bits"
    picture = np.moveaxis(scene(40, 56)[0], 0, -1)
    exact, eight = Model(files), Model(files)
    exact.open(device="cpu", precision="bf16" if opened.finer.precision == "bf16" else "fp32")
    eight.open(device="cpu", precision="int8")
    for samples in (
        np.rint(picture * 255).astype(np.uint8),
        np.rint(picture * 65535).astype(np.uint16),
        picture,
    ):
        by = eight if samples.dtype == np.uint8 else exact
        found = model(samples, noise=25)
        np.testing.assert_array_equal(found, by(samples, noise=25), str(samples.dtype))
    opened.release()
    np.testing.assert_array_equal(model(picture, noise=25), exact(picture, noise=25))


def test_without_vnni_it_is_computed_in_float_and_said(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, "avx2")
    plain = Model(files).open(device="cpu")
    assert plain.precision != "int8"
    assert plain.finer is None
    assert plain.why == "the processor has no VNNI for int8"
    asked = Model(files).open(device="cpu", precision="int8")
    assert asked.precision != "int8"
    assert asked.notes == (f"the processor has no VNNI for int8: computing in {asked.precision}",)


def test_a_file_in_8_bits_alone_is_computed_in_float_without_vnni(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = files.parent / EIGHT / files.name
    image = scene(32, 32)
    level = level_of(25, 32, 32)
    fast = Model(alone).open(device="cpu")
    assert fast.precision == ("int8" if FAST else "fp32")
    result = fast.run(image, level)
    told(monkeypatch, "avx2")
    slow = Model(alone).open(device="cpu")
    assert slow.precision == "fp32"
    # Rounded the same way, but in float.
    assert apart(slow.run(image, level), result) < ROUNDED.most / 2


def test_a_precision_that_is_not_there_falls_back_and_says_so(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lone = tmp_path / "lone.onnx"
    lone.write_bytes(files.read_bytes())
    opened = Model(lone).open(device="cpu", precision="int8")
    assert opened.precision != "int8"
    assert opened.notes == (f"lone has no file in 8 bits: computing in {opened.precision}",)
    assert Model(lone).open(device="cpu").notes == ()
    assert Model(files).open(device="cpu", precision="fp32").precision == "fp32"

    class Core:
        def get_property(self, device: str, name: str) -> Any:
            return ["FP32", "INT8"] if name == "OPTIMIZATION_CAPABILITIES" else "A processor"

    monkeypatch.setattr(openvino, "_core", Core)
    hint, notes = openvino._float("bf16", Model(files).contract)
    assert hint == "f32"
    assert notes == ("this processor does not compute in bf16: computing in fp32",)
    with pytest.raises(UsageError, match="precision"):
        Model(files).open(device="cpu", precision="int4")


def test_onnxruntime_and_torch_say_what_they_do_not_compute_in(files: Path) -> None:
    pytest.importorskip("onnxruntime")
    for backend, words in (("onnxruntime", "ONNX Runtime"), ("torch", "PyTorch")):
        opened = Model(files).open(device="cpu", precision="bf16", backend=backend)
        assert opened.precision == "fp32"
        assert opened.notes[0].startswith(f"{words} does not compute in bf16")
    assert Model(files).open(device="cpu", precision="int8", backend="onnxruntime").notes == ()


def test_a_file_in_8_bits_of_another_model_is_refused(files: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(files.read_bytes())
    (tmp_path / EIGHT).mkdir()
    (tmp_path / EIGHT / "mine.onnx").write_bytes(zoo.find("jpeg").read_bytes())
    model = Model(mine)
    with pytest.raises(ModelMismatch, match="is not mine.onnx in 8 bits, but another model"):
        model.open(device="cpu")
    assert model.open(device="cpu", precision="fp32").precision == "fp32"


def test_what_is_told_of_an_opened_model_runs_nothing(files: Path) -> None:
    def nothing(image: Array, level: Array | None) -> Array:
        raise AssertionError

    opened = Model(files).open(device="cpu")
    said = opened.told_of(nothing)
    assert replace(said, run=opened.run, release=opened.release, finer=opened.finer) == opened
    assert said.finer is None or said.finer.run is nothing


# The dial's part: one range for what is rounded.


def test_halving_changes_the_numbers_inside_and_not_the_result() -> None:
    torch.manual_seed(3)
    plain = Restorer(Spec("LevelPlane", {"base": PLAIN}), (DIAL,)).eval()
    halved = Restorer(Spec("LevelPlane", {"base": PLAIN, "halving": 50}), (DIAL,)).eval()
    halved.net.load_state_dict(plain.net.state_dict())
    image = torch.rand(2, 3, 16, 24)
    level = 75 * torch.rand(2, 1, 16, 24)
    seen = []
    halved.get_submodule("net.base.head").register_forward_pre_hook(
        lambda _, inputs: seen.append(inputs[0])
    )
    with torch.no_grad():
        np.testing.assert_allclose(halved(image, level), plain(image, level), atol=1e-6)
        folded = halved.fold(noise=50)
        even = torch.full((2, 1, 16, 24), 50.0)
        np.testing.assert_allclose(folded(image), plain(image, even), atol=1e-5)
    largest = level.amax((1, 2, 3))
    wanted = image / (1 + largest / 50).view(-1, 1, 1, 1)
    np.testing.assert_allclose(
        seen[0][:, :12], torch.nn.functional.pixel_unshuffle(wanted, 2), atol=1e-6
    )


def test_shipped_files_in_8_bits_belong_to_the_models_beside_them() -> None:
    found = sorted((zoo.folder() / EIGHT).glob("*.onnx"))
    assert [path.stem for path in found] == ["photo"]
    assert "photo" in zoo.names()
    assert EIGHT not in zoo.names()
    from benchmarks.ship import weights_digest

    for path in found:
        exact = Model(zoo.find(path.stem))
        assert in_eight_bits(zoo.find(path.stem), exact.contract) == path
        card = Model(path).card
        assert card["of"] == weights_digest(zoo.find(path.stem).with_suffix(".safetensors"))
        rows = card["quality"]["int8 beside float, PSNR[RGB, 8-bit]"]
        assert all(row["float"] - row["int8"] <= 0.05 for row in rows.values())


def test_tiles_in_8_bits_are_planned_by_the_card_of_their_own_file() -> None:
    if fast_at_eight_bits(flags()) is None:
        pytest.skip("the processor has no VNNI")
    model = Model(zoo.find("photo"))
    eight = in_eight_bits(zoo.find("photo"), model.contract)
    assert eight is not None
    memory = model.card["bytes_per_pixel"]
    assert memory["bf16"] < memory["fp32"] == model.bytes_per_pixel
    opened = model.open(backend="openvino")
    assert opened.of_depth("uint8").bytes_per_pixel == Model(eight).bytes_per_pixel
    finer = opened.of_depth("uint16")
    assert finer.bytes_per_pixel == memory.get(finer.precision, memory["fp32"])
    in_full = model.open(backend="openvino", precision="fp32")
    assert in_full.bytes_per_pixel == memory["fp32"]


@pytest.mark.parametrize("base", ["ResUNet", "UNet", "LightAutoencoder"])
def test_a_network_computes_in_8_bits_between_its_first_and_its_last_convolution(base: str) -> None:
    network = build(Spec("Quantised", {"base": {"use": base}}), NETWORKS)
    layers = dict(network.base.named_modules())
    named = [name for name, layer in layers.items() if isinstance(layer, nn.Conv2d)]
    assert network.base.ends == (named[0], named[-1])
    whole = [name for name in named if isinstance(layers[name], WholeConv)]
    assert len(network.ranges) == len(whole) > 0
    assert not set(whole) & set(network.base.ends)
