"""JBIG2 by PDFium, which is imported here alone."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MissingExtra, UnsupportedFormat
from ...images.damage import corrupt
from .library import new_stream, pikepdf


def decoder() -> Any:
    """The module pypdfium2. MissingExtra where it is not there."""
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtra(
            "JBIG2 pages need PDFium, which is not installed; pip install 'burnish[pdf]' brings it"
        ) from error
    return pypdfium2


def decode(data: bytes, shared: bytes | None, width: int, height: int) -> NDArray[np.uint8]:
    """The pixels [H, W] of a page of JBIG2, 0 for black and 1 for white.

    shared: what several pages have in common (/JBIG2Globals). PDFium decodes pictures in PDFs
    alone, so one is made around it. UnsupportedFormat where it is not installed.
    """
    try:
        pdfium = decoder()
    except MissingExtra as error:
        raise UnsupportedFormat(str(error)) from error
    document = pdfium.PdfDocument(_around(data, shared, width, height))
    try:
        found = next(document[0].get_objects(), None)
        if found is None:
            raise corrupt("it", "JBIG2 without a picture")
        pixels = np.asarray(found.get_bitmap().to_numpy()).reshape(height, -1)[:, :width]
        return (pixels > 127).astype(np.uint8)
    except pdfium.PdfiumError as error:
        raise corrupt("it", "JBIG2 that cannot be decoded") from error
    finally:
        document.close()


def _around(data: bytes, shared: bytes | None, width: int, height: int) -> bytes:
    """A PDF of one page that shows the picture and nothing else."""
    with pikepdf().new() as pdf:
        entries: dict[str, Any] = {
            "/Type": "/XObject",
            "/Subtype": "/Image",
            "/Width": width,
            "/Height": height,
            "/ColorSpace": "/DeviceGray",
            "/BitsPerComponent": 1,
            "/Filter": "/JBIG2Decode",
        }
        if shared is not None:
            entries["/DecodeParms"] = {"/JBIG2Globals": new_stream(pdf, shared, {})}
        page = pdf.add_blank_page(page_size=(100, 100))
        page["/Resources"] = pdf.make_indirect(pikepdf().Dictionary())
        page["/Resources"]["/XObject"] = pikepdf().Dictionary()
        page["/Resources"]["/XObject"]["/A"] = new_stream(pdf, data, entries)
        page["/Contents"] = pdf.make_stream(b"q 100 0 0 100 0 0 cm /A Do Q")
        file = io.BytesIO()
        pdf.save(file)
        return file.getvalue()
