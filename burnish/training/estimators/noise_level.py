"""Trains the network that says how noisy a picture is; `burnish/pipeline/estimate/network.py` runs
it.

python -m burnish.training.estimators.noise_level FOLDER... -o runs/noise_level [--steps 7000]

It sees clean pictures made smaller and softer, so that what is left of their own noise is gone, and
pictures that never were photographs (`python -m benchmarks.drawn`, in a folder called drawn); to
most of them noise is added, white or as saved pictures have it, to some in a part alone, and often
JPEG after that. What it is asked for is the RMS of what was added before compression, in 8-bit
steps: around each cell, and of the whole picture. Killed and started again, it goes on from its
last checkpoint. At the end stands noise_level.npz.

--start: begins with the weights of such a file.
"""

from __future__ import annotations

import argparse
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor, nn

from ...contract import Array
from ...degrade import Degradation, make
from ...degrade.jpeg import SUBSAMPLINGS, through_jpeg
from ...degrade.noise import clip_and_round
from ...ground.channels import LUMA
from ...ground.files import atomic_write
from ...pipeline.estimate.network import CELL, FLOOR, LEAST_VARIANCE, OFFSET

#: the side of a crop in pixels
CROP = 160
#: crops in a batch
BATCH = 8
#: the learning rate at its highest
RATE = 3e-3
#: the steps over which it rises
WARMUP = 200
#: how much of the averaged weights stays at each step
AVERAGE = 0.998
SAVE_EVERY = 500
#: what an estimate that is too low costs, where one that is too high costs 1
TOO_LITTLE = 1.6
#: the share of pictures that never were photographs
DRAWN = 0.22
#: the share of crops without noise
CLEAN = 0.25
#: the share of crops with white noise
WHITE = 0.22
#: the share of crops with the noise of saved pictures; the rest has both
SAVED = 0.48
#: the share of crops that are underexposed, and of those whose lights are blown out
DARK, BLOWN = 0.2, 0.08
#: the share of noisy crops of which a part has no noise
PARTLY = 0.15
Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class NoiseLevel(nn.Module):
    """[B, 3, H, W] in [0, 1], whole cells of 16 -> log level and log spread, each [B, 1, h, w]."""

    def __init__(self, width: int = 36) -> None:
        super().__init__()
        self.fine = nn.Conv2d(12, 40, 3, bias=False)
        self.coarse = nn.Conv2d(3, 16, 5, bias=False)
        self.mix = nn.ModuleList(
            [
                nn.Conv2d(58, width, 3, stride=2),
                nn.Conv2d(width, width, 3, stride=2),
                nn.Conv2d(width, width, 3),
            ]
        )
        self.head = nn.Conv2d(width, 2, 1)

    def filters(self) -> tuple[Tensor, Tensor]:
        """The filters of the picture and of its quarter; each adds up to 0 over a colour."""
        fine = self.fine.weight.view(-1, 3, 4, 3, 3)
        fine = fine - fine.mean((2, 3, 4), keepdim=True)
        coarse = self.coarse.weight
        return fine.flatten(1, 2), coarse - coarse.mean((2, 3), keepdim=True)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        steps = 255 * image
        fine, coarse = self.filters()
        energies = F.conv2d(_padded(F.pixel_unshuffle(steps, 2), 1), fine).abs()
        energies = F.avg_pool2d(energies, 2)
        below = F.conv2d(_padded(F.avg_pool2d(steps, 4), 2), coarse).abs()
        tone = F.avg_pool2d(steps.mean(1, keepdim=True), 4).clamp(0, 255)
        black_and_white = torch.cat([torch.log(tone + 1), torch.log(256 - tone)], 1)
        values = torch.cat([torch.log(torch.cat([energies, below], 1) + FLOOR), black_and_white], 1)
        for convolution in self.mix:
            values = F.relu(convolution(_padded(values, 1)))
        level, spread = self.head(values).chunk(2, 1)
        return level, spread.clamp(-4, 3)

    def arrays(self) -> dict[str, NDArray[np.floating]]:
        """The weights as the restoring wing reads them."""
        fine, coarse = self.filters()
        found = {"fine": fine, "coarse": coarse}
        for i, convolution in enumerate(self.mix):
            found[f"mix{i}"] = convolution.weight  # type: ignore[assignment]
            found[f"bias{i}"] = convolution.bias  # type: ignore[assignment]
        found["head"] = self.head.weight[:, :, 0, 0]
        found["head_bias"] = self.head.bias  # type: ignore[assignment]
        return {
            name: value.detach().numpy().astype(np.float16 if value.dim() > 1 else np.float32)
            for name, value in found.items()
        }

    def load_arrays(self, path: Path) -> None:
        """Takes the weights of a file that holds what `arrays` gives."""
        with np.load(path, allow_pickle=False) as file:
            state = {
                _PLACES[name]: torch.from_numpy(file[name].astype(np.float32))
                for name in file.files
            }
        state["head.weight"] = state["head.weight"][:, :, None, None]
        self.load_state_dict(state)


