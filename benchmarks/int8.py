"""A shipped model in 8 bits: whether it may ship beside the float one, and how much faster it is.

python -m benchmarks.int8 runs/photo-int8/photo-int8.safetensors --of photo
[--data ../shared/data] [--write] [--sheet FILE]

The gate: on every level of CBSD68, on real noise of cameras, and on clean pictures at auto it loses
at most 0.05 dB against the float model in the same run, unless it is within 50 dB of what went in;
even cards keep their brightness as they do with that; and where the dial says that there is no
damage, nothing changes. Before, fp32, bf16 and int8 are timed on 768x512 in turns, and a ramp
of 16 bits goes through fp32 and int8. `--sheet` draws that ramp, a sky, and skin, to be looked at.
With `--write` and an open gate, weights and model file are put into burnish/weights/int8, and the
figures into benchmarks/results/int8.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.cbsd68 import means
from benchmarks.harmless import MOST, kodak, plain, shift
from benchmarks.real_noise import pairs
from benchmarks.real_noise import psnr as psnr_of_pixels
from benchmarks.ship import bytes_per_pixel, weights_digest
from burnish.contract import Contract, level_array
from burnish.images.picture import to_samples
from burnish.inference.arrays import as_picture
from burnish.inference.backends import open_model
from burnish.inference.backends.files import EIGHT
from burnish.inference.model import Model
from burnish.inference.zoo import find, folder
from burnish.pipeline import Bare, ask
from burnish.report.sheet import Cell, sheet
from burnish.study.evaluate import Folder
from burnish.study.machine import processor
from burnish.study.trained.verify import export_verified
from burnish.training.networks.restorer import Restorer

RESULTS = Path("benchmarks/results/int8.json")
#: what a row may lose, in dB
ALLOWED = 0.05
#: what the mean of an even card may move by beyond what the float model moves it, in 8-bit steps
MOVED = 0.05
#: how often each precision is timed
TURNS = 9
#: drawings, and charts
DRAWN = 24
#: a clean picture at auto that comes back nearer than this to what went in, in dB, may lose more:
#: it is less than an 8-bit step from it
NEAR = 50.0
TIMED = (512, 768)
#: a smooth ramp, and the noise at which pictures are looked at
RAMP = np.linspace(0.2, 0.5, 512, dtype=np.float32)
LOOKED_AT = (5, 25, 50)
#: pieces of Kodak's pictures that are looked at: file, left, top; their side; and by how much their
#: contrast is stretched
LOOKED_AT_IN = {"a sky": ("kodim20.webp", 20, 10), "skin": ("kodim04.webp", 190, 290)}
PIECE, STRETCHED = 128, 6.0
#: the width of each on the sheet
SHOWN = 256


@dataclass(frozen=True)
class Compared:
    """A model file, in float and in 8 bits."""

    #: in fp32
    exact: Model
    #: in 8 bits
    eight: Model


def opened(path: Path, precision: str) -> Model:
    """A model file, opened on the processor."""
    model = Model(path)
    model.open(device="cpu", precision=precision)
    return model


def on_cbsd68(model: Model, pictures: Folder) -> dict[str, float]:
    """Mean PSNR for every column of the card."""
    assert model.opened is not None
    found = means(Bare(model.contract, model.opened.run), pictures)
    return {f"CBSD68, {kind} noise {level}": psnr for kind, level, psnr in found}


def on_files(model: Model, data: Path, every: int) -> dict[str, float]:
    """Mean PSNR of real noise at auto, and of clean pictures to what went in.

    every: only every n-th picture.
    """

    def restored(pixels: Any) -> Any:
        return np.asarray(model(pixels))

    def to_itself(pixels: Any) -> float:
        return min(MOST, psnr_of_pixels(restored(pixels), pixels))

    real = [
        psnr_of_pixels(restored(_pixels(noisy)), _pixels(clean))
        for noisy, clean in pairs(data)[::every]
    ]
    rows = {"real noise of cameras, auto": statistics.fmean(real)}
    sources = {"clean Kodak pictures": kodak(data)}
    sources |= {f"clean {kind}s": plain(kind, DRAWN) for kind in ("drawing", "chart")}
    for name, source in sources.items():
        each = islice(source, 0, None, every)
        rows[f"{name}, auto, to what went in"] = statistics.fmean(map(to_itself, each))
    return rows


def _pixels(file: Path) -> Any:
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))


def identity(model: Model) -> bool:
    """Whether a picture comes back to the bit where the dials say that it has no damage."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (61, 83, 3), np.uint8)
    dials = model.contract.dials
    zero = dict(zip((dial.name for dial in dials), model.contract.identity or (), strict=True))
    asked = ask(model.contract, zero)
    restored = model.restore(as_picture(pixels), asked).picture
    return bool(np.array_equal(to_samples(restored, "uint8"), pixels))


