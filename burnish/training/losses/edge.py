"""Edges: how far the derivatives of the two pictures lie apart."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from .common import exact, least_under, weighted_mean
from .loss import Loss


class Edge(Loss):
    """The mean absolute difference of the two pictures' derivatives, inside the picture.

    A `gradient` is the mean over the differences between neighbours in a row, plus the same in a
    column; a `laplacian` is four times a place minus its four neighbours. Both are linear, so they
    are taken of restored - clean; a derivative counts what the least of its places counts.
    """

    def __init__(self, kind: Literal["gradient", "laplacian"] = "gradient") -> None:
        super().__init__()
        if kind not in ("gradient", "laplacian"):
            raise ValueError(f"kind: there is no {kind!r}; the choices: gradient, laplacian")
        self.kind = kind

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        error = restored - clean
        if self.kind == "gradient":
            (rows, row_weight), (columns, column_weight) = differences(error, weight)
            return weighted_mean(rows.abs(), row_weight) + weighted_mean(
                columns.abs(), column_weight
            )
        middle = error[..., 1:-1, 1:-1]
        around = (
            error[..., :-2, 1:-1]
            + error[..., 2:, 1:-1]
            + error[..., 1:-1, :-2]
            + error[..., 1:-1, 2:]
        )
        return weighted_mean((4 * middle - around).abs(), least_under(weight, 3, 3))


def differences(picture: Tensor, weight: Tensor | None) -> list[tuple[Tensor, Tensor | None]]:
    """The differences of neighbours and what they count, in the rows and in the columns.

    Those in the rows are [B, C, H, W - 1], those in the columns [B, C, H - 1, W].
    """
    in_rows = (picture[..., :, 1:] - picture[..., :, :-1], least_under(weight, 1, 2))
    in_columns = (picture[..., 1:, :] - picture[..., :-1, :], least_under(weight, 2, 1))
    return [in_rows, in_columns]
