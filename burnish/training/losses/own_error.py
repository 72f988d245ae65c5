"""OwnError: what a network says beside its picture of how wrong it was."""

from __future__ import annotations

from torch import Tensor

from .loss import Compound


class OwnError(Compound):
    """The mean absolute difference of the picture, and the errors that the network itself gives.

    It asks for the network's logits, of which the first channels are the picture, as many as the
    clean one has, and each further one is an error, whose mean is to be made small. These count
    `weight` each. An `Encoder` is trained with it.
    """

    on_logits = True

    def __init__(self, weight: float = 0.02) -> None:
        super().__init__()
        self.weight = weight

    def terms(
        self,
        restored: Tensor,
        clean: Tensor,
        weight: Tensor | None = None,
        level: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """The picture's error and each of the network's own; where nothing counts, none."""
        channels = clean.shape[1]
        counts = 1.0 if weight is None else weight
        error = (restored[:, :channels] - clean).abs() * counts
        own = restored[:, channels:] * (1.0 if weight is None else weight.mean(1, keepdim=True))
        means = {f"own{i}": self.weight * own[:, i].mean() for i in range(own.shape[1])}
        return {"picture": error.mean(), **means}
