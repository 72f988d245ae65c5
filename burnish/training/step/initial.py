"""The beginning of a stage: its network with its first weights, its optimizer and its loss.

They are built once, before the first picture is read, so that what does not fit is said then.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import RecipeError
from ..losses import Loss, make_loss
from ..losses.loss import learnt
from ..networks.freezing import freeze
from ..networks.initialise import initialise
from ..networks.restorer import Restorer, load_weights, read_weights
from ..networks.smaller.cuts import cuts_of, with_cuts
from ..networks.wrapper import Wrapper
from ..optimise.optim import add_group, make_optimizer
from ..parts.build import Spec
from ..parts.patterns import check_pattern, like
from ..recipe.stage import Stage
from .fit import check_batch, check_contract, check_loss, check_teacher
from .teacher import Teacher, load_teacher


@dataclass(frozen=True)
class Initial:
    """The parts of a stage that are built before the run begins, on the processor."""

    #: the stage that they are built for
    stage: Stage
    #: the network, with what the recipe freezes frozen
    restorer: Restorer
    #: over what is not frozen, and over what of the loss learns beside it
    optimizer: torch.optim.Optimizer
    #: what is minimised
    loss: Loss
    #: whom it learns from beside the clean pictures
    teacher: Teacher | None
    #: what the weights in `start` say of their own training, the oldest run first
    ancestry: list[dict[str, Any]]
    #: the state of PyTorch's random numbers after all of that, from which the stage goes on
    random: Tensor


def build_initial(stages: Sequence[Stage], processes: int) -> list[Initial]:
    """Builds what every stage begins with.

    `processes` says among how many a batch is divided. RecipeError says the stage in which network,
    loss, optimizer, data and processes do not fit.
    """
    built = []
    for stage in stages:
        try:
            built.append(_build(stage, processes))
        except RecipeError as error:
            raise stage.with_place(error) from error
    return built


def _build(stage: Stage, processes: int) -> Initial:
    check_batch(stage.data.batch, processes)
    # Before the seed: with a teacher or without, a network begins with the same weights.
    teacher = None if stage.teacher is None else load_teacher(stage.teacher)
    seed_all(stage.seed)
    restorer, ancestry = _network(stage)
    freeze(restorer, stage.freeze)
    _want_something_trained(stage)
    loss = make_loss(stage.loss)
    optimizer = optimizer_of(stage, restorer, loss)
    check_loss(stage, loss, restorer.net)
    if teacher is not None:
        check_teacher(stage, restorer.contract, teacher.restorer.contract)
    return Initial(stage, restorer, optimizer, loss, teacher, ancestry, torch.get_rng_state())


def optimizer_of(stage: Stage, restorer: Restorer, loss: Loss) -> torch.optim.Optimizer:
    """The optimizer of a network, and of what of the loss learns beside it."""
    optimizer = make_optimizer(stage.optimizer, restorer, restorer.net.weight_sets())
    for critic in learnt(loss):
        add_group(optimizer, critic.parameters(), critic.rate)
    return optimizer


def _want_something_trained(stage: Stage) -> None:
    """RecipeError where the first stage changes weights that nobody has trained."""
    if stage.number > 0 or stage.start:
        return
    if stage.reinit:
        raise RecipeError(
            "reinit: without start there is nothing to take over, so every weight is drawn afresh"
        )
    if stage.prune:
        raise RecipeError(
            "prune: without start there is no trained network to cut from; name one with "
            "start=FILE, or prune in a later stage"
        )


def seed_all(seed: int) -> None:
    """Sets the random numbers that are drawn without a generator of their own."""
    random.seed(seed)
    torch.manual_seed(seed)


def initial_network(stage: Stage) -> Restorer:
    """The network with the weights that the stage starts from: fresh ones, or those in `start`.

    RecipeError where it does not fit the data, or where a pattern in `reinit` is like no name.
    """
    return _network(stage)[0]


def _network(stage: Stage) -> tuple[Restorer, list[dict[str, Any]]]:
    """The network, and the ancestry of its weights."""
    arch = _narrow_as(stage.arch, Path(stage.start)) if stage.start else stage.arch
    restorer = Restorer(arch, stage.dials, trusted=True)
    initialise(restorer.net, stage.initialise, torch.Generator().manual_seed(stage.seed))
    for i, pattern in enumerate(stage.reinit):
        check_pattern(pattern, restorer.state_dict(), f"reinit.{i}")
    header = _load_start(restorer, Path(stage.start), stage.reinit) if stage.start else None
    check_contract(stage, restorer.contract)
    return restorer, _ancestry(header)


def _narrow_as(arch: Spec, start: Path) -> Spec:
    """The network of a recipe, narrowed as the one in the file that it starts from."""
    _, header = read_weights(start)
    if header is None or cuts_of(arch):
        return arch
    return with_cuts(arch, cuts_of(Spec.parse(header["spec"])))


def _load_start(restorer: Restorer, start: Path, reinit: Sequence[str]) -> Any:
    """Loads the weights in a file, and returns its header.

    They go into the network, or into the base that it wraps where they are those of the base.
    Weights whose names are like the patterns in `reinit` stay as they are, and the file may have
    them in other shapes, or not at all.
    """
    weights, header = read_weights(start)
    target = net = restorer.net
    if isinstance(net, Wrapper) and weights.keys().isdisjoint(net.state_dict()):
        target = net.base
    prefix = "net." if target is net else "net.base."
    fresh = {
        name: weight.clone()
        for name, weight in target.state_dict().items()
        if like(prefix + name, reinit)
    }
    load_weights(target, weights | fresh, str(start))
    if target is not net:  # what keeps more than its base's weights begins from them
        net.after_init()
    return header


def _ancestry(header: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The training runs that a file of weights tells of, the oldest first.

    They are its own and those that it started from; files of other projects tell of none.
    """
    if header is None:
        return []
    training = dict(header["card"].get("training", {}))
    before = training.pop("before", [])
    return [*before, training]


def take_over(restorer: Restorer, weights: Mapping[str, Tensor], reinit: Sequence[str] = ()) -> int:
    """Copies the weights whose name and shape match, and returns how many.

    They go into `base` where the network wraps their owner. Weights whose names are like the
    patterns in `reinit` stay as they are.
    """
    own = restorer.state_dict()
    of_base = {name.replace("net.", "net.base.", 1): weight for name, weight in weights.items()}
    # A file of the base alone has none of the wrapper's names, and all of its own behind `base`.
    wraps = own.keys().isdisjoint(weights) and not own.keys().isdisjoint(of_base)
    fitting = {
        name: weight
        for name, weight in (of_base if wraps else weights).items()
        if name in own and own[name].shape == weight.shape and not like(name, reinit)
    }
    restorer.load_state_dict({**own, **fitting})
    if wraps:  # what keeps more than its base's weights begins from them
        restorer.net.after_init()
    return len(fitting)
