"""Real noise of cameras: every model against the mean of many shots, and the peers at their best.

python -m benchmarks.real_noise [--data ../shared/data] [--models auto photo] [--every 1]
[--no-peers] [--write]

49 pairs, cc15 (Nam et al., CVPR 2016) and polyu (PolyU, 2018). A peer runs at several settings of
each picture and the best one counts, chosen with the clean side in hand. `auto` is
`burnish restore` on files, with nothing named and nothing set; a model of ours runs at several
settings too, to see what is lost by that.
PSNR[RGB, 8-bit], mean of the pairs. CDnCNN-B and FFDNet are KAIR's weights, loaded layer for layer;
non-local means is OpenCV's.
`--write` keeps every pair's figures in benchmarks/results/real_noise.json, from which peers whose
weights have not changed are taken again, and `benchmarks.ship` what stands in the card.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import burnish
from benchmarks.cbsd68 import entrants
from benchmarks.ship import weights_digest
from burnish.contract import Array, Contract, Run, level_array, predict
from burnish.ground.channels import as_channels
from burnish.inference.backends import open_model
from burnish.inference.zoo import DEFAULT, find
from burnish.metrics.distance import decibels
from burnish.study.machine import processor

RESULTS = Path("benchmarks/results/real_noise.json")
#: settings of FFDNet, tried on every picture
LEVELS = (3, 4.5, 6, 8, 10, 12.5, 15, 20, 30)
OURS = (2, 3, 4.5, 6, 8, 10, 12.5, 15, 20, 25, 30)
STRENGTHS = (2, 4, 6)

Pixels = NDArray[np.uint8]
Restore = Callable[[Pixels, float], Pixels]


@dataclass(frozen=True)
class Entrant:
    """Something that restores, and the settings to try."""

    name: str
    #: (pixels [H, W, 3] uint8, setting) -> the same shape and type
    restore: Restore
    #: the settings to try; none where it only chooses by itself
    settings: tuple[float, ...]
    #: SHA-256 of what decides what it does: weights, or nothing
    digest: str
    #: what it makes of a file, choosing its setting by itself, where it can
    alone: Callable[[Path], Pixels] | None = None


def pairs(data: Path) -> list[tuple[Path, Path]]:
    """(as the camera saved it, the mean of many shots), in order."""
    found = []
    for noisy in sorted((data / "test" / "real_noise").glob("*/*_real.*")):
        clean = noisy.with_name(noisy.name.replace("_real", "_mean"))
        found.append((noisy, clean))
    return found


def psnr(restored: Pixels, clean: Pixels) -> float:
    """Of 8-bit RGB pixels, in dB."""
    return decibels(float(np.square(restored.astype(np.float64) - clean).mean()), 255)


def peers(weights: Path, folder: Path) -> list[Entrant]:
    """CDnCNN-B, FFDNet and non-local means."""
    found = []
    for peer in entrants([], weights, folder):
        opened = open_model(peer.path, peer.restorer.contract, device="cpu", precision="fp32")
        contract = peer.restorer.contract
        restore = partial(_through, opened.run, contract)
        settings = LEVELS if contract.dials else (0.0,)
        found.append(Entrant(peer.name, restore, settings, peer.digest()))
    return [*found, Entrant("non-local means", _nlmeans, STRENGTHS, "")]


def _through(run: Run, contract: Contract, pixels: Pixels, setting: float) -> Pixels:
    image = pixels.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    level = level_array([setting] if contract.dials else [])
    return _bytes(predict(run, contract, image, level)[0])


def ours(name: str) -> Entrant:
    """A shipped model or a file, as `burnish.load` opens it; `auto` chooses its settings alone."""
    model = burnish.load(name)

    def restore(pixels: Pixels, setting: float) -> Pixels:
        return np.asarray(model(pixels, noise=setting))

    def alone(file: Path) -> Pixels:
        restored = burnish.restore(file, model=model).transpose(2, 0, 1)
        return _bytes(as_channels(restored[None], 3)[0])

    settings = () if name == DEFAULT else OURS
    weights = find("photo" if name == DEFAULT else name).with_suffix(".safetensors")
    return Entrant(Path(name).stem, restore, settings, weights_digest(weights), alone)


def measure(entrant: Entrant, data: Sequence[tuple[Path, Path]]) -> dict[str, list[float]]:
    """PSNR of every pair: at the best setting, which that is, and, where it can, by itself."""
    best, setting, alone = [], [], []
    for noisy, clean in data:
        pixels, wanted = _pixels(noisy), _pixels(clean)
        tried = {s: psnr(entrant.restore(pixels, s), wanted) for s in entrant.settings}
        if tried:
            top = max(tried, key=lambda s: tried[s])
            best.append(tried[top])
            setting.append(float(top))
        if entrant.alone is not None:
            alone.append(psnr(entrant.alone(noisy), wanted))
    figures = {"best": best, "setting": setting, "auto": alone}
    found = {name: [round(v, 3) for v in values] for name, values in figures.items() if values}
    means = {name: round(float(np.mean(values)), 2) for name, values in found.items()}
    print(f"  {entrant.name}: {means}", flush=True)
    return found


def table(results: dict[str, dict[str, list[float]]], before: list[float]) -> str:
    """The comparison as Markdown."""
    lines = [
        "| | auto | best setting of each | worst pair, auto against input |",
        "|---|---|---|---|",
        f"| as saved | {np.mean(before):.2f} | | |",
    ]
    for name, figures in results.items():
        best = f"{np.mean(figures['best']):.2f}" if "best" in figures else ""
        auto, worst = "", ""
        if "auto" in figures:
            auto = f"{np.mean(figures['auto']):.2f}"
            worst = f"{np.min(np.subtract(figures['auto'], before)):+.2f}"
        lines.append(f"| {name} | {auto} | {best} | {worst} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--models", nargs="*", default=["auto", "photo"])
    parser.add_argument("--every", type=int, default=1, help="every so many pairs only")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    data = pairs(options.data)[:: options.every]
    whole = options.every == 1
    kept = json.loads(RESULTS.read_text())["entrants"] if RESULTS.exists() and whole else {}
    before = [psnr(_pixels(noisy), _pixels(clean)) for noisy, clean in data]
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        others = [] if options.no_peers else peers(options.data / "weights", Path(folder))
        for entrant in [*others, *(ours(name) for name in options.models)]:
            old = kept.get(entrant.name, {})
            same = entrant in others and old.get("weights") == entrant.digest
            figures = old["figures"] if same else measure(entrant, data)
            results[entrant.name] = figures
            kept[entrant.name] = {"weights": entrant.digest, "figures": figures}
            if options.write and whole:
                names = [noisy.stem for noisy, _ in data]
                record = {"pairs": names, "as saved": before, "entrants": kept}
                RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    print(table(results, before))
    print(f"\nPSNR[RGB, 8-bit, mean of {len(data)}]; {processor()}")


def _pixels(file: Path) -> Pixels:
    with Image.open(file) as opened:
        return np.asarray(opened.convert("RGB"))


def _bytes(image: Array) -> Pixels:
    """[3, H, W] in [0, 1] -> [H, W, 3], uint8."""
    samples: Pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    return samples.transpose(1, 2, 0)


def _nlmeans(pixels: Pixels, strength: float) -> Pixels:
    import cv2

    return np.asarray(cv2.fastNlMeansDenoisingColored(pixels, None, strength, strength, 7, 21))


if __name__ == "__main__":
    main()
