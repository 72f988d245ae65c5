"""Folders as people have them: a telephone's, a scanner's and a designer's, made by other programs'
encoders. The name of each file and its bytes.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from odd_files import encoded, tiff
from pdf_files import Document, page, photograph
from PIL import Image, ImageCms
from test_kept import DISPLAY_P3, mpf, profile_of
from test_modern import dng, heic_of
from test_tiff import ink_profile

from burnish.images.inside.boxes import boxed

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
P3 = profile_of(*DISPLAY_P3)
INK = ink_profile()
TIMES = (100, 40, 250)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/></rdf:RDF>'
    b"</x:xmpmeta>"
)


def grainy(noise: float = 12, seed: int = 0) -> NDArray[np.uint8]:
    """A photograph with grain. [240, 320, 3]"""
    grain = np.random.default_rng(seed).normal(0, noise, (240, 320, 3))
    return np.rint(np.asarray(photograph()) + grain).clip(0, 255).astype(np.uint8)


def deep(noise: float = 12, seed: int = 0) -> NDArray[np.uint16]:
    """The same in 16 bits, of which all count. [240, 320, 3]"""
    grain = np.random.default_rng(seed).normal(0, noise, (240, 320, 3))
    values = (np.asarray(photograph()) + grain) * 257
    return np.rint(values).clip(0, 65535).astype(np.uint16)


def camera(orientation: int = 1) -> bytes:
    """EXIF of a camera."""
    block = Image.Exif()
    block[0x010F] = "Maker"
    block[0x0112] = orientation
    block[0x0132] = "2026:11:28 12:00:00"
    return block.tobytes()


def telephone() -> dict[str, bytes]:
    """HEIC of 8 and 10 bits, one with the film of its live photo; AVIF; Ultra HDR; a screenshot; a
    raw file.
    """
    import imagecodecs

    ten = (deep() >> 6).astype(np.uint16)
    options: dict[str, Any] = {"exif": camera(6), "icc_profile": P3, "quality": 90}
    gain = encoded(Image.fromarray(grainy()[::4, ::4, 0].copy()), "JPEG")
    shot = encoded(Image.fromarray(grainy()), "JPEG", quality=90, exif=camera(6), xmp=XMP)
    return {
        "IMG_0001.HEIC": heic_of(grainy(), chroma="420", **options),
        "IMG_0001.MOV": boxed(b"ftyp", b"qt  " + bytes(4)) + boxed(b"mdat", bytes(99)),
        "IMG_0002.HEIC": heic_of(ten, 10, **options),
        "IMG_0003.avif": bytes(imagecodecs.avif_encode(ten, bitspersample=10, level=90)),
        "PXL_0004.jpg": mpf(shot, (0x50000, gain)),
        "Screenshot 5.png": encoded(Image.fromarray(screen()), "PNG", icc_profile=P3),
        "IMG_0006.dng": dng(240, 320),
    }


def screen() -> NDArray[np.uint8]:
    """Flat colours and writing, as on a screen. [240, 320, 4]"""
    picture = np.full((240, 320, 4), 255, np.uint8)
    picture[:40, :, :3] = (30, 90, 200)
    picture[60:200, 20:300, :3] = np.asarray(page(280, 140))[..., None]
    return picture


def scanner() -> dict[str, bytes]:
    """A slide with infrared, a book of pages, a fax, a PDF."""
    infrared = np.full((240, 320), 60000, np.uint16)
    infrared[100:104, 50:200] = 9000
    slide = np.dstack([deep(), infrared])
    resolution: dict[str, Any] = {"resolution": (300, 300), "resolutionunit": "INCH"}
    return {
        "slide.tif": tiff(
            slide, photometric="rgb", extrasamples=["unspecified"], iccprofile=P3, **resolution
        ),
        "book.tif": book(**resolution),
        "fax.tif": encoded(page().convert("1"), "TIFF", compression="group4", dpi=(200, 200)),
        "letter.pdf": letter(),
    }


def book(**options: Any) -> bytes:
    """Pages of grey, of colour and of one bit."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as written:
        for samples, kind in (
            (np.asarray(page(310, 438, paper=235, noise=6)), "minisblack"),
            (grainy(), "rgb"),
            (np.asarray(page(310, 438)) > 127, "minisblack"),
        ):
            written.write(samples, photometric=kind, metadata=None, compression="zlib", **options)
    return file.getvalue()


def letter() -> bytes:
    """Two scanned pages with what they say, and one without a picture."""
    document = Document()
    document.add_scan(document.of_jpeg(page(paper=235, noise=6)), text="the quick brown fox")
    document.add("BT /F1 12 Tf 50 700 Td (typed) Tj ET")
    document.add_scan(document.of_fax(np.asarray(page()) > 127), text="the lazy dog")
    with tempfile.TemporaryDirectory() as folder:
        return document.save(Path(folder) / "letter.pdf").read_bytes()


def designer() -> dict[str, bytes]:
    """Animations, a wide picture of 16 bits, inks, a palette."""
    inks = Image.fromarray(np.dstack([255 - grainy(), grainy()[..., 0] // 8]), "CMYK")
    turning = moving()
    times: dict[str, Any] = {"duration": list(TIMES), "loop": 0}
    return {
        "turning.png": animated(turning, "PNG", **times),
        "turning.webp": animated(turning, "WEBP", lossless=True, **times),
        "wide.tif": tiff(deep(), photometric="rgb", iccprofile=P3, compression="zlib"),
        "print.jpg": encoded(inks, "JPEG", quality=92, icc_profile=INK),
        "icon.gif": encoded(Image.fromarray(screen()[..., :3]).quantize(16), "GIF"),
    }


def moving() -> list[NDArray[np.uint8]]:
    """Three frames of a disc with nothing around it. [H, W, 4] each"""
    y, x = np.mgrid[:96, :128]
    found = []
    for place in (40, 64, 88):
        inside = (x - place) ** 2 + (y - 48) ** 2 < 30**2
        frame = np.dstack([grainy(seed=place)[:96, :128], np.where(inside, 255, 0)])
        frame[~inside] = 0
        found.append(frame.astype(np.uint8))
    return found


def animated(frames: Sequence[NDArray[np.uint8]], kind: str, **options: Any) -> bytes:
    """An animation by Pillow."""
    first, *others = [Image.fromarray(frame) for frame in frames]
    return encoded(first, kind, save_all=True, append_images=others, **options)


def laid_out(folder: Path, files: dict[str, bytes]) -> Path:
    """The files in a folder."""
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
