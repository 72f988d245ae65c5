"""The training loop, written out once.

A run is a function of its recipe: killed at any moment and started again, it ends with the same bits (on a processor, with the same number of threads).
So the learning rate is a pure function of the step, a batch one of (seed, epoch, index), and everything else stands in the checkpoint.
"""

from __future__ import annotations

import copy
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..contract import Contract
from ..errors import MissingExtra, OutputError, RecipeError, TrainingError
from . import checkpoint
from .board import Board
from .build import Spec, build
from .cost import multiply_adds, parameters
from .data import Batch, Crops, Pictures, open_pictures, sources_in, split, stream
from .ema import average, warmed
from .initialise import initialise
from .losses import LOSSES, level_weight
from .machine import chosen_device, chosen_precision
from .meter import Meter, say, signals
from .optim import make_optimizer, rate, set_rate
from .recipe import Recipe, check, damages
from .restorer import Restorer, load_weights, read_weights
from .run import runner
from .validate import Figures, card, middles, show, validate

STATE = "state.pt"
#: steps in a row without a finite gradient after which the run goes back to the last good state, and how often in a row it does that
PATIENCE = RETURNS = 3
#: the measurement of `hours`: steps that it leaves out, steps that it takes, and seconds after which it has seen enough
WARM, MEASURED, ENOUGH = 5, 100, 60.0


@dataclass
class Progress:
    """Where a run stands. steps: of the whole run, decided once. broken: steps without a finite gradient; in_a_row, returns: since the last good one."""

    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    broken: int = 0
    in_a_row: int = 0
    returns: int = 0
    figures: Figures = field(default_factory=dict)


