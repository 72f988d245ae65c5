"""How well damage on photographs is found: F1, precision and recall of a model's mask, beside the
usual classical one; and how much it touches of pictures that have none.

python -m benchmarks.scratch MODEL [--shared ../shared] [--at 0.5] [--every 1] [--out FILE]
python -m benchmarks.scratch MODEL --enlarged [--every 6]

The damage is that of real masks which no training has seen: every fifth file by name of each kind
in film/damage_masks, and pieces of film/scan_masks. It is laid on Kodak's 24 pictures at three
sizes, black or white, of an opacity from 0.5 to 1, on 0.5 to 3 percent of the pixels, by a fixed
seed. A pixel is damaged where a mask covers half of it or more, and the picture changed there by
SEEN or more, so that it can be seen; where a mask covers it less, or white dirt lies on white, a
pixel counts neither as found nor as missed. `strictly` counts such pixels all the same: all that
a mask covers by half is damaged, all else is not.

--enlarged: damaged pictures of Kodak's own size are enlarged two and three times (bicubic, 8 bits),
and looked at as they are, and at the scale that is found.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from burnish.contract import Array
from burnish.degrade.film.masks import lay_mask, mask_files, read_mask
from burnish.degrade.lookalikes import KINDS, lookalikes
from burnish.degrade.noise import clip_and_round
from burnish.ground.channels import grey
from burnish.ground.resize import resize
from burnish.images import Picture, read
from burnish.inference.model import Model
from burnish.inference.zoo import find, load, names
from burnish.metrics.masks import f1, precision, recall
from burnish.pipeline.estimate import scale as scale_of

Marked = NDArray[np.bool_]
#: every so-manieth mask of a kind was left for measuring (`leave` of the recipe)
LEFT = 5
#: times the size of Kodak's pictures, 768x512
SIZES = (0.5, 1.0, 2.0)
#: percent of the pixels, at least and at most
SHARES = (0.5, 3.0)
#: a change of this in any channel can be seen
SEEN = 8 / 255
#: how sure a model is of what counts as found, to show what its threshold does
THRESHOLDS = (0.15, 0.25, 0.35, 0.5, 0.65, 0.8)
#: sides of the median's window in pixels
WINDOWS = (7, 15, 25)
#: pictures with things that look like dirt
DRAWN = 15


@dataclass(frozen=True)
class Case:
    """A damaged picture, and what is known of it."""

    #: its name and its size
    name: str
    #: [1, 3, H, W] in [0, 1]
    clean: Array
    #: [1, 3, H, W] in [0, 1]
    spoiled: Array
    #: what is damaged, [H, W]
    damaged: Marked
    #: what counts, [H, W]
    counts: Marked
    #: what a mask covers by half, [H, W]
    covered: Marked
    #: what a mask covers at all, [H, W]
    touched: Marked


def kodak(shared: Path, every: int) -> list[tuple[str, Array]]:
    """(name, pixels [1, 3, H, W]) of Kodak's pictures, or of every `every`th."""
    files = sorted((shared / "data/test/kodak24").iterdir())[::every]
    return [(path.stem, read(path).pixels) for path in files]


def cases(shared: Path, pictures: Sequence[tuple[str, Array]]) -> Iterator[Case]:
    """Every picture at every size, damaged."""
    kinds = held_out_masks(shared)
    for place, (name, pixels) in enumerate(pictures):
        for number, times in enumerate(SIZES):
            rng = np.random.default_rng([22, place, number])
            sides = [round(side * times) for side in pixels.shape[-2:]]
            clean = pixels if times == 1 else clip_and_round(resize(pixels, *sides))
            yield damaged(f"{name} {sides[1]}x{sides[0]}", clean, kinds, rng)


def held_out_masks(shared: Path) -> dict[str, list[str]]:
    """The files of the masks that no training saw, by kind."""
    folder = shared / "data/film/damage_masks"
    trained = set(mask_files(folder, LEFT))
    kinds: dict[str, list[str]] = {"scan": list(mask_files(shared / "data/film/scan_masks"))}
    for path in mask_files(folder):
        if path not in trained:
            kinds.setdefault(Path(path).parent.name, []).append(path)
    return kinds


