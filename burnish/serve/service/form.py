"""A form (multipart/form-data) as it arrives: its parts in turn, and the bytes of each.

python_multipart is imported here. Nothing of a part is kept but what whoever reads it keeps.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from ...errors import InputTruncated, UsageError

#: what a request says whose body is a form
KIND = "multipart/form-data"
#: parts that a form may have
MOST_PARTS = 64


@dataclass(frozen=True)
class Head:
    """What a part says before its bytes."""

    #: the name of the field
    name: str
    #: the name of the file; None of a field that is no file
    file: str | None


@dataclass(frozen=True)
class Part(Head):
    """A part, and its bytes, which are to be read before the next part is."""

    #: what it holds
    chunks: AsyncIterator[bytes]


async def parts(chunks: AsyncIterator[bytes], kind: str) -> AsyncIterator[Part]:
    """The parts of a form.

    kind: the Content-Type of the request. UsageError where it is no form, InputTruncated where it
    ends before its last part does.
    """
    events = _events(chunks, kind)
    async for event in events:
        if isinstance(event, Head):
            yield Part(event.name, event.file, _bytes_of(events))


async def _bytes_of(events: AsyncIterator[Head | bytes | None]) -> AsyncIterator[bytes]:
    async for event in events:
        if not isinstance(event, bytes):
            return
        yield event


async def _events(chunks: AsyncIterator[bytes], kind: str) -> AsyncIterator[Head | bytes | None]:
    """A head for each part, then its bytes, then None."""
    reader = _Reader(kind)
    async for chunk in chunks:
        for event in reader.read(chunk):
            yield event
    if not reader.is_whole:
        raise InputTruncated("the form ends before its last part does; send it again")


class _Reader:
    """Makes heads and bytes of what arrives."""

    def __init__(self, kind: str) -> None:
        boundary = parse_options_header(kind)[1].get(b"boundary")
        if not boundary:
            raise UsageError(f"Content-Type: {kind[:80]}: a form says what divides its parts")
        #: whether the last part has ended
        self.is_whole = False
        self._found: list[Head | bytes | None] = []
        self._count = 0
        self._field, self._value = bytearray(), bytearray()
        self._heads: dict[bytes, bytes] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_part_data": lambda data, start, end: self._found.append(data[start:end]),
                "on_part_end": lambda: self._found.append(None),
                "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._end_of_header,
                "on_headers_finished": self._end_of_head,
                "on_end": self._end,
            },
        )

    def read(self, chunk: bytes) -> list[Head | bytes | None]:
        """What so many bytes more complete."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise UsageError(f"the form cannot be taken apart ({error})") from error
        found, self._found = self._found, []
        return found

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise UsageError(f"the form has more than {MOST_PARTS} parts")
        self._heads = {}

    def _end_of_header(self) -> None:
        self._heads[bytes(self._field).lower()] = bytes(self._value)
        self._field, self._value = bytearray(), bytearray()

    def _end_of_head(self) -> None:
        _, words = parse_options_header(self._heads.get(b"content-disposition", b""))
        name, file = words.get(b"name", b""), words.get(b"filename")
        told = None if file is None else file.decode(errors="replace")
        self._found.append(Head(name.decode(errors="replace"), told))

    def _end(self) -> None:
        self.is_whole = True
