"""Addresses of files that lie on no drive of this machine: s3://bucket/scans/a.jpg.

What is written there is an object, whole or absent, as a rename makes it of a file. All of it is
obstore's, which knows S3, Google's and Azure's stores and HTTP, and tries again where a network
falters.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ..errors import InputError, InputMissing, MissingExtra, OutputError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

#: what the addresses begin with that are understood; HTTP is read, and not written
SCHEMES = ("s3", "gs", "az", "http", "https", "file")
READ_ONLY = ("http", "https")
#: bytes of an object that are fetched at a time
CHUNK = 8 << 20
#: what listings said, so that a hundred thousand objects do not cost a request each
_listed: dict[str, Entry] = {}
_ADDRESS = re.compile(rf"({'|'.join(SCHEMES)}):/+(.+)", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """What a store says of an object without giving it."""

    #: its length, in bytes
    size: int
    #: when it was written, in nanoseconds
    mtime: int
    #: a number that is another one when its content is
    tag: int


def address_of(path: str | PurePath) -> str | None:
    """The address that a word is, or a path that was made of it and so lost a slash; else None."""
    found = _ADDRESS.fullmatch(str(path))
    if found is None:
        return None
    scheme, rest = found.groups()
    return f"{scheme}://{'/' if scheme == 'file' else ''}{rest}"


def is_address(path: str) -> bool:
    """Whether a path is an address, as `address_of` gives it."""
    return "://" in path and path.partition("://")[0] in SCHEMES


def check_written(address: str) -> None:
    """Raises OutputError for an address at which nothing is ever written."""
    if address.partition("://")[0] in READ_ONLY:
        raise OutputError(f"{address}: is only read; choose another -o, such as s3://bucket/clean")


def found_below(address: str) -> Mapping[str, Entry]:
    """All objects below an address, by their addresses.

    InputError where the store does not answer, or has no lists, as over HTTP.
    """
    store, key = _place(address)
    base = address.rstrip("/")
    found = {}
    try:
        for some in store.list(prefix=key.rstrip("/") or None):
            for one in some:
                below = one["path"].removeprefix(key.rstrip("/")).lstrip("/")
                if below:
                    found[f"{base}/{below}"] = _entry(one)
    except Exception as error:
        raise InputError(f"{address}: cannot be listed ({_why(error)})") from error
    _listed.update(found)
    return found


def entry_of(address: str) -> Entry | None:
    """What the last listing said of an object, or what the store says of one that no listing had;
    None where there is none.
    """
    return _listed.get(address) or entry_at(address)


def entry_at(address: str) -> Entry | None:
    """What a store says of an object; None where there is none, or where it does not say."""
    store, key = _place(address)
    try:
        return _entry(store.head(key))
    except Exception:
        return None


def digest_at(address: str) -> str | None:
    """The SHA-256 of an object, which is read for it; None where it cannot be."""
    store, key = _place(address)
    content = hashlib.sha256()
    try:
        for part in store.get(key).stream(min_chunk_size=CHUNK):
            content.update(part)
    except Exception:
        return None
    return content.hexdigest()


def fetch(address: str, path: Path) -> None:
    """Copies an object into a file. InputMissing where there is none, InputError for the rest."""
    store, key = _place(address)
    try:
        with open(path, "wb") as file:
            for part in store.get(key).stream(min_chunk_size=CHUNK):
                file.write(part)
    except FileNotFoundError as error:
        raise InputMissing(f"{address}: no such object; check the name") from error
    except Exception as error:
        raise InputError(f"{address}: cannot be fetched ({_why(error)})") from error


def put(content: Path | bytes, address: str) -> None:
    """Makes a file's content, or bytes, an object, whole or not at all. OutputError."""
    check_written(address)
    store, key = _place(address)
    try:
        store.put(key, content)
    except Exception as error:
        raise OutputError(
            f"{address}: cannot be written ({_why(error)}); see to the place and its permissions"
        ) from error


def content_of(address: str) -> bytes | None:
    """The bytes of an object that is small; None where there is none, or it cannot be read."""
    store, key = _place(address)
    try:
        return bytes(store.get(key).bytes())
    except Exception:
        return None


def remove(address: str) -> None:
    """Takes an object away, where there is one. OutputError where that cannot be done."""
    check_written(address)
    store, key = _place(address)
    try:
        store.delete(key)
    except FileNotFoundError:
        return
    except Exception as error:
        raise OutputError(f"{address}: cannot be taken away ({_why(error)})") from error
    _listed.pop(address, None)


def _place(address: str) -> tuple[ObjectStore, str]:
    """The store of an address, and the key of the object in it."""
    scheme, _, rest = address.partition("://")
    host, _, key = rest.partition("/")
    return _store(f"{scheme}://{host}"), key


@cache
def _store(root: str) -> ObjectStore:
    """A store by its scheme and host. MissingExtra where nothing here knows any."""
    try:
        from obstore.store import from_url
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{root}: addresses need obstore, which is not installed; pip install "
            "'burnish[cluster]' brings it"
        ) from error
    try:
        if root.startswith("http:"):
            return from_url(f"{root}/", client_options={"allow_http": True})
        return from_url(f"{root}/")
    except Exception as error:
        raise InputError(f"{root}: cannot be used ({_why(error)})") from error


def _entry(said: Any) -> Entry:
    mtime = int(said["last_modified"].timestamp() * 1e9)
    tag = hashlib.sha256(str(said["e_tag"] or "").encode()).hexdigest()
    return Entry(said["size"], mtime, int(tag[:15], 16))


def _why(error: Exception) -> str:
    """The first line of what a store says."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
