"""Products of matrices on one thread: the threads of BLAS wait for each other where other programs
run, which makes small products up to 50 times slower. It keeps to one for the smallest.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array

#: multiplications in a product up to which BLAS keeps to one thread
ONE_THREAD = 260_000


def product(rows: Array, matrix: Array) -> Array:
    """rows [N, K] @ matrix [K, D], so many rows at once that it stays on one thread. [N, D]"""
    at_once = max(1, ONE_THREAD // matrix.size)
    result = np.empty((len(rows), matrix.shape[1]), np.result_type(rows, matrix))
    for first in range(0, len(rows), at_once):
        some = slice(first, first + at_once)
        np.matmul(rows[some], matrix, out=result[some])
    return result
