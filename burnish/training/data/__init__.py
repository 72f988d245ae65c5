"""Training data, in the order in which it goes.

Sources (files, packs, pairs), splitting, pictures (in memory), cut, damaging, crops (batches),
stream (in order).
"""

from __future__ import annotations

from .crops import Batch, Crops
from .cut import Cut
from .damaging import Damaging, Measuring, Misread, Weigh
from .pictures import Pictures, floats, open_pictures
from .sources import Source, pair_sources, sources_in
from .splitting import read_groups, split
from .stream import stream

__all__ = [
    "Batch",
    "Crops",
    "Cut",
    "Damaging",
    "Measuring",
    "Misread",
    "Pictures",
    "Source",
    "Weigh",
    "floats",
    "open_pictures",
    "pair_sources",
    "read_groups",
    "sources_in",
    "split",
    "stream",
]
