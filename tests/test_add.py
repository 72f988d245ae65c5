"""docs/add.md: what it prints is added as it says, and nothing else is touched."""

from __future__ import annotations

import copy
import importlib.util
import re
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

import test_degrade  # noqa: E402
import test_losses  # noqa: E402
import test_networks  # noqa: E402
from conftest import scene  # noqa: E402
from PIL import Image  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from burnish.contract import Contract, Dial  # noqa: E402
from burnish.degrade import DEGRADATIONS, make  # noqa: E402
from burnish.errors import RecipeError  # noqa: E402
from burnish.inference import backends, engine  # noqa: E402
from burnish.inference.model import Model  # noqa: E402
from burnish.study.trained.verify import export_verified  # noqa: E402
from burnish.training.loop.train import train  # noqa: E402
from burnish.training.losses import LOSSES  # noqa: E402
from burnish.training.losses.loss import as_loss  # noqa: E402
from burnish.training.networks.adapter import as_network  # noqa: E402
from burnish.training.networks.archs import ARCHS, NETWORKS  # noqa: E402
from burnish.training.networks.dials import DIALS  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402
from burnish.training.recipe.file import load  # noqa: E402

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "add.md").read_text(encoding="utf-8")
#: a section's title -> the tables that its line belongs to
TABLES: dict[str, tuple[MutableMapping[str, Any], ...]] = {
    "A network": (ARCHS, NETWORKS),
    "A way to give a network a dial": (DIALS, NETWORKS),
    "A degradation, and with it a dial": (DEGRADATIONS,),
    "A loss": (LOSSES,),
    "A backend": (backends.BACKENDS,),
}

Add = Callable[[str], str]


