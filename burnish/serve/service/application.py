"""The service as an ASGI application: what is asked at which address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ..desk import Desk
from ..gate import Gate
from . import about, jobs, pictures, restoring
from .answers import Answers, answered, no_such
from .guard import Guard
from .tally import METRICS, Tally

#: what answers at which address; GET is for HEAD, too
ADDRESSES: tuple[tuple[str, str, Answers], ...] = (
    ("GET", "/v1/health", about.health),
    ("GET", "/v1/ready", about.ready),
    ("GET", "/v1/openapi.json", about.openapi),
    ("GET", "/v1/models", about.models),
    ("POST", "/v1/pictures", pictures.take_in),
    ("GET", "/v1/pictures/{id}", pictures.progress),
    ("DELETE", "/v1/pictures/{id}", pictures.drop),
    ("POST", "/v1/inspect", pictures.inspect),
    ("POST", "/v1/preview", pictures.preview),
    ("POST", "/v1/mask", pictures.mask),
    ("POST", "/v1/restore", restoring.restore),
    ("POST", "/v1/zip", pictures.pack),
    ("POST", "/v1/jobs", jobs.order),
    ("GET", "/v1/jobs", jobs.listed),
    ("GET", "/v1/jobs/{id}", jobs.look),
    ("DELETE", "/v1/jobs/{id}", jobs.withdraw),
    ("GET", "/v1/jobs/{id}/events", jobs.events),
    ("GET", "/v1/jobs/{id}/result", jobs.result),
)


def application(desk: Desk, gate: Gate) -> ASGIApp:
    """The service of a desk, behind a gate."""
    tally = Tally(desk)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        desk.start()
        yield
        await desk.close()

    async def metrics(_: Desk, request: Request) -> Response:
        return Response(tally.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    by_path: dict[str, dict[str, Answers]] = {METRICS: {"GET": metrics}}
    for method, path, answer in ADDRESSES:
        by_path.setdefault(path, {})[method] = answer
    routes = [
        *(Route(f"/{path}", partial(about.file, *what)) for path, what in about.PAGE.items()),
        *(
            Route(path, partial(answered, answers, desk, path), methods=list(answers))
            for path, answers in by_path.items()
        ),
    ]
    inner = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: no_such})
    return Guard(inner, gate, tally)
