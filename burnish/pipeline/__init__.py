"""The way of a picture through a model: what is asked, what is set, and what comes of it."""

from __future__ import annotations

from .asked import AUTO, NOTHING, Asked, Auto, Filling, Setting, Word, ask
from .choice import Choice, in_words
from .estimate import Kind
from .found import find
from .infrared import (
    infrared_beside,
    infrared_in,
    light_of,
    pixels_of,
    read_infrared,
    without_infrared,
)
from .look import FOUND, Finding, Look, Origin
from .maps import MapFile
from .mend import (
    WIDEST,
    Dirt,
    Fill,
    Region,
    brightened,
    dirt,
    filled_by,
    mended,
    region,
    thick,
    where_lost,
)
from .page import Areas, areas, clean
from .painted import ByParts, Predict, at_once, painted
from .restored import Bare, Restored, Restores, enlarged, through
from .settle import Settled, settle
from .size import SAID, Size, size_of, sized, still
from .together import looked_at, medians, together

__all__ = [
    "AUTO",
    "FOUND",
    "NOTHING",
    "SAID",
    "WIDEST",
    "Areas",
    "Asked",
    "Auto",
    "Bare",
    "ByParts",
    "Choice",
    "Dirt",
    "Fill",
    "Filling",
    "Finding",
    "Kind",
    "Look",
    "MapFile",
    "Origin",
    "Predict",
    "Region",
    "Restored",
    "Restores",
    "Setting",
    "Settled",
    "Size",
    "Word",
    "areas",
    "ask",
    "at_once",
    "brightened",
    "clean",
    "dirt",
    "enlarged",
    "filled_by",
    "find",
    "in_words",
    "infrared_beside",
    "infrared_in",
    "light_of",
    "looked_at",
    "medians",
    "mended",
    "painted",
    "pixels_of",
    "read_infrared",
    "region",
    "settle",
    "size_of",
    "sized",
    "still",
    "thick",
    "through",
    "together",
    "where_lost",
    "without_infrared",
]
