"""Several stages in one recipe: what each of them is, what stays frozen, and that a run of them
resumes to the same bits.
"""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from safetensors.torch import save_file  # noqa: E402
from test_train import equal, run, same_run, state  # noqa: E402
from test_train import home as home  # noqa: E402
from test_train import recipe as recipe  # noqa: E402
from torch import nn  # noqa: E402

from burnish.contract import Dial  # noqa: E402
from burnish.errors import ModelMismatch, RecipeError  # noqa: E402
from burnish.training.loop.checkpoint import finite  # noqa: E402
from burnish.training.loop.train import train  # noqa: E402
from burnish.training.networks.freezing import freeze  # noqa: E402
from burnish.training.networks.recompute import recompute_blocks  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402
from burnish.training.recipe.file import load  # noqa: E402
from burnish.training.recipe.recipe import Recipe  # noqa: E402
from burnish.training.recipe.resolve import resolve  # noqa: E402
from burnish.training.recipe.stages import merged, stage_recipe  # noqa: E402
from burnish.training.step.initial import initial_network  # noqa: E402

QUIET = ("data.leave_out=[]", "schedule={warmup: 0}", "save_every=2")
WHOLE = ("data.leave_out=[]", "schedule={steps: 2, warmup: 0}")
#: small crops, then large ones and another loss
GROWING = (
    *QUIET,
    (
        "stages=[{name: small, steps: 3}, {name: large, steps: 4, data: {crop: 24}, loss: {use: "
        "Charbonnier}, optimizer: {args: {lr: 1e-4}}}]"
    ),
)


def test_a_stage_is_the_recipe_with_its_changes_laid_over(recipe: Callable[..., Recipe]) -> None:
    whole = recipe(*GROWING)
    small, large = resolve(whole)
    assert (small.data.crop, small.schedule.steps, small.loss.use, small.seed) == (16, 3, "L1", 0)
    assert (large.data.crop, large.schedule.steps, large.loss.use, large.seed) == (
        24,
        4,
        "Charbonnier",
        1,
    )
    assert (
        large.optimizer.use,
        large.optimizer.args["lr"],
        large.data.batch,
        large.weigh is not None,
    ) == ("Muon", 1e-4, 2, True)
    assert stage_recipe(recipe("schedule.steps=5"), 0) == recipe("schedule.steps=5")


def test_arguments_of_another_name_are_not_mixed() -> None:
    below = {"use": "A", "args": {"x": 1, "y": 2}, "list": [1, 2]}
    assert merged(below, {"args": {"y": 3}, "list": [4]}) == {
        "use": "A",
        "args": {"x": 1, "y": 3},
        "list": [4],
    }
    assert merged(below, {"use": "B", "args": {"z": 3}})["args"] == {"z": 3}
    assert merged(below, {"use": "B"})["args"] == {}
    falling = {"shape": "linear", "args": {"lowest": 0.1}}
    assert merged(falling, {"shape": "constant"}) == {"shape": "constant", "args": {}}
    assert merged(falling, {"args": {"lowest": 0.2}}) == {
        "shape": "linear",
        "args": {"lowest": 0.2},
    }


