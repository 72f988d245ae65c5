"""One contract test over every listed network, its weights perturbed so that nothing is identical by accident of a fresh start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from burnish.contract import Contract, Dial, apply, level_array  # noqa: E402
from burnish.errors import ModelCorrupt, ModelMismatch, ModelNonFinite, RecipeError  # noqa: E402
from burnish.inference.engine import plan, restore, tiled  # noqa: E402
from burnish.inference.model import Model  # noqa: E402
from burnish.study.verify import TOLERANCE, export_verified  # noqa: E402
from burnish.training.archs import NETWORKS  # noqa: E402
from burnish.training.build import Spec, find  # noqa: E402
from burnish.training.restorer import Restorer  # noqa: E402
from burnish.training.run import runner  # noqa: E402

NOISE = Dial("noise", 0, 75, 25, "sigma in 8-bit steps")


def make(name: str) -> Restorer:
    """The listed network with its tiny arguments, every weight moved by a tenth of its spread."""
    network: Any = find(name, NETWORKS)
    torch.manual_seed(3)
    dials = tuple(Dial(f"dial{i}", 0, 75, 25, "steps") for i in range(getattr(network, "dials", _wrapper_dials(name))))
    restorer = Restorer(Spec(name, network.tiny), dials).eval()
    with torch.no_grad():
        for weight in restorer.parameters():
            weight.add_(0.1 * weight.std(unbiased=False) * torch.randn_like(weight) + 0.01 * torch.randn_like(weight))
    return restorer


def _wrapper_dials(name: str) -> int:
    return 1 if name == "LevelPlane" else 0


@pytest.fixture(params=sorted(NETWORKS))
def restorer(request: pytest.FixtureRequest) -> Restorer:
    return make(request.param)


def picture(contract: Contract, height: int, width: int, batch: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((batch, contract.channels_in, height, width), dtype=np.float32)


def middle(contract: Contract) -> np.ndarray | None:
    return level_array(tuple(30.0 for _ in contract.dials))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 13), (5, 70)])
def test_any_size_gives_the_promised_size(restorer: Restorer, size: tuple[int, int]) -> None:
    contract = restorer.contract
    result = apply(runner(restorer), contract, picture(contract, *size), middle(contract))
    assert result.shape == (1, contract.channels_out, size[0] * contract.scale, size[1] * contract.scale)
    assert np.isfinite(result).all()


def test_every_dial_changes_the_picture(restorer: Restorer) -> None:
    contract = restorer.contract
    image = picture(contract, 24, 24)
    before = apply(runner(restorer), contract, image, middle(contract))
    for index in range(len(contract.dials)):
        settings = [30.0] * len(contract.dials)
        settings[index] = 60.0
        assert np.abs(apply(runner(restorer), contract, image, level_array(tuple(settings))) - before).max() > 1e-4


def test_identity_is_exact(restorer: Restorer) -> None:
    contract = restorer.contract
    if contract.identity is None:
        pytest.skip("declares no identity")
    image = picture(contract, 24, 25) * 3 - 1  # spoiled pictures may leave [0, 1]
    np.testing.assert_array_equal(apply(runner(restorer), contract, image, level_array(contract.identity)), image)


def test_reach_is_true_and_not_wasteful(restorer: Restorer) -> None:
    contract = restorer.contract
    if contract.reach is None:
        pytest.skip("looks at the whole picture")
    margin = -(-contract.reach // contract.multiple) * contract.multiple
    size = 2 * margin + 4 * contract.multiple
    image, run = picture(contract, size, size), runner(restorer)
    centre = size // 2 // contract.multiple * contract.multiple
    changed = image.copy()
    changed[..., centre, centre] += 1.0
    difference = np.abs(apply(run, contract, changed, middle(contract)) - apply(run, contract, image, middle(contract))).max(axis=(0, 1))
    rows, columns = np.nonzero(difference > 1e-7)
    furthest = max(np.abs(rows - centre).max(), np.abs(columns - centre).max())
    assert furthest <= contract.reach
    assert furthest >= contract.reach // 3, "the declared reach is far larger than what is used"


def test_the_level_varies_as_declared(restorer: Restorer) -> None:
    contract = restorer.contract
    if not contract.dials:
        pytest.skip("has no dials")
    run, image = runner(restorer), picture(contract, 32, 32, batch=2)
    low, high = (np.full((1, len(contract.dials), 1, 1), value, np.float32) for value in (10.0, 60.0))
    if contract.level in ("pixel", "image"):
        both = apply(run, contract, image, np.concatenate([low, high]))
        np.testing.assert_allclose(both[:1], apply(run, contract, image[:1], low), atol=1e-5)
        np.testing.assert_allclose(both[1:], apply(run, contract, image[1:], high), atol=1e-5)
    if contract.level == "pixel":
        constant = np.broadcast_to(low, (1, len(contract.dials), 32, 32))
        np.testing.assert_allclose(apply(run, contract, image, constant), apply(run, contract, image, low), atol=1e-6)
        half = constant.copy()
        half[..., 16:] = 60.0
        mixed = apply(run, contract, image, half)
        assert np.abs(mixed[..., -1] - apply(run, contract, image, low)[..., -1]).max() > 1e-5


@pytest.mark.parametrize("tile", [16, 40])
def test_tiles_equal_the_whole(restorer: Restorer, tile: int) -> None:
    contract = restorer.contract
    if contract.reach is None:
        pytest.skip("runs whole only")
    image, run = picture(contract, 75, 131), runner(restorer)
    tiles = plan(75, 131, contract, tile)
    assert len(tiles) > 4
    whole = apply(run, contract, image, middle(contract))
    np.testing.assert_allclose(apply(tiled(run, contract, tiles), contract, image, middle(contract)), whole, atol=1e-5)
    np.testing.assert_allclose(restore(run, contract, image, middle(contract), tile=tile), whole, atol=1e-5)


@pytest.mark.parametrize("half", [False, True])
def test_save_and_load_give_the_same_pixels(restorer: Restorer, tmp_path: Path, half: bool) -> None:
    path = tmp_path / "net.safetensors"
    restorer.save(path, {"task": "test"}, half=half)
    again = Restorer.load(path)
    image = picture(restorer.contract, 16, 24)
    before, after = (apply(runner(r), r.contract, image, middle(r.contract)) for r in (restorer, again))
    np.testing.assert_allclose(after, before, atol=3e-2 if half else 0)
    assert again.card == {"task": "test"}
    assert again.contract == restorer.contract


@pytest.mark.parametrize("half", [False, True])
def test_export_equals_the_training_forward(restorer: Restorer, tmp_path: Path, half: bool) -> None:
    restorer.save(tmp_path / "net.safetensors", {"task": "test"}, half=half)
    export_verified(tmp_path / "net.safetensors", tmp_path / "net.onnx", half=half)
    model = Model(tmp_path / "net.onnx")
    assert model.contract == restorer.contract
    image = picture(restorer.contract, 21, 34)
    wanted = apply(runner(Restorer.load(tmp_path / "net.safetensors")), restorer.contract, image, middle(restorer.contract))
    for backend in ("openvino", "onnxruntime", "torch"):
        opened = model.open(backend=backend, fp32=True, device="cpu", threads=1)
        assert opened.backend == backend
        np.testing.assert_allclose(restore(opened.run, model.contract, image, middle(model.contract)), wanted, atol=TOLERANCE)
    default = model.open(device="cpu")
    mean_square = float(np.mean((restore(default.run, model.contract, image, middle(model.contract)) - wanted) ** 2))
    assert mean_square < 10 ** (-50 / 10), f"{default.precision} is less than 50 dB from fp32"


def test_files_that_lie_are_refused(tmp_path: Path) -> None:
    restorer, path = make("ResUNet"), tmp_path / "net.safetensors"
    restorer.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    with pytest.raises(ModelCorrupt):
        Restorer.load(path)
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(ModelCorrupt):
        Restorer.load(path)
    path.write_bytes(whole.replace(b"ResUNet", b"NoSuchN"))
    with pytest.raises(ModelMismatch, match="NoSuchN"):
        Restorer.load(path)
    with torch.no_grad():
        next(restorer.parameters())[0, 0, 0, 0] = float("nan")
    with pytest.raises(ModelNonFinite, match=r"head\.weight"):
        restorer.save(tmp_path / "other.safetensors")
    assert not (tmp_path / "other.safetensors").exists()


def test_dials_that_do_not_match_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"LevelPlane reads 1 dial\(s\), but the recipe names 0"):
        Restorer(Spec("LevelPlane", {"base": {"use": "ResUNet"}}), ())
    with pytest.raises(RecipeError, match="did you mean 'ResUNet'"):
        Restorer(Spec("LevelPlane", {"base": {"use": "ResUnet"}}), (NOISE,))
    with pytest.raises(RecipeError, match=r"arch\.args\.base\.args\.width: unknown argument; did you mean 'widths'"):
        Restorer(Spec("LevelPlane", {"base": {"use": "ResUNet", "args": {"width": [8]}}}), (NOISE,))


def test_a_level_plane_counts_from_where_there_is_no_damage() -> None:
    quality = Dial("quality", 5, 95, 40, "JPEG quality")
    spec = Spec("LevelPlane", {"base": {"use": "ResUNet", "args": {"widths": [8], "blocks": 1}}, "zero": 100, "full": 100})
    restorer = Restorer(spec, (quality,))
    image = picture(restorer.contract, 16, 16)
    assert restorer.contract.identity == (100.0,)
    np.testing.assert_array_equal(apply(runner(restorer), restorer.contract, image, level_array((100.0,))), image)
    weak, strong = (np.abs(apply(runner(restorer), restorer.contract, image, level_array((q,))) - image).mean() for q in (99.9, 20.0))
    assert 0 < weak < 0.3 * strong
    with pytest.raises(RecipeError, match="zero wants one number, or one for each of the 1 dials"):
        Restorer(Spec("LevelPlane", {"base": {"use": "ResUNet"}, "zero": [0, 100]}), (quality,))
