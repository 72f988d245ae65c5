"""Optimizers by name, and the learning rate as a pure function of the step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from .build import Spec, build, find
from .muon import Muon, muon_groups

OPTIMIZERS = {
    "Muon": "burnish.training.muon:Muon",
    "AdamW": "torch.optim:AdamW",
    "Adam": "torch.optim:Adam",
    "SGD": "torch.optim:SGD",
}


def make_optimizer(spec: Spec, net: nn.Module) -> torch.optim.Optimizer:
    """The optimizer over the network's parameters; Muon's are grouped, so that it orthogonalises hidden convolutions only. RecipeError."""
    groups: Any = muon_groups(net) if find(spec.use, OPTIMIZERS, trusted=True) is Muon else [p for p in net.parameters() if p.requires_grad]
    optimizer: torch.optim.Optimizer = build(spec, OPTIMIZERS, trusted=True, place="optimizer", params=groups)
    for group in optimizer.param_groups:
        group["highest_lr"] = group["lr"]
    return optimizer


def cosine(share: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * share))


def constant(share: float) -> float:
    return 1.0


def linear(share: float) -> float:
    return 1 - share


#: share of the run that is done, 0..1 -> share of the highest learning rate
SHAPES: dict[str, Callable[[float], float]] = {"cosine": cosine, "constant": constant, "linear": linear}


def rate(step: int, steps: int, warmup: int, shape: str) -> float:
    """The share of the highest learning rate at `step` (from 0) of `steps`: it rises over `warmup` steps, and falls as `shape` says over the whole run."""
    rise = min(1.0, (step + 1) / warmup) if warmup else 1.0
    return rise * SHAPES[shape](min(step / steps, 1.0))


def set_rate(optimizer: torch.optim.Optimizer, share: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["highest_lr"] * share