def damaged(name: str, clean: Array, kinds: dict[str, list[str]], rng: np.random.Generator) -> Case:
    """Lays masks of kinds that are drawn on a picture until enough of it is covered."""
    size = (clean.shape[2], clean.shape[3])
    wanted = rng.uniform(*SHARES) / 100
    cover = np.zeros(size, np.float32)
    spoiled = clean.copy()
    for _ in range(200):
        kind = str(rng.choice(list(kinds)))
        file = str(rng.choice(kinds[kind]))
        # Scans of whole frames are ten times as large as what the other masks are cut from.
        times = rng.uniform(0.2, 0.6) if kind == "scan" else rng.uniform(0.4, 1.0)
        mask = lay_mask(read_mask(file), size, times, rng)
        opacity = np.float32(rng.uniform(0.5, 1.0))
        tone = np.float32(rng.uniform(0.85, 1.0) if rng.random() < 0.5 else rng.uniform(0, 0.15))
        joint = np.maximum(cover, mask)
        if (joint >= 0.5).mean() > SHARES[1] / 100:
            continue
        cover = joint
        spoiled += opacity * mask * (tone - spoiled)
        if (cover >= 0.5).mean() >= wanted:
            break
    spoiled = clip_and_round(spoiled)
    seen = np.abs(spoiled - clean).max(axis=(0, 1)) >= SEEN
    covered = cover >= 0.5
    return Case(
        name=name,
        clean=clean,
        spoiled=spoiled,
        damaged=covered & seen,
        counts=(covered & seen) | (cover < 0.05),
        covered=covered,
        touched=cover > 0.01,
    )


def median_masks(picture: Array) -> Iterator[Array]:
    """How far grey is from its median in a window, for each window [H, W]: the classical way."""
    import cv2

    plane = np.rint(255 * np.clip(grey(picture[0]), 0, 1)).astype(np.uint8)
    for window in WINDOWS:
        yield np.abs(plane.astype(np.float32) - cv2.medianBlur(plane, window)) / np.float32(255)


def best_f1(mask: Array, case: Case) -> float:
    """The F1 of a mask at the threshold that is best for this very picture."""
    steps = np.arange(2, 130, 3) / 255
    return max(f1((mask >= step) & case.counts, case.damaged) for step in steps)


def figures_of(case: Case, mask: Array) -> dict[str, dict[str, float]]:
    """F1, precision and recall of a model's mask, at each threshold and strictly."""
    found = {}
    for threshold in THRESHOLDS:
        marked = mask >= threshold
        counted = marked & case.counts
        found[f"{threshold:g}"] = {
            "F1": f1(counted, case.damaged),
            "precision": precision(counted, case.damaged),
            "recall": recall(counted, case.damaged),
            "F1 strictly": f1(marked, case.covered),
        }
    return found


def drawn(pictures: Sequence[tuple[str, Array]]) -> Iterator[tuple[str, Array]]:
    """Pictures with things that only look like dirt: each kind in turn, on one after the other."""
    for number in range(DRAWN):
        kind = list(KINDS)[number % len(KINDS)]
        name, pixels = pictures[(7 * number) % len(pictures)]
        rng = np.random.default_rng([23, number])
        spoil = lookalikes(kinds=kind).spoil
        yield f"{kind} on {name}", clip_and_round(spoil(pixels, np.full((1, 1, 1, 1), 0.7), rng))


def mask_of(model: Model, pixels: Array, scale: float = 100.0) -> Array:
    """The model's mask of a picture that is looked at at a scale, [H, W]."""
    return model.find(Picture(pixels), scale=scale)


def touched(model: Model, pictures: Iterator[tuple[str, Array]], at: float) -> dict[str, float]:
    """Percent of the pixels of undamaged pictures that are taken for damage, by name."""
    return {name: 100 * float((mask_of(model, pixels) >= at).mean()) for name, pixels in pictures}


