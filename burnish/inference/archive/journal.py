"""Journal: what a run has planned, has in hand and has done, in a database that no kill tears.

It lies in the folder of the results, as `.burnish/journal.db`. Sources stand in it by their
absolute paths, and results by their paths in that folder, so that the folder can be moved.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from ...errors import OutputError

#: the folder of a run's own files, in that of its results
FOLDER = ".burnish"
NAME = "journal.db"
#: changes when journals of earlier versions cannot be gone on with
VERSION = "1"
#: how many of the most changed pictures are kept to be shown
SHOWN = 10

_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    source BLOB NOT NULL UNIQUE, target BLOB NOT NULL UNIQUE,
    size INTEGER, mtime INTEGER, inode INTEGER,
    state TEXT NOT NULL,
    source_hash TEXT, result_hash TEXT, record TEXT
);
CREATE TABLE shown (
    id INTEGER PRIMARY KEY, change REAL NOT NULL, before BLOB NOT NULL, after BLOB NOT NULL
);
CREATE TABLE made (folder BLOB PRIMARY KEY);
"""
_COLUMNS = "id, source, target, size, mtime, inode, state, source_hash, result_hash, record"


class State(StrEnum):
    """How far a file is."""

    #: to be done
    planned = "planned"
    #: its result is whole, and about to take its name
    writing = "writing"
    #: its result stands under its name
    done = "done"
    #: it could not be restored, and its record says why
    failed = "failed"
    #: a file that the run did not write stands where its result would
    exists = "exists"


@dataclass(frozen=True)
class Stamp:
    """By what a file is known without being read. All are -1 where it cannot be looked at."""

    #: its length, in bytes
    size: int = -1
    #: when it was last changed, in nanoseconds
    mtime: int = -1
    #: its number in the file system
    inode: int = -1


@dataclass(frozen=True)
class Line:
    """A file as the journal knows it."""

    #: its number; files are worked on in this order
    id: int
    #: the absolute path of the picture
    source: str
    #: the path of the result in the run's folder
    target: str
    #: by what the picture was known when it was planned
    stamp: Stamp
    #: how far it is
    state: State
    #: the SHA-256 of the picture as it was read
    source_hash: str | None
    #: the SHA-256 of the result
    result_hash: str | None
    #: what became of it: the settings and notes, or the code and the sentence of an error
    record: Mapping[str, Any]


