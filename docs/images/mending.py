"""Makes mending.jpg: parts of three pictures with real dirt laid over them, what `-m scratch -d
sensitivity=60` marks, and the pictures mended there; and dirt.jpg, the first of them alone.

python docs/images/mending.py SHARED [--model scratch]

SHARED/data holds the Kodak pictures (unrestricted use), and scans of dirty film by
FilmDamageSimulator (MIT), which no training saw.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import burnish
from benchmarks.scratch import damaged, held_out_masks
from burnish.contract import Array
from burnish.images import from_array, read
from burnish.pipeline import Asked

#: picture, and where the part begins: down, across
PARTS = (("kodim07", 60, 60), ("kodim10", 60, 80), ("kodim04", 130, 60))
#: pixels a side of a part, and of white between parts
SIDE, GAP = 320, 6
SENSITIVITY = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--model", default="scratch")
    options = parser.parse_args()
    scans = {"scan": held_out_masks(options.shared)["scan"]}
    model = burnish.load(options.model)
    rows = []
    for seed, (name, top, left) in enumerate(PARTS):
        clean = read(options.shared / f"data/test/kodak24/{name}.webp").pixels
        case = damaged(name, clean, scans, np.random.default_rng(seed))
        dirty = from_array(_bytes(case.spoiled))
        restored = model.restore(dirty, Asked({"sensitivity": SENSITIVITY}))
        assert restored.mask is not None
        marked = np.broadcast_to(restored.mask, clean.shape)
        shown = (case.spoiled, marked, restored.picture.pixels)
        parts = [_bytes(planes)[top : top + SIDE, left : left + SIDE] for planes in shown]
        between = np.full((SIDE, GAP, 3), 255, np.uint8)
        rows.append(np.concatenate([parts[0], between, parts[1], between, parts[2]], 1))
        rows.append(np.full((GAP, rows[0].shape[1], 3), 255, np.uint8))
    for name, sheet in (("mending.jpg", np.concatenate(rows[:-1])), ("dirt.jpg", rows[0])):
        target = Path(__file__).with_name(name)
        Image.fromarray(sheet).save(target, quality=90, subsampling="4:4:4")


def _bytes(planes: Array) -> NDArray[np.uint8]:
    """[1, 3, H, W] in [0, 1] as [H, W, 3]."""
    samples: NDArray[np.uint8] = np.rint(np.clip(planes[0], 0, 1) * 255).astype(np.uint8)
    return samples.transpose(1, 2, 0)


if __name__ == "__main__":
    main()
