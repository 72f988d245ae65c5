"""`burnish serve` as a process, for tests that ask it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from conftest import scene
from PIL import Image
from typer.testing import CliRunner

from burnish import images
from burnish.cli import app
from burnish.serve.desk import Desk
from burnish.serve.gate import Gate, own_names
from burnish.serve.service.application import application

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "x" * 43
BEARER = (b"authorization", f"Bearer {TOKEN}".encode())
GATE = Gate(own_names("127.0.0.1", 8080), TOKEN)


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


def noisy(height: int, width: int, channels: int = 3, seed: int = 0) -> Any:
    """A picture with noise, of 8 bits."""
    rng = np.random.default_rng(seed)
    clean = scene(height, width, channels)[0].transpose(1, 2, 0)
    spoiled = clean + rng.normal(0, 15 / 255, clean.shape)
    return np.rint(255 * spoiled.clip(0, 1)).astype(np.uint8)


def a_file(path: Path, pixels: Any, **more: Any) -> bytes:
    """The bytes of a picture in a file, which is written."""
    images.write(path, replace(images.from_array(pixels), **more))
    return path.read_bytes()


@cache
def png(height: int, width: int) -> bytes:
    """The bytes of a PNG with noise."""
    buffer = io.BytesIO()
    Image.fromarray(noisy(height, width)).save(buffer, "PNG")
    return buffer.getvalue()


def by_command(source: Path, *words: str) -> bytes:
    """The bytes of what `burnish restore` makes of a file."""
    target = source.parent / "by_command"
    done = CliRunner().invoke(app, ["restore", str(source), "-o", f"{target}/", *words])
    assert done.exit_code == 0, done.output
    (found,) = target.iterdir()
    return found.read_bytes()


async def asked_directly(
    desk: Desk,
    path: str,
    chunks: AsyncIterator[bytes],
    length: int | None = None,
    method: str = "POST",
    kind: str = "",
) -> tuple[int, dict[str, Any], dict[bytes, bytes]]:
    """What is answered to a body that arrives piece by piece: status, record, heads. The desk is
    closed then.
    """
    heads = [(b"host", b"127.0.0.1:8080"), BEARER]
    if kind:
        heads.append((b"content-type", kind.encode()))
    if length is not None:
        heads.append((b"content-length", str(length).encode()))
    elif method == "POST":
        heads.append((b"transfer-encoding", b"chunked"))
    plain, _, query = path.partition("?")
    scope = {
        "type": "http", "method": method, "path": plain, "raw_path": plain.encode(),
        "query_string": query.encode(), "headers": heads, "http_version": "1.1",
        "scheme": "http", "server": ("127.0.0.1", 8080), "client": ("127.0.0.1", 1),
        "root_path": "",
    }  # fmt: skip
    answered: list[Any] = []

    async def receive() -> dict[str, Any]:
        try:
            return {"type": "http.request", "body": await anext(chunks), "more_body": True}
        except StopAsyncIteration:
            return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        answered.append(message)

    await application(desk, GATE)(scope, receive, send)
    await desk.close()
    body = b"".join(message.get("body", b"") for message in answered[1:])
    return answered[0]["status"], json.loads(body), dict(answered[0]["headers"])
