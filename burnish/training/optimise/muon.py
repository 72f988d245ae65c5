"""Muon: momentum, orthogonalised, for convolutions; AdamW for everything else.

Jordan et al. 2024 ("Muon: an optimizer for hidden layers"); scaling by 0.2 sqrt(max(rows, cols)) by
Liu et al. 2025 ("Muon is scalable for LLM training"). `torch.optim.Muon` takes two-dimensional
parameters only, hence this file: a convolution's weight [out, in, k, k] is the matrix [out, in k
k].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def orthogonalise(update: Tensor, steps: int = 5) -> Tensor:
    """The nearest (semi-)orthogonal matrices to `update` [..., rows, cols], roughly.

    Five Newton-Schulz steps bring every singular value to 0.7..1.2. A step is X <- (a + b G + c
    G^2) X with G = X X^T. Its factor commutes with G, so the steps are done on the small square G
    alone and their product meets the wide X once: for a 3x3 convolution of 192 channels a third of
    the multiplications. Small values of G want float32, as bfloat16 would lose them.
    """
    a, b, c = NEWTON_SCHULZ
    tall = update.size(-2) > update.size(-1)
    x = (update.mT if tall else update).float()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    gram = x @ x.mT
    one = torch.eye(gram.size(-1), device=gram.device)
    product = one
    for step in range(steps):
        factor = a * one + b * gram + c * (gram @ gram)
        product = factor @ product
        if step < steps - 1:
            gram = factor @ gram @ factor
    x = product @ x
    result: Tensor = (x.mT if tall else x).to(update.dtype)
    return result


class Muon(torch.optim.Optimizer):
    """Muon for the groups with `orthogonal=True`, AdamW for the others.

    Both have one learning rate (Liu et al. 2025, section 2.2).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "orthogonal": False,
            },
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if group["weight_decay"]:
                for p in params:
                    p.mul_(1 - group["lr"] * group["weight_decay"])
            if group["orthogonal"]:
                self._muon(params, group)
            else:
                for p in params:
                    self._adamw(p, self.state[p], group)
        return loss

    def _muon(self, params: list[Tensor], group: dict[str, Any]) -> None:
        """Moves convolutions; those of one shape go through the products together.

        On a GPU, small products cost their launches.
        """
        shapes: dict[torch.Size, list[Tensor]] = {}
        for p in params:
            shapes.setdefault(p.shape, []).append(p)
        for members in shapes.values():
            updates = torch.stack(
                [self._nesterov(p, self.state[p], group["momentum"]) for p in members]
            )
            directions = orthogonalise(updates)
            scale = 0.2 * max(updates.shape[-2:]) ** 0.5
            for p, direction in zip(members, directions, strict=True):
                p.add_(direction.view_as(p), alpha=-group["lr"] * scale)

    @staticmethod
    def _nesterov(p: Tensor, state: dict[str, Any], momentum: float) -> Tensor:
        """The gradient after momentum, as a matrix [out, in k k]."""
        assert p.grad is not None
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(p)
        state["momentum"].lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(state["momentum"], momentum).flatten(1)

    @staticmethod
    def _adamw(p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        assert p.grad is not None
        beta1, beta2 = group["betas"]
        if "step" not in state:
            state.update(
                step=torch.zeros(()), exp_avg=torch.zeros_like(p), exp_avg_sq=torch.zeros_like(p)
            )
        state["step"] += 1
        t = state["step"].item()
        state["exp_avg"].lerp_(p.grad, 1 - beta1)
        state["exp_avg_sq"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
        spread = (state["exp_avg_sq"] / (1 - beta2**t)).sqrt_().add_(group["eps"])
        p.addcdiv_(state["exp_avg"], spread, value=-group["lr"] / (1 - beta1**t))


def muon_groups(
    net: nn.Module, weight_sets: Sequence[Sequence[nn.Parameter]] | None = None
) -> list[dict[str, Any]]:
    """The parameter groups: convolutions for Muon, but the first and the last; the rest for AdamW.

    `weight_sets` are the weights that a picture passes from door to tail, in that order, for each
    network that is kept in this one; without it, they are the network's own. Each set has its first
    and its last convolution; where all sets are frozen, these are those of what learns.
    """
    everything = _convolutions(net.parameters())
    found = [_convolutions(weights) for weights in weight_sets or ()]
    sets = [convolutions for convolutions in found if convolutions] or [everything]
    ends = {id(p) for weights in sets for p in (*weights[:1], *weights[-1:])}
    hidden = {id(p) for p in everything} - ends
    learning = [p for p in net.parameters() if p.requires_grad]
    inside = [p for p in learning if id(p) in hidden]
    others = [p for p in learning if id(p) not in hidden]
    return [{"params": inside, "orthogonal": True}, {"params": others, "orthogonal": False}]


def _convolutions(parameters: Iterable[nn.Parameter]) -> list[nn.Parameter]:
    """The weights of convolutions that learn."""
    # A parameter [1, C, 1, 1] is a vector.
    return [
        p
        for p in parameters
        if p.requires_grad and p.ndim == 4 and not (p.shape[0] == 1 and p.shape[2:] == (1, 1))
    ]
