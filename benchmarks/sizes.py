"""What a network is worth where a result is to be a little larger, or as large as none makes it: it
enlarges further than is wanted, and Lanczos's filter reduces. Beside it, that filter alone.

python -m benchmarks.sizes [--data ../shared/data] [--every 5] [--write]

Pictures of kodak24 are made so many times smaller by a kernel, kept in 8 bits, and enlarged again;
PSNR[RGB, 8-bit, crop 4, mean]. --write puts the table into docs/upscale.md.
"""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path
from statistics import mean

from benchmarks.markdown import put, rows
from benchmarks.upscale import PAGE, Enlarge, by, eight_bits
from burnish.contract import Array
from burnish.ground.channels import to_channels
from burnish.ground.resize import resize
from burnish.inference.zoo import load
from burnish.metrics.distance import psnr
from burnish.study.evaluate import Folder

#: how many times smaller, and by which kernel
TIMES, KERNELS = (1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0), ("bicubic", "area")
#: pixels along each edge that do not count
CROP = 4


@cache
def network(name: str) -> Enlarge:
    """How a shipped model enlarges; it is opened once for all pictures."""
    return by(load(name))


def ways(height: int, width: int) -> dict[str, Enlarge]:
    """How pictures are brought to a size."""

    def reduced(name: str) -> Enlarge:
        return lambda small: resize(network(name)(small), height, width, "lanczos")

    return {
        "the filter": lambda small: resize(small, height, width, "lanczos"),
        "`upscale-x2`": reduced("upscale-x2"),
        "`upscale-x4`": reduced("upscale-x4"),
    }


def measured(clean: Array, times: float, kernel: str) -> dict[str, float]:
    """The PSNR of each way, for one picture [1, 3, H, W]."""
    height, width = clean.shape[-2:]
    small = eight_bits(resize(clean, round(height / times), round(width / times), kernel))
    return {
        name: psnr(eight_bits(way(small))[0], clean[0], CROP)
        for name, way in ways(height, width).items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--every", type=int, default=5, help="only every n-th picture")
    parser.add_argument("--write", action="store_true", help="into docs/upscale.md")
    words = parser.parse_args()
    pictures = [
        to_channels(picture.pixels, 3)
        for _, picture in list(Folder(words.data / "test" / "kodak24"))[:: words.every]
    ]
    body = []
    for kernel in KERNELS:
        for times in TIMES:
            each = [measured(clean, times, kernel) for clean in pictures]
            means = {name: mean(one[name] for one in each) for name in each[0]}
            body.append([kernel, f"{times:g}", *(f"{value:.2f}" for value in means.values())])
    lines = rows(["made smaller by", "times", *means], body)
    print("\n".join(lines))
    if words.write:
        put(PAGE, "sizes", lines)


if __name__ == "__main__":
    main()