def measure(model: Model, shared: Path, every: int, at: float) -> dict[str, Any]:
    """All figures."""
    pictures = kodak(shared, every)
    rows: list[dict[str, dict[str, float]]] = []
    medians: list[list[float]] = []
    for case in cases(shared, pictures):
        rows.append(figures_of(case, mask_of(model, case.spoiled)))
        medians.append([best_f1(mask, case) for mask in median_masks(case.spoiled)])
        here = rows[-1][f"{at:g}"]
        print(f"{case.name}: F1 {here['F1']:.3f}, median {max(medians[-1]):.3f}", flush=True)
    means = {
        threshold: {name: _mean(row[threshold][name] for row in rows) for name in row}
        for threshold, row in rows[0].items()
    }
    classical = {
        str(window): _mean(values)
        for window, values in zip(WINDOWS, zip(*medians, strict=True), strict=True)
    }
    clean = touched(model, iter(pictures), at)
    alike = touched(model, drawn(pictures), at)
    return {"at": at, "model": means, "median": classical, "clean": clean, "drawn": alike}


def enlarged(model: Model, shared: Path, every: int, at: float) -> list[str]:
    """What is found on pictures that were enlarged after they were damaged, as lines of text."""
    kinds = held_out_masks(shared)
    found: dict[str, list[tuple[float, ...]]] = {}
    for place, (name, pixels) in enumerate(kodak(shared, every)):
        case = damaged(name, pixels, kinds, np.random.default_rng([22, place, 1]))
        sides = pixels.shape[-2:]
        marked_at = partial(_marked, model, sides, at)
        for times in (1, 2, 3):
            large, clean = (
                clip_and_round(resize(one, *(times * side for side in sides)))
                for one in (case.spoiled, pixels)
            )
            ways = {"as it is": 100.0, "at the scale found": scale_of(large).value}
            for way, scale in ways.items():
                marked = marked_at(large, scale) & case.counts
                row = [of(marked, case.damaged) for of in (f1, precision, recall)]
                row.append(100 * float(marked_at(clean, scale).mean()))
                found.setdefault(f"{times} times, {way}", []).append((*row, scale))
    return [
        f"{name:29}"
        + "  ".join(
            f"{label} {value:.3f}"
            for label, value in zip(
                ("F1", "precision", "recall", "clean %", "scale"), np.mean(rows, 0), strict=True
            )
        )
        for name, rows in found.items()
    ]


def _marked(
    model: Model, sides: tuple[int, int], at: float, picture: Array, scale: float
) -> Marked:
    """What is found on a picture that is looked at at a scale, as regions of other sides."""
    marked: Marked = resize(mask_of(model, picture, scale), *sides, "area") >= at
    return marked


def shipped(name: str | None) -> dict[str, Any]:
    """The name of a model that ships, and the digest of its weights, for `benchmarks.ship`."""
    if name not in names():
        return {}
    from benchmarks.ship import weights_digest

    return {"name": name, "weights": weights_digest(find(name).with_suffix(".safetensors"))}


def _mean(values: Any) -> float:
    several = list(values)
    return round(math.fsum(several) / len(several), 4)


def report(found: dict[str, Any]) -> str:
    """The figures as lines of text."""
    lines = ["sure of   F1      precision  recall  F1 strictly"]
    for threshold, row in found["model"].items():
        values = (row[name] for name in ("F1", "precision", "recall", "F1 strictly"))
        lines.append(f"{threshold:9} " + "   ".join(f"{value:.4f}" for value in values))
    medians = ", ".join(f"{value:.4f} in {window}" for window, value in found["median"].items())
    lines.append(f"median, threshold best for each picture: F1 {medians}")
    for kind in ("clean", "drawn"):
        shares = found[kind]
        worst = max(shares, key=lambda name: shares[name])
        over = sum(share >= 0.05 for share in shares.values())
        lines.append(
            f"{kind}: {_mean(shares.values()):.4f} % of the pixels touched at {found['at']:g}, "
            f"{shares[worst]:.4f} % of the worst ({worst}), {over} of {len(shares)} over 0.05 %"
        )
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--at", type=float, default=0.5, choices=THRESHOLDS)
    parser.add_argument("--every", type=int, default=1, help="every so-manieth picture alone")
    parser.add_argument("--enlarged", action="store_true", help="on enlarged pictures alone")
    parser.add_argument("--out", type=Path, help="all figures as JSON")
    words = parser.parse_args()
    if words.enlarged:
        print("\n".join(enlarged(load(words.model), words.shared, words.every, words.at)))
        return
    found = measure(load(words.model), words.shared, words.every, words.at)
    print(report(found))
    if words.out:
        found = shipped(words.model) | found
        words.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
