"""Table C of docs/dials.md: a dial between two objectives, and between two painting styles, by
several methods at one budget; and the strips to look at.

python -m benchmarks.dials_c [--part objective|style] [--only ROW] [--out runs/dials_c] [--write]
# trains what is not trained yet, measures, draws python -m benchmarks.dials_c --page
# the tables of docs/dials.md, of the committed results

Along the dial: both losses that the ends were trained on (the mean over pictures), the cast (how
far the mean colour is off the straight line between the ends, in 8-bit steps, the worst of channels
and pictures), and the detail (mean gradient, over that of the weaker end: below 1 the middle
collapses). --write keeps results in benchmarks/results/dials_c.json and the strips in
docs/studies/dials_c/.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.dial_rows import trained
from benchmarks.markdown import put, rows
from burnish.contract import Array, predict
from burnish.ground.files import atomic_write
from burnish.ground.resize import resize
from burnish.report.sheet import Cell, sheet
from burnish.study.dial.smooth import middle, variation
from burnish.study.evaluate import Folder
from burnish.study.machine import processor
from burnish.training.losses import make_loss
from burnish.training.networks.cost import multiply_adds, parameters
from burnish.training.networks.restorer import Restorer
from burnish.training.networks.torch_backend import runner
from burnish.training.parts.build import Spec
from burnish.training.recipe.file import load_yaml

STUDY, RESULTS, DOC, STRIPS = (
    Path("studies/dials_c.yaml"),
    Path("benchmarks/results/dials_c.json"),
    Path("docs/dials.md"),
    Path("docs/studies/dials_c"),
)
FORMAT = 1
STOPS = (0.0, 0.25, 0.5, 0.75, 1.0)
#: pictures that are measured and shown, and the side of the piece in their middle
PICTURES, SIDE = ("butterfly", "woman", "zebra", "lenna", "comic"), 224


def pieces(data: Path) -> list[Array]:
    """The middle of a few pictures of Set5 and Set14. [1, 3, SIDE, SIDE]"""
    found = {
        Path(name).stem.lower().removesuffix("_gt"): picture.pixels
        for part in ("set5", "set14")
        for name, picture in Folder(data / "test" / part)
    }
    chosen = [found[name] for name in PICTURES if name in found] or list(found.values())[:4]
    return [
        middle(picture, SIDE)
        for picture in chosen
        if picture.shape[1] == 3 and min(picture.shape[-2:]) >= SIDE
    ]


def along(restorer: Restorer, image: Array) -> list[Array]:
    """The picture at every stop of the dial; at the one end where there is none."""
    run, contract = runner(restorer), restorer.contract
    if not contract.dials:
        return [predict(run, contract, image)]
    return [
        predict(run, contract, image, np.full((1, 1, 1, 1), stop, np.float32)) for stop in STOPS
    ]


def measured(
    name: str, restorer: Restorer, ends: Mapping[str, Any], clean: list[Array]
) -> dict[str, Any]:
    """Figures at every stop; the pictures go to the strip."""
    results = [along(restorer, spoiled(restorer, one)) for one in clean]
    losses = {
        end: [
            float(
                np.mean(
                    [
                        _loss(loss, result[i], one)
                        for result, one in zip(results, clean, strict=True)
                    ]
                )
            )
            for i in range(len(results[0]))
        ]
        for end, loss in ends.items()
    }
    record = {
        "name": name,
        "parameters": parameters(restorer),
        "multiply_adds": multiply_adds(restorer),
        "losses": losses,
    }
    if restorer.contract.dials:
        record["cast"] = max(_cast(result) for result in results)
        record["detail"] = min(_detail(result) for result in results)
    return record


def spoiled(restorer: Restorer, clean: Array) -> Array:
    """What the network is given of a clean picture."""
    scale = restorer.contract.scale
    return (
        clean if scale == 1 else resize(clean, clean.shape[-2] // scale, clean.shape[-1] // scale)
    )


def _loss(loss: Any, restored: Array, clean: Array) -> float:
    with torch.no_grad():
        return float(loss(torch.from_numpy(np.array(restored)), torch.from_numpy(np.array(clean))))


def _cast(result: list[Array]) -> float:
    """How far mean colours lie off the line between the ends, in 8-bit steps."""
    means = [picture.mean((0, 2, 3)) for picture in result]
    return max(
        float(np.abs(mean - ((1 - t) * means[0] + t * means[-1])).max()) * 255
        for t, mean in zip(STOPS, means, strict=True)
    )


def _detail(result: list[Array]) -> float:
    """The least mean gradient along the dial, over that of the weaker end."""
    gradients = [variation(picture) for picture in result]
    return min(gradients) / min(gradients[0], gradients[-1])


def strip(path: Path, clean: list[Array], found: Mapping[str, Restorer]) -> Path:
    """Each method as a line for the first pictures, from one end of its dial to the other."""
    lines = []
    for picture in clean[:2]:
        for name, restorer in found.items():
            if not restorer.contract.dials:
                continue
            shown = [Cell(_visible(spoiled(restorer, picture), restorer.contract.scale), "given")]
            for stop, result in zip(
                STOPS, along(restorer, spoiled(restorer, picture)), strict=True
            ):
                shown.append(Cell(_visible(result), f"{name}, {stop:g}"))
            lines.append(shown)
    return sheet(lines, path, SIDE)


def _visible(picture: Array, times: int = 1) -> Any:
    return (
        np.rint(np.clip(picture[0], 0, 1) * 255)
        .astype(np.uint8)
        .transpose(1, 2, 0)
        .repeat(times, 0)
        .repeat(times, 1)
    )


def tables(record: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for part in record["parts"].values():
        first, second = part["ends"]
        body = []
        for one in part["rows"]:
            curves = [
                " ".join(f"{value:.3g}" for value in one["losses"][end]) for end in (first, second)
            ]
            shape = [f"{one['cast']:.1f}", f"{one['detail']:.2f}"] if "cast" in one else ["", ""]
            body.append(
                [
                    one["name"],
                    *curves,
                    *shape,
                    f"{one['parameters']:,}",
                    f"{one['multiply_adds'] / 1e6:.3f}",
                ]
            )
        heading = [
            part["title"],
            f"loss of {first}",
            f"loss of {second}",
            "cast",
            "least detail",
            "parameters",
            "MMACs a pixel",
        ]
        lines += [*rows(heading, body), ""]
    stops = ", ".join(f"{stop:g}" for stop in STOPS)
    return [
        *lines,
        (
            f"Losses at {stops} of the dial,\nmean over {record['pictures']} pieces of {SIDE} "
            "pixels "
            f"of Set5 and Set14.\n{record['processor']}, one core."
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=("objective", "style"))
    parser.add_argument("--only", help="one row")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/dials_c"))
    parser.add_argument("--write", action="store_true")
    parser.add_argument(
        "--page", action="store_true", help="the tables alone, of the committed results"
    )
    args = parser.parse_args()
    if args.page:
        print(put(DOC, "table C", tables(json.loads(RESULTS.read_text()))))
        return
    clean, parts = pieces(args.data), {}
    for part, study in load_yaml(STUDY).items():
        if args.part not in (None, part):
            continue
        names = [args.only] if args.only else list(study["rows"])
        restorers = {
            name: Restorer.load(trained(study, name, args.out / part, 0)) for name in names
        }
        first, second = list(study["rows"])[:2]
        specs = {first: study["recipe"]["loss"], second: study["rows"][second]["changes"]["loss"]}
        ends = {name: make_loss(Spec.parse(spec)) for name, spec in specs.items()}
        found = [measured(name, restorer, ends, clean) for name, restorer in restorers.items()]
        parts[part] = {"title": study["title"], "ends": [first, second], "rows": found}
        folder = STRIPS if args.write else args.out
        folder.mkdir(parents=True, exist_ok=True)
        if any(restorer.contract.dials for restorer in restorers.values()):
            print(strip(folder / f"{part}.jpg", clean, restorers))
    record = {"format": FORMAT, "processor": processor(), "pictures": len(clean), "parts": parts}
    print("\n".join(tables(record)))
    if args.write and not args.only and args.part is None:
        atomic_write(RESULTS, json.dumps(record, indent=1).encode())


if __name__ == "__main__":
    main()
