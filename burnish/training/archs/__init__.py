"""The networks: a table of contents.

To add one: one file here, one line in ARCHS; the contract test then runs over it.

A network is a module whose forward(image [B, channels_in, H, W], level or nothing) returns [B,
channels_out, scale H, scale W]. What the outside must know stands on it as attributes: channels_in,
channels_out, scale, multiple, reach, dials (how many levels it reads), level, identity, residual;
and `tiny`, arguments that make it small enough for a test.
"""

from __future__ import annotations

from ..dials import DIALS

ARCHS = {
    "DnCNN": "burnish.training.archs.dncnn:DnCNN",
    "FFDNet": "burnish.training.archs.ffdnet:FFDNet",
    "ResUNet": "burnish.training.archs.resunet:ResUNet",
    "UNet": "burnish.training.archs.unet:UNet",
    "LightAutoencoder": "burnish.training.archs.lightautoencoder:LightAutoencoder",
    "ContestUNet": "burnish.training.archs.contestunet:ContestUNet",
    "ConvNeXtUNet": "burnish.training.archs.convnextunet:ConvNeXtUNet",
    "NAFNet": "burnish.training.archs.nafnet:NAFNet",
    "SRResNet": "burnish.training.archs.srresnet:SRResNet",
    "TransformNet": "burnish.training.archs.transformnet:TransformNet",
    "AdaFMNet": "burnish.training.archs.adafmnet:AdaFMNet",
    "AdaIN": "burnish.training.archs.adain:AdaIN",
    "Sigmoid": "burnish.training.archs.sigmoid:Sigmoid",
    "Biased": "burnish.training.archs.biased:Biased",
}

#: everything that a recipe's `arch` may name: networks, and networks that wrap one to give it a
#: dial
NETWORKS = {**ARCHS, **DIALS}
