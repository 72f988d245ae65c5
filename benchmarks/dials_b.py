"""Table B of docs/dials.md: JPEG of quality 10 to 40 in grey, one model with a dial against
DnCNN-3, on LIVE1 and Classic5, in one run; and in colour.

python -m benchmarks.dials_b [--model jpeg|FILE.onnx] [--data ../shared/data] [--every 1] [--write]
python -m benchmarks.dials_b --page     # the tables of docs/dials.md, of
benchmarks/results/dials_b.json

PSNR, SSIM and PSNR-B of brightness (BT.601, 16..235, as MATLAB's rgb2ycbcr has it) that is
compressed as one channel by libjpeg; the dial at the true quality, and at what `auto` finds in the
pixels alone (a file's own tables say the true quality). Then PSNR of LIVE1 in colour with 4:2:0.
DnCNN-3's weights are read with h5py, which is not among Burnish's dependencies: pip install h5py.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import timeit
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.markdown import put, rows
from benchmarks.ship import weights_digest
from burnish.contract import Array, level_array, predict
from burnish.degrade.jpeg import through_jpeg
from burnish.ground.files import atomic_write
from burnish.images import Picture
from burnish.inference.model import Model
from burnish.inference.zoo import find, load
from burnish.metrics import METRICS
from burnish.metrics.luma import STUDIO
from burnish.pipeline import ask
from burnish.pipeline.estimate import quality as found_quality
from burnish.study.evaluate import Folder
from burnish.study.machine import processor
from burnish.study.trained.verify import export_verified
from burnish.training.networks.cost import multiply_adds
from burnish.training.networks.restorer import Restorer, load_weights
from burnish.training.parts.build import Spec

RESULTS, PAGE = Path("benchmarks/results/dials_b.json"), Path("docs/dials.md")
FORMAT = 1
SETS, QUALITIES, MEASURED = ("classic5", "live1"), (10, 20, 30, 40), ("psnr", "ssim", "psnr-b")
#: PSNR, SSIM, PSNR-B as published (FBCNN: Jiang, Zhang, Timofte, ICCV 2021, table 1); * is one
#: model for each quality
PUBLISHED: dict[str, dict[str, list[str]]] = {
    "ARCNN*": {
        "classic5": [
            "29.03/.793/28.76",
            "31.15/.852/30.59",
            "32.51/.881/31.98",
            "33.32/.895/32.79",
        ],
        "live1": ["28.96/.808/28.68", "31.29/.873/30.76", "32.67/.904/32.14", "33.61/.920/33.11"],
    },
    "DnCNN-3": {
        "classic5": [
            "29.40/.803/29.13",
            "31.63/.861/31.19",
            "32.91/.886/32.38",
            "33.77/.900/33.23",
        ],
        "live1": ["29.19/.812/28.90", "31.59/.880/31.07", "32.98/.909/32.34", "33.96/.925/33.28"],
    },
    "MWCNN*": {
        "classic5": [
            "30.01/.820/29.59",
            "32.16/.870/31.52",
            "33.43/.893/32.62",
            "34.27/.906/33.35",
        ],
        "live1": ["29.69/.825/29.32", "32.04/.889/31.51", "33.45/.915/32.80", "34.45/.930/33.78"],
    },
    "FBCNN": {
        "classic5": [
            "30.12/.822/29.80",
            "32.31/.872/31.74",
            "33.54/.894/32.78",
            "34.35/.907/33.48",
        ],
        "live1": ["29.75/.827/29.40", "32.13/.889/31.57", "33.54/.916/32.83", "34.53/.931/33.74"],
    },
}
#: (compressed [1, C, H, W], quality) -> restored
Restore = Callable[[Array, int], Array]


def dncnn3(path: Path) -> Restorer:
    """DnCNN-3 (Zhang et al., TIP 2017) as its authors publish it, layer for layer in our DnCNN: one
    channel, 20 convolutions.
    """
    import h5py

    restorer = Restorer(Spec("DnCNN", {"channels_in": 1, "channels_out": 1}), ())
    weights = {}
    with h5py.File(path) as file:
        layers = [file[reference] for reference in file["net"]["layers"][:, 0]]
        for i, layer in enumerate([layer for layer in layers if "weights" in layer]):
            kernel, bias = (
                np.asarray(file[reference], np.float32) for reference in layer["weights"][:, 0]
            )
            kernel = (
                kernel[None] if kernel.ndim == 3 else kernel
            )  # MATLAB drops a last dimension of 1
            weights[f"model.{2 * i}.weight"] = torch.from_numpy(
                np.ascontiguousarray(kernel.transpose(0, 1, 3, 2))
            )  # MATLAB's columns first
            weights[f"model.{2 * i}.bias"] = torch.from_numpy(bias.reshape(-1))
    load_weights(restorer.net, weights, str(path))
    return restorer.eval()


def opened(weights: Restorer, folder: Path) -> Model:
    """A network of the training wing in our engine."""
    source = folder / "peer.safetensors"
    weights.save(source)
    export_verified(source, source.with_suffix(".onnx"), half=False)
    return Model(source.with_suffix(".onnx"))


def by(model: Model, quality: Callable[[Array, int], float] | None) -> Restore:
    """How a model restores, its dial set by `quality`; None for one that has none."""
    model.open(device="cpu")

    def restore(compressed: Array, true: int) -> Array:
        given = {}
        if quality is not None:
            given["quality"] = float(np.clip(quality(compressed, true), *_range(model)))
        return model.restore(Picture(compressed), ask(model.contract, given)).picture.pixels

    return restore


def _range(model: Model) -> tuple[float, float]:
    dial = model.contract.dial("quality")
    return dial.low, dial.high


def brightness(colour: Array) -> Array:
    """Y of BT.601, 16..235, rounded to 8 bits. [1, 3, H, W] in 0..1 -> [1, 1, H, W]"""
    return np.asarray(
        np.rint(np.einsum("c,bchw->bhw", np.array(STUDIO, np.float32), colour * 255) + 16)[:, None]
        / 255,
        np.float32,
    )


def measured(
    folder: Path, every: int, ways: Mapping[str, Restore], *, grey: bool, names: tuple[str, ...]
) -> dict[str, dict[str, dict[str, float]]]:
    """By way and quality, the mean of every metric. The first way is the JPEG as it is."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    for _, read in itertools.islice(Folder(folder), 0, None, every):
        picture = read.pixels
        clean = brightness(picture) if grey and picture.shape[1] == 3 else picture
        for quality in QUALITIES:
            compressed = through_jpeg(clean[0], quality)[None]
            for name, way in {"JPEG": lambda image, _: image, **ways}.items():
                result = way(compressed, quality)
                found.setdefault(name, {}).setdefault(str(quality), []).append(
                    {m: METRICS[m].function(result, clean, 0) for m in names}
                )
    return {
        way: {
            q: {m: float(np.mean([one[m] for one in several])) for m in names}
            for q, several in by_quality.items()
        }
        for way, by_quality in found.items()
    }


