"""Estimate: what an estimator found on a picture, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A setting that was found on the pixels of a picture."""

    #: in the dial's unit
    value: float
    #: how far off that may be, in the same unit: of ten pictures, nine are no further off; None
    #: where nobody has measured that
    margin: float | None = None
