"""Whom the service obeys, and what it endures: hostile requests, endless bodies, slow clients, and
pictures that are bombs.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
import struct
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="burnish[serve] is not installed")

import uvicorn
from serving import BEARER, GATE, TOKEN, Serving, asked_directly, png, serving
from uvicorn.server import ServerState

import burnish
from burnish.serve import desk as desks
from burnish.serve import upload
from burnish.serve.desk import Desk
from burnish.serve.gate import OPEN, own_names
from burnish.serve.service import guard, server
from burnish.serve.service.about import PAGE
from burnish.serve.worker import Terms

HOSTS = {
    "127.0.0.1:8080": True,
    "localhost:8080": True,
    "LOCALHOST:8080": True,
    "[::1]:8080": True,
    "127.0.0.1": False,
    "127.0.0.1:80": False,
    "127.0.0.1:8081": False,
    "localhost": False,
    "localhost.:8080": False,
    "localhost.example.org:8080": False,
    "127.0.0.1.example.org:8080": False,
    "example.org": False,
    "example.org:8080": False,
    "0.0.0.0:8080": False,
    "127.1:8080": False,
    "2130706433:8080": False,
    "user@127.0.0.1:8080": False,
    "127.0.0.1:8080, example.org": False,
    "127.0.0.1:8080#": False,
    " 127.0.0.1:8080": False,
    "": False,
}
ORIGINS = {
    "http://127.0.0.1:8080": True,
    "https://127.0.0.1:8080": True,
    "http://localhost:8080": False,  # another name than the Host that it was sent to
    "http://127.0.0.1": False,
    "http://127.0.0.1:8081": False,
    "http://127.0.0.1:8080/": False,
    "http://127.0.0.1:8080.example.org": False,
    "http://example.org": False,
    "https://example.org:8080": False,
    "null": False,
    "file://": False,
    "chrome-extension://abcdefgh": False,
    "": False,
}
SITES = {"same-origin": True, "none": True, "same-site": False, "cross-site": False, "": False}
TOKENS = {
    f"Bearer {TOKEN}": True,
    f"bearer {TOKEN}": False,
    f"Bearer {TOKEN}x": False,
    f"Bearer {TOKEN[:-1]}": False,
    f"Bearer  {TOKEN}": False,
    f"Basic {TOKEN}": False,
    TOKEN: False,
    "Bearer": False,
    "Bearer ": False,
    "": False,
}
METHOD_NAMES = ("OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "X" * 400, "")


def let_in(path: str = "/v1/restore", **heads: str) -> bool:
    """Whether a request is let in that has these heads, in place of good ones."""
    good = {"host": "127.0.0.1:8080", "authorization": f"Bearer {TOKEN}"}
    pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in {**good, **heads}.items()]
    return GATE.denial(path, pairs) is None


ROWS = [
    *(("host", {"host": host}, right) for host, right in HOSTS.items()),
    *(("origin", {"origin": origin}, right) for origin, right in ORIGINS.items()),
    *(("site", {"sec_fetch_site": site}, right) for site, right in SITES.items()),
    *(("token", {"authorization": told}, right) for told, right in TOKENS.items()),
]


@pytest.mark.parametrize(("what", "heads", "right"), ROWS)
def test_a_table_of_hostile_requests(what: str, heads: dict[str, str], right: bool) -> None:
    assert let_in(**heads) is right


@pytest.mark.parametrize("method", METHOD_NAMES)
@pytest.mark.parametrize("path", ["/", "/v1/restore", "/v1/jobs/x"])
def test_a_method_that_an_address_has_not_is_refused(
    method: str, path: str, tmp_path: Path
) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        return
        yield b""

    desk = Desk(tmp_path, Terms(), Terms())
    status, record, heads = asyncio.run(asked_directly(desk, path, nothing(), method=method))
    assert (status, record["error"]["code"]) == (405, "E_HTTP")
    allowed = {"/": "GET, HEAD", "/v1/restore": "POST", "/v1/jobs/x": "DELETE, GET, HEAD"}
    assert sorted(heads[b"allow"].decode().split(", ")) == sorted(allowed[path].split(", "))


def test_the_table_is_long_enough_and_has_both_kinds_of_every_row() -> None:
    assert len(ROWS) + 3 * len(METHOD_NAMES) >= 60
    kinds = {(what, right) for what, _, right in ROWS}
    assert kinds == set(itertools.product(("host", "origin", "site", "token"), (True, False)))


def test_two_hosts_or_two_tokens_are_none() -> None:
    host = (b"host", b"127.0.0.1:8080")
    assert GATE.denial("/", [host]) is None
    for heads in ([host, host, BEARER], [BEARER], [host, BEARER, BEARER]):
        assert GATE.denial("/v1/models", heads) is not None


def test_the_page_wants_no_token_and_work_does() -> None:
    host = (b"host", b"127.0.0.1:8080")
    for path in PAGE:
        assert GATE.denial(f"/{path}", [host]) is None
    for path in OPEN:
        assert GATE.denial(path, [host]) is None
        assert GATE.denial(path, [(b"host", b"example.org")]) is not None
    for path in ("/v1/models", "/v1/metrics", "/v1/pictures/x", "/v1/health/x"):
        denial = GATE.denial(path, [host])
        assert denial is not None
        assert denial.status == 401


def test_names_that_are_allowed_besides() -> None:
    names = own_names("0.0.0.0", 8080, ["Pictures.example.org", "other.example.org:443"])
    assert {"pictures.example.org", "pictures.example.org:8080", "other.example.org:443"} <= names
    assert "other.example.org" not in names
    assert {"127.0.0.1", "localhost"} <= own_names("127.0.0.1", 80)


def refused(
    folder: Path,
    chunks: AsyncIterator[bytes],
    length: int | None = None,
    path: str = "/v1/pictures",
) -> tuple[int, str, dict[bytes, bytes]]:
    """Status, code and heads of the answer to such a body, of which nothing may stay."""
    desk = Desk(folder, Terms(), Terms())
    before = {each for each in folder.iterdir() if each.is_dir()}
    found = asyncio.run(asked_directly(desk, f"{path}?name=a.png", chunks, length))
    assert {each for each in folder.iterdir() if each.is_dir()} == before
    status, record, heads = found
    return status, record["error"]["code"], heads


def test_an_endless_body_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MOST_BYTES", 100_000)
    taken = itertools.count()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            next(taken)
            yield bytes(10_000)

    status, code, heads = refused(tmp_path, endless())
    assert (status, code, heads[b"connection"]) == (413, "E_TOO_LARGE", b"close")
    assert next(taken) == 11


def test_a_length_that_is_too_large_is_not_waited_for(tmp_path: Path) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    assert refused(tmp_path, never(), upload.MOST_BYTES + 1)[:2] == (413, "E_TOO_LARGE")


def test_a_body_that_stops_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MOST_SILENT", 0.1)

    async def silent() -> AsyncIterator[bytes]:
        yield b"abc"
        await asyncio.sleep(60)

    assert refused(tmp_path, silent())[:2] == (422, "E_TRUNCATED")


def test_a_body_that_trickles_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MOST_ARRIVAL", 0.3)

    async def trickling() -> AsyncIterator[bytes]:
        while True:
            yield b"a"
            await asyncio.sleep(0.01)

    assert refused(tmp_path, trickling())[:2] == (422, "E_TRUNCATED")


def test_too_many_at_a_time_are_asked_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "MOST_ARRIVING", 0)

    async def some() -> AsyncIterator[bytes]:
        yield b"abc"

    status, code, heads = refused(tmp_path, some())
    assert (status, code) == (429, "E_BUSY")
    assert int(heads[b"retry-after"]) > 0


def test_where_no_more_can_wait_that_is_said_before_the_picture_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "MOST_RESTORING", 0)

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    long = guard.SHORT + 1  # a shorter one is let arrive
    assert refused(tmp_path, never(), long, "/v1/restore")[:2] == (429, "E_BUSY")


def test_of_requests_at_a_time_so_many_are_taken_and_whoever_watches_over_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MOST_REQUESTS", 0)

    async def nothing() -> AsyncIterator[bytes]:
        return
        yield b""

    def ask(path: str) -> tuple[int, Any, dict[bytes, bytes]]:
        desk = Desk(tmp_path, Terms(), Terms())
        return asyncio.run(asked_directly(desk, path, nothing(), method="GET"))

    status, record, heads = ask("/v1/models")
    assert (status, record["error"]["code"], int(heads[b"retry-after"])) == (429, "E_BUSY", 2)
    assert ask("/v1/health")[:2] == (200, {"status": "ok", "version": burnish.__version__})
    status, record, heads = ask("/v1/ready")
    assert status == 503
    assert record["reasons"] == ["the process that looks at pictures has not begun yet"]


# What comes through a socket.


def through_a_socket(
    answer: Callable[[Any, Any, Any], Awaitable[None]], sent: bytes, reads: bool = True
) -> tuple[bytes, float]:
    """What a server with that ASGI application answers to bytes, and the seconds until it hangs up.

    reads: whether the client reads before that.
    """

    async def talk() -> tuple[bytes, float]:
        loop = asyncio.get_running_loop()
        config = uvicorn.Config(answer, lifespan="off", log_level="critical", timeout_keep_alive=1)
        config.load()

        def protocol() -> server.Patient:
            return server.Patient(config=config, server_state=state, app_state={})

        state = ServerState()
        listening = await loop.create_server(protocol, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(
            *listening.sockets[0].getsockname(), limit=1 << 10
        )
        begun = time.monotonic()
        writer.write(sent)
        if not reads:
            while not state.connections:
                await asyncio.sleep(0.01)
            while state.connections:
                await asyncio.sleep(0.01)
        with suppress(ConnectionResetError):
            found = b"" if not reads else await reader.read()
        taken = time.monotonic() - begun
        writer.close()
        listening.close()
        return found, taken

    return asyncio.run(asyncio.wait_for(talk(), 20))


async def small(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"small"})


async def large(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(300):
        await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a", b"GET / HTTP/1.1\r\n"])
def test_a_head_that_does_not_come_is_given_up(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_HEAD", 0.2)
    found, seconds = through_a_socket(small, sent)
    assert found == b""
    assert 0.15 < seconds < 5


def test_a_second_head_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_HEAD", 0.2)
    whole = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    found, seconds = through_a_socket(small, whole + b"GET / HTT")
    assert found.count(b"small") == 1
    assert seconds < 5


def test_an_answer_that_nobody_reads_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_UNREAD", 0.2)
    _, seconds = through_a_socket(large, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", reads=False)
    assert 0.15 < seconds < 5


def test_an_answer_that_is_read_slowly_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_UNREAD", 1.0)
    asked = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    found, _ = through_a_socket(large, asked)
    assert found.count(bytes(1 << 16)) >= 299


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that takes pictures of one megapixel."""
    with serving(tmp_path_factory.mktemp("serve"), "--max-megapixels", "1") as found:
        yield found


