"""Which models, and in which order, for a picture that is noisy and compressed; and how kinds of
pictures are told apart: what docs/auto.md says.

python -m benchmarks.auto [--data ../shared/data] [--every 3] [--write]

The real noise of cc15 (clean side: the mean of many shots), white noise on Kodak24, and none, each
then saved as a JPEG by Pillow, 4:2:0. Every column is what is gained over the JPEG, PSNR[RGB,
8-bit] of a cut of 320x320, mean of the pictures. Each model finds its own settings, on the picture
that it is given; the quality is that of the file.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import burnish
from benchmarks import markdown
from benchmarks.drawn import draw
from benchmarks.real_noise import pairs, psnr
from burnish import images
from burnish.images import Picture
from burnish.pipeline import Asked, Look
from burnish.study.machine import processor

Pixels = NDArray[np.uint8]
QUALITIES = (30, 50, 75, 90)
SIDE = 320
PAGE = Path("docs/auto.md")
#: folders below the data, and what stands in them
FOLDERS = {
    "test/kodak24": "photographs",
    "test/cbsd68": "photographs",
    "test/real_noise": "photographs",
    "train/photos": "photographs, some charts and logos",
    "documents/dirty_docs/noisy": "scanned pages of print",
    "documents/binarization/source": "old handwriting and print",
    "documents/hand_drawn": "drawings by hand on paper",
}


def sources(data: Path, every: int) -> Iterator[tuple[str, Pixels, Pixels]]:
    """(what, noisy, clean) of every picture."""
    for noisy, clean in pairs(data)[0:15:every]:
        yield "real noise", _cut(noisy), _cut(clean)
    rng = np.random.default_rng(0)
    for file in sorted((data / "test" / "kodak24").iterdir())[::every]:
        cut = _cut(file)
        for sigma in (0, 5, 10, 15):
            noise = rng.normal(0, sigma, cut.shape)
            spoiled = np.clip(np.rint(cut + noise), 0, 255).astype(np.uint8)
            yield (f"white noise {sigma}" if sigma else "no noise"), spoiled, cut


def ways() -> Mapping[str, Callable[[Picture], Picture]]:
    """What a JPEG may go through, by the names of the models."""
    photo = burnish.load("photo")
    jpeg = burnish.load("jpeg")
    auto = burnish.load()

    def by_photo(picture: Picture) -> Picture:
        return photo.restore(replace(picture, quality=None)).picture

    def by_jpeg(picture: Picture) -> Picture:
        assert picture.quality is not None
        return jpeg.restore(picture, Asked({"quality": float(picture.quality)})).picture

    def both(picture: Picture) -> Picture:
        return by_jpeg(replace(by_photo(picture), quality=picture.quality))

    return {
        "photo": by_photo,
        "jpeg": by_jpeg,
        "jpeg, photo": lambda picture: by_photo(by_jpeg(picture)),
        "photo, jpeg": both,
        "auto": lambda picture: auto.restore(picture).picture,
    }


def measured(data: Path, every: int) -> list[str]:
    """A table of what every way gains."""
    gains: dict[tuple[str, int], list[list[float]]] = {}
    tried = ways()
    for what, noisy, clean in sources(data, every):
        for quality in QUALITIES:
            file = io.BytesIO()
            Image.fromarray(noisy).save(file, "JPEG", quality=quality)
            picture = images.read(file.getvalue())
            before = psnr(_bytes(picture), clean)
            after = [psnr(_bytes(way(picture)), clean) - before for way in tried.values()]
            gains.setdefault((what, quality), []).append([before, *after])
    rows = []
    for (what, quality), found in sorted(gains.items()):
        before, *after = np.mean(found, 0)
        rows.append([what, str(quality), f"{before:.2f}", *(f"{gain:+.2f}" for gain in after)])
    return markdown.rows(["", "JPEG", "as saved", *tried], rows)


def kinds(data: Path, every: int) -> list[str]:
    """A table of what pictures of every kind are taken for."""
    rows = []
    for folder, what in FOLDERS.items():
        inside = sorted((data / folder).rglob("*.*"))[::every]
        files = (file for file in inside if images.format_named(file.name))
        rows.append([f"{what} (`{folder}`)", *_counted(map(images.read, files))])
    for kind in ("page", "chart", "drawing"):
        drawn = (images.from_array(np.asarray(draw(kind, n).convert("RGB"))) for n in range(20))
        rows.append([f"{kind}s, drawn by a program", *_counted(drawn)])
    return markdown.rows(["", "photograph", "page", "drawing"], rows)


def _counted(pictures: Iterator[Picture]) -> list[str]:
    found = Counter(Look(picture).kind for picture in pictures)
    return [str(found[kind]) for kind in ("photograph", "page", "drawing")]


def _cut(file: Path) -> Pixels:
    with Image.open(file) as opened:
        return np.asarray(opened.convert("RGB"))[:SIDE, :SIDE]


def _bytes(picture: Picture) -> Pixels:
    samples: Pixels = np.rint(np.clip(picture.pixels[0], 0, 1) * 255).astype(np.uint8)
    return samples.transpose(1, 2, 0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--every", type=int, default=3, help="every so many pictures only")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/auto.md")
    options = parser.parse_args()
    for name, makes in (("kinds", kinds), ("ways", measured)):
        lines = makes(options.data, options.every)
        print("\n".join(lines), flush=True)
        if options.write:
            markdown.put(PAGE, name, lines)
    print(processor())


if __name__ == "__main__":
    main()
