"""Colour denoising on CBSD68, sigma known: every shipped model against CDnCNN-B and FFDNet, on the
same pictures and the same noise, in one run.

python -m benchmarks.cbsd68 [--data ../shared/data] [--models photo] [--every 1] [--write]

PSNR of float noise at 15, 25, 50, 75, of clipped and rounded pictures at 15, 25, 50, and of our
models on BSD68, which is CBSD68 in grey, beside the published figures of DnCNN; multiply-adds a
pixel; and time: peers as published (eager fp32 PyTorch) and every network in our engine.
Peers are CDnCNN-B and FFDNet as KAIR publishes them, loaded into our networks layer for
layer. Needs the training wing, CBSD68 and the peers' weights. `--write` keeps the results in
benchmarks/results/cbsd68.json, from which peers whose weights have not changed are taken again
(`--again` measures them too).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ship import weights_digest
from burnish.contract import Array, Contract, Dial, Run
from burnish.degrade.noise import noise
from burnish.ground.channels import grey
from burnish.images.picture import Picture
from burnish.inference.backends import open_model
from burnish.inference.zoo import find, names
from burnish.metrics import METRICS
from burnish.metrics.evaluate import evaluate
from burnish.pipeline import Bare
from burnish.study.evaluate import Folder
from burnish.study.machine import processor
from burnish.study.trained.verify import export_verified
from burnish.training.networks.cost import multiply_adds
from burnish.training.networks.foreign import load_pth
from burnish.training.networks.restorer import Restorer
from burnish.training.networks.torch_backend import runner
from burnish.training.parts.build import Spec

RESULTS = Path("benchmarks/results/cbsd68.json")
KINDS = ("float", "8-bit", "grey")
COLUMNS = [
    ("float", 15),
    ("float", 25),
    ("float", 50),
    ("float", 75),
    ("8-bit", 15),
    ("8-bit", 25),
    ("8-bit", 50),
    ("grey", 15),
    ("grey", 25),
    ("grey", 50),
]
#: DnCNN-S on BSD68, float noise in one channel: Zhang et al., IEEE TIP 2017, table II
DNCNN_GREY = (31.72, 29.23, 26.23)
SEED = 0
#: pictures of which the time is taken, and how often
TIMED, REPEATS = 3, 3


@dataclass(frozen=True)
class Entrant:
    """A network in the comparison: its weights in the training wing, and the model file made of
    them.
    """

    name: str
    weights: Path
    restorer: Restorer
    path: Path
    peer: bool

    def digest(self) -> str:
        """Of a peer's file, or of our tensors alone: a card may change without them."""
        return (
            hashlib.sha256(self.weights.read_bytes()).hexdigest()
            if self.peer
            else weights_digest(self.weights)
        )


def entrants(models: list[str], weights: Path, folder: Path) -> list[Entrant]:
    """The peers, exported for our engine as our own models are, and the shipped models asked
    for.
    """
    level = Dial("noise", 0, 75, 25, "sigma in 8-bit steps")
    peers = [
        ("CDnCNN-B", Spec("DnCNN"), (), "dncnn_color_blind.pth"),
        ("FFDNet", Spec("FFDNet"), (level,), "ffdnet_color.pth"),
    ]
    result = []
    for name, spec, dials, file in peers:
        restorer, source = (
            load_pth(Restorer(spec, dials), weights / file),
            folder / f"{name}.safetensors",
        )
        restorer.save(source)
        export_verified(source, source.with_suffix(".onnx"), half=False)
        result.append(Entrant(name, weights / file, restorer, source.with_suffix(".onnx"), True))
    for name in models:
        source = find(name).with_suffix(".safetensors")
        result.append(Entrant(name, source, Restorer.load(source), find(name), False))
    return result


def in_grey(pictures: Folder) -> Iterator[tuple[str, Picture]]:
    """The pictures in one channel of 8 bits, luma by ITU-R BT.601."""
    for name, picture in pictures:
        rounded = np.rint(grey(picture.pixels[0]) * 255).astype(np.float32) / np.float32(255)
        yield name, replace(picture, planes=rounded[None, None])


def quality(entrant: Entrant, pictures: Folder) -> dict[str, float]:
    """Mean PSNR for every column, by our engine at the precision that users get.

    Peers that were made for colour are not asked for grey.
    """
    opened = open_model(entrant.path, entrant.restorer.contract, device="cpu")
    result = {}
    kinds = ("float", "8-bit") if entrant.peer else KINDS
    for kind, level, psnr in means(Bare(entrant.restorer.contract, opened.run), pictures, kinds):
        column = f"{kind} {level}"
        result[column] = round(psnr, 3)
        print(f"  {entrant.name}: {column}: {result[column]:.2f}", flush=True)
    return result


