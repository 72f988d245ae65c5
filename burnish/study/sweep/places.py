"""Places where the points of a sweep are trained: this machine, one at a time; or a cluster, where
as many are at work as there is room for.

A point is a process of its own (`point`). On this machine it is our child; on a cluster, of some
machine of it, and where that goes, another one goes on with the point from its last checkpoint.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

#: the module that a point's process runs
MODULE = "burnish.study.sweep.point"
#: what a point's process says, in its folder
LOG = "log.txt"


class Process(Protocol):
    """The process of a point."""

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it is at work."""


#: begins the process of the point in a folder; where its context ends early, it saves and ends
Begin = Callable[[Path], AbstractContextManager[Process]]


@dataclass(frozen=True)
class Places:
    """Where points are trained, and how many at a time."""

    begin: Begin
    most: int


@contextmanager
def _here(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this machine."""
    command = [sys.executable, "-m", MODULE, str(folder)]
    with (
        (folder / LOG).open("ab") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


#: this machine
HERE = Places(_here, 1)
