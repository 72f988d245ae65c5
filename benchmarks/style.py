"""Paintings: how near `style` and `style-any` come to them.

python -m benchmarks.style any recipes/style.yaml ../shared/data/style/*.jpg
    [--data ../shared/data] [--pictures 10] [--steps 300] [--side 128] [--write]

Measures, on the middle of that many pictures of kodak24, the distance of the Gram matrices from the
painting's and of the content from the picture's, through SqueezeNet, which no training saw: of
`style-any` with each of these paintings, which are twice as large as the middles. Beside it stand
the picture as it came, the map of colours alone, and L-BFGS on the picture's own pixels for so many
steps, with the loss of the recipe. --write keeps it in benchmarks/results/style_any.json.

python -m benchmarks.style measure recipes/style.yaml burnish/weights/style.safetensors [...]

Measures a network in the same way at either end of its dial, and how straight the dial's path is.
It takes along what the former has of these paintings. --write keeps it in
benchmarks/results/style.json.
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
from benchmarks.strokes import colours
from burnish.contract import predict
from burnish.ground.evened import MEAN, evened
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
from burnish.training.networks.restorer import Restorer
from burnish.training.networks.torch_backend import runner
from burnish.training.parts.build import Spec
from burnish.training.parts.features import FeatureExtractor
from burnish.training.recipe.file import load_yaml

RESULTS = {
    "measure": Path("benchmarks/results/style.json"),
    "any": Path("benchmarks/results/style_any.json"),
}
#: SqueezeNet's layers whose Gram matrices are compared, and the one that says what is content
STYLE, CONTENT = ("relu1", "fire2", "fire3", "fire5"), "fire5"
#: {what paints: how}, and {what paints: {"style": distance, "content": distance}}
Ways = Mapping[str, Callable[[Tensor], Tensor]]
Rows = dict[str, dict[str, float]]
#: steps along the dial on which its straightness is measured
STOPS = 11


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

    def known(self, file: Path) -> Rows:
        """What was found of a painting before, by `any`; nothing where that was not measured so."""
        kept = RESULTS["any"]
        record = json.loads(kept.read_text()) if kept.exists() else {}
        same = all(record.get(name) == self.about[name] for name in ("pictures", "side", "steps"))
        rows: Rows = record["paintings"].get(file.stem, {}) if same else {}
        return rows

    @property
    def size(self) -> int:
        """The shorter side of a painting in pixels."""
        return int(self.recipe["loss"]["args"]["side"])


def measure(ground: Ground, weights: Path) -> dict[str, Any]:
    """All figures of a network, beside what is known of its paintings, as a record."""
    restorer = Restorer.load(weights)
    args = ground.recipe["loss"]["args"]
    found = {}
    for mix, file in ((0.0, args["pictures"][0]), (100.0, args["pictures"][-1])):
        ways = {"style": partial(painted_by, restorer, mix)}
        found[f"mix={mix:g}"] = ground.known(Path(file)) | _rows(ground, Path(file), ways)
    bend = max(_bend(restorer, picture) for picture in ground.pictures)
    about = {"weights": weights_digest(weights), **ground.about}
    return {**about, "ends": found, "second difference": bend}


def measure_any(ground: Ground, paintings: Sequence[Path]) -> dict[str, Any]:
    """The figures of `style-any` with each of these paintings, as a record."""
    found = {}
    for file in paintings:
        wanted = colours(painting(file, ground.size))
        ways: dict[str, Callable[[Tensor], Tensor]] = {
            "as it came": lambda picture: picture,
            "colours alone": partial(coloured, wanted=wanted),
            "style-any": partial(painted_after, ground, load(f"style-any:{file}")),
            "L-BFGS": partial(optimised, ground, file),
        }
        found[file.stem] = _rows(ground, file, ways)
        print(file.stem, json.dumps(found[file.stem], indent=1), flush=True)
    return {**ground.about, "paintings": found}


def painted_after(ground: Ground, model: Any, picture: Tensor) -> Tensor:
    """The picture painted after a painting, with strokes as large as those that are measured."""
    strokes = 100 * ground.size / picture.shape[-1]
    pixels = np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy())
    asked = ask(model.contract, {"strokes": strokes})
    return torch.from_numpy(model.restore(from_array(pixels), asked).picture.pixels)


def coloured(picture: Tensor, wanted: tuple[Tensor, Tensor]) -> Tensor:
    """The picture's colours, evened, by the linear map of a painting's."""
    even = torch.from_numpy(evened(picture.numpy()))
    return nn.functional.conv2d(even - MEAN, *wanted) + MEAN


def painted_by(restorer: Restorer, mix: float, picture: Tensor) -> Tensor:
    """What a network makes of a picture of any size."""
    level = np.full((1, 1, 1, 1), mix, np.float32)
    even = evened(picture.numpy())
    return torch.from_numpy(predict(runner(restorer), restorer.contract, even, level))


def _rows(ground: Ground, file: Path, ways: Ways) -> Rows:
    """The figures of one painting, by what it is painted with."""
    wanted = painting(file, ground.size)
    with torch.no_grad():
        grams = {name: gram(value) for name, value in ground.seen(wanted).items()}
    rows: dict[str, list[tuple[float, float]]] = {}
    for picture in ground.pictures:
        for name, way in ways.items():
            row = _distances(ground.seen, grams, way(picture), picture)
            rows.setdefault(name, []).append(row)
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


def optimised(ground: Ground, file: Path, picture: Tensor) -> Tensor:
    """The picture with its pixels moved to make the recipe's loss small, by L-BFGS."""
    spec = dict(ground.recipe["loss"])
    spec["args"] = {**spec["args"], "pictures": [str(file)]}
    loss = make_loss(Spec.parse(spec))
    pixels = picture.clone().contiguous().requires_grad_()
    optimizer = torch.optim.LBFGS([pixels], max_iter=ground.steps, history_size=20)
    level = torch.zeros(1, 1, 1, 1)

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
    along = [painted_by(restorer, float(mix), picture) for mix in np.linspace(0, 100, STOPS)]
    bends = [
        (before - 2 * here + after).square().mean().sqrt()
        for before, here, after in zip(along, along[1:], along[2:], strict=False)
    ]
    return float(max(bends) / (along[-1] - along[0]).square().mean().sqrt())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["any", "measure"])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("files", type=Path, nargs="+", metavar="WEIGHTS|PAINTING")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pictures", type=int, default=10)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--write", action="store_true")
    words = parser.parse_args()
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
