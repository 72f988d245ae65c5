"""One training at a time in a folder.

Two that trained in the same one would take turns at spoiling each other's checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import OutputError, TrainingError
from ...ground.lock import locked

#: seconds that a process which was killed may leave workers behind, which hold the folder for it
PATIENCE = 15.0


def make_folder(folder: Path) -> None:
    """Makes the folder where it is not there; OutputError where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be made ({error}); give another folder with --out"
        ) from error


@contextmanager
def lock(folder: Path, patience: float | None = PATIENCE) -> Iterator[None]:
    """Makes the folder where it is not there, and locks it; however the process ends, it is let go.

    TrainingError where another process still has it after `patience` seconds; None waits for ever.
    OutputError where the folder cannot be made. Where the system or the disk has no such locks,
    nothing is locked.
    """
    make_folder(folder)
    busy = TrainingError(
        f"{folder}: another process trains there; wait for it, or give another folder with --out"
    )
    with locked(folder, busy, patience):
        yield
