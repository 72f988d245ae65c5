"""Jobs: pictures restored while nobody waits, what is told of them, how they outlive a server."""

from __future__ import annotations

import asyncio
import json
import re
import struct
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="burnish[serve] is not installed")

import httpx
from serving import Serving, asked_directly, by_command, png, serving
from typer.testing import CliRunner

from burnish import errors
from burnish.cli import app
from burnish.serve import backlog as backlogs
from burnish.serve.backlog import Backlog
from burnish.serve.desk import Desk
from burnish.serve.orders import Book, Order, State
from burnish.serve.service.server import OWN
from burnish.serve.upload import Upload
from burnish.serve.wish import Wish
from burnish.serve.worker import Terms

#: a picture that takes a while
LARGE = (1600, 2000)
#: how it is restored
SLOWLY = {"model": "photo", "d": "noise=20"}


def ordered(client: httpx.Client, content: bytes, **words: str) -> str:
    """Sends a picture as a job; its id."""
    answer = client.post("/v1/jobs", params={"name": "a.png", **words}, content=content)
    assert answer.status_code == 202, answer.text
    id: str = answer.json()["job"]
    assert answer.headers["location"] == f"/v1/jobs/{id}"
    return id


def told(client: httpx.Client, id: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a job until it has ended: the name and the record of each."""
    with client.stream("GET", f"/v1/jobs/{id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = answer.read().decode()
    found = re.findall(r"^event: (\w+)\ndata: (.*)\n\n", text, re.MULTILINE)
    return [(name, json.loads(data)) for name, data in found]


def until(client: httpx.Client, id: str, state: str) -> dict[str, Any]:
    """A job's record once it is so far."""
    deadline = time.monotonic() + 60
    while True:
        record: dict[str, Any] = client.get(f"/v1/jobs/{id}").json()
        if record["state"] == state:
            return record
        assert time.monotonic() < deadline, record
        time.sleep(0.05)


def test_a_job_is_told_of_until_its_result_is_there_which_is_the_command_lines(
    client: httpx.Client, server: Serving, tmp_path: Path
) -> None:
    content = png(700, 900)
    (tmp_path / "a.png").write_bytes(content)
    id = ordered(client, content, **SLOWLY)
    events = told(client, id)
    assert [name for name, record in events] == [record["state"] for _, record in events]
    assert events[-1][0] == "done"
    halfway = [record["halfway"] for name, record in events if name == "working"]
    assert halfway, "nothing was told between its beginning and its end"
    record = client.get(f"/v1/jobs/{id}").json()
    assert record == events[-1][1]
    assert record["result"] == record["report"]["target"] == "a_restored.png"
    assert (record["report"]["source"], record["report"]["dials"]) == ("a.png", {"noise": 20.0})
    assert (record["error"], record["ahead"]) == (None, None)
    answer = client.get(f"/v1/jobs/{id}/result")
    assert answer.content == by_command(tmp_path / "a.png", "-m", "photo", "-d", "noise=20")
    assert answer.headers["content-disposition"].endswith("''a_restored.png")
    assert id in [each["job"] for each in client.get("/v1/jobs").json()]

    # It lies among the pictures, and goes with all that belongs to it.
    assert client.post("/v1/zip", params={"picture": id}).status_code == 200
    assert client.delete(f"/v1/jobs/{id}").status_code == 204
    for path in (f"jobs/{id}", f"jobs/{id}/events", f"jobs/{id}/result", f"pictures/{id}"):
        answer = client.get(f"/v1/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "E_INPUT_MISSING")
    assert not list(server.folder.rglob(id))


def test_a_job_of_a_picture_that_was_sent_before_is_a_picture_of_its_own(
    client: httpx.Client,
) -> None:
    sent = client.post("/v1/pictures?name=b.png", content=png(40, 60)).json()["picture"]
    spared = json.dumps([{"marks": False, "radius": 500, "points": [[20, 20]]}])
    answer = client.post("/v1/jobs", params={"picture": sent, "model": "photo"}, content=spared)
    id = answer.json()["job"]
    assert id != sent
    client.delete(f"/v1/pictures/{sent}")
    assert told(client, id)[-1][1]["name"] == "b.png"
    result = client.get(f"/v1/jobs/{id}/result").content
    assert result
    assert ordered(client, png(40, 60), model="photo") != id


def broken(content: bytes) -> bytes:
    """A PNG whose pixels cannot be unpacked, though its chunks are sound."""
    at = content.index(b"IDAT")
    (size,) = struct.unpack(">I", content[at - 4 : at])
    packed = bytearray(content[at + 4 : at + 4 + size])
    packed[size // 2 : size // 2 + 40] = bytes(40)
    sum = struct.pack(">I", zlib.crc32(b"IDAT" + packed))
    return content[: at + 4] + bytes(packed) + sum + content[at + 8 + size :]


def test_a_job_that_fails_says_why_with_the_command_lines_sentence(
    client: httpx.Client, tmp_path: Path
) -> None:
    content = broken(png(40, 60))
    source = tmp_path / "a.png"
    source.write_bytes(content)
    said = CliRunner().invoke(app, ["restore", str(source), "-o", f"{tmp_path}/o/", "--json"])
    expected = json.loads(said.stdout.splitlines()[0])["error"]
    id = ordered(client, content)
    name, record = told(client, id)[-1]
    assert name == "failed"
    message = expected["message"].replace(str(source), "a.png")
    assert record["error"] == {"code": expected["code"], "message": message}
    answer = client.get(f"/v1/jobs/{id}/result")
    assert (answer.status_code, answer.json()["error"]) == (422, record["error"])


def test_what_cannot_be_ordered_is_told_at_once(client: httpx.Client) -> None:
    for words, content, status, code in (
        ({"model": "nothing"}, png(40, 60), 400, "E_MODEL_MISSING"),
        ({}, b"no picture", 422, "E_UNSUPPORTED_FORMAT"),
        ({"d": "blur=1", "model": "photo"}, png(40, 60), 400, "E_DIAL"),
        ({"strength": "2"}, png(40, 60), 400, "E_USAGE"),
    ):
        answer = client.post("/v1/jobs", params={"name": "a.png", **words}, content=content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_job_that_is_not_done_has_no_result_yet_and_ends_when_it_is_withdrawn(
    client: httpx.Client, server: Serving
) -> None:
    ids = [ordered(client, png(*size), **SLOWLY) for size in (LARGE, *3 * [(40, 60)])]
    until(client, ids[0], "working")
    early = client.get(f"/v1/jobs/{ids[0]}/result")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "E_NOT_YET")
    assert int(early.headers["Retry-After"]) > 0
    assert [client.get(f"/v1/jobs/{id}").json()["ahead"] for id in ids[2:]] == [0, 1]
    before = {worker.pid for worker in server.workers()}
    for id in ids:
        assert client.delete(f"/v1/jobs/{id}").status_code == 204
    gone = time.monotonic() + 2
    while before <= {worker.pid for worker in server.workers()}:
        assert time.monotonic() < gone, "it works on, for nobody"
        time.sleep(0.05)
    # What comes after it is done as ever.
    assert told(client, ordered(client, png(40, 60), **SLOWLY))[-1][0] == "done"


def test_metrics_count_what_was_done(client: httpx.Client) -> None:
    told(client, ordered(client, png(40, 60), **SLOWLY))
    client.get("/v1/nothing")
    answer = client.get("/v1/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    found = dict(re.findall(r"^(burnish_[^ ]+) (\S+)$", answer.text, re.MULTILINE))
    assert float(found['burnish_jobs{state="done"}']) >= 1
    assert float(found["burnish_restored_total"]) >= 1
    assert float(found["burnish_restored_megapixels_total"]) > 0
    posted = 'burnish_requests_total{method="POST",route="/v1/jobs",status="202"}'
    assert float(found[posted]) >= 1
    # Addresses that strangers make up are no names of their own.
    assert float(found['burnish_requests_total{method="other",route="",status="404"}']) >= 1
    assert float(found['burnish_resident_bytes{process="server"}']) > 1e6
    assert float(found['burnish_waiting{for="restoring"}']) == 0


def test_it_is_ready_once_its_worker_has_begun(client: httpx.Client, server: Serving) -> None:
    # What looks at this picture is that worker.
    client.post("/v1/pictures?name=a.png", content=png(8, 8)).raise_for_status()
    with httpx.Client(base_url=server.base, timeout=30) as stranger:
        assert stranger.get("/v1/ready").json() == {"ready": True, "reasons": []}
        assert stranger.get("/v1/health").json()["status"] == "ok"


def test_so_many_jobs_may_wait_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlogs, "MOST_ORDERS", 0)

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    desk = Desk(tmp_path, Terms(), Terms())
    status, record, heads = asyncio.run(asked_directly(desk, "/v1/jobs?name=a.png", never()))
    assert (status, record["error"]["code"], int(heads[b"retry-after"])) == (429, "E_BUSY", 2)


# What outlives a server.


def test_a_server_that_is_started_again_knows_its_jobs(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with serving(tmp_path, "--jobs", str(kept)) as server, server.client() as client:
        done = ordered(client, png(40, 60), **SLOWLY)
        expected = told(client, done)[-1][1]
        result = client.get(f"/v1/jobs/{done}/result").content
        sent = client.post("/v1/pictures?name=a.png", content=png(40, 60)).json()["picture"]
        in_hand = ordered(client, png(*LARGE), **SLOWLY)
        until(client, in_hand, "working")
        waiting = ordered(client, png(48, 64), **SLOWLY)
        server.process.kill()
    assert (kept / OWN).stat().st_mode & 0o077 == 0
    with serving(tmp_path, "--jobs", str(kept)) as server, server.client() as client:
        assert [each["job"] for each in client.get("/v1/jobs").json()] == [done, in_hand, waiting]
        assert client.get(f"/v1/jobs/{done}").json() == expected
        assert client.get(f"/v1/jobs/{done}/result").content == result
        # What was no job is not kept.
        assert client.get(f"/v1/pictures/{sent}").status_code == 404
        assert not (kept / OWN / sent).exists()
        # A second one leaves the folder alone.
        with serving(tmp_path, "--jobs", str(kept)) as second:
            assert second.process.wait(30) == errors.FolderLocked.exit_status
            assert second.process.stderr is not None
            assert "another server has it" in second.process.stderr.read()
        client.delete(f"/v1/jobs/{in_hand}")
        assert told(client, waiting)[-1][0] == "done"
    assert {each.name for each in (kept / OWN).iterdir()} == {"jobs.db", done, waiting}


def an_order(root: Path, **more: Any) -> Order:
    """An order as it stands in a book, with its picture."""
    upload = Upload.new(root, "a.png")
    upload.folder.mkdir()
    upload.source.write_bytes(b"a picture")
    return Order(upload, [("model", "photo")], "", **more)


async def worked_off(root: Path, work: Any) -> list[Order]:
    """The orders of a book after they were worked off."""
    backlog = Backlog(root, work)
    backlog.start(1)
    orders = list(backlog)
    for order in orders:
        async for _ in backlog.watch(order):
            pass
    await backlog.close()
    return orders


def test_an_order_over_which_two_servers_ended_is_set_aside(tmp_path: Path) -> None:
    orders = [an_order(tmp_path, state=State.working, tries=tries) for tries in (1, 2)]
    book = Book(tmp_path)
    for order in orders:
        book.keep(order)
    book.close()
    seen: list[str] = []

    async def work(upload: Upload, wish: Wish) -> None:
        seen.append(upload.id)

    once, twice = asyncio.run(worked_off(tmp_path, work))
    assert (once.state, twice.state) == (State.done, State.failed)
    assert seen == [orders[0].upload.id]
    assert twice.error is not None
    assert twice.error["message"] == "a.png: the server ended over it twice, and it is set aside"


def test_a_server_that_is_ended_leaves_what_was_in_hand_as_if_it_had_not_begun(
    tmp_path: Path,
) -> None:
    async def for_ever(upload: Upload, wish: Wish) -> None:
        await asyncio.sleep(1000)

    async def begin() -> None:
        backlog = Backlog(tmp_path, for_ever)
        backlog.start(1)
        backlog.add(order)
        async for now in backlog.watch(order):
            if now is not None and now.state == State.working:
                break
        await backlog.close()

    order = an_order(tmp_path)
    asyncio.run(begin())
    book = Book(tmp_path)
    (found,) = book.orders()
    assert (found.state, found.tries) == (State.waiting, 0)
    book.close()


def test_who_watches_hears_that_it_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlogs, "STILL", 0.02)

    async def watch() -> list[Order | None]:
        backlog = Backlog(tmp_path, lambda upload, wish: asyncio.sleep(0))
        backlog.add(order)
        seen: list[Order | None] = []
        async for now in backlog.watch(order):
            seen.append(now)
            if len(seen) == 3:
                backlog.strike(order.upload.id)
        await backlog.close()
        return seen

    order = an_order(tmp_path)
    assert asyncio.run(watch()) == [order, None, None, order]
    assert not order.watchers


def test_orders_that_ended_long_ago_go_when_another_picture_comes(tmp_path: Path) -> None:
    book = Book(tmp_path)
    old = an_order(tmp_path, state=State.done, ended=time.time() - backlogs.KEPT - 1)
    new = an_order(tmp_path, state=State.done, ended=time.time())
    for order in (old, new):
        book.keep(order)
    book.close()

    async def take_one() -> list[str]:
        desk = Desk(tmp_path, Terms(), Terms())
        desk.copy(desk.find(new.upload.id))
        left = [order.upload.id for order in desk.backlog]
        await desk.close()
        return left

    assert asyncio.run(take_one()) == [new.upload.id]
    assert not old.upload.folder.exists()


def test_a_book_of_another_version_is_not_touched(tmp_path: Path) -> None:
    import sqlite3

    data = sqlite3.connect(tmp_path / "jobs.db")
    data.execute("PRAGMA user_version = 99")
    data.close()
    with pytest.raises(errors.OutputError, match="another version of Burnish"):
        Book(tmp_path)
