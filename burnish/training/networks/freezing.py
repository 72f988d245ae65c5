"""Freezing: parameters by their names, and the running statistics of the layers they belong to."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from ...errors import RecipeError
from ..parts.patterns import check_pattern, like


def freeze(net: nn.Module, patterns: Sequence[str]) -> int:
    """Keeps the parameters whose name is like one of the patterns from learning.

    Normalisations of which a parameter or buffer no longer learns gather no statistics any more.
    Returns how many parameters (numbers) go on learning. RecipeError where a pattern is like no
    name, or nothing is left to learn.
    """
    named = [name for name, _ in (*net.named_parameters(), *net.named_buffers())]
    for i, pattern in enumerate(patterns):
        check_pattern(pattern, named, f"freeze.{i}")
    for name, parameter in net.named_parameters():
        if like(name, patterns):
            parameter.requires_grad_(
                False
            )  # and nothing is thawed: a network may have frozen a part of itself
    left = sum(p.numel() for p in net.parameters() if p.requires_grad)
    if not left:
        raise RecipeError(
            "freeze: every parameter of the network is like one of the patterns, so there is "
            "nothing to train"
        )
    for place, module in net.named_modules():
        own = [
            f"{place}.{name}"
            for name, _ in (
                *module.named_parameters(recurse=False),
                *module.named_buffers(recurse=False),
            )
        ]
        if hasattr(module, "running_mean") and any(like(name, patterns) for name in own):
            module.eval()
    return left
