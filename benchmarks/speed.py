"""Whole `burnish restore` runs as a person has them: a small picture, and a 12-megapixel photograph
with its peak memory.

python -m benchmarks.speed [--model photo] [--runs 5] [--against ../other-checkout]

--against: the small picture alone, by this checkout and another in turns, and how many times as
fast this one is, pair by pair, which other work on the machine hardly changes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from burnish import images
from burnish.study.machine import processor

from .peak import used_by

SMALL, LARGE = (256, 384), (3000, 4000)
HERE = Path(__file__).resolve().parents[1]


def photograph(height: int, width: int) -> NDArray[np.uint8]:
    """A smooth picture with edges, and noise of sigma 20. uint8 [H, W, 3]"""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = [
        0.5
        + 0.3 * np.sin(x / (90 + 40 * c) + c) * np.cos(y / (130 - 20 * c))
        + 0.2 * ((x // 240 + y // 160 + c) % 2 - 0.5)
        for c in range(3)
    ]
    noise = np.random.default_rng(0).standard_normal(
        (height, width, 3), dtype=np.float32
    ) * np.float32(20 / 255)
    result: NDArray[np.uint8] = np.rint(np.clip(np.dstack(planes) + noise, 0, 1) * 255).astype(
        np.uint8
    )
    return result


def measure(
    source: Path, target: Path, words: list[str], checkout: Path = HERE
) -> tuple[float, float]:
    """(seconds, peak MiB) of one whole process of a checkout's code; the peak is the operating
    system's own figure for it.
    """
    command = [
        sys.executable,
        "-m",
        "burnish.cli",
        "restore",
        str(source),
        "-o",
        str(target),
        "--overwrite",
        "-q",
        *words,
    ]
    used = used_by(command, cwd=checkout)  # where `python -m` looks first
    if used.status:
        raise SystemExit(f"burnish restore failed with status {used.status}")
    return used.seconds, used.peak / 2**20


def compare(other: Path, model: str, runs: int) -> None:
    """Prints how many times as fast this checkout is as another."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.jpg", Path(folder) / "out.jpg"
        images.write(source, images.from_array(photograph(*SMALL)))
        pairs = [
            [measure(source, target, ["-m", model], checkout)[0] for checkout in (HERE, other)]
            for _ in range(runs + 1)
        ][1:]
    ours, theirs = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    ratios = sorted(their / our for our, their in pairs)
    print(
        f"{SMALL[1]}x{SMALL[0]}: {ours:.2f} s, {other} {theirs:.2f} s; "
        f"{statistics.median(ratios):.2f} times as fast ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="photo")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--against", metavar="FOLDER", type=Path)
    arguments = parser.parse_args()
    print(
        f"{processor()}, {os.cpu_count()} cores; median of {arguments.runs} whole processes, "
        "noise=auto"
    )
    if arguments.against is not None:
        compare(arguments.against, arguments.model, arguments.runs)
        return
    with tempfile.TemporaryDirectory() as folder:
        for size, runs in ((SMALL, arguments.runs), (LARGE, max(1, arguments.runs // 2))):
            source = Path(folder) / f"{size[1]}x{size[0]}.jpg"
            images.write(source, images.from_array(photograph(*size)))
            measured = [
                measure(source, Path(folder) / "out.jpg", ["-m", arguments.model])
                for _ in range(runs + 1)
            ][1:]
            seconds, peak = statistics.median(s for s, _ in measured), max(p for _, p in measured)
            megapixels = size[0] * size[1] / 1e6
            print(
                f"{size[1]}x{size[0]}: {seconds:.2f} s, {seconds / megapixels:.2f} s a "
                f"megapixel, peak {peak:.0f} MiB"
            )


if __name__ == "__main__":
    main()