def train(recipe: Recipe, out: Path | None = None, *, resume: bool = True, minutes: float | None = None) -> Path:
    """Trains what the recipe says in the folder `out`; returns the file of the averaged weights. A run that is found there goes on, unless `resume` is False.

    minutes: stop after so long, with everything saved; the same call goes on from there. SIGINT and SIGTERM save and leave with 130 and 143.
    Raises RecipeError and DataError before the first step; OutputError where the disk is full, TrainingError where nothing is finite any more: the last
    checkpoint stays.
    """
    began = time.monotonic()
    check(recipe)
    out = Path(out or recipe.out or Path("runs") / recipe.name)
    device, memory_format = chosen_device(recipe), torch.channels_last if recipe.channels_last else torch.contiguous_format
    precision = chosen_precision(recipe, device)
    torch.backends.cudnn.benchmark = True  # every batch has the same size
    if recipe.threads:
        torch.set_num_threads(recipe.threads)

    # The network, its average, the optimizer, the loss.
    random.seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    restorer = fresh(recipe)
    contract = restorer.contract
    restorer.to(device).to(memory_format=memory_format)  # type: ignore[call-overload]
    ema = copy.deepcopy(restorer).eval()
    optimizer = make_optimizer(recipe.optimizer, restorer)
    loss: nn.Module = build(Spec(recipe.loss.use, recipe.loss.args), LOSSES, trusted=True, place="loss")

    # The pictures.
    crops, others = pictures_of(recipe, contract)
    progress = Progress(steps=recipe.schedule.steps or 0)
    make_folder(out)

    # The whole state, as it was left.
    if resume and (out / STATE).exists():
        stored, kept = checkpoint.read(out / STATE, recipe, crops.pictures.fingerprint)
        checkpoint.restore(kept, restorer, ema, optimizer)
        progress = Progress(**stored)
        say(f"going on at step {progress.step} of {progress.steps}")
    last_good = checkpoint.snapshot(restorer, ema, optimizer)

    accelerator = make_accelerator(device, precision, recipe.accumulate)
    if recipe.compile is True or (recipe.compile == "auto" and device == "cuda"):
        restorer.net.compile(dynamic=False)
    model, stepper = accelerator.prepare(restorer, optimizer)

    def backward(batch: Batch) -> Tensor:
        """Forward, loss, backward. The gradients of `accumulate` batches add up to one mean."""
        spoiled, clean, level, mask = to_device(batch, device)
        with accelerator.accumulate(model):
            output = model(spoiled.contiguous(memory_format=memory_format), level if contract.dials else None)
            value: Tensor = loss(output.float(), clean, weight_of(recipe, crops, level, mask))
            accelerator.backward(value)
        return value.detach()

    def update(step: int, steps: int, losses: Sequence[Tensor]) -> bool:
        """Clip, step, average; or False, and nothing changed, where loss or gradient is not finite."""
        norm = accelerator.clip_grad_norm_(model.parameters(), recipe.clip_gradient or math.inf)
        finite = bool(torch.isfinite(norm + sum(losses)))
        if finite:
            set_rate(optimizer, rate(step, steps, recipe.schedule.warmup, recipe.schedule.shape))
            stepper.step()
            average(ema, restorer, warmed(recipe.ema, step + 1))
        stepper.zero_grad()
        return finite

    def batches(first: int, last: int) -> Iterator[Batch]:
        return stream(crops, first * recipe.accumulate, last * recipe.accumulate, workers=recipe.data.workers, pinned=device == "cuda")

    size = f"{parameters(ema) / 1e6:.2f} M parameters, {multiply_adds(ema) / 1e6:.3f} M multiply-adds a pixel"
    say(f"{recipe.name}: {size}, {len(crops.pictures)} pictures, on {device} in {precision}")
    if not progress.steps:
        progress.steps = steps_in(recipe.schedule.hours or 0, batches(0, WARM + MEASURED), recipe.accumulate, backward, update)
        checkpoint.restore(last_good, restorer, ema, optimizer)
        say(f"{recipe.schedule.hours:g} hours are {progress.steps} steps on this machine")

    weights, board, meter = out / f"{recipe.name}.safetensors", Board(out / "board", progress.step, say), Meter(progress.steps)
    clean = middles(others, recipe.validation.crop) if others else []
    seconds_before, started = progress.seconds, time.monotonic()
    source = batches(progress.step, progress.steps)
    with signals() as received:
        while progress.step < progress.steps:
            losses, waited = [], 0.0
            for _ in range(recipe.accumulate):
                asked = time.monotonic()
                batch = next(source)
                waited += time.monotonic() - asked
                losses.append(backward(batch))
            finite = update(progress.step, progress.steps, losses)
            progress.step += 1
            meter.step(waited, losses if finite else [])

            last = progress.step == progress.steps
            stop = bool(received) or (minutes is not None and time.monotonic() - began > 60 * minutes)
            look = bool(clean) and (last or progress.step % recipe.validation.every == 0)
            keep = last or stop or progress.step % recipe.save_every == 0

            progress.in_a_row, progress.returns = (0, 0) if finite else (progress.in_a_row + 1, progress.returns)
            if not finite:
                progress.broken += 1
                say(f"step {progress.step}: loss or gradient is not finite, so the step is left out ({progress.broken} so far)")
            if progress.in_a_row == PATIENCE or ((look or keep) and not checkpoint.finite(restorer, ema)):
                if progress.returns == RETURNS:
                    raise TrainingError(
                        f"{out / STATE} is the last good state: nothing was finite after it, {RETURNS} times; a lower optimizer.args.lr may help"
                    )
                progress.in_a_row, progress.returns = 0, progress.returns + 1
                checkpoint.restore(last_good, restorer, ema, optimizer, rewind=False)
                say(f"step {progress.step}: going on from the last good weights")

            if meter.due() or last or stop:
                figures = meter.read(optimizer.param_groups[0]["lr"])
                say(meter.line(progress.step, figures))
                board.scalars(progress.step, figures)
            progress.seconds = seconds_before + time.monotonic() - started
            if look:
                progress.figures = validate(runner(ema, device), ema, recipe, clean)
            if look or last or stop:
                ema.save(weights, card(recipe, ema, progress.step, progress.seconds / 3600, crops.pictures, progress.figures, precision))
            if keep:
                last_good = checkpoint.snapshot(restorer, ema, optimizer)
                checkpoint.write(out / STATE, recipe, crops.pictures.fingerprint, asdict(progress), last_good)
            if look:
                report(progress.step, progress.figures, board)
                show(board, progress.step, runner(ema, device), ema, recipe, clean)
            if stop:
                break
    board.close()
    if received:
        say(f"stopped at step {progress.step} of {progress.steps}, everything saved; the same command goes on from there")
        raise SystemExit(128 + received[0])
    return weights


