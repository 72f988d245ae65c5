"""Ways to give a network a dial: networks that wrap a network. A table of contents, as in
`archs`.
"""

from __future__ import annotations

DIALS = {
    "LevelPlane": "burnish.training.dials.level_plane:LevelPlane",
    "LevelAffine": "burnish.training.dials.level_affine:LevelAffine",
    "Blend": "burnish.training.dials.blend:Blend",
    "AdaFM": "burnish.training.dials.adafm:AdaFM",
    "FTN": "burnish.training.dials.ftn:FTN",
    "DynamicNet": "burnish.training.dials.dynamic_net:DynamicNet",
    "SplineBank": "burnish.training.dials.spline_bank:SplineBank",
}
