"""A process that may die: it takes files by their numbers, and whoever kills it is found."""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from .gate import Outcome, outcome, warm_up
from .tally import Tally

#: what a file may take before its process is ended: seconds on the processor, and bytes of address
#: space beyond what the process began with
SECONDS, BYTES = 30, 4 << 30
#: seconds without a new file after which a process is taken to sleep
ASLEEP = 300

#: (format, number, asking) -> what becomes of that file. It calls `asking` before it asks another
#: decoder, and asks none where that is None
Work = Callable[[str, int, Callable[[], None] | None], Outcome]


@dataclass
class Worker:
    """A process at work, and where it is."""

    process: SpawnProcess
    #: what it is told, and answers
    pipe: Connection
    #: the number of the file that it has in hand
    seed: Synchronized[int]
    #: whether the other decoder has it
    second: Synchronized[bool]


@dataclass
class Guard:
    """Files through a process that is started again whenever it dies."""

    #: what becomes of one file
    work: Work = outcome
    #: seconds on the processor that a file may take before its process is ended
    seconds: int = SECONDS
    #: the process that is at work
    worker: Worker | None = None
    #: what the other decoder died of: it is not asked again
    unasked: set[tuple[str, int]] = field(default_factory=set)

    def tally(self, format: str, first: int, end: int) -> Tally:
        """What becomes of the files of these numbers, the last one not among them."""
        done = Tally()
        waiting = [(first, end)]
        while waiting:
            first, end = waiting.pop()
            if first == end:
                continue
            worker = self.worker = self.worker or _started(self.work, self.seconds)
            unasked = {seed for name, seed in self.unasked if name == format}
            worker.pipe.send((format, first, end, unasked))
            part = _answer(worker)
            if part is not None:
                done = done.merged(part)
                continue
            # It died. What stands before the file in hand is done again; that one is passed over,
            # or, where the other decoder had it, done without that decoder.
            seed, asked, died = worker.seed.value, worker.second.value, _ended(worker, self.seconds)
            self.worker = None
            if not first <= seed < end:
                raise RuntimeError(f"the process {died} before it had a file")
            done.died(seed, died, asked)
            if asked:
                self.unasked.add((format, seed))
            waiting += [(seed if asked else seed + 1, end), (first, seed)]
        return done

    def close(self) -> None:
        """Ends the process."""
        if self.worker is not None:
            self.worker.pipe.close()
            self.worker.process.join()
            self.worker = None


def _started(work: Work, seconds: int) -> Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    seed, second = context.Value("q", -1), context.Value("b", False)
    process = context.Process(target=_run, args=(theirs, seed, second, work, seconds), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours, seed, second)


def _answer(worker: Worker) -> Tally | None:
    """What it has found; None where it died, or was ended for sleeping."""
    last = None
    while not worker.pipe.poll(ASLEEP):
        if worker.seed.value == last:
            worker.process.kill()
        last = worker.seed.value
    try:
        found: Tally = worker.pipe.recv()
        return found
    except (EOFError, ConnectionResetError):
        return None


def _ended(worker: Worker, seconds: int) -> str:
    """What it died of, in words."""
    worker.process.join()
    worker.pipe.close()
    code = worker.process.exitcode or 0
    if code == -signal.SIGXCPU:
        return f"more than {seconds} s"
    return f"died by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def _run(
    pipe: Connection,
    seed: Synchronized[int],
    second: Synchronized[bool],
    work: Work,
    seconds: int,
) -> None:
    """What the process does."""
    with tempfile.TemporaryFile() as terminal:
        os.dup2(terminal.fileno(), sys.stderr.fileno())
        os.dup2(terminal.fileno(), sys.stdout.fileno())
    warnings.filterwarnings("ignore", module="PIL")  # as on the command line
    if work is outcome:
        warm_up()
    used = resource.getpagesize() * int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, resource.RLIM_INFINITY))

    def asking() -> None:
        second.value = True

    while True:
        try:
            format, first, end, unasked = pipe.recv()
        except EOFError:
            return
        done = Tally()
        for number in range(first, end):
            seed.value, second.value = number, False
            spent = math.ceil(sum(os.times()[:2]))
            resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, resource.RLIM_INFINITY))
            done.add(number, work(format, number, None if number in unasked else asking))
        pipe.send(done)
