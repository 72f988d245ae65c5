"""Total variation (Rudin, Osher and Fatemi 1992): a smooth picture costs little.

It does so whatever the clean picture is.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from .common import exact, weighted_mean
from .edge import differences
from .loss import Loss


class TotalVariation(Loss):
    """The differences of neighbours in the restored picture, in the rows plus in the columns.

    With `power` 1 it takes |difference| (anisotropic), with 2 its square. `reduction` is "mean"
    over the differences of each direction, whatever the picture's size, or "sum" over each picture,
    then the mean over the batch, as in published style-transfer weights of 1e-7 and 1e-6: the two
    lie apart by the number of values in a picture.
    """

    def __init__(
        self, power: Literal[1, 2] = 1, reduction: Literal["mean", "sum"] = "mean"
    ) -> None:
        super().__init__()
        if power not in (1, 2) or reduction not in ("mean", "sum"):
            raise ValueError(
                f"power is 1 or 2 and reduction is mean or sum, not {power!r} and {reduction!r}"
            )
        self.power = power
        self.reduction = reduction

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        rows, columns = differences(restored, weight)
        return self._variation(*rows) + self._variation(*columns)

    def _variation(self, difference: Tensor, weight: Tensor | None) -> Tensor:
        error = difference.abs() if self.power == 1 else difference.square()
        mean = weighted_mean(error, weight)
        return mean if self.reduction == "mean" else mean * error[0].numel()
