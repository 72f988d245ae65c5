"""What a PDF claims that a change may break: signatures, PDF/A, and earlier versions of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import InputCorrupt, UnsupportedFormat
from .library import is_stream, unpacked

#: the part and the level of PDF/A in XMP, as elements or as attributes
_PART = re.compile(rb"pdfaid:part\s*(?:=\s*[\"']|>)\s*(\d)")
_LEVEL = re.compile(rb"pdfaid:conformance\s*(?:=\s*[\"']|>)\s*([A-Za-z])")
#: what every version of a file ends with
_VERSION = re.compile(rb"startxref\s+\d+\s+%%EOF")
#: bytes that are looked through at a time
CHUNK = 1 << 20
#: fields of a form beyond which nobody looks for signatures
MOST_FIELDS = 100_000


def check_unsigned(pdf: Any, name: str) -> None:
    """UnsupportedFormat where a PDF is signed: no change leaves a signature valid."""
    who = list(dict.fromkeys(signatures(pdf)))
    if who:
        raise UnsupportedFormat(
            f"{name}: is signed ({', '.join(who)}), and restoring it would break the signature; "
            "restore the scan that was signed, or a copy without the signature"
        )


def signatures(pdf: Any) -> Iterator[str]:
    """Who signed a PDF, as the signatures say; the rights that a form was given are one, too."""
    for usage in ("/DocMDP", "/UR3"):
        if usage in pdf.Root.get("/Perms", {}):
            yield _signer(pdf.Root["/Perms"][usage])
    for field, kind in _fields(pdf.Root.get("/AcroForm", {}).get("/Fields", [])):
        signed = field.get("/V")
        if kind == "/Sig" and signed is not None and hasattr(signed, "keys"):
            yield _signer(signed)


def _signer(signature: Any) -> str:
    return str(signature.get("/Name", "")) or "by somebody"


def _fields(fields: Any) -> Iterator[tuple[Any, str]]:
    """The fields of a form and below it, with their kinds, which they may have from above."""
    waiting = [(field, "") for field in fields]
    seen = 0
    while waiting:
        field, above = waiting.pop()
        seen += 1
        if seen > MOST_FIELDS:
            raise InputCorrupt(f"it has more than {MOST_FIELDS} fields")
        kind = str(field.get("/FT", above))
        yield field, kind
        waiting += [(child, kind) for child in field.get("/Kids", [])]


def pdf_a(pdf: Any) -> str:
    """The kind of PDF/A that it claims to be, such as "PDF/A-2b"; empty where it claims none."""
    metadata = pdf.Root.get("/Metadata")
    if metadata is None or not is_stream(metadata):
        return ""
    packet = unpacked(metadata)
    part, level = _PART.search(packet), _LEVEL.search(packet)
    if part is None:
        return ""
    return f"PDF/A-{part[1].decode()}{level[1].decode().lower() if level else ''}"


def earlier_versions(path: str | Path, linearised: bool) -> int:
    """How many earlier versions of itself a file holds (incremental updates)."""
    ends, last = 0, b""
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            window = last + chunk
            # what may go on in the next chunk is counted there
            found = [m for m in _VERSION.finditer(window) if m.end() > len(last)]
            ends += len(found)
            last = window[-64:]
    return max(ends - (2 if linearised else 1), 0)
