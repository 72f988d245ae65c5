"""Pictures restored while somebody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from ...errors import BurnishError
from ..desk import Desk
from ..wish import Wish
from .sent import named, sent, words_of

Result = TypeVar("Result")
#: bytes of a result that is sent from memory: reading it piece by piece would take longer
FROM_MEMORY = 1 << 20
#: what a restored file is sent as
KIND = "application/octet-stream"


async def restore(desk: Desk, request: Request) -> Response:
    """A picture restored, as `burnish restore` does it: the body, or one that was sent before."""
    desk.check_room()
    Wish.parse(words_of(request))  # so that what is wrong is told before the picture arrives
    async with sent(desk, request, kept=True) as it:
        path, name = await _while_wanted(request, desk.restore(it.upload, it.wish))
    heads = named(name)
    if it.before:
        return FileResponse(path, media_type=KIND, headers=heads)
    if path.stat().st_size <= FROM_MEMORY:
        content = path.read_bytes()
        desk.drop(it.upload)
        return Response(content, media_type=KIND, headers=heads)
    gone = BackgroundTask(desk.drop, it.upload)
    return FileResponse(path, media_type=KIND, headers=heads, background=gone)


async def _while_wanted(request: Request, work: Awaitable[Result]) -> Result:
    """What comes of work, which ends where the client goes away. ClientDisconnect then."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        for each in (task, gone):
            each.cancel()
            with suppress(asyncio.CancelledError, BurnishError):
                await each


async def _gone(request: Request) -> None:
    """Returns when the client has gone away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