def tables(record: Mapping[str, Any]) -> list[str]:
    """The tables of docs/dials.md, as Markdown."""
    lines: list[str] = []
    for name in SETS:
        body = []
        for way, figures in record["grey"][name].items():
            cells = [
                "{psnr:.2f}/{ssim:.3f}/{psnr_b:.2f}".format(
                    **{k.replace("-", "_"): v for k, v in figures[str(q)].items()}
                )
                for q in QUALITIES
            ]
            body.append([way, *(cell.replace("/0.", "/.") for cell in cells)])
        body += [[f"{way}, published", *figures[name]] for way, figures in PUBLISHED.items()]
        lines += [*rows([name, *(f"quality {q}" for q in QUALITIES)], body), ""]
    body = [
        [way, *(f"{figures[str(q)]['psnr']:.2f}" for q in QUALITIES)]
        for way, figures in record["colour"].items()
    ]
    lines += [*rows(["live1 in colour, 4:2:0", *(f"quality {q}" for q in QUALITIES)], body), ""]
    said = (
        f"{record['definition']}; every {record['every']}th picture"
        if record["every"] > 1
        else record["definition"]
    )
    costs = ", ".join(
        f"{name} {value / 1e6:.3f} M" for name, value in record["multiply_adds"].items()
    )
    return [*lines, f"{said}.\nMultiply-adds a pixel: {costs}.\n{record['processor']}."]


def entry(name: str, grey: Mapping[str, Any], colour: Mapping[str, Any]) -> dict[str, Any]:
    """What `benchmarks.ship` puts into the card of a model that ships: PSNR at the true quality,
    and the speed of our engine.
    """
    quality = {
        f"{part.upper()}, grey, {METRICS['psnr'].stamp(1, 0, None)}": _said(figures)
        for part, figures in grey.items()
    }
    quality[f"LIVE1, colour 4:2:0, {METRICS['psnr'].stamp(3, 0, None)}"] = _said(colour)
    model, side = load(name), 1024
    run, image = model.open(device="cpu").run, np.zeros((1, 3, side, side), np.float32)
    seconds = min(
        timeit.repeat(
            lambda: predict(run, model.contract, image, level_array((40.0,))), number=1, repeat=3
        )
    ) / (side**2 / 1e6)
    found = find(name)
    weights = (
        weights_digest(found.with_suffix(".safetensors"))
        if found.with_suffix(".safetensors").exists()
        else ""
    )
    return {
        "weights": weights,
        "quality": quality,
        "speed": f"{seconds:.2f} s a megapixel on {processor()}",
    }


def _said(figures: Mapping[str, Any]) -> dict[str, float]:
    return {
        f"quality={q}": round(figures["ours, quality known"][str(q)]["psnr"], 2) for q in QUALITIES
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="jpeg")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    parser.add_argument(
        "--page",
        action="store_true",
        help="the tables of docs/dials.md alone, of the committed results",
    )
    args = parser.parse_args()
    if args.page:
        print(put(PAGE, "table B", tables(json.loads(RESULTS.read_text()))))
        return
    model, peer = load(args.model), dncnn3(args.data / "weights" / "dncnn3_grey_jpeg.mat")
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "DnCNN-3": by(opened(peer, Path(folder)), None),
            "ours, quality known": by(model, lambda _, true: true),
            "ours, auto from the pixels": by(model, lambda image, _: found_quality(image).value),
        }
        grey = {
            name: measured(args.data / "test" / name, args.every, ways, grey=True, names=MEASURED)
            for name in SETS
        }
        own = {name: way for name, way in ways.items() if name != "DnCNN-3"}
        colour = measured(
            args.data / "test" / "live1", args.every, own, grey=False, names=("psnr",)
        )
    record = {
        "format": FORMAT,
        "processor": processor(),
        "every": args.every,
        "definition": "grey: "
        + ", ".join(METRICS[m].stamp(1, 0, None) for m in MEASURED)
        + "; colour: "
        + METRICS["psnr"].stamp(3, 0, None),
        "multiply_adds": {
            "DnCNN-3": multiply_adds(peer),
            "ours": float(model.card["multiply_adds"]),
        },
        "grey": grey,
        "colour": colour,
        "entrants": {args.model: entry(args.model, grey, colour)},
    }
    print("\n".join(tables(record)))
    if args.write and args.every == 1:
        atomic_write(RESULTS, json.dumps(record, indent=1).encode())


if __name__ == "__main__":
    main()
