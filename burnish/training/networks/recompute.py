"""Checkpointed activations (Chen et al. 2016).

What happens inside a block is computed again in the backward pass, so that it need not be kept till
then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint

from .network import Network


def recompute_blocks(net: nn.Module) -> int:
    """Has every block computed anew in the backward pass; returns how many there are.

    The gradients are the same.

    A block is a member of a list or a sequence that has layers of its own. One that gathers running
    statistics is left out: it would gather them twice; and so is a network whose filters are
    computed from the level: when the backward pass comes, it has its own again.
    """
    blocks = _blocks(net)
    for block in blocks:
        block.forward = partial(_anew, block.forward)
    return len(blocks)


def _anew(forward: Callable[..., Any], *inputs: Any, **named: Any) -> Any:
    return checkpoint(forward, *inputs, use_reentrant=False, **named)


def _blocks(module: nn.Module) -> list[nn.Module]:
    """The outermost blocks."""
    found: list[nn.Module] = []
    if isinstance(module, Network) and module.level == "batch":  # its filters change
        return found
    for child in module.children():
        if (
            isinstance(module, nn.ModuleList | nn.Sequential)
            and any(True for _ in child.children())
            and not _gathers(child)
        ):
            found.append(child)
        else:
            found += _blocks(child)
    return found


def _gathers(module: nn.Module) -> bool:
    return any(getattr(part, "running_mean", None) is not None for part in module.modules())
