"""EXIF: a small TIFF of directories of fields (CIPA DC-008).

Read, patched in place, and packed anew when it moves into or out of a TIFF file.
"""

from __future__ import annotations

from .fields import (
    DATE,
    HEIGHT,
    MAKE,
    MODEL,
    ORIENTATION,
    RESOLUTION,
    SHARED,
    STORAGE,
    TAKEN,
    WIDTH,
    Directory,
    Exif,
    Field,
    Layout,
    moved,
    orientation,
    parse,
    resolution,
    turn_of,
)
from .pack import oriented, pack, pack_directories, set_orientation, with_resolution
from .patch import set_size, set_upright, without_thumbnail

__all__ = [
    "DATE",
    "HEIGHT",
    "MAKE",
    "MODEL",
    "ORIENTATION",
    "RESOLUTION",
    "SHARED",
    "STORAGE",
    "TAKEN",
    "WIDTH",
    "Directory",
    "Exif",
    "Field",
    "Layout",
    "moved",
    "orientation",
    "oriented",
    "pack",
    "pack_directories",
    "parse",
    "resolution",
    "set_orientation",
    "set_size",
    "set_upright",
    "turn_of",
    "with_resolution",
    "without_thumbnail",
]
