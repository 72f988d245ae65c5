"""RayCrew: the workers of a run as actors of a Ray cluster.

An actor runs the same worker as a process of this machine does, on a thread, with queues in place
of pipes. It is listened to by one call that waits until there is something to hear; so nothing is
asked for twice, and a dead actor is heard of by that call failing.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
import time
import traceback
from typing import Any

import ray
from ray.exceptions import RayActorError

from ...errors import FolderLocked
from ...ground.process.joined import cause_of, join, room
from .crew import Gone
from .worker import Assignment, Name, work

#: threads that take in what is said, in its order, and that wait for what is to be heard
ONE_EACH = {"tell": 1, "hear": 1}
#: seconds that the actors of a killed run have to be gone, before the results count as another's
PATIENCE = 20.0


class RayCrew:
    """A crew of actors; those of a run that is killed end with it."""

    certain = False
    tries = 3
    # Machines that are rented by the minute go while a model opens, too.
    stillborn = 20

    def __init__(
        self,
        address: str | None,
        results: str,
        *,
        threads: int,
        gpus: float = 0.0,
        most: int | None = None,
    ) -> None:
        """Joins a cluster.

        address: "HOST:PORT" or "ray://HOST:PORT"; None is the one that runs on this machine, or,
        where none does, one that is begun here. results: the folder or address of the results, for
        which one run alone has workers. threads: of the processor, for each worker. gpus: the share
        of a GPU for each. most: so many workers; None is as many as there is room for now.

        DeviceError where there is no such cluster, or no room in it for one worker.
        """
        join(address)
        self._needs: dict[str, float] = {"num_cpus": threads, "num_gpus": gpus}
        self.most = room(threads, gpus, most)
        self._results = results
        self._actors: dict[int, Any] = {}
        #: the call that waits for what a worker says, and whose it is
        self._heard: dict[Any, int] = {}

    def hire(self, worker: int, told: Assignment) -> None:
        """Asks for an actor; it begins where there is room, and waits where there is none yet.

        FolderLocked where another run's actors work for the same results.
        """
        words = hashlib.sha256(self._results.encode()).hexdigest()[:16]
        until = time.monotonic() + PATIENCE
        library: Any = ray
        actors = library.remote(concurrency_groups=ONE_EACH)(_Worker)
        while True:
            try:
                actor = actors.options(name=f"{words}-{worker}", **self._needs).remote()
                break
            except ValueError as error:
                # Of a run that was killed a moment ago, or of one that is at work.
                if "already" not in str(error):
                    raise
                if time.monotonic() > until:
                    raise FolderLocked(
                        f"{self._results}: another run is at work there; wait for it, or choose "
                        "another -o"
                    ) from error
                time.sleep(0.5)
        self._actors[worker] = actor
        actor.tell.remote(told)
        self._listen(worker)

    def _listen(self, worker: int) -> None:
        self._heard[self._actors[worker].hear.remote()] = worker

    def send(self, worker: int, message: object) -> None:
        """Tells an actor something."""
        self._actors[worker].tell.remote(message)

    def receive(self) -> list[tuple[int, Any]]:
        """Waits for what actors say next, and takes what others have said by then."""
        ray.wait(list(self._heard), num_returns=1)
        calls, _ = ray.wait(list(self._heard), num_returns=len(self._heard), timeout=0)
        found: list[tuple[int, Any]] = []
        for call in calls:
            worker = self._heard.pop(call)
            try:
                found += [(worker, message) for message in ray.get(call)]
            except RayActorError as error:
                # It may be that it only does not answer: then its name is not free.
                ray.kill(self._actors.pop(worker))
                found.append((worker, Gone(cause_of(error))))
            else:
                self._listen(worker)
        return found

    def spare(self, worker: int) -> None:
        """It stays until the end, which is not far when there is nothing more to do."""

    def end(self, *, at_once: bool) -> None:
        """Ends all actors; all of them have said what they had to say when this is called."""
        for actor in self._actors.values():
            ray.kill(actor)
        self._actors.clear()
        self._heard.clear()


class _Worker:
    """The other end: the worker of a run, with a model that stays open."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._names: queue.SimpleQueue[Name] = queue.SimpleQueue()
        self._said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    @ray.method(concurrency_group="tell")
    def tell(self, message: Any) -> None:
        """Takes in what is said."""
        (self._names if isinstance(message, Name) else self._tasks).put(message)

    @ray.method(concurrency_group="hear")
    def hear(self) -> list[Any]:
        """Waits until there is something to say, and says all of it."""
        found = [self._said.get()]
        while not self._said.empty():
            found.append(self._said.get())
        return found

    def _work(self) -> None:
        try:
            work(self._tasks.get, self._names.get, self._said.put)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
