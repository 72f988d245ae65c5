"""Jobs: pictures restored while nobody has to wait, with word of how far they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from ...errors import NotYet, kind_of
from ..desk import Desk
from ..orders import Order
from ..wish import Wish
from .sent import named, sent, words_of


async def order(desk: Desk, request: Request) -> Response:
    """Takes a picture that is to be restored, as `restore` takes it, and answers at once."""
    desk.backlog.check_room()
    Wish.parse(words_of(request))  # so that what is wrong is told before the picture arrives
    async with sent(desk, request, kept=True) as it:
        await asyncio.to_thread(desk.meant(it.upload, it.wish).check)
        upload = desk.copy(it.upload) if it.before else it.upload
        made = desk.order(upload, it.words, it.strokes)
    return JSONResponse(_record(desk, made), 202, {"Location": f"/v1/jobs/{upload.id}"})


async def listed(desk: Desk, request: Request) -> Response:
    """All jobs, as they came."""
    return JSONResponse([_record(desk, each) for each in desk.backlog])


async def look(desk: Desk, request: Request) -> Response:
    """How far a job is, and what became of it."""
    return JSONResponse(_record(desk, _found(desk, request)))


async def events(desk: Desk, request: Request) -> Response:
    """How far a job is, whenever that changes, as server-sent events, until it has ended."""
    found = _found(desk, request)
    # Some proxies hold back what is not asked for in this way.
    heads = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_events(desk, found), 200, heads, media_type="text/event-stream")


async def result(desk: Desk, request: Request) -> Response:
    """The restored file. What a job failed by is the answer where it did."""
    found = _found(desk, request)
    if found.error is not None:
        raise kind_of(found.error["code"])(found.error["message"])
    if found.upload.result is None:
        raise NotYet(f"{found.upload.name}: not restored yet")
    path, name = found.upload.result
    return FileResponse(path, media_type="application/octet-stream", headers=named(name))


async def withdraw(desk: Desk, request: Request) -> Response:
    """Lets a job go, with its picture and its result; what is done for it ends."""
    desk.drop(_found(desk, request).upload)
    return Response(status_code=204)


def _found(desk: Desk, request: Request) -> Order:
    """The job that an address names, which rests no longer."""
    found = desk.backlog.find(request.path_params["id"])
    desk.find(found.upload.id)
    return found


def _record(desk: Desk, found: Order) -> dict[str, Any]:
    return {**found.record(), "ahead": desk.backlog.ahead(found)}


async def _events(desk: Desk, found: Order) -> AsyncIterator[str]:
    """An event for each change, named after the state, and a comment where long nothing changes."""
    async for now in desk.backlog.watch(found):
        if now is None:
            yield ": still there\n\n"
            continue
        record = _record(desk, now)
        yield f"event: {record['state']}\ndata: {json.dumps(record)}\n\n"
