"""Noise of a sensor taken away before developing, or after it: on its mosaic, or on the picture.

    python -m benchmarks.mosaic [--every 4] [--write]

Pieces of 256x256 of Kodak's pictures, taken back to packed planes as some camera saw them
(Brooks et al., CVPR 2019), with the noise of an ISO that is known, developed again. PSNR[RGB,
8-bit, crop 0] against the same piece developed without noise. On the mosaic, variance is made even
first (the generalised Anscombe transform) and the way back is the closed form of its exact unbiased
inverse (Mäkitalo, Foi, IEEE Transactions on Image Processing 22, 2013). --write puts the table into
docs/studies.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import burnish
from benchmarks.markdown import put
from benchmarks.markdown import rows as table
from burnish.contract import Array
from burnish.degrade.raw import Metadata, draw_metadata, process, unprocess
from burnish.degrade.sensor import shot_and_read, variance
from burnish.images import Picture, read
from burnish.metrics import psnr
from burnish.pipeline import ask

KODAK = Path("../shared/data/test/kodak24")
PAGE = Path("docs/studies.md")
ISOS = (400, 1600, 6400, 12800)
#: where a piece begins, and how large it is
TOP, LEFT, SIDE = 100, 200, 256
#: the least that a value may be, once its variance is even, on its way back
LEAST = 1e-3


@dataclass(frozen=True)
class Frame:
    """What a sensor saw of a piece of a picture."""

    #: packed planes [1, 4, h, w], with noise
    noisy: Array
    #: the same, without
    clean: Array
    #: how its camera develops them
    metadata: Metadata
    #: variance is `shot` times the light ...
    shot: float
    #: ... plus this
    read: float

    def developed(self, planes: Array) -> Array:
        """Planes as a picture [1, 3, 2 h, 2 w]."""
        return process(planes, [self.metadata])

    def even(self, planes: Array) -> Array:
        """Planes in tones whose noise has a sigma of 1 everywhere."""
        light = self.shot * planes + 3 / 8 * self.shot**2 + self.read
        return np.asarray(2 / self.shot * np.sqrt(np.maximum(light, 0)), np.float32)

    def light(self, even: Array) -> Array:
        """The way back, in the mean of what noise had made of the light."""
        z = np.maximum(even, LEAST)
        dark = self.read / self.shot**2
        root = np.sqrt(1.5)
        counts = z**2 / 4 + root / 4 / z - 11 / 8 / z**2 + 5 / 8 * root / z**3 - 1 / 8 - dark
        return np.asarray(self.shot * np.maximum(counts, -dark), np.float32)


def frames(iso: float, every: int) -> Iterator[Frame]:
    """The pieces, each of a camera of its own."""
    for number, path in enumerate(sorted(KODAK.iterdir())[::every]):
        rng = np.random.default_rng(number)
        metadata = draw_metadata(rng)
        piece = read(path).pixels[..., TOP : TOP + SIDE, LEFT : LEFT + SIDE]
        clean = unprocess(piece, [metadata])
        shot, still = shot_and_read(np.full((1, 1, 1, 1), iso, np.float32))
        deviation = np.sqrt(variance(clean, shot, still))
        noisy = clean + rng.standard_normal(clean.shape, np.float32) * deviation
        yield Frame(noisy, clean, metadata, float(shot.item()), float(still.item()))


def after(frame: Frame) -> Array:
    """The picture developed, and then `photo`, with nothing set."""
    picture = Picture(frame.developed(frame.noisy))
    return burnish.load("photo").restore(picture).picture.pixels


#: planes that go through a model together: each alone; or with each green its red and its blue
ALONE, IN_COLOUR = ([0], [1], [2], [3]), ([0, 1, 3], [0, 2, 3])


def before(name: str, together: Sequence[list[int]] = ALONE) -> Callable[[Frame], Array]:
    """The picture developed of planes that a model has restored, as grey pictures or colours.

    together: the planes that go through it together; of those that go more than once, the mean.
    """
    model = burnish.load(name)

    def restored(frame: Frame) -> Array:
        low, high = map(float, frame.even(np.array([0, 1], np.float32)))
        asked = ask(model.contract, {"noise": min(75.0, 255 / (high - low))})
        even = (frame.even(frame.noisy) - np.float32(low)) / np.float32(high - low)
        total = np.zeros_like(even)
        for planes in together:
            picture = Picture(np.ascontiguousarray(even[:, planes]), depth="float32")
            total[:, planes] += model.restore(picture, asked).picture.pixels
        times = np.bincount([plane for planes in together for plane in planes])
        mean = total / times[:, None, None]
        return frame.developed(frame.light(np.asarray(mean * (high - low) + low, np.float32)))

    return restored


def measure(every: int) -> list[list[str]]:
    """A line for each way: its name, and its mean at each ISO."""
    ways: dict[str, Callable[[Frame], Array]] = {
        "developed, noise and all": lambda frame: frame.developed(frame.noisy),
        "developed, then `photo` at auto": after,
        "non-local means on the mosaic, then developed": before("nlmeans"),
        "`photo` on the mosaic, then developed": before("photo"),
        "the same, three planes at a time as colours": before("photo", IN_COLOUR),
    }
    lines = [[name] for name in ways]
    for iso in ISOS:
        several = list(frames(iso, every))
        for line, way in zip(lines, ways.values(), strict=True):
            found = [psnr(way(one).clip(0, 1), one.developed(one.clean), 0) for one in several]
            line.append(f"{np.mean(found):.2f}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    heading = ["", *(f"ISO {iso}" for iso in ISOS)]
    lines = table(heading, measure(options.every))
    print("\n".join(lines))
    if options.write:
        put(PAGE, "mosaic", lines)


if __name__ == "__main__":
    main()
