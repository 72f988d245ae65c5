"""One process at a time in a folder, by a lock that the system lets go with the process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BurnishError


@contextmanager
def locked(folder: Path, busy: BurnishError, patience: float | None) -> Iterator[int | None]:
    """Locks a folder that is there; however the process ends, it is let go.

    busy: is raised where another process still has it after `patience` seconds; None waits for
    ever.

    Gives the descriptor that holds the lock: a child that inherits it holds the folder too, for as
    long as it lives. It is None where the system has no such locks; then nothing is locked, nor on
    some network drives.
    """
    try:
        import fcntl
    except ImportError:
        yield None
        return
    until = None if patience is None else time.monotonic() + patience
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if until is not None and time.monotonic() > until:
                    raise busy from error
                time.sleep(0.1)
                continue
            except OSError:  # some network drives
                pass
            break
        yield descriptor
    finally:
        os.close(descriptor)
