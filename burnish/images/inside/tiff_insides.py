"""How a TIFF stores its picture, as far as the same picture could be stored otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from .tiff import tags


@dataclass(frozen=True)
class Insides:
    """What a TIFF that is made of the picture has as the picture's own file had it."""

    #: how its samples are packed (Compression)
    compression: int = tags.DEFLATE
    #: the kind of its colours (PhotometricInterpretation), in the file
    photometric: int = tags.GREY
    #: bits of a sample in the file
    bits: int = 8
    #: whether the colours are multiplied by alpha
    premultiplied: bool = False
    #: the order of bytes in numbers, as `struct` writes it: "<" or ">"
    order: str = "<"
    #: whether its offsets have 64 bits (BigTIFF)
    wide: bool = False
    #: the quality of JPEGs inside by their tables, 1 to 100; None where there are none
    quality: int | None = None
    #: pixels across and down
    size: tuple[int, int] = (0, 0)

    @property
    def lab(self) -> bool:
        """Whether its colours are CIE Lab."""
        return self.photometric in (tags.CIELAB, tags.ICCLAB)
