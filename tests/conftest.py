"""Shared fixtures: small generated pictures, and the optional folder of real ones."""

from __future__ import annotations

import os
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as many processes as cores are at work already

import numpy as np
import pytest
from numpy.typing import NDArray


def shared_folder() -> Path | None:
    """The folder of real pictures, beside the checkout or named by BURNISH_SHARED; None where there
    is none.
    """
    folder = Path(os.environ.get("BURNISH_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    return folder if (folder / "data" / "README.md").exists() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The data folder of real pictures; skips where it is absent."""
    folder = shared_folder()
    if folder is None:
        pytest.skip(
            "needs the shared folder of real pictures (beside the checkout, or named by "
            "BURNISH_SHARED)"
        )
    return folder / "data"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def scene(height: int, width: int, channels: int = 3, coarse: float = 1) -> NDArray[np.float32]:
    """A smooth picture with edges and some texture, values in [0, 1]; `coarse`: so many times
    larger.

    [1, C, H, W]
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(coarse)
    planes = [
        0.5
        + 0.3 * np.sin(x / (9 + 4 * c) + c) * np.cos(y / (13 - 2 * c))
        + 0.2 * ((x // 24 + y // 16 + c) % 2 - 0.5)
        for c in range(channels)
    ]
    picture: NDArray[np.float32] = np.clip(np.stack(planes), 0, 1)[None].astype(np.float32)
    return picture
