"""Desk: pictures that came over HTTP, and what is asked of them.

Each lies under a random name in a folder that nobody else may look into, and that ends with the
server. The name that a client gives it appears in sentences and in what is sent back, never in a
path.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import (
    BurnishError,
    Busy,
    InputMissing,
    InputTooLarge,
    InputTruncated,
    OutputError,
)
from ..ground.amounts import in_bytes
from ..images import FORMATS, endings, written_ending
from ..inference.job import JobReport
from ..inference.targets import SUFFIX, pair
from .lane import Lane
from .view import Pane, Window
from .wish import Wish
from .worker import Examine, Inspect, Mark, Restore, Show, Terms

#: bytes that one picture may have
MOST_BYTES = 1 << 30
#: bytes that all pictures may have together; of more, those that rested longest are let go
MOST_KEPT = 8 << 30
#: pictures that may be on their way at a time
MOST_ARRIVING = 8
#: seconds within which more of a picture has to arrive, and all of it
MOST_SILENT, MOST_ARRIVAL = 20.0, 900.0
#: questions that may wait: for a view, and for a restored picture
MOST_LOOKING, MOST_RESTORING = 32, 16
#: seconds that a view may take
VIEW_PATIENCE = 120.0
#: bytes of a name that are kept, which leaves room for an ending in a folder
LONGEST_NAME = 200


@dataclass
class Upload:
    """A picture that came over HTTP."""

    #: its random name
    id: str
    #: what the client calls it, with its ending
    name: str
    #: the folder that it has to itself
    folder: Path
    #: its file
    source: Path
    #: its size in bytes
    size: int
    #: what its head says, when that was looked at
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: (done, total) tiles, while it is restored
    halfway: tuple[int, int] | None = None
    #: its restored file, and what that is called; None before there is one
    result: tuple[Path, str] | None = None
    #: what became of it
    report: JobReport | None = None
    #: when somebody last asked for it, in seconds of the process's clock
    used: float = field(default_factory=time.monotonic)


class Desk:
    """All pictures that the server has, and the two processes that work on them.

    One makes views, and one restores, so that sliders move while a queue is worked off.
    """

    def __init__(self, root: Path, terms: Terms, early: Terms) -> None:
        """root: an empty folder of its own. terms: of the process that restores. early: of the one
        that makes views.
        """
        self._root = root
        self._uploads: dict[str, Upload] = {}
        self._arriving = 0
        self._views = Lane(early, at_once=MOST_LOOKING, most=MOST_LOOKING, patience=VIEW_PATIENCE)
        self._work = Lane(terms, at_once=1, most=MOST_RESTORING)

    def start(self) -> None:
        """Starts the process that makes views; the other follows when it is needed."""
        self._views.start()

    def close(self) -> None:
        """Ends both processes."""
        self._views.close()
        self._work.close()

    def find(self, id: str) -> Upload:
        """The picture of a random name. InputMissing where it is gone, or never was."""
        upload = self._uploads.get(id)
        if upload is None:
            raise InputMissing(f"{id[:40]}: no such picture is here any more; send it again")
        upload.used = time.monotonic()
        return upload

    def drop(self, upload: Upload) -> None:
        """Lets a picture go, with its files."""
        self._uploads.pop(upload.id, None)
        shutil.rmtree(upload.folder, ignore_errors=True)

    async def take_in(self, chunks: AsyncIterator[bytes], name: str, length: int | None) -> Upload:
        """Takes in a picture while it arrives. length: of its bytes, where that was said before.

        InputTooLarge from MOST_BYTES on, InputTruncated for one that is too slow, Busy where too
        many arrive; then nothing of it is left. Raises what reading its head raises.
        """
        upload = self._new(name)
        if length is not None and length > MOST_BYTES:
            raise _too_large(upload.name)
        if self._arriving >= MOST_ARRIVING:
            raise Busy(f"{upload.name}: too many are arriving; send it in a moment")
        self._arriving += 1
        try:
            upload.folder.mkdir(mode=0o700)
            async with asyncio.timeout(MOST_ARRIVAL):
                await _receive(chunks, upload)
            with under_its_name(upload):
                upload.facts = await self._views.ask(Examine(str(upload.source)))
        except TimeoutError:
            self.drop(upload)
            raise InputTruncated(f"{upload.name}: arrived too slowly, and was given up") from None
        except OSError as error:
            self.drop(upload)
            raise OutputError(
                f"{upload.name}: cannot be kept ({error.strerror}); the server's disk wants room"
            ) from error
        except BaseException:
            self.drop(upload)
            raise
        finally:
            self._arriving -= 1
        self._uploads[upload.id] = upload
        self._make_room(upload)
        return upload

    async def inspect(self, upload: Upload) -> Mapping[str, Any]:
        """What `burnish info` says of a picture, under the name that its client gave it."""
        found = await self._views.ask(Inspect(str(upload.source)))
        return {name: _called(value, upload) for name, value in found.items()}

    async def show(
        self, upload: Upload, wish: Wish, window: Window, looker: str, marks: bool = False
    ) -> Pane:
        """A view of a picture, or of where the model works in it. Stale where the same looker wants
        a newer one.
        """
        pane: Pane = await self._views.ask(Show(str(upload.source), wish, window, looker, marks))
        return pane

    async def mask(self, upload: Upload, wish: Wish) -> tuple[Path, str]:
        """The file that says where the wish's model works in a picture, and what it is called."""
        path = upload.folder / f"where-{secrets.token_urlsafe(8)}.png"
        await self._views.ask(Mark(str(upload.source), str(path), wish))
        return path, f"{Path(upload.name).stem}_where.png"

    async def restore(self, upload: Upload, wish: Wish) -> tuple[Path, str]:
        """The file of a picture restored, and what it is called. Cancelled, the work ends."""
        target, name = _target(upload, wish)

        def halfway(done: int, total: int) -> None:
            upload.halfway = (done, total)

        upload.halfway = (0, 0)
        try:
            question = Restore(str(upload.source), str(target), wish)
            upload.report = await self._work.ask(question, halfway)
        finally:
            upload.halfway = None
        upload.result = (target, name)
        return upload.result

    def results(self, ids: list[str]) -> list[tuple[Path, str]]:
        """The restored files of pictures, each with a name that no other one has.

        InputMissing where one is not restored.
        """
        named: dict[str, Path] = {}
        for id in ids:
            upload = self.find(id)
            if upload.result is None:
                raise InputMissing(f"{upload.name}: not restored yet")
            path, name = upload.result
            stem, ending = Path(name).stem, Path(name).suffix
            number = 2
            while name in named:
                name = f"{stem}_{number}{ending}"
                number += 1
            named[name] = path
        return [(path, name) for name, path in named.items()]

    def _new(self, name: str) -> Upload:
        id = secrets.token_urlsafe(16)
        name = plain_name(name)
        ending = Path(name).suffix.lower()
        folder = self._root / id
        known = ending if ending in endings() else ""
        return Upload(id, name, folder, folder / f"picture{known}", 0)

    def _make_room(self, newest: Upload) -> None:
        """Lets those go that rested longest, where all together are too many bytes."""
        resting = sorted(self._uploads.values(), key=lambda each: each.used)
        kept = sum(each.size for each in resting)
        for upload in resting:
            if kept <= MOST_KEPT or upload is newest or upload.halfway is not None:
                continue
            kept -= upload.size
            self.drop(upload)


