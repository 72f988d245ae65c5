"""The number of steps that a machine makes in so many hours.

Some are made to measure it, and the caller throws them away.
"""

from __future__ import annotations

import time
from itertools import islice

from .setup import Setup
from .step import Ballot, clip, gradients, update, vote

#: steps that the measurement leaves out
WARM = 5
#: steps that it takes
MEASURED = 100
#: seconds after which it has seen enough
ENOUGH = 60.0


def seconds_a_step(setup: Setup, measured: int, enough: float) -> float:
    """The seconds that a step takes on this machine, data and all; the same in all processes.

    So many steps as `measured` says are timed, unless that takes more than `enough` seconds.
    """
    machine = setup.machine
    rates = setup.rates(10**9)
    source = setup.batches(0, WARM + measured)
    started = time.monotonic()
    taken = 0
    for step in range(WARM + measured):
        if step == WARM:
            started = time.monotonic()
            taken = 0
        sync = (step + 1) % setup.stride == 0
        losses = gradients(setup, islice(source, setup.stage.accumulate))
        seen = step > WARM and time.monotonic() - started > enough
        ballot = Ballot(losses, clip(setup, losses), stop=int(seen))
        ballot = vote(setup, ballot) if sync else ballot
        update(setup, rates, step, finite=ballot.finite, sync=sync)
        taken += 1
        if sync and ballot.stop:
            break
    return machine.from_main([(time.monotonic() - started) / taken])[0]


def steps_in(setup: Setup) -> int:
    """The steps in the hours of the recipe's schedule."""
    setup.machine.say("measuring the speed")
    seconds = 3600 * (setup.stage.schedule.hours or 0)
    return max(1, round(seconds / seconds_a_step(setup, MEASURED, ENOUGH)))
