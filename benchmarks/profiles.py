"""What a network should see of pictures with other profiles than sRGB, for docs/formats.md.

python -m benchmarks.profiles [FOLDER]

Kodak's photographs become files of a wide space, with noise: of these very numbers ("file"), of
sRGB's before it was converted ("sRGB"), or of a camera, linear and through its matrix ("camera").
Each is restored in four ways: its numbers as they stand; tones as sRGB has them, which is what
`burnish restore` does; extended sRGB, where channels mix and may leave 0 to 1; and that clipped.
PSNR[numbers of the file, 16-bit, crop 0, mean of the pictures], noise=auto, seeds 0 on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from imagecodecs import cms_profile, cms_transform

from burnish import images
from burnish.contract import Array
from burnish.images import Picture
from burnish.inference.model import Model
from burnish.inference.zoo import load

FOLDER = Path("../shared/data/test/kodak24")
D65, D50 = (0.3127, 0.3290), (0.3457, 0.3585)
#: primaries, white and gamma
SPACES: dict[str, tuple[tuple[float, ...], tuple[float, float], float]] = {
    "Display P3": ((0.680, 0.320, 0.265, 0.690, 0.150, 0.060), D65, 2.2),
    "Adobe RGB": ((0.64, 0.33, 0.21, 0.71, 0.15, 0.06), D65, 2.19921875),
    "ProPhoto": ((0.734699, 0.265301, 0.159597, 0.840403, 0.036598, 0.000105), D50, 1.8),
    "linear P3": ((0.680, 0.320, 0.265, 0.690, 0.150, 0.060), D65, 1.0),
}
SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
#: from a camera's channels to those of linear sRGB
CAMERA = np.array([[1.8, -0.6, -0.2], [-0.2, 1.5, -0.3], [0.05, -0.5, 1.45]], np.float32)
#: colours are made so much stronger, so that some leave sRGB
STRONGER = 1.2


def profile(primaries: tuple[float, ...], white: tuple[float, float], gamma: float) -> bytes:
    """A profile of RGB, by littlecms."""
    every = [value for i in range(0, 6, 2) for value in (*primaries[i : i + 2], 1)]
    made = cms_profile("rgb", whitepoint=[*white, 1], primaries=every, gamma=gamma)
    return bytes(made)


LINEAR = profile(SRGB, D65, 1.0)


def converted(samples: Array, before: bytes, after: bytes) -> Array:
    """Samples [H, W, 3] from one space to another, without a limit."""
    kinds: dict[str, Any] = {"colorspace": "rgb", "outcolorspace": "rgb", "outdtype": "float32"}
    given = np.ascontiguousarray(samples, np.float32)
    result: Array = cms_transform(given, before, after, intent=1, **kinds)
    return result


def light(values: Array) -> Array:
    """Linear light of numbers of sRGB, mirrored below 0."""
    size = np.abs(values)
    curve = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.sign(values) * curve, np.float32)


def numbers(values: Array) -> Array:
    """The way back."""
    size = np.abs(values)
    curve = np.where(size <= 0.0031308, 12.92 * size, 1.055 * size ** (1 / 2.4) - 0.055)
    return np.asarray(np.sign(values) * curve, np.float32)


def spoiled(linear: Array, clean: Array, icc: bytes, kind: str, sigma: int, seed: int) -> Array:
    """The file of a scene with noise of a kind, of 16 bits. [H, W, 3]"""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, sigma / 255, clean.shape).astype(np.float32)
    if kind == "file":
        values = clean + noise
    elif kind == "sRGB":
        values = converted(light(numbers(linear) + noise), LINEAR, icc)
    else:
        seen = linear @ np.linalg.inv(CAMERA).T
        seen = seen + 1.2 * noise * np.sqrt(np.maximum(seen, 0) + 0.002)
        values = converted(seen @ CAMERA.T, LINEAR, icc)
    rounded: Array = np.rint(np.clip(values, 0, 1) * 65535).astype(np.float32) / 65535
    return rounded


def ways(model: Model, icc: bytes) -> dict[str, Callable[[Array], Array]]:
    """The ways to restore a file."""

    def restored(values: Array) -> Array:
        pixels = np.ascontiguousarray(values.transpose(2, 0, 1)[None])
        result = model.restore(Picture(pixels, depth="float32")).picture.pixels
        return np.asarray(result[0].transpose(1, 2, 0), np.float32)

    def toned(values: Array) -> Array:
        pixels = np.ascontiguousarray(values.transpose(2, 0, 1)[None])
        picture = Picture(pixels, depth="float32", icc=icc)
        result = model.restore(picture).picture.pixels
        return np.asarray(result[0].transpose(1, 2, 0), np.float32)

    def mixed(values: Array, low: float, high: float) -> Array:
        seen = numbers(converted(values, icc, LINEAR))
        shown = np.clip(seen, low, high)
        after = converted(light(seen + restored(shown) - shown), LINEAR, icc)
        changed: Array = values + after - converted(light(seen), LINEAR, icc)
        return changed

    return {
        "as it stands": restored,
        "tones": toned,
        "extended sRGB": lambda values: mixed(values, -9, 9),
        "clipped sRGB": lambda values: mixed(values, 0, 1),
    }


def psnr(values: Array, clean: Array) -> float:
    """In decibels, against 1."""
    return float(-10 * np.log10(np.mean((np.clip(values, 0, 1) - clean) ** 2)))


def rows(model: Model, files: list[Path]) -> Iterator[str]:
    """The lines of the table."""
    yield "| profile | noise | as it is | as it stands | tones | extended sRGB | clipped sRGB |"
    yield "|---|---|---|---|---|---|---|"
    for name, space in SPACES.items():
        icc = profile(*space)
        for kind in ("file", "camera", "sRGB"):
            figures = []
            for seed, path in enumerate(files):
                shown = images.read(path).pixels[0].transpose(1, 2, 0)[100:356, 100:420]
                linear = light(shown)
                grey = linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)
                linear = grey[..., None] + STRONGER * (linear - grey[..., None])
                clean = np.clip(converted(linear, LINEAR, icc), 0, 1)
                file = spoiled(linear, clean, icc, kind, 15, seed)
                results = [file, *(way(file) for way in ways(model, icc).values())]
                figures.append([psnr(each, clean) for each in results])
            means = " | ".join(f"{value:.2f}" for value in np.mean(figures, 0))
            yield f"| {name} | {kind} | {means} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--every", type=int, default=6, help="takes every so many pictures")
    arguments = parser.parse_args()
    model = load("photo")
    model.open()
    for line in rows(model, sorted(arguments.folder.iterdir())[:: arguments.every]):
        print(line, flush=True)


if __name__ == "__main__":
    main()