def seconds(path: Path, eight: Path, contract: Contract) -> dict[str, float]:
    """Seconds for a picture of 768x512 in each precision: medians of turns in this run."""
    ways = {
        precision: open_model(path, contract, device="cpu", precision=precision, eight=eight).run
        for precision in ("fp32", "bf16", "int8")
    }
    image = np.random.default_rng(0).random((1, contract.channels_in, *TIMED), np.float32)
    level = level_array([dial.default for dial in contract.dials])
    if level is not None:
        level = np.broadcast_to(level, (1, level.shape[1], *TIMED)).copy()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(TURNS + 1):
        for name, run in ways.items():
            begun = time.perf_counter()
            run(image, level)
            if turn:
                times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(each) for name, each in times.items()}


def on_a_ramp(compared: Compared) -> dict[str, float]:
    """How far int8 is from float on a smooth ramp of 16 bits, in 8-bit steps, RMS, by level."""
    clean = np.broadcast_to(RAMP[None, :, None], (256, 512, 3))
    rng = np.random.default_rng(0)
    found = {}
    for level in LOOKED_AT:
        _, exact, eight = both(compared, clean, level, rng)
        found[f"noise {level}"] = round(255 * float(np.sqrt(np.square(exact - eight).mean())), 3)
    return found


def both(
    compared: Compared, clean: Any, level: float, rng: np.random.Generator
) -> tuple[Any, Any, Any]:
    """A picture [H, W, 3] in 0..1 with noise, in 16 bits; and what float and int8 make of it."""
    spoiled = (clean + rng.normal(0, level / 255, clean.shape)).clip(0, 1)
    samples = np.rint(spoiled * 65535).astype(np.uint16)
    exact, eight = (
        np.asarray(model(samples, noise=level), np.float64) / 65535
        for model in (compared.exact, compared.eight)
    )
    return spoiled, exact, eight


def draw(compared: Compared, data: Path, path: Path) -> Path:
    """A ramp, a sky, and skin, at every level: with noise, in float, in 8 bits, and what
    lies between these; all but the first with the contrast stretched. Returns the sheet's path.
    """
    rng = np.random.default_rng(0)
    pieces = {"a ramp": np.broadcast_to(RAMP[None, 192 : 192 + PIECE, None], (PIECE, PIECE, 3))}
    for name, (file, left, top) in LOOKED_AT_IN.items():
        pixels = _pixels(data / "test" / "kodak24" / file)
        pieces[name] = pixels[top : top + PIECE, left : left + PIECE] / 255
    rows = []
    for name, clean in pieces.items():
        for level in LOOKED_AT:
            spoiled, exact, eight = both(compared, clean, level, rng)
            mean = exact.mean((0, 1))
            shown = [0.5 + STRETCHED * part for part in (exact - mean, eight - mean, eight - exact)]
            words = ("in float", "in 8 bits", "8 bits less float")
            cells = [Cell(spoiled, f"{name}, noise {level}")]
            cells += [Cell(one.clip(0, 1), said) for one, said in zip(shown, words, strict=True)]
            rows.append(cells)
    return sheet(rows, path, SHOWN)


