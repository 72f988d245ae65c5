"""What a page of a TIFF says beside its samples: EXIF, resolution, profile, and fields that only a
TIFF has a place for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from ... import exif
from ...exif import Directory, Exif, Field
from ...metadata import Part, photoshop
from . import tags
from .pages import is_reduced

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

#: fields that come back in a TIFF as they are, and what they are called
CARRIED = {
    297: "its page number",
    301: "its transfer function",
    318: "its white point",
    319: "its primaries",
    42112: "its GDAL metadata",
    42113: "its value for no data (GDAL)",
}
#: where the picture is on the earth; true only as long as it has its size
GEO = dict.fromkeys((33550, 33922, 34264, 34735, 34736, 34737, 50844), "its place on the map")
#: fields that are let go, since they would go on showing the picture as it was, or are wrong of
#: another file
LEFT = {
    tags.LAYERS: "its Photoshop layers",
    37726: "its Photoshop layers",
    **dict.fromkeys((50838, 50839), "its ImageJ data"),
}
#: fields of whoever registers them; of them, what may be the place of something else in the file
#: would be wrong of another
PRIVATE, POINTERS = range(32768, 65536), frozenset({4, 13, 16, 18})
#: units of a resolution in an inch
UNITS = {2: 1.0, 3: 2.54}
#: fields that are read elsewhere
_READ = frozenset({tags.EXIF, tags.GPS, tags.ICC, tags.XMP, tags.IPTC, tags.PHOTOSHOP})
#: fields that are none of the private ones, whatever becomes of them
_KNOWN = exif.SHARED | exif.STORAGE | {*CARRIED, *GEO, *LEFT} | _READ


def exif_of(file: BinaryIO, tiff: TiffFile, page: TiffPage) -> tuple[bytes | None, list[str]]:
    """The fields of a page that EXIF knows, as a block of its own, None where there are none; and
    sentences on what was lost on the way.
    """
    parsed = _fields(file, tiff, page, {*exif.SHARED, tags.EXIF, tags.GPS})
    if parsed is None or not set(parsed.directories["main"]) - exif.RESOLUTION:
        return None, []
    narrow = {name: _narrow(fields) for name, fields in parsed.directories.items()}
    return exif.pack(replace(parsed, directories=narrow)), exif.moved(parsed)


def _narrow(fields: Directory) -> Directory:
    """The fields without those of types that BigTIFF alone has."""
    return {tag: field for tag, field in fields.items() if field.kind <= 13}


def _fields(file: BinaryIO, tiff: TiffFile, page: TiffPage, wanted: set[int]) -> Exif | None:
    """The fields of a page; where the first page is but a small copy of it, also those that stand
    there alone.
    """
    own = exif.parse(file, wanted, page.offset)
    first = tiff.pages.first
    if own is None or page.offset == first.offset or not is_reduced(first):
        return own
    above = exif.parse(file, wanted, first.offset)
    if above is None:
        return own
    main = {t: f for t, f in above.directories["main"].items() if t not in exif.RESOLUTION}
    merged = {**above.directories, **own.directories}
    return replace(own, directories={**merged, "main": {**main, **own.directories["main"]}})


def parts_of(file: BinaryIO, tiff: TiffFile, page: TiffPage) -> tuple[Part, ...]:
    """The fields that come back in a TIFF alone, those of its place on the map too."""
    names = {**CARRIED, **GEO, **_private(page), **_shape(page)}
    found = _fields(file, tiff, page, {*names})
    fields = {} if found is None else _narrow(found.directories["main"])
    return tuple(
        Part(names[tag], f"field {tag} {field.kind} {field.count}", field.value)
        for tag, field in fields.items()
        if tag in names
    )


def _private(page: TiffPage) -> dict[int, str]:
    """The private fields that come back in a TIFF, and what they are called."""
    return {
        tag.code: f"its private field {tag.code}"
        for tag in page.tags
        if tag.code in PRIVATE and tag.code not in _KNOWN and tag.dtype not in POINTERS
    }


def _shape(page: TiffPage) -> dict[int, str]:
    """The fields of a resolution without a unit, and what they are called: nothing where they say
    that pixels are square.
    """
    across, down, unit = (page.tags.valueof(tag) for tag in (tags.ACROSS, tags.DOWN, tags.UNIT))
    if unit is None or int(unit) in UNITS or None in (across, down):
        return {}
    words = "" if tuple(across) == tuple(down) else "how wide its pixels are against their height"
    return dict.fromkeys((tags.ACROSS, tags.DOWN, tags.UNIT), words)


def field_of(part: Part) -> tuple[int, Field]:
    """The tag and the field of a part that `parts_of` gave."""
    tag, kind, count = map(int, part.place.split()[1:])
    return tag, Field(kind, count, part.body, 0)


def block_of(file: BinaryIO, tiff: TiffFile, page: TiffPage, tag: int) -> bytes | None:
    """The bytes of one field, such as the profile; None where it is not there, or empty."""
    found = _fields(file, tiff, page, {tag})
    field = None if found is None else found.directories["main"].get(tag)
    return None if field is None or not field.value else field.value


def resources_of(
    file: BinaryIO, tiff: TiffFile, page: TiffPage
) -> tuple[bytes | None, bytes | None, list[str]]:
    """IPTC data, Photoshop's resources without small copies of the picture, and what of both
    cannot be read, in sentences.
    """
    iptc = block_of(file, tiff, page, tags.IPTC)
    block = block_of(file, tiff, page, tags.PHOTOSHOP)
    try:
        inside, others = photoshop.split(block or b"")
    except ValueError:
        return iptc, None, ["not kept: its Photoshop data, which cannot be read"]
    return iptc or inside, others, []


def left_of(page: TiffPage) -> list[str]:
    """What of the fields of a page is not kept in any format, in words."""
    named = dict.fromkeys(words for tag, words in LEFT.items() if tag in page.tags)
    known = _KNOWN | {*_private(page)}
    others = [tag.name for tag in page.tags if tag.code not in known]
    return [*named, *([", ".join(others)] if others else [])]


def dpi_of(page: Any) -> tuple[float, float] | None:
    """Dots an inch, across and down; None where the file does not say."""
    across, down, unit = (page.tags.valueof(tag) for tag in (tags.ACROSS, tags.DOWN, tags.UNIT))
    inch = UNITS.get(2 if unit is None else int(unit))
    if inch is None or not across or not down or not all((*across, *down)):
        return None
    return (inch * across[0] / across[1], inch * down[0] / down[1])
