"""An encoder that learnt to tell photographs apart, without labels: what the loss of `crisp` looks
through.

It is shown pieces of photographs, and says of which one a piece is, and how it was spoilt. To know
that it needs edges, textures and colours of every kind, and how sharp they are.

python -m benchmarks.learnt_encoder ../shared/data/train/bsd ../shared/data/train/photos \\
    --leave-out cid22_60003.jpg --minutes 15 --out runs/learnt

Writes encoder.safetensors there. Source of the task: Dosovitskiy et al., "Discriminative
unsupervised feature learning with exemplar convolutional neural networks", NIPS 2014.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from burnish.contract import Array
from burnish.degrade.blur import blur
from burnish.degrade.jpeg import jpeg
from burnish.degrade.noise import noise
from burnish.ground.channels import to_channels
from burnish.ground.resize import resize
from burnish.study.evaluate import Folder
from burnish.training.networks.archs.encoder import Encoder
from burnish.training.networks.restorer import Restorer
from burnish.training.parts.build import Spec

ARCH = Spec(
    "Encoder",
    {"widths": [64, 96, 128, 192], "depths": [1, 2, 2, 2], "first": 2, "pool": "maximum"},
)
#: the side of a piece, how many of them a step sees, and the rate at its height
SIDE, BATCH, RATE = 80, 48, 2e-3
#: how much the second task counts beside the first
SPOILT = 3.0
#: the share of pieces that are cut out larger and made smaller, and of the shorter side at the most
SMALLER, LARGEST = 0.5, 0.9
#: a spoiled piece, and how strongly it is spoiled, which is around 1
Spoiled = tuple[Array, float]
CARD = {
    "task": "features of photographs, for perceptual losses",
    "training_data": "BSDS500 without CBSD68 (research and education), CID22 (CC BY-SA 4.0) and "
    "CLIC 2025 (Unsplash), without labels",
    "licence": "Apache-2.0",
    "flaws": "It was told of no objects: it knows edges, colours and textures, and no faces.",
}


def blurred(piece: Array, rng: np.random.Generator) -> Spoiled:
    sigma = rng.uniform(0.4, 2)
    return blur().spoil(piece, np.full((1, 1, 1, 1), sigma, np.float32), rng), sigma


def compressed(piece: Array, rng: np.random.Generator) -> Spoiled:
    lost = rng.uniform(10, 90)
    level = np.full((1, 1, 1, 1), 100 - lost, np.float32)
    return jpeg().spoil(piece, level, rng), lost / 50


def enlarged(piece: Array, rng: np.random.Generator) -> Spoiled:
    times = rng.uniform(1.5, 4)
    small = resize(piece, round(SIDE / times), round(SIDE / times))
    kernel = str(rng.choice(["bicubic", "bilinear", "lanczos"]))
    return resize(small, SIDE, SIDE, kernel), times / 2


def noisy(piece: Array, rng: np.random.Generator) -> Spoiled:
    sigma = rng.uniform(2, 30)
    return noise().spoil(piece, np.full((1, 1, 1, 1), sigma, np.float32), rng), sigma / 15


#: a piece is spoiled in one of these ways, or in none of them
WAYS: tuple[Callable[[Array, np.random.Generator], Spoiled], ...] = (
    blurred,
    compressed,
    enlarged,
    noisy,
)


class Learner(nn.Module):
    """The encoder while it learns: with norms, and with the last layers of its two tasks."""

    def __init__(self, encoder: Encoder, photographs: int) -> None:
        super().__init__()
        self.encoder = encoder
        for layer in _convolutions(encoder):
            nn.init.kaiming_normal_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(layer.out_channels) for layer in _convolutions(encoder)
        )
        self.which = nn.Linear(encoder.widths[-1], photographs)
        self.how = nn.Linear(sum(encoder.widths), len(WAYS))

    def forward(self, pieces: Tensor) -> tuple[Tensor, Tensor]:
        """Of which photograph each piece is, and how strongly it was spoiled in each way."""
        norms = iter(self.norms)
        seen, means = pieces - 0.5, []
        for scale in self.encoder.scales:
            assert isinstance(scale, nn.Sequential)
            for layer in scale:
                seen = layer(seen)
                if isinstance(layer, nn.Conv2d):
                    seen = next(norms)(seen)
            means.append(seen.mean((2, 3)))
        last = F.dropout(means[-1], 0.2, self.training)
        return self.which(last), self.how(torch.cat(means, 1))

    @torch.no_grad()
    def learnt(self) -> Encoder:
        """The encoder with the norms drawn into its convolutions."""
        for layer, norm in zip(_convolutions(self.encoder), self.norms, strict=True):
            assert isinstance(norm, nn.BatchNorm2d)
            plain = fuse_conv_bn_eval(layer.eval(), norm.eval())
            layer.load_state_dict(plain.state_dict())
        return self.encoder


def _convolutions(encoder: Encoder) -> list[nn.Conv2d]:
    return [layer for layer in encoder.scales.modules() if isinstance(layer, nn.Conv2d)]


def cut(picture: NDArray[np.uint8], rng: np.random.Generator) -> Array:
    """A piece of a picture [1, 3, H, W], in its size or made smaller. [1, 3, SIDE, SIDE]"""
    sides = picture.shape[-2:]
    side = SIDE
    if rng.random() < SMALLER:
        side = max(side, int(min(sides) * rng.uniform(0.2, LARGEST)))
    top, left = (int(rng.integers(0, along - side + 1)) for along in sides)
    whole = picture[..., top : top + side, left : left + side]
    piece: Array = whole.astype(np.float32) / np.float32(255)
    if side != SIDE:
        piece = resize(piece, SIDE, SIDE, str(rng.choice(["bicubic", "area"])))
    return piece[..., ::-1] if rng.random() < 0.5 else piece


def recoloured(piece: Array, rng: np.random.Generator) -> Array:
    """In another light; one in five in grey."""
    lit = piece * rng.uniform(0.8, 1.2, (1, 3, 1, 1)) + rng.uniform(-0.08, 0.08)
    if rng.random() < 0.2:
        lit = np.broadcast_to(lit.mean(1, keepdims=True), lit.shape)
    return np.clip(lit, 0, 1).astype(np.float32)


def batch(
    pictures: Sequence[NDArray[np.uint8]], rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Pieces [BATCH, 3, SIDE, SIDE], of which picture, and how strongly spoiled in each way."""
    pieces, spoiled = [], np.zeros((BATCH, len(WAYS)), np.float32)
    which = rng.integers(0, len(pictures), BATCH)
    for row, number in enumerate(which):
        piece = cut(pictures[number], rng)
        way = int(rng.integers(0, len(WAYS) + 1))
        if way < len(WAYS):
            piece, spoiled[row, way] = WAYS[way](np.clip(piece, 0, 1), rng)
        pieces.append(recoloured(piece, rng))
    stacked = torch.from_numpy(np.concatenate(pieces))
    return stacked, torch.from_numpy(which), torch.from_numpy(spoiled)


