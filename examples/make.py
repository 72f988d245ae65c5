"""Makes the pictures of this folder, and the demo's, from the Kodak pictures: `python
examples/make.py FOLDER`, where kodim07 and so on lie.

Kodak released them for unrestricted use. Each is cut or reduced to 384x256 and gets Gaussian noise
of a known sigma (8-bit steps) from a fixed seed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Example:
    """Where a picture goes, and how it is made. corner: left and top of the cut, or None to halve
    the whole picture (means of 2x2 pixels).
    """

    target: str
    number: int
    sigma: float
    corner: tuple[int, int] | None
    size: tuple[int, int] = (384, 256)
    grey: bool = False
    bits: int = 8


EXAMPLES = (
    Example("../burnish/cli/commands/demo.png", 23, 25, (330, 120)),
    Example("window_noise50.png", 7, 50, (250, 110)),
    Example("face_noise15.jpg", 15, 15, None),
    Example("statue_grey_noise35.png", 17, 35, (130, 100), size=(256, 384), grey=True),
    Example("lighthouse_16bit_noise10.png", 21, 10, None, bits=16),
)


def make(example: Example, folder: Path) -> Path:
    """Writes one example and returns where it is."""
    (source,) = folder.glob(f"kodim{example.number:02d}.*")
    with Image.open(source) as file:
        clean = np.asarray(file.convert("L" if example.grey else "RGB"), np.float64)
    clean = _halved(clean) if example.corner is None else _cut(clean, example.corner, example.size)
    noisy = clean + np.random.default_rng(example.number).normal(0, example.sigma, clean.shape)
    target = (HERE / example.target).resolve()
    _write(target, np.clip(noisy / 255, 0, 1), example.bits)
    return target


def _halved(image: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = image.shape[:2]
    halved: NDArray[np.float64] = image.reshape(height // 2, 2, width // 2, 2, -1).mean((1, 3))
    return halved


def _cut(
    image: NDArray[np.float64], corner: tuple[int, int], size: tuple[int, int]
) -> NDArray[np.float64]:
    return image[corner[1] : corner[1] + size[1], corner[0] : corner[0] + size[0]]


def _write(target: Path, image: NDArray[np.float64], bits: int) -> None:
    """image: values in [0, 1]; rounded to 8 or 16 bits, as files are."""
    if bits == 16:
        target.write_bytes(
            imagecodecs.png_encode(np.rint(image * 65535).astype(np.uint16), level=9)
        )
    else:
        Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(
            target, quality=95, subsampling=0, optimize=True
        )


if __name__ == "__main__":
    for example in EXAMPLES:
        print(make(example, Path(sys.argv[1])))
