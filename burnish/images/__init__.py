"""Files <-> float arrays. Decoders are loaded when a file of their kind comes."""

from __future__ import annotations

from .atomic import atomic_write
from .facts import facts
from .picture import Picture, from_array
from .read import MAX_MEGAPIXELS, read
from .write import check_format, write

__all__ = ["MAX_MEGAPIXELS", "Picture", "atomic_write", "check_format", "facts", "from_array", "read", "write"]
