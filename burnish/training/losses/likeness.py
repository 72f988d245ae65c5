"""How alike two pictures look to a frozen network: LPIPS without its learned weights.

The source is Zhang, Isola, Efros, Shechtman and Wang (CVPR 2018, eq. 1 with w = 1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ...contract import Array
from ...metrics import Metric
from ...metrics.pictures import eight_bit
from ..parts.features import FeatureExtractor
from .direction import turned

#: the length of activations that counts as none, as LPIPS has it
LEAST = 1e-10
#: the layers that LPIPS looks at
LAYERS = {
    "SqueezeNet": ("relu1", "fire3", "fire5", "fire6", "fire7", "fire8", "fire9"),
    "VGG16": ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"),
}


def likeness(
    network: str = "SqueezeNet", file: str | None = None, layers: Sequence[str] | None = None
) -> Metric:
    """A metric by a frozen network, 0 for equal pictures.

    Activations are brought to length 1 over the channels; of their squared difference the mean over
    space is taken, and the sum over layers. `network` is as in `FeatureExtractor`, of which
    SqueezeNet wants a file; `layers` are LPIPS's own for SqueezeNet and VGG16. The pictures are
    clipped and rounded to 8 bits. ValueError for an unknown network or layer, or where none is
    given for another network. The metric's UsageError: raw planes, or a side below 32.
    """
    chosen = tuple(layers) if layers else LAYERS.get(network)
    if chosen is None:
        raise ValueError(
            f"layers: which of {network} are to be looked at has to be said; it is known of "
            f"{', '.join(LAYERS)}"
        )
    features = FeatureExtractor(network, chosen, file)

    @torch.no_grad()
    def function(restored: Array, clean: Array, crop: int = 0) -> float:
        a, b = (
            features(torch.from_numpy((x / 255).astype(np.float32))[None])
            for x in eight_bit(restored, clean, crop)
        )
        return float(sum(turned(a[name], b[name], LEAST).mean() for name in chosen))

    return Metric(
        "likeness",
        f"likeness[{{planes}}, 8-bit, {network} {' '.join(chosen)}, no learned weights, crop "
        f"{{crop}}]",
        function,
        4,
        "lower",
    )
