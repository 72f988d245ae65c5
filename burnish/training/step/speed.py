"""How many steps a machine makes in so many hours: some are made, and the caller throws them
away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ..data import Batch
from .setup import Setup
from .step import backward, mean_of, meet, update

#: steps that the measurement leaves out, steps that it takes, and seconds after which it has seen
#: enough
WARM, MEASURED, ENOUGH = 5, 100, 60.0


def seconds_a_step(
    setup: Setup, batches: Callable[[int, int], Iterator[Batch]], measured: int, enough: float
) -> float:
    """What a step takes on this machine, data and all; the same in all processes."""
    machine, rates = setup.machine, setup.rates(10**9)
    source, started, taken = batches(0, WARM + measured), time.monotonic(), 0
    for step in range(WARM + measured):
        if step == WARM:
            started, taken = time.monotonic(), 0
        several = [backward(setup, next(source)) for _ in range(setup.recipe.accumulate)]
        together = (step + 1) % setup.stride == 0
        losses, stop = mean_of(setup, several, step > WARM and time.monotonic() - started > enough)
        update(setup, rates, step, losses, together=together)
        taken += 1
        if meet(setup, together, stop)[0]:
            break
    return machine.agreed([(time.monotonic() - started) / taken])[0]


def steps_in(setup: Setup, batches: Callable[[int, int], Iterator[Batch]]) -> int:
    """The steps in the hours of the recipe's schedule."""
    setup.machine.say("measuring the speed")
    return max(
        1,
        round(
            3600
            * (setup.recipe.schedule.hours or 0)
            / seconds_a_step(setup, batches, MEASURED, ENOUGH)
        ),
    )
