"""Elsewhere: a process on some machine of the cluster, begun by an actor that has it as its child.

What it says comes here line by line. It hears of the death of the actor, or of whoever began that,
by the end of its standard input (`ground.process.end_with_parent`).
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

import ray
from ray.exceptions import RayActorError

from .joined import cause_of

#: threads that take in what is said, in its order, and that wait for what is to be heard
ONE_EACH = {"tell": 1, "hear": 1}
#: seconds in which the last that an ended process said has to come
LAST_WORDS = 2.0


@dataclass(frozen=True)
class Ended:
    """A process has ended."""

    #: its exit status, negative for a signal; None where its machine went, or what began it there
    status: int | None
    #: what it printed on standard output
    answer: str = ""
    #: in words, how its machine went
    lost: str = ""

    @property
    def cause(self) -> str:
        """In words, how it ended."""
        if self.status is None:
            return self.lost
        if self.status < 0:
            return f"killed by {signal.Signals(-self.status).name}"
        return f"ended with status {self.status}"


class Elsewhere:
    """A process of Python on some machine of a cluster that was joined.

    It may have to wait for room there. It works in the folder of this process, which it sees under
    the same path, and its libraries compute in as many threads as it has processors.
    """

    def __init__(self, cpus: int, gpus: float) -> None:
        """cpus, gpus: what it has to itself; a share of a GPU may be meant."""
        #: how it ended; None while it has not
        self.ended: Ended | None = None
        library: Any = ray
        actors = library.remote(concurrency_groups=ONE_EACH)(_Runner)
        self._actor = actors.options(num_cpus=cpus, num_gpus=gpus).remote()
        self._threads = str(cpus)
        self._place = self._actor.place.remote()
        self._heard: Any = None

    def place(self, seconds: float) -> tuple[str, int] | None:
        """The address of its machine, with a port that is free there; None where it has none after
        so many seconds, or lost it.
        """
        there, _ = ray.wait([self._place], timeout=seconds)
        try:
            return tuple(ray.get(self._place)) if there else None
        except RayActorError as error:
            self._lose(error)
            return None

    def start(
        self, module: str, words: Sequence[str] = (), told: str = "", more: Mapping[str, str] = {}
    ) -> None:
        """Begins `python -m MODULE WORDS`. told: a line that it reads first; more: of its
        environment.
        """
        environment = {"OMP_NUM_THREADS": self._threads, **more}
        self._actor.start.remote(module, list(words), told, os.getcwd(), environment)
        self._heard = self._actor.hear.remote()

    def hear(self, seconds: float) -> list[str]:
        """The lines that it said, after waiting so long for some; it may have ended then."""
        if self.ended is not None or not ray.wait([self._heard], timeout=seconds)[0]:
            return []
        try:
            said = ray.get(self._heard)
        except RayActorError as error:
            self._lose(error)
            return []
        if isinstance(said[-1], Ended):
            self.ended = said.pop()
        else:
            self._heard = self._actor.hear.remote()
        return list(said)

    def terminate(self) -> None:
        """Asks it to save and to end."""
        self._actor.terminate.remote()

    def kill(self) -> None:
        """Ends it, and gives back the room that it had."""
        ray.kill(self._actor)

    def _lose(self, error: RayActorError) -> None:
        self.ended = Ended(
            None, lost=f"its machine, or its worker there, is gone: {cause_of(error)}"
        )


class _Runner:
    """The other end: it has the process as its child."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.SimpleQueue[str | Ended] = queue.SimpleQueue()

    def place(self) -> tuple[str, int]:
        """The address of this machine, with a port that is free."""
        with socket.socket() as probe:
            probe.bind(("", 0))
            library: Any = ray
            return library.util.get_node_ip_address(), probe.getsockname()[1]

    @ray.method(concurrency_group="tell")
    def start(
        self, module: str, words: list[str], told: str, folder: str, more: dict[str, str]
    ) -> None:
        """Begins the process."""
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                cwd=folder,
                env={**os.environ, **more},
            )
        except OSError as error:
            self._said.put(Ended(None, lost=f"{socket.gethostname()}: {error}"))
            return
        threading.Thread(target=self._listen, args=(self._process, told), daemon=True).start()

    @ray.method(concurrency_group="tell")
    def terminate(self) -> None:
        """Asks the process to save and to end."""
        if self._process is not None:
            self._process.terminate()

    @ray.method(concurrency_group="hear")
    def hear(self) -> list[str | Ended]:
        """Waits until there is something to say, and says all of it; an `Ended` is the last."""
        found = [self._said.get()]
        while not self._said.empty():
            found.append(self._said.get())
        return found

    def _listen(self, process: subprocess.Popen[str], told: str) -> None:
        """Tells the process what it reads first, and takes in all that it says."""
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        with suppress(BrokenPipeError):
            process.stdin.write(told + "\n")
            process.stdin.flush()
        answer: list[str] = []
        hearing = [
            threading.Thread(target=_pass_on, args=(stream, take), daemon=True)
            for stream, take in ((process.stderr, self._said.put), (process.stdout, answer.append))
        ]
        for each in hearing:
            each.start()
        status = process.wait()
        for each in hearing:
            # What it leaves behind may hold its end open.
            each.join(LAST_WORDS)
        self._said.put(Ended(status, "".join(answer)))


def _pass_on(stream: IO[str], take: Callable[[str], object]) -> None:
    for line in stream:
        take(line.rstrip("\n"))
