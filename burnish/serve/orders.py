"""Orders: pictures that are restored while nobody waits, each with its wish; and their book.

Over HTTP they are called jobs. The book is a database in the folder of the pictures, written by the
server alone, so that a server that is started again knows what it had in hand.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..errors import BurnishError, OutputError
from .upload import Upload
from .wish import Wish

#: the file of the book
NAME = "jobs.db"
#: changes when books of earlier versions cannot be read any more
VERSION = 1


class State(StrEnum):
    """How far an order is."""

    #: it will be worked on
    waiting = "waiting"
    #: it is worked on
    working = "working"
    #: its result can be fetched
    done = "done"
    #: it could not be restored, and its error says why
    failed = "failed"


#: states in which nothing more will happen
ENDED = (State.done, State.failed)


@dataclass
class Order:
    """A picture and how it is to be restored."""

    #: the picture, which has the same random name
    upload: Upload
    #: the words of the wish, and what was painted
    words: list[tuple[str, str]]
    strokes: str
    #: when it came, and when it ended, in seconds since 1970
    made: float = field(default_factory=time.time)
    ended: float | None = None
    #: how far it is
    state: State = State.waiting
    #: how often a server has begun with it
    tries: int = 0
    #: what became of it, as `JobReport` has it
    report: Mapping[str, Any] | None = None
    #: why it failed: "code" and "message"
    error: Mapping[str, str] | None = None
    #: those who are told when something changes
    watchers: set[asyncio.Event] = field(default_factory=set)

    @property
    def wish(self) -> Wish:
        """How it is to be restored. Raises as `Wish.parse` does."""
        return Wish.parse(self.words, self.strokes.encode())

    def record(self) -> dict[str, Any]:
        """What whoever asks is told of it."""
        result = self.upload.result
        return {
            "job": self.upload.id,
            "name": self.upload.name,
            "state": str(self.state),
            "halfway": self.upload.halfway,
            "made": _as_date(self.made),
            "ended": None if self.ended is None else _as_date(self.ended),
            "result": None if result is None else result[1],
            "report": self.report,
            "error": self.error,
        }

    def end(self, state: State, error: BurnishError | None = None) -> None:
        """It has ended."""
        self.state = state
        self.ended = time.time()
        self.report = self.upload.report
        if error is not None:
            self.error = {"code": error.code, "message": str(error)}

    def tell(self) -> None:
        """Tells those who watch that something has changed."""
        for each in self.watchers:
            each.set()

    def to_dict(self) -> dict[str, Any]:
        """All that a server has to know of it that is started again."""
        upload = self.upload
        result = upload.result and (upload.result[0].name, upload.result[1])
        return {
            "name": upload.name,
            "file": upload.source.name,
            "size": upload.size,
            "facts": upload.facts,
            "result": result,
            "maps": {name: path.name for name, path in upload.maps.items()},
            "paintings": {name: path.name for name, path in upload.paintings.items()},
            "words": self.words,
            "strokes": self.strokes,
            "made": self.made,
            "ended": self.ended,
            "tries": self.tries,
            "report": self.report,
            "error": self.error,
        }

    @classmethod
    def from_dict(cls, id: str, state: str, record: Mapping[str, Any], root: Path) -> Order:
        """The order of `to_dict`, whose picture lies below a folder."""
        folder = root / id
        result = record["result"] and (folder / record["result"][0], record["result"][1])
        upload = Upload(
            id, record["name"], folder, folder / record["file"], record["size"], record["facts"],
            result=result, maps={name: folder / file for name, file in record["maps"].items()},
            paintings={name: folder / file for name, file in record.get("paintings", {}).items()},
        )  # fmt: skip
        return cls(
            upload,
            [(name, value) for name, value in record["words"]],
            record["strokes"],
            record["made"],
            record["ended"],
            State(state),
            record["tries"],
            record["report"],
            record["error"],
        )


class Book:
    """The orders as they last."""

    def __init__(self, root: Path) -> None:
        """Opens the book in a folder, or begins it. OutputError where it cannot be."""
        self._path = root / NAME
        self._root = root
        with self._as_output_error():
            self._data = sqlite3.connect(self._path, isolation_level=None)
            self._data.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._data.execute("PRAGMA journal_mode = WAL")
            (version,) = self._data.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise OutputError(
                    f"{self._path}: was written by another version of Burnish; give --jobs another "
                    "folder"
                )
            self._data.execute(f"PRAGMA user_version = {VERSION}")
            self._data.execute(
                "CREATE TABLE IF NOT EXISTS orders "
                "(id TEXT PRIMARY KEY, state TEXT NOT NULL, record TEXT NOT NULL)"
            )

    def orders(self) -> list[Order]:
        """All of them, as they came."""
        with self._as_output_error():
            rows = self._data.execute("SELECT id, state, record FROM orders ORDER BY rowid")
            return [
                Order.from_dict(id, state, json.loads(record), self._root)
                for id, state, record in rows
            ]

    def keep(self, order: Order) -> None:
        """Takes in an order as it is now."""
        words = (order.upload.id, str(order.state), json.dumps(order.to_dict()))
        with self._as_output_error():
            self._data.execute(
                "INSERT INTO orders VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE "
                "SET state = excluded.state, record = excluded.record",
                words,
            )

    def strike(self, id: str) -> None:
        """Lets an order go."""
        with self._as_output_error():
            self._data.execute("DELETE FROM orders WHERE id = ?", (id,))

    def close(self) -> None:
        """Closes it."""
        self._data.close()

    @contextmanager
    def _as_output_error(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise OutputError(f"{self._path}: cannot be written ({error})") from error


def _as_date(seconds: float) -> str:
    """A time as it is written in JSON, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
