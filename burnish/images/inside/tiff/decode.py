"""What a TIFF says of its pictures, and the pictures, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ....contract import finite
from ....errors import InputCorrupt, InputTruncated, NonFiniteInput
from ...alpha import divided
from ...colour import profiles
from ...damage import damage
from ...picture import EXTRA, Header, Left, Picture, Plane, to_planes
from ..left.tiff import without_lost_pages
from ..tiff_insides import Insides
from . import tags
from .colours import cmyk_to_rgb, lab_to_rgb
from .fields import block_of, dpi_of, exif_of, left_of, parts_of, resources_of
from .kinds import Kind, kind_of
from .pages import Whole, largest, pages_of
from .planes import page_plane, plane_name, sample_plane
from .samples import samples_left, samples_of
from .streams import quality_of
from .structure import open_tiff

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage


def examine(file: BinaryIO, name: str) -> Header:
    """The header of the first picture, and how many there are; no pixel is decoded."""
    with open_tiff(file, name) as tiff:
        pages = pages_of(file, tiff, name)
        header = _header(file, tiff, pages.wholes[0], name)
        copies = ("not kept: the smaller copies of its picture",) if pages.copies else ()
        return replace(
            header,
            lost=(*copies, *header.lost),
            frames=len(pages.wholes),
            largest=largest(pages.wholes),
        )


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The pictures, page by page. Raises InputTruncated, InputCorrupt or NonFiniteInput."""
    with open_tiff(file, name) as tiff:
        for number, whole in enumerate(pages_of(file, tiff, name).wholes):
            own = header if number == 0 else _header(file, tiff, whole, name)
            yield _picture(file, whole, own, name)


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file whose last pages are cut off, or whose strips and tiles are damaged.

    Raises InputTruncated or InputCorrupt where that is nothing.
    """
    there = without_lost_pages(file, name)
    header = examine(there, name)
    pages = "page" if header.frames == 1 else f"{header.frames} pages"
    frames = "" if there is file else f"its first {pages}"
    return header, _left(there, header, frames, name)


def _left(file: BinaryIO, header: Header, frames: str, name: str) -> Iterator[Picture]:
    """The pictures that are left. frames: which pages are, in words; "" where all are."""
    with open_tiff(file, name) as tiff:
        for number, whole in enumerate(pages_of(file, tiff, name).wholes):
            own = header if number == 0 else _header(file, tiff, whole, name)
            picture = _whole_or_left(file, whole, own, name)
            if frames:
                nothing = np.zeros(picture.size, bool)
                left = picture.left or Left(nothing)
                picture = replace(picture, left=replace(left, frames=frames))
            yield picture


def _whole_or_left(file: BinaryIO, whole: Whole, header: Header, name: str) -> Picture:
    """The picture of a page, or what is left of it."""
    try:
        with damage(name):
            return _picture(file, whole, header, name)
    except (InputTruncated, InputCorrupt):
        samples, left = samples_left(whole.page, kind_of(whole.page, name), file, name)
    planes: list[Plane] = []
    lost: list[str] = []
    for page in whole.planes:
        try:
            with damage(name):
                planes.append(page_plane(page, file, name))
        except (InputTruncated, InputCorrupt):
            lost.append(f"not kept: its {plane_name(page)}, which is damaged")
    header = replace(header, lost=(*header.lost, *lost))
    return replace(_of_samples(samples, planes, whole, header, name), left=left)


def _header(file: BinaryIO, tiff: TiffFile, whole: Whole, name: str) -> Header:
    """What one page says of its picture."""
    page = whole.page
    kind = kind_of(page, name)
    block, moved = exif_of(file, tiff, page)
    iptc, resources, unread = resources_of(file, tiff, page)
    extras = [EXTRA] if kind.extra is not None and not kind.alpha else []
    return Header(
        "TIFF",
        page.imagewidth,
        page.imagelength,
        kind.colours,
        kind.depth,
        kind.alpha,
        kind.stored,
        packed=_packed(tiff, page),
        lossy=page.compression in tags.JPEGS,
        icc=block_of(file, tiff, page, tags.ICC),
        exif=block,
        xmp=block_of(file, tiff, page, tags.XMP),
        dpi=dpi_of(page),
        iptc=iptc,
        photoshop=resources,
        parts=parts_of(file, tiff, page),
        insides=_insides(file, tiff, page, kind),
        notes=tuple(_notes(kind)),
        lost=(*(f"not kept: {what}" for what in left_of(page)), *moved, *unread),
        bits=kind.significant,
        extras=(*extras, *(plane_name(plane) for plane in whole.planes)),
    )


def _packed(tiff: TiffFile, page: TiffPage) -> str:
    """How a page is packed, in words."""
    name = tags.PACKED.get(int(page.compression), f"compression {int(page.compression)}")
    words = [name]
    if page.is_tiled:
        words.append(f"tiles of {page.tilewidth}x{page.tilelength}")
    words += ["separate planes"] if page.planarconfig == 2 and page.samplesperpixel > 1 else []
    words += ["BigTIFF"] if tiff.is_bigtiff else []
    words += ["big-endian"] if tiff.byteorder == ">" else []
    return ", ".join(words)


def _insides(file: BinaryIO, tiff: TiffFile, page: TiffPage, kind: Kind) -> Insides:
    return Insides(
        compression=int(page.compression),
        photometric=int(page.photometric),
        bits=kind.bits,
        premultiplied=kind.extra == tags.PREMULTIPLIED,
        order=tiff.byteorder,
        wide=tiff.is_bigtiff,
        quality=quality_of(page, file),
        size=(page.imagewidth, page.imagelength),
    )


def _notes(kind: Kind) -> list[str]:
    """What of a page is not as it seems, in sentences."""
    if kind.photometric == tags.PALETTE:
        depth = 8 if kind.depth == "uint8" else 16
        return [f"{kind.bits}-bit palette; the result is {depth}-bit colour"]
    if kind.bits < 8 and not (kind.bits == 1 and kind.colours == 1):
        return [f"{kind.bits}-bit {kind.called}; the result is 8-bit {kind.called}"]
    if kind.called == "Lab":
        return ["Lab, restored as sRGB"]
    if kind.photometric == tags.YCBCR:
        return ["YCbCr; the result is RGB"]
    return []


def _picture(file: BinaryIO, whole: Whole, header: Header, name: str) -> Picture:
    """The picture of a page."""
    samples = samples_of(whole.page, kind_of(whole.page, name), file, name)
    planes = [page_plane(plane, file, name) for plane in whole.planes]
    return _of_samples(samples, planes, whole, header, name)


def _of_samples(
    samples: NDArray[Any], planes: list[Plane], whole: Whole, header: Header, name: str
) -> Picture:
    """The picture of a page's samples, with the planes that are pages of their own."""
    kind = kind_of(whole.page, name)
    if header.extras and header.extras[0] == EXTRA:
        planes = [sample_plane(samples), *planes]
        samples = samples[..., :-1]
    picture = _coloured(samples, kind, header)
    _check_finite(picture, name)
    if kind.extra == tags.PREMULTIPLIED and picture.alpha is not None:
        picture = divided(picture)
    return replace(picture, extras=tuple(planes))


