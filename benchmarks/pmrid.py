"""PMRID (Wang et al., "Practical deep raw image denoising on mobile devices", ECCV 2020), to be a
row in `benchmarks.raw`: its published weights as a model file that our engine runs, and its k-Sigma
transform, which takes the noise of any sensor to that of one at one ISO.

It saw noise of a telephone (Reno 10x) alone. The transform is there so that another sensor's noise,
whose two numbers are known, looks like that.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from burnish.contract import Array
from burnish.inference.model import Model
from burnish.pipeline.mosaic import Denoise, SensorNoise
from burnish.training.networks.export import export
from burnish.training.networks.foreign import load_pth
from burnish.training.networks.restorer import Restorer
from burnish.training.parts.build import Spec

#: the samples of a full sensor of 10 bits, in whose steps its noise was measured
FULL = 959.0
#: gain and variance in the dark at its ISO 1600, in these steps: its two polynomials there
ANCHOR = SensorNoise(
    (0.0005995267 * 1600 + 0.00868861) / FULL,
    (7.11772e-7 * 1600**2 + 6.514934e-4 * 1600 + 0.11492713) / FULL**2,
)
#: what its network's input is multiplied by
TIMES = 256.0


@dataclass(frozen=True)
class KSigma:
    """Light to light whose noise is that of the anchor, and back."""

    #: the noise of the light that comes
    noise: SensorNoise

    @property
    def _line(self) -> tuple[float, float]:
        own, anchor = self.noise, ANCHOR
        dark = own.still / own.gain**2 - anchor.still / anchor.gain**2
        return anchor.gain / own.gain, anchor.gain * dark

    def there(self, light: Array) -> Array:
        """A light x becomes a x + b, so that its gain and its variance in the dark are those."""
        slope, start = self._line
        return np.asarray(light * np.float32(slope) + np.float32(start), np.float32)

    def back(self, light: Array) -> Array:
        """And back."""
        slope, start = self._line
        return np.asarray((light - np.float32(start)) / np.float32(slope), np.float32)


def denoise(model: Model, noise: SensorNoise) -> Denoise:
    """Takes that noise off the light of planes, by PMRID's network."""
    by, told = model.predictor("float32"), KSigma(noise)

    def planes_by(light: Array, sigma: float) -> Array:
        seen = told.there(light.clip(0, 1)) * np.float32(TIMES)
        return told.back(by(seen[None], None, 1.0)[0] / np.float32(TIMES))

    return planes_by


def opened(weights: Path, folder: Path) -> Model:
    """The published weights, as a model file in a folder, opened in float32."""
    restorer = load_pth(Restorer(Spec("benchmarks.pmrid.PMRID", {}), trusted=True), weights)
    restorer.card = {"task": "raw denoising, PMRID's published weights", "licence": "Apache-2.0"}
    export(restorer, folder / "pmrid.onnx", half=False)
    model = Model(folder / "pmrid.onnx")
    model.open(precision="fp32")
    return model


class Separable(nn.Module):
    """A filter for each channel, then a mixture of channels."""

    def __init__(self, a: int, b: int, side: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(a, a, side, stride, side // 2, groups=a, bias=False)
        self.pointwise = nn.Conv2d(a, b, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))  # type: ignore[no-any-return]


class Down(nn.Module):
    """A residual block of 5x5 filters with a narrow middle; the first halves the size."""

    def __init__(self, a: int, b: int, stride: int) -> None:
        super().__init__()
        self.conv1 = Separable(a, b // 4, 5, stride)
        self.conv2 = Separable(b // 4, b, 5)
        self.proj = Separable(a, b, 3, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv2(F.relu(self.conv1(x))) + self.proj(x))


class Plain(nn.Module):
    """A residual block of 3x3 filters."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv0, self.conv1 = Separable(width, width, 3), Separable(width, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv1(F.relu(self.conv0(x)))  # type: ignore[no-any-return]


class Up(nn.Module):
    """Twice the size, and what was there on the way down."""

    def __init__(self, below: int, beside: int, width: int) -> None:
        super().__init__()
        self.decode_conv = Plain(below)
        self.upsample = nn.ConvTranspose2d(below, width, 2, 2)
        self.proj_conv = Separable(beside, width, 3)

    def forward(self, x: Tensor, beside: Tensor) -> Tensor:
        larger: Tensor = self.upsample(self.decode_conv(x))
        return larger + F.relu(self.proj_conv(beside))


class PMRID(nn.Module):
    """Four planes [B, 4, h, w], red, green, green and blue, to the same without noise."""

    channels_in = channels_out = 4
    multiple = 16
    reach = None

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = nn.Sequential()
        self.conv0.add_module("conv", nn.Conv2d(4, 16, 3, padding=1))
        widths, counts = (16, 64, 128, 256, 512), (2, 2, 4, 4)
        for i, count in enumerate(counts):
            a, b = widths[i : i + 2]
            blocks = [Down(a, b, 2), *(Down(b, b, 1) for _ in range(count - 1))]
            setattr(self, f"enc{i + 1}", nn.Sequential(*blocks))
        self.encdec = Separable(512, 64, 3)
        for i, sizes in enumerate([(64, 256, 64), (64, 128, 32), (32, 64, 32), (32, 16, 16)]):
            setattr(self, f"dec{i + 1}", Up(*sizes))
        self.out0 = Plain(16)
        self.out1 = nn.Sequential()
        self.out1.add_module("conv", nn.Conv2d(16, 4, 3, padding=1))

    def forward(self, planes: Tensor) -> Tensor:
        beside = [F.relu(self.conv0(planes))]
        for i in range(1, 5):
            beside.append(getattr(self, f"enc{i}")(beside[-1]))
        x = F.relu(self.encdec(beside.pop()))
        for i in range(1, 5):
            x = getattr(self, f"dec{i}")(x, beside.pop())
        return planes + self.out1(self.out0(x))  # type: ignore[no-any-return]