#: name of an array -> of the weights that it holds
_PLACES = {
    "fine": "fine.weight",
    "coarse": "coarse.weight",
    "head": "head.weight",
    "head_bias": "head.bias",
    **{f"mix{i}": f"mix.{i}.weight" for i in range(3)},
    **{f"bias{i}": f"mix.{i}.bias" for i in range(3)},
}


def whole(level: Tensor, spread: Tensor) -> Tensor:
    """One logarithm for each picture, [B]: of the mean level; cells that are surer count for more,
    but those that are very sure (even areas) not for all.
    """
    weight = 1 / (torch.exp(2 * spread) + LEAST_VARIANCE)
    mean = (weight * level.exp()).sum((1, 2, 3)) / weight.sum((1, 2, 3))
    return mean.log()


def loss(level: Tensor, spread: Tensor, around: Tensor, true: Tensor) -> Tensor:
    """The loss of each cell, whose level is around [B, h, w], and of whole pictures, true [B].

    That of a cell is of a Laplace distribution whose width is the spread. Too little costs more
    than too much: a denoiser that is told too little leaves the noise.
    """
    error = (level - torch.log(around + OFFSET)[:, None]).abs()
    cells = (error * torch.exp(-spread) + spread).mean()
    off = whole(level, spread) - torch.log(true + OFFSET)
    picture = F.smooth_l1_loss(off, torch.zeros_like(off), beta=0.1, reduction="none")
    return 0.5 * cells + 2 * (picture * torch.where(off < 0, TOO_LITTLE, 1.0)).mean()


@dataclass(frozen=True)
class NoisyCrops:
    """The crops that the network is trained on; a batch is a function of the seed and the step."""

    #: photographs, [H, W, 3] each
    photographs: list[Pixels]
    #: pictures that never were photographs, [H, W, 3] each
    drawn: list[Pixels]
    #: what adds white noise
    white: Degradation
    #: what adds the noise of saved pictures
    saved: Degradation
    #: what a batch depends on, with the step
    seed: int

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures [B, 3, CROP, CROP], the levels around their cells, and their levels [B]."""
        rng = np.random.default_rng([self.seed, step])
        pictures, around, levels = zip(*(self._one(rng) for _ in range(BATCH)), strict=True)
        return (
            torch.from_numpy(np.stack(pictures)),
            torch.from_numpy(np.stack(around)),
            torch.tensor(levels),
        )

    def _one(self, rng: np.random.Generator) -> tuple[Array, Array, float]:
        clean = self._clean(rng)
        if rng.random() < 0.15:
            clean = np.tensordot(LUMA, clean, 1)[None]
        light = rng.random()
        if light < DARK:
            clean = clean * np.float32(rng.uniform(0.08, 0.7))
        elif light < DARK + BLOWN:
            clean = clean * np.float32(rng.uniform(1.1, 2))
        spoiled = self._noisy(clean, rng)
        added = np.square(spoiled - clean)
        level = float(255 * np.sqrt(added.mean()))
        around = _around(added.mean(0))
        if level and rng.random() < PARTLY:
            part = _part(rng)
            other = self._clean(rng) if rng.random() < 0.5 else clean
            spoiled = np.where(part, spoiled, other if len(other) == len(clean) else clean)
            around = _around(part * added.mean(0))
            level = float(around.mean())
        picture, gain = _as_file(spoiled, rng)
        return picture, around * np.float32(gain), level * gain

    def _clean(self, rng: np.random.Generator) -> Array:
        """A crop without noise: of a photograph, or of what never was one."""
        drawn = bool(self.drawn) and rng.random() < DRAWN
        pool = self.drawn if drawn else self.photographs
        pixels = pool[rng.integers(len(pool))]
        return _crop(pixels if drawn else _softened(pixels, rng), rng)

    def _noisy(self, clean: Array, rng: np.random.Generator) -> Array:
        kind = rng.random()
        if kind < CLEAN:
            return clean
        if kind < CLEAN + WHITE:
            return _spoiled(self.white, clean, 0.7, 80, rng)
        if kind < CLEAN + WHITE + SAVED:
            return _spoiled(self.saved, clean, 0.8, 25, rng)
        return _spoiled(self.saved, _spoiled(self.white, clean, 0.7, 10, rng), 0.7, 10, rng)


def _softened(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A piece of the picture made smaller, and often blurred, or sharpened.

    It is then without noise of its own, and as soft as a camera's pictures are, or as sharp.
    """
    share = rng.uniform(0.4, 0.95)
    side = math.ceil((CROP + 8) / share)
    top, left = (int(rng.integers(max(0, length - side) + 1)) for length in pixels.shape[:2])
    piece = Image.fromarray(pixels[top : top + side, left : left + side])
    size = [max(CROP, round(length * share)) for length in piece.size]
    kernels = (Image.Resampling.BOX, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
    picture = piece.resize(size, kernels[rng.integers(len(kernels))])
    finish = rng.random()
    if finish < 0.4:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.3)))
    elif finish < 0.55:
        picture = picture.filter(ImageFilter.UnsharpMask(1, int(rng.integers(30, 120)), 0))
    return np.asarray(picture)


