"""The spectrum of the noise that `PictureNoise` makes beside that of real cameras, band by band.

Real noise is the difference between a picture and the mean of many shots of the same scene. Y, Cb,
Cr are by ITU-R BT.601; rho n is the correlation between pixels n apart; bands are shares of the
noise's power by spatial frequency, in cycles a pixel.

python -m benchmarks.noise_spectra [--data ../shared/data] [--draws 200] [--kinds camera]
"""

from __future__ import annotations

import argparse
import itertools
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.real_noise import pairs
from burnish.contract import Array
from burnish.degrade.picture_noise import KINDS, field

BANDS = (0, 0.03, 0.06, 0.125, 0.25, 0.36, 1)
DISTANCES = (1, 2, 4)
HEAD = (
    "| | | std | rho 1 | rho 2 | rho 4 | 0-.03 | -.06 | -.125 | -.25 | -.36 | rest |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def statistics(noise: Array) -> Array:
    """Standard deviation, correlations at DISTANCES, and the share of power in BANDS. [H, W]"""
    noise = noise - noise.mean()
    power = np.abs(np.fft.fft2(noise)) ** 2
    rows, columns = (np.fft.fftfreq(side) for side in noise.shape)
    frequency = np.hypot(rows[:, None], columns)
    shares = [
        power[(frequency >= low) & (frequency < high)].sum() / power.sum()
        for low, high in itertools.pairwise(BANDS)
    ]
    square = np.square(noise).mean()
    rho = [
        ((noise[:, n:] * noise[:, :-n]).mean() + (noise[n:] * noise[:-n]).mean()) / 2 / square
        for n in DISTANCES
    ]
    return np.array([noise.std(), *rho, *shares], np.float32)


def planes(noise: Array) -> dict[str, Array]:
    """Y, Cb and Cr of noise in RGB. [3, H, W] -> each [H, W]"""
    red, _, blue = noise
    luma = np.tensordot(np.array([0.299, 0.587, 0.114], np.float32), noise, 1)
    return {"Y": luma, "Cb": (blue - luma) / 1.772, "Cr": (red - luma) / 1.402}


def row(camera: str, plane: str, figures: Array) -> str:
    return f"| {camera} | {plane} | " + " | ".join(f"{value:.2f}" for value in figures) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    options = parser.parse_args()
    print(HEAD)
    found: dict[tuple[str, str], list[Array]] = defaultdict(list)
    for noisy, clean in pairs(options.data):
        camera = noisy.name.split("_")[0]
        for plane, noise in planes(_pixels(noisy) - _pixels(clean)).items():
            found[camera, plane].append(statistics(noise))
    for (camera, plane), figures in found.items():
        print(row(camera, plane, np.mean(figures, 0)))
    rng = np.random.default_rng(0)
    for kind in options.kinds:
        drawn: dict[str, list[Array]] = defaultdict(list)
        for _ in range(options.draws):
            for plane, noise in planes(field(KINDS[kind], 3, (256, 256), rng)).items():
                drawn[plane].append(statistics(noise))
        for plane, figures in drawn.items():
            for name, of in (("mean", np.mean), ("least", np.min), ("greatest", np.max)):
                print(row(f"{kind}, {name} of {options.draws}", plane, of(figures, axis=0)))


def _pixels(file: Path) -> Array:
    with Image.open(file) as opened:
        return np.asarray(opened.convert("RGB"), np.float32).transpose(2, 0, 1)


if __name__ == "__main__":
    main()
