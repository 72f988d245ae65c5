"""The tables of docs/upscale.md: an enlarging model with its dials against filters and RLFN, on
clean small pictures, on compressed ones, in perceptual distance and in time, in one run.

python -m benchmarks.rlfn ../shared/data/weights runs/peers
python -m benchmarks.upscale upscale-x2|FILE.onnx [--data ../shared/data] [--every 1] [--write]
python -m benchmarks.upscale --page     # the tables of docs/upscale.md, of the results so far

Small pictures are made by MATLAB's bicubic and rounded to 8 bits; PSNR and SSIM are of Y (BT.601),
without a border of the scale. The perceptual distance is SqueezeNet's, which no training looks
through. Soft ones are blurred before they are made small. Compressed ones are JPEGs of quality 40
with 4:2:0, and those of the web large photographs 640 pixels wide at quality 80; `jpeg`, behind
which RLFN and ours come, is told the quality, and `auto` finds what it does on the pixels. Times
are medians of runs in turns, on one thread.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from benchmarks.markdown import put, rows
from benchmarks.ship import weights_digest
from burnish.contract import Array
from burnish.degrade.jpeg import through_jpeg
from burnish.degrade.resize import downscale
from burnish.ground.channels import to_channels
from burnish.ground.files import atomic_write
from burnish.ground.resize import resize
from burnish.images import Picture
from burnish.inference.model import Model
from burnish.inference.zoo import find, load
from burnish.metrics import METRICS
from burnish.pipeline import ask
from burnish.study.evaluate import Folder
from burnish.study.machine import processor
from burnish.training.losses.likeness import likeness

RESULTS, PAGE = Path("benchmarks/results/upscale.json"), Path("docs/upscale.md")
FORMAT = 1
#: sets of clean pictures, and every how manieth of kodak24 the perceptual distance is taken on
SETS, EACH = ("set5", "set14"), 2
QUALITY = 40
#: the set that is blurred as well, by sigmas in pixels of the small picture
BLURRED, SOFTNESS = "set14", (0.5, 1.0)
#: pictures of the web: how wide, and their quality
WIDE, WEB = 640, 80
#: the sides of the picture that is timed, and the turns
TIMED, TURNS = (480, 640), 5
FIGURES = ("psnr-y", "ssim-y")
#: a small picture [1, 3, h, w] -> the picture enlarged
Enlarge = Callable[[Array], Array]
Way = tuple[str, Enlarge]


def by(model: Model, **dials: float) -> Enlarge:
    """How a model enlarges, with its dials set; one that is not given is found, or its default."""

    def enlarge(small: Array) -> Array:
        picture = Picture(small)
        return model.restore(picture, ask(model.contract, dials)).picture.pixels

    return enlarge


def behind(first: Enlarge, second: Enlarge) -> Enlarge:
    """One way after another, as between two files of 8 bits."""
    return lambda small: second(eight_bits(first(small)))


def eight_bits(pixels: Array) -> Array:
    return np.asarray(np.rint(pixels.clip(0, 1) * 255) / 255, np.float32)


def clean_ones(
    folder: Path, scale: int, every: int, softness: float = 0.0
) -> Iterator[tuple[Array, Array]]:
    """(small, clean) of the pictures of a folder, both in three channels and of 8 bits."""
    for _, picture in itertools.islice(Folder(folder), 0, None, every):
        yield made_small(to_channels(picture.pixels, 3), scale, softness)


def made_small(pixels: Array, scale: int, softness: float = 0.0) -> tuple[Array, Array]:
    """(small, clean) of a picture [1, 3, H, W], of which clean is what the scale divides."""
    height, width = (side // scale * scale for side in pixels.shape[-2:])
    clean = pixels[..., :height, :width]
    level = np.full((1, 1, 1, 1), softness, np.float32)
    small = downscale(scale).spoil(clean, level, np.random.default_rng(0))
    return eight_bits(small), clean


def of_the_web(folder: Path, scale: int, every: int) -> Iterator[tuple[Array, Array]]:
    """(small, clean) of large photographs: the small ones WIDE pixels wide, without compression."""
    for _, picture in itertools.islice(Folder(folder), 0, None, every):
        height, width = picture.pixels.shape[-2:]
        large = resize(to_channels(picture.pixels, 3), height * WIDE * scale // width, WIDE * scale)
        yield made_small(eight_bits(large), scale)


def compressed(pairs: Iterator[tuple[Array, Array]], quality: int) -> Iterator[tuple[Array, Array]]:
    for small, clean in pairs:
        yield through_jpeg(small[0], quality, "4:2:0")[None], clean


def measured(
    pairs: Iterator[tuple[Array, Array]],
    ways: Mapping[str, Enlarge],
    metrics: Mapping[str, Callable[[Array, Array, int], float]],
    scale: int,
) -> dict[str, dict[str, float]]:
    """By way, the mean of every metric."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for small, clean in pairs:
        for name, way in ways.items():
            result = way(small)
            figures = {
                metric: function(result[0], clean[0], scale) for metric, function in metrics.items()
            }
            found[name].append(figures)
    return {
        name: {metric: mean(one[metric] for one in several) for metric in metrics}
        for name, several in found.items()
    }


