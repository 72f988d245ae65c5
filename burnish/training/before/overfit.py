"""Overfitting on purpose: a few fixed crops are learned by heart.

A network that cannot do that will not learn anything. Nothing is written.
"""

from __future__ import annotations

import math
from dataclasses import replace

from ...errors import TrainingError
from ..optimise.schedule import shape_of
from ..recipe.recipe import Recipe, Schedule
from ..recipe.resolve import resolve
from ..step.initial import build_initial
from ..step.machine import make_machine
from ..step.prune import pruned
from ..step.setup import set_up
from ..step.step import TOTAL, Ballot, clip, gradients, share_left, update, vote

#: steps that are made
STEPS = 200
#: how much of the first loss may be left at their end (see step.share_left)
LEFT = 0.7


def overfit(recipe: Recipe, crops: int, *, steps: int = STEPS) -> str:
    """Trains the first stage on so many fixed crops, and says how the loss fell.

    They are spoiled once, and neither mirrored nor turned. TrainingError where it does not fall.
    """
    first, *others = resolve(recipe)
    data = replace(first.data, batch=crops, flips=False, rotations=False, grey=0.0, workers=0)
    schedule = Schedule(steps=steps, warmup=min(10, steps), shape="constant")
    shape = shape_of(schedule.shape, schedule.args)
    first = replace(first, data=data, schedule=schedule, shape=shape, accumulate=1, ema=0.0)
    machine = make_machine(recipe)
    setup = pruned(set_up(build_initial([first, *others], machine.world)[0], machine))
    batch = setup.crops[(0, 0, machine.rank, machine.world)]
    rates = setup.rates(steps)
    losses: list[float] = []
    for step in range(steps):
        found = gradients(setup, [batch])
        ballot = vote(setup, Ballot(found, clip(setup, found)))
        update(setup, rates, step, finite=ballot.finite)
        losses.append(float(ballot.losses[TOTAL]))
        if step % max(1, steps // 10) == 0:
            machine.say(f"step {step}/{steps}  loss {losses[-1]:.5f}")
    end = sum(losses[-5:]) / len(losses[-5:])
    told = (
        f"on {crops} fixed crop{'s' if crops > 1 else ''} the loss went from {losses[0]:.5f} "
        f"to {end:.5f} in {steps} steps"
    )
    if not share_left(losses[0], end) < LEFT:
        wanted = (
            f"fall to {LEFT:g} of that"
            if losses[0] > 0
            else f"fall by {-10 * math.log10(LEFT):.1f} decibels"
        )
        raise TrainingError(
            f"{told}, and it must {wanted}; look at optimizer.args.lr (--find-lr), the loss, "
            "and what is frozen"
        )
    return f"{told}: it falls as it must"
