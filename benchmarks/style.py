"""Paintings: what the training of `style` begins with, and how near it and `style-any` come.

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

python -m benchmarks.style any recipes/style.yaml ../shared/data/style/*.jpg [--pictures 10] ...

Measures `style-any` in the same way, with each of these paintings as large as the recipe has its
own; there are no weights to be measured. --write keeps it in benchmarks/results/style_any.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.ship import weights_digest
from burnish.contract import Dial
from burnish.ground.evened import MEAN, SPREAD, evened
from burnish.ground.files import atomic_write
from burnish.images import from_array
from burnish.inference.zoo import load
from burnish.pipeline import ask
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

RESULTS = {
    "measure": Path("benchmarks/results/style.json"),
    "any": Path("benchmarks/results/style_any.json"),
}
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


@dataclass(frozen=True)
class Ground:
    """What is measured on, and against what."""

    #: the recipe, as its file has it
    recipe: Mapping[str, Any]
    #: the middles of pictures, [1, 3, H, W] each
    pictures: Sequence[Tensor]
    #: what the distances are seen through
    seen: FeatureExtractor
    #: steps of L-BFGS
    steps: int

    @classmethod
    def of(cls, recipe: Path, data: Path, count: int, steps: int, side: int) -> Ground:
        """So many pictures of kodak24, of which the middle of `side` pixels counts.

        Paintings are twice as large: their strokes are those of a picture of that size.
        """
        seen = FeatureExtractor(
            "SqueezeNet", STYLE, str(data / "weights" / "squeezenet11_features.pth")
        )
        some = list(Folder(data / "test" / "kodak24"))[:: max(1, 24 // count)][:count]
        pictures = [torch.from_numpy(np.array(middle(one.pixels, side))) for _, one in some]
        record = load_yaml(recipe)
        record["loss"]["args"]["side"] = 2 * side
        return cls(record, pictures, seen, steps)

    @property
    def about(self) -> dict[str, Any]:
        """What a record says of it."""
        side = self.pictures[0].shape[-1]
        known = {"pictures": len(self.pictures), "side": side, "steps": self.steps}
        return {**known, "processor": processor()}

    @property
    def size(self) -> int:
        """The shorter side of a painting in pixels."""
        return int(self.recipe["loss"]["args"]["side"])


def measure(ground: Ground, weights: Path) -> dict[str, Any]:
    """All figures of a trained network, as a record."""
    restorer = Restorer.load(weights)
    args = ground.recipe["loss"]["args"]
    found = {}
    for mix, file in ((0.0, args["pictures"][0]), (100.0, args["pictures"][-1])):
        level = torch.full((1, 1, 1, 1), mix)
        found[f"mix={mix:g}"] = _rows(
            ground, Path(file), {"style": partial(restorer, level=level)}, args["pictures"], level
        )
    bend = max(_bend(restorer, picture) for picture in ground.pictures)
    about = {"weights": weights_digest(weights), **ground.about}
    return {**about, "ends": found, "second difference": bend}


def measure_any(ground: Ground, paintings: Sequence[Path]) -> dict[str, Any]:
    """The figures of `style-any` with each of these paintings, as a record."""
    found = {}
    for file in paintings:
        model = load(f"style-any:{file}")
        strokes = 100 * ground.size / ground.pictures[0].shape[-1]

        def paint(picture: Tensor, model: Any = model, strokes: float = strokes) -> Tensor:
            pixels = np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy())
            asked = ask(model.contract, {"strokes": strokes})
            return torch.from_numpy(model.restore(from_array(pixels), asked).picture.pixels)

        level = torch.zeros(1, 1, 1, 1)
        both = [str(file), str(file)]
        found[file.stem] = _rows(ground, file, {"style-any": paint}, both, level)
        print(file.stem, json.dumps(found[file.stem], indent=1), flush=True)
    return {**ground.about, "paintings": found}


def _rows(
    ground: Ground,
    file: Path,
    ways: Mapping[str, Callable[[Tensor], Tensor]],
    paintings: Sequence[str],
    level: Tensor,
) -> dict[str, dict[str, float]]:
    """The figures of one painting, by what it is painted with."""
    wanted = painting(file, ground.size)
    with torch.no_grad():
        grams = {name: gram(value) for name, value in ground.seen(wanted).items()}
    weight, bias = colours(wanted)
    rows: dict[str, list[tuple[float, float]]] = {}
    for picture in ground.pictures:
        even = torch.from_numpy(evened(picture.numpy()))
        with torch.no_grad():
            results = {
                "as it came": picture,
                "colours alone": nn.functional.conv2d(even - MEAN, weight, bias) + MEAN,
                **{name: way(picture) for name, way in ways.items()},
            }
        results["L-BFGS"] = optimised(ground, paintings, picture, level)
        for name, result in results.items():
            rows.setdefault(name, []).append(_distances(ground.seen, grams, result, picture))
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


def optimised(ground: Ground, paintings: Sequence[str], picture: Tensor, level: Tensor) -> Tensor:
    """The picture with its pixels moved to make the recipe's loss small, by L-BFGS."""
    spec = dict(ground.recipe["loss"])
    spec["args"] = {**spec["args"], "pictures": list(paintings)}
    loss = make_loss(Spec.parse(spec))
    pixels = picture.clone().contiguous().requires_grad_()
    optimizer = torch.optim.LBFGS([pixels], max_iter=ground.steps, history_size=20)

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
    parser.add_argument("what", choices=["begin", "measure", "any"])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("files", type=Path, nargs="+", metavar="WEIGHTS|PAINTING")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pictures", type=int, default=10)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--write", action="store_true")
    words = parser.parse_args()
    if words.what == "begin":
        begin(words.recipe, words.files[0])
        return
    ground = Ground.of(words.recipe, words.data, words.pictures, words.steps, words.side)
    if words.what == "any":
        found = measure_any(ground, words.files)
    else:
        found = measure(ground, words.files[0])
    print(json.dumps(found, indent=1))
    if words.write:
        atomic_write(RESULTS[words.what], (json.dumps(found, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
