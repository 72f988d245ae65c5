"""What is answered where something went wrong: {"error": {"code", "message"}}, with the sentence of
the command line.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ...errors import (
    BurnishError,
    Busy,
    InputError,
    InputMissing,
    InputTooLarge,
    ModelMissing,
    NotYet,
    OutOfMemory,
    OutputError,
    UsageError,
    unforeseen,
)
from ..desk import Desk
from ..lane import Stale

#: the status of HTTP for each kind of error, the first that fits
STATUS: tuple[tuple[type[BurnishError], int], ...] = (
    (Busy, 429),
    (InputMissing, 404),
    (NotYet, 409),
    (InputTooLarge, 413),
    (InputError, 422),
    (UsageError, 400),
    (ModelMissing, 400),
    (OutputError, 507),
    (OutOfMemory, 503),
)
#: what goes wrong before anybody is asked
WORDS = {404: "there is nothing at this address", 405: "not asked for in this way"}
#: of a client that went away, which nobody is told
GONE = 499
#: seconds after which may be asked again: a server that is busy, or for what is not restored yet
RETRY = "2"

#: where a request's scope says by which address it was found
TEMPLATE = "burnish.path"

#: what answers a request
Answers = Callable[[Desk, Request], Awaitable[Response]]


async def answered(
    answers: Mapping[str, Answers], desk: Desk, path: str, request: Request
) -> Response:
    """The answer, or in its place why there is none.

    answers: what answers by the method; HEAD is as GET. path: as it stands for all of its kind.
    """
    request.scope[TEMPLATE] = path
    method = "GET" if request.method == "HEAD" else request.method
    try:
        return await answers[method](desk, request)
    except BurnishError as error:
        return wrong(error)
    except Stale:
        return Response(status_code=204)
    except ClientDisconnect:
        return Response(status_code=GONE)
    except Exception as error:
        return wrong(unforeseen(error))


def wrong(error: BurnishError) -> Response:
    """An error as the client is told of it."""
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    response = said(status, error.code, str(error))
    if status in (409, 429, 503):
        response.headers["Retry-After"] = RETRY
    return response


async def no_such(_: Request, error: Exception) -> Response:
    """What HTTP itself has no answer to."""
    assert isinstance(error, HTTPException)
    words = WORDS.get(error.status_code, str(error.detail))
    response = said(error.status_code, "E_HTTP", words)
    response.headers.update(error.headers or {})
    return response


def said(status: int, code: str, message: str, **more: Any) -> Response:
    """An error in the form that all have."""
    return JSONResponse({"error": {"code": code, "message": message, **more}}, status)
