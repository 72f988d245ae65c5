"""How well the noise of a picture is found, by kinds of pictures: the table in docs/levels.md.

python -m benchmarks.estimate [--data ../shared/data] [--photographs FOLDER] [--every 1] [--write]

The true level is the RMS of what the noise added before the picture was compressed, in 8-bit steps;
of the pairs of cameras, of the difference to the mean of many shots, and of clean pictures 0.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import markdown
from benchmarks.drawn import draw
from benchmarks.harmless import plain
from benchmarks.real_noise import pairs
from burnish.contract import Array
from burnish.degrade import make
from burnish.degrade.jpeg import through_jpeg
from burnish.degrade.noise import clip_and_round, field
from burnish.ground.channels import LUMA
from burnish.pipeline.estimate import Estimate, noise
from burnish.study.machine import processor

Pixels = NDArray[np.uint8]
#: a picture to look at [C, H, W], and its true level
Example = tuple[Array, float]
PAGE = Path("docs/levels.md")
#: drawings, charts and pages of each kind
EACH = 20
#: the sides of small pictures, and of the noisy part of a drawn one
SMALL, PART = 48, 256
#: the tint of a sepia picture
SEPIA = np.array([1, 0.85, 0.65], np.float32)


@dataclass(frozen=True)
class Found:
    """What was found in the pictures of one kind."""

    #: the true levels
    true: NDArray[np.float64]
    #: the levels that were found
    level: NDArray[np.float64]
    #: how far off each may be, by what the estimate says of itself
    margin: NDArray[np.float64]


def added(clean: Array, rng: np.random.Generator, sigma: float, blur: float = 0.0) -> Example:
    """White noise, or noise blurred over so many pixels, in [C, H, W]."""
    values = field((1, *clean.shape), rng, correlated=(blur, blur))[0]
    return clip_and_round(clean + values * np.float32(sigma / 255)), sigma


def in_jpeg(clean: Array, rng: np.random.Generator, sigma: float, quality: int) -> Example:
    """White noise, and then a JPEG with colours at half the resolution."""
    noisy, _ = added(clean, rng, sigma)
    return through_jpeg(noisy, quality, "4:2:0"), sigma


def saved(clean: Array, rng: np.random.Generator, level: float) -> Example:
    """Noise as cameras, telephones, scanners and film leave it."""
    spoil = make("PictureNoise").spoil
    noisy = spoil(clean[None], np.full((1, 1, 1, 1), level, np.float32), rng)[0]
    true = 255 * float(np.sqrt(np.square(noisy - clean).mean()))
    return clip_and_round(noisy), true


def grey(clean: Array, rng: np.random.Generator, sigma: float, copies: int) -> Example:
    """A black-and-white picture with white noise, in one channel or in three equal ones."""
    noisy, _ = added(np.tensordot(LUMA, clean, 1)[None], rng, sigma)
    return noisy.repeat(copies, 0), sigma


def sepia(clean: Array, rng: np.random.Generator, sigma: float) -> Example:
    """A black-and-white picture with white noise, toned brown."""
    noisy, _ = grey(clean, rng, sigma, 3)
    rms = float(np.sqrt(np.square(SEPIA).mean()))
    return clip_and_round(noisy * SEPIA[:, None, None]), sigma * rms


def small(clean: Array, rng: np.random.Generator, level: float) -> Example:
    """A piece of the middle, of SMALL pixels a side, with the noise of saved pictures."""
    top, left = ((side - SMALL) // 2 for side in clean.shape[1:])
    return saved(clean[:, top : top + SMALL, left : left + SMALL], rng, level)


def beside_flat(clean: Array, rng: np.random.Generator, level: float) -> Example:
    """A chart drawn by a program, with a noisy photograph in a corner; the level is of the part."""
    chart = _planes(np.asarray(draw("chart", int(rng.integers(1000))).convert("RGB")))
    part, true = saved(clean[:, :PART, :PART], rng, level)
    chart[:, :PART, :PART] = part
    return chart, true


#: kind -> what makes it of a clean photograph
MADE: dict[str, Callable[[Array, np.random.Generator], Example]] = {
    **{f"white noise, {sigma}": partial(added, sigma=sigma) for sigma in (2, 5, 10, 25, 50)},
    **{
        f"white noise, {sigma}, then JPEG {quality}": partial(in_jpeg, sigma=sigma, quality=quality)
        for sigma, quality in ((5, 92), (15, 92), (15, 75))
    },
    **{
        f"noise blurred over {blur} pixels, {sigma}": partial(added, sigma=sigma, blur=blur)
        for blur, sigma in ((0.6, 5), (1, 10))
    },
    **{f"noise of saved pictures, {level}": partial(saved, level=level) for level in (3, 6, 12)},
    "black and white, white noise, 10": partial(grey, sigma=10, copies=1),
    "the same in three channels": partial(grey, sigma=10, copies=3),
    "the same in sepia, 8.5": partial(sepia, sigma=10),
    "small pictures (48x48), 6": partial(small, level=6),
    "a noisy photograph in a chart, 6": partial(beside_flat, level=6),
}


def kinds(data: Path, photographs: Path, every: int) -> Iterator[tuple[str, Iterator[Example]]]:
    """Each kind of picture, and its pictures."""
    shots = pairs(data)[::every]
    yield "cameras' pairs", ((_read(noisy), _between(noisy, clean)) for noisy, clean in shots)
    yield "their clean sides", ((_read(clean), 0.0) for _, clean in shots)
    files = sorted(photographs.iterdir())[::every]
    yield f"clean {photographs.name}", ((_read(file), 0.0) for file in files)
    for kind in ("drawing", "chart", "page"):
        drawn = list(plain(kind, EACH))[::every]
        yield f"clean {kind}s, half as JPEG", ((_planes(pixels), 0.0) for pixels in drawn)
    for number, (name, make_of) in enumerate(MADE.items()):
        yield (
            name,
            (
                make_of(_read(file), np.random.default_rng([number, place]))
                for place, file in enumerate(files)
            ),
        )


def measured(examples: Iterator[Example]) -> Found:
    """What is found in pictures, beside the truth."""
    rows = []
    for picture, true in examples:
        found: Estimate = noise(picture[None])
        rows.append((true, found.value, found.margin))
    true, level, margin = np.array(rows).T
    return Found(true, level, margin)


def row(name: str, found: Found) -> list[str]:
    """A line of the table."""
    error = np.abs(found.level - found.true)
    inside = int((error <= found.margin).sum())
    figures = (np.median(found.true), np.median(found.level), error.mean(), error.max())
    return [
        name,
        *(f"{figure:.1f}" for figure in figures),
        f"{np.median(found.margin):.1f}",
        f"{inside} of {len(error)}",
    ]


HEADING = [
    "picture",
    "true",
    "found (median)",
    "error (mean)",
    "largest",
    "says, give or take",
    "and is inside",
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photographs", type=Path, help="a folder; Kodak24 if not given")
    parser.add_argument("--every", type=int, default=1, help="every so many pictures only")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE}")
    options = parser.parse_args()
    photographs = options.photographs or options.data / "test" / "kodak24"
    body = []
    for name, examples in kinds(options.data, photographs, options.every):
        body.append(row(name, measured(examples)))
        print(" | ".join(body[-1]), flush=True)
    if options.write:
        markdown.put(PAGE, "errors", markdown.rows(HEADING, body))
    print(processor())


def _planes(pixels: Pixels) -> Array:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32) / np.float32(255)


def _read(file: Path) -> Array:
    with Image.open(file) as opened:
        return _planes(np.asarray(opened.convert("RGB")))


def _between(noisy: Path, clean: Path) -> float:
    """The RMS of the difference of two pictures, in 8-bit steps."""
    return 255 * float(np.sqrt(np.square(_read(noisy) - _read(clean)).mean()))


if __name__ == "__main__":
    main()
