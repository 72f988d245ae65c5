"""The training loop, written out once; what a step does stands in step.py.

A run is a function of its recipe: killed at any moment and started again, it ends with the same
bits (on a processor, with the same number of threads and processes). So the learning rate is a
function of the step, a batch one of (seed, epoch, index), and everything else stands in the
checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from ...errors import TrainingError
from ..networks.cost import multiply_adds, parameters
from ..recipe.recipe import Recipe
from ..recipe.resolve import resolve
from ..step.initial import Initial, build_initial
from ..step.machine import Machine, make_machine
from ..step.meter import Meter, signals
from ..step.setup import Setup, set_up
from ..step.speed import steps_in
from ..step.step import backward, gradient_norms, mean_of, update
from ..validation.board import Board
from ..validation.look import Look, draw_network
from ..validation.validate import card, middles
from . import checkpoint
from .data_check import check_pictures
from .guard import Guard
from .lock import holding, make_folder
from .progress import Place, Progress


def train(
    recipe: Recipe, out: Path | None = None, *, resume: bool = True, minutes: float | None = None
) -> Path:
    """Trains what the recipe says in the folder `out`; returns the file of the averaged weights.

    A run that is found there goes on, unless `resume` is False.

    minutes: stop after so long, with everything saved; the same call goes on from there. SIGINT and
    SIGTERM save and leave with 130 and 143. Started by `accelerate launch` or torchrun, several
    processes share every batch, and the first of them speaks and writes. Raises RecipeError and
    DataError before the first step; OutputError where the disk is full, TrainingError where nothing
    is finite any more: the last checkpoint stays.
    """
    began = time.monotonic()
    stages = resolve(recipe)
    place = Place(
        Path(out or recipe.out or Path("runs") / recipe.name),
        recipe,
        None if minutes is None else began + 60 * minutes,
    )
    machine = make_machine(recipe)
    initials = build_initial(stages, machine.world)
    notices: dict[str, None] = {}
    for initial in initials:
        check_pictures(
            initial.stage.data,
            initial.stage.validation.folders,
            initial.restorer.contract.scale,
            lambda text: notices.setdefault(text),
        )
    for notice in notices:  # each once, however many stages it is true of
        machine.say(notice)

    progress, kept, pictures = Progress(), None, ""
    weights: Mapping[str, Tensor] | None = (
        None  # those of the stage before, where this process made them
    )
    with ExitStack() as held:
        found = place.out.is_dir()
        if (
            machine.main and found
        ):  # before it is read: another process may be writing its last state
            held.enter_context(holding(place.out))
        machine.together()
        if resume and place.state.exists():
            stored, kept, pictures = checkpoint.read(place.state, recipe)
            progress = Progress(**stored)
        if machine.agreed([progress.overall]) != [progress.overall]:
            raise TrainingError(
                f"{place.state}: stands at step {progress.overall} here alone; all machines "
                "want one shared folder"
            )
        while True:
            setup = prepared(initials[progress.stage], machine, place, progress, weights)
            if (
                machine.main and weights is None and not found
            ):  # the first of the stages: what can be refused has been
                held.enter_context(holding(place.out))
            if machine.main and not resume and progress.overall == 0:
                place.state.unlink(
                    missing_ok=True
                    # were this run killed before its first checkpoint, the one before it would be
                    # found there
                )
            if kept is not None:
                checkpoint.same_pictures(place.state, pictures, setup.crops.pictures.fingerprint)
                checkpoint.restore(kept, setup.restorer, setup.ema, setup.optimizer)
                machine.say(f"going on at step {progress.step} of {progress.steps}")
            kept = None
            stopped_by = run_stage(setup, place, progress)
            if stopped_by is not None or progress.stage == len(stages) - 1:
                break
            weights, progress = machine.mains(setup.ema.state_dict()), progress.next_stage()
            del setup  # its pictures, before the next stage's are opened
    machine.together()
    if stopped_by:
        raise SystemExit(128 + stopped_by)
    return place.weights(progress.stage)


def prepared(
    initial: Initial,
    machine: Machine,
    place: Place,
    progress: Progress,
    weights: Mapping[str, Tensor] | None,
) -> Setup:
    """All that the stage at hand trains with, and its length where the recipe knows it."""
    setup = set_up(initial, machine, weights)
    progress.steps = progress.steps or setup.steps()
    if (
        progress.step == 0 and initial.stage.start
    ):  # once: the file may be moved while the run goes on
        progress.ancestry = initial.ancestry
    if machine.main:
        make_folder(place.out)
    title = f"{place.recipe.name}{initial.stage.title}"
    size = (
        f"{parameters(setup.ema) / 1e6:.2f} M parameters, "
        f"{multiply_adds(setup.ema) / 1e6:.3f} M multiply-adds a pixel"
    )
    processes = f", {machine.world} processes" if machine.world > 1 else ""
    machine.say(
        f"{title}: {size}, {len(setup.crops.pictures)} pictures, on {machine.device} in "
        f"{machine.precision}{processes}"
    )
    return setup


def due(every: int, step: int, stride: int) -> bool:
    """Whether one of the last `stride` steps, this one among them, is a multiple of `every`."""
    return step // every > (step - stride) // every


def run_stage(setup: Setup, place: Place, progress: Progress) -> int | None:
    """One stage, from where it stands to its end.

    Returns None there, else what stopped it: a signal's number, or 0 where the time is up.
    """
    stage, machine, restorer, ema, optimizer = (
        setup.stage,
        setup.machine,
        setup.restorer,
        setup.ema,
        setup.optimizer,
    )
    fingerprint = setup.crops.pictures.fingerprint

    guard = Guard(setup, place, progress)
    if not progress.steps:
        progress.steps = steps_in(setup)
        guard.back(rewind=True)
        machine.say(f"{stage.schedule.hours:g} hours are {progress.steps} steps on this machine")

    if stage.schedule.warmup >= progress.steps:
        machine.say(
            f"schedule.warmup: {stage.schedule.warmup} steps, of {progress.steps} in all, so "
            "the full learning rate is never reached"
        )
    rates = setup.rates(progress.steps)
    rates.load(progress.rates)
    board, meter = (
        Board(place.out, progress.overall, machine.say, on=machine.main),
        Meter(progress.steps, stage.data.batch * stage.accumulate),
    )
    if progress.overall == 0:
        draw_network(board, ema)
    held = (
        middles(setup.others, stage.validation.crop, restorer.contract.scale, stage.data.raw)
        if setup.others
        else []
    )
    looking = Look(setup, board, held)
    seconds_before, started = progress.seconds, time.monotonic()
    source = setup.batches(progress.step, progress.steps)
    stop = False
    with signals(machine.main, setup.stride) as received:
        while progress.step < progress.steps and not stop:
            several, waited = [], 0.0
            for _ in range(stage.accumulate):
                asked = time.monotonic()
                batch = next(source)
                waited += time.monotonic() - asked
                several.append(backward(setup, batch))
            progress.step += 1
            last = progress.step == progress.steps
            together = last or progress.step % setup.stride == 0
            look = bool(held) and (
                last or (together and due(stage.validation.every, progress.step, setup.stride))
            )
            stop = bool(received) or (place.until is not None and time.monotonic() > place.until)
            losses, stop = mean_of(setup, several, stop)

            flow = gradient_norms(restorer) if look and machine.main else {}
            finite = update(setup, rates, progress.step - 1, losses, together=together)
            meter.step(waited, losses if finite else None)
            stop = guard.count(finite, together=together, stop=stop)
            keep = (
                last
                or stop
                or (together and due(place.recipe.save_every, progress.step, setup.stride))
            )
            guard.mend(together=together, wanted=look or keep)

            if machine.main and (meter.due() or last or stop):
                figures = meter.read(optimizer.param_groups[0]["lr"])
                machine.say(meter.line(progress.step, figures))
                board.scalars(progress.overall, figures)
            stepped = time.monotonic()
            progress.seconds = seconds_before + stepped - started
            if look:
                progress.figures = looking.measure() if machine.main else {}
                rates.observe(machine.agreed([looking.score(progress.figures)])[0])
                progress.rates = rates.state()
            if machine.main and (look or last or stop):
                hours, photos = progress.seconds / 3600, setup.crops.pictures
                figures_now = (
                    progress.figures if look else {}
                )  # those of a validation some steps ago are those of other weights
                about = card(
                    place.recipe,
                    ema,
                    progress.overall,
                    hours,
                    photos,
                    figures_now,
                    machine.precision,
                    progress.ancestry,
                )
                ema.save(place.weights(progress.stage), about)
            if keep:
                guard.keep()
                if machine.main:
                    checkpoint.write(
                        place.state, place.recipe, fingerprint, asdict(progress), guard.good
                    )
            if look and machine.main:
                looking.report(progress.overall, progress.figures, flow)
            meter.leave_out(time.monotonic() - stepped)
    board.close()
    if received:
        machine.say(
            f"stopped at step {progress.step} of {progress.steps}, everything saved; the same "
            "command goes on from there"
        )
    return (received[0] if received else 0) if stop or received else None
