"""A real raw frame through the raw study's networks and filters, developed, on one contact sheet:
the headerless Nikon mosaic of the shared data.

python -m benchmarks.nikon runs/studies/raw_losses/points/*/seed0/model.onnx
bilateral:channels=4,radius=20,space=15,colour=10 -o nikon.jpg

Developed by the forward process of Brooks et al. (CVPR 2019): black and white level, white balance,
bilinear demosaic, gamma 1/2.2. Its colour matrix is not known, so colours are the camera's own;
there is no clean frame, so there are no figures.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np

from burnish.contract import Array
from burnish.degrade.raw import Metadata, process
from burnish.images import Picture
from burnish.pipeline import Asked
from burnish.report.sheet import Cell, sheet
from burnish.study.rows import Row, open_row

FRAME = (
    Path(os.environ.get("BURNISH_SHARED", "../shared"))
    / "data/raw/nikon_DSC_1339_768x512_rggb_14bit_u16le.raw"
)
WIDTH, HEIGHT, BLACK, WHITE = 768, 512, 600, 15520
#: gains of red and blue against green
BALANCE = (1.949, 1.344)
#: left, top and side of two pieces that are shown larger, in pixels of the developed picture
PIECES = ((300, 180, 128), (96, 320, 128))


def frame(path: Path) -> Array:
    """The mosaic as packed planes, 0 for black and 1 for white. [1, 4, H/2, W/2]"""
    values = np.fromfile(path, "<u2").reshape(HEIGHT, WIDTH).astype(np.float32)
    linear = (values - BLACK) / np.float32(WHITE - BLACK)
    return np.ascontiguousarray(
        np.stack([linear[0::2, 0::2], linear[0::2, 1::2], linear[1::2, 0::2], linear[1::2, 1::2]])[
            None
        ]
    )


def developed(planes: Array) -> Array:
    """[1, 4, h, w] -> [2h, 2w, 3] in [0, 1]."""
    metadata = Metadata(
        red=BALANCE[0], blue=BALANCE[1], exposure=1.0, to_camera=((1, 0, 0), (0, 1, 0), (0, 0, 1))
    )
    picture: Array = process(np.clip(planes, 0, 1), [metadata], tone=False)[0].transpose(1, 2, 0)
    return picture


def _defaults(row: Row) -> Asked:
    """The dials where nobody turns them: raw planes are not what the estimators know."""
    return Asked({dial.name: dial.default for dial in row.contract.dials})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help="model files, or filters with channels=4")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    noisy = frame(FRAME)
    results = {"as it came": noisy}
    for words in arguments.models:
        row = open_row(words, device="cpu")
        name = (
            Path(words).parent.parent.name if words.endswith(".onnx") else words.partition(":")[0]
        )
        results[name] = row.restore(Picture(noisy), _defaults(row)).picture.pixels
    pictures = {name: developed(planes) for name, planes in results.items()}
    rows = [[Cell(picture, name) for name, picture in pictures.items()]]
    rows += [
        [Cell(picture, crop=(left, top, side, side)) for picture in pictures.values()]
        for left, top, side in PIECES
    ]
    print(sheet(rows, arguments.output, 300))


if __name__ == "__main__":
    main()
