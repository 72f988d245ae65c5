"""Files to float arrays and back, with everything of the file that has to come back.

Importing it loads numpy and nothing else that is heavy.
"""

from __future__ import annotations

from .alpha import fill_hidden
from .facts import facts
from .orientation import looked_at, stored, turned, upright
from .picture import Picture, from_array
from .read import MAX_MEGAPIXELS, header, read
from .write import check_format, check_kind, format_of, write

__all__ = [
    "MAX_MEGAPIXELS",
    "Picture",
    "check_format",
    "check_kind",
    "facts",
    "fill_hidden",
    "format_of",
    "from_array",
    "header",
    "looked_at",
    "read",
    "stored",
    "turned",
    "upright",
    "write",
]
