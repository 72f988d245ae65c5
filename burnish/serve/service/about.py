"""What the server says of itself, and the files of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from ... import __version__
from ...inference import zoo
from ...inference.classical.painting import NAME as STYLE
from ...inference.masked import Masked
from ...inference.model import Model
from ...pipeline.estimate import ESTIMATORS
from ..desk import Desk
from ..wish import MOST_PAINTINGS, offered
from .answers import RETRY
from .described import description

#: the files of the page, and what they are
PAGE = {
    "": ("index.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "brush.js": ("brush.js", "text/javascript; charset=utf-8"),
    "paintings.js": ("paintings.js", "text/javascript; charset=utf-8"),
    "texts.js": ("texts.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}


async def file(name: str, kind: str, request: Request) -> Response:
    """One of the files of the page. They hold no secret, and want no token."""
    return FileResponse(Path(__file__).parents[1] / "page" / name, media_type=kind)


async def health(desk: Desk, request: Request) -> Response:
    """Whether the server is there, and its version."""
    return JSONResponse({"status": "ok", "version": __version__})


async def ready(desk: Desk, request: Request) -> Response:
    """Whether work can be taken now, or why not."""
    reasons = desk.not_ready()
    status, heads = (503, {"Retry-After": RETRY}) if reasons else (200, {})
    return JSONResponse({"ready": not reasons, "reasons": reasons}, status, heads)


async def openapi(desk: Desk, request: Request) -> Response:
    """All that can be asked, as OpenAPI describes it."""
    return JSONResponse(description())


async def models(desk: Desk, request: Request) -> Response:
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
    kind = "model" if model.path is not None or name in (zoo.DEFAULT, STYLE) else "filter"
    task = model.card.get("task", "")
    return {
        "name": name,
        "kind": kind,
        "task": task,
        "scale": model.contract.scale,
        "mask": isinstance(model, Masked),
        "paints": MOST_PAINTINGS if name == STYLE else 0,
        "dials": dials,
    }
