"""Scanned pages: `document` against the filters, on the pages that its recipe leaves out, and on photographs of drawings that it never saw.

python -m benchmarks.documents [--write] [--drawn drawn.jpg]

Figures on the held out pairs of `recipes/document.yaml` (six of 36 pages, four spoiled versions each), and the time of our engine. --write keeps them in
benchmarks/results/documents.json, from which `benchmarks.ship` takes them into the card. --drawn draws ../shared/data/documents/hand_drawn, before and after.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.ship import weights_digest
from burnish import images
from burnish.artefacts import ARTEFACTS
from burnish.contract import Array
from burnish.evaluate import Settings, evaluate_pairs
from burnish.images import atomic_write
from burnish.inference.zoo import find, load
from burnish.metrics import METRICS
from burnish.report.sheet import Cell, sheet
from burnish.study.machine import processor
from burnish.study.rows import open_row
from burnish.training.feed import held_out
from burnish.training.recipe_file import load as load_recipe
from burnish.training.setup import fresh
from burnish.training.validate import middles

RESULTS, RECIPE, DRAWN = Path("benchmarks/results/documents.json"), Path("recipes/document.yaml"), Path("../shared/data/documents/hand_drawn")
ROWS = ("document", "background-division", "sauvola", "otsu")
FIGURES = ("psnr", "rmse", "ssim", "f-measure", "drd")
NAMED = ("background", "background-noise", "stroke-thickness", "broken-lines")


def figures() -> dict[str, dict[str, float]]:
    """By the definition of each figure, every row's mean over the held out pairs."""
    recipe = load_recipe(RECIPE)
    contract = fresh(recipe).contract
    pictures = held_out(recipe, contract, print)
    assert pictures is not None
    pairs: list[tuple[str, Array, Array, Settings]] = [(one.name, one.spoiled, one.clean, {}) for one in middles(pictures, None) if one.spoiled is not None]
    metrics = [*(METRICS[name] for name in FIGURES), *(ARTEFACTS[name] for name in NAMED)]
    found: dict[str, dict[str, float]] = {}
    for name in ROWS:
        row = open_row(name, device="cpu", fp32=False)
        table = evaluate_pairs(row.run, row.contract, pairs, metrics)
        for metric, stamp in table.definitions().items():
            found.setdefault(stamp, {})[name] = round(table.mean(metric, {}), 4)
        found.setdefault("seconds a megapixel", {})[name] = round(table.mean("seconds", {}) / table.mean("megapixels", {}), 3)
    return found


def draw(path: Path) -> Path:
    """Photographs of drawings and what `document` makes of them."""
    model, cells = load("document"), []
    for file in sorted(DRAWN.iterdir()):
        pixels = images.read(file).pixels
        after = model.restore(pixels, ())
        cells.append(
            [Cell(np.rint(np.clip(p[0], 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0), words) for p, words in ((pixels, file.name), (after, "document"))]
        )
    return sheet([[*a, *b] for a, b in zip(cells[::2], cells[1::2], strict=False)], path, 480)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--drawn", type=Path)
    args = parser.parse_args()
    if args.drawn:
        print(draw(args.drawn))
        return
    found = figures()
    for stamp, row in found.items():
        print(stamp, "  ".join(f"{name} {value:g}" for name, value in row.items()))
    if args.write:
        quality = {
            f"six pages that it was not trained on, {stamp}": {"": row["document"]}
            for stamp, row in found.items()
            if stamp.startswith(("PSNR", "RMSE", "F-measure", "DRD"))
        }
        seconds = found["seconds a megapixel"]["document"]
        entry = {
            "weights": weights_digest(find("document").with_suffix(".safetensors")),
            "quality": quality,
            "speed": f"{seconds:.2f} s a megapixel on {processor()}",
        }
        atomic_write(RESULTS, json.dumps({"figures": found, "entrants": {"document": entry}}, indent=1).encode())


if __name__ == "__main__":
    main()
