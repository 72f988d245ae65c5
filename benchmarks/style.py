"""The model `style`: what its training begins with, and how near it comes to its paintings.

python -m benchmarks.style begin recipes/style.yaml runs/style/begin.safetensors

Writes a fresh network whose linear map of colours is that of the recipe's paintings, which is known
without training: evened colours get the mean and the covariance of the first one at one end of the
dial, of the last at the other.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from burnish.contract import Dial
from burnish.ground.evened import MEAN, SPREAD
from burnish.training.losses.style import painting
from burnish.training.networks.archs.painter import Painter
from burnish.training.networks.dials.spline_bank import SplineBank
from burnish.training.networks.initialise import initialise
from burnish.training.networks.restorer import Restorer
from burnish.training.parts.build import Spec
from burnish.training.recipe.file import load_yaml


@torch.no_grad()
def begin(recipe: Path, target: Path) -> None:
    """Writes the network that the recipe's training begins with."""
    record = load_yaml(recipe)
    dials = tuple(Dial(**dial) for dial in record["dials"])
    restorer = Restorer(Spec.parse(record["arch"]), dials)
    initialise(restorer.net, "kaiming", torch.Generator().manual_seed(0))
    bank = restorer.net
    assert isinstance(bank, SplineBank)
    assert isinstance(bank.base, Painter)
    args = record["loss"]["args"]
    maps = [colours(painting(Path(file), args["side"])) for file in args["pictures"]]
    parameters = dict(bank.base.named_parameters())
    for name, first, last in zip(("weight", "bias"), maps[0], maps[-1], strict=True):
        parameters[f"colours.{name}"].copy_(first)
        place = bank.names.index(f"colours.{name}")
        # Points that lie evenly on a straight line make the curve that line.
        for number, point in enumerate(bank.bank, 1):
            point[place].copy_((last - first) * number / len(bank.bank))
    target.parent.mkdir(parents=True, exist_ok=True)
    restorer.save(target, {"task": "colours alone"})


def colours(picture: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of the 1x1 convolution that gives evened colours those of a picture."""
    pixels = picture[0].flatten(1).double()
    values, vectors = torch.linalg.eigh(torch.cov(pixels))
    matrix = vectors * values.clamp_min(0).sqrt() @ vectors.T / SPREAD
    return matrix.float()[..., None, None], (pixels.mean(1) - MEAN).float()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["begin"])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("target", type=Path)
    words = parser.parse_args()
    begin(words.recipe, words.target)


if __name__ == "__main__":
    main()