def means(
    model: Bare, pictures: Folder, kinds: Sequence[str] = KINDS
) -> Iterator[tuple[str, int, float]]:
    """(kind of noise, its level, mean PSNR of a model told of it) for every column of the kinds."""
    for kind in kinds:
        levels = [level for column, level in COLUMNS if column == kind]
        settings = [{"noise": float(level)} for level in levels]
        table = evaluate(
            model,
            list(in_grey(pictures)) if kind == "grey" else pictures,
            settings,
            [noise()],
            [METRICS["psnr"]],
            clip=kind == "8-bit",
            seed=SEED,
        )
        for level, setting in zip(levels, settings, strict=True):
            yield kind, level, table.mean("psnr", setting)


def seconds(run: Run, contract: Contract, pictures: list[Array]) -> float:
    """Seconds a megapixel: the median over repeats of all pictures."""
    level = np.full((1, len(contract.dials), 1, 1), 25, np.float32) if contract.dials else None
    cut = [p[..., : p.shape[-2] // 8 * 8, : p.shape[-1] // 8 * 8] for p in pictures]
    planes = [
        None if level is None else np.broadcast_to(level, (1, level.shape[1], *p.shape[-2:]))
        for p in cut
    ]
    run(cut[0], planes[0])
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        for picture, plane in zip(cut, planes, strict=True):
            run(picture, plane)
        times.append(time.perf_counter() - begun)
    pixels: int = sum(p[0, 0].size for p in cut)
    return statistics.median(times) / pixels * 1e6


def speed(entrants: list[Entrant], pictures: list[Array]) -> dict[str, dict[str, float]]:
    """Seconds a megapixel of every network, eager and in our engine, one after the other in this
    run.
    """
    result = {}
    for entrant in entrants:
        contract = entrant.restorer.contract
        opened = open_model(entrant.path, contract, device="cpu")
        result[entrant.name] = {
            "eager fp32": seconds(runner(entrant.restorer), contract, pictures),
            f"ours {opened.precision}": seconds(opened.run, contract, pictures),
        }
        print(
            f"  {entrant.name}: "
            f"{', '.join(f'{k} {v:.2f} s a megapixel' for k, v in result[entrant.name].items())}",
            flush=True,
        )
    return result


def table(results: dict[str, Any]) -> str:
    """The comparison as Markdown."""
    columns = [f"{kind} {level}" for kind, level in COLUMNS]
    fastest = min(min(entry["seconds"].values()) for entry in results["entrants"].values())
    lines = [
        "| | M mac/px | " + " | ".join(columns) + " | time, eager fp32 | time, our engine |",
        "|---" * (len(columns) + 4) + "|",
    ]
    for name, entry in results["entrants"].items():
        times = [f"x{value / fastest:.1f}" for value in entry["seconds"].values()]
        measured = entry["psnr"]
        figures = [f"{measured[c]:.2f}" if c in measured else "" for c in columns]
        lines.append(
            f"| {name} | {entry['multiply_adds'] / 1e6:.3f} | "
            + " | ".join([*figures, *times])
            + " |"
        )
    return "\n".join(
        [
            *lines,
            "",
            (
                f"{results['definition']}; noise seed {SEED}; {results['processor']}; x1 is "
                f"{fastest:.2f} s a megapixel. DnCNN in grey, as published: "
                f"{', '.join(map(str, DNCNN_GREY))}."
            ),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--models", nargs="*", default=names())
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        help="only every n-th picture, for a quick look; such results are not kept",
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--again", action="store_true", help="measure peers again too")
    arguments = parser.parse_args()
    pictures = Folder(arguments.data / "test" / "cbsd68")
    pictures.files = pictures.files[:: arguments.every]
    whole = arguments.every == 1
    kept = (
        json.loads(RESULTS.read_text())["entrants"]
        if RESULTS.exists() and whole and not arguments.again
        else {}
    )
    with tempfile.TemporaryDirectory() as folder:
        all_of_them = entrants(arguments.models, arguments.data / "weights", Path(folder))
        times = speed(all_of_them, [picture.pixels for _, picture in list(pictures)[:TIMED]])
        rows = {}
        for entrant in all_of_them:
            old = kept.get(entrant.name, {})
            psnr = (
                old["psnr"]
                if entrant.peer and old.get("weights") == entrant.digest()
                else quality(entrant, pictures)
            )
            cost = multiply_adds(entrant.restorer)
            rows[entrant.name] = {
                "psnr": psnr,
                "multiply_adds": cost,
                "seconds": times[entrant.name],
                "weights": entrant.digest(),
                "peer": entrant.peer,
            }
    results = {
        "definition": METRICS["psnr"].stamp(3, 0, len(pictures.files)),
        "processor": processor(),
        "entrants": rows,
    }
    print(table(results))
    if arguments.write and whole:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
