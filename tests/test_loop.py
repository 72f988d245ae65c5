"""The parts of the training loop that are pure: what is due, where a run stands, how it ended; and
how often a network is built before the first step.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from test_train import home as home  # noqa: E402
from test_train import recipe as recipe  # noqa: E402
from test_train import state  # noqa: E402

from burnish.training.loop.due import Due  # noqa: E402
from burnish.training.loop.progress import GO_ON, TIME_UP, Ended, Progress  # noqa: E402
from burnish.training.loop.train import train  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.recipe.recipe import Recipe  # noqa: E402
from burnish.training.recipe.resolve import resolve  # noqa: E402


def due(step: int, stride: int = 1) -> str:
    """What is due behind a step of ten, validated every 4, saved every 3, in letters."""
    found = Due.of(step, 10, validate_every=4, save_every=3, stride=stride)
    return "".join(name[0] for name, is_due in asdict(found).items() if is_due)


def test_what_is_due_behind_a_step() -> None:
    assert [due(step)[1:] for step in range(1, 10)] == ["", "", "s", "v", "", "s", "", "v", "s"]
    assert all(due(step).startswith("s") for step in range(1, 10))
    assert due(10) == "lsvs"


def test_between_two_meetings_nothing_is_due_and_nothing_is_forgotten() -> None:
    """Processes that meet every 4 steps: what fell due since they last met is due then."""
    assert [due(step, 4) for step in range(1, 11)] == [
        *("", "", "", "svs"),
        *("", "", "", "svs"),
        *("", "lsvs"),
    ]


def test_nothing_to_validate_on_is_never_validated() -> None:
    assert not Due.of(10, 10, validate_every=None, save_every=3).validate


def test_a_streak_of_bad_steps_ends_with_a_good_one() -> None:
    bad = Progress().counted(1, 1).counted(2, 1).rolled_back().counted(1, 1)
    assert (bad.bad_steps, bad.bad_streak, bad.rollbacks) == (3, 1, 1)
    good = bad.counted(0, 0)
    assert (good.bad_steps, good.bad_streak, good.rollbacks) == (3, 0, 0)


def test_a_checkpoint_of_an_earlier_version_is_read() -> None:
    earlier = {"step": 3, "steps": 9, "broken": 2, "in_a_row": 1, "returns": 1, "before": 4}
    progress = Progress.stored(earlier)
    assert progress == Progress(step=3, steps=9, bad_steps=2, bad_streak=1, rollbacks=1, before=4)
    assert Progress.stored(asdict(progress)) == progress
    assert progress.overall == 7
    assert progress.next_stage() == Progress(bad_steps=2, stage=1, before=7)


def test_a_stage_ends_done_out_of_time_or_by_a_signal() -> None:
    assert [Ended.of(stop).how for stop in (GO_ON, TIME_UP)] == ["done", "time"]
    assert Ended.of(signal.SIGTERM) == Ended("signal", 15)


STAGES = "stages=[{name: a, steps: 2}, {name: b, steps: 2, data: {crop: 24}}]"


def test_every_network_is_built_once_before_the_first_step(
    home: Path, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    built = Restorer.__init__

    def counted(self: Restorer, spec: Any, *rest: Any, **named: Any) -> None:
        made.append(spec.use)
        built(self, spec, *rest, **named)

    monkeypatch.setattr(Restorer, "__init__", counted)
    resolve(recipe())
    assert made == []
    train(recipe("schedule.steps=2"), home / "one")
    assert made == ["LevelPlane"]
    train(recipe("schedule={warmup: 0}", STAGES), home / "two")
    assert made == ["LevelPlane"] * 3
    assert state(home / "two")["progress"]["stage"] == 1


def test_a_resolved_stage_holds_built_things(recipe: Callable[..., Recipe]) -> None:
    first, second = resolve(recipe("schedule={warmup: 0}", STAGES))
    assert [part.name for part in first.damage] == ["noise"]
    assert first.damage[0].degradation.dial.low == 0.5  # the range that is trained on
    assert [dict(setting) for setting in first.validation.settings] == [
        {"noise": 15},
        {"noise": 50},
    ]
    assert first.weigh is not None
    assert (first.weigh.dial, first.told, first.title) == ("noise", ("noise",), ", stage a")
    assert (second.number, second.seed, second.data.crop) == (1, 1, 24)
