"""Metrics by name, likeness among them, which looks through a network of the training wing."""

from __future__ import annotations

from collections.abc import Sequence

from ..metrics import LIKENESS, METRICS, Metric
from ..metrics.artefacts import ARTEFACTS


def measures(
    names: Sequence[str], artefacts: Sequence[str] = (), network: str = "", file: str | None = None
) -> list[Metric]:
    """Returns the metrics and then the artefacts of these names.

    network: what likeness looks through; file: its weights. Raises ValueError where these do not
    fit.
    """
    return [
        *(_likeness(network, file) if name == LIKENESS else METRICS[name] for name in names),
        *(ARTEFACTS[name] for name in artefacts),
    ]


def _likeness(network: str, file: str | None) -> Metric:
    from ..training.losses.likeness import likeness

    return likeness(network, file)
