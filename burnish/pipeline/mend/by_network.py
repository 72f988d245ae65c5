"""Filling by a network: what is lost becomes what a network makes of its surroundings.

It is asked for narrow places alone. In wide ones it would have to invent, and so these are filled
smoothly, from the narrow ones beside them too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...contract import BELOW, Array, Contract, Run
from ...ground.channels import as_channels, from_channels
from ...ground.fill import marked
from ...ground.regions import Region

#: (pixels [C, H, W], lost [H, W]) -> the pixels with those that are lost filled; the others keep
#: their bits
Fill = Callable[[Array, Region], Array]
#: what is wider than so many pixels is no matter for the network
WIDEST = 16


def filled_by(
    by: Callable[[Array], Array], contract: Contract, pixels: Array, lost: Region
) -> Array:
    """The pixels [C, H, W], in 0..1, with those that are lost [H, W] as a network gives them.

    by: the network on a picture [1, channels_in, H, W] of any size. contract: its own, which
    `gives` a filling. Other pixels keep their bits; what of them lies beyond 0 and 1, the network
    does not see.
    """
    seen = marked(pixels.clip(0, 1), lost)
    found = by(as_channels(seen[None], contract.channels_in))
    return np.where(lost, from_channels(found, len(pixels))[0], pixels)


def where_lost(run: Run) -> Run:
    """A Run of a network that fills, which spares itself pictures of which nothing is lost."""

    def run_where_lost(image: Array, level: Array | None) -> Array:
        lost = (image[:, :1] < BELOW).any()
        return run(image, level) if lost else image.copy()

    return run_where_lost
