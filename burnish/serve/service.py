"""The service: what HTTP asks of the desk, and the page. Starlette and uvicorn are imported here.

Every request below /v1 wants the token, and answers in JSON or in the bytes of a picture. What goes
wrong is {"error": {"code", "message"}}, with the sentence of the command line.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import __version__
from ..errors import (
    BurnishError,
    Busy,
    InputError,
    InputMissing,
    InputTooLarge,
    ModelMissing,
    OutOfMemory,
    OutputError,
    UsageError,
    unforeseen,
)
from ..ground.amounts import in_bytes
from ..inference import zoo
from ..inference.masked import Masked
from ..inference.model import Model
from ..pipeline.estimate import ESTIMATORS
from .desk import Desk, Upload, under_its_name
from .gate import Denial, Gate
from .lane import Stale
from .strokes import MOST_BYTES
from .view import Window
from .wish import WORDS, Wish, offered

Result = TypeVar("Result")

#: the files of the page, and what they are
PAGE = {
    "": ("index.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "brush.js": ("brush.js", "text/javascript; charset=utf-8"),
    "texts.js": ("texts.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}
#: sent with everything: nothing is loaded from elsewhere, framed, guessed or kept
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: the status of HTTP for each kind of error, the first that fits
STATUS: tuple[tuple[type[BurnishError], int], ...] = (
    (Busy, 429),
    (InputMissing, 404),
    (InputTooLarge, 413),
    (InputError, 422),
    (UsageError, 400),
    (ModelMissing, 400),
    (OutputError, 507),
    (OutOfMemory, 503),
)
#: what a query about a part of a picture need not say
DEFAULTS = {"reduce": "1", "exact": "0", "marks": "0"}
#: words of a query that say which picture is meant
NAMES = ("picture", "name")
#: how far a preview may be reduced
REDUCTIONS = [2**power for power in range(11)]
#: seconds after which a busy server may be asked again
RETRY = "2"
#: connections at a time
MOST_CONNECTIONS = 64
#: seconds that requests in hand have to end when the server does
LAST_SECONDS = 2


def run(desk: Callable[[Path], Desk], gate: Gate, listening: socket.socket) -> None:
    """Serves until the process is told to end. What it kept is gone then.

    desk: makes the desk in an empty folder. gate: who is let in. listening: a bound socket.
    KeyboardInterrupt or SystemExit by the signal that ended it.
    """
    with tempfile.TemporaryDirectory(prefix="burnish-serve-", ignore_cleanup_errors=True) as root:
        config = uvicorn.Config(
            application(desk(Path(root)), gate),
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http="h11",
            ws="none",
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=LAST_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[listening])


def application(desk: Desk, gate: Gate) -> ASGIApp:
    """The service as an ASGI application."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        desk.start()
        yield
        desk.close()

    def to(answer: Callable[..., Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        return partial(_answered, answer, desk)

    routes = [
        *(Route(f"/{path}", partial(_file, *about)) for path, about in PAGE.items()),
        Route("/v1/health", to(_health)),
        Route("/v1/models", to(_models)),
        Route("/v1/pictures", to(_take_in), methods=["POST"]),
        Route("/v1/pictures/{id}", to(_progress)),
        Route("/v1/pictures/{id}", to(_drop), methods=["DELETE"]),
        Route("/v1/inspect", to(_inspect), methods=["POST"]),
        Route("/v1/preview", to(_preview), methods=["POST"]),
        Route("/v1/mask", to(_mask), methods=["POST"]),
        Route("/v1/restore", to(_restore), methods=["POST"]),
        Route("/v1/zip", to(_zip), methods=["POST"]),
    ]
    inner = Starlette(
        routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _no_such}
    )
    return _Guarded(inner, gate)


class _Guarded:
    """What is asked passes the gate, and what is answered gets the headers of all answers."""

    def __init__(self, inner: ASGIApp, gate: Gate) -> None:
        self._inner = inner
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return

        async def headed(message: Any) -> None:
            if message["type"] == "http.response.start":
                fixed = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *fixed]}
            await send(message)

        denial = self._gate.denial(scope["method"], scope["path"], scope["headers"])
        answer = self._inner if denial is None else _denied(denial)
        await answer(scope, receive, headed)


def _denied(denial: Denial) -> Response:
    response = _said(denial.status, denial.code, denial.sentence)
    if denial.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    # What was on its way is not read.
    response.headers["Connection"] = "close"
    return response


async def _no_such(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "there is nothing at this address", 405: "not asked for in this way"}
    return _said(error.status_code, "E_HTTP", words.get(error.status_code, str(error.detail)))


def _said(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)


async def _answered(
    answer: Callable[[Desk, Request], Awaitable[Response]], desk: Desk, request: Request
) -> Response:
    """The answer, or in its place why there is none."""
    try:
        return await answer(desk, request)
    except BurnishError as error:
        return _wrong(error)
    except Stale:
        return Response(status_code=204)
    except ClientDisconnect:
        return Response(status_code=499)
    except Exception as error:
        return _wrong(unforeseen(error))


def _wrong(error: BurnishError) -> Response:
    """An error as the client is told of it."""
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    response = _said(status, error.code, str(error))
    if status == 429:
        response.headers["Retry-After"] = RETRY
    if status in (413, 429):
        # What was on its way is not read.
        response.headers["Connection"] = "close"
    return response


async def _file(name: str, kind: str, request: Request) -> Response:
    """One of the files of the page. They hold no secret, and want no token."""
    return FileResponse(Path(__file__).with_name("page") / name, media_type=kind)


async def _health(desk: Desk, request: Request) -> Response:
    """Whether the server is there, and its version."""
    return JSONResponse({"status": "ok", "version": __version__})


