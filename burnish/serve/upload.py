"""Upload: a picture that came over HTTP, and what it is called.

It lies under a random name in a folder of its own. The name that its client gives it appears in
sentences and in what is sent back, never in a path.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import BurnishError, InputTooLarge, InputTruncated
from ..ground.amounts import in_bytes
from ..images import FORMATS, endings, written_ending
from ..inference.targets import SUFFIX, pair
from .wish import Wish

#: bytes that one picture may have
MOST_BYTES = 1 << 30
#: seconds within which more of a body has to arrive, and all of it
MOST_SILENT, MOST_ARRIVAL = 20.0, 900.0
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
    #: the bytes of its folder
    size: int = 0
    #: what its head says, when that was looked at
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: (done, total) tiles, while it is restored
    halfway: tuple[int, int] | None = None
    #: its restored file, and what that is called; None before there is one
    result: tuple[Path, str] | None = None
    #: the maps that came with it, by what they are of, as `Wish` has them
    maps: dict[str, Path] = field(default_factory=dict)
    #: the paintings that came with it, by their names in its words
    paintings: dict[str, Path] = field(default_factory=dict)
    #: what became of it, as `JobReport` has it
    report: Mapping[str, Any] | None = None

    @classmethod
    def new(cls, root: Path, name: str = "") -> Upload:
        """One that has not arrived yet, below a folder, under the name that its client gives it."""
        id = secrets.token_urlsafe(16)
        found = cls(id, "", root / id, root / id)
        found.call(name)
        return found

    def call(self, name: str) -> None:
        """Gives it the name by which its client calls it, before it arrives."""
        self.name = plain_name(name)
        ending = Path(self.name).suffix.lower()
        known = ending if ending in endings() else ""
        self.source = self.folder / f"picture{known}"

    def target(self, wish: Wish) -> tuple[Path, str]:
        """Where its result goes, and what that is called, as `burnish restore` names it."""
        ending = wish.ending
        if ending is None and not self.source.suffix:
            # The file's name says nothing that is known, so its content does.
            ending = written_ending(FORMATS[self.facts["format"]].endings[0])
        pairs = pair([self.source], self.folder, as_folder=True, suffix=SUFFIX, extension=ending)
        path = Path(pairs[0][1])
        added = path.stem.removeprefix(self.source.stem)
        return path, f"{Path(self.name).stem}{added}{path.suffix}"

    def called(self, value: Any) -> Any:
        """Words about it, with its client's name for it in place of its path."""
        if isinstance(value, str):
            for name, path in self.maps.items():
                value = value.replace(str(path), f"the map {name}")
            for path in self.paintings.values():
                value = value.replace(str(path), "the painting")
            value = value.replace(str(self.source), self.name)
            return value.replace(str(self.folder / self.source.stem), Path(self.name).stem)
        if isinstance(value, list | tuple):
            return [self.called(each) for each in value]
        if isinstance(value, Mapping):
            return {name: self.called(each) for name, each in value.items()}
        return value

    @contextmanager
    def under_its_name(self) -> Iterator[None]:
        """A context whose errors call it what its client calls it."""
        try:
            yield
        except BurnishError as error:
            raise type(error)(self.called(str(error))) from error

    def measure(self) -> int:
        """The bytes of the files in its folder."""
        return sum(path.stat().st_size for path in self.folder.iterdir())

    async def receive(self, chunks: AsyncIterator[bytes], path: Path | None = None) -> None:
        """Writes what arrives into its file, or another one of its folder, and counts it.

        InputTooLarge from MOST_BYTES on.
        """
        with open(path or self.source, "xb") as file:
            async for chunk in chunks:
                self.size += len(chunk)
                if self.size > MOST_BYTES:
                    raise too_large(self.name)
                file.write(chunk)


async def in_time(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What arrives, as long as it does not come too slowly; InputTruncated then."""
    until = time.monotonic() + MOST_ARRIVAL
    while True:
        try:
            async with asyncio.timeout(min(MOST_SILENT, until - time.monotonic())):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise InputTruncated("what was sent arrived too slowly, and was given up") from None
        yield chunk


def plain_name(name: str) -> str:
    """The last part of a name, without what no name has; "picture" where nothing is left."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(each for each in last if each.isprintable()).lstrip(". ")
    path = Path(printable or "picture")
    ending = path.suffix[:12]
    stem = path.stem.encode()[: LONGEST_NAME - len(ending.encode())].decode(errors="ignore")
    return f"{stem}{ending}"


def too_large(name: str) -> InputTooLarge:
    """That a picture has more bytes than are taken."""
    return InputTooLarge(
        f"{name}: larger than {in_bytes(MOST_BYTES)}, which is the most that is taken over HTTP; "
        "`burnish restore` takes any"
    )