def _around(added: Array) -> Array:
    """The RMS around each cell, in 8-bit steps, of noise whose square is added [CROP, CROP]."""
    cells = CROP // CELL
    power = np.pad(added.reshape(cells, CELL, cells, CELL).mean((1, 3)), 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(power, (3, 3))
    return np.asarray(255 * np.sqrt(windows.mean((2, 3))), np.float32)


def _part(rng: np.random.Generator) -> Mask:
    """Where the noise stays: on one side of a straight line, or inside or outside a rectangle."""
    y, x = np.mgrid[0:CROP, 0:CROP]
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * math.pi)
        middle = rng.uniform(0.2, 0.8, 2) * CROP
        side = (y - middle[0]) * math.cos(angle) + (x - middle[1]) * math.sin(angle)
        return np.asarray(side > 0)
    top, left = rng.integers(0, CROP // 2, 2)
    height, width = rng.integers(CROP // 4, CROP, 2)
    inside = (y >= top) & (y < top + height) & (x >= left) & (x < left + width)
    return np.asarray(inside == (rng.random() < 0.5))


def _crop(pixels: Pixels, rng: np.random.Generator) -> Array:
    """A crop [3, CROP, CROP] in [0, 1], mirrored and turned.

    What is too small is mirrored to size.
    """
    height, width = pixels.shape[:2]
    missing = ((0, max(0, CROP - height)), (0, max(0, CROP - width)), (0, 0))
    pixels = np.pad(pixels, missing, mode="symmetric")
    top = rng.integers(pixels.shape[0] - CROP + 1)
    left = rng.integers(pixels.shape[1] - CROP + 1)
    piece = np.rot90(pixels[top : top + CROP, left : left + CROP], int(rng.integers(4)))
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    return np.ascontiguousarray(piece.transpose(2, 0, 1)).astype(np.float32) / np.float32(255)


def _spoiled(
    degradation: Degradation, clean: Array, low: float, high: float, rng: np.random.Generator
) -> Array:
    """The picture with noise of a level between low and high, as likely to double as to halve."""
    level = np.full((1, 1, 1, 1), math.exp(rng.uniform(math.log(low), math.log(high))), np.float32)
    spoiled: Array = degradation.spoil(clean[None], level, rng)[0]
    return spoiled


def _as_file(picture: Array, rng: np.random.Generator) -> tuple[Array, float]:
    """The picture [3, H, W] as it may lie in a file, and what the noise was multiplied by.

    It is a JPEG, rounded, or float; grey is in three channels, or in sepia.
    """
    grey = len(picture) == 1
    if rng.random() < 0.5:
        for _ in range(1 + (rng.random() < 0.2)):
            shift = tuple(int(by) for by in rng.integers(0, 8, 2)) if rng.random() < 0.3 else (0, 0)
            subsampling = str(rng.choice(list(SUBSAMPLINGS)))
            quality = int(rng.integers(50, 100))
            picture = through_jpeg(picture, quality, subsampling, shift)  # type: ignore[arg-type]
    elif rng.random() < 0.7:
        picture = clip_and_round(picture)
    colour = np.broadcast_to(picture, (3, *picture.shape[1:]))
    if not grey or rng.random() < 0.7:
        return np.ascontiguousarray(colour, np.float32), 1.0
    tint = np.array([1, rng.uniform(0.75, 1), rng.uniform(0.5, 0.9)], np.float32)
    return colour * tint[:, None, None], float(np.sqrt(np.square(tint).mean()))


def _padded(values: Tensor, reach: int) -> Tensor:
    return F.pad(values, (reach,) * 4, mode="replicate")


def _rate(step: int, steps: int, highest: float) -> float:
    """A short rise, then half a cosine down to 0."""
    return highest * min(1, (step + 1) / WARMUP) * (0.5 + 0.5 * math.cos(math.pi * step / steps))


def train(
    crops: NoisyCrops,
    out: Path,
    steps: int,
    until: int | None = None,
    start: Path | None = None,
    rate: float = RATE,
) -> Path:
    """Trains, or goes on from the last state; returns the file of the averaged weights.

    At step `until` it stops for now, with everything saved; without it, at the last step. start: a
    file of weights to begin with. rate: the learning rate at its highest.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(crops.seed)
    torch.set_flush_denormal(True)
    network = NoiseLevel()
    if start is not None:
        network.load_arrays(start)
    average = NoiseLevel()
    average.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
    state = out / "state.pt"
    parts = {"network": network, "average": average, "optimizer": optimizer}
    first = _restored(parts, state) if state.exists() else 0
    last = steps if until is None else until
    for step in range(first, last):
        pictures, around, levels = crops.batch(step)
        for group in optimizer.param_groups:
            group["lr"] = _rate(step, steps, rate)
        level, spread = network(pictures)
        value = loss(level, spread, around, levels)
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        share = min(AVERAGE, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean, now in zip(average.parameters(), network.parameters(), strict=True):
                mean.lerp_(now, 1 - share)
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == last:
            print(f"step {step + 1} of {steps}: loss {value.item():.3f}", flush=True)
            _save(parts, step + 1, state)
    weights = out / "noise_level.npz"
    np.savez(weights, **average.arrays())  # type: ignore[arg-type]
    return weights


def _restored(parts: Mapping[str, Any], state: Path) -> int:
    """Brings the parts to the state in a file; returns the steps made till then."""
    stored = torch.load(state, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(stored[name])
    return int(stored["step"])


def _save(parts: Mapping[str, Any], step: int, state: Path) -> None:
    """Writes the state of the parts after so many steps, whole or not at all."""
    record = {name: part.state_dict() for name, part in parts.items()}
    buffer = io.BytesIO()
    torch.save({**record, "step": step}, buffer)
    atomic_write(state, buffer.getvalue())


def pictures(folders: list[Path]) -> tuple[list[Pixels], list[Pixels]]:
    """Photographs and, from folders called drawn, pictures that are none, [H, W, 3] each."""
    photographs: list[Pixels] = []
    drawn: list[Pixels] = []
    for folder in folders:
        for file in sorted(folder.iterdir()):
            with Image.open(file) as opened:
                pixels = np.asarray(opened.convert("RGB"))
            (drawn if folder.name == "drawn" else photographs).append(pixels)
    return photographs, drawn


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/noise_level"))
    parser.add_argument("--steps", type=int, default=7000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--rate", type=float, default=RATE)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    photographs, drawn = pictures(options.folders)
    crops = NoisyCrops(photographs, drawn, make("Noise"), make("PictureNoise"), options.seed)
    print(train(crops, options.out, options.steps, start=options.start, rate=options.rate))


if __name__ == "__main__":
    main()