async def _receive(chunks: AsyncIterator[bytes], upload: Upload) -> None:
    """Writes what arrives into the picture's file, and counts it."""
    with open(upload.source, "xb") as file:
        while True:
            try:
                async with asyncio.timeout(MOST_SILENT):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                break
            upload.size += len(chunk)
            if upload.size > MOST_BYTES:
                raise _too_large(upload.name)
            file.write(chunk)


def plain_name(name: str) -> str:
    """The last part of a name, without what no name has; "picture" where nothing is left."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(each for each in last if each.isprintable()).lstrip(". ")
    path = Path(printable or "picture")
    ending = path.suffix[:12]
    stem = path.stem.encode()[: LONGEST_NAME - len(ending.encode())].decode(errors="ignore")
    return f"{stem}{ending}"


@contextmanager
def under_its_name(upload: Upload) -> Iterator[None]:
    """A context whose errors call a picture what its client calls it."""
    try:
        yield
    except BurnishError as error:
        raise type(error)(_called(str(error), upload)) from error


def _too_large(name: str) -> InputTooLarge:
    return InputTooLarge(
        f"{name}: larger than {in_bytes(MOST_BYTES)}, which is the most that is taken over HTTP; "
        "`burnish restore` takes any"
    )


def _target(upload: Upload, wish: Wish) -> tuple[Path, str]:
    """Where the result of a picture goes, and what it is called, as `burnish restore` names it."""
    source = upload.source
    ending = wish.ending
    if ending is None and not source.suffix:
        # The file's name says nothing that is known, so its content does.
        ending = written_ending(FORMATS[upload.facts["format"]].endings[0])
    pairs = pair([source], upload.folder, as_folder=True, suffix=SUFFIX, extension=ending)
    _, target = pairs[0]
    path = Path(target)
    return path, f"{Path(upload.name).stem}{path.stem.removeprefix(source.stem)}{path.suffix}"


def _called(value: Any, upload: Upload) -> Any:
    """Words about a picture, with the client's name for it in place of its path."""
    if isinstance(value, str):
        value = value.replace(str(upload.source), upload.name)
        return value.replace(str(upload.folder / upload.source.stem), Path(upload.name).stem)
    if isinstance(value, list):
        return [_called(each, upload) for each in value]
    return value
