"""What a file says beside its pixels and its EXIF: texts, and parts that one format alone has."""

from __future__ import annotations

from . import photoshop, xmp
from .parts import Part, Text

__all__ = ["Part", "Text", "photoshop", "xmp"]