def section(title: str) -> str:
    """What stands under a heading of the page."""
    (found,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    return str(found)


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Adds what a section prints: its file, as if it stood where the page says, and its line in
    the table. Returns the name by which it is listed.
    """

    def added(title: str) -> str:
        text = section(title)
        (path,) = re.findall(r"Write `(burnish/[\w/]+\.py)`:", text)
        code, line, *_ = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
        entry = re.fullmatch(r'"(\w+)": "([\w.]+):(\w+)",\n', line)
        assert entry is not None
        name, module, attribute = entry.groups()
        assert module == path.removesuffix(".py").replace("/", ".")
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code)
        spec = importlib.util.spec_from_file_location(module, file)
        assert spec is not None
        assert spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, module, loaded)
        spec.loader.exec_module(loaded)
        for table in TABLES[title]:
            assert name not in table
            monkeypatch.setitem(table, name, f"{module}:{attribute}")
        return str(name)

    return added


def test_a_network_and_a_dial_keep_every_promise_of_a_listed_one(add: Add, tmp_path: Path) -> None:
    for title in ("A network", "A way to give a network a dial"):
        restorer = test_networks.make(add(title))
        test_networks.test_any_size_gives_the_promised_size(restorer, (5, 70))
        test_networks.test_every_dial_changes_the_picture(restorer)
        test_networks.test_reach_is_true_and_not_wasteful(restorer)
        test_networks.test_tiles_equal_the_whole(restorer, 40)
        test_networks.test_save_and_load_give_the_same_pixels(restorer, tmp_path, half=False)
    test_networks.test_identity_is_exact(restorer)
    test_networks.test_the_level_varies_as_declared(restorer)


def test_a_dial_folds_into_a_network(add: Add) -> None:
    base, dial = add("A network"), add("A way to give a network a dial")
    spec = Spec(dial, {"base": {"use": base, "args": {"width": 8}}, "levels": [0, 75]})
    restorer = Restorer(spec, (Dial("noise", 0, 75, 25, "sigma"),)).eval()
    image = torch.rand(1, 3, 12, 9)
    with torch.no_grad():
        wanted = restorer(image, torch.full((1, 1, 1, 1), 30.0))
        torch.testing.assert_close(restorer.fold(noise=30)(image), wanted)


def test_a_degradation_keeps_every_rule_of_a_listed_one(add: Add) -> None:
    name = add("A degradation, and with it a dial")
    test_degrade.test_a_recipe_may_name_it_without_arguments_and_send_it_to_workers(name)
    test_degrade.test_it_is_a_function_of_picture_level_and_seed(name, 33, 47, 3)
    test_degrade.test_the_neutral_level_gives_the_picture_back(name)
    test_degrade.test_the_damage_grows_with_the_dial(name)
    test_degrade.test_a_map_of_one_value_is_that_value_or_is_refused(name)


def test_a_loss_keeps_every_rule_of_a_listed_one(add: Add) -> None:
    loss = test_losses.make(add("A loss"))
    test_losses.test_value_and_gradient_are_finite_where_nothing_differs(loss, "scene")
    test_losses.test_less_noise_costs_less_and_a_step_downhill_helps(loss)
    test_losses.test_the_gradient_is_that_of_finite_differences(loss)
    test_losses.test_what_a_mask_hides_has_no_influence(loss)
    test_losses.test_a_picture_of_weight_zero_is_left_out(loss)
    test_losses.test_autocast_and_half_precision_change_nothing(loss)
    test_losses.test_a_loss_has_no_parameters_and_an_empty_state(loss)
    test_losses.test_pictures_of_two_shapes_are_refused(loss)


class Plain(nn.Module):
    """A network as a stranger writes one: some of its parts are called like what a Network
    declares, and one of them is never to train.
    """

    residual, reach, starts_small = True, 3, ("last",)

    def __init__(self) -> None:
        super().__init__()
        self.contract = nn.Conv2d(3, 4, 3, padding=1)
        self.level = nn.BatchNorm2d(4)
        self.scale = nn.Parameter(torch.ones(4, 1, 1))
        self.last = nn.Conv2d(4, 3, 5, padding=2)

    def forward(self, image: Tensor) -> Tensor:
        result: Tensor = self.last(self.scale * self.level(self.contract(image)).relu())
        return result

    def train(self, mode: bool = True) -> Plain:
        super().train(mode)
        self.level.eval()
        return self

    def logits(self, image: Tensor) -> Tensor:
        result: Tensor = torch.logit(self(image))
        return result


def test_a_plain_network_keeps_its_names_its_parts_and_its_modes(tmp_path: Path) -> None:
    module = Plain()
    net = as_network(module)
    assert as_network(net) is net
    assert net.contract(()) == Contract(reach=3, residual=True)
    assert (net.starts_small, net.logits) == (("last",), module.logits)
    assert list(net.state_dict()) == list(module.state_dict())
    assert dict(net.named_parameters()).keys() == dict(module.named_parameters()).keys()
    net.eval()
    assert not module.training
    net.train()
    assert (module.training, module.last.training, module.level.training) == (True, True, False)

    image, twin = torch.rand(1, 3, 8, 8), copy.deepcopy(net)
    with torch.no_grad():
        assert torch.equal(net(image), module(image))
        before = net(image)
        for weight in (*twin.parameters(), *twin.double().buffers()):
            weight.zero_()
        assert float(twin(image.double()).abs().max()) == 0
        assert torch.equal(net(image), before)

    restorer = Restorer(Spec("test_add.Plain"), trusted=True).eval()
    restorer.save(tmp_path / "plain.safetensors", {"task": "test"})
    again = Restorer.load(tmp_path / "plain.safetensors", trusted=True)
    assert torch.equal(again(image), restorer(image))
    with pytest.raises(RecipeError, match="Plain reads 0 dial"):
        Restorer(Spec("test_add.Plain"), (Dial("noise", 0, 75, 25, "sigma"),), trusted=True)


class One(nn.Module):
    """A loss as a stranger writes one."""

    def forward(self, restored: Any, clean: Any, weight: Any = None) -> Any:
        return (restored - clean).abs().mean()


class Several(One):
    """Another, which says that it has two terms."""

    least, by_level = 7, True

    def terms(self, restored: Any, clean: Any, weight: Any, level: Any) -> dict[str, Any]:
        error = self(restored, clean)
        return {"near": error, "by level": error * level.mean()}


def test_a_plain_loss_declares_what_a_loss_does() -> None:
    loss = as_loss(Several())
    assert as_loss(loss) is loss
    assert (loss.least, loss.by_level, loss.on_logits) == (7, True, False)
    restored, clean = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    terms = loss.terms(restored, clean, None, torch.full((1, 1, 1, 1), 3.0))
    assert {name: float(value) for name, value in terms.items()} == {"near": 1, "by level": 3}
    assert float(loss(restored, clean)) == 1
    assert list(as_loss(One()).terms(restored, clean)) == [""]


RECIPE = """
name: added
arch: {use: Gain, args: {base: {use: SRCNN, args: {width: 4}}, levels: [0, 90]}}
dials: [{name: veil, low: 0, high: 90, default: 30, unit: per cent}]
degradations: [{use: Veil}]
data: {folders: [FOLDER], crop: 16, batch: 2}
loss: {use: Huber, args: {delta: 0.2}}
schedule: {steps: 2, warmup: 1}
validation: {every: 2, crop: 16, levels: {veil: [30]}, degradations: [Veil]}
threads: 1
precision: fp32
"""


def test_all_of_them_in_one_recipe_to_one_model_file_that_the_added_backend_runs(
    add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in TABLES:
        add(title)
    (library,) = re.findall(r'^"(\w+)": \("(\w+)", "([\w\[\]]+)"\),$', section("A backend"), re.M)
    monkeypatch.setitem(backends.LIBRARIES, library[0], (library[1], library[2]))
    folder = tmp_path / "clean"
    folder.mkdir()
    for i in range(3):
        pixels = np.rint(np.roll(scene(24, 32)[0], 5 * i, 2) * 255).astype(np.uint8)
        Image.fromarray(pixels.transpose(1, 2, 0)).save(folder / f"{i}.png")
    (tmp_path / "added.yaml").write_text(RECIPE.replace("FOLDER", str(folder)))
    train(load(tmp_path / "added.yaml"), tmp_path / "run")
    weights = tmp_path / "run" / "added.safetensors"
    export_verified(weights, tmp_path / "added.onnx", half=False)

    model = Model(tmp_path / "added.onnx")
    clean = scene(17, 21)
    level = np.full((1, 1, 1, 1), 30, np.float32)
    spoiled = make("Veil").spoil(clean, level, np.random.default_rng(0))
    opened = model.open(backend="reference", device="cpu")
    assert opened.backend == "reference"
    found = engine.predict_in_tiles(opened.run, model.contract, spoiled, level)
    other = model.open(backend="onnxruntime", device="cpu")
    np.testing.assert_allclose(
        found, engine.predict_in_tiles(other.run, model.contract, spoiled, level), atol=1e-5
    )
    assert np.abs(found - spoiled).max() > 1e-4
