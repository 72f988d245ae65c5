"""Photographs as soft as a camera's at 100 %, made of sharp ones: reduced, then enlarged further.

A sensor's colour filter and a lens leave a camera's file a hundredth of the finest detail that a
photograph reduced for the web has (`--measure` prints both), and a denoiser that has seen the
latter alone takes a camera's noise for detail. The reducing takes the source's own noise away.

python -m benchmarks.soften FOLDER --of PICTURES [PICTURES ...] [--each 1] [--seed 0] [--measure]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from burnish.ground.channels import LUMA

#: how far a picture is reduced, as a share of its sides, and how far it is enlarged from there
REDUCED, ENLARGED = (0.45, 0.8), (1.6, 4.0)
#: pixels a side of what is cut out, at most
SIDE = 640
#: bands of spatial frequency, in cycles a pixel
EDGES = (0.0625, 0.125, 0.25, 0.375, 0.5, 0.75)


def soften(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A part of the picture, reduced and enlarged, by the Lanczos and the bicubic kernel."""
    reduced = rng.uniform(*REDUCED)
    small = picture.resize(_times(picture.size, reduced), Image.Resampling.LANCZOS)
    enlarged = float(np.exp(rng.uniform(*np.log(ENLARGED))))
    width, height = (min(side, round(SIDE / enlarged)) for side in small.size)
    left = int(rng.integers(small.width - width + 1))
    top = int(rng.integers(small.height - height + 1))
    part = small.crop((left, top, left + width, top + height))
    return part.resize(_times(part.size, enlarged), Image.Resampling.BICUBIC)


def bands(picture: Image.Image) -> NDArray[np.float64]:
    """The power of its luma in each of the bands, in squared 8-bit steps."""
    luma = np.asarray(picture.convert("RGB")).astype(np.float64) @ LUMA
    luma -= luma.mean()
    window = np.outer(*(np.hanning(side) for side in luma.shape))
    spectrum = np.fft.fft2(luma * window / np.sqrt(np.square(window).mean()))
    power = np.square(np.abs(spectrum)) / luma.size**2
    down, across = (np.fft.fftfreq(side) for side in luma.shape)
    frequency = np.hypot(down[:, None], across)
    sums, _ = np.histogram(frequency, EDGES, weights=power)
    return np.asarray(sums)


def _times(size: tuple[int, int], factor: float) -> tuple[int, int]:
    width, height = (max(1, round(side * factor)) for side in size)
    return width, height


def _pictures(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(p for p in folder.iterdir() if p.suffix in (".jpg", ".png"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--of", type=Path, nargs="+", required=True)
    parser.add_argument("--leave-out", nargs="*", default=[], help="names to pass over")
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measure", action="store_true", help="print the medians of the bands")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    before, after = [], []
    for number, file in enumerate(_pictures(options.of)):
        if file.name in options.leave_out:
            continue
        rng = np.random.default_rng([options.seed, number])
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        for k in range(options.each):
            soft = soften(picture, rng)
            soft.save(options.folder / f"{file.stem}_soft{k}.png")
            if options.measure:
                before.append(bands(picture))
                after.append(bands(soft))
    for name, measured in (("as they are", before), ("softened", after)):
        if measured:
            print(name, np.median(measured, axis=0).round(2).tolist())


if __name__ == "__main__":
    main()