class Journal:
    """A run's journal, open for as long as the run is."""

    def __init__(self, folder: Path) -> None:
        """Opens the journal in a folder of results, or begins it. OutputError where it cannot."""
        self.path = folder / FOLDER / NAME
        with _as_output_error(self.path):
            self._data = sqlite3.connect(self.path)
            # One process has it, so it needs no memory to share, which a full disk would break.
            self._data.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._data.execute("PRAGMA journal_mode = WAL")
            self._data.execute("PRAGMA synchronous = FULL")
            if not self._data.execute("SELECT 1 FROM sqlite_master").fetchone():
                statements = _SCHEMA.split(";")
                self._data.execute("BEGIN")
                for statement in statements:
                    self._data.execute(statement)
                self.say(version=VERSION)
                self.commit()

    def close(self) -> None:
        """Keeps what was told, and closes."""
        try:
            self.commit()
        finally:
            self._data.close()

    def commit(self) -> None:
        """Makes what was told since the last time last, whatever happens to the machine."""
        with _as_output_error(self.path):
            self._data.commit()

    # What holds for the whole run.

    def said(self, name: str) -> str | None:
        """What was said of the run under that name."""
        rows = self._ask("SELECT value FROM about WHERE name = ?", name)
        return rows[0][0] if rows else None

    def say(self, **words: str) -> None:
        """Says something of the run."""
        for name, value in words.items():
            self._tell("INSERT OR REPLACE INTO about VALUES (?, ?)", name, value)

    def made(self) -> list[str]:
        """The folders that the run made, the deepest first."""
        found = [os.fsdecode(row[0]) for row in self._ask("SELECT folder FROM made")]
        return sorted(found, key=len, reverse=True)

    def make(self, folders: Iterable[str]) -> None:
        """Remembers that the run makes these folders."""
        for folder in folders:
            self._tell("INSERT OR IGNORE INTO made VALUES (?)", os.fsencode(folder))

    # Files.

    def find(self, source: str) -> Line | None:
        """The line of a picture."""
        query = f"SELECT {_COLUMNS} FROM files WHERE source = ?"
        return next(map(_line, self._ask(query, os.fsencode(source))), None)

    def __contains__(self, target: object) -> bool:
        """Whether some picture has that path of a result."""
        query = "SELECT 1 FROM files WHERE target = ?"
        return bool(self._ask(query, os.fsencode(str(target))))

    def add(self, source: str, target: str, stamp: Stamp, state: State) -> None:
        """Plans a picture that is not there yet."""
        self._tell(
            "INSERT INTO files (source, target, size, mtime, inode, state)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(os.fsencode(source), os.fsencode(target)),
            *(stamp.size, stamp.mtime, stamp.inode, state),
        )

    def restamp(self, id: int, stamp: Stamp) -> None:
        """Knows a file by another stamp from now on."""
        query = "UPDATE files SET size = ?, mtime = ?, inode = ? WHERE id = ?"
        self._tell(query, stamp.size, stamp.mtime, stamp.inode, id)

    def forget(self, id: int) -> None:
        """Knows a file no more of which nothing was written."""
        self._tell("DELETE FROM files WHERE id = ? AND result_hash IS NULL", id)

    def put(self, id: int, state: State, record: Mapping[str, Any] | None = None) -> None:
        """Says how far a file is, and, with a record, what became of it."""
        if record is None:
            self._tell("UPDATE files SET state = ? WHERE id = ?", state, id)
        else:
            query = "UPDATE files SET state = ?, record = ? WHERE id = ?"
            self._tell(query, state, json.dumps(record), id)

    def write(self, id: int, source_hash: str, result_hash: str, record: Mapping[str, Any]) -> None:
        """Says that a result is whole; when that is committed, it may take its name."""
        query = "UPDATE files SET state = ?, source_hash = ?, result_hash = ?, record = ?"
        values = (State.writing, source_hash, result_hash, json.dumps(record))
        self._tell(f"{query} WHERE id = ?", *values, id)

    def plan_all_again(self) -> None:
        """Plans everything again, whatever became of it."""
        self._tell("UPDATE files SET state = ?", State.planned)
        self._tell("DELETE FROM shown")

    def next(self, after: int) -> Line | None:
        """The first file behind a number that is to be done."""
        query = f"SELECT {_COLUMNS} FROM files WHERE id > ? AND state = ? ORDER BY id LIMIT 1"
        return next(map(_line, self._ask(query, after, State.planned)), None)

    def lines_in(self, state: State) -> list[Line]:
        """The files of a state of which there are few."""
        query = f"SELECT {_COLUMNS} FROM files WHERE state = ? ORDER BY id"
        return list(map(_line, self._ask(query, state)))

    def some_planned(self, most: int) -> Iterator[Line]:
        """Files that are to be done: all of them, or so many that are evenly spread."""
        step = max(1, -(-self.counts().get(State.planned, 0) // most))
        query = f"SELECT {_COLUMNS} FROM files WHERE state = ? ORDER BY id"
        with _as_output_error(self.path):
            rows = self._data.execute(query, (State.planned,))
            yield from map(_line, islice(rows, 0, None, step))

    def lines(self) -> Iterator[Line]:
        """All files, one after another."""
        with _as_output_error(self.path):
            yield from map(_line, self._data.execute(f"SELECT {_COLUMNS} FROM files ORDER BY id"))

    def salvaged(self) -> list[Line]:
        """The files that were damaged, and of which what was left is restored."""
        query = (
            f"SELECT {_COLUMNS} FROM files"
            " WHERE state = ? AND json_extract(record, '$.status') = 'salvaged' ORDER BY id"
        )
        return list(map(_line, self._ask(query, State.done)))

    def counts(self) -> dict[str, int]:
        """How many files there are of each state."""
        return dict(self._ask("SELECT state, count(*) FROM files GROUP BY state"))

    # The most changed pictures.

    def least_shown(self) -> float:
        """The change from which on a picture is among those that are shown."""
        changes = sorted(row[0] for row in self._ask("SELECT change FROM shown"))
        return changes[0] if len(changes) >= SHOWN else 0.0

    def show(self, id: int, change: float, before: bytes, after: bytes) -> None:
        """Keeps a picture's small copies, as JPEG files, if it is among the most changed."""
        values = (id, change, before, after)
        self._tell("INSERT OR REPLACE INTO shown VALUES (?, ?, ?, ?)", *values)
        most = "SELECT id FROM shown ORDER BY change DESC, id LIMIT ?"
        self._tell(f"DELETE FROM shown WHERE id NOT IN ({most})", SHOWN)

    def shown(self) -> list[tuple[Line, float, bytes, bytes]]:
        """The most changed pictures: line, change, and small copies before and after."""
        columns = ", ".join(f"files.{name}" for name in _COLUMNS.split(", "))
        rows = self._ask(
            f"SELECT {columns}, change, before, after FROM files JOIN shown USING (id)"
            " ORDER BY change DESC"
        )
        return [(_line(row[:-3]), row[-3], row[-2], row[-1]) for row in rows]

    def _ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with _as_output_error(self.path):
            return self._data.execute(query, values).fetchall()

    def _tell(self, query: str, *values: Any) -> None:
        with _as_output_error(self.path):
            self._data.execute(query, values)


def _line(row: tuple[Any, ...]) -> Line:
    id, source, target, size, mtime, inode, state, source_hash, result_hash, record = row
    return Line(
        id,
        os.fsdecode(source),
        os.fsdecode(target),
        Stamp(size, mtime, inode),
        State(state),
        source_hash,
        result_hash,
        json.loads(record or "{}"),
    )


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    """OutputError for what the database says of a full disk, or of a file that is none of its."""
    try:
        yield
    except sqlite3.Error as error:
        instead = "" if "disk is full" in str(error) else ", or begin another with --restart"
        raise OutputError(
            f"{path}: the run's journal cannot be kept ({error}); make room, and run the same "
            f"again{instead}"
        ) from error
