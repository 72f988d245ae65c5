"""Biased: a network some of whose convolutions have the bias that they lack.

Folding a dial at one level leaves them so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..wrapper import Wrapper


class Biased(Wrapper):
    """Wraps a network without dials, and gives the named convolutions a bias each, from 0."""

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}},
        "convolutions": ["head"],
    }

    def __init__(self, base: Callable[..., nn.Module], convolutions: Sequence[str]) -> None:
        super().__init__(base)
        for name in convolutions:
            layer: Any = self.base.get_submodule(name)
            if layer.bias is not None:
                raise ValueError(f"{name} has a bias already")
            layer.bias = nn.Parameter(torch.zeros(layer.out_channels))

    def forward(self, image: Tensor) -> Tensor:
        return self.base(image)
