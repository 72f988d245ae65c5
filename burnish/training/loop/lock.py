"""One process at a time in a folder.

Two that trained in the same one would take turns at spoiling each other's checkpoints.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import OutputError, TrainingError

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
    try:
        import fcntl
    except ImportError:
        yield
        return
    until = None if patience is None else time.monotonic() + patience
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if until is not None and time.monotonic() > until:
                    raise TrainingError(
                        f"{folder}: another process trains there; wait for it, or give another "
                        "folder with --out"
                    ) from error
                time.sleep(0.1)
                continue
            except OSError:  # some network drives
                pass
            break
        yield
    finally:
        os.close(descriptor)
