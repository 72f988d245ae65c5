"""The way of a picture through a model: what is asked, what is set, and what comes of it."""

from __future__ import annotations

from .asked import AUTO, NOTHING, Asked, Auto, Setting, Word, ask
from .choice import Choice, in_words
from .estimate import Kind
from .found import find
from .look import FOUND, Finding, Look, Origin
from .maps import MapFile
from .mend import Region, mended, region
from .restored import Bare, Predict, Restored, Restores, enlarged, through
from .settle import Settled, settle
from .together import looked_at, medians, together

__all__ = [
    "AUTO",
    "FOUND",
    "NOTHING",
    "Asked",
    "Auto",
    "Bare",
    "Choice",
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
    "Word",
    "ask",
    "enlarged",
    "find",
    "in_words",
    "looked_at",
    "medians",
    "mended",
    "region",
    "settle",
    "through",
    "together",
]
