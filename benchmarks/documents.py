"""Scanned pages: `document` against the filters, on the pages that its recipe leaves out, and on
scans and photographs that it never saw.

python -m benchmarks.documents [--model document] [--write] [--drawn drawn.jpg] [--scans scans.jpg]

Figures on the held out pairs of `recipes/document.yaml` (six of 36 pages, four spoiled versions
each) and on old handwriting and print from the DIBCO contests, at full and half size; and the time
of our engine. --write keeps them in benchmarks/results/documents.json, from which `benchmarks.ship`
takes them into the card. --drawn and --scans draw ../shared/data/documents/hand_drawn and the
scans, before and after. --model: a file, in place of the shipped one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.ship import weights_digest
from burnish import images
from burnish.ground.channels import to_channels
from burnish.ground.files import atomic_write
from burnish.ground.resize import resize
from burnish.images import Picture
from burnish.inference.zoo import find, load
from burnish.metrics import METRICS
from burnish.metrics.artefacts import ARTEFACTS
from burnish.metrics.evaluate import Settings, evaluate_pairs
from burnish.report.sheet import Cell, sheet
from burnish.study.machine import processor
from burnish.study.rows import open_row
from burnish.training.recipe.file import load as load_recipe
from burnish.training.recipe.resolve import resolve
from burnish.training.step.feed import held_out
from burnish.training.step.initial import initial_network
from burnish.training.validation.validate import centre_crops

RESULTS, RECIPE, PAGES = (
    Path("benchmarks/results/documents.json"),
    Path("recipes/document.yaml"),
    Path("../shared/data/documents"),
)
DRAWN, SCANS = PAGES / "hand_drawn", PAGES / "binarization"
ROWS = ("document", "background-division", "sauvola", "otsu")
FIGURES = ("psnr", "rmse", "ssim", "f-measure", "drd")
OF_SCANS = ("f-measure", "drd")
NAMED = ("background", "background-noise", "stroke-thickness", "broken-lines")


def figures(model: str) -> dict[str, dict[str, float]]:
    """By the definition of each figure, every row's mean over the held out pairs, and then over the
    scans.
    """
    stage = resolve(load_recipe(RECIPE))[-1]
    contract = initial_network(stage).contract
    pictures = held_out(stage, contract, print)
    assert pictures is not None
    pairs: list[tuple[str, Picture, Picture, Settings]] = [
        (one.name, Picture(one.spoiled), Picture(one.clean), {})
        for one in centre_crops(pictures, None)
        if one.spoiled is not None
    ]
    scanned = {
        kind: list(scans(size))
        for size, kind in ((1.0, "DIBCO scans"), (0.5, "DIBCO scans at half the size"))
    }
    metrics = [*(METRICS[name] for name in FIGURES), *(ARTEFACTS[name] for name in NAMED)]
    found: dict[str, dict[str, float]] = {}
    for name in ROWS:
        row = open_row(model if name == "document" else name, device="cpu", precision="auto")
        table = evaluate_pairs(row, pairs, metrics)
        for metric, stamp in table.definitions().items():
            found.setdefault(stamp, {})[name] = round(table.mean(metric, {}), 4)
        found.setdefault("seconds a megapixel", {})[name] = round(
            table.mean("seconds", {}) / table.mean("megapixels", {}), 3
        )
        for kind, pages in scanned.items():
            table = evaluate_pairs(row, pages, [METRICS[metric] for metric in OF_SCANS])
            for metric, stamp in table.definitions().items():
                found.setdefault(f"{kind}, {stamp}", {})[name] = round(table.mean(metric, {}), 4)
    return found


def scanned_files() -> list[Path]:
    return sorted((SCANS / "source").glob("DIBCO*.png"))


def scans(size: float) -> Iterator[tuple[str, Picture, Picture, Settings]]:
    """The scans in grey beside what of them is ink, black on white, at a share of their size."""
    for file in scanned_files():
        pair = (
            to_channels(images.read(SCANS / side / file.name).pixels[:, :3], 1)
            for side in ("source", "target")
        )
        spoiled, truth = (
            part
            if size == 1
            else resize(part, round(part.shape[2] * size), round(part.shape[3] * size), "area")
            for part in pair
        )
        clean = np.where(truth < 128 / 255, 0, 1).astype(np.float32)
        yield file.name, Picture(spoiled), Picture(clean), {}


def draw(path: Path, files: list[Path], name: str) -> Path:
    """Pictures and what the model makes of them."""
    model, cells = load(name), []
    for file in files:
        picture = images.read(file)
        pixels, after = picture.pixels, model.restore(picture).picture.pixels
        cells.append(
            [
                Cell(np.rint(np.clip(p[0], 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0), words)
                for p, words in ((pixels, file.name), (after, "document"))
            ]
        )
    return sheet([[*a, *b] for a, b in zip(cells[::2], cells[1::2], strict=False)], path, 480)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--model", default="document")
    parser.add_argument("--drawn", type=Path)
    parser.add_argument("--scans", type=Path)
    args = parser.parse_args()
    for path, files in ((args.drawn, sorted(DRAWN.iterdir())), (args.scans, scanned_files())):
        if path:
            print(draw(path, files, args.model))
    if args.drawn or args.scans:
        return
    found = figures(args.model)
    for stamp, row in found.items():
        print(stamp, "  ".join(f"{name} {value:g}" for name, value in row.items()))
    if args.write and args.model == "document":
        quality = {
            f"six pages that it was not trained on, {stamp}": {"": row["document"]}
            for stamp, row in found.items()
            if stamp.startswith(("PSNR", "RMSE", "F-measure", "DRD"))
        } | {
            stamp: {"": row["document"], **{name: row[name] for name in ROWS[1:]}}
            for stamp, row in found.items()
            if stamp.startswith("DIBCO")
        }
        seconds = found["seconds a megapixel"]["document"]
        entry = {
            "weights": weights_digest(find("document").with_suffix(".safetensors")),
            "quality": quality,
            "speed": f"{seconds:.2f} s a megapixel on {processor()}",
        }
        atomic_write(
            RESULTS,
            json.dumps({"figures": found, "entrants": {"document": entry}}, indent=1).encode(),
        )


if __name__ == "__main__":
    main()
