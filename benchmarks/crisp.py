"""Where the dial `crisp` should end: the perceptual distance along it, on pictures that were left
out of training, and the file whose way ends where it is least.

python -m benchmarks.crisp runs/x4/upscale-x4.safetensors recipes/upscale-x4.yaml --out FILE

The dial is a straight line of filters, so a shorter way is its far end times a share. The distance
is that of benchmarks.upscale: SqueezeNet's, which no training looks through.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch

from benchmarks.markdown import rows
from benchmarks.upscale import Enlarge, eight_bits, made_small, measured
from burnish.contract import Array
from burnish.ground.channels import to_channels
from burnish.metrics import METRICS
from burnish.study.evaluate import Folder
from burnish.training.losses.likeness import likeness
from burnish.training.networks.dials.spline_bank import SplineBank
from burnish.training.networks.restorer import Restorer
from burnish.training.recipe.file import load as load_recipe

#: shares of the way that are looked at, and the side of the piece of each picture that is
SHARES, SIDE = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0), 384


def left_out(recipe: Path, scale: int) -> Iterator[tuple[Array, Array]]:
    """(small, clean) of the middles of the pictures that a recipe leaves out."""
    data = load_recipe(recipe).data
    for folder in data.folders:
        for name, picture in Folder(Path(folder)):
            if name in data.leave_out:
                clean = to_channels(picture.pixels, 3)
                top, left = (max(0, side - SIDE) // 2 for side in clean.shape[-2:])
                yield made_small(clean[..., top : top + SIDE, left : left + SIDE], scale)


def at(restorer: Restorer, share: float) -> Enlarge:
    """How a network enlarges a share of the way along its last dial, the others at their lows."""
    dials = restorer.contract.dials
    level = torch.tensor([dial.low for dial in dials])
    level[-1] = dials[-1].low + share * (dials[-1].high - dials[-1].low)

    @torch.no_grad()
    def enlarge(small: Array) -> Array:
        large = restorer(torch.from_numpy(small), level.view(1, -1, 1, 1))
        return eight_bits(large.numpy())

    return enlarge


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, help="the file with the shorter way")
    words = parser.parse_args()
    restorer = Restorer.load(words.model).eval()
    scale, dial = restorer.contract.scale, restorer.contract.dials[-1]
    bank = restorer.net
    if dial.name != "crisp" or not isinstance(bank, SplineBank):
        parser.error(f"{words.model}: its last dial is no `crisp` on a line of filters")
    squeezenet = str(words.data / "weights" / "squeezenet11_features.pth")
    found = measured(
        left_out(words.recipe, scale),
        {f"{share:g}": at(restorer, share) for share in SHARES},
        {
            "psnr-y": METRICS["psnr-y"].function,
            "distance": partial(likeness(file=squeezenet).function),
        },
        scale,
    )
    body = [[name, f"{one['psnr-y']:.2f}", f"{one['distance']:.3f}"] for name, one in found.items()]
    print("\n".join(rows(["share of the way", "PSNR", "perceptual distance"], body)))
    best = min(found, key=lambda name: found[name]["distance"])
    if words.out:
        with torch.no_grad():
            for change in bank.bank[-1]:
                change.mul_(float(best))
        restorer.save(words.out, restorer.card)
        print(f"{words.out}: its way ends at {best} of what it was")


if __name__ == "__main__":
    main()
