"""Makes real_pictures.jpg: parts of six scans of film as they are, what `burnish restore` makes of
them with nothing set by hand, and what it took away, six times as strong.

python docs/images/real_pictures.py FOLDER [--model photo]

FOLDER holds the Kodak pictures (unrestricted use), kodim01.webp to kodim24.webp.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import burnish

#: picture, and where the part begins: across, down
PARTS = (
    ("kodim02", 330, 200),
    ("kodim09", 150, 120),
    ("kodim12", 280, 60),
    ("kodim15", 250, 120),
    ("kodim21", 330, 120),
    ("kodim22", 300, 130),
)
#: pixels a side of a part; of white between parts; how much stronger the difference is shown
SIDE, GAP, STRONGER = 224, 6, 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="photo")
    options = parser.parse_args()
    model = burnish.load(options.model)
    columns = []
    for name, left, top in PARTS:
        with Image.open(options.folder / f"{name}.webp") as file:
            before = np.asarray(file.convert("RGB"))
        after = np.asarray(model(before))
        part = (slice(top, top + SIDE), slice(left, left + SIDE))
        taken = before[part].astype(np.float32) - after[part]
        shown = np.rint(np.clip(128 + STRONGER * taken, 0, 255)).astype(np.uint8)
        between = np.full((GAP, SIDE, 3), 255, np.uint8)
        columns.append(np.concatenate([before[part], between, after[part], between, shown]))
        columns.append(np.full((len(columns[0]), GAP, 3), 255, np.uint8))
    sheet = np.concatenate(columns[:-1], 1)
    target = Path(__file__).with_name("real_pictures.jpg")
    Image.fromarray(sheet).save(target, quality=93, subsampling="4:4:4")


if __name__ == "__main__":
    main()
