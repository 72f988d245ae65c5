"""How well `noise=auto` finds the level: mean absolute error, mean error and largest error in 8-bit
steps, over folders of clean pictures.

python -m benchmarks.estimate FOLDER [FOLDER ...] [--model photo]

--model: besides, what `auto` costs that model, in dB against the true setting, on the middle of
each picture (the estimate is of the whole one).
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from burnish.contract import Array
from burnish.degrade.noise import add_noise, clip_and_round
from burnish.ground.channels import to_channels
from burnish.images import Picture
from burnish.metrics import psnr
from burnish.pipeline import Asked
from burnish.pipeline.estimate import noise
from burnish.study.dial.smooth import middle
from burnish.study.machine import processor
from burnish.study.rows import Row, open_row

#: of the piece that is restored
SIDE = 192
LEVELS = (0, 5, 10, 15, 25, 50, 75)
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}


def colour(path: Path) -> Array:
    """A picture as [1, 3, H, W] in 0..1."""
    with Image.open(path) as file:
        return np.ascontiguousarray(
            np.asarray(file.convert("RGB"), np.float32).transpose(2, 0, 1)[None]
        ) / np.float32(255)


def grey(path: Path) -> Array:
    """A picture as [1, 1, H, W] in 0..1."""
    with Image.open(path) as file:
        return np.asarray(file.convert("L"), np.float32)[None, None] / np.float32(255)


def as_it_is(image: Array) -> Array:
    return image


def through_jpeg(image: Array, quality: int) -> Array:
    """As a camera's, a phone's or a web page's file holds it: colours at half the resolution."""
    file = io.BytesIO()
    Image.fromarray(
        np.rint(np.clip(image[0], 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    ).save(file, "JPEG", quality=quality, subsampling=2)
    with Image.open(file) as decoded:
        return np.ascontiguousarray(
            np.asarray(decoded, np.float32).transpose(2, 0, 1)[None]
        ) / np.float32(255)


#: kind -> how a picture is read, over how many pixels its noise is correlated, and what becomes of
#: it then
KINDS: dict[str, tuple[Callable[[Path], Array], float, Callable[[Array], Array]]] = {
    "colour, float": (colour, 0, as_it_is),
    "colour, 8-bit": (colour, 0, clip_and_round),
    **{
        f"colour, JPEG {quality} 4:2:0": (colour, 0, partial(through_jpeg, quality=quality))
        for quality in (92, 85, 75)
    },
    "correlated 0.6, 8-bit": (colour, 0.6, clip_and_round),
    "correlated 1, 8-bit": (colour, 1, clip_and_round),
    "grey, float": (grey, 0, as_it_is),
    "grey, 8-bit": (grey, 0, clip_and_round),
}


def spoiled(clean: Array, kind: str, sigma: float, place: int) -> Array:
    """With that much noise, which depends on (picture's place, sigma) alone."""
    _, correlated, store = KINDS[kind]
    level = np.full((1, 1, 1, 1), sigma, np.float32)
    return store(
        add_noise(
            clean,
            level,
            np.random.default_rng([place, int(sigma)]),
            correlated=(correlated, correlated),
        )
    )


def estimates(paths: list[Path], kind: str, sigma: float) -> np.ndarray:
    return np.array(
        [noise(spoiled(KINDS[kind][0](path), kind, sigma, i)) for i, path in enumerate(paths)]
    )


def costs(
    paths: list[Path], row: Row, kind: str, sigma: float, estimated: np.ndarray
) -> list[float]:
    """What the estimate loses each picture against the true level, in dB, on its middle."""
    found = []
    for i, path in enumerate(paths):
        clean = KINDS[kind][0](path)
        dial = row.contract.dial("noise")
        settings = (sigma, float(np.clip(estimated[i], dial.low, dial.high)))
        image, target = (
            to_channels(middle(part, SIDE), row.contract.channels_in)
            for part in (spoiled(clean, kind, sigma, i), clean)
        )
        known, auto = (
            psnr(
                row.restore(Picture(image), Asked({"noise": setting})).picture.pixels,
                target,
            )
            for setting in settings
        )
        found.append(known - auto)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    print(processor())
    for folder in arguments.folders:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        print(
            (
                f"\n{folder.name}, {len(paths)} pictures: mean absolute error (mean error, "
                f"largest)\n{'sigma':<22}"
            )
            + "".join(f"{level:>20}" for level in LEVELS)
        )
        found = {}
        for kind in KINDS:
            found[kind] = {level: estimates(paths, kind, level) for level in LEVELS}
            errors = [estimated - level for level, estimated in found[kind].items()]
            print(
                f"{kind:<22}"
                + "".join(
                    f"{f'{np.abs(e).mean():.2f} ({e.mean():+.2f}, {np.abs(e).max():.1f})':>20}"
                    for e in errors
                ),
                flush=True,
            )
        if arguments.model:
            row = open_row(arguments.model, device="cpu")
            print(f"\n{folder.name}: dB that {arguments.model} loses by auto, mean (largest)")
            for kind in (
                "colour, float",
                "colour, 8-bit",
                "correlated 0.6, 8-bit",
                "correlated 1, 8-bit",
            ):
                lost = [costs(paths, row, kind, level, found[kind][level]) for level in LEVELS[1:]]
                print(
                    f"{kind:<42}"
                    + "".join(f"{f'{np.mean(one):.3f} ({max(one):.2f})':>20}" for one in lost),
                    flush=True,
                )
    large = np.random.default_rng(0).random((1, 3, 3000, 4000), dtype=np.float32)
    start = time.perf_counter()
    noise(large)
    print(f"\n12 megapixels: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
