"""The training loop: what it computes, that it resumes to the same bits, and how it ends when
something goes wrong.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from conftest import scene  # noqa: E402

from burnish.errors import (  # noqa: E402
    DataError,
    DeviceError,
    MissingExtra,
    OutputError,
    RecipeError,
    TrainingError,
)
from burnish.training.loop.lock import lock  # noqa: E402
from burnish.training.loop.train import train  # noqa: E402
from burnish.training.losses import L1, L2, Charbonnier, level_weight  # noqa: E402
from burnish.training.networks.cost import multiply_adds  # noqa: E402
from burnish.training.networks.initialise import initialise  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.optimise.ema import average, warmed  # noqa: E402
from burnish.training.optimise.optim import make_optimizer  # noqa: E402
from burnish.training.optimise.schedule import rate  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402
from burnish.training.recipe.file import load  # noqa: E402
from burnish.training.recipe.recipe import Recipe  # noqa: E402
from burnish.training.step.machine import make_machine  # noqa: E402

TINY = """
name: tiny
arch: {use: LevelPlane, args: {base: {use: ResUNet, args: {widths: [4, 8], blocks: 1}}}}
dials: [{name: noise, low: 0, high: 75, default: 25, unit: sigma}]
degradations: [{use: Noise, args: {clip: 0.5}, train: [0.5, 85]}]
data: {folders: [FOLDER], leave_out: [0.png], crop: 16, batch: 2, grey: 0.2}
loss: {use: L1, level_weight: {reference: 25, offset: 3, power: 0.75}}
optimizer: {use: Muon, args: {lr: 1e-3}}
schedule: {steps: 9, warmup: 2}
validation: {every: 4, crop: 24, levels: {noise: [15, 50]}, degradations: [Noise],
             clip: [false, true]}
threads: 1
save_every: 4
precision: fp32
"""
#: nine steps over a folder of five pictures in batches of two: epochs of two steps, so that a kill
#: at step 7 lies inside one


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "clean").mkdir()
    for i in range(6):
        pixels = (
            np.rint(np.roll(scene(32, 40)[0], 5 * i, 2) * 255).astype(np.uint8).transpose(1, 2, 0)
        )
        Image.fromarray(pixels).save(tmp_path / "clean" / f"{i}.png")
    (tmp_path / "tiny.yaml").write_text(TINY.replace("FOLDER", str(tmp_path / "clean")))
    return tmp_path


@pytest.fixture
def recipe(home: Path) -> Callable[..., Recipe]:
    return lambda *changes: load(home / "tiny.yaml", changes)


def state(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = torch.load(folder / "state.pt", weights_only=True)
    return loaded


def equal(a: Any, b: Any) -> bool:
    """Whether two states hold the same, to the last bit."""
    if isinstance(a, torch.Tensor):
        return bool(torch.equal(a, b))
    if isinstance(a, dict):
        return set(a) == set(b) and all(equal(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    result: bool = a == b
    return result


def same_run(a: Path, b: Path) -> bool:
    """Weights, average, optimizer, random states; and all of the progress but the time it took."""
    left, right = state(a), state(b)
    del left["progress"]["seconds"], right["progress"]["seconds"]
    return equal(left, right)


def run(
    home: Path, out: Path, *changes: str, before: str = "", minutes: str = "None"
) -> subprocess.Popen[str]:
    """A run in a process of its own, with `before` done to it first."""
    code = textwrap.dedent(f"""
        import os, signal, sys
        from pathlib import Path
        from burnish.errors import BurnishError
        from burnish.training.loop import checkpoint, train
        from burnish.training.step import step
        from burnish.training.recipe.file import load
        {textwrap.indent(textwrap.dedent(before), " " * 8).strip()}
        try:
            recipe = load(Path({str(home / "tiny.yaml")!r}), {list(changes)!r})
            train.train(recipe, Path({str(out)!r}), minutes={minutes})
        except BurnishError as error:
            sys.exit(error.exit_status)
    """)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        start_new_session=True,
    )


KILLED_MID_EPOCH = """
    average, seen = step.average, []
    def dying(*arguments):
        average(*arguments)
        seen.append(1)
        if len(seen) == 7:
            os.kill(os.getpid(), signal.SIGKILL)
    step.average = dying
