"""The training loop, written out once.

A run is a function of its recipe: killed at any moment and started again, it ends with the same bits (on a processor, with the same number of threads). So the learning rate is a
pure function of the step, a batch is one of (seed, epoch, index), and everything else stands in the checkpoint.
"""

from __future__ import annotations

import copy
import math
import platform
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .. import __version__
from ..contract import Contract
from ..degrade import Degradation
from ..errors import DeviceError, MissingExtra, OutputError, TrainingError
from . import checkpoint, recipe as recipes
from .board import Board
from .build import Spec, build
from .cost import multiply_adds, parameters
from .data import Batch, Crops, Pictures, open_pictures, sources_in, split, stream
from .ema import average, warmed
from .initialise import initialise
from .losses import LOSSES, level_weight
from .optim import make_optimizer, rate, set_rate
from .recipe import Recipe
from .restorer import Restorer, load_weights, read_weights
from .run import runner
from .validate import Figures, validate

STATE = "state.pt"
#: steps in a row without a finite gradient after which the run goes back to the last good state, and how often it may do that between two checkpoints
PATIENCE = 3
RETURNS = 3
#: steps that the measurement of `hours` leaves out, then takes; and the seconds after which it has seen enough
WARM, MEASURED, SECONDS = 5, 100, 60.0
#: seconds between two progress lines
PULSE = 15.0


@dataclass
class Progress:
    """Where a run stands. steps: of the whole run, decided once. broken: steps without a finite gradient, of which `in_a_row` lie just behind."""

    step: int = 0
    steps: int | None = None
    seconds: float = 0.0
    broken: int = 0
    in_a_row: int = 0
    returns: int = 0
    figures: Figures = field(default_factory=dict)


