"""The guard against steps that are not finite.

They are left out and counted, and after several in a row the run goes back to the last good
weights.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from ...errors import TrainingError
from ..step.setup import Setup
from ..step.step import Ballot
from . import checkpoint
from .progress import Progress, TrainingRun

#: steps in a row without a finite gradient after which the run goes back to the last good state,
#: and how often in a row it does that
PATIENCE = ROLLBACKS = 3


class Guard:
    """Holds the last good state of a stage."""

    def __init__(self, setup: Setup, run: TrainingRun) -> None:
        self.setup = setup
        self.run = run
        self._keep()

    def save(self, progress: Progress) -> None:
        """Keeps the present state as the last good one; the main process writes it.

        OutputError where it cannot be written.
        """
        self._keep()
        if self.setup.machine.main:
            pictures = self.setup.crops.pictures.fingerprint
            checkpoint.write(self.run.state, self.run.recipe, pictures, asdict(progress), self.good)

    def back(self, *, rewind: bool) -> None:
        """Goes back to the last good state; with `rewind`, to its random states too."""
        checkpoint.restore(self.good, self.setup, rewind=rewind)

    def counted(self, progress: Progress, step: int, ballot: Ballot, *, sync: bool) -> Progress:
        """The progress after a step, which was made or left out.

        `sync` says whether the processes voted.
        """
        if not sync:
            return replace(progress, bad_streak=ballot.streak)
        progress = progress.counted(ballot.streak, ballot.missed)
        if ballot.missed:
            steps = "the step is" if ballot.missed == 1 else f"{ballot.missed} steps are"
            self.setup.machine.say(
                f"step {step}: loss or gradient is not finite, so {steps} left out "
                f"({progress.bad_steps} so far)"
            )
        return progress

    def mended(self, progress: Progress, step: int, *, sync: bool, wanted: bool) -> Progress:
        """The progress, after going back to the last good weights where that is needed.

        It is where too many steps in a row were left out, or where weights that are `wanted` now
        are not finite themselves. TrainingError where that has not helped so often.
        """
        lost = sync and progress.bad_streak >= PATIENCE
        if not lost and (not wanted or self._finite()):
            return progress
        if progress.rollbacks == ROLLBACKS:
            state = self.run.state
            last = f"{state} is the last good state" if state.exists() else "there is no good state"
            raise TrainingError(
                f"{last}: nothing was finite after it, {ROLLBACKS} times; a lower "
                "optimizer.args.lr may help"
            )
        self.back(rewind=False)
        self.setup.machine.say(f"step {step}: going on from the last good weights")
        return progress.rolled_back()

    def _keep(self) -> None:
        self.good = checkpoint.snapshot(self.setup)

    def _finite(self) -> bool:
        """True in all processes where what the main one learnt, and its average, are numbers."""
        setup = self.setup
        fine = checkpoint.finite(setup.restorer, setup.ema, setup.critics)
        return bool(setup.machine.from_main([fine])[0])
