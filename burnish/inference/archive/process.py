"""WorkerProcess: the worker as the process that began it sees it."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from .worker import Assignment

#: the program that the process runs; what it imports lies where this package lies, not in the
#: folder at hand, in which anything may lie
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from burnish.inference.archive.worker import main; main()"
)
#: seconds in which a process that was told to end has to be gone
PATIENCE = 5.0


class WorkerDied(Exception):
    """The worker is gone, with nothing said."""


class WorkerProcess:
    """A worker at work; a context manager, behind which there is none."""

    def __init__(self, told: Assignment, descriptor: int | None) -> None:
        """told: what it is told first. descriptor: that of a lock, which it holds as well."""
        root = str(Path(__file__).resolve().parents[3])
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=() if descriptor is None else (descriptor,),
            # Ctrl-C is for the process that keeps the journal, and that one alone.
            start_new_session=True,
        )
        # Where it died already, that is seen when it is asked.
        with suppress(WorkerDied):
            self.send(told)

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    def send(self, message: object) -> None:
        """Tells it something. WorkerDied where nobody listens any more."""
        assert self._process.stdin is not None
        try:
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerDied from error

    def receive(self) -> Any:
        """What it says next. WorkerDied where it will not say anything any more."""
        assert self._process.stdout is not None
        try:
            return pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError) as error:
            raise WorkerDied from error

    def end(self) -> None:
        """Lets it end by itself."""
        self.send(None)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def cause_of_death(self) -> str:
        """In words, how it ended."""
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return "it no longer answers"
        if status >= 0:
            return f"exit status {status}"
        name = signal.Signals(-status).name
        if name == "SIGKILL":
            return f"{name}, as the system sends it where memory is short"
        return name