def train(recipe: Recipe, out: Path | None = None, *, resume: bool = True, minutes: float | None = None) -> Path:
    """Trains what the recipe says, in the folder `out`, and returns the weights file of the averaged weights. A run that is found there goes on, unless `resume` is False.

    minutes: stop after so long, with everything saved; the same call goes on from there. SIGINT and SIGTERM save and leave with 130 and 143.
    Raises RecipeError and DataError before the first step; OutputError where the disk is full, TrainingError where no step gives finite gradients: the last checkpoint stays.
    """
    began = time.monotonic()
    recipes.check(recipe)
    out = Path(out or recipe.out or Path("runs") / recipe.name)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)

    # The network, its average, the optimizer, the loss.
    torch.manual_seed(recipe.seed)
    restorer = fresh(recipe)
    loss_function: nn.Module = build(Spec(recipe.loss.use, recipe.loss.args), LOSSES, trusted=True, place="loss")
    device = chosen_device(recipe)
    precision = chosen_precision(recipe, device)
    memory_format = torch.channels_last if recipe.channels_last else torch.contiguous_format
    restorer.to(device=device, memory_format=memory_format)
    ema = copy.deepcopy(restorer).eval()
    optimizer = make_optimizer(recipe.optimizer, restorer)

    # The pictures.
    contract = restorer.contract
    sources, left_out = split(sources_in(recipe.data.folders, recipe.data.pack, contract.channels_out), recipe.data.leave_out)
    pictures = open_pictures(sources, recipe.data.crop, say)
    looked_at = open_pictures([*left_out, *sources_in(recipe.validation.folders, None, contract.channels_out)], 16, say) if left_out or recipe.validation.folders else None
    crops = cropping(recipe, contract, pictures)

    # The whole state, as it was left.
    make_folder(out)
    progress = Progress(steps=recipe.schedule.steps)
    if resume and (out / STATE).exists():
        stored, kept = checkpoint.read(out / STATE, recipe, pictures.fingerprint)
        checkpoint.restore(kept, restorer, ema, optimizer)
        progress = Progress(**stored)
        say(f"going on at step {progress.step} of {progress.steps}")
    last_good = checkpoint.snapshot(restorer, ema, optimizer)

    accelerator = make_accelerator(recipe, device, precision)
    if recipe.compile is True or (recipe.compile == "auto" and device == "cuda"):
        restorer.net.compile(dynamic=False)
    model, stepper = accelerator.prepare(restorer, optimizer)
    weight = recipe.loss.level_weight
    weighed = recipe_dial(recipe) if weight else 0

    def backward(batch: Batch) -> Tensor:
        """Forward, loss, backward; the gradients of `accumulate` calls add up."""
        spoiled, clean, level, mask = (None if t is None else t.to(device, non_blocking=True) for t in batch)
        with accelerator.accumulate(model):
            restored = model(spoiled.contiguous(memory_format=memory_format), level if contract.dials else None)
            share = level_weight(level[:, weighed : weighed + 1], weight.reference, weight.offset, weight.power) if weight else None
            if mask is not None:
                share = mask if share is None else share * mask
            value: Tensor = loss_function(restored.float(), clean, share)
            accelerator.backward(value)
        return value.detach()

    def update(step: int, steps: int) -> bool:
        """Clip, step, average; False, and nothing changed, where the gradient is not finite."""
        norm = accelerator.clip_grad_norm_(model.parameters(), recipe.clip_gradient or math.inf)
        finite = bool(torch.isfinite(norm))
        if finite:
            set_rate(optimizer, rate(step, steps, recipe.schedule.warmup, recipe.schedule.shape))
            stepper.step()
            average(ema, restorer, warmed(recipe.ema, step + 1))
        stepper.zero_grad()
        return finite

    def batches(first: int, last: int) -> Iterator[Batch]:
        return stream(crops, first * recipe.accumulate, last * recipe.accumulate, workers=recipe.data.workers, pinned=device == "cuda")

    say(f"{recipe.name}: {parameters(restorer) / 1e6:.2f} M parameters, {multiply_adds(restorer) / 1e6:.3f} M multiply-adds a pixel, on {device} in {precision}; {len(pictures)} pictures")
    if progress.steps is None:
        progress.steps = measured_steps(recipe, batches(0, WARM + MEASURED), backward, update)
        checkpoint.restore(last_good, restorer, ema, optimizer)
        say(f"{recipe.schedule.hours:g} hours are {progress.steps} steps here")

    def save() -> None:
        nonlocal last_good
        last_good = checkpoint.snapshot(restorer, ema, optimizer)
        progress.seconds += clock.lap()
        checkpoint.write(out / STATE, recipe, pictures.fingerprint, asdict(progress), last_good)

    weights = out / f"{recipe.name}.safetensors"
    board = Board(out / "board", progress.step, say)
    clock, meter = Clock(), Meter(progress.steps)
    source = batches(progress.step, progress.steps)
    with signals() as received:
        while progress.step < progress.steps:
            losses = []
            for _ in range(recipe.accumulate):
                asked = time.monotonic()
                batch = next(source)
                meter.waited += time.monotonic() - asked
                losses.append(backward(batch))
            finite = update(progress.step, progress.steps)
            progress.step += 1
            progress.in_a_row = 0 if finite else progress.in_a_row + 1
            progress.broken += not finite
            if not finite:
                say(f"step {progress.step}: the gradient is not finite, the step is left out ({progress.broken} so far)")
            if progress.in_a_row == PATIENCE:
                if progress.returns == RETURNS:
                    raise TrainingError(f"no finite gradient after going back {RETURNS} times; {out / STATE} is the last good state. A lower optimizer.args.lr or precision=fp32 may help")
                progress.returns, progress.in_a_row = progress.returns + 1, 0
                checkpoint.restore(last_good, restorer, ema, optimizer, rewind=False)
                say(f"step {progress.step}: {PATIENCE} in a row; going on from the last good weights")
            meter.step(progress.step, losses if finite else [])

            last = progress.step == progress.steps
            stop = bool(received) or (minutes is not None and time.monotonic() - began > 60 * minutes)
            if meter.due() or last or stop:
                scalars = meter.read(optimizer.param_groups[0]["lr"])
                say(meter.line(progress.step, scalars))
                board.scalars(progress.step, scalars)
            if looked_at is not None and (progress.step % recipe.validation.every == 0 or last):
                progress.figures = look(recipe, ema, looked_at, board, progress.step, device)
                ema.save(weights, card(recipe, ema, progress, pictures, clock))
            if progress.step % recipe.save_every == 0 or last or stop:
                progress.returns = 0
                save()
            if stop:
                break
    ema.save(weights, card(recipe, ema, progress, pictures, clock))
    board.close()
    if received:
        say(f"stopped at step {progress.step} of {progress.steps}, everything saved; the same command goes on from there")
        raise SystemExit(128 + received[0])
    return weights
