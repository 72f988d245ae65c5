"""`burnish serve` as a process, for tests that ask it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Serving:
    """A server at work."""

    #: the address that it printed, with its token
    address: str
    #: its process
    process: subprocess.Popen[str]
    #: where its temporary files go
    folder: Path

    @property
    def base(self) -> str:
        """The address without the token."""
        return self.address.partition("#")[0]

    @property
    def token(self) -> str:
        """What whoever asks for work has to send."""
        return self.address.partition("#token=")[2]

    def client(self) -> httpx.Client:
        """A client that holds the token."""
        head = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.base, headers=head, timeout=120)

    def workers(self) -> list[psutil.Process]:
        """Its worker processes."""
        return list(psutil.Process(self.process.pid).children())


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[Serving]:
    """A context in which a server is there, on a port of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "burnish.cli", "serve", "--port", "0", "--threads", "1", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield Serving(process.stdout.readline().strip(), process, folder)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
