"""One optimizer step, written out: forward, loss, backward for every batch of it, then clip, step,
average.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..data import Batch
from ..losses.loss import Loss, summed
from ..networks.network import Network
from ..optimise.ema import average, warmed
from ..optimise.schedule import LearningRate, set_rate
from .setup import Setup

#: the name of the whole loss among its terms
TOTAL = "loss"
Losses = dict[str, Tensor]


def backward(setup: Setup, batch: Batch) -> Losses:
    """Forward, loss, backward; the gradients of `accumulate` batches add up to one mean.

    Returns the loss and its terms, by the names of the curves.
    """
    spoiled, clean, level, weight = to_device(batch, setup.machine.device)
    restorer, loss = setup.restorer, setup.loss
    with setup.machine.autocast():
        spoiled, given = (
            spoiled.contiguous(memory_format=setup.machine.memory_format),
            level if restorer.contract.dials else None,
        )
        output = (
            logits(restorer.net, spoiled, given) if loss.on_logits else restorer(spoiled, given)
        )
    value, terms = evaluated(loss, output.float(), clean, weight, given)
    (value / setup.stage.accumulate).backward()  # type: ignore[no-untyped-call]
    return {
        TOTAL: value.detach(),
        **{f"{TOTAL}/{name}": term.detach() for name, term in terms.items()},
    }


def logits(net: Network, image: Tensor, level: Tensor | None) -> Tensor:
    """What the network gives before its final sigmoid."""
    assert net.logits is not None  # `check_loss` has asked
    return net.logits(image) if level is None else net.logits(image, level)


def evaluated(
    loss: Loss,
    restored: Tensor,
    clean: Tensor,
    weight: Tensor | None,
    level: Tensor | None = None,
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """The loss, and its terms where it has several. level: what the network was told, for a loss
    that asks.
    """
    terms = loss.terms(restored, clean, weight, level)
    return summed(terms), {name: term for name, term in terms.items() if name}


def update(
    setup: Setup, rates: LearningRate, step: int, losses: Losses, *, together: bool = True
) -> bool:
    """Average over the processes, clip, step, average over time; or False, and no step made, where
    loss or gradient is not finite.

    together: whether the processes meet at this step. Where they do so at every step, their
    gradients are averaged, else their states after it.
    """
    stage, restorer = setup.stage, setup.restorer
    if setup.stride == 1:
        setup.machine.average_gradients(restorer)
    norm = nn.utils.clip_grad_norm_(restorer.parameters(), stage.clip_gradient or math.inf)
    finite = bool(torch.isfinite(norm + losses[TOTAL]))
    if finite:
        set_rate(setup.optimizer, rates.factor(step))
        setup.optimizer.step()
        average(setup.ema, restorer, warmed(stage.ema, step + 1))
    setup.optimizer.zero_grad()
    if setup.stride > 1 and together:
        setup.machine.average_states(setup.optimizer, restorer, setup.ema)
    return finite


def mean_of(setup: Setup, several: list[Losses], stop: bool) -> tuple[Losses, bool]:
    """The losses of a step's batches, averaged over them and over processes that step together; and
    whether any of these is to stop.
    """
    names = list(several[0])
    values = torch.stack(
        [torch.stack([losses[name] for losses in several]).mean() for name in names]
    )
    if setup.machine.world == 1 or setup.stride > 1:
        return dict(zip(names, values, strict=True)), stop
    values = setup.machine.mean(torch.cat([values, values.new_tensor([float(stop)])]))
    return dict(zip(names, values[:-1], strict=True)), bool(values[-1] > 0)


def meet(
    setup: Setup, together: bool, stop: bool, in_a_row: int = 0, missed: int = 0
) -> tuple[bool, int, int]:
    """What processes that stepped alone find out where they meet: whether any is to stop, the most
    steps in a row that one of them could not make, and how many all of them missed.

    Until then none of them stops. Processes that step together know.
    """
    if setup.stride == 1:
        return stop, in_a_row, missed
    if not together:
        return False, in_a_row, missed
    stops, rows, counts = zip(*setup.machine.everyones([stop, in_a_row, missed]), strict=True)
    return any(stops), int(max(rows)), int(sum(counts))


def share_left(first: float, last: float) -> float:
    """How many times as large as the first loss the last one is.

    Losses of which one is below 0 are taken for decibels, as PSNR gives them.
    """
    return last / first if first > 0 and last >= 0 else float(10 ** min((last - first) / 10, 300.0))


def gradient_norms(net: nn.Module) -> dict[str, Tensor]:
    """The norm of the gradient of every parameter that has one, by its name."""
    named = [(name, p.grad) for name, p in net.named_parameters() if p.grad is not None]
    return (
        dict(
            zip(
                [name for name, _ in named], torch._foreach_norm([g for _, g in named]), strict=True
            )
        )
        if named
        else {}
    )


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