def raw(server: Serving, head: str, more: bytes = b"") -> bytes:
    """What a server answers to a request in so many bytes, until it hangs up."""
    host, _, port = server.base[7:-1].partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        told = head.format(host=f"{host}:{port}", token=server.token).replace("\n", "\r\n")
        connection.sendall(told.encode() + more)
        found = b""
        with suppress(ConnectionResetError, BrokenPipeError):
            while chunk := connection.recv(1 << 16):
                found += chunk
                if more:
                    connection.sendall(more)  # it never ends
        return found


@pytest.mark.parametrize("path", ["/v1/health", "/v1/models", "/", "/nothing"])
def test_a_body_that_nobody_wants_is_not_read_for_ever(path: str, small_server: Serving) -> None:
    head = f"GET {path} HTTP/1.1\nHost: {{host}}\nAuthorization: Bearer {{token}}\n"
    found = raw(small_server, f"{head}Transfer-Encoding: chunked\n\n", b"4\r\nmore\r\n")
    assert found.startswith(b"HTTP/1.1 404" if path == "/nothing" else b"HTTP/1.1 200")
    assert b"connection: close" in found


def test_a_short_body_that_nobody_wants_does_not_cost_the_answer(small_server: Serving) -> None:
    head = "POST /v1/restore HTTP/1.1\nHost: {host}\nContent-Length: 900000\n\n"
    host, _, port = small_server.base[7:-1].partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        told = head.format(host=f"{host}:{port}").replace("\n", "\r\n")
        connection.sendall(told.encode() + bytes(450_000))
        time.sleep(0.2)
        connection.sendall(bytes(450_000))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401 ")
        # The connection is as good as before.
        connection.sendall(f"GET /v1/health HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        found = b""
        while chunk := connection.recv(1 << 16):
            found += chunk
            if b"HTTP/1.1 200 " in found:
                break
        assert b"HTTP/1.1 200 " in found


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\n\n",
        "GET / HTTP/1.1\nHost: {host}\nHost: {host}\n\n",
        "\x16\x03\x01\x02\n\n",
        "POST /v1/restore HTTP/1.1\nHost: {host}\nContent-Length: -1\n\n",
        "POST /v1/restore HTTP/1.1\nHost: {host}\nContent-Length: 1\nContent-Length: 2\n\n",
        "GET / HTTP/1.1\nHost: {host}\nX: " + "x" * 1_000_000 + "\n\n",
        "GET http://example.org/ HTTP/1.1\nHost: example.org\nConnection: close\n\n",
    ],
)
def test_what_is_no_request_of_ours_is_refused(head: str, small_server: Serving) -> None:
    found = raw(small_server, head)
    assert re.match(rb"HTTP/1.1 (400|403) ", found), found[:100]