def measured(compared: Compared, data: Path, every: int) -> dict[str, dict[str, float]]:
    """Every row of the gate, by the name of each model."""
    pictures = Folder(data / "test" / "cbsd68")
    pictures.files = pictures.files[::every]
    rows: dict[str, dict[str, float]] = {}
    for name, model in (("float", compared.exact), ("int8", compared.eight)):
        found = on_cbsd68(model, pictures) | on_files(model, data, every)
        for row, value in found.items():
            rows.setdefault(row, {})[name] = round(value, 3)
    return rows


def faults(compared: Compared, rows: dict[str, dict[str, float]]) -> list[str]:
    """What keeps the gate shut, in words."""
    found = [
        f"{row}: {each['float'] - each['int8']:.3f} dB lost"
        for row, each in rows.items()
        if round(each["float"] - each["int8"], 3) > ALLOWED and each["int8"] < NEAR
    ]
    by_float, by_int8 = shift(compared.exact), shift(compared.eight)
    print(f"even cards move by at most {by_float:.2f} steps in float, {by_int8:.2f} in int8")
    if by_int8 > by_float + MOVED:
        found.append(f"even cards move by {by_int8:.2f} steps, {by_float:.2f} in float")
    if not identity(compared.eight):
        found.append("a picture without damage does not come back to the bit")
    return found


def ship(weights: Path, name: str, rows: dict[str, dict[str, float]]) -> None:
    """Puts the weights, rounded to half precision, and their model file beside the others."""
    source = folder() / EIGHT / f"{name}.safetensors"
    restorer = Restorer.load(weights)
    card = {
        **restorer.card,
        "of": weights_digest(find(name).with_suffix(".safetensors")),
        "quality": {"int8 beside float, PSNR[RGB, 8-bit]": rows},
    }
    source.parent.mkdir(exist_ok=True)
    restorer.save(source, card, half=True)
    export_verified(source, source.with_suffix(".onnx"))
    card["bytes_per_pixel"] = bytes_per_pixel(source.with_suffix(".onnx"), ("int8", "fp32"))
    restorer.save(source, card, half=True)
    print(f"{source}: {export_verified(source, source.with_suffix('.onnx'))}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("--of", required=True, help="the name of the shipped model")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--every", type=int, default=4, help="only every n-th picture")
    parser.add_argument("--speed", action="store_true", help="take the times alone")
    parser.add_argument("--sheet", metavar="FILE", type=Path, help="draw what is to be looked at")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    exact = find(options.of)
    with tempfile.TemporaryDirectory() as scratch:
        eight = Path(scratch) / "int8.onnx"
        export_verified(options.weights, eight)
        if options.sheet:
            compared = Compared(opened(exact, "fp32"), opened(eight, "int8"))
            print(draw(compared, options.data, options.sheet))
            return
        times = seconds(exact, eight, Model(exact).contract)
        print(", ".join(f"{name} {value:.3f} s" for name, value in times.items()), processor())
        if options.speed:
            return
        compared = Compared(opened(exact, "fp32"), opened(eight, "int8"))
        ramp = on_a_ramp(compared)
        for noise_of, off in ramp.items():
            print(f"a ramp of 16 bits, {noise_of}: {off:.2f} 8-bit steps from float, RMS")
        rows = measured(compared, options.data, options.every)
        shut = faults(compared, rows)
    print("| | float | int8 | lost |\n|---|---|---|---|")
    for row, each in rows.items():
        lost = each["float"] - each["int8"]
        print(f"| {row} | {each['float']:.2f} | {each['int8']:.2f} | {lost:.3f} |")
    print("the gate is shut: " + "; ".join(shut) if shut else "the gate is open")
    if options.write and not shut:
        ship(options.weights, options.of, rows)
        record = {
            "name": options.of,
            "processor": processor(),
            "seconds": {name: round(value, 3) for name, value in times.items()},
            "every": options.every,
            "rows": rows,
            "ramp": ramp,
        }
        RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
