"""What one stage trains with: the network, its average, the optimizer, the learning rate, the loss
and the pictures.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...errors import RecipeError
from ..data import Crops, Pictures
from ..data.feed import feed
from ..losses import Loss, make_loss
from ..networks.freezing import freeze
from ..networks.initialise import initialise
from ..networks.recompute import recompute_blocks
from ..networks.restorer import Restorer, load_weights, read_weights
from ..networks.wrapper import Wrapper
from ..optimise.optim import make_optimizer
from ..optimise.schedule import LearningRate, shape_of
from ..parts.build import Spec
from ..parts.patterns import check_pattern, like
from ..recipe.damage import check_contract
from ..recipe.recipe import Recipe
from ..recipe.stages import count, placed, resolved
from .machine import Machine, check_batch


@dataclass
class Setup:
    """All of it, for one stage. recipe: the stage's own; ema: the averaged network, which is
    validated and saved; others: pictures to validate on.
    """

    recipe: Recipe
    machine: Machine
    restorer: Restorer
    ema: Restorer
    optimizer: torch.optim.Optimizer
    loss: Loss
    crops: Crops
    others: Pictures | None

    @property
    def epoch(self) -> float:
        """Steps in an epoch."""
        return self.crops.epoch_length / self.recipe.accumulate

    @property
    def stride(self) -> int:
        """Steps after which the processes meet."""
        return self.recipe.local_steps if self.machine.world > 1 else 1

    def rates(self, steps: int) -> LearningRate:
        """The learning rate over so many steps."""
        schedule = self.recipe.schedule
        return LearningRate(
            shape_of(schedule.shape, schedule.args),
            steps,
            schedule.warmup,
            1 if schedule.per == "step" else self.epoch,
        )

    def steps(self) -> int:
        """How many steps the stage has, as far as the recipe says; 0 where it says hours."""
        schedule = self.recipe.schedule
        return (
            max(1, math.ceil(schedule.epochs * self.epoch))
            if schedule.epochs is not None
            else schedule.steps or 0
        )


def set_up(recipe: Recipe, machine: Machine, before: Mapping[str, Tensor] | None = None) -> Setup:
    """Everything for one stage's recipe (see stages.resolved). before: the averaged weights of the
    stage before it.

    RecipeError, DataError.
    """
    random.seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    torch.backends.cudnn.benchmark = (
        recipe.data.cut != "whole"
    )  # elsewhere every batch has the same size
    restorer = fresh(recipe)
    if before is not None and recipe.start is None:
        taken = take_over(restorer, before, recipe.renew)
        if taken < len(before) or taken < len(restorer.state_dict()):
            machine.say(
                f"{taken} of {len(restorer.state_dict())} weights are those of the stage "
                "before, the others are drawn afresh"
            )
    check_batch(recipe, machine)
    crops, others = feed(recipe, restorer.contract, machine.say)
    restorer.to(machine.device).to(memory_format=machine.memory_format)  # type: ignore[call-overload]
    ema = copy.deepcopy(restorer).eval()
    freeze(restorer, recipe.freeze)
    optimizer = make_optimizer(recipe.optimizer, restorer, restorer.net.weight_sets())
    loss = make_loss(Spec(recipe.loss.use, recipe.loss.args)).to(machine.device)
    if recipe.checkpoint_activations and not recompute_blocks(restorer.net):
        machine.say(
            f"checkpoint_activations: {recipe.arch.use} has no blocks that could be computed "
            "again, so it changes nothing"
        )
    if recipe.compile is True or (
        recipe.compile == "auto" and machine.device == "cuda" and recipe.data.cut != "whole"
    ):
        restorer.net.compile(dynamic=recipe.data.cut == "whole")
    return Setup(recipe, machine, restorer, ema, optimizer, loss, crops, others)


def fresh(recipe: Recipe) -> Restorer:
    """The network with the weights that a run starts from. RecipeError."""
    restorer = Restorer(recipe.arch, recipe.dials, trusted=True)
    initialise(restorer.net, recipe.initialise, torch.Generator().manual_seed(recipe.seed))
    for i, pattern in enumerate(recipe.renew):
        check_pattern(pattern, restorer.state_dict(), f"renew.{i}")
    if recipe.start:
        drawn = {
            name: weight.clone()
            for name, weight in restorer.state_dict().items()
            if like(name, recipe.renew)
        }
        weights = read_weights(Path(recipe.start))[0]
        target = net = restorer.net
        if isinstance(net, Wrapper) and weights.keys() == net.base.state_dict().keys():
            target = net.base
        load_weights(target, weights, recipe.start)
        restorer.load_state_dict(drawn, strict=False)
        if target is not net:  # what keeps more than its base's weights begins from them
            net.after_init()
    check_contract(recipe, restorer.contract)
    return restorer


def take_over(restorer: Restorer, weights: Mapping[str, Tensor], renew: Sequence[str] = ()) -> int:
    """Those weights whose name and shape fit, where the network wraps what they are of, those of
    its base; returns how many.

    renew: patterns of the restorer's names that keep the weights they have.
    """
    own = restorer.state_dict()
    based = {name.replace("net.", "net.base.", 1): weight for name, weight in weights.items()}
    wrapped = not any(name in own for name in weights) and any(name in own for name in based)
    wanted = {
        name: weight
        for name, weight in (based if wrapped else weights).items()
        if name in own and not like(name, renew)
    }
    fitting = {name: weight for name, weight in wanted.items() if own[name].shape == weight.shape}
    restorer.load_state_dict({**own, **fitting})
    if wrapped:  # what keeps more than its base's weights begins from them
        restorer.net.after_init()
    return len(fitting)


def check_networks(recipe: Recipe, machine: Machine) -> None:
    """Builds every stage's network once: whether it fits the data, its loss, the processes, and
    what is to be frozen is said before the first picture is read.

    RecipeError.
    """
    for number in range(count(recipe)):
        alone = resolved(recipe, number)
        try:
            check_batch(alone, machine)
            restorer = fresh(alone)
            freeze(restorer, alone.freeze)
            if alone.renew and number == 0 and not alone.start:
                raise RecipeError(
                    "renew: without start there is nothing to take over, so every weight is "
                    "drawn afresh"
                )
            make_optimizer(alone.optimizer, restorer, restorer.net.weight_sets())
            loss = make_loss(Spec(alone.loss.use, alone.loss.args))
            if loss.on_logits and restorer.net.logits is None:
                raise RecipeError(
                    f"loss: {alone.loss.use} wants logits, and {alone.arch.use} does not offer "
                    "them; a network with a final sigmoid does"
                )
            least = loss.least * (
                2 if alone.data.raw else 1
            )  # raw planes have half the side of their crop
            if alone.data.cut != "whole" and alone.data.crop < least:
                raise RecipeError(
                    f"data.crop: {alone.data.crop} is too small for {alone.loss.use}, which "
                    f"wants {least} and more"
                )
        except RecipeError as error:
            raise placed(error, recipe, number) from error