def seconds(ways: Mapping[str, Enlarge]) -> dict[str, float]:
    """By way, the median of its times on one picture, all of them in turns."""
    small = np.random.default_rng(0).random((1, 3, *TIMED)).astype(np.float32)
    found: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(TURNS + 1):
        for name, way in ways.items():
            begun = time.perf_counter()
            way(small)
            if turn:  # the first time, buffers are made
                found[name].append(time.perf_counter() - begun)
    return {name: median(times) for name, times in found.items()}


@cache
def opened(word: str) -> Model:
    model = Model(word) if word.endswith(".onnx") else load(word)
    model.open(device="cpu", threads=1)
    return model


def measure(word: str, data: Path, peers: Path, every: int) -> dict[str, Any]:
    """All figures of one model, beside those of its peers."""
    model = opened(word)
    scale = model.contract.scale
    ways = {name: by(opened(f"{name}:scale={scale}")) for name in ("bicubic", "lanczos")}
    ways |= {"RLFN": by(opened(str(peers / f"rlfn_x{scale}.onnx"))), "ours": by(model)}
    tests = data / "test"
    squeezenet = str(data / "weights" / "squeezenet11_features.pth")
    pictures = partial(clean_ones, scale=scale, every=every)
    figures = {name: METRICS[name].function for name in FIGURES}
    look_at = partial(measured, metrics=figures, scale=scale)
    return {
        "scale": scale,
        "weights": _weights(word),
        "clean": {name: look_at(pictures(tests / name), ways) for name in SETS},
        "kodak24": measured(
            clean_ones(tests / "kodak24", scale, EACH * every),
            ways | at_stops(model, "crisp", (50, 100)),
            figures | {"distance": partial(likeness(file=squeezenet).function)},
            scale,
        ),
        "blurred": {
            f"{softness:g}": look_at(
                pictures(tests / BLURRED, softness=softness),
                ways | at_stops(model, "softness", (softness,)),
            )
            for softness in SOFTNESS
        },
        "compressed": {
            name: look_at(compressed(pictures(tests / name), QUALITY), behind_others(ways, QUALITY))
            for name in SETS
        },
        "web": look_at(
            compressed(of_the_web(tests / "large", scale, every), WEB), behind_others(ways, WEB)
        ),
        "seconds": seconds({name: ways[name] for name in ("RLFN", "ours")}),
        "every": every,
        "processor": processor(),
    }


def at_stops(model: Model, name: str, stops: Sequence[float]) -> dict[str, Enlarge]:
    """A dial's stops, each a way of its own; none where the model has no such dial."""
    if all(dial.name != name for dial in model.contract.dials):
        return {}
    return {f"ours, {name} {at:g}": by(model, **{name: at}) for at in stops}


