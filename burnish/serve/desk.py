"""Desk: pictures that came over HTTP, and what is asked of them."""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import Busy, NotYet, OutputError, UsageError
from ..inference.job import JobReport
from .backlog import Backlog
from .lane import Lane
from .orders import Order
from .shelf import Shelf
from .upload import MOST_BYTES, Upload, too_large
from .view import Pane, Window
from .wish import Wish
from .worker import Examine, Inspect, Mark, Restore, Show, Terms

#: pictures that may be on their way at a time
MOST_ARRIVING = 8
#: pictures of so few pixels wait for none that is larger
SMALL = 2_000_000
#: questions that may wait: for a view, and at each process that restores
MOST_LOOKING, MOST_RESTORING = 32, 16
#: restored pictures that a process is told of at a time, so that it has the next at once
AHEAD = 2
#: seconds that a view may take, and a restored picture, with the one before it
VIEW_PATIENCE, WORK_PATIENCE = 120.0, 4 * 3600.0


class Desk:
    """All pictures that the server has, and the three processes that work on them.

    One makes views, so that sliders move while a queue is worked off. One restores. Another one
    helps it with small pictures, when it is at work already: so none of these waits behind a large
    one, and of two, one is read or written while the other is in the network.
    """

    def __init__(self, root: Path, terms: Terms, early: Terms) -> None:
        """root: a folder of its own, with the orders of an earlier server or empty. terms: of the
        processes that restore. early: of the one that makes views.
        """
        #: pictures restored, and their megapixels
        self.restored, self.megapixels = 0, 0.0
        self._root = root
        self._arriving = 0
        self._views = Lane(early, at_once=MOST_LOOKING, most=MOST_LOOKING, patience=VIEW_PATIENCE)
        self._work = Lane(terms, at_once=AHEAD, most=MOST_RESTORING, patience=WORK_PATIENCE)
        self._small = Lane(terms, at_once=AHEAD, most=MOST_RESTORING, patience=WORK_PATIENCE)
        #: the processes by what they do
        self.lanes: Mapping[str, Lane] = {
            "views": self._views,
            "restoring": self._work,
            "restoring small": self._small,
        }
        #: what is restored while nobody waits
        self.backlog = Backlog(root, partial(self.restore, always=True))
        #: the pictures that are kept
        self.shelf = Shelf(lambda one: one.halfway is not None or self.backlog.holds(one))
        self._tidy()

    def start(self) -> None:
        """Starts the process that makes views, and the backlog; the other processes follow when
        they are needed.
        """
        self._views.start()
        self.backlog.start(AHEAD)

    async def close(self) -> None:
        """Ends the processes, and the backlog until another server takes it up."""
        await self.backlog.close()
        for lane in self.lanes.values():
            lane.close()

    def not_ready(self) -> list[str]:
        """Why no work can be taken now, in sentences; none where it can."""
        reasons = {
            "the process that looks at pictures has not begun yet": not self._views.is_here,
            "too many views are wanted": self._views.is_full,
            "too many pictures wait to be restored": self._is_full,
        }
        return [reason for reason, holds in reasons.items() if holds]

    def check_room(self) -> None:
        """Busy where so many pictures wait to be restored that no other one may."""
        if self._is_full:
            self._work.check_room()

    @property
    def _is_full(self) -> bool:
        return self._work.is_full and self._small.is_full

    def _lane_for(self, upload: Upload) -> Lane:
        """The process that restores a picture: for a small one, whichever has less to do."""
        width, height = upload.facts["shown"]
        small = width * height <= SMALL
        return min(self._work, self._small, key=lambda one: one.waiting) if small else self._work

    def find(self, id: str) -> Upload:
        """The picture of a random name. InputMissing where it is gone, or never was."""
        return self.shelf.find(id)

    def drop(self, upload: Upload) -> None:
        """Lets a picture go, with its files, and with the order that it is of."""
        self.backlog.strike(upload.id)
        self.shelf.drop(upload)

    def expect(self, name: str = "") -> Upload:
        """Makes room for a picture that is to arrive. OutputError where there is none."""
        upload = Upload.new(self._root, name)
        try:
            upload.folder.mkdir(mode=0o700)
        except OSError as error:
            raise _cannot_be_kept(upload, error) from error
        return upload

    async def take_in(
        self, upload: Upload, chunks: AsyncIterator[bytes], length: int | None = None
    ) -> None:
        """Takes in a picture while it arrives. length: of its bytes, where that was said before.

        InputTooLarge from MOST_BYTES on, Busy where too many arrive. Raises what reading its head
        raises, and what comes of `chunks`. Whatever is raised, the picture is to be dropped.
        """
        if length is not None and length > MOST_BYTES:
            raise too_large(upload.name)
        if self._arriving >= MOST_ARRIVING:
            raise Busy(f"{upload.name}: too many are arriving; send it in a moment")
        self._arriving += 1
        try:
            await upload.receive(chunks)
            with upload.under_its_name():
                upload.facts = await self._views.ask(Examine(str(upload.source)))
        except OSError as error:
            raise _cannot_be_kept(upload, error) from error
        finally:
            self._arriving -= 1
        self._make_room(self.shelf.add(upload))

    async def take_map(self, upload: Upload, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Takes in a map that belongs to a picture. name: what it is of, as `Wish` has it.

        UsageError for a second one, InputTooLarge, OutputError.
        """
        if name in upload.maps:
            raise UsageError(f"{upload.name}: the map {name[:80]} was sent twice")
        path = upload.folder / f"map-{len(upload.maps)}"
        try:
            await upload.receive(chunks, path)
        except OSError as error:
            raise _cannot_be_kept(upload, error) from error
        upload.maps[name] = path
        self._make_room(self.shelf.grow(upload, upload.measure()))

    async def take_painting(self, upload: Upload, chunks: AsyncIterator[bytes]) -> str:
        """Takes in a painting that belongs to a picture; the name by which `style` means it.

        Raises as `take_in` does, of the painting.
        """
        name = f"painting-{len(upload.paintings)}"
        path = upload.folder / name
        upload.paintings[name] = path
        try:
            await upload.receive(chunks, path)
        except OSError as error:
            raise _cannot_be_kept(upload, error) from error
        with upload.under_its_name():
            await self._views.ask(Examine(str(path)))
        self._make_room(self.shelf.grow(upload, upload.measure()))
        return name

    def meant(self, upload: Upload, wish: Wish) -> Wish:
        """The wish with the maps of a picture, and with the files of the paintings it names.

        InputMissing where one is gone, or never was; what `Wish.after` raises.
        """
        files = {
            name: upload.paintings.get(name) or self.find(name).source for name, _ in wish.paintings
        }
        return replace(wish.after(files), maps=upload.maps)

    async def inspect(self, upload: Upload) -> Mapping[str, Any]:
        """What `burnish info` says of a picture, under the name that its client gave it."""
        found = await self._views.ask(Inspect(str(upload.source)))
        return dict(upload.called(found))

    async def show(
        self, upload: Upload, wish: Wish, window: Window, looker: str, marks: bool = False
    ) -> Pane:
        """A view of a picture, or of where the model works in it. Stale where the same looker wants
        a newer one.
        """
        wish = self.meant(upload, wish)
        pane: Pane = await self._views.ask(Show(str(upload.source), wish, window, looker, marks))
        return pane

    async def mask(self, upload: Upload, wish: Wish) -> tuple[Path, str]:
        """The file that says where the wish's model works in a picture, and what it is called."""
        path = upload.folder / f"where-{secrets.token_urlsafe(8)}.png"
        meant = self.meant(upload, wish)
        await self._views.ask(Mark(str(upload.source), str(path), meant))
        return path, f"{Path(upload.name).stem}_where.png"

    async def restore(self, upload: Upload, wish: Wish, always: bool = False) -> tuple[Path, str]:
        """The file of a picture restored, and what it is called. Cancelled, the work ends.

        always: whether it waits however many others do; else Busy may be raised.
        """
        target, name = upload.target(wish)

        def halfway(done: int, total: int) -> None:
            upload.halfway = (done, total)
            self.backlog.tell(upload)

        upload.halfway = (0, 0)
        try:
            question = Restore(str(upload.source), str(target), self.meant(upload, wish))
            report: JobReport = await self._lane_for(upload).ask(question, halfway, always)
        finally:
            upload.halfway = None
        self.restored += 1
        self.megapixels += report.megapixels
        upload.result = (target, name)
        upload.report = upload.called(report.to_dict())
        self._make_room(self.shelf.grow(upload, upload.measure()))
        return upload.result

    def order(self, upload: Upload, words: list[tuple[str, str]], strokes: bytes = b"") -> Order:
        """Orders a picture restored, in the words of a wish that was parsed before.

        OutputError where it cannot be noted, InputMissing where a painting is gone.
        """
        order = Order(upload, words, strokes.decode())
        for name, _ in order.wish.paintings:
            if name not in upload.paintings:
                painting = self.find(name)
                kept = upload.folder / f"painting-{len(upload.paintings)}"
                _link(painting, kept)
                upload.paintings[name] = kept
        self.backlog.add(order)
        return order

    def copy(self, upload: Upload) -> Upload:
        """The same picture under another random name. OutputError where there is no room."""
        other = self.expect(upload.name)
        other.facts = upload.facts
        other.size = upload.source.stat().st_size
        try:
            _link(upload, other.source)
        except OutputError:
            self.shelf.drop(other)
            raise
        self._make_room(self.shelf.add(other))
        return other

    def pack(self, ids: list[str]) -> Path:
        """A ZIP of the restored files of pictures, each under a name that no other one has.

        NotYet where one is not restored; OutputError where there is no room.
        """
        named = self._results(ids)
        path = self._root / f"{secrets.token_urlsafe(16)}.zip"
        try:
            # Pictures are packed already, and stored as they are.
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
                for name, result in named.items():
                    packed.write(result, name)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OutputError(f"the ZIP cannot be written ({error.strerror})") from error
        return path

    def _results(self, ids: list[str]) -> dict[str, Path]:
        """The restored files of pictures by names that differ."""
        named: dict[str, Path] = {}
        for id in ids:
            upload = self.find(id)
            if upload.result is None:
                raise NotYet(f"{upload.name}: not restored yet")
            path, name = upload.result
            stem, ending = Path(name).stem, Path(name).suffix
            number = 2
            while name in named:
                name = f"{stem}_{number}{ending}"
                number += 1
            named[name] = path
        return named

    def _make_room(self, uploads: list[Upload]) -> None:
        """Lets these go, and the orders that ended too long ago."""
        for upload in (*uploads, *(order.upload for order in self.backlog.outdated())):
            self.drop(upload)

    def _tidy(self) -> None:
        """Takes up the pictures of earlier orders; what else an earlier server left goes."""
        for order in self.backlog:
            if order.upload.source.exists():
                self.shelf.add(order.upload)
            else:
                self.backlog.strike(order.upload.id)
        kept = {upload.id for upload in self.shelf}
        for left in self._root.iterdir():
            if left.is_dir() and left.name not in kept:
                shutil.rmtree(left, ignore_errors=True)
            elif left.suffix == ".zip":
                left.unlink()


def _link(upload: Upload, path: Path) -> None:
    """Gives a picture's file a second path. OutputError where there is no room."""
    try:
        os.link(upload.source, path)
    except OSError as error:
        raise _cannot_be_kept(upload, error) from error


def _cannot_be_kept(upload: Upload, error: OSError) -> OutputError:
    return OutputError(
        f"{upload.name}: cannot be kept ({error.strerror}); the server's disk wants room"
    )
