"""dirt(): what of a scan is dirt, and how much light that lets through, by its infrared plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....contract import Array
from ....ground.regions import Region
from .clear import Clear, clear_of
from .seen import seen

#: where so much of the picture's density stands in infrared, or more, it shows the picture
SILVER = 0.45
#: a plane of which this share is marked, or more, is no infrared of its picture
MOST = 0.3
#: light of clear film, of what a sample can say, below which a plane is opaque
OPAQUE = 0.002
#: from this density on, what lies below dirt cannot be told
DENSE = np.float32(4.6)


@dataclass(frozen=True, eq=False)
class Dirt:
    """What infrared tells of a picture's dirt."""

    #: the pixels that are dirty [H, W]
    found: Region
    #: the density of the dirt at each pixel [H, W], as a natural logarithm, 0 for none
    density: Array
    #: how far off that may be, as a standard deviation [H, W]
    margin: Array
    #: how infrared lies on the picture, and what leaks into it
    clear: Clear


def dirt(light: Array, plane: Array) -> Dirt | str:
    """The dirt of a picture, by its infrared; or why that tells nothing, as the end of a sentence.

    light: of the picture [C, H, W] in 0..1, of which clear film has most. plane: infrared [h, w],
    lying as the picture does, of its size or another.
    """
    if float(np.ptp(plane)) == 0 or len(np.unique(plane[:: max(1, plane.shape[0] // 64)])) <= 2:
        return "is blank"
    if float(np.quantile(plane, 0.9)) < OPAQUE:
        return "lets no light through"
    clear = clear_of(light, plane)
    if abs(clear.leak.slope) >= SILVER:
        return "shows the picture itself, as with silver film and some slides"
    found, noise = seen(clear.rest, clear.expected, clear.leaked)
    found &= clear.covered
    if found.mean() >= MOST:
        return f"takes {100 * found.mean():.0f} % of the picture for dirt"

    # The picture that leaks has the dirt in it, too, so that too much was taken away.
    density = np.asarray(np.maximum(clear.rest, 0) / (1 - clear.leak.slope), np.float32)
    margin = np.asarray(noise * np.exp(np.minimum(density, DENSE)), np.float32)
    return Dirt(found, density, margin, clear)
