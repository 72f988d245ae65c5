"""Optimizers by name, over groups of parameters.

The argument `groups: [{match: "*.bias", weight_decay: 0}]` gives some parameters their own.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ...errors import RecipeError
from ...ground.tables import Table
from ..parts.build import Spec, build, check_arguments, find
from ..parts.patterns import check_pattern, like
from .muon import Muon, muon_groups

#: Those that a training loop without closures can drive. Rates and defaults are torch's, but for
#: Muon's.
OPTIMIZERS: Table[Callable[..., Any]] = Table(
    "optimizer",
    {
        "Muon": "burnish.training.optimise.muon:Muon",
        "AdamW": "torch.optim:AdamW",
        "Adam": "torch.optim:Adam",
        "SGD": "torch.optim:SGD",
        "RMSprop": "torch.optim:RMSprop",
        "NAdam": "torch.optim:NAdam",
        "RAdam": "torch.optim:RAdam",
        "Adamax": "torch.optim:Adamax",
        "Adagrad": "torch.optim:Adagrad",
        "Adadelta": "torch.optim:Adadelta",
        "ASGD": "torch.optim:ASGD",
        "Adafactor": "torch.optim:Adafactor",
    },
)


def make_optimizer(
    spec: Spec, net: nn.Module, weight_sets: Sequence[Sequence[nn.Parameter]] | None = None
) -> torch.optim.Optimizer:
    """The optimizer over the network's parameters, frozen ones left out.

    Muon's are grouped, so that it orthogonalises hidden convolutions only (weight_sets: see
    `muon_groups`). Of the groups in `spec.args["groups"]` the first whose pattern matches a
    parameter's name takes it; what no pattern matches has the arguments of all. Every group
    remembers its `highest_lr`. RecipeError where an argument is unknown, or a pattern matches
    nothing.
    """
    check_optimizer(spec)
    args = dict(spec.args)
    groups = args.pop("groups", ())
    muon = find(spec.use, OPTIMIZERS, trusted=True) is Muon
    whole = (
        muon_groups(net, weight_sets)
        if muon
        else [{"params": [p for p in net.parameters() if p.requires_grad]}]
    )
    if not any(part["params"] for part in whole):
        raise RecipeError(
            "optimizer: every parameter of the network is frozen, so there is nothing to train"
        )
    parts = [part for part in _divided(whole, groups, net) if part["params"]]
    optimizer: torch.optim.Optimizer = build(
        Spec(spec.use, args), OPTIMIZERS, trusted=True, place="optimizer", params=parts
    )
    for group in optimizer.param_groups:
        group["highest_lr"] = group["lr"]
    return optimizer


def add_group(
    optimizer: torch.optim.Optimizer, parameters: Iterable[nn.Parameter], rate: float
) -> None:
    """Has the optimizer move other parameters as well, at a highest rate of their own."""
    group = {"params": list(parameters), "lr": rate, "highest_lr": rate}
    optimizer.add_param_group(group)


def check_optimizer(spec: Spec, place: str = "optimizer") -> None:
    """RecipeError where the name, an argument, or an argument of a group is unknown."""
    make = find(spec.use, OPTIMIZERS, trusted=True, place=f"{place}.use")
    args = dict(spec.args)
    groups = args.pop("groups", ())
    check_arguments(make, {**args, "params": ()}, f"{place}.args")
    _check_rate(args, f"{place}.args.lr")
    if not isinstance(groups, Sequence) or isinstance(groups, str):
        raise RecipeError(
            f"{place}.args.groups: wants a list of mappings such as {{match: '*.bias', "
            f"weight_decay: 0}}, not {groups!r}"
        )
    for i, group in enumerate(groups):
        where = f"{place}.args.groups.{i}"
        if not isinstance(group, Mapping) or not isinstance(group.get("match"), str):
            raise RecipeError(
                f"{where}: wants a mapping with `match`, a pattern of parameter names such as "
                f"'*.bias', not {group!r}"
            )
        options = {name: value for name, value in group.items() if name != "match"}
        check_arguments(make, {**_required(make), **options}, where)
        _check_rate(options, f"{where}.lr")


def _check_rate(args: Mapping[str, Any], place: str) -> None:
    """RecipeError for a learning rate that is none; some optimizers take any."""
    rate = args.get("lr", 0.0)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < math.inf:
        raise RecipeError(f"{place}: wants a number of 0 or more, such as 1e-3, not {rate!r}")


def _required(make: Any) -> dict[str, None]:
    """The arguments without defaults, each as None: a group need not give them."""
    return {
        name: None
        for name, parameter in inspect.signature(make).parameters.items()
        if parameter.default is parameter.empty
    }


def _divided(
    whole: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]], net: nn.Module
) -> list[dict[str, Any]]:
    """Each part of the network once for what no pattern matches, and once for every pattern."""
    patterns = [group["match"] for group in groups]
    owner = {
        id(p): _first_match(name, patterns) for name, p in net.named_parameters() if p.requires_grad
    }
    for i, pattern in enumerate(patterns):
        check_pattern(
            pattern,
            (name for name, _ in net.named_parameters()),
            f"optimizer.args.groups.{i}.match",
        )
    divided = []
    for part in whole:
        for i in range(-1, len(groups)):
            options = dict(groups[i]) if i >= 0 else {}
            options.pop("match", None)
            mine = [p for p in part["params"] if owner[id(p)] == i]
            divided.append({**part, **options, "params": mine})
    return divided


def _first_match(name: str, patterns: Sequence[str]) -> int:
    """The index of the first pattern that matches, or -1."""
    return next((i for i, pattern in enumerate(patterns) if like(name, [pattern])), -1)