def behind_others(ways: Mapping[str, Enlarge], quality: int) -> dict[str, Enlarge]:
    """The ways of small JPEGs: alone, behind `jpeg` that is told the quality, and behind `auto`."""
    jpeg = by(opened("jpeg"), quality=quality)
    return {
        "bicubic": ways["bicubic"],
        "RLFN": ways["RLFN"],
        "RLFN behind jpeg": behind(jpeg, ways["RLFN"]),
        "ours": ways["ours"],
        "ours behind jpeg": behind(jpeg, ways["ours"]),
        "ours behind auto": behind(by(opened("auto")), ways["ours"]),
    }


def _weights(word: str) -> str:
    source = find(word).with_suffix(".safetensors")
    return weights_digest(source) if source.exists() else ""


def tables(record: Mapping[str, Any]) -> list[str]:
    """The tables of docs/upscale.md, as Markdown, for every model that was measured."""
    lines: list[str] = []
    for name, found in record["models"].items():
        blurred = {f"blurred by {at} px": part for at, part in found["blurred"].items()}
        small_jpegs = {f"{part}, q. {QUALITY}": one for part, one in found["compressed"].items()}
        web = {f"{WIDE} px wide, q. {WEB}": found["web"]}
        for title, columns in (
            (f"{name}: clean small pictures", found["clean"]),
            ("kodak24", {"PSNR/SSIM": found["kodak24"]}),
            (f"{BLURRED}, told or not", blurred),
            ("small JPEGs", small_jpegs | web),
        ):
            lines += [*_table(title, columns), ""]
        times = found["seconds"]
        share = times["ours"] / times["RLFN"]
        lines += [
            f"PSNR/SSIM: {METRICS['psnr-y'].stamp(3, found['scale'], None)}.",
            f"A picture of {TIMED[1]}x{TIMED[0]} takes {times['ours']:.2f} s, and RLFN "
            f"{times['RLFN']:.2f} s ({share:.0%}), one thread in turns, on {found['processor']}.",
            "",
        ]
    return lines[:-1]


def _table(title: str, columns: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    """A line for each way, a column for each kind of picture; beside it the distance, where there
    is one.
    """
    ways = list(dict.fromkeys(way for column in columns.values() for way in column))
    looks = [column for column in columns.values() if "distance" in next(iter(column.values()))]
    body = [
        [
            way,
            *(_psnr_and_ssim(column[way]) if way in column else "" for column in columns.values()),
            *(f"{column[way]['distance']:.3f}" for column in looks),
        ]
        for way in ways
    ]
    return rows([title, *columns, *("perceptual distance" for _ in looks)], body)


def _psnr_and_ssim(figures: Mapping[str, float]) -> str:
    return f"{figures['psnr-y']:.2f}/{figures['ssim-y']:.4f}".replace("/0.", "/.")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="?")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--peers", type=Path, default=Path("runs/peers"))
    parser.add_argument("--every", type=int, default=1, help="only every n-th picture")
    parser.add_argument("--write", action="store_true", help="into the results and the page")
    parser.add_argument("--page", action="store_true", help="the page, of the results so far")
    arguments = parser.parse_args()
    record: dict[str, Any] = {"format": FORMAT, "models": {}}
    if RESULTS.exists():
        record = json.loads(RESULTS.read_text())
    if arguments.model:
        name = Path(arguments.model).stem
        found = measure(arguments.model, arguments.data, arguments.peers, arguments.every)
        record["models"][name] = found
        print("\n".join(tables({"models": {name: found}})))
    if arguments.write:
        atomic_write(RESULTS, (json.dumps(record, indent=1) + "\n").encode())
    if arguments.write or arguments.page:
        put(PAGE, "tables", tables(record))


if __name__ == "__main__":
    main()