"""
KILLED_MID_CHECKPOINT = """
    write, seen = checkpoint.write, []
    def dying(*arguments):
        seen.append(1)
        if len(seen) == 2:
            # written, not yet renamed
            os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
        write(*arguments)
    checkpoint.write = dying
"""


@pytest.mark.parametrize(
    ("before", "workers", "step"),
    [(KILLED_MID_EPOCH, 0, 4), (KILLED_MID_EPOCH, 2, 4), (KILLED_MID_CHECKPOINT, 0, 4)],
)
def test_a_run_that_is_killed_and_resumed_ends_with_the_same_bits(
    home: Path, recipe: Callable[..., Recipe], before: str, workers: int, step: int
) -> None:
    train(recipe("data.workers=0"), home / "whole")
    process = run(home, home / "killed", f"data.workers={workers}", before=before)
    assert process.wait(120) == -signal.SIGKILL
    assert state(home / "killed")["progress"]["step"] == step
    weights = train(recipe(f"data.workers={workers}"), home / "killed")
    assert same_run(home / "whole", home / "killed")
    assert state(home / "killed")["progress"]["step"] == 9
    whole = Restorer.load(home / "whole" / "tiny.safetensors")
    assert equal(whole.state_dict(), Restorer.load(weights).state_dict())
    assert equal(
        {f"net.{name}": w for name, w in state(home / "whole")["ema"].items()},
        {f"net.{name}": w for name, w in whole.state_dict().items()},
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_and_leaves(home: Path, number: signal.Signals, status: int) -> None:
    process = run(home, home / "out", "schedule.steps=100000", "data.workers=1")
    assert process.stderr is not None
    deadline = time.monotonic() + 60
    for line in process.stderr:
        if line.startswith("step") or time.monotonic() > deadline:
            break
    os.killpg(process.pid, number)  # as Ctrl-C and `timeout` do it: workers and all
    _, text = process.communicate(timeout=60)
    assert process.returncode == status, text
    assert "everything saved" in text
    assert state(home / "out")["progress"]["step"] > 4
    Restorer.load(home / "out" / "tiny.safetensors")


def test_a_run_in_slices_is_the_whole_run(home: Path, recipe: Callable[..., Recipe]) -> None:
    train(recipe(), home / "whole")
    for _ in range(9):
        train(recipe(), home / "slices", minutes=0)
    assert same_run(home / "whole", home / "slices")


def test_a_run_that_is_done_stays_as_it_is(home: Path, recipe: Callable[..., Recipe]) -> None:
    weights = train(recipe(), home / "out")
    before = (home / "out" / "state.pt").read_bytes(), weights.read_bytes()
    assert train(recipe(), home / "out") == weights
    assert before == ((home / "out" / "state.pt").read_bytes(), weights.read_bytes())


def test_the_weights_file_carries_contract_figures_and_recipe(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    restorer = Restorer.load(train(recipe("card.task=tests"), home / "out"))
    assert [(d.name, d.low, d.high) for d in restorer.contract.dials] == [("noise", 0, 75)]
    card = restorer.card
    assert card["task"] == "tests"
    assert list(card["validation"]) == [
        f"{kind}, PSNR[RGB, 8-bit, crop 0, mean of 1]" for kind in ("float", "8-bit")
    ]
    assert list(card["validation"]["float, PSNR[RGB, 8-bit, crop 0, mean of 1]"]) == [
        "noise 15",
        "noise 50",
    ]
    assert (
        card["training"]["steps"],
        card["training"]["pictures"],
        card["training"]["recipe"]["name"],
    ) == (9, 5, "tiny")
    assert card["training"]["versions"]["torch"] == torch.__version__
    assert (card["parameters"], card["multiply_adds"]) == (
        sum(p.numel() for p in restorer.net.parameters()),
        pytest.approx(multiply_adds(restorer)),
    )
    assert card["multiply_adds"] > 100


def test_training_makes_pictures_better(home: Path, recipe: Callable[..., Recipe]) -> None:
    weights = train(
        recipe(
            "schedule.steps=150",
            "data.batch=4",
            "arch.args.base.args.widths=[16, 16]",
            "optimizer.args.lr=1e-2",
            "ema=0.9",
        ),
        home / "out",
    )
    figures = Restorer.load(weights).card["validation"][
        "float, PSNR[RGB, 8-bit, crop 0, mean of 1]"
    ]
    assert figures["noise 50"] > 20 * math.log10(255 / 50) + 2
    assert figures["noise 15"] > 20 * math.log10(255 / 15)


def test_curves_and_pictures_are_written(home: Path, recipe: Callable[..., Recipe]) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    train(recipe(), home / "out")
    events = accumulator.EventAccumulator(str(home / "out" / "board")).Reload()
    curves = {
        "loss",
        "validation loss",
        "learning_rate",
        "steps_a_second",
        "pictures_a_second",
        "waiting_for_data",
        "gradient norm/net.base.head.weight",
    }
    assert curves <= set(events.Tags()["scalars"])
    assert "weights/net.base.head.weight" in events.Tags()["histograms"]
    assert events.Tags()["graph"] is True
    assert [
        e.step for e in events.Scalars("8-bit, PSNR[RGB, 8-bit, crop 0, mean of 1]/noise 15")
    ] == [4, 8, 9]
    images = events.Tags()["images"]
    assert images == ["float, noise 50/0.png", "8-bit, noise 50/0.png", "gradient flow"]
    assert (events.Images(images[0])[0].height, events.Images(images[0])[0].width) == (24, 72)


def test_an_outside_network_trains_without_touching_the_package(
    home: Path, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "mine.py").write_text(
        textwrap.dedent("""
        from torch import nn

        class MyNet(nn.Module):
            level, dials, residual, channels_in, channels_out, reach = "image", 1, True, 3, 3, 1

            def __init__(self, width=4):
                super().__init__()
                self.first, self.last = nn.Conv2d(3, width, 3, padding=1), nn.Conv2d(width, 3, 1)

            def forward(self, image, level):
                return self.last(self.first(image).relu() * level / 255)
        """)
    )
    monkeypatch.syspath_prepend(home)
    weights = train(recipe("arch={use: mine.MyNet, args: {width: 5}}"), home / "out")
    restorer = Restorer.load(weights, trusted=True)
    net: Any = restorer.net
    assert type(net.module).__name__ == "MyNet"
    assert (restorer.contract.level, net.first.weight.shape[0]) == ("image", 5)


def test_a_network_without_dials_trains_blind(home: Path, recipe: Callable[..., Recipe]) -> None:
    weights = train(
        recipe(
            "arch={use: DnCNN, args: {width: 4, depth: 3}}",
            "dials=[]",
            "validation.levels={noise: [25]}",
        ),
        home / "out",
    )
    assert Restorer.load(weights).contract.dials == ()


def test_dials_that_the_network_does_not_read_are_refused_before_any_picture_is_read(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    (home / "clean" / "1.png").write_bytes(b"broken")
    with pytest.raises(RecipeError, match=r"DnCNN reads 0 dial"):
        train(recipe("arch={use: DnCNN, args: {width: 4, depth: 3}}"), home / "out")
    with pytest.raises(RecipeError, match=r"data\.crop: 18 is not a multiple of 4"):
        train(recipe("data.crop=18"), home / "out")
    with pytest.raises(DataError, match=r"unreadable: .*1\.png"):
        train(recipe(), home / "out")
    assert not (home / "out").exists()


def test_accumulating_batches_is_one_larger_batch(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    """Two batches accumulated see what two steps would have seen, with the mean of their
    gradients.
    """
    changes = (
        "schedule.steps=1",
        "schedule.shape=constant",
        "schedule.warmup=0",
        "optimizer={use: SGD, args: {lr: 1}}",
        "clip_gradient=0",
        "loss.level_weight=null",
        "ema=0",
    )
    start = train(recipe(*changes, "optimizer.args.lr=0"), home / "start")
    train(recipe(*changes, "accumulate=2"), home / "both")
    from burnish.training.data import stream
    from burnish.training.recipe.resolve import resolve
    from burnish.training.step.feed import feed
    from burnish.training.step.initial import initial_network

    (stage,) = resolve(recipe(*changes))
    net = initial_network(stage)
    crops, _ = feed(stage, net.contract, print)
    for batch in stream(crops, 0, 2):
        loss = L1()(net(batch.spoiled, batch.level), batch.clean) / 2
        loss.backward()  # type: ignore[no-untyped-call]
    for name, weight in net.named_parameters():
        assert weight.grad is not None
        assert torch.equal(weight.detach(), Restorer.load(start).state_dict()[name])
        assert torch.allclose(
            state(home / "both")["net"][name], weight.detach() - weight.grad, atol=1e-6
        ), name


def test_a_changed_recipe_or_other_pictures_are_refused_and_free_keys_are_not(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    train(recipe("schedule.steps=2"), home / "out")
    with pytest.raises(
        RecipeError, match=r"optimizer\.args\.lr changed from 0\.001 to 0\.002 .*--fresh"
    ):
        train(recipe("schedule.steps=2", "optimizer.args.lr=2e-3"), home / "out")
    train(
        recipe("schedule.steps=2", "save_every=1", "data.workers=1", "validation.every=1"),
        home / "out",
    )
    longer = r"schedule\.steps changed from 2 to 4 .*--fresh .*--out .*start=.*tiny\.safetensors"
    with pytest.raises(RecipeError, match=longer):
        train(recipe("schedule.steps=4"), home / "out")
    (home / "clean" / "5.png").unlink()
    with pytest.raises(RecipeError, match=r"the training pictures are not those .*start=.*tiny"):
        train(recipe("schedule.steps=2"), home / "out")
    train(recipe("schedule.steps=3"), home / "out", resume=False)
    assert state(home / "out")["progress"]["step"] == 3


def test_a_checkpoint_that_is_not_whole_is_refused(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    (home / "out").mkdir()
    for content in (b"", b"text", b"PK\x03\x04" + bytes(100)):
        (home / "out" / "state.pt").write_bytes(content)
        with pytest.raises(TrainingError, match=r"state\.pt: not a whole checkpoint") as caught:
            train(recipe(), home / "out")
        assert "\n" not in str(caught.value)


def test_hours_become_steps_once_and_the_run_is_that_of_those_steps(
    home: Path, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    from burnish.training.loop import train as loop
    from burnish.training.step import speed

    monkeypatch.setattr(speed, "MEASURED", 4)
    hours = ("schedule.steps=null", "schedule.hours=0.0001")
    train(recipe(*hours), home / "hours", minutes=0)
    steps = state(home / "hours")["progress"]["steps"]
    assert steps >= 1
    monkeypatch.setattr(loop, "steps_in", None)  # a resumed run does not measure again
    train(recipe(*hours), home / "hours")
    train(recipe(f"schedule.steps={steps}"), home / "steps")
    assert all(
        equal(state(home / "hours")[part], state(home / "steps")[part])
        for part in ("net", "ema", "optimizer")
    )


@pytest.fixture
def losses_of_mine(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "broken.py").write_text(
        textwrap.dedent("""
        from burnish.training.losses import L1

        class Sometimes(L1):
            def __init__(self, calls):
                super().__init__()
                self.calls, self.count = set(calls), 0

            def forward(self, restored, clean, weight=None):
                self.count += restored.requires_grad  # not where validation asks
                value = super().forward(restored, clean, weight)
                wrong = self.count in self.calls or -1 in self.calls
                return value * float("nan") if wrong else value
        """)
    )
    monkeypatch.syspath_prepend(home)


@pytest.mark.usefixtures("losses_of_mine")
def test_a_step_that_is_not_finite_is_left_out_and_counted(
    home: Path, recipe: Callable[..., Recipe], capsys: pytest.CaptureFixture[str]
) -> None:
    train(recipe("loss={use: broken.Sometimes, args: {calls: [3, 5]}}"), home / "out")
    said = capsys.readouterr().err
    assert "step 3: loss or gradient is not finite, so the step is left out (1 so far)" in said
    assert "step 5: loss or gradient is not finite, so the step is left out (2 so far)" in said
    assert state(home / "out")["progress"]["bad_steps"] == 2
    assert all(bool(w.isfinite().all()) for w in state(home / "out")["net"].values())


@pytest.mark.usefixtures("losses_of_mine")
def test_three_in_a_row_go_back_to_the_last_good_state(
    home: Path, recipe: Callable[..., Recipe], capsys: pytest.CaptureFixture[str]
) -> None:
    train(
        recipe("schedule.steps=8", "loss={use: broken.Sometimes, args: {calls: [6, 7, 8]}}"),
        home / "out",
    )
    assert "step 8: going on from the last good weights" in capsys.readouterr().err
    train(
        recipe("loss={use: broken.Sometimes, args: {calls: []}}", "schedule.steps=8"),
        home / "good",
        minutes=0,
    )
    for _ in range(3):
        train(
            recipe("loss={use: broken.Sometimes, args: {calls: []}}", "schedule.steps=8"),
            home / "good",
            minutes=0,
        )
    assert equal(state(home / "out")["net"], state(home / "good")["net"])  # those of step 4
    assert state(home / "good")["progress"]["step"] == 4


@pytest.mark.usefixtures("losses_of_mine")
def test_nothing_finite_any_more_ends_the_run_and_leaves_what_was_good(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    with pytest.raises(TrainingError, match="nothing was finite"):
        train(
            recipe("schedule.steps=100", "loss={use: broken.Sometimes, args: {calls: [-1]}}"),
            home / "out",
        )
    assert all(bool(w.isfinite().all()) for w in state(home / "out")["net"].values())


def test_numbers_too_small_to_be_computed_with_quickly_are_zero(
    recipe: Callable[..., Recipe],
) -> None:
    """The momentum of a filter whose gradient has become 0 reaches them, and would keep every
    step's products slow.
    """
    torch.set_flush_denormal(False)
    make_machine(recipe())
    assert not (torch.full((64,), 1e-42) * 0.5).any()


def test_weights_that_overflow_are_never_written(
    home: Path, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    from burnish.training.step import step as loop

    def spoiling(ema: Restorer, net: Restorer, decay: float) -> None:
        average(ema, net, decay)
        seen.append(1)
        if len(seen) == 8:  # just before the second checkpoint
            next(net.parameters()).data.fill_(math.inf)

    seen: list[int] = []
    monkeypatch.setattr(loop, "average", spoiling)
    train(recipe("schedule.steps=8"), home / "out")
    assert all(
        bool(w.isfinite().all())
        for part in ("net", "ema")
        for w in state(home / "out")[part].values()
    )


def test_a_folder_in_which_another_process_trains_is_left_alone(
    home: Path, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("burnish.training.loop.train.lock", partial(lock, patience=0.3))
    with (
        lock(home / "out"),
        pytest.raises(TrainingError, match=r"out: another process trains there; wait for it"),
    ):
        train(recipe(), home / "out")
    assert list((home / "out").iterdir()) == []
    train(recipe(), home / "out")
    with lock(home / "out", patience=0):
        pass


def test_a_full_disk_ends_the_run_and_leaves_the_last_checkpoint(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    train(recipe(), home / "out", minutes=0)
    before = (home / "out" / "state.pt").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"tiny\.safetensors|state\.pt"):
            train(recipe(), home / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (home / "out" / "state.pt").read_bytes() == before
    assert {path.name for path in (home / "out").iterdir()} == {
        "state.pt",
        "tiny.safetensors",
        "board",
        "metrics.jsonl",
    }
    train(recipe(), home / "out")


def test_an_output_folder_that_cannot_be_made_and_a_gpu_that_is_not_there(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    (home / "file").write_text("")
    with pytest.raises(OutputError, match="--out"):
        train(recipe(), home / "file" / "out")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="no CUDA GPU"):
            train(recipe("device=cuda"), home / "out")


def test_accelerate_that_is_not_installed_is_one_sentence(
    home: Path, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(MissingExtra, match="accelerate"):
        train(recipe(), home / "out")


def test_a_picture_that_is_too_small_to_validate_on_is_refused_before_the_first_step(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    (home / "small").mkdir()
    Image.new("RGB", (40, 10)).save(home / "small" / "icon.png")
    with pytest.raises(DataError, match=r"icon\.png"):
        train(recipe(f"validation.folders=[{home / 'small'}]"), home / "out")
    assert not (home / "out").exists()


def test_the_weights_that_a_run_starts_from_may_be_moved(
    home: Path, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    still = ("data.leave_out=[]", "schedule.steps=3")
    start = train(recipe(*still, "seed=7"), home / "first").rename(home / "start.safetensors")
    whole = recipe(*still, f"start={start}")
    monkeypatch.setattr("burnish.training.loop.loop.draw_network", lambda *_: start.unlink())
    weights = train(whole, home / "second")
    assert [run["seed"] for run in Restorer.load(weights).card["training"]["before"]] == [7]


def test_training_starts_from_given_weights(home: Path, recipe: Callable[..., Recipe]) -> None:
    first = train(recipe(), home / "first")
    still = ("schedule.steps=1", "optimizer={use: SGD, args: {lr: 0}}")
    second = train(recipe(*still, f"start={first}", "seed=5"), home / "second")
    assert equal(Restorer.load(first).state_dict(), Restorer.load(second).state_dict())
    third = train(recipe(*still, f"start={second}"), home / "more")
    assert [run["seed"] for run in Restorer.load(third).card["training"]["before"]] == [
        Restorer.load(first).card["training"]["seed"],
        5,
    ]
    with pytest.raises(Exception, match=r"first.*tiny\.safetensors: .* is \["):
        train(recipe(f"start={first}", "arch.args.base.args.widths=[4, 12]"), home / "third")


@pytest.mark.parametrize(
    "changes",
    [
        ("precision=bf16",),
        ("channels_last=false", "ema=0"),
        ("optimizer=AdamW",),
        ("initialise=orthogonal", "loss.use=Charbonnier"),
    ],
)
def test_other_settings_train_too(
    home: Path, recipe: Callable[..., Recipe], changes: tuple[str, ...]
) -> None:
    restorer = Restorer.load(train(recipe("schedule.steps=2", *changes), home / "out"))
    assert restorer.card["training"]["precision"] == (
        "bf16" if "precision=bf16" in changes else "fp32"
    )
    assert all(w.dtype == torch.float32 for w in state(home / "out")["net"].values())


def test_losses_are_their_formulas() -> None:
    restored, clean = torch.tensor([0.0, 1.0, 3.0]).reshape(1, 1, 1, 3), torch.zeros(1, 1, 1, 3)
    weight = torch.tensor([1.0, 0.5, 0.0]).reshape(1, 1, 1, 3)
    assert L1()(restored, clean) == pytest.approx(4 / 3)
    assert L2()(restored, clean) == pytest.approx(10 / 3)
    assert Charbonnier(1.0)(restored, clean) == pytest.approx((1 + 2**0.5 + 10**0.5) / 3)
    assert L1()(restored, clean, weight) == pytest.approx(0.5 / 3)
    levels = torch.tensor([0.5, 22.0, 85.0]).reshape(3, 1, 1, 1)
    assert level_weight(levels, 25, 3, 0.75).flatten().tolist() == pytest.approx(
        [(25 / 3.5) ** 0.75, 1.0, (25 / 88) ** 0.75]
    )


def test_the_learning_rate_rises_and_falls_as_a_function_of_the_step() -> None:
    assert [rate(step, 1000, 4, "constant") for step in (0, 1, 3, 500)] == [0.25, 0.5, 1, 1]
    assert rate(0, 1000, 100, "cosine") == pytest.approx(0.01)
    assert rate(500, 1000, 100, "cosine") == pytest.approx(0.5)
    assert rate(250, 1000, 0, "linear") == pytest.approx(0.75)
    assert rate(1000, 1000, 100, "cosine") == pytest.approx(0)


def test_the_average_is_the_formula_with_its_warm_up() -> None:
    assert [warmed(0.999, n) for n in (0, 1, 10**6)] == [0.1, 2 / 11, 0.999]
    a, b = torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(2)
    with torch.no_grad():
        b.weight.fill_(3.0)
        b.running_mean.fill_(7.0)
        b.num_batches_tracked.fill_(9)
    average(a, b, 0.75)
    assert a.weight.tolist() == [1.5, 1.5]
    # Statistics go with the weights: means of means. What counts is copied.
    assert a.running_mean.tolist() == [1.75, 1.75]
    assert a.num_batches_tracked == 9


def test_fresh_weights_depend_on_the_seed_alone_and_start_small_where_the_network_says(
    recipe: Callable[..., Recipe],
) -> None:
    def drawn(name: str, seed: int) -> Restorer:
        restorer = Restorer(recipe().arch, recipe().dials)
        initialise(restorer.net, name, torch.Generator().manual_seed(seed))
        return restorer

    torch.manual_seed(1)
    one = drawn("kaiming", 0)
    torch.manual_seed(2)
    assert equal(one.state_dict(), drawn("kaiming", 0).state_dict())
    assert not equal(one.state_dict(), drawn("kaiming", 1).state_dict())
    parts: Any = one.net.base
    block = parts.body[0]
    assert float(
        block.conv2.weight.detach().std() / block.conv1.weight.detach().std()
    ) == pytest.approx(0.1, rel=0.2)
    parts = drawn("orthogonal", 0).net.base
    weight = parts.down[0].weight.detach().flatten(1)
    gram = weight @ weight.T
    assert torch.allclose(gram, 2 * torch.eye(len(gram)), atol=1e-5)


def test_muon_gets_its_groups_and_other_optimizers_all_parameters(
    recipe: Callable[..., Recipe],
) -> None:
    net = Restorer(recipe().arch, recipe().dials).net
    assert [
        group["orthogonal"]
        for group in make_optimizer(Spec("Muon", {"lr": 0.002}), net).param_groups
    ] == [True, False]
    [group] = make_optimizer(Spec("AdamW", {"lr": 0.002}), net).param_groups
    assert len(group["params"]) == len(list(net.parameters()))
    assert group["highest_lr"] == 0.002
    assert (
        replace(recipe(), optimizer=Spec("torch.optim.RAdam")).optimizer.use == "torch.optim.RAdam"
    )


def test_the_terms_of_a_loss_are_logged_by_themselves_and_add_up(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    from burnish.report.curves import read_lines

    terms = "loss={use: Sum, args: {terms: {pixel: L1, edge: {use: Edge, weight: 0.1}}}}"
    train(recipe("schedule.steps=2", terms, "validation.clip=[false]"), home / "out")
    lines = read_lines(home / "out" / "metrics.jsonl")
    for kind in ("loss", "validation loss"):
        [line] = [line for line in lines if f"{kind}/pixel" in line]
        assert line[kind] == pytest.approx(line[f"{kind}/pixel"] + line[f"{kind}/edge"], rel=1e-5)


def test_a_loss_on_logits_gets_them(
    home: Path, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "sigmoid.py").write_text(
        textwrap.dedent("""
        import torch
        from torch import nn

        class Ends(nn.Module):
            channels_in, channels_out, reach = 3, 3, 1

            def __init__(self):
                super().__init__()
                self.last = nn.Conv2d(3, 3, 1)

            def logits(self, image):
                return self.last(image)

            def forward(self, image):
                return torch.sigmoid(self.logits(image))
        """)
    )
    monkeypatch.syspath_prepend(home)
    changes = (
        "arch=sigmoid.Ends",
        "dials=[]",
        "loss.use=BCEWithLogits",
        "schedule.steps=2",
        "loss.level_weight=null",
        "optimizer={use: Adam, args: {lr: 1e-3}}",
    )
    train(recipe(*changes), home / "out")
    with pytest.raises(RecipeError, match="wants logits, and DnCNN does not offer them"):
        train(recipe(*changes, "arch={use: DnCNN, args: {width: 4, depth: 3}}"), home / "none")


def test_a_crop_that_is_too_small_for_the_loss_is_refused_before_a_picture_is_read(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    small = (
        "loss.use=Sum",
        "loss.args.terms={pixel: L1, structure: MSSSIM}",
        "loss.level_weight=null",
    )
    with pytest.raises(
        RecipeError, match=r"data\.crop: \d+ is too small for Sum, which wants 176 and more"
    ):
        train(recipe(*small), home / "none")
    raw = (
        "arch.args={channels: 4, base: {use: ResUNet, args: {widths: [4, 8], blocks: 1}}}",
        "data.raw=true",
        "data.grey=0",
        "data.leave_out=[]",
    )
    with pytest.raises(
        RecipeError, match=r"data\.crop: 16 is too small for SSIM, which wants 22 and more"
    ):  # planes of 8
        train(recipe(*raw, "loss.use=SSIM"), home / "none")


def test_a_run_begun_before_a_recipe_had_some_key_goes_on(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    begun = ("schedule.steps=4", "degradations.0.misread.share=0.2")
    train(recipe(*begun), home / "out", minutes=0)
    stored = state(home / "out")
    for name in ("local_steps", "data.hold_out", "degradations.0.misread.anything"):
        del stored["recipe"][name]
    torch.save(stored, home / "out" / "state.pt")
    changes = ("local_steps=2", "data.hold_out=0.5", "degradations.0.misread.anything=0.1")
    for change in (*changes, "degradations.0.misread=null"):
        with pytest.raises(RecipeError, match="changed from"):
            train(recipe(*begun, change), home / "out")
    train(recipe(*begun), home / "out")
    assert state(home / "out")["progress"]["step"] == 4


def test_a_part_that_a_run_began_without_is_a_change_whatever_its_defaults(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    train(recipe("schedule.steps=4"), home / "out", minutes=0)
    with pytest.raises(RecipeError, match="changed from"):
        train(recipe("schedule.steps=4", "degradations.0.misread={}"), home / "out")


def test_a_warmup_longer_than_the_run_is_said(
    home: Path, recipe: Callable[..., Recipe], capsys: pytest.CaptureFixture[str]
) -> None:
    train(recipe("schedule={steps: 2, warmup: 3}", "data.leave_out=[]"), home / "long")
    assert (
        "schedule.warmup: 3 steps, of 2 in all, so the full learning rate is never reached"
        in capsys.readouterr().err
    )
    train(recipe("schedule={steps: 2, warmup: 1}", "data.leave_out=[]"), home / "short")
    assert "schedule.warmup" not in capsys.readouterr().err


def test_a_dry_run_says_what_it_would_cost_and_writes_nothing(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    from burnish.training.before.plan import plan

    before = sorted(home.rglob("*"))
    said = plan(
        recipe("arch.args.base.args.widths=[4, 8]", "optimizer={use: SGD, args: {lr: 0.1}}")
    )
    assert sorted(home.rglob("*")) == before
    restorer = Restorer(recipe().arch, recipe().dials)
    assert f"{sum(p.numel() for p in restorer.parameters()):,} parameters" in said
    assert all(
        words in said
        for words in (
            "name: tiny",
            "5 pictures, 1 held out",
            "multiply-adds a pixel",
            "9 steps of",
            "GB of memory",
            "on cpu in fp32",
        )
    )


def test_overfitting_says_whether_the_loss_falls(home: Path, recipe: Callable[..., Recipe]) -> None:
    from burnish.training.before.overfit import overfit

    assert "it falls as it must" in overfit(recipe("optimizer.args.lr=2e-2"), 2, steps=60)
    with pytest.raises(
        TrainingError, match=r"on 2 fixed crops the loss went from .* must fall .*--find-lr"
    ):
        overfit(recipe("optimizer.args.lr=1e-9"), 2, steps=10)


def test_losses_in_decibels_are_judged_as_such(home: Path, recipe: Callable[..., Recipe]) -> None:
    from burnish.training.before.overfit import overfit
    from burnish.training.step.step import share_left

    assert [
        share_left(4, 1),
        share_left(-20, -30),
        share_left(-20, -20),
        share_left(1, -9),
    ] == pytest.approx([0.25, 0.1, 1, 0.1])
    with pytest.raises(TrainingError, match=r"must fall by 1\.5 decibels"):
        overfit(recipe("loss={use: PSNR}", "optimizer.args.lr=1e-9"), 2, steps=10)


def test_a_fresh_run_that_is_killed_at_once_does_not_go_on_from_the_run_before(
    home: Path, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    from burnish.training.loop import loop

    train(recipe("schedule.steps=2"), home / "out")
    monkeypatch.setattr(
        loop, "gradients", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        train(recipe("schedule.steps=3"), home / "out", resume=False)
    monkeypatch.undo()
    train(recipe("schedule.steps=3"), home / "out")
    assert state(home / "out")["progress"]["step"] == 3


def test_the_sweep_suggests_a_rate_between_too_low_and_too_high(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    from burnish.training.before.find_lr import HIGHEST, LOWEST, find_lr

    sweep = find_lr(recipe(), home / "lr" / "find_lr.png", steps=60)
    assert sweep.suggestion is not None
    assert 10 * LOWEST < sweep.suggestion < HIGHEST / 3
    assert sweep.rates == sorted(sweep.rates)
    assert sweep.suggestion == pytest.approx(sweep.rates[int(np.argmin(sweep.smooth))] / 10)
    assert [path.name for path in (home / "lr").iterdir()] == ["find_lr.png"]
    assert Image.open(home / "lr" / "find_lr.png").size[0] > 500
