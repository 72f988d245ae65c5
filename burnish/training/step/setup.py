"""The parts that one stage trains with.

They are the network, its average, the optimizer, the learning rate, the loss and the pictures.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ..data import Batch, Crops, Pictures, stream
from ..losses import Loss
from ..losses.loss import learnt
from ..networks.freezing import freeze
from ..networks.recompute import recompute_blocks
from ..networks.restorer import Restorer
from ..networks.smaller.cuts import Cuts, with_cuts
from ..optimise.schedule import LearningRate
from ..recipe.stage import Stage
from .feed import feed
from .initial import Initial, initial_network, optimizer_of, seed_all, take_over
from .machine import Machine
from .teacher import Teacher


@dataclass
class Setup:
    """All that one stage trains with, on its machine."""

    #: the stage of the recipe
    stage: Stage
    #: where it runs
    machine: Machine
    #: the network that learns
    restorer: Restorer
    #: its average, which is validated and saved
    ema: Restorer
    #: what moves the weights that are not frozen, and the critics'
    optimizer: torch.optim.Optimizer
    #: what is minimised
    loss: Loss
    #: what of the loss learns beside the network; empty for most
    critics: nn.ModuleList
    #: whom it learns from beside the clean pictures; None: from these alone
    teacher: Teacher | None
    #: the batches to train on
    crops: Crops
    #: pictures to validate on; None where none are left out
    others: Pictures | None

    @property
    def epoch(self) -> float:
        """Steps in an epoch."""
        return self.crops.epoch_length / self.stage.accumulate

    @property
    def stride(self) -> int:
        """Steps after which the processes meet."""
        return self.stage.local_steps if self.machine.world > 1 else 1

    def rates(self, steps: int) -> LearningRate:
        """The learning rate over so many steps."""
        schedule = self.stage.schedule
        epoch_length = 1 if schedule.per == "step" else self.epoch
        return LearningRate(self.stage.shape, steps, schedule.warmup, epoch_length)

    def steps(self) -> int:
        """The number of steps that the recipe says; 0 where it says hours."""
        schedule = self.stage.schedule
        if schedule.epochs is not None:
            return max(1, math.ceil(schedule.epochs * self.epoch))
        return schedule.steps or 0

    def batches(self, first: int, last: int) -> Iterator[Batch]:
        """This process's share of the batches of the steps from `first` to before `last`."""
        n = self.stage.accumulate
        return stream(
            self.crops,
            n * first,
            n * last,
            workers=self.stage.data.workers,
            pinned=self.machine.device == "cuda",
            rank=self.machine.rank,
            world=self.machine.world,
        )


def set_up(
    initial: Initial,
    machine: Machine,
    before: Mapping[str, Tensor] | None = None,
    cuts: Cuts | None = None,
) -> Setup:
    """Sets up one stage; `before` are the averaged weights of the stage before it.

    `cuts` are those that its network has already; None are those of the file that it starts from.
    An `Initial` is used up by it: its network is the one that learns. DataError names what cannot
    be used.
    """
    stage = initial.stage
    restorer = initial.restorer
    optimizer = initial.optimizer
    loss = initial.loss
    seed_all(stage.seed)
    torch.set_rng_state(initial.random)
    # Every batch of whole pictures has another size.
    torch.backends.cudnn.benchmark = stage.data.cut != "whole"

    # The weights that it begins with, in the network that they are of.
    if cuts:
        narrow = replace(stage, arch=with_cuts(stage.arch, cuts), start=None, reinit=())
        restorer = initial_network(narrow)
        freeze(restorer, stage.freeze)
        optimizer = optimizer_of(stage, restorer, loss)
    if before is not None and stage.start is None:
        taken = take_over(restorer, before, stage.reinit)
        all_of_it = len(restorer.state_dict())
        if taken < len(before) or taken < all_of_it:
            machine.say(
                f"{taken} of {all_of_it} weights are those of the stage "
                "before, the others are drawn afresh"
            )

    # Its pictures.
    crops, others = feed(stage, restorer.contract, machine.say)

    # The network and the loss, on the machine.
    loss.to(machine.device)
    if initial.teacher:
        initial.teacher.to(machine)
    learning = (*_placed(restorer, stage, machine), optimizer, loss, nn.ModuleList(learnt(loss)))
    return Setup(stage, machine, *learning, initial.teacher, crops, others)


def with_network(setup: Setup, restorer: Restorer) -> Setup:
    """The setup with another network, before the first step: its average and its optimizer, too."""
    freeze(restorer, setup.stage.freeze)
    optimizer = optimizer_of(setup.stage, restorer, setup.loss)
    restorer, ema = _placed(restorer, setup.stage, setup.machine)
    return replace(setup, restorer=restorer, ema=ema, optimizer=optimizer)


def _placed(restorer: Restorer, stage: Stage, machine: Machine) -> tuple[Restorer, Restorer]:
    """The network and its average, on the machine, made ready to learn."""
    restorer.to(machine.device)
    restorer.to(memory_format=machine.memory_format)  # type: ignore[call-overload]
    ema = copy.deepcopy(restorer).eval()
    if stage.checkpoint_activations and not recompute_blocks(restorer.net):
        machine.say(
            f"checkpoint_activations: {stage.arch.use} has no blocks that could be computed "
            "again, so it changes nothing"
        )
    whole = stage.data.cut == "whole"
    on_gpu = stage.compile == "auto" and machine.device == "cuda" and not whole
    if stage.compile is True or on_gpu:
        restorer.net.compile(dynamic=whole)
    return restorer, ema
