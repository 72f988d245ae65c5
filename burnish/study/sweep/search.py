"""Points chosen by a sampler, and given up by a pruner where they fall behind.

The one file that uses Optuna (Akiba et al., KDD 2019).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from ...errors import MissingExtra, RecipeError
from ...ground.overlap import GoOn, overlapped
from ...ground.remarks import Say
from ...metrics import facts
from ...report.curves import CURVES
from ..results import Entry
from .plan import Point, Search, Sweep, in_words, ranges
from .point import RUN, curve_of, keep, result_in

FOLDER, STOPPED = "folder", "stopped"
Orders = list[tuple[Path, dict[str, Any]]]
Settle = Callable[[Path, Mapping[str, Any], Callable[[], bool]], Entry | None]


def search(
    sweep: Sweep,
    orders_of: Callable[[Point], Orders],
    settle: Settle,
    say: Say,
    most: int = 1,
) -> Orders:
    """Asks for points and settles them, so many at a time, until there are as many as the sweep
    wants.

    Returns the orders that were answered. A stopped search goes on with its database. A point that
    is given up, or fails, is not tried with its other seeds.
    """
    assert sweep.search is not None
    wanted = sweep.search.trials
    study = _study(sweep, sweep.search)
    _ask_again(study, _optuna(), str(sweep.folder.resolve()))
    axes = ranges(sweep)
    telling = Lock()
    in_hand: list[int] = []

    def numbers() -> Iterator[int]:
        """The number of each trial that is still wanted, counted from 1."""
        while True:
            with telling:
                number = _finished(study) + len(in_hand) + 1
            if number > wanted:
                return
            in_hand.append(number)
            yield number

    def one(number: int, go_on: GoOn) -> None:
        trial, point = _asked_for(study, axes, str(sweep.folder.resolve()))
        say(f"trial {number} of {wanted}: {point.name}")
        orders = orders_of(point)
        entries = _settled(orders, settle, trial, go_on)
        with telling:
            _tell(study, trial, sweep.metrics[0], point, orders, entries)
            in_hand.remove(number)

    with overlapped(numbers(), one, lambda _: 1, most, most) as results:
        for _, result in results:
            result()
    return _answered(study, orders_of)


def _asked_for(study: Any, axes: Mapping[str, Mapping[str, Any]], folder: str) -> tuple[Any, Point]:
    """A trial that the sampler chooses, and its point. It counts as stopped until it is told, since
    a sweep may be killed.
    """
    trial = study.ask()
    trial.set_user_attr(FOLDER, folder)
    trial.set_user_attr(STOPPED, True)
    point = _point(trial, axes)
    trial.set_user_attr("point", json.dumps([point.labels, point.changes]))
    return trial, point


def _tell(
    study: Any,
    trial: Any,
    metric: str,
    point: Point,
    orders: Orders,
    entries: Sequence[Entry | None],
) -> None:
    """Tells the sampler what became of a trial."""
    states = _optuna().trial.TrialState
    trial.set_user_attr(STOPPED, False)
    measured = [entry for entry in entries if entry is not None and entry.measured]
    if entries[-1] is None:
        _keep_given_up(point, *orders[0])
        study.tell(trial, state=states.PRUNED)
    elif len(measured) < len(orders):
        study.tell(trial, state=states.FAIL)
    else:
        values = [entry.mean(metric) for entry in measured]
        study.tell(trial, sum(values) / len(values))


def _finished(study: Any) -> int:
    """How many trials have an end of their own, not that of a sweep that was stopped."""
    ended = [trial for trial in study.trials if trial.state.is_finished()]
    return sum(not trial.user_attrs.get(STOPPED) for trial in ended)


def _settled(orders: Orders, settle: Settle, trial: Any, go_on: GoOn) -> list[Entry | None]:
    """What became of a point's seeds, one after the other, up to the first that was given up or
    failed.

    A trial has one curve, that of its first seed, and so the pruner watches that one alone.
    """
    entries: list[Entry | None] = []
    for i, (folder, order) in enumerate(orders):
        behind = _never if i else partial(_behind, trial, folder, set())
        entry = settle(folder, order, partial(_watched, go_on, behind))
        entries.append(entry)
        if entry is None or not entry.measured:
            break
    return entries


def _watched(go_on: GoOn, behind: Callable[[], bool]) -> bool:
    """Whether a trial is given up; raises where nobody waits for it any more."""
    go_on()
    return behind()


def _keep_given_up(point: Point, folder: Path, order: dict[str, Any]) -> None:
    said = "given up, since it fell behind the others"
    keep(folder, order, Entry(point.name, point.labels, order["seed"], left_out=said))


def _answered(study: Any, orders_of: Callable[[Point], Orders]) -> Orders:
    """The orders of all points that were asked for, those that have a result."""
    asked = [trial.user_attrs["point"] for trial in study.trials if "point" in trial.user_attrs]
    points = [Point(*json.loads(text)) for text in dict.fromkeys(asked)]
    orders = [order for point in points for order in orders_of(point)]
    return [(folder, order) for folder, order in orders if result_in(folder) is not None]


def _study(sweep: Sweep, wanted: Search) -> Any:
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    samplers = {"TPE": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}
    pruners = {
        "none": optuna.pruners.NopPruner,
        "median": optuna.pruners.MedianPruner,
        "halving": optuna.pruners.SuccessiveHalvingPruner,
    }
    try:
        study = optuna.create_study(
            study_name=sweep.name,
            storage=wanted.storage or f"sqlite:///{sweep.folder / 'search.sqlite'}",
            pruner=pruners[wanted.pruner](),
            direction="maximize" if facts(sweep.metrics[0])[1] else "minimize",
            load_if_exists=True,
        )
        study.sampler = samplers[wanted.sampler](
            seed=sweep.seeds[0] + len(study.trials)
        )  # a search that goes on does not draw the first points again
        return study
    except (
        Exception
    ) as error:  # a URL that is none, a driver that is not installed, a server that does not answer
        raise RecipeError(
            f"search.storage: {wanted.storage}: the study cannot be opened "
            f"({str(error).splitlines()[0]})"
        ) from error


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra(
            f"a search wants Optuna, and it is not installed ({error}); pip install "
            "'burnish[sweep]' brings it"
        ) from error
    return optuna


def _ask_again(study: Any, optuna: Any, folder: str) -> None:
    """Trials that this folder's sweep left running when it was stopped are asked for again: their
    points come first.

    Those of other machines go on.
    """
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        if trial.user_attrs.get(FOLDER) == folder:
            study.enqueue_trial(trial.params)
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)


def _point(trial: Any, axes: Mapping[str, Mapping[str, Any]]) -> Point:
    labels, changes = {}, {}
    for name, axis in axes.items():
        if "choices" in axis:
            label = trial.suggest_categorical(name, list(axis["choices"]))
            labels[name], changes[name] = label, axis["choices"][label]
        else:
            whole = isinstance(axis["low"], int) and isinstance(axis["high"], int)
            suggest = trial.suggest_int if whole else trial.suggest_float
            extra = {key: axis[key] for key in ("log", "step") if key in axis}
            chosen = suggest(name, axis["low"], axis["high"], **extra)
            changes[name] = (
                chosen if whole else float(f"{chosen:.4g}")
            )  # no more digits than its label has
            labels[name] = in_words(changes[name])
    return Point(labels, changes)


def _behind(trial: Any, folder: Path, reported: set[int]) -> bool:
    """Reports what the point's validations said and has not been reported; whether the pruner gives
    it up then.
    """
    if not (folder / RUN / CURVES).is_file():
        return False
    news = {int(step): value for step, value in curve_of(folder / RUN) if int(step) not in reported}
    for step, value in news.items():
        trial.report(
            value if trial.study.direction.name == "MAXIMIZE" else -value, step
        )  # a validation's PSNR, whichever way the sweep's metric goes
        reported.add(step)
    return bool(news) and bool(trial.should_prune())


def _never() -> bool:
    return False
