"""How well damage is mended: PSNR where it was, beside OpenCV's fillings, and of whole pictures.

python -m benchmarks.repair [MODEL] [--shared ../shared] [--every 1] [--out FILE]

The damage is that of benchmarks.scratch. Inside the true mask, which is all that a mask covers at
all, what is at most NARROW pixels wide counts. With a model the whole pictures are measured as
well: as they came, and as `burnish restore -m MODEL` gives them, with the mask that it finds.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scratch import Case, Marked, cases, kodak, shipped
from burnish.contract import Array
from burnish.degrade.noise import clip_and_round
from burnish.images import Picture
from burnish.inference.model import Model
from burnish.inference.zoo import load
from burnish.pipeline import mended
from burnish.pipeline.mend.regions import thick

#: damage that is so many pixels wide, or less, counts
NARROW = 8
#: the radius of what OpenCV looks at around a pixel
RADIUS = 3


def ours(case: Case) -> Array:
    """The picture with what the true mask marks mended."""
    return clip_and_round(mended(case.spoiled, case.touched, 0))


def opencv(method: str) -> Callable[[Case], Array]:
    """A filling of OpenCV, of the true mask: INPAINT_TELEA or INPAINT_NS."""

    def fill(case: Case) -> Array:
        import cv2

        pixels = np.rint(255 * case.spoiled[0]).astype(np.uint8).transpose(1, 2, 0)
        mask = case.touched.astype(np.uint8)
        found = cv2.inpaint(np.ascontiguousarray(pixels), mask, RADIUS, getattr(cv2, method))
        return np.asarray(found, np.float32).transpose(2, 0, 1)[None] / np.float32(255)

    return fill


#: by what the true mask is filled
FILLINGS: dict[str, Callable[[Case], Array]] = {
    "burnish": ours,
    "OpenCV Telea": opencv("INPAINT_TELEA"),
    "OpenCV Navier-Stokes": opencv("INPAINT_NS"),
}


def decibels(picture: Array, clean: Array, where: Marked) -> float:
    """PSNR over the pixels of `where` [H, W]."""
    error = float(np.square(picture[0] - clean[0])[:, where].mean(dtype=np.float64))
    return -10 * math.log10(max(error, 1e-10))


def repaired(model: Model, case: Case) -> Array:
    """The picture as `burnish restore -m MODEL` gives it."""
    return clip_and_round(model.restore(Picture(case.spoiled)).picture.pixels)


def measure(model: Model | None, shared: Path, every: int) -> dict[str, Any]:
    """All figures: the means over the damaged pictures, in dB."""
    inside: dict[str, list[float]] = {name: [] for name in FILLINGS}
    whole: dict[str, list[float]] = {"as they came": [], "restored": []}
    for case in cases(shared, kodak(shared, every)):
        narrow = case.touched & ~thick(case.touched, NARROW + 1)
        if narrow.any():
            for name, fill in FILLINGS.items():
                inside[name].append(decibels(fill(case), case.clean, narrow))
        if model is not None:
            everywhere = np.ones_like(narrow)
            whole["as they came"].append(decibels(case.spoiled, case.clean, everywhere))
            whole["restored"].append(decibels(repaired(model, case), case.clean, everywhere))
    found: dict[str, Any] = {"inside the true mask": _means(inside)}
    if model is not None:
        found["whole pictures"] = _means(whole)
    return found


def _means(rows: dict[str, list[float]]) -> dict[str, float]:
    return {name: round(math.fsum(values) / len(values), 3) for name, values in rows.items()}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--every", type=int, default=1, help="every so-manieth picture alone")
    parser.add_argument("--out", type=Path, help="all figures as JSON")
    words = parser.parse_args()
    model = None if words.model is None else load(words.model)
    found = measure(model, words.shared, words.every)
    for kind, row in found.items():
        print(f"{kind}: " + ", ".join(f"{name} {value:.2f} dB" for name, value in row.items()))
    if words.out:
        found = shipped(words.model) | found
        words.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
