"""Learning rates held against torch's own schedulers, which multiply their way through a run;
optimizers by name, and their groups of parameters.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from torch import Tensor, nn  # noqa: E402
from torch.optim import Optimizer  # noqa: E402
from torch.optim import lr_scheduler as reference  # noqa: E402

from burnish.errors import RecipeError  # noqa: E402
from burnish.training.optimise.optim import (  # noqa: E402
    OPTIMIZERS,
    check_optimizer,
    make_optimizer,
)
from burnish.training.optimise.schedule import (  # noqa: E402
    SHAPES,
    LearningRate,
    rate,
    set_rate,
    shape_of,
)
from burnish.training.parts.build import Spec  # noqa: E402

STEPS = 300


def torchs(make: Callable[..., Any], steps: int = STEPS, **args: Any) -> list[float]:
    """The learning rate at each step, as torch's scheduler gives it to an optimizer whose rate is
    1.
    """
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(()))], lr=1.0)
    scheduler = make(optimizer, **args)
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no step of the optimizer before that of the scheduler
        for _ in range(steps):
            rates.append(float(optimizer.param_groups[0]["lr"]))
            scheduler.step()
    return rates


def ours(name: str, steps: int = STEPS, **args: Any) -> list[float]:
    rates = LearningRate(shape_of(name, args), steps=steps)
    return [rates.factor(step) for step in range(steps)]


@pytest.mark.parametrize(
    ("name", "args", "theirs"),
    [
        ("cosine", {"lowest": 0.1}, ("CosineAnnealingLR", {"T_max": STEPS, "eta_min": 0.1})),
        (
            "linear",
            {"lowest": 0.2},
            ("LinearLR", {"start_factor": 1.0, "end_factor": 0.2, "total_iters": STEPS}),
        ),
        ("constant", {}, ("ConstantLR", {"factor": 1.0})),
        ("StepLR", {"step_size": 40}, None),
        ("StepLR", {"step_size": 7, "gamma": 0.93}, None),
        ("MultiStepLR", {"milestones": [10, 150, 151], "gamma": 0.5}, None),
        ("ExponentialLR", {"gamma": 0.98}, None),
        (
            "CyclicLR",
            {"lowest": 0.01, "step_size_up": 20},
            ("CyclicLR", {"base_lr": 0.01, "max_lr": 1.0, "step_size_up": 20}),
        ),
        (
            "CyclicLR",
            {"lowest": 0.1, "step_size_up": 13, "step_size_down": 29, "mode": "triangular2"},
            (
                "CyclicLR",
                {
                    "base_lr": 0.1,
                    "max_lr": 1.0,
                    "step_size_up": 13,
                    "step_size_down": 29,
                    "mode": "triangular2",
                },
            ),
        ),
        (
            "CyclicLR",
            {"lowest": 0.1, "step_size_up": 10, "mode": "exp_range", "gamma": 0.99},
            (
                "CyclicLR",
                {
                    "base_lr": 0.1,
                    "max_lr": 1.0,
                    "step_size_up": 10,
                    "mode": "exp_range",
                    "gamma": 0.99,
                },
            ),
        ),
        ("CosineAnnealingWarmRestarts", {"T_0": 37}, None),
        (
            "CosineAnnealingWarmRestarts",
            {"T_0": 10, "T_mult": 2, "lowest": 0.05},
            ("CosineAnnealingWarmRestarts", {"T_0": 10, "T_mult": 2, "eta_min": 0.05}),
        ),
        ("OneCycleLR", {}, ("OneCycleLR", {"max_lr": 1.0, "total_steps": STEPS})),
        (
            "OneCycleLR",
            {"pct_start": 0.2, "anneal_strategy": "linear"},
            (
                "OneCycleLR",
                {
                    "max_lr": 1.0,
                    "total_steps": STEPS,
                    "pct_start": 0.2,
                    "anneal_strategy": "linear",
                },
            ),
        ),
        (
            "OneCycleLR",
            {"three_phase": True, "div_factor": 10, "final_div_factor": 50},
            (
                "OneCycleLR",
                {
                    "max_lr": 1.0,
                    "total_steps": STEPS,
                    "three_phase": True,
                    "div_factor": 10,
                    "final_div_factor": 50,
                },
            ),
        ),
    ],
)
def test_a_shape_is_that_of_torch(
    name: str, args: dict[str, Any], theirs: tuple[str, dict[str, Any]] | None
) -> None:
    called, given = theirs or (name, args)
    still = {"cycle_momentum": False} if called in ("CyclicLR", "OneCycleLR") else {}
    np.testing.assert_allclose(
        ours(name, **args),
        torchs(getattr(reference, called), **given, **still),
        rtol=1e-9,
        atol=1e-12,
    )


@pytest.mark.parametrize("mode", ["max", "min"])
@pytest.mark.parametrize(
    "args",
    [
        {},
        {"patience": 2, "cooldown": 3, "factor": 0.5},
        {"patience": 0, "threshold": 0.2, "threshold_mode": "abs", "factor": 0.7},
        {"patience": 1, "threshold": 0.01, "factor": 0.3, "lowest": 0.02},
    ],
)
def test_the_plateau_is_that_of_torch_and_goes_on_from_its_state(
    mode: Literal["max", "min"], args: dict[str, Any], rng: np.random.Generator
) -> None:
    figures = 30 + np.cumsum(rng.normal(0, 0.3, 200)) * np.exp(-np.arange(200) / 40)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(()))], lr=1.0)
    given = {"min_lr" if name == "lowest" else name: value for name, value in args.items()}
    scheduler = reference.ReduceLROnPlateau(optimizer, mode=mode, eps=0.0, **given)
    rates = LearningRate(shape_of("ReduceLROnPlateau", {"mode": mode, **args}), steps=10)
    expected, found = [], []
    for figure in figures:
        scheduler.step(float(figure))
        expected.append(optimizer.param_groups[0]["lr"])
        resumed = LearningRate(rates.shape, steps=10)
        resumed.load(rates.state())
        resumed.observe(float(figure))
        found.append(resumed.factor(5))
        rates = resumed
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found[-1] < 1
    assert set(rates.state()) == {"share", "best", "bad", "cooldown"}


def test_a_figure_that_is_no_number_is_not_the_best() -> None:
    rates = LearningRate(shape_of("ReduceLROnPlateau", {"patience": 0, "factor": 0.5}), steps=10)
    for figure, share in ((math.nan, 0.5), (30.0, 0.5), (31.0, 0.5), (math.nan, 0.25)):
        rates.observe(figure)
        assert rates.factor(0) == share
    assert rates.state()["best"] == 31.0


def test_only_the_plateau_listens_and_has_a_state() -> None:
    rates = LearningRate(shape_of("cosine", {}), steps=10)
    before = rates.factor(5)
    for _ in range(30):
        rates.observe(0.0)
    assert (rates.factor(5), rates.state(), rates.watches) == (before, {}, False)
    rates.load({})


def test_warm_up_multiplies_whatever_the_shape_says() -> None:
    assert [rate(step, 100, 4, "constant") for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    warm, cold = (
        LearningRate(shape_of("StepLR", {"step_size": 2}), steps=10, warmup=warmup)
        for warmup in (4, 0)
    )
    assert [warm.factor(s) / cold.factor(s) for s in range(5)] == pytest.approx(
        [0.25, 0.5, 0.75, 1, 1]
    )


def test_per_epoch_the_clock_stands_still_within_an_epoch() -> None:
    rates = LearningRate(
        shape_of("StepLR", {"step_size": 2, "gamma": 0.5}), steps=50, epoch_length=5
    )
    assert [rates.factor(step) for step in range(50)] == [0.5 ** (step // 10) for step in range(50)]
    cosine = LearningRate(
        shape_of("cosine", {}), steps=48, epoch_length=10
    )  # five epochs, the last cut short
    assert (
        cosine.factor(29)
        == cosine.factor(20)
        == pytest.approx(0.5 * (1 + math.cos(math.pi * 2 / 5)))
    )
    broken = LearningRate(
        shape_of("ExponentialLR", {"gamma": 0.5}), steps=20, epoch_length=10 / 3
    )  # 10 batches an epoch, 3 batches a step
    assert [round(-math.log2(broken.factor(step))) for step in range(20)] == [
        3 * step // 10 for step in range(20)
    ]


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "ReduceLROnPlateau"])
@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_short_runs_stay_in_range(name: str, steps: int) -> None:
    args: dict[str, dict[str, Any]] = {
        "StepLR": {"step_size": 1},
        "MultiStepLR": {"milestones": [1]},
        "ExponentialLR": {"gamma": 0.5},
        "CyclicLR": {"lowest": 0.1},
        "CosineAnnealingWarmRestarts": {"T_0": 1},
    }
    rates = LearningRate(shape_of(name, args.get(name, {})), steps=steps)
    assert all(0 <= rates.factor(step) <= 1 for step in range(steps + 2))


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("StpLR", {}, ["schedule.shape", "'StpLR'", "did you mean 'StepLR'", "cosine"]),
        ("StepLR", {}, ["schedule.args.step_size", "missing"]),
        ("StepLR", {"step_size": 0}, ["schedule.args.step_size", "0 is out of range"]),
        (
            "StepLR",
            {"step_size": 3, "gama": 1},
            ["schedule.args.gama", "unknown key", "did you mean 'gamma'"],
        ),
        (
            "CyclicLR",
            {"lowest": 0.1, "mode": "square"},
            ["schedule.args.mode", "'square'", "triangular2"],
        ),
        ("cosine", {"lowest": 2}, ["schedule.args.lowest", "from 0 to 1"]),
    ],
)
def test_what_is_wrong_with_a_schedule_is_named(
    name: str, args: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(RecipeError) as raised:
        shape_of(name, args)
    for word in words:
        assert word in str(raised.value)


# optimizers


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.middle = nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.last(torch.relu(self.middle(torch.relu(self.first(x)))))
        return result


def small() -> Small:
    torch.manual_seed(3)
    return Small()


def descend(net: nn.Module, optimizer: Optimizer, steps: int) -> list[float]:
    image = torch.linspace(0, 1, 64).view(1, 1, 8, 8)
    values = []
    for _ in range(steps):
        loss = (net(image) - image.flip(3)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values.append(float(loss.detach()))
    return values


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimizer_descends_and_goes_on_from_its_state_to_the_same_bits(name: str) -> None:
    spec = Spec(
        name,
        {
            "lr": {
                "SGD": 0.05,
                "ASGD": 0.05,
                "Adadelta": 1.0,
                "Adagrad": 1e-2,
                "RAdam": 1e-2,
                "Adafactor": 1e-2,
            }.get(name, 2e-3)
        },
    )
    net = small()
    optimizer = make_optimizer(spec, net)
    values = descend(net, optimizer, 30)
    assert values[-1] < 0.9 * values[0]

    other = small()
    resumed = make_optimizer(spec, other)
    descend(other, resumed, 12)
    third = small()
    third.load_state_dict(other.state_dict())
    fresh = make_optimizer(spec, third)
    fresh.load_state_dict(resumed.state_dict())
    assert fresh.param_groups[0]["highest_lr"] == optimizer.param_groups[0]["highest_lr"]
    descend(third, fresh, 18)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), third.parameters(), strict=True))


def grouped(net: nn.Module, optimizer: Optimizer) -> dict[str, dict[str, Any]]:
    """The settings of every parameter, by its name."""
    owner = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    return {name: owner[id(p)] for name, p in net.named_parameters() if id(p) in owner}


def test_the_first_group_that_matches_takes_a_parameter_and_the_rest_is_as_all_are() -> None:
    net = small()
    groups = [{"match": "last.*", "lr": 1e-4}, {"match": "*.bias", "weight_decay": 0.0}]
    optimizer = make_optimizer(
        Spec("AdamW", {"lr": 1e-3, "weight_decay": 0.1, "groups": groups}), net
    )
    found = {
        name: (group["lr"], group["weight_decay"])
        for name, group in grouped(net, optimizer).items()
    }
    assert found == {
        "first.weight": (1e-3, 0.1),
        "first.bias": (1e-3, 0.0),
        "middle.weight": (1e-3, 0.1),
        "middle.bias": (1e-3, 0.0),
        "last.weight": (1e-4, 0.1),
        "last.bias": (1e-4, 0.1),
    }
    set_rate(optimizer, 0.5)
    assert sorted({group["lr"] for group in optimizer.param_groups}) == [5e-5, 5e-4]


def test_muon_orthogonalises_the_same_parameters_whatever_the_groups() -> None:
    net = small()
    optimizer = make_optimizer(
        Spec("Muon", {"lr": 1e-3, "groups": [{"match": "*.weight", "lr": 1e-4}]}), net
    )
    found = {
        name: (group["orthogonal"], group["lr"]) for name, group in grouped(net, optimizer).items()
    }
    assert {name for name, (orthogonal, _) in found.items() if orthogonal} == {"middle.weight"}
    assert {name for name, (_, lr) in found.items() if lr == 1e-4} == {
        "first.weight",
        "middle.weight",
        "last.weight",
    }


def test_frozen_parameters_belong_to_no_optimizer() -> None:
    net = small()
    net.middle.requires_grad_(False)
    for name in ("SGD", "Muon"):
        assert set(grouped(net, make_optimizer(Spec(name, {"lr": 1e-3}), net))) == {
            "first.weight",
            "first.bias",
            "last.weight",
            "last.bias",
        }
    net.requires_grad_(False)
    with pytest.raises(RecipeError, match="every parameter of the network is frozen"):
        make_optimizer(Spec("Adam"), net)


@pytest.mark.parametrize(
    ("use", "args", "words"),
    [
        ("Adm", {}, ["optimizer.use", "'Adm'", "did you mean 'Adam'", "RMSprop"]),
        ("SGD", {"momentun": 0.9}, ["optimizer.args.momentun", "did you mean 'momentum'"]),
        ("SGD", {"groups": {"match": "*"}}, ["optimizer.args.groups", "a list"]),
        ("SGD", {"groups": [{"lr": 1}]}, ["optimizer.args.groups.0", "`match`"]),
        (
            "SGD",
            {"groups": [{"match": "*", "weight_decai": 1}]},
            ["optimizer.args.groups.0.weight_decai", "did you mean 'weight_decay'"],
        ),
    ],
)
def test_what_is_wrong_with_an_optimizer_is_named_before_there_is_a_network(
    use: str, args: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(RecipeError) as raised:
        check_optimizer(Spec(use, args))
    for word in words:
        assert word in str(raised.value)


def test_a_pattern_that_matches_nothing_and_a_wrong_value_are_named() -> None:
    with pytest.raises(
        RecipeError,
        match=r"optimizer\.args\.groups\.0\.match: no parameter's name is like 'middel\.\*'; "
        r"they are called first\.weight",
    ):
        make_optimizer(Spec("SGD", {"groups": [{"match": "middel.*"}]}), small())
    with pytest.raises(RecipeError, match="optimizer: SGD cannot be built: .*momentum"):
        make_optimizer(Spec("SGD", {"momentum": -1.0}), small())
