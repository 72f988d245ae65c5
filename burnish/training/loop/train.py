"""A training run: checked, built, and then one stage after the other, from where it stands.

The loop of a stage stands in loop.py.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from ...errors import TrainingError
from ..networks.cost import multiply_adds, parameters
from ..networks.smaller.cuts import cuts_of
from ..recipe.recipe import Recipe
from ..recipe.resolve import resolve
from ..step.initial import Initial, build_initial
from ..step.machine import Machine, make_machine
from ..step.prune import pruned
from ..step.setup import Setup, set_up
from ..step.speed import steps_in
from . import checkpoint
from .data_check import check_pictures
from .lock import lock, make_folder
from .loop import run_stage
from .progress import Ended, Progress, TrainingRun


def train(
    recipe: Recipe, out: Path | None = None, *, resume: bool = True, minutes: float | None = None
) -> Path:
    """Trains what the recipe says in the folder `out`; returns the file of the averaged weights.

    A run that is found there goes on, unless `resume` is False. After `minutes` it stops, with
    everything saved; the same call goes on from there. SIGINT and SIGTERM save and leave with 130
    and 143. Started by `accelerate launch` or torchrun, several processes share every batch, and
    the first of them speaks and writes. Raises RecipeError and DataError before the first step;
    OutputError where the disk is full, TrainingError where nothing is finite any more: the last
    checkpoint stays.
    """
    until = None if minutes is None else time.monotonic() + 60 * minutes

    # Check, build: whatever can be refused is refused here, before a picture is read.
    stages = resolve(recipe)
    machine = make_machine(recipe)
    initials = build_initial(stages, machine.world)
    _check_data(initials, machine)

    # Go.
    run = TrainingRun(recipe, Path(out or recipe.out or Path("runs") / recipe.name), until)
    progress, ended = _stages(run, machine, initials, resume=resume)
    machine.barrier()
    if ended.how == "signal":
        raise SystemExit(128 + ended.signal)
    return run.weights(progress.stage)


def _stages(
    run: TrainingRun, machine: Machine, initials: list[Initial], *, resume: bool
) -> tuple[Progress, Ended]:
    """Runs the stages, from where the run stands to its end, or to where it has to stop.

    `initials` are those of all stages; they are used up.
    """
    with ExitStack() as held:
        # The folder is held before its checkpoint is read: another process may be writing its last
        # one. Where there is no folder yet, none is made before the first stage is set up.
        found = run.out.is_dir()
        if machine.main and found:
            held.enter_context(lock(run.out))
        machine.barrier()
        stored = checkpoint.read(run.state, run.recipe) if resume and run.state.exists() else None
        progress = Progress.stored(stored.progress) if stored else Progress()
        _want_shared(run.state, machine, progress)

        del initials[: progress.stage]
        before: Mapping[str, Tensor] | None = None  # the weights of the stage before
        while True:
            initial = initials.pop(0)
            setup = _set_up(initial, machine, before, progress, goes_on=stored is not None)
            if machine.main and not found:
                held.enter_context(lock(run.out))
                found = True
            if machine.main and not resume and progress.overall == 0:
                # Were this run killed before its first checkpoint, the one of the run before it
                # would be found there.
                run.state.unlink(missing_ok=True)
            if machine.main:
                make_folder(run.out)
            machine.say(_title(run.recipe.name, setup))
            if stored is not None:
                _go_on(run, stored, setup, progress)
                stored = None
            progress = _begun(progress, setup, initial)

            progress, ended = run_stage(setup, run, progress)
            if ended.how != "done" or not initials:
                return progress, ended
            before = machine.broadcast(setup.ema.state_dict())
            progress = progress.next_stage()
            del initial, setup  # its pictures, before the next stage's are opened


def _set_up(
    initial: Initial,
    machine: Machine,
    before: Mapping[str, Tensor] | None,
    progress: Progress,
    *,
    goes_on: bool,
) -> Setup:
    """A stage at its beginning, or, where the run goes on within it, with the network of then."""
    if goes_on:
        return set_up(initial, machine, before, progress.cuts)
    # What the stages before have cut stays cut, unless this one begins at a file.
    return pruned(set_up(initial, machine, before, None if initial.stage.start else progress.cuts))


def _go_on(
    run: TrainingRun, stored: checkpoint.Checkpoint, setup: Setup, progress: Progress
) -> None:
    """Brings a stage to where its checkpoint stands. RecipeError where its pictures are others."""
    fingerprint = setup.crops.pictures.fingerprint
    weights = run.weights(progress.stage)
    checkpoint.same_pictures(run.state, weights, stored.pictures, fingerprint)
    checkpoint.restore(stored.state, setup)
    setup.machine.say(f"going on at step {progress.step} of {progress.steps}")


def _begun(progress: Progress, setup: Setup, initial: Initial) -> Progress:
    """The progress with what is decided once, where the stage begins.

    That is its length, what is cut off its network, and the ancestry of the weights that it starts
    from, whose file may be moved later.
    """
    if not progress.steps:
        progress = replace(
            progress,
            steps=setup.steps() or _measured(setup),
            cuts=cuts_of(setup.restorer.spec),
        )
    if progress.step == 0 and initial.stage.start:
        progress = replace(progress, ancestry=initial.ancestry)
    return progress


def _measured(setup: Setup) -> int:
    """The steps in the hours of the recipe, by a measurement that leaves no trace."""
    state = checkpoint.snapshot(setup)
    steps = steps_in(setup)
    checkpoint.restore(state, setup)
    setup.machine.say(f"{setup.stage.schedule.hours:g} hours are {steps} steps on this machine")
    return steps


def _check_data(initials: Sequence[Initial], machine: Machine) -> None:
    """Says what is odd about the pictures, each thing once, however many stages it is true of."""
    notices: dict[str, None] = {}
    for initial in initials:
        stage = initial.stage
        scale = initial.restorer.contract.scale
        check_pictures(stage.data, stage.validation.folders, scale, notices.setdefault)
    for notice in notices:
        machine.say(notice)


def _want_shared(state: Path, machine: Machine, progress: Progress) -> None:
    """TrainingError where this process found another checkpoint than the main one."""
    if machine.from_main([progress.overall]) != [progress.overall]:
        raise TrainingError(
            f"{state}: stands at step {progress.overall} here alone; all machines "
            "want one shared folder"
        )


def _title(name: str, setup: Setup) -> str:
    """The line that says what a stage trains."""
    machine = setup.machine
    processes = f", {machine.world} processes" if machine.world > 1 else ""
    return (
        f"{name}{setup.stage.title}: {parameters(setup.ema) / 1e6:.2f} M parameters, "
        f"{multiply_adds(setup.ema) / 1e6:.3f} M multiply-adds a pixel, "
        f"{len(setup.crops.pictures)} pictures, on {machine.device} in "
        f"{machine.precision}{processes}"
    )
