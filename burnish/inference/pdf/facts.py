"""facts_of_pdf(): what a PDF says of itself and of its pictures; nothing is decoded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...images import MAX_MEGAPIXELS, Picture
from ...images.damage import damage
from ...pipeline import looked_at
from ..pages import listed
from . import library
from .choose import Chosen, choose, sentences
from .claims import earlier_versions, pdf_a, signatures
from .document import checked
from .exchange import read_mosaic
from .mosaic import Mosaic

#: points in an inch
INCH = 72.0


def facts_of_pdf(path: str | Path) -> dict[str, Any]:
    """Pages, pictures with their sizes and what packs them, encryption, signatures; JSON-able.

    "pictures" are those that would be restored, "left alone" says what would not and why. Of an
    encrypted file there is nothing but that. Raises InputErrors where it cannot be opened.
    """
    name = str(checked(path))
    found: dict[str, Any] = {"file": name, "format": "PDF"}
    size = Path(path).stat().st_size
    if library.is_encrypted(path):
        return {**found, "encrypted": True, "bytes": size}
    with library.opened(path, name) as pdf:
        chosen = choose(pdf)
        return {
            **found,
            "version": str(pdf.pdf_version),
            "pages": chosen.pages,
            "encrypted": False,
            "signed": list(dict.fromkeys(signatures(pdf))),
            "claims": pdf_a(pdf) or None,
            "linearised": bool(pdf.is_linearized),
            "earlier versions": earlier_versions(path, pdf.is_linearized),
            "outlines": "/Outlines" in pdf.Root,
            "form": "/AcroForm" in pdf.Root,
            "pictures": [_facts_of(picture, chosen) for picture in chosen.pictures],
            "left alone": sentences(chosen),
            "bytes": size,
        }


def looked_into(path: str | Path) -> Iterator[tuple[list[int], Picture | InputError]]:
    """Some pictures of a PDF, or why one cannot be read, each with the pages that show it: the
    first, the last and some between them. None of an encrypted file.
    """
    name = str(checked(path))
    if library.is_encrypted(path):
        return
    with library.opened(path, name) as pdf:
        chosen = choose(pdf)
        for number in sorted(looked_at(len(chosen.pictures))):
            mosaic = chosen.pictures[number]
            try:
                with damage("it"):
                    yield chosen.of(mosaic), read_mosaic(pdf, mosaic, MAX_MEGAPIXELS)[0]
            except InputError as error:
                yield chosen.of(mosaic), error


def _facts_of(picture: Mosaic, chosen: Chosen) -> dict[str, Any]:
    """A picture, in the words of a list."""
    kinds = [chosen.kinds[piece.place.key] for piece in picture.pieces]
    first = picture.pieces[0]
    a, b, c, d, _, _ = first.place.matrix
    across, down = math.hypot(a, b) / INCH, math.hypot(c, d) / INCH
    return {
        "pages": chosen.of(picture),
        "width": picture.width,
        "height": picture.height,
        "dpi": [round(first.width / across, 1), round(first.height / down, 1)],
        "stored": kinds[0].name,
        "pieces": len(kinds),
        "bytes": sum(kind.size for kind in kinds),
    }


def as_lines(found: dict[str, Any]) -> str:
    """The facts for people: a line each, and one for every picture and every sentence."""
    lines = []
    for key, value in found.items():
        several = isinstance(value, list)
        words = [_in_words(each, found) for each in value] if several else [_in_words(value, found)]
        lines += [f"{key:<16} {word}" for word in words or ["none"]]
    return "\n".join(lines)


def _in_words(value: Any, found: dict[str, Any]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, dict):
        return "none" if value is None else str(value)
    strips = f" in {value['pieces']} pieces" if value["pieces"] > 1 else ""
    dpi = " x ".join(f"{dots:g}" for dots in dict.fromkeys(value["dpi"]))
    return (
        f"{listed(value['pages'], found['pages'])}: {value['width']}x{value['height']} at {dpi} "
        f"dpi, {value['stored']}{strips}, {value['bytes']} bytes"
    )
