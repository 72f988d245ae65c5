"""What a file is, by its first bytes; what is no picture is refused before any decoder sees it."""

from __future__ import annotations

import stat
from pathlib import Path

from ..errors import InputEmpty, InputError, InputMissing, UnsupportedFormat

#: first bytes -> format
SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
#: first bytes -> what to call it when it is refused
STRANGERS = (
    (b"GIF8", "a GIF, of which frames are not handled yet"),
    (b"version https://git-lfs", "a Git LFS pointer; `git lfs pull` fetches the picture"),
    (b"%PDF", "a PDF"),
    (b"%!PS", "an EPS or PostScript file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"BM", "a BMP"),
    (b"8BPS", "a Photoshop file"),
    (b"<svg", "an SVG drawing"),
    (b"<", "HTML, XML or SVG text"),
)
#: extension -> format
EXTENSIONS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}


def read_bytes(path: Path) -> bytes:
    """The file's bytes. Raises InputMissing, InputEmpty, InputError for what is not a plain file or may not be read."""
    try:
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind):
            raise UnsupportedFormat(f"{path}: {'a folder' if stat.S_ISDIR(kind) else 'a device, pipe or socket'}, not a picture")
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputMissing(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise InputEmpty(f"{path}: the file is empty")
    return data


def sniff(data: bytes, path: Path) -> str:
    """ "JPEG", "PNG", "WEBP" or "TIFF"; UnsupportedFormat says what it is instead."""
    for signature, name in SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        raise UnsupportedFormat(f"{path}: a HEIC, AVIF or video file; JPEG, PNG, WebP and TIFF are read")
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    for signature, name in STRANGERS:
        if start.startswith(signature.lower()):
            raise UnsupportedFormat(f"{path}: {name}; JPEG, PNG, WebP and TIFF are read")
    raise UnsupportedFormat(f"{path}: not a picture of a kind that is read: JPEG, PNG, WebP or TIFF")
