"""RLFN (Kong et al., CVPR workshops 2022), to be a row in the studies of super-resolution: its
published weights as model files that our engine runs.

python -m benchmarks.rlfn ../shared/data/weights runs/peers    # writes runs/peers/rlfn_x2.onnx and
rlfn_x4.onnx
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from burnish.training.networks.export import export
from burnish.training.networks.foreign import load_pth
from burnish.training.networks.restorer import Restorer
from burnish.training.parts.build import Spec


class Attention(nn.Module):
    """Enhanced spatial attention (Liu et al., CVPR 2020): what a coarse look at the features says,
    as a mask for them.
    """

    def __init__(self, width: int, narrow: int) -> None:
        super().__init__()
        self.conv1, self.conv_f = nn.Conv2d(width, narrow, 1), nn.Conv2d(narrow, narrow, 1)
        self.conv2, self.conv3 = (
            nn.Conv2d(narrow, narrow, 3, 2),
            nn.Conv2d(narrow, narrow, 3, padding=1),
        )
        self.conv4 = nn.Conv2d(narrow, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        fine = self.conv1(x)
        coarse = self.conv3(F.max_pool2d(self.conv2(fine), 7, 3))
        coarse = F.interpolate(coarse, x.shape[-2:], mode="bilinear", align_corners=False)
        return x * torch.sigmoid(self.conv4(coarse + self.conv_f(fine)))


class Block(nn.Module):
    """Three convolutions with leaky ReLU, a sum, a 1x1, attention."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = (nn.Conv2d(width, width, 3, padding=1) for _ in range(3))
        self.c5 = nn.Conv2d(width, width, 1)
        self.esa = Attention(width, 16)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for layer in (self.c1_r, self.c2_r, self.c3_r):
            y = F.leaky_relu(layer(y), 0.05)
        return self.esa(self.c5(x + y))  # type: ignore[no-any-return]


class RLFN(nn.Module):
    """`[B, 3, H, W]` -> `[B, 3, scale H, scale W]`; sides from 24 (its attention pools by 2, 7 and
    3).

    Inside it counts in 0..255, as it was trained.
    """

    channels_in = channels_out = 3
    multiple = 24  # small pictures are padded to what its attention can pool
    reach = None

    def __init__(self, scale: int = 4, width: int = 52) -> None:
        super().__init__()
        self.scale = scale
        self.conv_1, self.conv_2 = (
            nn.Conv2d(3, width, 3, padding=1),
            nn.Conv2d(width, width, 3, padding=1),
        )
        for i in range(1, 7):
            setattr(self, f"block_{i}", Block(width))
        self.upsampler = nn.Sequential(
            nn.Conv2d(width, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale)
        )

    def forward(self, image: Tensor) -> Tensor:
        first = x = self.conv_1(255 * image)
        for i in range(1, 7):
            x = getattr(self, f"block_{i}")(x)
        return self.upsampler(self.conv_2(x) + first) / 255  # type: ignore[no-any-return]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for scale in (2, 4):
        restorer = load_pth(
            Restorer(Spec("benchmarks.rlfn.RLFN", {"scale": scale}), trusted=True),
            arguments.weights / f"rlfn_x{scale}.pth",
        )
        restorer.card = {
            "task": f"super-resolution x{scale}, RLFN's published weights",
            "licence": "Apache-2.0",
        }
        export(restorer, arguments.out / f"rlfn_x{scale}.onnx", half=False)
        print(arguments.out / f"rlfn_x{scale}.onnx")


if __name__ == "__main__":
    main()
