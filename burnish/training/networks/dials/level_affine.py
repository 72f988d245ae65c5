"""LevelAffine: a level plane, and a gain and a shift for every channel.

Both are smooth functions of the level (He, Dong, Qiao, "Interactive multi-dimension modulation with
dynamic controllable residual learning", ECCV 2020, is the linear case; FBCNN: Jiang, Zhang,
Timofte, ICCV 2021).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ..network import Layer
from .features import scaled
from .level_plane import LevelPlane
from .places import Place, attach, convolutions


class LevelAffine(LevelPlane):
    """LevelPlane whose convolutions, but the first and the last, give gamma(t) y + beta(t).

    Here t = amount / widest, where `widest`, in the dial's unit, is the amount at which t is 1; a
    fresh network is LevelPlane. u = log(1 + 9 t) / log(10) gives weak levels resolution; gamma =
    exp(A phi(u)), beta = t B phi(u), A = B = 0 when fresh, phi the natural cubic splines on `knots`
    knots from 0 to 1, which go on in straight lines beyond. With several dials phi holds each one's
    and the products of their first two. With `maps` the level may be a plane of the picture's size,
    which costs a product for every feature. The other arguments are LevelPlane's. It folds exactly.
    """

    tiny: ClassVar[dict[str, Any]] = {**LevelPlane.tiny, "widest": 75.0}

    def __init__(
        self,
        base: Callable[..., nn.Module],
        dials: int = 1,
        channels: int = 3,
        gate: float = 0.5,
        zero: float | Sequence[float] = 0.0,
        full: float | Sequence[float] = 255.0,
        widest: float = 75.0,
        knots: int = 6,
        maps: bool = False,
    ) -> None:
        super().__init__(base, dials, channels, gate, zero, full)
        if widest <= 0 or knots < 3:
            raise ValueError(
                f"widest must be above 0 and knots 3 or more, not {widest:g} and {knots}"
            )
        self.widest = float(widest)
        self.level = "pixel" if maps else "image"
        self.splines = Splines(knots)
        found = convolutions(self.base, ends=False)
        size = knots * dials + 4 * (dials * (dials - 1) // 2)
        changes = [Affine(place, size, dials) for place in found]
        self.changes = nn.ModuleList(changes)
        self.places = [place.name for place in found]
        self.slot = attach(found, changes)

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        self.slot.put(self._basis(level))
        return super().forward(image, level)

    def _basis(self, level: Tensor) -> Tensor:
        """[B, K, h, w] -> t and phi, [B, K + size, h, w]"""
        t = (level - self.zero).abs() / self.widest
        each = [
            self.splines(torch.log1p(9 * t[:, k : k + 1]) / math.log(10)) for k in range(self.dials)
        ]
        products = [
            a[:, i : i + 1] * b[:, j : j + 1]
            for a, b in itertools.combinations(each, 2)
            for i in (0, 1)
            for j in (0, 1)
        ]
        return torch.cat([t, *each, *products], 1)

    def fold(self, level: Tensor) -> dict[str, Tensor]:
        """The base's state at a level [1, K, 1, 1], for the picture's own channels."""
        state = super().fold(level)
        change: Any
        with torch.no_grad():
            basis = self._basis(level)
            for name, change in zip(self.places, self.changes, strict=True):
                gamma, beta = change.of(basis)
                state.update(scaled(self.base, name, gamma.flatten(), beta.flatten()))
        return state


class Affine(Layer):
    """y -> gamma y + beta"""

    def __init__(self, place: Place, size: int, dials: int) -> None:
        super().__init__()
        self.dials = dials
        self.gain = nn.Parameter(torch.zeros(place.channels, size))
        self.shift = nn.Parameter(torch.zeros(place.channels, size))

    def of(self, basis: Tensor) -> tuple[Tensor, Tensor]:
        """gamma and beta, each [B, C, h, w]."""
        t = basis[:, : self.dials].sum(1, keepdim=True)
        phi = basis[:, self.dials :]
        both = nn.functional.conv2d(phi, torch.cat([self.gain, self.shift])[:, :, None, None])
        gain, shift = both.chunk(2, 1)
        return gain.exp(), t * shift

    def forward(self, y: Tensor, basis: Tensor) -> Tensor:
        gamma, beta = self.of(basis)
        return gamma * y + beta


class Splines(Layer):
    """The natural cubic splines on equally spaced knots from 0 to 1.

    Each is 1 at one knot and 0 at the others (Hastie, Tibshirani, Friedman, "The elements of
    statistical learning", 2009, eq. 5.4 and 5.5, for the basis from which they are made).
    """

    def __init__(self, knots: int) -> None:
        super().__init__()
        self.at = [i / (knots - 1) for i in range(knots)]
        at_knots = self._powers(torch.tensor(self.at, dtype=torch.float64).view(-1, 1, 1, 1))[
            :, :, 0, 0
        ]
        self.mix: Tensor
        self.register_buffer(
            "mix",
            torch.from_numpy(np.linalg.inv(at_knots.numpy()).T.copy()).float()[:, :, None, None],
            persistent=False,
        )

    def forward(self, u: Tensor) -> Tensor:
        """[B, 1, h, w] -> [B, knots, h, w]"""
        return nn.functional.conv2d(self._powers(u), self.mix)

    def _powers(self, u: Tensor) -> Tensor:
        """1, u, and the truncated cubes whose second derivative is 0 outside."""
        cubes = [(u - at).relu() for at in self.at]
        steps = [
            (cube * cube * cube - cubes[-1] * cubes[-1] * cubes[-1]) / (self.at[-1] - at)
            for cube, at in zip(cubes[:-1], self.at, strict=False)
        ]
        return torch.cat([torch.ones_like(u), u, *(step - steps[-1] for step in steps[:-1])], 1)
