"""Pictures that lie on the desk: sent, looked at, let go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from ...errors import UsageError
from ..desk import Desk
from ..view import REDUCTIONS, Window
from ..wish import WORDS, Wish
from .sent import named, sent, strokes

#: what a query about a part of a picture need not say
DEFAULTS = {"reduce": "1", "exact": "0", "marks": "0"}


async def take_in(desk: Desk, request: Request) -> Response:
    """Takes in a picture, the body as it is, under ?name=, and says what its head says."""
    async with sent(desk, request, kept=True) as it:
        upload = it.upload
        if upload.maps or upload.paintings:
            raise UsageError(
                "maps and paintings of a form go with what is restored by them at once, or as a "
                "job; a painting that is sent like any picture stays, and style=ID names it"
            )
        facts = {**upload.facts, "file": upload.name}
        return JSONResponse({"picture": upload.id, "name": upload.name, "facts": facts}, 201)


async def progress(desk: Desk, request: Request) -> Response:
    """How far a picture is: (done, total) tiles while it is restored, and what became of it."""
    upload = desk.find(request.path_params["id"])
    restored = None if upload.result is None else upload.result[1]
    return JSONResponse(
        {
            "picture": upload.id,
            "halfway": upload.halfway,
            "restored": restored,
            "report": upload.report,
        }
    )


async def drop(desk: Desk, request: Request) -> Response:
    """Lets a picture go."""
    desk.drop(desk.find(request.path_params["id"]))
    return Response(status_code=204)


async def inspect(desk: Desk, request: Request) -> Response:
    """What `burnish info` says of a picture: the body, or one that was sent before."""
    async with sent(desk, request) as it:
        return JSONResponse(dict(await desk.inspect(it.upload)))


async def preview(desk: Desk, request: Request) -> Response:
    """A part of a picture that was sent before, in four bytes a pixel; X-Size says how many.

    With marks=1 it is where the model works or does not, in a colour to lay over it.
    """
    wish = Wish.parse(_known(request), await strokes(request))
    window, marks = _window(request)
    upload = desk.find(request.query_params.get("picture", ""))
    with upload.under_its_name():
        looker = request.query_params.get("looker", "")
        pane = await desk.show(upload, wish, window, looker, marks)
    size = {"X-Size": f"{pane.width}x{pane.height}", "X-Exact": str(int(pane.exact))}
    return Response(pane.rgba, media_type="application/octet-stream", headers=size)


def _known(request: Request) -> Iterator[tuple[str, str]]:
    """The words of a query that say how a picture is restored."""
    return (each for each in request.query_params.multi_items() if each[0] in WORDS)


def _window(request: Request) -> tuple[Window, bool]:
    """The part of a picture that a query is about, and whether it is about its mask. UsageError
    where it says none.
    """
    numbers: dict[str, int] = {}
    for name in ("left", "top", "width", "height", "reduce", "exact", "marks"):
        text = request.query_params.get(name, DEFAULTS.get(name, ""))
        if not (text.isascii() and text.isdecimal()) or len(text) > 9:
            raise UsageError(f"{name}={text}: a whole number is wanted here")
        numbers[name] = int(text)
    if numbers["reduce"] not in REDUCTIONS:
        raise UsageError(f"reduce={numbers['reduce']}: 1, 2, 4 and so on, to {REDUCTIONS[-1]}")
    exact, marks = (bool(numbers.pop(name)) for name in ("exact", "marks"))
    return Window(**numbers, exact=exact), marks


async def mask(desk: Desk, request: Request) -> Response:
    """Where a model works in a picture that was sent before, as --mask-in or --strength-map takes
    it.
    """
    wish = Wish.parse(_known(request), await strokes(request))
    upload = desk.find(request.query_params.get("picture", ""))
    with upload.under_its_name():
        path, name = await desk.mask(upload, wish)
    return FileResponse(
        path, media_type="image/png", headers=named(name), background=BackgroundTask(path.unlink)
    )


async def pack(desk: Desk, request: Request) -> Response:
    """The restored files of pictures, ?picture= for each, in one ZIP."""
    ids = request.query_params.getlist("picture")
    if not ids:
        raise UsageError("a ZIP is of restored pictures: picture=ID says of which")
    path = await asyncio.to_thread(desk.pack, ids)
    headers = {"Content-Disposition": 'attachment; filename="restored.zip"'}
    return FileResponse(
        path, media_type="application/zip", headers=headers, background=BackgroundTask(path.unlink)
    )
