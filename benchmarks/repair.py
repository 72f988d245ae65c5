"""How well damage is mended: PSNR where it was, by its width, beside other fillings, and of whole
pictures.

python -m benchmarks.repair [MODEL] [--filler FILE] [--shared ../shared] [--every 1] [--out FILE]

The damage is that of benchmarks.scratch. It is filled inside the true mask, which is all that a
mask covers at all: as `burnish restore --mask-in` does, by the network alone, smoothly alone, and
by OpenCV and scikit-image. What is "3 to 4" pixels wide lies in no square of 5 that is all lost,
but in one of 3 or near one (`thick`). With a model the whole pictures are measured as well: as they
came, and as `burnish restore -m MODEL` gives them, with the mask that it finds.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scratch import Case, Marked, cases, kodak, shipped
from burnish.contract import Array
from burnish.degrade.noise import clip_and_round
from burnish.images import Picture
from burnish.inference.model import Model
from burnish.inference.zoo import FILLER, filler, load
from burnish.pipeline import Fill, mended, thick

#: widths of damage in pixels, from and to
WIDTHS = ((1, 2), (3, 4), (5, 8), (9, 16), (17, 24), (25, 9999), (1, 8))
#: of fewer pixels than this in a picture no PSNR is taken
FEW = 50
#: the radius of what OpenCV looks at around a pixel
RADIUS = 3


def ours(network: Fill | None) -> Callable[[Case], Array]:
    """What the true mask marks mended as we do it, with a network or smoothly alone."""

    def fill(case: Case) -> Array:
        return clip_and_round(mended(case.spoiled, case.touched, 0, network))

    return fill


def alone(network: Fill) -> Callable[[Case], Array]:
    """What the true mask marks filled by a network, however wide it is."""

    def fill(case: Case) -> Array:
        return clip_and_round(network(case.spoiled[0], case.touched)[None])

    return fill


def biharmonic(case: Case) -> Array:
    """The filling of scikit-image, of the true mask."""
    from skimage.restoration import inpaint_biharmonic

    pixels = case.spoiled[0].transpose(1, 2, 0)
    found = inpaint_biharmonic(pixels, case.touched, channel_axis=-1, split_into_regions=True)
    return clip_and_round(np.asarray(found, np.float32).transpose(2, 0, 1)[None])


def opencv(method: str) -> Callable[[Case], Array]:
    """A filling of OpenCV, of the true mask: INPAINT_TELEA or INPAINT_NS."""

    def fill(case: Case) -> Array:
        import cv2

        pixels = np.rint(255 * case.spoiled[0]).astype(np.uint8).transpose(1, 2, 0)
        mask = case.touched.astype(np.uint8)
        found = cv2.inpaint(np.ascontiguousarray(pixels), mask, RADIUS, getattr(cv2, method))
        return np.asarray(found, np.float32).transpose(2, 0, 1)[None] / np.float32(255)

    return fill


def fillings(network: Model | None) -> dict[str, Callable[[Case], Array]]:
    """By what the true mask is filled."""
    found = {
        "burnish, classical": ours(None),
        "OpenCV Telea": opencv("INPAINT_TELEA"),
        "OpenCV Navier-Stokes": opencv("INPAINT_NS"),
        "scikit-image biharmonic": biharmonic,
    }
    if network is not None:
        found = {"burnish": ours(network.fill), "network": alone(network.fill), **found}
    return found


def places(touched: Marked) -> dict[str, Marked]:
    """What is lost [H, W], by its width in words."""
    found = {}
    for least, most in WIDTHS:
        from_there = touched if least == 1 else thick(touched, least)
        words = f"{least} to {most}" if most < 9999 else f"from {least}"
        found[words] = from_there & ~thick(touched, most + 1)
    return found


def decibels(picture: Array, clean: Array, where: Marked) -> float:
    """PSNR over the pixels of `where` [H, W]."""
    error = float(np.square(picture[0] - clean[0])[:, where].mean(dtype=np.float64))
    return -10 * math.log10(max(error, 1e-10))


def repaired(model: Model, case: Case) -> Array:
    """The picture as `burnish restore -m MODEL` gives it."""
    return clip_and_round(model.restore(Picture(case.spoiled)).picture.pixels)


def measure(
    model: Model | None, network: Model | None, shared: Path, every: int
) -> dict[str, dict[str, float]]:
    """All figures: the means over the damaged pictures, in dB, by width, and then by filling."""
    found: dict[str, dict[str, list[float]]] = {}

    def note(kind: str, name: str, picture: Array, case: Case, where: Marked) -> None:
        values = found.setdefault(kind, {}).setdefault(name, [])
        values.append(decibels(picture, case.clean, where))

    for case in cases(shared, kodak(shared, every)):
        widths = places(case.touched)
        for name, fill in fillings(network).items():
            picture = fill(case)
            for words, where in widths.items():
                if np.count_nonzero(where) >= FEW:
                    note(f"{words} pixels wide", name, picture, case, where)
        if model is not None:
            everywhere = np.ones_like(case.touched)
            note("whole pictures", "as they came", case.spoiled, case, everywhere)
            note("whole pictures", "restored", repaired(model, case), case, everywhere)
        print(case.name, flush=True)
    return {kind: _means(rows) for kind, rows in found.items()}


def _means(rows: dict[str, list[float]]) -> dict[str, float]:
    return {name: round(math.fsum(values) / len(values), 3) for name, values in rows.items()}


def network_of(file: Path | None) -> Model | None:
    """The network that fills: that of a model file, or the one that ships, if there is one."""
    return filler() if file is None else Model(file)


def filled_with(file: Path | None) -> dict[str, Any]:
    """The digest of the weights of the network that fills, where it is the one that ships."""
    ships = shipped(FILLER) if file is None else {}
    return {"filler": ships["weights"]} if ships else {}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--filler", type=Path, help="a network, in place of the one that ships")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--every", type=int, default=1, help="every so-manieth picture alone")
    parser.add_argument("--out", type=Path, help="all figures as JSON")
    words = parser.parse_args()
    model = None if words.model is None else load(words.model)
    found = measure(model, network_of(words.filler), words.shared, words.every)
    for kind, row in found.items():
        print(f"{kind}: " + ", ".join(f"{name} {value:.2f} dB" for name, value in row.items()))
    if words.out:
        pictures = {"pictures": len(kodak(words.shared, words.every))}
        record = shipped(words.model) | filled_with(words.filler) | pictures | found
        words.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