def _coloured(samples: NDArray[Any], kind: Kind, header: Header) -> Picture:
    """The picture of samples [H, W] or [H, W, C], in grey or RGB."""
    if kind.photometric == tags.CMYK:
        return _from_cmyk(samples, header)
    if kind.called != "Lab":
        return header.picture(samples)
    rgb = lab_to_rgb(samples[..., :3], kind.photometric == tags.ICCLAB)
    picture = header.picture(rgb)
    alpha = to_planes(samples[..., 3]) if samples.shape[2] == 4 else None
    return replace(picture, alpha=alpha, icc=profiles.srgb())


def _from_cmyk(samples: NDArray[Any], header: Header) -> Picture:
    if header.depth == "uint8":
        from PIL import Image

        return profiles.from_cmyk(Image.fromarray(np.ascontiguousarray(samples), "CMYK"), header)
    rgb, through = cmyk_to_rgb(samples, header.icc)
    return profiles.cmyk_converted(header, through).picture(rgb)


def _check_finite(picture: Picture, name: str) -> None:
    if picture.depth != "float32":
        return
    for planes in (picture.pixels, picture.alpha):
        if planes is not None and not finite(planes):
            bad = int(planes.size - np.count_nonzero(np.isfinite(planes)))
            raise NonFiniteInput(
                f"{name}: holds {bad} values that are no number (NaN or infinity); fill them in "
                "first"
            )
