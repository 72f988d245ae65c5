"""How many steps a machine makes in so many hours: some are made, and the caller throws them
away.
"""

from __future__ import annotations

import time

from .setup import Setup
from .step import backward, mean_of, meet, update

#: steps that the measurement leaves out, steps that it takes, and seconds after which it has seen
#: enough
WARM, MEASURED, ENOUGH = 5, 100, 60.0


def seconds_a_step(setup: Setup, measured: int, enough: float) -> float:
    """What a step takes on this machine, data and all; the same in all processes.

    measured: steps that are measured, unless that takes more than `enough` seconds.
    """
    machine, rates = setup.machine, setup.rates(10**9)
    source = setup.batches(0, WARM + measured)
    started, taken = time.monotonic(), 0
    for step in range(WARM + measured):
        if step == WARM:
            started, taken = time.monotonic(), 0
        several = [backward(setup, next(source)) for _ in range(setup.stage.accumulate)]
        together = (step + 1) % setup.stride == 0
        losses, stop = mean_of(setup, several, step > WARM and time.monotonic() - started > enough)
        update(setup, rates, step, losses, together=together)
        taken += 1
        if meet(setup, together, stop)[0]:
            break
    return machine.agreed([(time.monotonic() - started) / taken])[0]


def steps_in(setup: Setup) -> int:
    """The steps in the hours of the recipe's schedule."""
    setup.machine.say("measuring the speed")
    seconds = 3600 * (setup.stage.schedule.hours or 0)
    return max(1, round(seconds / seconds_a_step(setup, MEASURED, ENOUGH)))
