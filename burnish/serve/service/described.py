"""The service as OpenAPI describes it: what can be asked at which address, and what is answered.

A test holds it to the addresses that there are, and another one asks whatever it allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ... import __version__
from ...images import endings
from ..orders import State
from ..strokes import LARGEST
from ..view import REDUCTIONS
from ..wish import MASK, MOST_STEPS, STRENGTH, offered

#: a part of the description, and answers by their status
Part = dict[str, Any]
Answer = dict[int, Part]

#: kinds of what is sent and answered
BYTES, JSON, FORM = "application/octet-stream", "application/json", "multipart/form-data"
#: why whatever wants the token may not be answered
ALWAYS = {
    401: "The token is missing or wrong.",
    403: "Another site sent it, or it goes to a name that is not the server's.",
    429: "Too many wait; Retry-After says when to ask again.",
}
#: other reasons
WRONG = {
    400: "Words that do not fit.",
    404: "It is not here, or not any more.",
    409: "It is not restored yet; Retry-After says when to ask again.",
    413: "It is larger than what is taken.",
    422: "No picture, or one that cannot be restored.",
    503: "Memory is short; Retry-After says when to ask again.",
    507: "The server's disk is full.",
}
TEXT: Part = {"type": "string"}
OBJECT: Part = {"type": "object"}
#: (done, total) tiles, or nothing
TILES: Part = {
    "type": ["array", "null"],
    "items": {"type": "integer"},
    "minItems": 2,
    "maxItems": 2,
}
#: the id of something that is no more, and has no answer
GONE: Answer = {204: {"description": "It is gone."}}


def description() -> Part:
    """The description, for JSON."""
    error = _object(code={"type": "string", "pattern": "^E_"}, message=TEXT)
    paths = {**_about(), **_pictures(), **_restoring()}
    for path, methods in paths.items():
        for method, operation in methods.items():
            operation["operationId"] = _called(method, path)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Burnish",
            "version": __version__,
            "summary": "Pictures restored, in the words and with the bytes of the command line.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Error": _object(error=error), "Job": _job()},
        },
    }


def _about() -> Part:
    health = _object(status={"const": "ok"}, version=TEXT)
    ready = _object(ready={"type": "boolean"}, reasons=_list(TEXT))
    model = _object(name=TEXT, kind={"enum": ["model", "filter"]}, scale={"type": "integer"})
    alive = _operation("Whether the server lives", _answer(JSON, health))
    able = _operation("Whether work can be taken now", _answer(JSON, ready))
    able["responses"]["503"] = {"description": "Why not.", "content": {JSON: {"schema": ready}}}
    for one in (alive, able):
        one["security"] = []
    metrics = _answer("text/plain", TEXT)
    return {
        "/v1/health": {"get": alive},
        "/v1/ready": {"get": able},
        "/v1/metrics": {"get": _operation("What was done, for Prometheus", metrics)},
        "/v1/openapi.json": {"get": _operation("This description", _answer(JSON, OBJECT))},
        "/v1/models": {
            "get": _operation("The models, with their dials", _answer(JSON, _list(model)))
        },
    }


def _pictures() -> Part:
    kept = _answer(JSON, _object(picture=TEXT, name=TEXT, facts=OBJECT), status=201)
    kept[201]["links"] = {
        **_links("picture", "id", ("get", "/v1/pictures/{id}"), ("delete", "/v1/pictures/{id}")),
        **_links("picture", "picture", ("post", "/v1/preview"), ("post", "/v1/mask")),
        **_links("picture", "picture", ("post", "/v1/restore"), ("post", "/v1/jobs")),
    }
    told = _answer(JSON, _object(picture=TEXT, halfway=TILES, restored=_or_none("string")))
    pixels = _answer(BYTES, None, {"X-Size": r"^\d+x\d+$", "X-Exact": "^[01]$"})
    stale = {204: {"description": "The same looker wants a newer one."}}
    one = _query("picture", TEXT, "the id of a picture that was sent before", required=True)
    several = _query("picture", _list(TEXT), "the id of each", required=True)
    seen = [one, *_window(), *_words()]
    look = _operation("What it is, and what would be done", _answer(JSON, OBJECT), _which())
    return {
        "/v1/pictures": {"post": _sends(_operation("Keeps a picture", kept, _name()))},
        "/v1/pictures/{id}": {
            "get": _operation("How far its restoring is", told, _id()),
            "delete": _operation("Lets it go", GONE, _id()),
        },
        "/v1/inspect": {"post": _sends(look)},
        "/v1/preview": {"post": _paints(_operation("A part of it", {**pixels, **stale}, seen))},
        "/v1/mask": {
            "post": _paints(
                _operation("Where a model works in it", _file("image/png"), [one, *_words()])
            )
        },
        "/v1/zip": {
            "post": _operation(
                "The restored files of several", _answer("application/zip", None), [several]
            )
        },
    }


def _restoring() -> Part:
    job: Part = {"$ref": "#/components/schemas/Job"}
    asked = [*_which(), *_words(), *_result()]
    taken = _answer(JSON, job, {"Location": "^/v1/jobs/"}, status=202)
    about = [("get", f"/v1/jobs/{{id}}{more}") for more in ("", "/events", "/result")]
    taken[202]["links"] = _links("job", "id", *about, ("delete", "/v1/jobs/{id}"))
    events = _answer("text/event-stream", _object(event=TEXT, data=TEXT))
    now = _operation("The restored file, while you wait", _file(BYTES), asked)
    later = _operation("The same, while nobody waits", taken, asked)
    return {
        "/v1/restore": {"post": _sends(now, maps=True)},
        "/v1/jobs": {
            "post": _sends(later, maps=True),
            "get": _operation("All jobs", _answer(JSON, _list(job))),
        },
        "/v1/jobs/{id}": {
            "get": _operation("How far one is", _answer(JSON, job), _id()),
            "delete": _operation("Ends it, and lets it go", GONE, _id()),
        },
        "/v1/jobs/{id}/events": {
            "get": _operation("The same whenever it changes", events, _id()),
        },
        "/v1/jobs/{id}/result": {"get": _operation("Its restored file", _file(BYTES), _id())},
    }


def _job() -> Part:
    """What is told of a job."""
    return _object(
        job=TEXT,
        name=TEXT,
        state={"enum": [str(state) for state in State]},
        halfway=TILES,
        ahead=_or_none("integer"),
        made={"type": "string", "format": "date-time"},
        ended=_or_none("string"),
        result=_or_none("string"),
        report=_or_none("object"),
        error=_or_none("object"),
    )


def _called(method: str, path: str) -> str:
    """A name for something that is asked, such as get_jobs_id_events."""
    words = path.removeprefix("/v1/").replace("{", "").replace("}", "").replace(".", "_")
    return f"{method}_{words.replace('/', '_')}"


def _links(field: str, parameter: str, *operations: tuple[str, str]) -> Part:
    """What can be asked by a field of an answer. parameter: what it is, there."""
    told = {parameter: f"$response.body#/{field}"}
    names = [_called(*operation) for operation in operations]
    return {name: {"operationId": name, "parameters": told} for name in names}


# What is asked.


def _operation(summary: str, answers: Answer, parameters: Sequence[Part] = ()) -> Part:
    """Something that is asked, with what may be wrong with it."""
    error = {"$ref": "#/components/schemas/Error"}
    wrong = {**ALWAYS, **(WRONG if parameters else {})}
    told = {
        status: {"description": said, "content": {JSON: {"schema": error}}}
        for status, said in wrong.items()
    }
    # JSON has no keys that are numbers.
    responses = {str(status): answer for status, answer in {**told, **answers}.items()}
    found: Part = {"summary": summary, "responses": responses}
    return {**found, "parameters": list(parameters)} if parameters else found


def _sends(operation: Part, maps: bool = False) -> Part:
    """The same, with a picture as its body or in a form. maps: whether these may be with it."""
    file: Part = {"type": "string", "format": "binary"}
    fields = {each["name"]: each["schema"] for each in (*_words(), *_result())} if maps else {}
    more = (STRENGTH, MASK, "style") if maps else ()
    files = {"picture": file, **dict.fromkeys(more, file)}
    form = {"type": "object", "properties": {**fields, **files}, "required": ["picture"]}
    content = {BYTES: {"schema": file}, FORM: {"schema": form}}
    return {**operation, "requestBody": {"content": content}}


def _paints(operation: Part) -> Part:
    """The same, with what was painted as its body."""
    number: Part = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
    radius: Part = {**number, "minimum": 0}
    point = {**_list(number), "minItems": 2, "maxItems": 2}
    stroke = _object(marks={"type": "boolean"}, radius=radius, points=_list(point))
    stroke["additionalProperties"] = False
    return {**operation, "requestBody": {"content": {JSON: {"schema": _list(stroke)}}}}


def _words() -> list[Part]:
    """The words that say how a picture is restored."""
    model = {"type": "string", "examples": [*offered(), "jpeg+upscale-x2"]}
    dial = {"type": "string", "pattern": r"^[a-z-]+=(auto|\d+(\.\d+)?(\.\.\d+(\.\d+)?)?)$"}
    share = {"type": "number", "minimum": 0, "maximum": 1}
    painting = {"type": "string", "pattern": r"^[\w-]+(:\d+(\.\d+)?)?$"}
    chain = f"a model, or up to {MOST_STEPS} with + between them"
    return [
        _query("model", model, chain),
        _query("d", _list(dial), "the setting of a dial, noise=17, or the range of its map"),
        _query("strength", share, "from 0, the picture as it is, to 1, the full effect"),
        _query("style", _list(painting), "the id of a painting that was sent, and its weight"),
    ]


def _result() -> list[Part]:
    """The words that say what the result is."""
    names = [ending.lstrip(".") for ending in endings(written=True)]
    size = {"type": "string", "pattern": r"^(\d+(\.\d+)?|\d{1,6}x(\d{1,6})?|x\d{1,6})$"}
    return [
        _query("to", size, "how large it is: 3 times, or 3000x, x2000, 3000x2000 (inside of both)"),
        _query("format", {"enum": names}, "what it is written as, in place of what it was"),
    ]


def _window() -> list[Part]:
    """The part of a picture that is looked at."""
    edge: Part = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
    side: Part = {**edge, "minimum": 1}
    flag: Part = {"enum": [0, 1]}
    return [
        _query("left", edge, "in pixels of the picture", required=True),
        _query("top", edge, "in pixels of the picture", required=True),
        _query("width", side, "in pixels of the picture", required=True),
        _query("height", side, "in pixels of the picture", required=True),
        _query("reduce", {"enum": REDUCTIONS}, "so many pixels become one, each way"),
        _query("exact", flag, "whether it is restored at its full size"),
        _query("marks", flag, "whether it shows where the model works"),
        _query("looker", TEXT, "of what one looker wants, the newest alone is made"),
    ]


def _which() -> list[Part]:
    return [*_name(), _query("picture", TEXT, "the id of one that was sent, in place of a body")]


def _name() -> list[Part]:
    return [_query("name", TEXT, "what a picture is called that is the body")]


def _id() -> list[Part]:
    return [{"name": "id", "in": "path", "required": True, "schema": TEXT}]


def _query(name: str, schema: Part, said: str, required: bool = False) -> Part:
    found = {"name": name, "in": "query", "description": said, "schema": schema}
    return {**found, "required": True} if required else found


# What is answered.


def _answer(
    kind: str, schema: Part | None, heads: Mapping[str, str] | None = None, status: int = 200
) -> Answer:
    """An answer by its status. heads: patterns of headers that it has."""
    content = {kind: {} if schema is None else {"schema": schema}}
    found: Part = {"description": "As it was asked.", "content": content}
    if heads is not None:
        found["headers"] = {
            name: {"required": True, "schema": {"type": "string", "pattern": pattern}}
            for name, pattern in heads.items()
        }
    return {status: found}


def _file(kind: str) -> Answer:
    """A file, which says what it is called."""
    return _answer(kind, None, {"Content-Disposition": r"^attachment; filename\*=UTF-8''"})


def _object(**properties: Part) -> Part:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Part) -> Part:
    return {"type": "array", "items": items}


def _or_none(kind: str) -> Part:
    return {"type": [kind, "null"]}
