"""How well dirt is found by a scan's infrared plane, and what mending by it gives back.

python -m benchmarks.infrared [--shared ../shared] [--every 1] [--out FILE]

Kodak's 24 pictures become scans of 16 bits in linear light. The dirt has the shapes of masks that
no training has seen (`held_out_masks`) and lies on 0.5 to 3 percent of the pixels. Each piece lets
through a share of infrared that is drawn for it: 0.05 to 0.5 on scans of dense dirt, 0.5 to 0.9 on
those of thin dirt. In colour its density is 0.85 to 1.15 times that, one number for each scan. The
infrared plane has a level of its own, falls off to a corner and to its borders, lies up to 5 pixels
off in each axis, is as large as the picture or half as large (the mean of four pixels), and has
noise of 1 to 3 percent of clear film. Each scan is made three times with the same dirt, place and
noise: without leakage; with "dyes", where 5 to 30 percent of red's density stands in infrared; and
with "light", where as much of red's light gets into it.

A pixel is dirty where it lets through so much as its kind of dirt does, at the most, and clear
where 0.98 gets through. What lies between does not count, nor does what is clear and within a pixel
of the plane from what is not; `strictly` counts that too. `false` is the share of the clear pixels,
those beside dirt apart, that are taken for dirt. PSNR is of whole pictures, in sRGB's tones of
8 bits: as they came, with all that was found filled, and as `burnish restore -m scratch` mends
them.

At last, silver film: the same pictures in grey, which infrared shows as well, at 0.5 to 1 of their
density. What counts is whether it is said.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.scratch import SHARES, held_out_masks, kodak
from burnish.contract import Array, Contract, Opened
from burnish.degrade.film.masks import lay_mask, read_mask
from burnish.ground.regions import dilated
from burnish.ground.resize import resize
from burnish.images import Picture, Plane, from_array
from burnish.inference.masked.mender import FindingMender
from burnish.inference.model import Model
from burnish.metrics.masks import f1, precision, recall
from burnish.pipeline import Dirt, dirt, mended

Marked = NDArray[np.bool_]
#: of each piece of dirt, the share of the light that gets through
BOUNDS = {"dense": (0.05, 0.5), "thin": (0.5, 0.9)}
#: where this share gets through, or more, there is no dirt
CLEAR = 0.98
#: the way off between colours and infrared, in pixels of the picture, in each axis
OFF = 5.0
#: density of dirt in colour, as a share of its density in infrared
COLOUR = (0.85, 1.15)
#: how much of the picture's density silver film shows in infrared
SILVER = (0.5, 1.0)
#: noise of the plane, of clear film
NOISE = (0.01, 0.03)
#: how much of red leaks
LEAKS = (0.05, 0.3)
#: how many silver films are known for such
SAID = "silver films that are said to be such"
KINDS = ("none", "dyes", "light")
#: light of the darkest film: a density of 3
DARKEST = 1e-3


@dataclass(frozen=True)
class Case:
    """A scan, and what is known of it."""

    #: which picture, plane and leakage
    name: str
    #: of the plane: "full" or "half"
    size: str
    #: of the leakage: one of KINDS
    kind: str
    #: of the dirt: one of BOUNDS
    dust: str
    #: in linear light, without dirt [3, H, W]
    clean: Array
    #: the same with dirt, as 16 bits have it
    scan: Array
    #: the infrared plane [h, w], as 16 bits have it
    plane: Array
    #: the share of infrared that gets through dirt [H, W]
    through: Array

    @property
    def dirty(self) -> Marked:
        """What is dirty, of the kind of this scan."""
        low, high = BOUNDS[self.dust]
        found: Marked = (self.through >= low) & (self.through <= high)
        return found

    @property
    def clear(self) -> Marked:
        """What has no dirt."""
        found: Marked = self.through >= CLEAR
        return found

    @property
    def apart(self) -> Marked:
        """What has no dirt within a pixel of the plane."""
        return ~dilated(~self.clear, 1 if self.size == "full" else 2)


def rounded(samples: Array) -> Array:
    """Samples in 0..1 as 16 bits have them."""
    return np.asarray(np.rint(samples.clip(0, 1) * 65535) / 65535, np.float32)


def linear(tones: Array) -> Array:
    """Light of sRGB's tones."""
    low = tones / 12.92
    return np.asarray(np.where(tones <= 0.04045, low, ((tones + 0.055) / 1.055) ** 2.4), np.float32)


