"""Film damage from masks in a folder, scans of the real thing.

Each mask is mirrored, resized and cut as chance will have it, and laid on bright or dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...contract import Array, Dial
from ...errors import InputError, UsageError
from ...images import endings, open_image
from .. import Degradation
from ..arguments import Range, bounds, share
from ..drawing import Size, log_uniform, sign
from ..paint import Paint, painted, parts, rgb
from . import blotches, dust, hair, scratches

#: a mask whose values stay below this holds class numbers (0: nothing), not greys
CLASSES = 16


def film_masks(
    folder: str | None = None,
    scale: Range = (0.5, 1.5),
    bright: float = 0.5,
    most: int = 4,
    leave: int = 0,
) -> Degradation:
    """Damage from the masks in a folder and the folders within it.

    Masks are grey ones (white is damage), or class numbers from 0 to 15 (0 is none). scale: how
    many times larger a mask is laid on. bright: the share of masks laid on bright. most: how many
    there are at 1. leave: with N, every Nth file by name of each folder is left for measuring with.
    Without a folder, dust, hairs, scratches and blotches are drawn. Raises
    UsageError where the folder holds no mask.
    """
    sizes = bounds("scale", scale, 0.05, 100)
    if not isinstance(most, int) or most < 1:
        raise UsageError(
            f"most={most} does not fit: how many masks lie on a picture when the dial is at 1, "
            "a whole number from 1, is wanted"
        )
    if not isinstance(leave, int) or leave < 0 or leave == 1:
        raise UsageError(
            f"leave={leave} does not fit: every how many masks one is left out, from 2 (or 0 for "
            "none), is wanted"
        )
    dial = Dial("film", 0.0, 1.0, 0.4, "0 for none to 1 for badly damaged film")
    if folder is None:
        return painted(dial, partial(draw_all, bright=share("bright", bright)))
    root = Path(str(folder))  # one that is called 2024 comes as a number
    files = mask_files(root, leave) if root.is_dir() else ()
    if not files:
        raise UsageError(
            f"folder={folder}: no damage masks there (seen from {Path.cwd()}); name a folder "
            f"that holds pictures of type {', '.join(endings())}"
        )
    return painted(
        dial, partial(draw, files=files, scale=sizes, bright=share("bright", bright), most=most)
    )


def mask_files(root: Path, leave: int = 0) -> tuple[str, ...]:
    """The masks below a folder by name, but every `leave`th one of each folder (0: all of them)."""
    below: dict[Path, list[Path]] = {}
    for path in sorted(p for p in root.rglob("*") if p.suffix.lower() in endings()):
        below.setdefault(path.parent, []).append(path)
    return tuple(
        str(path)
        for paths in below.values()
        for number, path in enumerate(paths, 1)
        if not leave or number % leave
    )


def draw(
    size: Size,
    amount: float,
    rng: np.random.Generator,
    files: Sequence[str],
    scale: tuple[float, float],
    bright: float,
    most: int,
) -> Iterator[Paint]:
    """A layer for each mask, one after the other."""
    for part in parts(amount, most):
        mask = lay_mask(
            read_mask(files[int(rng.integers(len(files)))]), size, log_uniform(*scale, rng), rng
        )
        tone = rng.uniform(0.85, 1.0) if rng.random() < bright else rng.uniform(0.02, 0.2)
        yield Paint(
            np.float32(part * rng.uniform(0.6, 1.0)) * mask,
            rgb(tone, tone * 0.98, tone * 0.94),
            glaze=False,
        )


def draw_all(size: Size, amount: float, rng: np.random.Generator, bright: float) -> Iterator[Paint]:
    """Some of everything, drawn instead of taken from a folder."""
    kinds: tuple[Callable[..., Iterator[Paint]], ...] = (
        blotches.draw,
        scratches.draw,
        hair.draw,
        dust.draw,
    )
    shares, own = rng.uniform(0.1, 1.0, len(kinds)), rng.spawn(len(kinds))
    shares[rng.integers(len(kinds))] = 1
    for kind, part, each in zip(kinds, shares, own, strict=True):
        yield from kind(size, amount * part, each, (0.7, 1.4), bright)


@lru_cache(maxsize=32)  # a scan may be 17 MB large
def read_mask(path: str) -> NDArray[np.uint8]:
    """The mask as greys, 255 for full damage. [H, W]. InputError where it cannot be read."""
    try:
        with open_image(path) as file:
            values = np.asarray(
                file if file.mode == "P" or file.mode.startswith("I") else file.convert("L")
            )
            deep, grey = (
                file.mode.startswith("I"),
                values
                if values.max() < CLASSES or file.mode != "P"
                else np.asarray(file.convert("L")),
            )
    except OSError as error:
        raise InputError(f"{path}: a damage mask that cannot be read ({error})") from error
    if grey.max() < CLASSES:
        return np.where(grey > 0, np.uint8(255), np.uint8(0))
    return np.rint(np.clip(grey, 0, 65535) / 257).astype(np.uint8) if deep else grey


def lay_mask(mask: NDArray[np.uint8], size: Size, times: float, rng: np.random.Generator) -> Array:
    """A part [H, W], in 0..1, of the mask `times` as large, mirrored either way.

    It covers the picture, or lies within it.
    """
    mask = mask[:: int(sign(rng)), :: int(sign(rng))]
    large = [max(1, round(n * times)) for n in mask.shape]
    start = [
        rng.uniform(min(0, n - m), max(0, n - m)) for n, m in zip(size, large, strict=True)
    ]  # of the mask, as seen from the picture
    ends = [
        (max(0, round(s)), min(n, round(s) + m)) for s, n, m in zip(start, size, large, strict=True)
    ]
    box = [
        (e - s) / m * n
        for s, pair, m, n in zip(start, ends, large, mask.shape, strict=True)
        for e in pair
    ]
    top, bottom, left, right = (float(np.clip(b, 0, mask.shape[i // 2])) for i, b in enumerate(box))
    (y0, y1), (x0, x1) = ends
    laid = np.zeros(size, np.float32)
    resized = Image.fromarray(np.ascontiguousarray(mask)).resize(
        (x1 - x0, y1 - y0), Image.Resampling.BILINEAR, (left, top, right, bottom)
    )
    laid[y0:y1, x0:x1] = np.asarray(resized, np.float32) / 255
    return laid
