"""Backlog: orders, worked off in turn, while nobody has to wait for one.

Whatever becomes of the server, its book says what was in hand: that is begun anew by the next one,
and set aside where two servers ended over it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import BurnishError, Busy, InputMissing, ProcessDied, unforeseen
from .orders import ENDED, Book, Order, State
from .upload import Upload
from .wish import Wish

#: orders that may wait
MOST_ORDERS = 100
#: servers that may end over an order
MOST_TRIES = 2
#: seconds for which an order is kept that has ended
KEPT = 24 * 3600.0
#: seconds after which whoever watches an order hears of it again, and in which once at most
STILL, SOONEST = 10.0, 0.1


class Backlog:
    """All orders, and what works them off. All of it belongs to one event loop."""

    def __init__(self, root: Path, work: Callable[[Upload, Wish], Awaitable[Any]]) -> None:
        """root: the folder of the book. work: restores a picture, and is cancelled where an order
        is withdrawn.
        """
        self._work = work
        self._book = Book(root)
        self._orders = {order.upload.id: order for order in self._book.orders()}
        self._queue = deque(each for each in self._orders.values() if each.state not in ENDED)
        self._more = asyncio.Event()
        self._in_hand: dict[str, asyncio.Task[Any]] = {}
        self._hands: list[asyncio.Task[None]] = []

    def __iter__(self) -> Iterator[Order]:
        return iter(list(self._orders.values()))

    def start(self, hands: int) -> None:
        """Begins to work them off, so many at a time."""
        self._more.set()
        self._hands = [asyncio.ensure_future(self._work_off()) for _ in range(hands)]

    async def close(self) -> None:
        """Ends what is in hand, which is begun anew by the next server."""
        tasks = [*self._hands, *self._in_hand.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._book.close()

    def find(self, id: str) -> Order:
        """The order of a random name. InputMissing where it is gone, or never was."""
        order = self._orders.get(id)
        if order is None:
            raise InputMissing(f"{id[:40]}: no such job is here any more; send the picture again")
        return order

    def count(self, state: State) -> int:
        """How many orders are so far."""
        return sum(order.state == state for order in self._orders.values())

    def ahead(self, order: Order) -> int | None:
        """How many come before one that waits; None where it does not."""
        return self._queue.index(order) if order in self._queue else None

    def holds(self, upload: Upload) -> bool:
        """Whether a picture is wanted for an order that has not ended."""
        order = self._orders.get(upload.id)
        return order is not None and order.state not in ENDED

    def check_room(self) -> None:
        """Busy where so many wait that no more are taken."""
        if len(self._queue) >= MOST_ORDERS:
            raise Busy(f"{len(self._queue)} jobs are waiting already; ask again in a moment")

    def add(self, order: Order) -> None:
        """Takes an order. OutputError where the book cannot be written."""
        self._book.keep(order)
        self._orders[order.upload.id] = order
        self._queue.append(order)
        self._more.set()

    def strike(self, id: str) -> None:
        """Lets an order go, and ends what is done for it; nothing happens where there is none."""
        order = self._orders.pop(id, None)
        if order is None:
            return
        with suppress(ValueError):
            self._queue.remove(order)
        task = self._in_hand.pop(id, None)
        if task is not None:
            task.cancel()
        self._book.strike(id)
        order.tell()

    def tell(self, upload: Upload) -> None:
        """Tells those who watch the order of a picture, where there is one, of its progress."""
        order = self._orders.get(upload.id)
        if order is not None:
            order.tell()

    def outdated(self) -> list[Order]:
        """The orders that ended too long ago to be kept."""
        until = time.time() - KEPT
        return [each for each in self._orders.values() if (each.ended or until) < until]

    async def watch(self, order: Order) -> AsyncIterator[Order | None]:
        """An order, as often as something changes, until it has ended or is withdrawn; None after
        STILL seconds without change.
        """
        changed = asyncio.Event()
        order.watchers.add(changed)
        try:
            while True:
                changed.clear()
                yield order
                if order.state in ENDED or order.upload.id not in self._orders:
                    return
                await asyncio.sleep(SOONEST)
                while True:
                    try:
                        await asyncio.wait_for(changed.wait(), STILL)
                        break
                    except TimeoutError:
                        yield None
        finally:
            order.watchers.discard(changed)

    async def _work_off(self) -> None:
        """Takes one order after another, for ever."""
        while True:
            await self._more.wait()
            if not self._queue:
                self._more.clear()
                continue
            order = self._queue.popleft()
            task = asyncio.ensure_future(self._through(order))
            self._in_hand[order.upload.id] = task
            try:
                await asyncio.wait({task})
            finally:
                self._in_hand.pop(order.upload.id, None)

    async def _through(self, order: Order) -> None:
        """Does what an order says, and notes what became of it."""
        try:
            order.state = State.working
            order.tries += 1
            self._note(order)
            if order.tries > MOST_TRIES:
                raise ProcessDied(
                    f"{order.upload.name}: the server ended over it twice, and it is set aside"
                )
            with order.upload.under_its_name():
                await self._work(order.upload, order.wish)
            order.end(State.done)
        except asyncio.CancelledError:
            # Nothing was wrong with it.
            order.state = State.waiting
            order.tries -= 1
        except BurnishError as error:
            order.end(State.failed, error)
        except Exception as error:
            order.end(State.failed, unforeseen(error))
        self._note(order)

    def _note(self, order: Order) -> None:
        """Writes how far an order is, where it is still wanted, and tells who watches it."""
        order.tell()
        if order.upload.id in self._orders:
            self._book.keep(order)
