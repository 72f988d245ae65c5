"""The precision that losses are computed in, and what a weight means to each kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import UsageError

Module = TypeVar("Module")
Result = TypeVar("Result")


def exact(
    forward: Callable[[Module, Tensor, Tensor, Tensor | None], Result],
) -> Callable[..., Result]:
    """Has a loss's `forward` computed in float32 (float64 stays), whatever autocast says.

    It serves `terms` as well, where these do not depend on the level. UsageError where the two
    pictures' shapes differ.
    """

    @wraps(forward)
    def method(
        self: Module,
        restored: Tensor,
        clean: Tensor,
        weight: Tensor | None = None,
        level: Tensor | None = None,
    ) -> Result:
        if restored.shape != clean.shape:
            raise UsageError(
                f"a loss compares pictures of one shape, not {list(restored.shape)} (restored) "
                f"with {list(clean.shape)} (clean)"
            )
        dtype = torch.float64 if restored.dtype == torch.float64 else torch.float32
        with torch.autocast(restored.device.type, enabled=False):
            return forward(
                self,
                restored.to(dtype),
                clean.to(dtype),
                None if weight is None else weight.to(dtype),
            )

    return method


def weighted_mean(error: Tensor, weight: Tensor | None) -> Tensor:
    """The mean of weight * error over all elements.

    A place of weight 0 adds nothing, but is counted.
    """
    return error.mean() if weight is None else (weight * error).mean()


def level_weight(level: Tensor, reference: float, offset: float, power: float) -> Tensor:
    """The weight (reference / (level + offset)) ** power, in the shape of the level.

    With it strong damage does not drown weak damage. The level is [B, 1, 1, 1] or [B, 1, H, W].
    """
    return torch.pow(reference / (level + offset), power)


def least_under(weight: Tensor | None, height: int, width: int) -> Tensor | None:
    """The smallest weight under a window, at every place where the window lies inside.

    What has looked at a place of weight 0 so counts nothing. A weight [B, 1 or C, H, W] becomes [B,
    1 or C, H - height + 1, W - width + 1]; one of [B, 1, 1, 1] stays.
    """
    if weight is None or weight.shape[-2:] == (1, 1):
        return weight
    return -F.max_pool2d(-weight, (height, width), stride=1)


def hidden(restored: Tensor, clean: Tensor, weight: Tensor | None) -> Tensor:
    """The restored picture with the clean one in its place where nothing counts.

    It is for losses that look at a picture as a whole.
    """
    return restored if weight is None else torch.where(weight == 0, clean, restored)


def of_picture(weight: Tensor | None) -> Tensor | None:
    """The weight of each picture, [B, 1, 1, 1]: its mean over the places that count at all.

    The weight of the places is [B, 1 or C, H, W].
    """
    if weight is None:
        return None
    return weight.sum((1, 2, 3), keepdim=True) / (weight != 0).sum(
        (1, 2, 3), keepdim=True
    ).clamp_min(1)
