"""The model `style`: what its training begins with, and how near it comes to its paintings.

python -m benchmarks.style begin recipes/style.yaml runs/style/begin.safetensors

Writes a fresh network whose linear map of colours is that of the recipe's paintings, which is known
without training: evened colours get the mean and the covariance of the first one at one end of the
dial, of the last at the other.

python -m benchmarks.style measure recipes/style.yaml burnish/weights/style.safetensors
    [--data ../shared/data] [--pictures 10] [--steps 300] [--side 256] [--write]

Measures, on the middle of that many pictures of kodak24, at either end of the dial: the distance of
the Gram matrices from the painting's and of the content from the picture's, through SqueezeNet,
which no training saw. Beside the model stand the picture as it came, the map of colours alone, and
L-BFGS on the picture's own pixels for so many steps, with the loss that the model was trained with.
And how straight the path of the dial is. --write keeps it in benchmarks/results/style.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.ship import weights_digest
from burnish.contract import Dial
from burnish.ground.evened import MEAN, SPREAD, evened
from burnish.ground.files import atomic_write
from burnish.study.dial.smooth import middle
from burnish.study.evaluate import Folder
from burnish.study.machine import processor
from burnish.training.losses import make_loss
from burnish.training.losses.gram import gram
from burnish.training.losses.style import painting
from burnish.training.networks.archs.painter import Painter
from burnish.training.networks.dials.spline_bank import SplineBank
from burnish.training.networks.initialise import initialise
from burnish.training.networks.restorer import Restorer
from burnish.training.parts.build import Spec
from burnish.training.parts.features import FeatureExtractor
from burnish.training.recipe.file import load_yaml

RESULTS = Path("benchmarks/results/style.json")
#: SqueezeNet's layers whose Gram matrices are compared, and the one that says what is content
STYLE, CONTENT = ("relu1", "fire2", "fire3", "fire5"), "fire5"
#: steps along the dial on which its straightness is measured
STOPS = 11


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


def measure(recipe: Path, weights: Path, data: Path, count: int, steps: int, side: int) -> Any:
    """All figures, as a record."""
    record = load_yaml(recipe)
    restorer = Restorer.load(weights)
    args = record["loss"]["args"]
    seen = FeatureExtractor(
        "SqueezeNet", STYLE, str(data / "weights" / "squeezenet11_features.pth")
    )
    pictures = [
        torch.from_numpy(np.array(middle(picture.pixels, side)))
        for _, picture in list(Folder(data / "test" / "kodak24"))[:: max(1, 24 // count)][:count]
    ]
    ends = {"0": args["pictures"][0], "100": args["pictures"][-1]}
    found: dict[str, Any] = {
        f"mix={end}": _end(Path(file), float(end), record, restorer, seen, pictures, steps)
        for end, file in ends.items()
    }
    return {
        "weights": weights_digest(weights),
        "pictures": len(pictures),
        "side": side,
        "steps": steps,
        "processor": processor(),
        "ends": found,
        "second difference": max(_bend(restorer, picture) for picture in pictures),
    }


def _end(
    file: Path,
    mix: float,
    record: Mapping[str, Any],
    restorer: Restorer,
    seen: FeatureExtractor,
    pictures: list[Tensor],
    steps: int,
) -> dict[str, dict[str, float]]:
    """The figures of one end of the dial, by what stands beside it."""
    wanted = painting(file, record["loss"]["args"]["side"])
    with torch.no_grad():
        grams = {name: gram(value) for name, value in seen(wanted).items()}
    level = torch.full((1, 1, 1, 1), mix)
    weight, bias = colours(wanted)
    rows: dict[str, list[tuple[float, float]]] = {}
    for picture in pictures:
        even = torch.from_numpy(evened(picture.numpy()))
        with torch.no_grad():
            results = {
                "as it came": picture,
                "colours alone": nn.functional.conv2d(even - MEAN, weight, bias) + MEAN,
                "style": restorer(picture, level),
            }
        results["L-BFGS"] = optimised(record, picture, level, steps)
        for name, result in results.items():
            rows.setdefault(name, []).append(_distances(seen, grams, result, picture))
    return {
        name: {
            "style": float(np.mean([style for style, _ in row])),
            "content": float(np.mean([content for _, content in row])),
        }
        for name, row in rows.items()
    }


@torch.no_grad()
def _distances(
    seen: FeatureExtractor, grams: Mapping[str, Tensor], result: Tensor, picture: Tensor
) -> tuple[float, float]:
    """How far a result, as a file holds it, is from the painting's style, and in content.

    Style is the mean over layers of the squared distance of Gram matrices over the squared size of
    the painting's; content that of activations over the variance of the picture's.
    """
    found = seen(result.clamp(0, 1))
    kept = seen(picture)[CONTENT]
    style = [
        float((gram(found[name]) - wanted).square().sum() / wanted.square().sum())
        for name, wanted in grams.items()
    ]
    return float(np.mean(style)), float((found[CONTENT] - kept).square().mean() / kept.var())


def optimised(record: Mapping[str, Any], picture: Tensor, level: Tensor, steps: int) -> Tensor:
    """The picture with its pixels moved to make the recipe's loss small, by L-BFGS."""
    loss = make_loss(Spec.parse(record["loss"]))
    pixels = picture.clone().contiguous().requires_grad_()
    optimizer = torch.optim.LBFGS([pixels], max_iter=steps, history_size=20)

    def closure() -> float:
        optimizer.zero_grad()
        value = torch.stack(list(loss.terms(pixels, picture, None, level).values())).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return pixels.detach()


@torch.no_grad()
def _bend(restorer: Restorer, picture: Tensor) -> float:
    """The largest second difference along the dial over the distance of its ends, both as RMS."""
    along = [
        restorer(picture, torch.full((1, 1, 1, 1), float(mix)))
        for mix in np.linspace(0, 100, STOPS)
    ]
    bends = [
        (before - 2 * here + after).square().mean().sqrt()
        for before, here, after in zip(along, along[1:], along[2:], strict=False)
    ]
    return float(max(bends) / (along[-1] - along[0]).square().mean().sqrt())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["begin", "measure"])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pictures", type=int, default=10)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--write", action="store_true")
    words = parser.parse_args()
    if words.what == "begin":
        begin(words.recipe, words.weights)
        return
    found = measure(
        words.recipe, words.weights, words.data, words.pictures, words.steps, words.side
    )
    print(json.dumps(found, indent=1))
    if words.write:
        atomic_write(RESULTS, (json.dumps(found, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