@cache
def a_bomb(width: int, height: int) -> bytes:
    """A PNG of black pixels, a bit each, that is much larger than its file."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        sum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", sum)

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize("path", ["restore", "inspect", "pictures", "jobs"])
def test_a_picture_that_is_a_bomb_is_refused_before_it_is_unpacked(
    path: str, small_server: Serving
) -> None:
    bomb = a_bomb(20_000, 20_000)
    assert len(bomb) < 100_000
    with small_server.client() as client:
        before = sum(worker.memory_info().rss for worker in small_server.workers())
        answer = client.post(f"/v1/{path}?name=a.png", content=bomb)
        after = sum(worker.memory_info().rss for worker in small_server.workers())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "E_TOO_LARGE")
    assert "400 megapixels" in answer.json()["error"]["message"]
    assert after - before < 100e6


@pytest.mark.parametrize(
    "words",
    [
        {"model": "lanczos+upscale-x2"},
        {"model": "lanczos+upscale-x2", "to": "1"},
        {"model": "auto", "to": "5"},
        {"model": "photo", "to": "1500x"},
    ],
)
def test_a_result_that_would_be_a_bomb_is_refused(
    words: dict[str, str], small_server: Serving
) -> None:
    with small_server.client() as client:
        told = {"name": "a.png", **words}
        answer = client.post("/v1/restore", params=told, content=png(250, 300))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "E_TOO_LARGE")
    assert "would have" in answer.json()["error"]["message"]
