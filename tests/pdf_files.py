"""PDFs made by code, as scanners and programs make them, for the tests of documents."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

pikepdf: Any = __import__("pytest").importorskip("pikepdf", reason="needs burnish[pdf]")

#: the words that scans of pages show, and that their layer of text says
WORDS = "The quick brown fox jumps over the lazy dog"


def page(width: int = 620, height: int = 877, *, paper: int = 255, noise: float = 0) -> Image.Image:
    """A page of print in grey, with paper and noise as they are wanted."""
    image = Image.new("L", (width, height), paper)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=18)
    for row, top in enumerate(range(40, height - 40, 30)):
        draw.text((40, top), f"{row}. {WORDS}", fill=20, font=font)
    if not noise:
        return image
    grain = np.random.default_rng(3).normal(0, noise, (height, width))
    return Image.fromarray(np.rint(np.asarray(image) + grain).clip(0, 255).astype(np.uint8))


def photograph(width: int = 320, height: int = 240) -> Image.Image:
    """Soft colours, as of a photograph."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [np.sin(x / 41) + np.cos(y / 29), np.sin(y / 37), np.cos((x + y) / 53)]
    return Image.fromarray(
        np.stack([(127 + 60 * plane).clip(0, 255) for plane in planes], -1).astype(np.uint8)
    )


def jpeg(image: Image.Image, quality: int = 80, **options: Any) -> bytes:
    """The bytes of a JPEG."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, **options)
    return file.getvalue()


def bilevel(image: Image.Image) -> NDArray[np.bool_]:
    """Black and white, true for white."""
    return np.asarray(image.convert("L")) > 127


def group_4(white: NDArray[np.bool_]) -> bytes:
    """Fax code (T.6) by libtiff, which calls 1 black."""
    file = io.BytesIO()
    tags = {278: len(white)}
    Image.fromarray(~white).save(file, "TIFF", compression="group4", tiffinfo=tags)
    found: Any = Image.open(file)
    start, count = found.tag_v2[273][0], found.tag_v2[279][0]
    return file.getvalue()[start : start + count]


def jbig2(white: NDArray[np.bool_]) -> bytes:
    """A page of JBIG2 (ITU-T T.88): one generic region, whose pixels are coded as fax code."""
    height, width = white.shape

    def segment(number: int, kind: int, body: bytes) -> bytes:
        return struct.pack(">IBBBI", number, kind, 0, 1, len(body)) + body

    size = struct.pack(">II", width, height)
    region = size + struct.pack(">IIB", 0, 0, 0) + b"\x01" + group_4(white)
    return segment(0, 48, size + struct.pack(">IIBH", 0, 0, 0, 0)) + segment(1, 38, region)


class Document:
    """A PDF in the making."""

    def __init__(self) -> None:
        self.pdf = pikepdf.new()

    def image(self, data: bytes, width: int, height: int, **entries: Any) -> Any:
        """A picture's stream; 8-bit grey without a filter unless the entries say another thing."""
        found = {"Width": width, "Height": height, "BitsPerComponent": 8}
        found |= {"ColorSpace": pikepdf.Name.DeviceGray, **entries}
        known = {key: value for key, value in found.items() if value is not None}
        return self.pdf.make_stream(
            data,
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            **known,
        )

    def of_jpeg(self, image: Image.Image, quality: int = 80, **entries: Any) -> Any:
        """A picture as a JPEG, grey or in colour."""
        space = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}[image.mode]
        given = {"ColorSpace": pikepdf.Name(space), "Filter": pikepdf.Name.DCTDecode, **entries}
        return self.image(jpeg(image, quality), image.width, image.height, **given)

    def of_flate(self, samples: NDArray[Any], **entries: Any) -> Any:
        """Samples [H, W] or [H, W, 3] of 8 bits, deflated."""
        space = "/DeviceGray" if samples.ndim == 2 else "/DeviceRGB"
        given = {"ColorSpace": pikepdf.Name(space), "Filter": pikepdf.Name.FlateDecode, **entries}
        height, width = samples.shape[:2]
        return self.image(zlib.compress(samples.tobytes()), width, height, **given)

    def of_fax(self, white: NDArray[np.bool_], **entries: Any) -> Any:
        """Black and white as fax code."""
        height, width = white.shape
        how = pikepdf.Dictionary(K=-1, Columns=width, Rows=height)
        given = {
            "BitsPerComponent": 1,
            "Filter": pikepdf.Name.CCITTFaxDecode,
            "DecodeParms": how,
            **entries,
        }
        return self.image(group_4(white), width, height, **given)

    def add(
        self,
        content: str,
        images: Mapping[str, Any] | None = None,
        *,
        size: tuple[float, float] = (595, 842),
        text: str = "",
    ) -> Any:
        """A page with these commands, pictures by their names, and a layer of text that is not seen
        (3 Tr), as programs for text recognition lay it.
        """
        added = self.pdf.add_blank_page(page_size=size)
        added.Resources = pikepdf.Dictionary(
            XObject=pikepdf.Dictionary(dict(images or {})),
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font,
                    Subtype=pikepdf.Name.Type1,
                    BaseFont=pikepdf.Name.Helvetica,
                )
            ),
        )
        layer = f"BT 3 Tr /F1 12 Tf 50 700 Td ({text}) Tj ET" if text else ""
        added.Contents = self.pdf.make_stream(f"{content}\n{layer}".encode())
        return added

    def add_scan(self, image: Any, *, text: str = "", **options: Any) -> Any:
        """A page that one picture fills."""
        width, height = options.get("size", (595, 842))
        content = f"q {width} 0 0 {height} 0 0 cm /Im0 Do Q"
        return self.add(content, {"/Im0": image}, text=text, **options)

    def save(self, path: Path, **options: Any) -> Path:
        """Writes it, and leaves its metadata as they are."""
        self.pdf.save(path, fix_metadata_version=False, **options)
        return path
