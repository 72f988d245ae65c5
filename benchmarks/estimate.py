"""How well `noise=auto` finds the level: mean absolute error, mean error and largest error in 8-bit steps, over folders of clean pictures.

python -m benchmarks.estimate FOLDER [FOLDER ...]
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from burnish.contract import Array
from burnish.degrade.noise import add_noise, clip_and_round
from burnish.estimate import noise
from burnish.study.machine import processor

LEVELS = (0, 5, 10, 15, 25, 50, 75)
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}


def colour(path: Path) -> Array:
    """A picture as [1, 3, H, W] in 0..1."""
    with Image.open(path) as file:
        return np.ascontiguousarray(np.asarray(file.convert("RGB"), np.float32).transpose(2, 0, 1)[None]) / np.float32(255)


def grey(path: Path) -> Array:
    """A picture as [1, 1, H, W] in 0..1."""
    with Image.open(path) as file:
        return np.asarray(file.convert("L"), np.float32)[None, None] / np.float32(255)


def as_it_is(image: Array) -> Array:
    return image


def through_jpeg(image: Array) -> Array:
    """As a camera's or a phone's file holds it: quality 92, colours at half the resolution."""
    file = io.BytesIO()
    Image.fromarray(np.rint(np.clip(image[0], 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)).save(file, "JPEG", quality=92, subsampling=2)
    with Image.open(file) as decoded:
        return np.ascontiguousarray(np.asarray(decoded, np.float32).transpose(2, 0, 1)[None]) / np.float32(255)


KINDS: dict[str, tuple[Callable[[Path], Array], Callable[[Array], Array]]] = {
    "colour, float": (colour, as_it_is),
    "colour, 8-bit": (colour, clip_and_round),
    "colour, JPEG 92 4:2:0": (colour, through_jpeg),
    "grey, float": (grey, as_it_is),
    "grey, 8-bit": (grey, clip_and_round),
}


def errors(paths: list[Path], kind: str, sigma: float) -> np.ndarray:
    """What is estimated, less the truth, for each picture; the noise depends on (picture's place, sigma) alone."""
    read, store = KINDS[kind]
    level = np.full((1, 1, 1, 1), sigma, np.float32)
    return np.array([noise(store(add_noise(read(path), level, np.random.default_rng([i, int(sigma)])))) - sigma for i, path in enumerate(paths)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    print(processor())
    for folder in parser.parse_args().folders:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        print(f"\n{folder.name}, {len(paths)} pictures: mean absolute error (mean error, largest)\n{'sigma':<22}" + "".join(f"{level:>20}" for level in LEVELS))
        for kind in KINDS:
            found = [errors(paths, kind, level) for level in LEVELS]
            print(f"{kind:<22}" + "".join(f"{f'{np.abs(e).mean():.2f} ({e.mean():+.2f}, {np.abs(e).max():.1f})':>20}" for e in found), flush=True)
    large = np.random.default_rng(0).random((1, 3, 3000, 4000), dtype=np.float32)
    start = time.perf_counter()
    noise(large)
    print(f"\n12 megapixels: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
