"""What a model does to pictures that need nothing: how near they stay to what went in, at auto.

python -m benchmarks.harmless [--data ../shared/data] [--model photo] [--each 20] [--write]

Clean Kodak pictures; drawings, charts and pages of print (`benchmarks.drawn`, seed 0), every second
one as a JPEG of quality 60 to 95. Besides, even cards of 40 to 220 with true noise of 0 to 10, told
5 to 75: how far the mean of the card moves. `--write` keeps the figures in
benchmarks/results/harmless.json, from which `benchmarks.ship` takes them for the card.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import burnish
from benchmarks.drawn import draw
from benchmarks.real_noise import psnr
from benchmarks.ship import weights_digest
from burnish.inference.zoo import find
from burnish.study.machine import processor

Pixels = NDArray[np.uint8]
RESULTS = Path("benchmarks/results/harmless.json")
#: a picture that comes back as it was counts as this many dB
MOST = 60.0
BRIGHTNESS = (40, 100, 160, 220)
TRUE = (0, 1, 3, 10)
TOLD = (5, 15, 25, 50, 75)


def plain(kind: str, each: int) -> Iterator[Pixels]:
    """Pictures that are no photographs, as PNG and JPEG by turns."""
    for number in range(each):
        picture = draw(kind, number)
        if number % 2:
            file = io.BytesIO()
            picture.save(file, "JPEG", quality=60 + 35 * number // each)
            picture = Image.open(file)
        yield np.asarray(picture.convert("RGB"))


def kodak(data: Path) -> Iterator[Pixels]:
    for file in sorted((data / "test" / "kodak24").iterdir()):
        with Image.open(file) as opened:
            yield np.asarray(opened.convert("RGB"))


def shift(model: burnish.Model) -> float:
    """The largest shift of a card's mean, in 8-bit steps."""
    rng = np.random.default_rng(0)
    worst = 0.0
    for brightness in BRIGHTNESS:
        for true in TRUE:
            noise = rng.normal(0, true, (192, 192, 3))
            card = np.clip(np.rint(brightness + noise), 0, 255).astype(np.uint8)
            for told in TOLD:
                result = np.asarray(model(card, noise=told), np.float64)
                worst = max(worst, abs(float(result.mean() - card.mean())))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", default="photo")
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    model = burnish.load(options.model)
    sources = {"clean Kodak pictures": kodak(options.data)}
    for kind in ("drawing", "chart", "page"):
        sources[f"{kind}s"] = plain(kind, options.each)
    figures: dict[str, dict[str, float]] = {}
    print("| at auto, to what went in | mean | worst |\n|---|---|---|")
    for name, pictures in sources.items():
        found = [min(MOST, psnr(np.asarray(model(pixels)), pixels)) for pixels in pictures]
        figures[name] = {"mean": round(float(np.mean(found)), 2), "worst": round(min(found), 2)}
        print(f"| {name} | {np.mean(found):.1f} dB | {min(found):.1f} dB |", flush=True)
    moved = shift(model)
    print(f"\nEven cards: the mean moves by {moved:.1f} steps at the most. {processor()}")
    if options.write:
        record = {
            "model": options.model,
            "weights": weights_digest(find(options.model).with_suffix(".safetensors")),
            "to what went in, dB": figures,
            "even cards move by, steps": round(moved, 2),
        }
        RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
