"""Shared fixtures: small generated pictures, and the optional folder of real ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as many processes as cores are at work already

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    import httpx
    from serving import Serving


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


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What Burnish keeps for its user, such as which backend is the fastest, is no affair of tests,
    and theirs none of the user's.
    """
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    os.environ["BURNISH_COMPILED"] = str(tmp_path_factory.mktemp("compiled"))


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


def leaves(height: int, width: int, channels: int = 3, seed: int = 0) -> NDArray[np.float32]:
    """Overlapping discs of many sizes, shaded a little: the statistics of a photograph, without
    noise. Values in [0, 1]; [1, C, H, W]
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 2 * height, 0 : 2 * width]
    picture = np.full((channels, 2 * height, 2 * width), 0.5)
    for _ in range(700):
        radius = min(200.0, 12 / np.sqrt(rng.random()))
        row, column = rng.uniform(0, 2 * height), rng.uniform(0, 2 * width)
        disc = (y - row) ** 2 + (x - column) ** 2 < radius**2
        colour = rng.uniform(0.1, 0.9) + rng.uniform(-0.15, 0.15, channels)
        shading = 0.03 * np.sin((x[disc] * np.cos(column) + y[disc] * np.sin(column)) / radius * 3)
        picture[:, disc] = colour[:, None] + shading
    halved = picture.reshape(channels, height, 2, width, 2).mean((2, 4))
    result: NDArray[np.float32] = np.clip(halved, 0, 1)[None].astype(np.float32)
    return result


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """`burnish serve`, one for each file of tests that asks for it."""
    from serving import serving

    with serving(tmp_path_factory.mktemp("serve")) as found:
        yield found


@pytest.fixture(scope="module")
def client(server: Serving) -> Iterator[httpx.Client]:
    """A client of it that holds the token."""
    with server.client() as found:
        yield found
