"""overlapped(): several items in hand at once, and what becomes of them in their order; and
ahead(): what will be wanted soon is begun.

What waits (for a file, for its turn at the network) leaves its core to what does not.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Item = TypeVar("Item")
Result = TypeVar("Result")
#: raises Stopped where nobody waits for the result any more
GoOn = Callable[[], None]
#: more than these at once would be in each other's way in Python, which runs one of them at a time
MOST_HANDS = 8


class Stopped(BaseException):
    """Nobody waits for what is being done: the run has ended."""


def hands() -> int:
    """How many items are worked on at once: one for each core, and one that waits for a file."""
    return min(os.cpu_count() or 1, MOST_HANDS) + 1


@contextmanager
def overlapped(
    items: Iterable[Item],
    work: Callable[[Item, GoOn], Result],
    weigh: Callable[[Item], int],
    room: int,
    hands: int,
) -> Iterator[Iterator[tuple[Item, Callable[[], Result]]]]:
    """A context that gives each item, in order, with a function that returns what became of it.

    work: what is done with an item. It calls the function that it is given before whatever lasts,
    and never after. weigh: how much room an item takes while it is in hand. room: how much those in
    hand may take together; what takes more is in hand alone. hands: how many are in hand at most; a
    single one works when it is asked for its result.

    When the context ends, work that has begun is told so by its function, and waited for.
    """
    ended = Event()

    def go_on() -> None:
        if ended.is_set():
            raise Stopped

    if hands == 1:
        yield ((item, partial(work, item, go_on)) for item in items)
        return
    # One picture alone does without, and starts sooner.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(hands) as pool:

        def submit(item: Item) -> Future[Result]:
            return pool.submit(work, item, go_on)

        try:
            yield _in_order(items, submit, weigh, room, hands)
        finally:
            ended.set()
            pool.shutdown(cancel_futures=True)


def _in_order(
    items: Iterable[Item],
    submit: Callable[[Item], Future[Result]],
    weigh: Callable[[Item], int],
    room: int,
    hands: int,
) -> Iterator[tuple[Item, Callable[[], Result]]]:
    """The items with their results, as those before them are done."""
    from concurrent.futures import FIRST_COMPLETED, wait

    begun: deque[tuple[Item, Future[Result]]] = deque()
    weights: dict[Future[Result], int] = {}
    for item in items:
        weight = weigh(item)
        while weights and (len(weights) >= hands or sum(weights.values()) + weight > room):
            done, _ = wait(weights, return_when=FIRST_COMPLETED)
            for one in done:
                del weights[one]
            while begun and begun[0][1].done():
                first, result = begun.popleft()
                yield first, result.result
        future = submit(item)
        weights[future] = weight
        begun.append((item, future))
    for item, future in begun:
        yield item, future.result


def ahead(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begins work in a thread. Returns a function that waits for its end, and gives what came of it
    or raises what went wrong, whenever it is asked.

    The process does not end before the work does, so that nothing is torn down beneath it.
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=run)
    thread.start()

    def wait() -> Result:
        thread.join()
        if errors:
            raise errors[0]
        return results[0]

    return wait
