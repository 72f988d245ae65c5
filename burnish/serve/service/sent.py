"""What is sent: a picture, or what was painted over one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from starlette.requests import Request

from ...errors import InputTooLarge
from ...ground.amounts import in_bytes
from ..desk import Desk
from ..strokes import MOST_BYTES
from ..upload import Upload, in_time

#: words of a query that say which picture is meant
NAMES = ("picture", "name")


def named(name: str) -> dict[str, str]:
    """The header by which what is sent has a name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


def words_of(request: Request) -> list[tuple[str, str]]:
    """The words of a query that say how a picture is to be restored."""
    return [each for each in request.query_params.multi_items() if each[0] not in NAMES]


async def strokes(request: Request) -> bytes:
    """What was painted over a picture that was sent before: the body. InputTooLarge."""
    body = bytearray()
    async for chunk in in_time(request.stream()):
        body += chunk
        if len(body) > MOST_BYTES:
            raise InputTooLarge(
                f"what is painted over a picture may have {in_bytes(MOST_BYTES)}; undo some of it"
            )
    return bytes(body)


@asynccontextmanager
async def sent(desk: Desk, request: Request, kept: bool = False) -> AsyncIterator[Upload]:
    """The picture that a request is about: one sent before, by ?picture=, or its body.

    kept: whether a body stays where nothing went wrong.
    """
    id = request.query_params.get("picture")
    if id is not None:
        upload = desk.find(id)
        with upload.under_its_name():
            yield upload
        return
    said = request.headers.get("content-length", "")
    name = request.query_params.get("name", "")
    length = int(said) if said.isdecimal() else None
    upload = await desk.take_in(in_time(request.stream()), name, length)
    try:
        with upload.under_its_name():
            yield upload
    except BaseException:
        desk.drop(upload)
        raise
    if not kept:
        desk.drop(upload)
