"""The colours of a picture made those of a painting, by one linear map."""

from __future__ import annotations

import numpy as np

from ....contract import Array
from ....ground.evened import Values, statistics

#: added to the variance in every direction of colour, so that a nearly grey picture's faint
#: colours are not blown up
LEAST = 1e-3


def towards(picture: Array, wanted: tuple[Values, Values]) -> tuple[Array, Array]:
    """Matrix [3, 3] and shift [3] that give the picture [3, H, W] a mean and a covariance.

    Of all such maps it is the one that moves colours least: the optimal transport between two
    Gaussians (Pitie and Kokaram, "The linear Monge-Kantorovitch linear colour mapping for
    example-based colour transfer", 2007).
    """
    mean, covariance = statistics(picture)
    own = covariance + LEAST * np.eye(3)
    root, back = _power(own, 0.5), _power(own, -0.5)
    matrix = back @ _power(root @ wanted[1] @ root, 0.5) @ back
    return matrix.astype(np.float32), (wanted[0] - matrix @ mean).astype(np.float32)


def _power(matrix: Values, exponent: float) -> Values:
    """A power of a symmetric matrix without negative directions."""
    values, vectors = np.linalg.eigh(matrix)
    raised: Values = (vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T
    return raised
