"""WorkerProcess: a process that is given work and may die of it; and its own side of the talk.

What a codec or a network may break, it breaks there alone. What is said goes as pickles through the
worker's standard input and output, between processes of one program.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

#: the program that the process runs; what it imports lies where this package lies, not in the
#: folder at hand, in which anything may lie
_PROGRAM = (
    "import sys, importlib; sys.path.insert(0, sys.argv[1]); "
    "getattr(importlib.import_module(sys.argv[2]), sys.argv[3])()"
)
#: seconds in which a process that was told to end has to be gone
PATIENCE = 5.0


class WorkerDied(Exception):
    """The worker is gone, with nothing said."""


class WorkerProcess:
    """A worker at work; a context manager, behind which there is none."""

    def __init__(
        self, main: Callable[[], NoReturn], told: object, descriptor: int | None = None
    ) -> None:
        """main: the function of a module that it runs, which calls `work_off`.

        told: what it is told first. descriptor: that of a lock, which it holds as well.
        """
        root = str(Path(__file__).resolve().parents[3])
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, root, main.__module__, main.__name__],
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
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    @property
    def pid(self) -> int:
        """The number by which the system knows it."""
        return self._process.pid

    def kill(self) -> None:
        """Ends it at once, whatever it does. Who waits for its words gets a WorkerDied."""
        self._process.kill()

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


#: tells the process that began this one something
Send = Callable[[object], None]


def work_off(take: Callable[[Any], object], work: Callable[[Send], object]) -> NoReturn:
    """The worker's side: it listens on a thread, does its work, and ends. It does not return.

    take: is given each message that comes, on that thread. work: is given what tells the process
    that began this one something, and does it all. Where nobody is left to say anything, the
    process ends at once.
    """
    # What native code prints goes to stderr, and only messages to what was stdout.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=partial(_listen, sys.stdin.buffer, take), daemon=True).start()

    def send(message: object) -> None:
        try:
            pickle.dump(message, answers)
            answers.flush()
        except OSError:
            os._exit(1)

    status = 1
    try:
        work(send)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        # At once: the thread that listens would keep the interpreter from ending.
        os._exit(status)


def end_with_parent(patience: float | None = None) -> None:
    """Ends this process as by SIGTERM when the one that began it is gone, however it went: its end
    of our standard input closes then.

    patience: seconds after which it ends whatever it does; None waits.
    """

    def watch() -> None:
        # Not through sys.stdin, whose lock would still be held when the interpreter ends.
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        if patience is not None:
            time.sleep(patience)
            os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def signals_noted() -> Iterator[list[int]]:
    """A context in which SIGINT and SIGTERM are noted alone, so that a process which was begun can
    be asked to save, and waited for. Gives the numbers of those that came.
    """
    heard: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: heard.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(questions: BinaryIO, take: Callable[[Any], object]) -> None:
    """Takes in what is said; where nobody is left to say anything, the process ends."""
    while True:
        try:
            message = pickle.load(questions)
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(1)
        take(message)
