"""qpdf, by pikepdf, which is imported here alone: PDFs opened, looked into, changed and saved.

Objects of a PDF are of pikepdf's types. The other files of this folder take them as dictionaries,
lists and streams, whose keys and names begin with a slash.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import InputCorrupt, MissingExtra, UnsupportedFormat
from ...images.damage import corrupt

#: bytes that what is no picture may have when it is unpacked: commands of a page, profiles, tables
MOST_BYTES = 256 << 20
#: bytes that LZW can make of one; it is the one filter for which qpdf has no limit
LZW_GROWTH = 1366


def pikepdf() -> Any:
    """The module pikepdf. MissingExtra where it is not there."""
    try:
        import pikepdf
    except ImportError as error:
        raise MissingExtra(
            "PDFs need pikepdf, which is not installed; pip install 'burnish[pdf]' brings it"
        ) from error
    # what it has to say is found out here, and said once
    logging.getLogger("pikepdf").addHandler(logging.NullHandler())
    return pikepdf


@contextmanager
def opened(path: str | Path, name: str) -> Iterator[Any]:
    """A PDF, open as long as the context lasts.

    Raises UnsupportedFormat where it is encrypted, and InputCorrupt where it could be opened only
    by guessing what is missing: pages could be missing in the result.
    """
    library = pikepdf()
    try:
        with library.open(path, attempt_recovery=False) as pdf:
            if pdf.is_encrypted:
                raise encrypted(name)
            yield pdf
    except library.PasswordError as error:
        raise encrypted(name) from error
    except library.PdfError as error:
        raise InputCorrupt(
            f"{name}: is damaged ({in_words(error)}); mend a copy first, as `qpdf {name} "
            "mended.pdf` does, and see that all its pages are there"
        ) from error


def is_encrypted(path: str | Path) -> bool:
    """Whether a PDF is encrypted, with a password for opening it or without."""
    library = pikepdf()
    try:
        with library.open(path, attempt_recovery=False) as pdf:
            return bool(pdf.is_encrypted)
    except library.PasswordError:
        return True
    except library.PdfError:
        return False


def encrypted(name: str) -> UnsupportedFormat:
    """The one sentence for encrypted PDFs."""
    return UnsupportedFormat(
        f"{name}: is encrypted, and its result would not be; where you may, make a copy without "
        f"(`qpdf --decrypt {name} open.pdf`), and restore that"
    )


def in_words(error: Exception) -> str:
    """What qpdf says, without the name of the file and the place in it."""
    return str(error).splitlines()[0].rpartition(": ")[2]


def is_stream(thing: Any) -> bool:
    """Whether an object of a PDF is a stream."""
    return isinstance(thing, pikepdf().Stream)


def is_list(thing: Any) -> bool:
    """Whether an object of a PDF is an array."""
    return isinstance(thing, pikepdf().Array)


def unpacked(stream: Any, most: int = MOST_BYTES) -> bytes:
    """The bytes of a stream behind filters that lose nothing.

    most: bytes that it may come to. InputCorrupt where it comes to more, or cannot be unpacked.
    """
    library = pikepdf()
    filters = names(stream.get("/Filter"))
    if {"/LZWDecode", "/LZW"} & {*filters} and len(
        stream.read_raw_bytes()
    ) * LZW_GROWTH > 4 * MOST_BYTES:
        raise InputCorrupt("its LZW data are too long to be unpacked safely")
    room = {
        f"{kind}_max_memory": min(most + 65536, 2**32 - 1)
        for kind in ("flate", "png", "tiff", "run_length")
    }
    before = library.settings.set_qpdf_limits(**room)
    try:
        data: bytes = stream.read_bytes(library.StreamDecodeLevel.specialized)
    except library.PdfError as error:
        raise InputCorrupt(f"its data cannot be unpacked ({in_words(error)})") from error
    finally:
        library.settings.set_qpdf_limits(**before)
    if len(data) > most + 65536:
        raise InputCorrupt(f"its data unpack to {len(data)} bytes, where {most} would do")
    return data


def names(word: Any) -> list[str]:
    """A name, or an array of names, as a list of words."""
    if word is None:
        return []
    return [str(each) for each in word] if is_list(word) else [str(word)]


def parameters(word: Any, count: int) -> list[Mapping[str, Any]]:
    """The parameters of so many filters: a dictionary, an array of them, or nothing.

    Those of a filter without any are empty.
    """
    found = list(word) if is_list(word) else [word] * (count == 1 and word is not None)
    found += [None] * (count - len(found))
    return [{} if each is None else each for each in found]


def part(pdf: Any, data: bytes, filters: list[str], decode: list[Mapping[str, Any]]) -> Any:
    """A stream with some of the filters of another, to be unpacked by itself."""
    library = pikepdf()
    stream = pdf.make_stream(data)
    stream["/Filter"] = library.Array([library.Name(name) for name in filters])
    # some filters take null alone
    given = [library.Dictionary(dict(each)) if len(each) else None for each in decode]
    stream["/DecodeParms"] = library.Array(given)
    return stream


def commands(holder: Any, wanted: str) -> Iterator[tuple[str, list[Any]]]:
    """The commands of a page, or of a form, with what stands before them.

    wanted: their names, with a blank between. InputCorrupt where they cannot be read.
    """
    library = pikepdf()
    try:
        found = library.parse_content_stream(holder, wanted)
    except (library.PdfError, ValueError, TypeError) as error:
        raise corrupt("its page", in_words(error)) from error
    for each in found:
        yield str(each.operator), list(each.operands)


def replace(pdf: Any, stream: Any, file: Path, entries: Mapping[str, Any]) -> None:
    """Gives a stream the bytes of a file, and other entries; None takes one out.

    The file is read when the PDF is saved, and not before: so the pages of a long document are
    never all in memory. It has to stay until then. Words that begin with a slash are names.
    """
    kept = {key: stream.stream_dict[key] for key in stream.stream_dict if key != "/Length"}
    number, generation = stream.objgen
    place = {"stream": {"datafile": str(file), "dict": {}}}
    header = {
        "jsonversion": 2,
        "pushedinheritedpageresources": False,
        "calledgetallpages": False,
        "maxobjectid": number,
    }
    update = {"qpdf": [header, {f"obj:{number} {generation} R": place}]}
    pdf.update_from_qpdf_json(io.BytesIO(json.dumps(update).encode()))
    for key, value in {**kept, **entries}.items():
        if value is not None:
            stream[key] = as_object(value)


def without(page: Any, entry: str) -> None:
    """Takes an entry out of a page, where it has one."""
    if entry in page:
        del page[entry]


def as_object(value: Any) -> Any:
    """A value as an object of a PDF: words that begin with a slash are names."""
    library = pikepdf()
    if isinstance(value, str) and value.startswith("/"):
        return library.Name(value)
    if isinstance(value, dict):
        return library.Dictionary({key: as_object(each) for key, each in value.items()})
    if isinstance(value, list):
        return library.Array([as_object(each) for each in value])
    return value


def new_stream(pdf: Any, data: bytes, entries: Mapping[str, Any]) -> Any:
    """A new stream of a PDF."""
    stream = pdf.make_stream(data)
    for key, value in entries.items():
        stream[key] = as_object(value)
    return stream


def save(pdf: Any, file: BinaryIO) -> None:
    """Writes a PDF into a file: what was not replaced keeps the bytes of its streams.

    Packed objects stay packed, a file that was made for the web (linearised) is one again, and the
    same document gives the same bytes.
    """
    pdf.save(
        file,
        linearize=pdf.is_linearized,
        compress_streams=False,
        fix_metadata_version=False,
        deterministic_id=True,
    )