def tones_of(light: Array) -> Array:
    """sRGB's tones of light."""
    high = 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055
    return np.asarray(np.where(light <= 0.0031308, 12.92 * light, high), np.float32)


def dirt_on(
    size: tuple[int, int],
    kinds: dict[str, list[str]],
    bounds: tuple[float, float],
    rng: np.random.Generator,
) -> Array:
    """The share of the light that gets through pieces of dirt, [H, W]."""
    wanted = rng.uniform(*SHARES) / 100
    through = np.ones(size, np.float32)
    cover = np.zeros(size, np.float32)
    for _ in range(200):
        kind = str(rng.choice(list(kinds)))
        file = str(rng.choice(kinds[kind]))
        times = rng.uniform(0.2, 0.6) if kind == "scan" else rng.uniform(0.4, 1.0)
        mask = lay_mask(read_mask(file), size, times, rng)
        lets = np.float32(rng.uniform(*bounds))
        joint = np.maximum(cover, mask)
        if (joint >= 0.5).mean() > SHARES[1] / 100:
            continue
        cover = joint
        through *= 1 - (1 - lets) * mask
        if (cover >= 0.5).mean() >= wanted:
            break
    return through


def infrared_of(
    red: Array, through: Array, kind: str, half: bool, rng: np.random.Generator
) -> Array:
    """The infrared plane of a scan, whose red light without dirt is given [H, W]."""
    height, width = red.shape
    leak = np.float32(rng.uniform(*LEAKS))
    off = rng.uniform(-OFF, OFF, 2)
    noise = rng.uniform(*NOISE)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    slope = rng.uniform(-0.1, 0.1, 2)
    fall = rng.uniform(0, 0.15)
    clear = 1 + slope[0] * rows + slope[1] * columns - fall * (rows**2 + columns**2) / 2
    level = rng.uniform(0.5, 0.8)
    seen = through.copy()
    if kind == "dyes":
        seen *= np.maximum(red, DARKEST) ** leak
    elif kind == "light":
        seen *= 1 - leak + leak * red
    seen = np.asarray(ndimage.shift(seen, off, order=3, mode="nearest"), np.float32)
    if half:
        seen = resize(seen, height // 2, width // 2, "area")
        clear = resize(clear.astype(np.float32), height // 2, width // 2, "area")
    grain = rng.normal(0, noise, seen.shape)
    return rounded(np.asarray(level * (clear * seen + grain), np.float32))


def cases(shared: Path, pictures: Sequence[tuple[str, Array]]) -> Iterator[Case]:
    """Every picture with either kind of dirt, a plane of either size, and every kind of leakage."""
    masks = held_out_masks(shared)
    kinds = list(itertools.product(BOUNDS, ("full", "half"), KINDS))
    for place, (name, pixels) in enumerate(pictures):
        clean = linear(pixels[0])
        for dust, size, kind in kinds:
            own = [place, list(BOUNDS).index(dust)]
            half = size == "half"
            rng = np.random.default_rng([24, *own])
            through = dirt_on(clean.shape[1:], masks, BOUNDS[dust], rng)
            scan = rounded(clean * through ** np.float32(rng.uniform(*COLOUR)))
            rng = np.random.default_rng([25, half, *own])
            plane = infrared_of(clean[0], through, kind, half, rng)
            words = f"{name} {dust} {size} {kind}"
            yield Case(words, size, kind, dust, clean, scan, plane, through)


def picture_of(case: Case) -> Picture:
    """The scan as its file would be read."""
    empty = from_array(np.zeros((2, 2, 3), np.uint16))
    plane = Plane("infrared", np.rint(case.plane * 65535).astype(np.uint16))
    return replace(empty, format="TIFF", planes=case.scan[None], extras=(plane,))


def decibels(light: Array, clean: Array) -> float:
    """PSNR of whole pictures, in sRGB's tones of 8 bits."""
    shown, wanted = (np.rint(255 * tones_of(each.clip(0, 1))) for each in (light, clean))
    return float(10 * np.log10(255**2 / np.square(shown - wanted).mean(dtype=np.float64)))


class Nothing(Model):
    """A model that finds no damage, so that all that is mended is infrared's."""

    def __init__(self) -> None:
        self.contract = Contract(channels_out=1, gives="mask")
        self.path = None
        self.card = {}
        self.opened = Opened(lambda image, level: 0 * image[:, :1], "none", "none", "fp32")
        self.bytes_per_pixel = 100


def figures_of(case: Case) -> dict[str, float]:
    """All figures of a scan."""
    begun = time.perf_counter()
    found = dirt(case.scan, case.plane)
    seconds = time.perf_counter() - begun
    marked = found.found if isinstance(found, Dirt) else np.zeros_like(case.dirty)
    counted = marked & (case.dirty | case.apart)
    filled = mended(case.scan[None], dilated(marked, 1), 0)[0]
    mender = FindingMender(Nothing())
    restored = mender.restore(picture_of(case)).picture.pixels[0]
    return {
        "F1": f1(counted, case.dirty),
        "precision": precision(counted, case.dirty),
        "recall": recall(counted, case.dirty),
        "F1 strictly": f1(marked & (case.dirty | case.clear), case.dirty),
        "false": 100 * float((marked & case.apart).sum() / max(case.apart.sum(), 1)),
        "as it came": decibels(case.scan, case.clean),
        "filled": decibels(filled, case.clean),
        "mended": decibels(restored, case.clean),
        "seconds a megapixel": 1e6 * seconds / marked.size,
    }


def silver(pictures: Sequence[tuple[str, Array]]) -> float:
    """The share of silver films that are said to be such."""
    said = []
    for place, (_, pixels) in enumerate(pictures):
        rng = np.random.default_rng([26, place])
        grey = linear(pixels[0]).mean(0)
        share = rng.uniform(*SILVER)
        noise = rng.normal(0, rng.uniform(*NOISE), grey.shape)
        shown = np.maximum(grey, DARKEST) ** share
        seen = np.asarray(ndimage.shift(shown, rng.uniform(-OFF, OFF, 2), mode="nearest"))
        plane = rounded(np.asarray(0.7 * (seen + noise), np.float32))
        found = dirt(rounded(np.stack([grey] * 3)), plane)
        said.append(isinstance(found, str) and "shows the picture" in found)
    return sum(said) / len(said)


def measure(shared: Path, every: int) -> dict[str, Any]:
    """All figures: the means over the pictures for each kind of scan, and the lowest F1."""
    pictures = kodak(shared, every)
    rows: dict[str, list[dict[str, float]]] = {}
    for case in cases(shared, pictures):
        figures = figures_of(case)
        rows.setdefault(f"{case.dust} {case.size} {case.kind}", []).append(figures)
        print(f"{case.name}: F1 {figures['F1']:.3f}, {figures['mended']:.2f} dB", flush=True)
    means: dict[str, Any] = {
        kind: {name: _mean(row[name] for row in several) for name in several[0]}
        | {"lowest F1": round(min(row["F1"] for row in several), 4)}
        for kind, several in rows.items()
    }
    return {"scans": means, SAID: silver(pictures)}


def _mean(values: Iterable[float]) -> float:
    several = list(values)
    return round(math.fsum(several) / len(several), 4)


def report(found: dict[str, Any]) -> str:
    """The figures as lines of text."""
    names = list(next(iter(found["scans"].values())))
    lines = [" " * 18 + "  ".join(names)]
    for kind, row in found["scans"].items():
        values = "  ".join(f"{row[name]:{len(name)}.3f}" for name in names)
        lines.append(f"{kind:18}{values}")
    lines.append(
        f"silver films said to be such: {found['silver films that are said to be such']:.2f}"
    )
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--every", type=int, default=1, help="every so-manieth picture alone")
    parser.add_argument("--out", type=Path, help="all figures as JSON")
    words = parser.parse_args()
    found = measure(words.shared, words.every)
    print(report(found))
    if words.out:
        words.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
