"""How many pictures a second each listed degradation spoils, on one core: crops of 256x256 in
colour, in batches of 8, at levels all over the dial.

Processor time is counted, so that other work on the machine hardly changes the figures.

python -m benchmarks.degradations [--seconds 1]
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np

from burnish.contract import Array
from burnish.degrade import DEGRADATIONS, make
from burnish.study.machine import processor

SIZE, BATCH = 256, 8


def crops() -> Array:
    """Smooth pictures with edges and fine texture. [BATCH, 3, SIZE, SIZE]"""
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    planes = [
        0.5
        + 0.25 * np.sin(x / (30 + 13 * c) + c) * np.cos(y / (43 - 7 * c))
        + 0.2 * ((x // 80 + y // 53 + c) % 2 - 0.5)
        for c in range(3)
    ]
    texture = np.random.default_rng(0).normal(0, 0.02, (BATCH, 3, SIZE, SIZE))
    pictures: Array = np.clip(np.stack(planes) + texture, 0, 1).astype(np.float32)
    return pictures


def pictures_a_second(name: str, clean: Array, seconds: float) -> float:
    degradation, rng = make(name), np.random.default_rng(1)
    spoiled, began = -1, 0.0  # the first batch is not counted: tables are made in it
    while spoiled < 0 or time.process_time() - began < seconds:
        degradation.spoil(clean, degradation.dial.sample(len(clean), rng)[:, None, None, None], rng)
        spoiled, began = (0, time.process_time()) if spoiled < 0 else (spoiled + len(clean), began)
    return spoiled / (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0)
    seconds, clean = parser.parse_args().seconds, crops()
    print(
        f"{processor()}; one process, {os.environ.get('OMP_NUM_THREADS', 'all')} threads for "
        "matrices\n\n| degradation | pictures a second |\n|---|---|"
    )
    for name in DEGRADATIONS:
        print(f"| {name} | {pictures_a_second(name, clean, seconds):.0f} |", flush=True)


if __name__ == "__main__":
    main()
