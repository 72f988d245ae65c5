"""What an engine has compiled, kept for the next process: to read it takes a fourth of the time.

It is read by native code that trusts it, unlike a model file, which `wire.py` checks before. So it
is read only where nobody but its user can have written it, and as long as it is what was written.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...errors import OutputError
from ...ground.files import atomic_write, cache_folder

#: the variable that names another folder for it, or says OFF
VARIABLE, OFF = "BURNISH_COMPILED", "off"
#: bytes that all of it may have; what was used the longest ago goes first
MOST_BYTES = 256 * 2**20
#: bytes of the SHA-256 that stands before what is kept
DIGEST = hashlib.sha256().digest_size


def folder() -> Path | None:
    """Where it is kept; None where it is not."""
    told = os.environ.get(VARIABLE, "").strip()
    if told == OFF:
        return None
    return Path(told) if told else cache_folder() / "compiled"


def name_of(*parts: bytes | str) -> str:
    """The name of what is made of these parts: all that decides on what an engine compiles."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "little") + data)
    return found.hexdigest()[:32]


def find(name: str) -> memoryview | None:
    """What is kept under a name; None where there is none, or none that is to be trusted."""
    place = folder()
    if place is None:
        return None
    try:
        if not all(_own(path) for path in (place, place / name)):
            return None
        data = memoryview((place / name).read_bytes())
        os.utime(place / name)
    except OSError:
        return None
    digest, made = data[:DIGEST], data[DIGEST:]
    return made if hashlib.sha256(made).digest() == digest else None


def keep(name: str, made: Callable[[], bytes]) -> None:
    """Keeps something under a name, where that can be done. made: gives it, and is asked
    only then.
    """
    place = folder()
    if place is None:
        return
    # Nobody waits for it: without room, or a home that can be written to, all goes on as before.
    with suppress(OSError, OutputError):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = made()
        if _own(place) and len(data) <= MOST_BYTES // 4:
            content = hashlib.sha256(data).digest() + data
            atomic_write(place / name, content, lambda path: path.chmod(0o600))
            _make_room(place)


def _own(path: Path) -> bool:
    """Whether a file or folder is this user's, and nobody else may write to it. OSError where there
    is none.
    """
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return False
    # On Windows a user's folder is the user's alone, and modes say nothing.
    return os.name == "nt" or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


def _make_room(place: Path) -> None:
    """Removes what was used the longest ago, as long as all of it is too much."""
    found = sorted(place.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    held = 0
    for path in found:
        held += path.stat().st_size
        if held > MOST_BYTES:
            path.unlink(missing_ok=True)
