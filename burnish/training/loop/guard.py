"""What becomes of steps that are not finite: they are left out, and after several in a row the run
goes back to the last good weights.
"""

from __future__ import annotations

from ...errors import TrainingError
from ..step.setup import Setup
from ..step.step import meet
from . import checkpoint
from .progress import Place, Progress

#: steps in a row without a finite gradient after which the run goes back to the last good state,
#: and how often in a row it does that
PATIENCE = RETURNS = 3


class Guard:
    """Counts, in `progress`, the steps of a stage that are not finite, and holds its last good
    state.
    """

    def __init__(self, setup: Setup, place: Place, progress: Progress) -> None:
        self.setup, self.place, self.progress = setup, place, progress
        self._missed = 0  # by this process, since all of them last met
        self.keep()

    def keep(self) -> None:
        """What stands now is the last good state."""
        self.good = checkpoint.snapshot(self.setup.restorer, self.setup.ema, self.setup.optimizer)

    def back(self, *, rewind: bool) -> None:
        """To the last good state; with `rewind`, to its random states too."""
        checkpoint.restore(
            self.good, self.setup.restorer, self.setup.ema, self.setup.optimizer, rewind=rewind
        )

    def count(self, finite: bool, *, together: bool, stop: bool) -> bool:
        """Counts a step, and says what was left out.

        Returns whether the run is to stop, as far as the processes know it of each other.
        """
        progress = self.progress
        progress.in_a_row, self._missed = (
            (0, self._missed) if finite else (progress.in_a_row + 1, self._missed + 1)
        )
        stop, progress.in_a_row, missed = meet(
            self.setup, together, stop, progress.in_a_row, self._missed
        )
        if together:
            progress.returns = progress.returns if progress.in_a_row else 0
            progress.broken += missed
            self._missed = 0
            if missed:
                steps = "the step is" if missed == 1 else f"{missed} steps are"
                self.setup.machine.say(
                    f"step {progress.step}: loss or gradient is not finite, so {steps} left out "
                    f"({progress.broken} so far)"
                )
        return stop

    def mend(self, *, together: bool, wanted: bool) -> None:
        """Goes back to the last good weights where too many steps in a row were left out, or where
        weights that are `wanted` now are not finite themselves.

        TrainingError where that has not helped so often.
        """
        setup, progress = self.setup, self.progress
        lost = together and progress.in_a_row >= PATIENCE
        if not lost and not (
            wanted and not setup.machine.agreed([checkpoint.finite(setup.restorer, setup.ema)])[0]
        ):
            return
        if progress.returns == RETURNS:
            state = self.place.state
            last = f"{state} is the last good state" if state.exists() else "there is no good state"
            raise TrainingError(
                f"{last}: nothing was finite after it, {RETURNS} times; a lower "
                "optimizer.args.lr may help"
            )
        progress.in_a_row, progress.returns = 0, progress.returns + 1
        self.back(rewind=False)
        setup.machine.say(f"step {progress.step}: going on from the last good weights")
