"""The networks: a table of contents.

To add one: one file here, one line in ARCHS; the contract test then runs over it.

What a network is, and what it declares, stands in `../network.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....ground.tables import Table
from ..dials import DIALS

ARCHS = {
    "DnCNN": "burnish.training.networks.archs.dncnn:DnCNN",
    "FFDNet": "burnish.training.networks.archs.ffdnet:FFDNet",
    "ResUNet": "burnish.training.networks.archs.resunet:ResUNet",
    "UNet": "burnish.training.networks.archs.unet:UNet",
    "LightAutoencoder": "burnish.training.networks.archs.lightautoencoder:LightAutoencoder",
    "ContestUNet": "burnish.training.networks.archs.contestunet:ContestUNet",
    "ConvNeXtUNet": "burnish.training.networks.archs.convnextunet:ConvNeXtUNet",
    "NAFNet": "burnish.training.networks.archs.nafnet:NAFNet",
    "SRResNet": "burnish.training.networks.archs.srresnet:SRResNet",
    "SubPixel": "burnish.training.networks.archs.subpixel:SubPixel",
    "TransformNet": "burnish.training.networks.archs.transformnet:TransformNet",
    "AdaFMNet": "burnish.training.networks.archs.adafmnet:AdaFMNet",
    "AdaIN": "burnish.training.networks.archs.adain:AdaIN",
    "Encoder": "burnish.training.networks.archs.encoder:Encoder",
    "Painter": "burnish.training.networks.archs.painter:Painter",
    "Sigmoid": "burnish.training.networks.archs.sigmoid:Sigmoid",
    "Finder": "burnish.training.networks.archs.finder:Finder",
    "Filler": "burnish.training.networks.archs.filler:Filler",
    "Biased": "burnish.training.networks.archs.biased:Biased",
    "Quantised": "burnish.training.networks.archs.quantised:Quantised",
    "Narrowed": "burnish.training.networks.archs.narrowed:Narrowed",
}

#: everything that a recipe's `arch` may name: networks, and networks that wrap one to give it a
#: dial
NETWORKS: Table[Callable[..., Any]] = Table("network", {**ARCHS, **DIALS})
