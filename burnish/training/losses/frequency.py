"""Frequency: how far the two spectra lie apart (Cho et al., ICCV 2021).

Missing texture so costs what it costs in no single place.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from .common import exact, hidden, of_picture, weighted_mean
from .loss import Loss


class Frequency(Loss):
    """The mean absolute difference of the two-dimensional spectra.

    It takes the half of them that real pictures need, times 1 / sqrt(H W), so that noise counts as
    in pixels. The kind "complex" compares real and imaginary parts, "amplitude" the absolute values
    alone, which a shift leaves as they are. Where nothing counts the clean picture stands in for
    the restored one; a picture counts the mean of its weight over the rest.
    """

    def __init__(self, kind: Literal["complex", "amplitude"] = "complex") -> None:
        super().__init__()
        if kind not in ("complex", "amplitude"):
            raise ValueError(f"kind: there is no {kind!r}; the choices: complex, amplitude")
        self.kind = kind

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        a, b = (
            torch.fft.rfft2(picture, norm="ortho")
            for picture in (hidden(restored, clean, weight), clean)
        )
        if self.kind == "amplitude":
            return weighted_mean((a.abs() - b.abs()).abs(), of_picture(weight))
        error = torch.view_as_real(a - b).abs().mean(-1)
        return weighted_mean(error, of_picture(weight))
