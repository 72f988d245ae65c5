"""The server: a socket, and an end of patience with whoever sends or reads slowly.

A head of a request has to be whole in MOST_HEAD seconds. What was answered has to be read: where
nothing moves for MOST_UNREAD seconds, the connection ends.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ...errors import FolderLocked, OutputError
from ...ground.lock import locked
from ..desk import Desk
from ..gate import Gate
from .application import application

#: the folder of its own that a server has where somebody says where to keep jobs
OWN = "burnish-serve"
#: connections at a time, those included on which nothing is asked
MOST_CONNECTIONS = 256
#: seconds in which the head of a request has to be whole, and in which some of an answer is read
MOST_HEAD, MOST_UNREAD = 10.0, 20.0
#: seconds that requests in hand have to end when the server does
LAST_SECONDS = 2


def run(
    desk: Callable[[Path], Desk], gate: Gate, listening: socket.socket, kept: Path | None
) -> None:
    """Serves until the process is told to end.

    desk: makes the desk in a folder of its own. gate: who is let in. listening: a bound socket.
    kept: a folder in which jobs outlive the server; None keeps nothing. KeyboardInterrupt or
    SystemExit by the signal that ended it; FolderLocked where another server has the folder,
    OutputError where it cannot be used.
    """
    # What is wrong with a form is told to whoever sent it.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    with _folder(kept) as root:
        config = uvicorn.Config(
            application(desk(root), gate),
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http=Patient,
            ws="none",
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=LAST_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """The folder of the pictures, which nobody else may look into."""
    if kept is None:
        with tempfile.TemporaryDirectory(
            prefix="burnish-serve-", ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)
        return
    root = kept / OWN
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)
    except OSError as error:
        raise OutputError(f"--jobs {kept}: cannot be used ({error.strerror})") from error
    busy = FolderLocked(f"--jobs {kept}: another server has it; give this one another folder")
    with locked(root, busy, patience=2.0):
        yield root


class Patient(H11Protocol):
    """A connection that is given up where its client takes too long."""

    _head: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It is there, and a head is to come."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """More of a request came."""
        super().data_received(data)
        self._expect_head()

    def _expect_head(self) -> None:
        """Begins to wait for the whole of a head, or waits no more where it is there."""
        waits = self.conn.their_state is h11.IDLE
        if waits and self._head is None:
            self._head = self.loop.call_later(MOST_HEAD, self.transport.abort)
        elif not waits and self._head is not None:
            self._head.cancel()
            self._head = None

    def pause_writing(self) -> None:
        """Nothing more is sent until some of it was read."""
        super().pause_writing()
        self._unread = self.loop.call_later(MOST_UNREAD, self.transport.abort)

    def resume_writing(self) -> None:
        """Enough of it was read."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more was asked: it ends, with what is not read yet."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(MOST_UNREAD, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        super().connection_lost(exc)
        for timer in (self._head, self._unread):
            if timer is not None:
                timer.cancel()