def learn(learner: Learner, pictures: Sequence[NDArray[np.uint8]], minutes: float) -> Iterator[str]:
    """Trains it for that long, and says how it stands after every 50 steps."""
    rng = np.random.default_rng(0)
    optimizer = torch.optim.AdamW(learner.parameters(), RATE, weight_decay=0.02)
    begun, right, step = time.monotonic(), 0, 0
    while (along := (time.monotonic() - begun) / (60 * minutes)) < 1:
        step += 1
        for group in optimizer.param_groups:
            fall = max(0.02, 0.5 * (1 + math.cos(math.pi * along)))
            group["lr"] = RATE * min(1, step / 50) * fall
        pieces, which, spoiled = batch(pictures, rng)
        with torch.autocast("cpu", torch.bfloat16):
            said, strengths = learner(pieces)
        loss = F.cross_entropy(said.float(), which, label_smoothing=0.1)
        loss = loss + SPOILT * F.smooth_l1_loss(strengths.float(), spoiled)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learner.parameters(), 5.0)
        optimizer.step()
        right += int((said.argmax(1) == which).sum())
        if step % 50 == 0:
            yield f"step {step}: {100 * right / (50 * BATCH):.0f} % told right"
            right = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--leave-out", nargs="*", default=[], help="files that it does not see")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--out", type=Path, default=Path("runs/learnt"))
    words = parser.parse_args()
    pictures = [
        np.round(to_channels(picture.pixels, 3) * 255).astype(np.uint8)
        for folder in words.folders
        for name, picture in Folder(folder)
        if name not in words.leave_out
    ]
    torch.manual_seed(0)
    restorer = Restorer(ARCH)
    assert isinstance(restorer.net, Encoder)
    learner = Learner(restorer.net, len(pictures))
    for line in learn(learner, pictures, words.minutes):
        print(line, flush=True)
    learner.learnt()
    words.out.mkdir(parents=True, exist_ok=True)
    restorer.save(words.out / "encoder.safetensors", CARD)
    print(f"{words.out}: of {len(pictures)} pictures")


if __name__ == "__main__":
    main()