def test_two_stages_are_two_runs_of_which_the_second_starts_from_the_first(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    both = train(recipe(*GROWING), home / "both")
    assert sorted(path.name for path in (home / "both").glob("*.safetensors")) == [
        "tiny.safetensors",
        "tiny.small.safetensors",
    ]
    first = train(recipe(*QUIET, "schedule.steps=3"), home / "first")
    changes = (
        "schedule.steps=4",
        "data.crop=24",
        "loss.use=Charbonnier",
        "optimizer.args.lr=1e-4",
        "seed=1",
        f"start={first}",
    )
    second = train(recipe(*QUIET, *changes), home / "second")
    assert equal(
        Restorer.load(home / "both" / "tiny.small.safetensors").state_dict(),
        Restorer.load(first).state_dict(),
    )
    assert equal(Restorer.load(both).state_dict(), Restorer.load(second).state_dict())


def test_a_stage_says_where_it_started_and_what_it_measured_itself(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    start = train(recipe(*QUIET, "schedule.steps=3", "seed=7"), home / "first")
    stages = (
        f"stages=[{{name: a, steps: 2}}, {{name: b, steps: 3, start: {start}, data: "
        f"{{leave_out: []}}}}]"
    )
    several = ("schedule={warmup: 0}", "save_every=1", "validation.every=1", stages)
    card = Restorer.load(train(recipe(*several), home / "both")).card
    assert [run["seed"] for run in card["training"]["before"]] == [7]
    assert card["validation"] == {}  # the second stage holds nothing out
    assert Restorer.load(home / "both" / "tiny.a.safetensors").card["validation"]


def test_a_run_of_stages_in_slices_is_the_whole_run_across_their_border(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    train(recipe(*GROWING), home / "whole")
    places = []
    for _ in range(8):
        train(recipe(*GROWING), home / "slices", minutes=0)
        progress = state(home / "slices")["progress"]
        places.append((progress["stage"], progress["step"]))
    assert places[:7] == [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3), (1, 4)]
    assert same_run(home / "whole", home / "slices")
    assert state(home / "whole")["progress"]["before"] == 3


SLOW = """
    average = step.average
    def slowly(*arguments):
        average(*arguments)
        __import__("time").sleep(0.1)
    step.average = slowly
"""


def test_killed_at_any_moment_with_workers_pairs_and_stages_it_ends_with_the_same_bits(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    shutil.copytree(home / "clean", home / "pairs" / "GT")
    shutil.copytree(home / "clean", home / "pairs" / "LQ")
    stages = (
        "stages=[{name: a, steps: 12, data: {cut: whole}}, {name: b, steps: 12, freeze: "
        "[net.base.head.weight], data: {crop: 24, prefer_ink: 0.5}}]"
    )
    changes = (
        "data.leave_out=[]",
        f"data.pairs=[{{folder: {home / 'pairs'}, weight: 2, level: {{noise: 0}}}}]",
        "schedule={warmup: 0}",
        "save_every=3",
        stages,
    )
    train(recipe(*changes), home / "whole")
    checkpoint, killed = home / "killed" / "state.pt", []
    for _ in range(2):
        process, before = (
            run(home, home / "killed", *changes, "data.workers=2", before=SLOW),
            checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0,
        )
        deadline = time.monotonic() + 60
        while (
            not (checkpoint.exists() and checkpoint.stat().st_mtime_ns > before)
            and time.monotonic() < deadline
        ):
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.8))  # another moment every time that the tests run
        process.kill()
        assert process.wait(60) == -signal.SIGKILL
        progress = state(home / "killed")["progress"]
        killed.append((progress["stage"], progress["step"]))
    train(recipe(*changes, "data.workers=1"), home / "killed")
    assert same_run(home / "whole", home / "killed"), killed


def test_what_is_frozen_stays_bit_for_bit_and_the_rest_learns(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    stages = (
        "stages=[{name: one, steps: 2}, {name: two, steps: 3, freeze: ['net.base.down*', "
        "net.base.head.weight]}]"
    )
    train(recipe(*QUIET, stages), home / "out")
    before, after = (
        Restorer.load(home / "out" / name).state_dict()
        for name in ("tiny.one.safetensors", "tiny.safetensors")
    )
    frozen = [
        name
        for name in before
        if name.startswith("net.base.down") or name == "net.base.head.weight"
    ]
    assert len(frozen) > 2
    for name in before:
        assert torch.equal(before[name], after[name]) == (name in frozen), name
    with pytest.raises(
        RecipeError,
        match=r"stages\.1\.freeze\.0: no parameter's name is like 'net\.bse\.\*'; "
        r"they are called net\.base",
    ):
        train(
            recipe(
                *QUIET,
                "stages=[{name: one, steps: 2}, {name: two, steps: 3, freeze: ['net.bse.*']}]",
            ),
            home / "bad",
        )
    with pytest.raises(RecipeError, match=r"stages\.0\.freeze: every parameter"):
        train(recipe(*QUIET, "stages=[{name: one, steps: 2, freeze: ['*']}]"), home / "bad")
    assert not (home / "bad").exists()


def test_what_is_reinitialised_is_drawn_afresh_and_the_rest_taken_over(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    train(
        recipe(
            *QUIET,
            "stages=[{name: one, steps: 2}, {name: two, steps: 3, reinit: ['net.base.body.*'], "
            "optimizer: {args: {lr: 0}}}]",
        ),
        home / "out",
    )
    before = Restorer.load(home / "out" / "tiny.one.safetensors").state_dict()
    after = Restorer.load(home / "out" / "tiny.safetensors").state_dict()
    start = f"start={home / 'out' / 'tiny.one.safetensors'}"
    # with the second stage's seed
    (again,) = resolve(recipe(*WHOLE, start, "reinit=['net.base.body.*']", "seed=1"))
    (fresh,) = resolve(recipe(*WHOLE, "seed=1"))
    alone = initial_network(again).state_dict()
    drawn = initial_network(fresh).state_dict()
    assert any(".body." in name for name in before)
    for name in before:
        wanted = drawn if ".body." in name else before
        assert torch.equal(after[name], wanted[name]), name
        assert torch.equal(alone[name], wanted[name]), name
    with pytest.raises(
        RecipeError,
        match=r"reinit\.0: no parameter's name is like 'net\.bse\.\*'; they are called net\.base",
    ):
        train(recipe(*WHOLE, start, "reinit=['net.bse.*']"), home / "bad")
    with pytest.raises(RecipeError, match="reinit: without start there is nothing to take over"):
        train(recipe(*WHOLE, "reinit=['net.base.body.*']"), home / "bad")
    assert not (home / "bad").exists()


def test_what_is_reinitialised_may_be_of_another_shape_in_the_file_or_missing(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    (stage,) = resolve(recipe(*WHOLE, "seed=1"))
    other = initial_network(stage)
    file = home / "other.safetensors"
    for prefix in ("net.", "net.base."):  # of the whole network, and of the base that it wraps
        names = [name for name in other.state_dict() if name.startswith(prefix)]
        kept = {name: other.state_dict()[name] + 1 for name in names if ".body." not in name}
        odd = next(name for name in names if ".body." in name)
        stored = kept | {odd: torch.zeros(3)}
        save_file({name.removeprefix(prefix): value for name, value in stored.items()}, file)
        (again,) = resolve(recipe(*WHOLE, f"start={file}", "reinit=['net.base.body.*']", "seed=1"))
        found = initial_network(again).state_dict()
        for name, value in other.state_dict().items():
            assert torch.equal(found[name], kept.get(name, value)), name
        (again,) = resolve(recipe(*WHOLE, f"start={file}", "seed=1"))
        with pytest.raises(ModelMismatch, match="body"):
            initial_network(again)


def test_a_key_by_its_old_name_is_read_with_a_note_and_a_run_that_has_it_goes_on(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    stages = "stages=[{name: one, steps: 2}, {name: two, steps: 2, KEY: ['net.base.body.*']}]"
    notes: list[str] = []
    old = load(
        home / "tiny.yaml", [*QUIET, stages.replace("KEY", "renew"), "renew=[]"], notes.append
    )
    assert old == recipe(*QUIET, stages.replace("KEY", "reinit"))
    assert [note.partition(": ")[2] for note in notes] == [
        "renew: is called reinit now; the old name is still read",
        "stages.1.renew: is called reinit now; the old name is still read",
    ]
    with pytest.raises(
        RecipeError, match="renew: is called reinit now, which stands there as well"
    ):
        recipe("renew=[]", "reinit=[]")

    train(old, home / "out", minutes=0)
    stored = torch.load(home / "out" / "state.pt", weights_only=True)
    names = {name: name.replace("reinit", "renew") for name in stored["recipe"]}
    assert {"renew", "stages.1.renew"} <= set(names.values())
    stored["recipe"] = {names[name]: value for name, value in stored["recipe"].items()}
    torch.save(stored, home / "out" / "state.pt")
    train(old, home / "out")
    assert (home / "out" / "tiny.safetensors").exists()


def test_a_recipe_without_stages_freezes_too_and_a_stage_may_thaw(
    recipe: Callable[..., Recipe],
) -> None:
    freeze_, stages = (
        "freeze=['net.base.*']",
        "stages=[{name: one, steps: 2}, {name: two, steps: 3, freeze: []}]",
    )
    assert [stage.freeze for stage in resolve(recipe(freeze_))] == [("net.base.*",)]
    assert [stage.freeze for stage in resolve(recipe(freeze_, stages))] == [("net.base.*",), ()]


def test_frozen_normalisations_keep_their_statistics() -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2)
    )
    assert freeze(net, ["0.*", "1.*"]) == 6 + 4
    means = [net[i].running_mean.clone() for i in (1, 3)]  # type: ignore[operator]
    net(torch.rand(4, 1, 5, 5))
    assert torch.equal(means[0], net[1].running_mean)
    assert not torch.equal(means[1], net[3].running_mean)


def test_what_a_network_froze_itself_stays_frozen() -> None:
    restorer = Restorer(
        Spec("AdaIN", {"network": "SqueezeNet", "layer": "fire2"}), (Dial("mix", 0, 1, 0, "share"),)
    )
    net: Any = restorer.net
    left = freeze(restorer, ())
    assert left == sum(p.numel() for p in net.decoder.parameters())
    assert not any(p.requires_grad for p in net.encoder.parameters())


def test_another_network_takes_over_the_weights_that_fit(
    home: Path, recipe: Callable[..., Recipe], capsys: pytest.CaptureFixture[str]
) -> None:
    stages = (
        "stages=[{name: one, steps: 1}, {name: two, steps: 1, arch: {args: {base: {args: "
        "{widths: [4, 12]}}}}, optimizer: {args: {lr: 0}}}]"
    )
    train(recipe(*QUIET, stages), home / "out")
    before, after = (
        Restorer.load(home / "out" / name).state_dict()
        for name in ("tiny.one.safetensors", "tiny.safetensors")
    )
    assert torch.equal(before["net.base.head.weight"], after["net.base.head.weight"])
    assert before["net.base.down.0.weight"].shape != after["net.base.down.0.weight"].shape
    assert "weights are those of the stage before" in capsys.readouterr().err


def test_epochs_are_a_length(home: Path, recipe: Callable[..., Recipe]) -> None:
    train(recipe(*QUIET, "schedule.epochs=1.5"), home / "out")
    assert (
        state(home / "out")["progress"]["steps"] == 5
    )  # six pictures in batches of two: 4.5 steps
    train(recipe(*QUIET, "schedule.epochs=2", "accumulate=2"), home / "two")
    assert state(home / "two")["progress"]["steps"] == 3


def test_a_rate_that_listens_to_validation_is_resumed(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    listening = (
        (
            "schedule={steps: 6, warmup: 0, shape: ReduceLROnPlateau, args: {patience: 0, "
            "threshold: 10, factor: 0.5}}"
        ),
        "validation.every=1",
    )
    one = (*listening, "validation.clip=[false]", "save_every=1")
    train(recipe(*one), home / "whole")
    for _ in range(6):
        train(recipe(*one), home / "slices", minutes=0)
    assert state(home / "whole")["progress"]["rates"]["share"] == pytest.approx(0.5**5)
    assert same_run(home / "whole", home / "slices")


def test_recomputed_activations_give_the_same_gradients() -> None:
    def gradients(again: bool) -> list[Any]:
        torch.manual_seed(0)
        restorer = Restorer(Spec("ResUNet", {"widths": [4, 8], "blocks": 2}))
        assert not again or recompute_blocks(restorer.net) == 4
        restorer(torch.rand(1, 3, 16, 16)).square().mean().backward()
        return [p.grad for p in restorer.parameters() if p.grad is not None]

    assert equal(gradients(False), gradients(True))


def test_filters_of_a_level_are_not_computed_again() -> None:
    restorer = Restorer(
        Spec(
            "FTN",
            {
                "base": {"use": "ResUNet", "args": {"widths": [4, 8], "blocks": 2}},
                "levels": [0, 75],
            },
        ),
        (Dial("noise", 0, 75, 25, "sigma"),),
    )
    assert recompute_blocks(restorer.net) == 0


def test_running_statistics_that_are_not_finite_are_seen() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    assert finite(net)
    net(torch.full((1, 1, 4, 4), float("inf")))
    assert not finite(net)


def test_a_run_with_recomputed_activations_is_the_same_run(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    train(recipe(*QUIET, "schedule.steps=2"), home / "kept")
    train(recipe(*QUIET, "schedule.steps=2", "checkpoint_activations=true"), home / "anew")
    assert equal(state(home / "kept")["net"], state(home / "anew")["net"])
