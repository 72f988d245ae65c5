"""Ways to give a network a dial: networks that wrap a network.

It is a table of contents, as in `archs`.
"""

from __future__ import annotations

DIALS = {
    "LevelPlane": "burnish.training.networks.dials.level_plane:LevelPlane",
    "LevelAffine": "burnish.training.networks.dials.level_affine:LevelAffine",
    "Blend": "burnish.training.networks.dials.blend:Blend",
    "AdaFM": "burnish.training.networks.dials.adafm:AdaFM",
    "FTN": "burnish.training.networks.dials.ftn:FTN",
    "DynamicNet": "burnish.training.networks.dials.dynamic_net:DynamicNet",
    "SplineBank": "burnish.training.networks.dials.spline_bank:SplineBank",
}
