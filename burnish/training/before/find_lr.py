"""A sweep of the learning rate, from very low to very high (Smith, WACV 2017).

It shows where the loss falls and where it breaks; nothing is kept of it. It sees one batch over and
over: with levels drawn anew, how bad the damage happens to be would drown what the rate does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import TrainingError
from ...report.plot import plot_sweep, smoothed
from ..optimise.schedule import LearningRate, shape_of
from ..recipe.recipe import Recipe
from ..recipe.resolve import resolve
from ..step.initial import build_initial
from ..step.machine import make_machine
from ..step.prune import pruned
from ..step.setup import set_up
from ..step.step import TOTAL, Ballot, clip, gradients, share_left, update, vote

#: the rates between which it sweeps
LOWEST = 1e-6
HIGHEST = 1.0
#: steps of a sweep
STEPS = 100
#: how much of the curve's last value stays in the next, to smooth it
SMOOTH = 0.7
#: how many times its best the smoothed loss may be before the sweep ends
BROKEN = 4.0


@dataclass(frozen=True)
class RateSweep:
    """What a sweep found."""

    #: the rates that were tried, rising
    rates: list[float]
    #: the loss at each
    losses: list[float]
    #: the same losses, smoothed
    smooth: list[float]

    @property
    def suggestion(self) -> float | None:
        """A tenth of the rate at which the smoothed loss is lowest; None where it does not fall.

        Beyond that rate it soon breaks. (Where it falls fastest is ten times too low: a fresh
        network's first, easy gains come at whatever rate is tried first.)
        """
        lowest = min(range(len(self.smooth)), key=self.smooth.__getitem__)
        return self.rates[lowest] / 10 if self.smooth[lowest] < self.smooth[0] else None


def find_lr(recipe: Recipe, picture: Path, *, steps: int = STEPS) -> RateSweep:
    """Sweeps the rate of the first stage's optimizer, plots it into `picture`, gives the figures.

    RecipeError and DataError as for a run; TrainingError where the loss is never finite.
    """
    first, *others = resolve(recipe)
    first = replace(first, ema=0.0, accumulate=1)
    machine = make_machine(recipe)
    initial = build_initial([first, *others], machine.world)[0]
    setup = pruned(set_up(initial, machine))
    batch = setup.crops[(0, 0, machine.rank, machine.world)]
    rates: list[float] = []
    losses: list[float] = []
    still = LearningRate(shape_of("constant", {}), steps)
    for step in range(steps):
        rate = LOWEST * (HIGHEST / LOWEST) ** (step / max(steps - 1, 1))
        for group in setup.optimizer.param_groups:
            group["highest_lr"] = rate
        found = gradients(setup, [batch])
        ballot = vote(setup, Ballot(found, clip(setup, found)))
        update(setup, still, step, finite=ballot.finite)
        if not ballot.finite:
            break
        rates.append(rate)
        losses.append(float(ballot.losses[TOTAL]))
        smooth = smoothed(losses, SMOOTH)
        if not math.isfinite(smooth[-1]) or share_left(min(smooth), smooth[-1]) > BROKEN:
            break
    if len(losses) < 2:
        raise TrainingError(
            "the loss is not finite even at the lowest learning rate; look at the data "
            "(burnish check) and at the loss"
        )
    sweep = RateSweep(rates, losses, smoothed(losses, SMOOTH))
    if machine.main:
        picture.parent.mkdir(parents=True, exist_ok=True)
        plot_sweep(sweep.rates, sweep.losses, sweep.smooth, sweep.suggestion, picture)
    return sweep
