"""What a file holds, by its first bytes and never by its name.

What is no picture is refused here, before any decoder sees it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import (
    BurnishError,
    InputCorrupt,
    InputEmpty,
    InputError,
    InputMissing,
    InputTooLarge,
    InputTruncated,
    UnsupportedFormat,
)
from .picture import Format

READ = "Burnish reads JPEG, PNG, WebP and TIFF"
EXTENSIONS: dict[str, Format] = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    ".png": "PNG",
    ".webp": "WEBP",
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
}

#: the formats, and how their files begin ("." is any byte)
BEGINNINGS: tuple[tuple[Format, bytes], ...] = (
    ("JPEG", rb"\xff\xd8\xff"),
    ("PNG", rb"\x89PNG\r\n\x1a\n"),
    ("WEBP", rb"RIFF....WEBP"),
    ("TIFF", rb"II\*\0|MM\0\*|II\+\0|MM\0\+"),
)

#: what else is met under a picture's name: how it begins, what it is, and what to do
OTHERS = (
    (
        rb"version https://git-lfs",
        "is a Git LFS pointer, not the picture itself; fetch it with `git lfs pull`",
    ),
    (
        rb"\s*(<!--.*?-->\s*)?<(!doctype\s+html|html|head|body)",
        "is a web page (HTML), not a picture; download the picture itself",
    ),
    (
        rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype\s+svg[^>]*>\s*)?<svg",
        f"is an SVG drawing; {READ}",
    ),
    (rb"GIF8[79]a", f"is a GIF; {READ}, and only single pictures are handled yet"),
    (rb"%PDF|.{1,512}%PDF-", f"is a PDF; {READ}"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", f"is PostScript (EPS); {READ}"),
    (rb"PK\x03\x04|PK\x05\x06", f"is a ZIP archive; unpack it: {READ}"),
    (rb"BM.{4}\0\0\0\0", f"is a BMP; {READ}"),
    (rb".{4}ftyp(avif|avis)", f"is an AVIF; {READ}"),
    (rb".{4}ftyp(heic|heix|hevc|heim|heis|mif1|msf1)", f"is a HEIC; {READ}"),
    (rb".{4}ftypcrx ", f"is a raw file (CR3), which is not read yet; {READ}"),
    (rb".{4}ftyp", f"is a film; {READ}"),
    (rb"\0\0\0\x0cjP  \r\n|\xff\x4f\xff\x51", f"is a JPEG 2000; {READ}"),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", f"is a JPEG XL; {READ}"),
    (rb"8BPS", f"is a Photoshop document; {READ}"),
    (rb"\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ", f"is an archive; unpack it: {READ}"),
    (rb"P[1-7]\s", f"is a PNM; {READ}"),
    (
        rb"\0+\Z",
        "holds nothing but zeros: it was never written whole; take it again from where it came",
    ),
    (rb"[\t\n\f\r\x20-\x7e\x80-\xff]+\Z", f"is text, not a picture; {READ}"),
)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading.

    Raises InputMissing, InputEmpty, UnsupportedFormat for what is no file, InputError where it
    cannot be opened.
    """
    try:
        kind = os.stat(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputMissing(f"{path}: no such file; check the name") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be looked at ({error}); check the name and its folder"
        ) from error
    if stat.S_ISDIR(kind.st_mode) and not os.access(path, os.R_OK | os.X_OK):
        raise InputError(f"{path}: is a folder that cannot be looked into; check its permissions")
    if not stat.S_ISREG(kind.st_mode):
        raise UnsupportedFormat(f"{path}: is {_named(kind.st_mode)}, not a file; {READ}")
    if kind.st_size == 0:
        raise InputEmpty(f"{path}: is empty; take it again from where it came")
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; an error in the body must not pass for one of opening
    except OSError as error:
        raise InputError(
            f"{path}: cannot be opened ({error.strerror}); check its permissions"
        ) from error
    with file, damage(path):
        yield file


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Turns whatever a decoder throws at a damaged file into one sentence; Burnish's own errors
    pass.
    """
    try:
        yield
    except BurnishError:
        raise
    except MemoryError as error:
        raise InputTooLarge(
            f"{path}: there is not enough memory to decode it; close other programs, or make "
            "the picture smaller"
        ) from error
    except EOFError as error:
        raise truncated(path) from error
    except Exception as error:
        if "truncated" in str(error):
            raise truncated(path) from error
        raise corrupt(
            path, str(error).splitlines()[0] if str(error) else type(error).__name__
        ) from error


def truncated(path: Path) -> InputTruncated:
    """The one sentence for files that end too early."""
    return InputTruncated(f"{path}: ends before its picture does; take it again from where it came")


def corrupt(path: Path, what: str) -> InputCorrupt:
    """The one sentence for damage that is known."""
    return InputCorrupt(f"{path}: is damaged ({what}); take it again from where it came")


def sniff(file: BinaryIO, path: Path) -> Format:
    """The format of an open file; raises UnsupportedFormat, saying what it is, or InputTruncated
    where it ends within its first bytes.
    """
    head = file.read(1024)
    file.seek(0)
    for known, beginning in BEGINNINGS:
        if re.match(beginning, head, re.DOTALL):
            return known
    if any(
        len(head) > 1 and magic.startswith(head)
        for magic in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"RIFF")
    ) or _is_cut_webp(head):
        raise truncated(path)
    for beginning, sentence in OTHERS:
        if re.match(beginning, head, re.DOTALL | re.IGNORECASE):
            raise UnsupportedFormat(f"{path}: {sentence}")
    raise UnsupportedFormat(f"{path}: is of an unknown kind; {READ}")


def misnamed(path: Path, found: Format) -> tuple[str, ...]:
    """One sentence where the name says another format than the contents, as a tuple; else none."""
    named = EXTENSIONS.get(path.suffix.lower(), found)
    return () if named == found else (f"named {path.suffix}, but it holds a {found}; read as that",)


def _is_cut_webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and len(head) < 12 and b"WEBP".startswith(head[8:])


def _named(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for test, name in kinds if test(mode)), "something special")
