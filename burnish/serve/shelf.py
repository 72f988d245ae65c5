"""Shelf: the pictures that are kept. Where there are too many, those that rested longest go."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterator

from ..errors import InputMissing
from .upload import Upload

#: bytes that all pictures may have together, with what came of them
MOST_KEPT = 8 << 30
#: pictures that are kept
MOST_PICTURES = 10_000


class Shelf:
    """The pictures that are kept, the one that was asked for last at the end."""

    def __init__(self, is_needed: Callable[[Upload], bool]) -> None:
        """is_needed: whether a picture stays, however long nobody asked for it."""
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        #: how many bytes of each are counted in `size`
        self._counted: dict[str, int] = {}
        self._is_needed = is_needed
        #: the bytes of all of them
        self.size = 0

    def __len__(self) -> int:
        return len(self._uploads)

    def __iter__(self) -> Iterator[Upload]:
        return iter(list(self._uploads.values()))

    def find(self, id: str) -> Upload:
        """The picture of a random name. InputMissing where it is gone, or never was."""
        upload = self._uploads.get(id)
        if upload is None:
            raise InputMissing(f"{id[:40]}: no such picture is here any more; send it again")
        self._uploads.move_to_end(id)
        return upload

    def add(self, upload: Upload) -> list[Upload]:
        """Keeps a picture. What comes back has to go for it."""
        self._uploads[upload.id] = upload
        return self.grow(upload, upload.size)

    def grow(self, upload: Upload, size: int) -> list[Upload]:
        """A picture has so many bytes now. What comes back has to go for it."""
        upload.size = size
        if upload.id in self._uploads:
            self.size += size - self._counted.get(upload.id, 0)
            self._counted[upload.id] = size
        return self._too_many(upload)

    def drop(self, upload: Upload) -> None:
        """Lets a picture go, with its files."""
        self._uploads.pop(upload.id, None)
        self.size -= self._counted.pop(upload.id, 0)
        shutil.rmtree(upload.folder, ignore_errors=True)

    def _too_many(self, newest: Upload) -> list[Upload]:
        """Those that rested longest and are not needed, as far as there are too many."""
        found: list[Upload] = []
        size, count = self.size, len(self._uploads)
        for upload in self._uploads.values():
            if size <= MOST_KEPT and count <= MOST_PICTURES:
                break
            if upload is newest or self._is_needed(upload):
                continue
            size -= upload.size
            count -= 1
            found.append(upload)
        return found
