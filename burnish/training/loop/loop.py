"""The training loop of one stage, written out once; what a step does stands in step/step.py.

A run is a function of its recipe: killed at any moment and started again, it ends with the same
bits (on a processor, with the same number of threads and processes). So the learning rate is a
function of the step, a batch one of (seed, epoch, index), and everything else stands in the
checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from ..optimise.schedule import LearningRate
from ..step.machine import Machine
from ..step.meter import Meter, signals
from ..step.setup import Setup
from ..step.step import Ballot, clip, gradient_norms, gradients, update, vote
from ..validation.board import Board
from ..validation.look import ValidationLook, draw_network
from ..validation.validate import card, centre_crops, marked, score
from .due import Due
from .guard import Guard
from .progress import GO_ON, TIME_UP, Ended, Progress, TrainingRun


def run_stage(setup: Setup, run: TrainingRun, progress: Progress) -> tuple[Progress, Ended]:
    """Runs one stage to its end, or to where it has to stop. OutputError, TrainingError."""
    machine = setup.machine
    guard = Guard(setup, run)
    rates = _rates(setup, progress)
    looking = _look(setup, run, progress)
    meter = Meter(progress.steps, setup.stage.data.batch * setup.stage.accumulate)
    source = meter.watch(setup.batches(progress.step, progress.steps))
    began = time.monotonic() - progress.seconds
    missed = 0
    stop = GO_ON

    with signals(machine.main, setup.stride) as received:
        while progress.step < progress.steps and not stop:
            step = progress.step + 1
            due = _due(step, setup, run, progress, looking)

            # ---- The gradients: forward, loss and backward for each of its batches.
            losses = gradients(setup, islice(source, setup.stage.accumulate))
            norms = gradient_norms(setup.restorer) if due.validate and machine.main else {}
            finite = clip(setup, losses)

            # ---- The vote of the processes: can the step be made, and has anybody to stop?
            missed += not finite
            streak = 0 if finite else progress.bad_streak + 1
            ballot = Ballot(losses, finite, _wish(received, run.until), streak, missed)
            if due.sync:
                ballot = vote(setup, ballot)
                missed = 0
                stop = ballot.stop
            save = due.save or stop != GO_ON

            # ---- The step: optimizer and average.
            update(setup, rates, step - 1, finite=ballot.finite, sync=due.sync)
            meter.step(ballot.losses if ballot.finite else None)

            # ---- What could not be made is counted; after several in a row the run goes back.
            progress = guard.counted(progress, step, ballot, sync=due.sync)
            progress = guard.mended(progress, step, sync=due.sync, wanted=save or due.validate)

            # ---- Once in a while: loss, rate and speed are said.
            if machine.main and (meter.due() or due.last or stop):
                _report(setup, meter, looking.board, step, progress.before + step)
            stepped = time.monotonic()
            progress = replace(progress, step=step, seconds=stepped - began)

            # ---- Once in a while: the averaged weights are measured.
            if due.validate:
                progress = _validated(machine, looking, rates, progress)

            # ---- Once in a while: weights and checkpoint are written.
            if machine.main and (due.validate or due.last or stop):
                _write_weights(setup, run, progress, measured=due.validate)
            if save:
                guard.save(progress)
            if machine.main and due.validate:
                looking.report(progress.overall, progress.figures, norms)
            meter.leave_out(time.monotonic() - stepped)
    looking.board.close()
    return progress, _ended(machine, progress, received, stop)


def _due(
    step: int, setup: Setup, run: TrainingRun, progress: Progress, looking: ValidationLook
) -> Due:
    return Due.of(
        step,
        progress.steps,
        validate_every=setup.stage.validation.every if looking.held else None,
        save_every=run.recipe.save_every,
        stride=setup.stride,
    )


def _report(setup: Setup, meter: Meter, board: Board, step: int, overall: int) -> None:
    """The figures since the last report, in a line and as curves."""
    figures = meter.read(setup.optimizer.param_groups[0]["lr"])
    setup.machine.say(meter.line(step, figures))
    board.scalars(overall, figures)


def _ended(machine: Machine, progress: Progress, received: Sequence[int], stop: int) -> Ended:
    """The way in which the stage ended.

    A signal counts where it came too late to be voted on, too.
    """
    if received:
        machine.say(
            f"stopped at step {progress.step} of {progress.steps}, everything saved; the same "
            "command goes on from there"
        )
    return Ended.of(received[0] if received else stop)


def _wish(received: Sequence[int], until: float | None) -> int:
    """Why this process has to stop: GO_ON, TIME_UP or a signal's number."""
    if received:
        return received[0]
    return TIME_UP if until is not None and time.monotonic() > until else GO_ON


def _validated(
    machine: Machine, looking: ValidationLook, rates: LearningRate, progress: Progress
) -> Progress:
    """The progress with the figures of the averaged weights.

    A learning rate may listen to them.
    """
    figures = looking.measure() if machine.main else {}
    rates.observe(machine.from_main([score(figures)])[0])
    return replace(progress, figures=figures, rates=rates.state())


def _rates(setup: Setup, progress: Progress) -> LearningRate:
    """The learning rate, as it goes on from there."""
    warmup = setup.stage.schedule.warmup
    if warmup >= progress.steps:
        setup.machine.say(
            f"schedule.warmup: {warmup} steps, of {progress.steps} in all, so "
            "the full learning rate is never reached"
        )
    rates = setup.rates(progress.steps)
    rates.load(progress.rates)
    return rates


def _look(setup: Setup, run: TrainingRun, progress: Progress) -> ValidationLook:
    """The look at the averaged weights, on the pictures that are held out, and its board."""
    board = Board(run.out, progress.overall, setup.machine.say, on=setup.machine.main)
    if progress.overall == 0:
        draw_network(board, setup.ema)
    if not setup.others:
        return ValidationLook(setup, board, [])
    stage = setup.stage
    scale, data = setup.restorer.contract.scale, stage.data
    held = centre_crops(setup.others, stage.validation.crop, scale, data.raw, data.tones)
    if setup.restorer.contract.gives == "mask":
        held = marked(held, stage.validation)
    return ValidationLook(setup, board, held)


def _write_weights(setup: Setup, run: TrainingRun, progress: Progress, *, measured: bool) -> None:
    """Writes the averaged weights, with their card.

    `measured` says whether the figures are those of these very weights; those of a validation some
    steps ago are not.
    """
    about = card(
        run.recipe,
        setup.ema,
        progress.overall,
        progress.seconds / 3600,
        setup.crops.pictures,
        progress.figures if measured else {},
        setup.machine.precision,
        progress.ancestry,
    )
    setup.ema.save(run.weights(progress.stage), about)
