"""What is sent: a picture, as the body or in a form; or what was painted over one sent before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request

from ...errors import InputTooLarge, UsageError
from ...ground.amounts import in_bytes
from ..desk import Desk
from ..strokes import MOST_BYTES
from ..upload import Upload, in_time
from ..wish import Wish
from . import form

#: words of a query that say which picture is meant
NAMES = ("picture", "name")
#: the file of a form that is the picture, and that of a painting, as style or style:WEIGHT
PICTURE, PAINTING = "picture", "style"
#: bytes that a field of a form may have that is no file
MOST_WORDS = 10_000


@dataclass(frozen=True)
class Sent:
    """A picture that a request is about, and what else it says."""

    #: the picture
    upload: Upload
    #: whether it was sent before, and stays
    before: bool
    #: the words that say how it is to be restored
    words: list[tuple[str, str]]
    #: what was painted over it
    strokes: bytes = b""

    @property
    def wish(self) -> Wish:
        """How it is to be restored. Raises as `Wish.parse` does."""
        return Wish.parse(self.words, self.strokes)


def named(name: str) -> dict[str, str]:
    """The header by which what is sent has a name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


def words_of(request: Request) -> list[tuple[str, str]]:
    """The words of a query that say how a picture is to be restored."""
    return [each for each in request.query_params.multi_items() if each[0] not in NAMES]


async def strokes(request: Request) -> bytes:
    """What was painted over a picture that was sent before: the body. InputTooLarge."""
    what = "what is painted over a picture"
    return await _read(in_time(request.stream()), MOST_BYTES, f"{what}; undo some of it")


@asynccontextmanager
async def sent(desk: Desk, request: Request, kept: bool = False) -> AsyncIterator[Sent]:
    """The picture that a request is about: one sent before, by ?picture=, its body, or in a form.

    kept: whether one stays that was sent now, where nothing went wrong.
    """
    words = words_of(request)
    id = request.query_params.get("picture")
    if id is not None:
        painted = await strokes(request)
        upload = desk.find(id)
        with upload.under_its_name():
            yield Sent(upload, True, words, painted)
        return
    is_form = request.headers.get("content-type", "").startswith(form.KIND)
    upload = desk.expect(request.query_params.get("name", ""))
    try:
        if is_form:
            words += await _take_form(desk, request, upload)
        else:
            length = request.headers.get("content-length", "")
            expected = int(length) if length.isdecimal() else None
            await desk.take_in(upload, in_time(request.stream()), expected)
        with upload.under_its_name():
            yield Sent(upload, False, words)
    except BaseException:
        desk.drop(upload)
        raise
    if not kept:
        desk.drop(upload)


async def _take_form(desk: Desk, request: Request, upload: Upload) -> list[tuple[str, str]]:
    """Takes in the picture of a form, with its maps; the words that are with it.

    UsageError where there is no picture, or two.
    """
    kind = request.headers["content-type"]
    words: list[tuple[str, str]] = []
    has_come = False
    async for part in form.parts(in_time(request.stream()), kind):
        if part.file is None:
            said = await _read(part.chunks, MOST_WORDS, f"the field {part.name[:80]}")
            words.append((part.name, said.decode(errors="replace")))
        elif part.name.partition(":")[0] == PAINTING:
            name = await desk.take_painting(upload, part.chunks)
            words.append((PAINTING, name + part.name.removeprefix(PAINTING)))
        elif part.name != PICTURE:
            await desk.take_map(upload, part.name, part.chunks)
        elif has_come:
            raise UsageError(f"the form has two files {PICTURE}; send one at a time")
        else:
            upload.call(part.file)
            await desk.take_in(upload, part.chunks)
            has_come = True
    if not has_come:
        raise UsageError(f"the form has no file {PICTURE}")
    return words


async def _read(chunks: AsyncIterator[bytes], most: int, what: str) -> bytes:
    """So many bytes at most. what: whose they are, for the sentence of InputTooLarge."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            whose, _, advice = what.partition("; ")
            more = f"; {advice}" if advice else ""
            raise InputTooLarge(f"{whose} may have {in_bytes(most)}{more}")
    return bytes(body)
