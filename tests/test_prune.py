"""Pruning: which channels go together, that a smaller network is what is left, and that a run that
begins with one resumes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from test_networks import CASES, make  # noqa: E402
from test_train import home as home  # noqa: E402
from test_train import recipe as recipe  # noqa: E402
from test_train import same_run, state  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from burnish.cli import app  # noqa: E402
from burnish.contract import Dial, predict  # noqa: E402
from burnish.errors import RecipeError  # noqa: E402
from burnish.inference.backends import BACKENDS, table  # noqa: E402
from burnish.study.trained.verify import export_verified  # noqa: E402
from burnish.training.loop.train import train  # noqa: E402
from burnish.training.networks.archs import NETWORKS  # noqa: E402
from burnish.training.networks.cost import multiply_adds, parameters  # noqa: E402
from burnish.training.networks.export import example  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.networks.smaller.cuts import cuts_of, with_cuts, without  # noqa: E402
from burnish.training.networks.smaller.ties import Channel, families  # noqa: E402
from burnish.training.networks.torch_backend import runner  # noqa: E402
from burnish.training.parts.build import Spec, build  # noqa: E402
from burnish.training.recipe.recipe import Recipe  # noqa: E402
from burnish.training.recipe.resolve import resolve  # noqa: E402
from burnish.training.step.initial import build_initial, initial_network  # noqa: E402
from burnish.training.step.machine import make_machine  # noqa: E402
from burnish.training.step.prune import pruned  # noqa: E402
from burnish.training.step.setup import set_up  # noqa: E402

NOISE = (Dial("noise", 0, 75, 25, "sigma"),)
PLAIN = {"base": {"use": "ResUNet", "args": {"widths": [4, 8], "blocks": 1}}}
#: networks whose channels are evened with each other: without some, the others are larger
EVENED = ("ConvNeXtUNet", "NAFNet")
#: wrappers of which something stays as wide as the base was
REFUSED = ("Biased", "Quantised")


def half(restorer: Restorer) -> list[Channel]:
    """Every other channel of each family."""
    return [channel for family in families(restorer) for channel in family[1::2]]


def silenced(restorer: Restorer, gone: Sequence[Channel]) -> Restorer:
    """A network of the same size, in which what would go is 0."""
    result = copy.deepcopy(restorer)
    weights = result.net.state_dict()
    for channel in gone:
        for name, axis, place in channel.slices:
            weights[name].select(axis, place).zero_()
    return result


def seen(restorer: Restorer) -> np.ndarray:
    contract = restorer.contract
    with torch.no_grad():
        inputs = example(contract, 2, 4 * contract.multiple, 6 * contract.multiple)
        result: np.ndarray = restorer.predict(*inputs).numpy()
    return result


@pytest.mark.parametrize(("name", "args"), CASES)
def test_what_is_cut_is_what_could_as_well_be_0(name: str, args: dict[str, Any]) -> None:
    restorer = make(name, args)
    gone = half(restorer)
    if name == "FTN":
        assert not gone, "its filters are mixed with each other, so that all of them stay"
        return
    if name in REFUSED:
        with pytest.raises(RecipeError, match="does not become narrower with it"):
            without(restorer, gone)
        return
    narrow = without(restorer, gone)
    assert narrow.contract == restorer.contract
    assert parameters(narrow) < 0.75 * parameters(restorer)
    assert multiply_adds(narrow) < 0.75 * multiply_adds(restorer)
    found = seen(narrow)
    if name in EVENED:
        assert np.isfinite(found).all()
        assert found.shape == seen(restorer).shape
    else:
        np.testing.assert_allclose(found, seen(silenced(restorer, gone)), atol=2e-6)


def test_channels_of_a_sum_go_together_and_those_beside_each_other_alone() -> None:
    summed = {name for name, _, _ in families(make("ResUNet"))[0][0].slices}
    assert {"head.weight", "down_blocks.0.0.conv2.weight", "up.0.weight", "tail.weight"} <= summed
    beside = make("LightAutoencoder", {"skips": True})
    lie = [{(name, axis) for name, axis, _ in family[0].slices} for family in families(beside)]
    joined = [places for places in lie if ("last.0.weight", 1) in places]
    assert len(joined) == 2, "what was there, and what came up, are two families"


def test_a_shuffle_takes_all_channels_that_become_one() -> None:
    restorer = make("SRResNet")
    family = next(f for f in families(restorer) if f[0].slices[0][0] == "enlarge.0.0.weight")
    filters = [place for name, axis, place in family[1].slices if name == "enlarge.0.0.weight"]
    assert filters == [4, 5, 6, 7]
    assert all(name != "tail.weight" or axis == 1 for name, axis, _ in family[1].slices)


def test_channels_with_filters_of_their_own_stay_so() -> None:
    restorer = make("NAFNet")
    narrow = without(restorer, half(restorer))
    for before, after in zip(restorer.modules(), narrow.modules(), strict=False):
        if isinstance(before, nn.Conv2d) and before.groups > 1:
            assert isinstance(after, nn.Conv2d)
            assert after.groups == after.in_channels == after.out_channels < before.groups


class Turned(nn.Module):
    """A network of whose channels an operation takes another order."""

    channels_in = channels_out = 3
    reach = 1

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 1)
        self.last = nn.Conv2d(6, 3, 1)

    def forward(self, image: Tensor) -> Tensor:
        result: Tensor = self.last(self.first(image).flip(1))
        return result


def test_what_is_not_known_stays() -> None:
    restorer = Restorer(Spec(f"{__name__}.Turned"), trusted=True)
    assert families(restorer) == []


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("LevelPlane", {}),
        ("SplineBank", {}),
        ("UNet", {"scale": 4, "norm": "batch", "pooling": "average"}),
        ("NAFNet", {}),
    ],
)
def test_a_smaller_network_is_kept_exported_and_run(
    name: str, args: dict[str, Any], tmp_path: Path
) -> None:
    restorer = make(name, args)
    narrow = without(restorer, half(restorer))
    source, model = tmp_path / "narrow.safetensors", tmp_path / "narrow.onnx"
    narrow.save(source, {"task": "test"})
    again = Restorer.load(source)
    assert np.array_equal(seen(again), seen(narrow))
    again.save(source, half=True)
    again = Restorer.load(source)
    export_verified(source, model)
    contract = again.contract
    image, *levels = (each.numpy() for each in example(contract, 2, 17, 13))
    given = image, levels[0] if levels else None
    wanted = predict(runner(again), contract, *given)
    for backend in filter(table.installed, BACKENDS):
        open_model = table.opener(backend)
        opened = open_model(model, contract, device="cpu", threads=1, precision="fp32", eight=None)
        found = predict(opened.run, contract, *given)
        np.testing.assert_allclose(found, wanted, atol=1e-4, err_msg=backend)


@pytest.mark.parametrize("name", ["LevelPlane", "SplineBank"])
def test_a_dial_of_a_smaller_network_folds(name: str) -> None:
    narrow = make(name)
    narrow = without(narrow, half(narrow))
    (dial,) = narrow.contract.dials
    image, level = example(narrow.contract, 1, 16, 24)
    with torch.no_grad():
        wanted = narrow(image, torch.full_like(level, 30.0))
        found = narrow.fold(**{dial.name: 30.0})(image)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def test_it_is_exported_for_other_programs(tmp_path: Path) -> None:
    restorer = make("LevelPlane")
    source = tmp_path / "narrow.safetensors"
    without(restorer, half(restorer)).save(source, {"task": "test"})
    for kind, ending in (("one-input", ".onnx"), ("torch", ".py"), ("ncnn", ".param")):
        words = ["export", str(source), "--as", kind, "-o", str(tmp_path / f"{kind}{ending}")]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output


def test_cuts_that_a_network_has_no_room_for_are_refused() -> None:
    for cuts, said in (
        ({"nowhere.weight": [3]}, "there is no nowhere.weight"),
        ({"head.weight": [9, None, None, None]}, "cannot be left"),
        ({"head.weight": [0, None, None, None]}, "cannot be left"),
    ):
        with pytest.raises(RecipeError, match=said):
            build(with_cuts(Spec("ResUNet", {"widths": [8]}), cuts), NETWORKS)


# Runs.


def trained(home: Path, base: Spec | None = None) -> Path:
    """A file of a network, as if it were trained, in which two channels do nothing."""
    torch.manual_seed(5)
    restorer = Restorer(Spec("LevelPlane", PLAIN) if base is None else base, NOISE)
    with torch.no_grad():
        for place in (1, 6):
            restorer.net.get_parameter("base.body.0.conv1.weight")[place] = 0
            restorer.net.get_parameter("base.body.0.conv2.weight")[:, place] = 0
    path = home / "trained.safetensors"
    restorer.save(path, {"training": {"steps": 7}})
    return path


@pytest.mark.parametrize("by", ["loss", "size"])
def test_channels_that_do_nothing_are_found_and_nothing_changes(
    home: Path, recipe: Callable[..., Recipe], by: str
) -> None:
    start = trained(home)
    before = Restorer.load(start)
    # What two of eight channels between two convolutions cost, which is all that has to go.
    share = 1 - 2 * 2 * 9 * 8 / 16 / multiply_adds(before)
    keys = f"prune={{keep: {share + 1e-4}, by: {by}, multiple: 1, batches: 8}}"
    (initial,) = build_initial(resolve(recipe(f"start={start}", keys, "data.crop=32")), 1)
    setup = pruned(set_up(initial, make_machine(recipe())))
    after = setup.restorer
    assert cuts_of(after.spec) == {
        "body.0.conv1.weight": [6, None, None, None],
        "body.0.conv2.weight": [None, 6, None, None],
    }
    np.testing.assert_allclose(seen(after.eval()), seen(before), atol=1e-6)
    assert parameters(setup.ema) == parameters(after)
    learning = [p for group in setup.optimizer.param_groups for p in group["params"]]
    assert {id(p) for p in learning} == {id(p) for p in after.parameters()}


PRUNED = "prune={keep: 0.6, multiple: 2, batches: 2}"
SHORT = ("data.leave_out=[]", "schedule={steps: 4, warmup: 2}")


def test_a_run_that_begins_smaller_resumes_to_the_same_bits(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    start = trained(home)
    learning = recipe(f"start={start}", PRUNED, *SHORT)
    file = train(learning, home / "whole")
    train(learning, home / "halves", minutes=1e-9)
    assert 0 < state(home / "halves")["progress"]["step"] < 4
    train(learning, home / "halves")
    assert same_run(home / "whole", home / "halves")
    narrow, larger = Restorer.load(file), Restorer.load(start)
    assert multiply_adds(narrow) <= 0.6 * multiply_adds(larger)
    assert narrow.card["multiply_adds"] == multiply_adds(narrow)
    assert narrow.card["training"]["pruned_from"] == {
        "parameters": parameters(larger),
        "multiply_adds": multiply_adds(larger),
    }
    assert narrow.card["training"]["before"] == [{"steps": 7}]

    # And what begins at such a file is as narrow, without being told.
    again = initial_network(resolve(recipe(f"start={file}"))[0])
    assert cuts_of(again.spec) == cuts_of(narrow.spec)
    assert np.array_equal(seen(again.eval()), seen(narrow))


def test_a_stage_may_be_pruned_and_those_after_it_go_on_with_what_is_left(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    stages = (
        "stages=[{name: large, steps: 2}, {name: half, steps: 3, "
        f"{PRUNED.replace('=', ': ', 1)}}}, "
        "{name: less, steps: 2, prune: {keep: 0.8, multiple: 1, batches: 1}}, "
        "{name: end, steps: 2, freeze: [net.base.head.*]}]"
    )
    learning = recipe("data.leave_out=[]", "schedule={warmup: 0}", stages)
    file = train(learning, home / "whole")
    sizes = [
        parameters(Restorer.load(home / "whole" / f"tiny.{name}.safetensors"))
        for name in ("large", "half", "less")
    ]
    assert sizes[0] > sizes[1] > sizes[2]
    assert parameters(Restorer.load(file)) == sizes[2]
    for _ in range(12):
        train(learning, home / "slices", minutes=1e-9)
    assert same_run(home / "whole", home / "slices")


@pytest.mark.parametrize(
    ("arch", "changes", "sentence"),
    [
        (None, [PRUNED, "start=null"], "without start there is no trained network to cut from"),
        (
            None,
            ["prune={keep: 0.05}"],
            "0.05 of its multiply-adds cannot be reached: .* are left",
        ),
        (
            Spec("FTN", {**PLAIN, "levels": [0, 75]}),
            ["prune={keep: 0.5}"],
            "FTN has no channels that can be cut",
        ),
    ],
)
def test_what_cannot_be_pruned_is_refused_in_a_sentence(
    home: Path,
    recipe: Callable[..., Recipe],
    arch: Spec | None,
    changes: list[str],
    sentence: str,
) -> None:
    start = [f"start={trained(home, arch)}"]
    if arch is not None:
        start.append(f"arch={arch.to_dict()}")
    asked = resolve(recipe(*start, *changes))
    with pytest.raises(RecipeError, match=sentence):
        pruned(set_up(build_initial(asked, 1)[0], make_machine(recipe())))
