"""Adversarial: how much less like a photograph the restored picture looks than the clean one.

The sources are Goodfellow et al. (NeurIPS 2014); Jolicoeur-Martineau (ICLR 2019), who compares the
two instead of judging each alone; and Esser et al. (CVPR 2021), who weigh by the gradients' length.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from .common import hidden, of_picture, weighted_mean
from .critic import SMALLEST, Critic
from .loss import Learnt


class Adversarial(Learnt):
    """The mean over all places of softplus(c(clean) - c(restored)), by a critic c that learns.

    The critic learns beside the network, at the learning rate `rate`, to tell clean pictures from
    restored ones: it makes softplus(c(restored) - c(clean)) small. As it sees the same place of
    both, it looks at how the picture is restored, and not at what it shows. Nothing but what a
    critic can tell is forbidden, so this goes with a pixel loss beside it.

    How steep a critic is changes as it learns. So the gradient at the restored picture is made as
    long as that of L1, and a `weight` in a `Sum` says how many times as much as L1 it counts.
    `width` is the critic's, in channels. `border` says how many pixels at a crop's edge it does not
    look at, since what a network makes there would tell it apart at once. It computes in the
    precision of the run.
    """

    def __init__(self, rate: float = 2e-4, width: int = 32, border: int = 8) -> None:
        super().__init__()
        if not (rate > 0 and width > 0 and border >= 0):
            raise ValueError(
                f"rate and width are above 0, border not below, not {rate}, {width} and {border}"
            )
        self.rate = rate
        self.border = border
        self.least = SMALLEST + 2 * border
        self.critic = Critic(width=width)

    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        self.critic.eval()
        weights = {name: value.detach() for name, value in self.critic.named_parameters()}
        seen = self._inside(hidden(restored, clean, weight))
        a, b = (functional_call(self.critic, weights, (x,)) for x in (seen, self._inside(clean)))
        value = weighted_mean(F.softplus((b - a).float()), of_picture(weight))
        if not value.requires_grad:
            return value
        (slope,) = torch.autograd.grad(value, restored)
        slope = slope / (slope.norm() * restored.numel() ** 0.5).clamp_min(1e-12)
        return value.detach() + (slope * (restored - restored.detach())).sum()

    def lesson(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        """What the critic learns by: softplus(c(restored) - c(clean)), the mean over all places."""
        self.critic.train()
        both = torch.cat([hidden(restored, clean, weight), clean])
        a, b = self.critic(self._inside(both)).chunk(2)
        return weighted_mean(F.softplus((a - b).float()), of_picture(weight))

    def _inside(self, picture: Tensor) -> Tensor:
        height, width = picture.shape[-2:]
        return picture[..., self.border : height - self.border, self.border : width - self.border]