def fresh(recipe: Recipe) -> Restorer:
    """The network with the weights that the run starts from."""
    restorer = Restorer(recipe.arch, recipe.dials, trusted=True)
    initialise(restorer.net, recipe.initialise, torch.Generator().manual_seed(recipe.seed))
    if recipe.start:
        load_weights(restorer.net, read_weights(Path(recipe.start))[0], recipe.start)
    contract = restorer.contract
    if contract.scale != 1 or contract.channels_in != contract.channels_out:
        raise RecipeError(f"arch: {recipe.arch.use} gives another size or number of channels than it takes; recipes train networks that keep both, for now")
    if recipe.data.crop % contract.multiple:
        raise RecipeError(f"data.crop: {recipe.data.crop} is not a multiple of {contract.multiple}, which {recipe.arch.use} wants")
    return restorer


def pictures_of(recipe: Recipe, contract: Contract) -> tuple[Crops, Pictures | None]:
    """Crops of those to train on, and those to validate on. DataError names every picture that cannot be used."""
    data, channels = recipe.data, contract.channels_out
    chosen, left_out = split(sources_in(data.folders, data.pack, channels), data.leave_out)
    pictures = open_pictures(chosen, data.crop, say)
    left_out += sources_in(recipe.validation.folders, None, channels) if recipe.validation.folders else []
    crops = Crops(
        pictures,
        tuple(damages(recipe)),
        crop=data.crop,
        batch=data.batch,
        seed=recipe.seed,
        flips=data.flips,
        rotations=data.rotations,
        grey=data.grey,
        one_level=bool(contract.dials) and contract.level == "batch",
    )
    return crops, open_pictures(left_out, 1, say) if left_out else None


def weight_of(recipe: Recipe, crops: Crops, level: Tensor, mask: Tensor | None) -> Tensor | None:
    """What every element of the loss counts: the weight of the picture's level, times the mask where there is one."""
    settings = recipe.loss.level_weight
    if settings is None:
        return mask
    names = [d.dial.name for d in crops.degradations]
    index = names.index(settings.dial) if settings.dial else 0
    weight = level_weight(level[:, index : index + 1], settings.reference, settings.offset, settings.power)
    return weight if mask is None else weight * mask


def steps_in(
    hours: float, source: Iterator[Batch], accumulate: int, backward: Callable[[Batch], Tensor], update: Callable[[int, int, Sequence[Tensor]], bool]
) -> int:
    """How many steps this machine makes in that time: some are made, and the caller throws them away."""
    say("measuring the speed")
    started, taken = time.monotonic(), 0
    for step in range(WARM + MEASURED):
        if step == WARM:
            started, taken = time.monotonic(), 0
        update(step, 10**9, [backward(next(source)) for _ in range(accumulate)])
        taken += 1
        if step > WARM and time.monotonic() - started > ENOUGH:
            break
    return max(1, round(3600 * hours * taken / (time.monotonic() - started)))


def report(step: int, figures: Figures, board: Board) -> None:
    """Validation figures, said and put on the board."""
    for table, row in figures.items():
        say(f"step {step}: {table}: " + ", ".join(f"{setting}: {value:.2f}" for setting, value in row.items()))
        board.scalars(step, {f"{table}/{setting}": value for setting, value in row.items()})


def to_device(batch: Batch, device: str) -> Batch:
    """The batch on the device; copies from pinned memory go on beside the computing."""
    spoiled, clean, level, mask = batch
    moved = [part.to(device, non_blocking=True) for part in (spoiled, clean, level)]
    return Batch(moved[0], moved[1], moved[2], None if mask is None else mask.to(device, non_blocking=True))


def make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be made ({error}); give another folder with --out") from error


def make_accelerator(device: str, precision: str, accumulate: int) -> Any:
    """accelerate's handle on the machine; MissingExtra where it is not installed."""
    try:
        from accelerate import Accelerator
        from accelerate.state import AcceleratorState
    except ImportError as error:
        raise MissingExtra(f"training wants accelerate, and it is not installed ({error}); pip install 'burnish[train]' brings it") from error
    AcceleratorState._reset_state(reset_partial_state=True)  # it remembers the precision of a run before this one in the same process
    accelerator = Accelerator(mixed_precision="bf16" if precision == "bf16" else "no", gradient_accumulation_steps=accumulate, cpu=device == "cpu")
    if accelerator.num_processes > 1:
        raise TrainingError("training runs in one process, on one GPU; start it without `accelerate launch` and without torchrun")
    return accelerator
