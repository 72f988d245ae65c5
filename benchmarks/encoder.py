"""An encoder learnt from pictures without labels and without a gradient.

Layer by layer, the patches that come into a layer are whitened and gathered into as many clusters
as it has channels, and the clusters' middles are its filters.

python -m benchmarks.encoder ../shared/data/train/bsd ../shared/data/train/photos --out runs/encoder

Writes encoder.safetensors there, in a minute or two: what losses look through (`network:`).
Sources: Coates and Ng, "Learning feature representations with k-means", 2012; Kraehenbuehl et al.,
"Data-dependent initializations of convolutional neural networks", ICLR 2016. Zhang et al. (CVPR
2018) found distances between such features nearly as close to what people see as those between
features of trained networks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from burnish.ground.channels import to_channels
from burnish.ground.resize import resize
from burnish.study.evaluate import Folder
from burnish.training.networks.archs.encoder import Encoder
from burnish.training.networks.restorer import Restorer
from burnish.training.parts.build import Spec

#: the side of the piece that is cut out of a picture, and patches that a layer is made of
SIDE, PATCHES = 112, 30_000
#: how far whitening goes: this times the mean variance is added to each
EVEN = 0.05
#: rounds of gathering
ROUNDS = 12
#: how much least squares are held back, of the mean strength of what a layer sees
RIDGE = 1e-4
#: the share of places where a filter is above 0
ACTIVE = 0.4
CARD = {
    "task": "features of photographs, for perceptual losses and style",
    "training_data": "BSDS500 without CBSD68 (429 pictures, for research and education), CID22 "
    "(CC BY-SA 4.0) and CLIC 2025 (Unsplash) (226 pictures), of which pieces were clustered",
    "licence": "Apache-2.0",
    "flaws": "It was told of no objects: it knows edges, colours and textures, and no faces.",
}


def pieces(folders: Sequence[Path], every: int, rng: np.random.Generator) -> Tensor:
    """A piece of every n-th picture, at its size or at half of it. [N, 3, SIDE, SIDE]"""
    found = []
    for folder in folders:
        for number, (_, picture) in enumerate(Folder(folder)):
            pixels = to_channels(picture.pixels, 3)
            if number % every or min(pixels.shape[-2:]) < 2 * SIDE:
                continue
            if rng.random() < 0.5:
                pixels = resize(pixels, pixels.shape[-2] // 2, pixels.shape[-1] // 2)
            top, left = (int(rng.integers(0, side - SIDE + 1)) for side in pixels.shape[-2:])
            found.append(pixels[..., top : top + SIDE, left : left + SIDE])
    return torch.from_numpy(np.concatenate(found))


@torch.no_grad()
def fill(encoder: Encoder, pictures: Tensor, generator: torch.Generator) -> None:
    """Gives each convolution of the scales its filters, the first one first."""
    seen = pictures - 0.5
    for layer in _layers(encoder):
        if isinstance(layer, nn.Conv2d):
            _fill(layer, seen, generator)
        seen = torch.cat([layer(part) for part in torch.split(seen, 16)])
    pixels = nn.functional.pixel_unshuffle(pictures - 0.5, encoder.multiple)
    _solve(encoder.back, seen, pixels)


def _solve(layer: nn.Conv2d, seen: Tensor, wanted: Tensor) -> None:
    """Makes a 1x1 layer the one that gives what is wanted of what it sees, by least squares."""
    given = seen.movedim(1, -1).flatten(0, -2).double()
    given = torch.cat([given, torch.ones_like(given[:, :1])], 1)
    square = given.T @ given
    ridge = RIDGE * square.diagonal().mean() * torch.eye(len(square))
    aims = wanted.movedim(1, -1).flatten(0, -2).double()
    found = torch.linalg.solve(square + ridge, given.T @ aims)
    layer.weight.copy_(found[:-1].T[..., None, None])
    assert layer.bias is not None
    layer.bias.copy_(found[-1])


def _layers(encoder: Encoder) -> Iterator[nn.Module]:
    for scale in encoder.scales:
        assert isinstance(scale, nn.Sequential)
        yield from scale


def _fill(layer: nn.Conv2d, seen: Tensor, generator: torch.Generator) -> None:
    """Makes a layer's filters the clusters of what comes into it, of even strength."""
    patches = _patches(seen, generator)
    mean = patches.mean(0)
    whiten = _whitening(patches - mean)
    middles = _clusters((patches - mean) @ whiten, layer.out_channels, generator)
    filters = middles @ whiten
    answers = (patches - mean) @ filters.T
    least = torch.quantile(answers, 1 - ACTIVE, dim=0)
    spread = (answers - least).relu().std(0) + 1e-6
    layer.weight.copy_((filters / spread[:, None]).view_as(layer.weight))
    assert layer.bias is not None
    layer.bias.copy_(-(filters @ mean + least) / spread)


def _patches(seen: Tensor, generator: torch.Generator) -> Tensor:
    """Patches of 3x3 from anywhere but the borders. [N, C, H, W] -> [PATCHES, 9 C]"""
    batch, _, height, width = seen.shape
    which = torch.randint(batch, (PATCHES,), generator=generator)
    top = torch.randint(height - 2, (PATCHES,), generator=generator)
    left = torch.randint(width - 2, (PATCHES,), generator=generator)
    rows = top[:, None, None] + torch.arange(3)[None, :, None]
    columns = left[:, None, None] + torch.arange(3)[None, None, :]
    found = seen[which[:, None, None], :, rows, columns]
    return found.permute(0, 3, 1, 2).reshape(PATCHES, -1).contiguous()


def _whitening(centred: Tensor) -> Tensor:
    """The matrix that makes directions of patches alike in strength, as far as EVEN says."""
    covariance = centred.T @ centred / len(centred)
    values, vectors = torch.linalg.eigh(covariance)
    strength = (values.clamp_min(0) + EVEN * values.clamp_min(0).mean()).rsqrt()
    whiten: Tensor = vectors * strength @ vectors.T
    return whiten


def _clusters(patches: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """The middles of clusters by direction (spherical k-means), of length 1.

    [N, D] -> [count, D]
    """
    middles = nn.functional.normalize(
        torch.randn(count, patches.shape[1], generator=generator), dim=1
    )
    for _ in range(ROUNDS):
        answers = patches @ middles.T
        strongest, which = answers.max(1)
        sums = torch.zeros_like(middles).index_add_(0, which, patches * strongest[:, None])
        middles = nn.functional.normalize(sums + middles, dim=1)
    return middles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/encoder"))
    parser.add_argument("--every", type=int, default=8, help="one of so many pictures")
    words = parser.parse_args()
    pictures = pieces(words.folders, words.every, np.random.default_rng(0))
    torch.manual_seed(0)
    encoder = Restorer(Spec("Encoder", {}))
    assert isinstance(encoder.net, Encoder)
    fill(encoder.net, pictures, torch.Generator().manual_seed(0))
    words.out.mkdir(parents=True, exist_ok=True)
    encoder.save(words.out / "encoder.safetensors", CARD)
    print(f"{words.out}: of {len(pictures)} pictures")


if __name__ == "__main__":
    main()
