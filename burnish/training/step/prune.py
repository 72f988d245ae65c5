"""Pruning: a trained network loses the channels that matter least to its loss, and learns on.

What a channel matters is what the loss would change without it, by the first term of its Taylor
series: the sum of weight times gradient over all that goes with it (Molchanov et al., "Importance
estimation for neural network pruning", CVPR 2019). Or it is how large its weights are beside those
of the others of its layers (Li et al., "Pruning filters for efficient ConvNets", ICLR 2017).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ...errors import RecipeError
from ..networks.cost import multiply_adds, parameters
from ..networks.restorer import Restorer
from ..networks.smaller.cuts import without
from ..networks.smaller.ties import Channel, Family, families
from ..recipe.recipe import PruneKeys
from .setup import Setup, with_network
from .step import gradients


def pruned(setup: Setup) -> Setup:
    """The setup with the smaller network that `prune` in its recipe asks for.

    Where that asks for nothing, it is the setup itself. RecipeError where so much cannot be cut.
    """
    keys = setup.stage.prune
    if keys is None:
        return setup
    whole = setup.restorer
    found = families(whole)
    if not found:
        raise RecipeError(
            f"prune: {setup.stage.arch.use} has no channels that can be cut: what makes and what "
            "reads them is no convolution, or what lies between is not known"
        )
    # Several processes have to cut the same.
    own = SCORES[keys.by](setup, found).to(setup.machine.device)
    scores = setup.machine.broadcast({"scores": own})["scores"]
    left = _fitting(whole, _ordered(found, scores.tolist()), keys)
    setup.machine.say(
        f"pruned: {parameters(left) / 1e6:.2f} of {parameters(whole) / 1e6:.2f} M parameters and "
        f"{multiply_adds(left) / 1e6:.3f} of {multiply_adds(whole) / 1e6:.3f} M multiply-adds are "
        "left"
    )
    return with_network(setup, left)


def by_loss(setup: Setup, found: Sequence[Family]) -> Tensor:
    """What the loss would change for each multiply-add that is saved, in the root of the mean
    square over some batches: a number for each channel of each family, in order.
    """
    assert setup.stage.prune is not None
    # A copy that runs as it will, so that no statistics are gathered.
    subject = copy.deepcopy(setup.restorer).eval().requires_grad_(True)
    asked = replace(setup, restorer=subject)
    length = max(1, int(setup.crops.epoch_length))
    squares = torch.zeros(sum(map(len, found)))
    for i in range(setup.stage.prune.batches):
        subject.zero_grad()
        gradients(asked, [setup.crops[(*divmod(i, length), 0, 1)]])
        moved = {
            name: (weight * weight.grad).detach().float().cpu()
            for name, weight in subject.net.named_parameters()
            if weight.grad is not None
        }
        squares += _sums(moved, found).square()
    setup.optimizer.zero_grad()
    costs = torch.tensor([channel.cost for family in found for channel in family])
    return squares.div(setup.stage.prune.batches).sqrt() / costs


def by_size(setup: Setup, found: Sequence[Family]) -> Tensor:
    """How large the weights of each channel are, beside the mean of its family."""
    sizes = {
        name: weight.detach().float().abs().cpu()
        for name, weight in setup.restorer.net.named_parameters()
    }
    sums = torch.split(_sums(sizes, found), [len(family) for family in found])
    return torch.cat([each / each.mean().clamp(min=1e-12) for each in sums])


#: how a channel's importance is told -> a number for each channel of each family, in order
SCORES: dict[str, Callable[[Setup, Sequence[Family]], Tensor]] = {"loss": by_loss, "size": by_size}


def _sums(values: dict[str, Tensor], found: Sequence[Family]) -> Tensor:
    """The sum of a number for each weight, over all that goes with each channel.

    What two slices of one channel share counts twice: it is little.
    """
    along: dict[tuple[str, int], list[float]] = {}
    for family in found:
        for name, axis, _ in family[0].slices:
            if name in values and (name, axis) not in along:
                others = [i for i in range(values[name].ndim) if i != axis]
                value = values[name].sum(others) if others else values[name]
                along[name, axis] = value.tolist()
    return torch.tensor(
        [
            math.fsum(along[name, axis][i] for name, axis, i in channel.slices if name in values)
            for family in found
            for channel in family
        ]
    )


#: what matters least comes first: the score of a channel, its family and its place there
Order = list[tuple[float, int, int]]


def _ordered(found: Sequence[Family], scores: Sequence[float]) -> tuple[Sequence[Family], Order]:
    left = iter(scores)
    order = [(next(left), i, k) for i, family in enumerate(found) for k in range(len(family))]
    return found, sorted(order)


def _fitting(whole: Restorer, ranked: tuple[Sequence[Family], Order], keys: PruneKeys) -> Restorer:
    """The network that has lost as few channels as brings it below the multiply-adds asked for."""
    found, order = ranked
    most = keys.keep * multiply_adds(whole)
    fewest, enough = 0, len(order)
    left = without(whole, _gone(found, order, enough, keys.multiple))
    if multiply_adds(left) > most:
        raise RecipeError(
            f"prune.keep: {keys.keep:g} of its multiply-adds cannot be reached: with the fewest "
            f"channels that prune.multiple={keys.multiple} allows, "
            f"{multiply_adds(left) / multiply_adds(whole):.2f} are left"
        )
    while enough - fewest > 1:
        middle = (fewest + enough) // 2
        tried = without(whole, _gone(found, order, middle, keys.multiple))
        if multiply_adds(tried) > most:
            fewest = middle
        else:
            enough, left = middle, tried
    return left


def _gone(found: Sequence[Family], order: Order, count: int, multiple: int) -> list[Channel]:
    """The first `count` channels of the order, but so many of each family that what is left is a
    multiple, and not nothing.
    """
    wanted = [[k for _, i, k in order[:count] if i == number] for number in range(len(found))]
    gone = []
    for family, places in zip(found, wanted, strict=True):
        left = max(1, len(family) - len(places))
        left = min(len(family), math.ceil(left / multiple) * multiple)
        gone += [family[k] for k in places[: len(family) - left]]
    return gone
