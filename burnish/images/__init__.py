"""Files to float arrays and back, with everything of the file that has to come back.

Importing it loads numpy and nothing else that is heavy.
"""

from __future__ import annotations

from .alpha import fill_hidden
from .colour.tone import Tone, tone_of, toned
from .damage.left import greyed
from .facts import facts
from .format import Format, Holds, Sampling
from .formats import FORMATS, endings, format_named, format_of, listed, written_ending
from .orientation import lies, looked_at, stored, turned, upright
from .picture import Header, Left, Picture, Plane, Timing, from_array, to_image
from .read import MAX_MEGAPIXELS, check_whole, frames, header, open_image, read
from .sniff import unread_endings
from .write import (
    check_format,
    check_header,
    check_kind,
    encode,
    keeps_samples,
    refuse_losses,
    write,
)

__all__ = [
    "FORMATS",
    "MAX_MEGAPIXELS",
    "Format",
    "Header",
    "Holds",
    "Left",
    "Picture",
    "Plane",
    "Sampling",
    "Timing",
    "Tone",
    "check_format",
    "check_header",
    "check_kind",
    "check_whole",
    "encode",
    "endings",
    "facts",
    "fill_hidden",
    "format_named",
    "format_of",
    "frames",
    "from_array",
    "greyed",
    "header",
    "keeps_samples",
    "lies",
    "listed",
    "looked_at",
    "open_image",
    "read",
    "refuse_losses",
    "stored",
    "to_image",
    "tone_of",
    "toned",
    "turned",
    "unread_endings",
    "upright",
    "write",
    "written_ending",
]