async def _models(desk: Desk, request: Request) -> Response:
    """The models that may be wished for, with their dials."""
    return JSONResponse([_record(name, zoo.load(name)) for name in offered()])


def _record(name: str, model: Model) -> dict[str, Any]:
    """What the page has to know of a model."""
    dials = [
        {
            "name": dial.name,
            "unit": dial.unit,
            "low": dial.low,
            "high": dial.high,
            "default": dial.default,
            "auto": dial.name in ESTIMATORS,
        }
        for dial in model.contract.dials
    ]
    kind = "model" if model.path is not None or name == zoo.DEFAULT else "filter"
    task = model.card.get("task", "")
    return {
        "name": name,
        "kind": kind,
        "task": task,
        "scale": model.contract.scale,
        "mask": isinstance(model, Masked),
        "dials": dials,
    }


async def _take_in(desk: Desk, request: Request) -> Response:
    """Takes in a picture, the body as it is, under ?name=, and says what its head says."""
    async with _sent(desk, request, kept=True) as upload:
        facts = {**upload.facts, "file": upload.name}
        return JSONResponse({"picture": upload.id, "name": upload.name, "facts": facts}, 201)


async def _progress(desk: Desk, request: Request) -> Response:
    """How far a picture is: (done, total) tiles while it is restored."""
    upload = desk.find(request.path_params["id"])
    restored = None if upload.result is None else upload.result[1]
    return JSONResponse({"picture": upload.id, "halfway": upload.halfway, "restored": restored})


async def _drop(desk: Desk, request: Request) -> Response:
    """Lets a picture go."""
    desk.drop(desk.find(request.path_params["id"]))
    return Response(status_code=204)


async def _inspect(desk: Desk, request: Request) -> Response:
    """What `burnish info` says of a picture: the body, or one that was sent before."""
    async with _sent(desk, request) as upload:
        return JSONResponse(dict(await desk.inspect(upload)))


async def _preview(desk: Desk, request: Request) -> Response:
    """A part of a picture that was sent before, in four bytes a pixel; X-Size says how many.

    With marks=1 it is where the model works or does not, in a colour to lay over it.
    """
    wish = Wish.parse(_known(request), await _strokes(request))
    window, marks = _window(request)
    upload = desk.find(request.query_params.get("picture", ""))
    with under_its_name(upload):
        looker = request.query_params.get("looker", "")
        pane = await desk.show(upload, wish, window, looker, marks)
    size = {"X-Size": f"{pane.width}x{pane.height}", "X-Exact": str(int(pane.exact))}
    return Response(pane.rgba, media_type="application/octet-stream", headers=size)


def _known(request: Request) -> Iterator[tuple[str, str]]:
    """The words of a query that say how a picture is restored."""
    return (each for each in request.query_params.multi_items() if each[0] in WORDS)


async def _strokes(request: Request) -> bytes:
    """What was painted over a picture that was sent before: the body. InputTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise InputTooLarge(
                f"what is painted over a picture may have {in_bytes(MOST_BYTES)}; undo some of it"
            )
    return bytes(body)


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


async def _mask(desk: Desk, request: Request) -> Response:
    """Where a model works in a picture that was sent before, as --mask-in or --strength-map takes
    it.
    """
    wish = Wish.parse(_known(request), await _strokes(request))
    upload = desk.find(request.query_params.get("picture", ""))
    with under_its_name(upload):
        path, name = await desk.mask(upload, wish)
    return FileResponse(
        path, media_type="image/png", headers=_named(name), background=BackgroundTask(path.unlink)
    )


def _named(name: str) -> dict[str, str]:
    """The header by which what is sent has a name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


async def _restore(desk: Desk, request: Request) -> Response:
    """A picture restored, as `burnish restore` does it: the body, or one that was sent before."""
    words = [each for each in request.query_params.multi_items() if each[0] not in NAMES]
    sent_before = "picture" in request.query_params
    wish = Wish.parse(words, await _strokes(request) if sent_before else b"")
    async with _sent(desk, request, kept=True) as upload:
        path, name = await _while_wanted(request, desk.restore(upload, wish))
    gone = None if "picture" in request.query_params else BackgroundTask(desk.drop, upload)
    return FileResponse(
        path, media_type="application/octet-stream", headers=_named(name), background=gone
    )


async def _zip(desk: Desk, request: Request) -> Response:
    """The restored files of pictures, ?picture= for each, in one ZIP."""
    results = desk.results(request.query_params.getlist("picture"))
    if not results:
        raise UsageError("a ZIP is of restored pictures: picture=ID says of which")
    with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file:
        await asyncio.to_thread(_pack, Path(file.name), results)
    gone = BackgroundTask(Path(file.name).unlink)
    headers = {"Content-Disposition": 'attachment; filename="restored.zip"'}
    return FileResponse(file.name, media_type="application/zip", headers=headers, background=gone)


def _pack(path: Path, results: list[tuple[Path, str]]) -> None:
    """Pictures are packed already, and stored as they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        for result, name in results:
            packed.write(result, name)


@asynccontextmanager
async def _sent(desk: Desk, request: Request, kept: bool = False) -> AsyncIterator[Upload]:
    """The picture that a request is about: one sent before, by ?picture=, or its body.

    kept: whether a body stays where nothing went wrong.
    """
    id = request.query_params.get("picture")
    if id is not None:
        upload = desk.find(id)
        with under_its_name(upload):
            yield upload
        return
    said = request.headers.get("content-length", "")
    name = request.query_params.get("name", "")
    upload = await desk.take_in(request.stream(), name, int(said) if said.isdecimal() else None)
    try:
        with under_its_name(upload):
            yield upload
    except BaseException:
        desk.drop(upload)
        raise
    if not kept:
        desk.drop(upload)


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
