"""One optimizer step, written out.

It is forward, loss, backward for every batch of it, clip, a vote where there are several processes,
step, average.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..data import Batch
from ..losses.loss import Loss, learnt, summed
from ..networks.network import Network
from ..optimise.ema import average, warmed
from ..optimise.schedule import LearningRate, set_rate
from .setup import Setup

#: the name of the whole loss among its terms
TOTAL = "loss"
Losses = dict[str, Tensor]


def backward(setup: Setup, batch: Batch) -> Losses:
    """Forward, loss, backward, and the critics' lessons, where the loss has any.

    The gradients of `accumulate` batches add up to one mean.

    Returns the loss and its terms, by the names of the curves.
    """
    spoiled, clean, level, weight = to_device(batch, setup.machine.device)
    restorer = setup.restorer
    loss = setup.loss
    given = level if restorer.contract.dials else None
    with setup.machine.autocast():
        spoiled = spoiled.contiguous(memory_format=setup.machine.memory_format)
        output = (
            logits(restorer.net, spoiled, given) if loss.on_logits else restorer(spoiled, given)
        )
        if setup.teacher is not None:
            clean = setup.teacher.aim(spoiled, clean, given)
    restored = output.float()
    with setup.machine.autocast():  # what wants to be exact, says so itself
        value, terms = evaluated(loss, restored, clean, weight, given)
    (value / setup.stage.accumulate).backward()  # type: ignore[no-untyped-call]
    for critic in learnt(loss):
        with setup.machine.autocast():
            lesson = critic.lesson(restored.detach(), clean, weight)
        (lesson / setup.stage.accumulate).backward()  # type: ignore[no-untyped-call]
    return {
        TOTAL: value.detach(),
        **{f"{TOTAL}/{name}": term.detach() for name, term in terms.items()},
    }


def logits(net: Network, image: Tensor, level: Tensor | None) -> Tensor:
    """The network's output before its final sigmoid."""
    assert net.logits is not None  # `check_loss` has asked
    return net.logits(image) if level is None else net.logits(image, level)


def evaluated(
    loss: Loss,
    restored: Tensor,
    clean: Tensor,
    weight: Tensor | None,
    level: Tensor | None = None,
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """The loss, and its terms where it has several.

    `level` is what the network was told, for a loss that asks.
    """
    terms = loss.terms(restored, clean, weight, level)
    return summed(terms), {name: term for name, term in terms.items() if name}


def gradients(setup: Setup, batches: Iterable[Batch]) -> Losses:
    """Computes the gradients of one step, of its batches and of all processes that step together.

    Returns the mean of the losses of this process's batches.
    """
    several = [backward(setup, batch) for batch in batches]
    if setup.stride == 1:
        setup.machine.average_gradients(setup.restorer, setup.critics)
    return reduce_losses(several)


def reduce_losses(several: Sequence[Losses]) -> Losses:
    """The mean of the losses of several batches, term by term."""
    means = {}
    for name in several[0]:
        values = [losses[name] for losses in several]
        means[name] = torch.stack(values).mean()
    return means


def clip(setup: Setup, losses: Losses) -> bool:
    """Clips the gradients; whether they and the loss are finite, so that the step can be made."""
    limit = setup.stage.clip_gradient or math.inf
    norm = nn.utils.clip_grad_norm_(setup.restorer.parameters(), limit)
    theirs = nn.utils.clip_grad_norm_(list(setup.critics.parameters()), limit)
    return bool(torch.isfinite(norm + theirs + losses[TOTAL]))


@dataclass(frozen=True)
class Ballot:
    """One process's part in the vote, and, with the same fields, what comes out of it."""

    #: the loss of the step and its terms
    losses: Losses
    #: whether the step can be made
    finite: bool
    #: why to stop: 0 is not at all, more counts more
    stop: int = 0
    #: steps in a row that could not be made
    streak: int = 0
    #: steps that could not be made since the last vote
    missed: int = 0


def vote(setup: Setup, own: Ballot) -> Ballot:
    """The result of the vote in which the processes tell each other how a step went.

    Besides the gradients, or the states of those that step alone, nothing of a step goes between
    them. Processes that step together make a step together or not at all; of those that step alone
    each has its own losses, and what they missed adds up.
    """
    if setup.machine.world == 1:
        return own
    together = setup.stride == 1
    numbers = (own.finite, own.stop, own.streak, own.missed)
    rows = setup.machine.all_gather([*numbers, *map(float, own.losses.values())])
    finite, stop, streak, missed, *losses = zip(*rows, strict=True)
    means = {
        name: torch.tensor(sum(values) / len(values))
        for name, values in zip(own.losses, losses, strict=True)
    }
    return Ballot(
        losses=means if together else own.losses,
        finite=all(finite) if together else own.finite,
        stop=int(max(stop)),
        streak=int(max(streak)),
        missed=int(max(missed) if together else sum(missed)),
    )


def update(
    setup: Setup, rates: LearningRate, step: int, *, finite: bool, sync: bool = True
) -> None:
    """Makes the step numbered `step`, from 0, where it is `finite`, and averages over time.

    Where processes that stepped alone meet (`sync`), their states become their mean.
    """
    if finite:
        set_rate(setup.optimizer, rates.factor(step))
        setup.optimizer.step()
        average(setup.ema, setup.restorer, warmed(setup.stage.ema, step + 1))
    setup.optimizer.zero_grad()
    if setup.stride > 1 and sync:
        setup.machine.average_states(setup.optimizer, setup.restorer, setup.ema, setup.critics)


def share_left(first: float, last: float) -> float:
    """The last loss as a multiple of the first.

    Losses of which one is below 0 are taken for decibels, as PSNR gives them.
    """
    return last / first if first > 0 and last >= 0 else float(10 ** min((last - first) / 10, 300.0))


def gradient_norms(net: nn.Module) -> dict[str, Tensor]:
    """The norm of the gradient of every parameter that has one, by its name."""
    named = [(name, p.grad) for name, p in net.named_parameters() if p.grad is not None]
    if not named:
        return {}
    names, values = zip(*named, strict=True)
    return dict(zip(names, torch._foreach_norm(values), strict=True))


def to_device(batch: Batch, device: str) -> Batch:
    """The batch on the device; copies from pinned memory go on beside the computing."""
    spoiled, clean, level, weight = batch
    moved = [part.to(device, non_blocking=True) for part in (spoiled, clean, level)]
    return Batch(
        moved[0],
        moved[1],
        moved[2],
        None if weight is None else weight.to(device, non_blocking=True),
    )
