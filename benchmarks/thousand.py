"""1,000 pictures of 640x640 from files to files, reading and writing counted: networks eager in
float32 in PyTorch, and by `burnish restore` in each precision.

python -m benchmarks.thousand [--pictures 40] [--few 6] [--data ../shared/data]

Whole processes, JPEG to JPEG, one after the other: with one picture, and with a sample of
--pictures (of the slow ones --few). A thousand take what the first took, and 999 times what a
further one did. The networks of documents are those of `benchmarks.networks`, with fresh weights,
which changes nothing here; in 8 bits they are `Quantised`, with ranges that noise gave them. FFDNet
is run as its repository runs it, and `photo` in its place: both are told the noise. Wall time means
little where other work goes on; processor time over the cores changes less.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish import images
from burnish.contract import Dial
from burnish.study.machine import processor

from .networks import NETWORKS, SIDE
from .peak import Used, used_by
from .speed import HERE, photograph

#: pictures of the report's table
MANY = 1000
#: the noise that denoisers are told, in 8-bit steps
NOISE = 25.0
#: the networks of which --few pictures do
SLOW = ("UNet 64..1024", "FFDNet")
#: the precisions of our engine
PRECISIONS = ("fp32", "bf16", "int8")


@dataclass(frozen=True)
class Way:
    """A network, and how it is run."""

    network: str
    how: str
    #: the command but for the folder of pictures and that of results
    command: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What a thousand pictures would take."""

    seconds: float
    processor: float
    #: the most memory, in bytes
    peak: int


def quantised(name: str) -> dict[str, Any]:
    """The network of that name in 8 bits, as a recipe has it."""
    return {"use": "Quantised", "args": {"base": NETWORKS[name]}}


def exported(part: dict[str, Any], path: Path) -> Path:
    """The model file of a network with fresh weights, and the sigmoid that the report's have."""
    import torch

    from burnish.study.trained.verify import export_verified
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    torch.manual_seed(0)
    restorer = Restorer(Spec.parse({"use": "Sigmoid", "args": {"base": part}}))
    with torch.no_grad():  # what computes in 8 bits finds its ranges
        restorer.train()(torch.rand(1, 3, 128, 128))
    restorer.eval().save(path.with_suffix(".safetensors"), {})
    export_verified(path.with_suffix(".safetensors"), path, half=False)
    return path


def ways(scratch: Path, data: Path) -> Iterator[Way]:
    """Every network in every way, its eager one first."""
    for name in ("UNet 64..1024", "LightAutoencoder", "ResUNet 24..96"):
        files = {
            "fp32": exported(NETWORKS[name], scratch / f"{name.split()[0]}.onnx"),
            "int8": exported(quantised(name), scratch / f"{name.split()[0]}-int8.onnx"),
        }
        files["bf16"] = files["fp32"]
        yield _eager(name, data)
        yield from (_ours(name, each, str(files[each])) for each in PRECISIONS)
    yield _eager("FFDNet", data)
    dial = ("-d", f"noise={NOISE:g}")
    yield from (_ours("photo", each, "photo", *dial) for each in PRECISIONS)


def _eager(name: str, data: Path) -> Way:
    command = (sys.executable, "-m", "benchmarks.thousand", "--data", str(data), "--eager", name)
    return Way(name, "PyTorch, eager fp32", command)


def _ours(name: str, precision: str, model: str, *more: str) -> Way:
    words = ("restore", "-m", model, "--precision", precision, "--overwrite", "-q", *more)
    command = (sys.executable, "-m", "burnish.cli", *words)
    return Way(name, f"`burnish restore`, {precision}", command)


def eager(name: str, data: Path, source: Path, target: Path) -> None:
    """A folder through a network as PyTorch runs it by itself, picture by picture."""
    import numpy as np
    import torch
    from PIL import Image

    from burnish.training.networks.foreign import load_pth
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    if name == "FFDNet":
        noise = Dial("noise", 0, 75, NOISE, "sigma in 8-bit steps")
        restorer = Restorer(Spec("FFDNet"), (noise,))
        peer = data / "weights" / "ffdnet_color.pth"
        if peer.is_file():
            load_pth(restorer, peer)
    else:
        spec = {"use": "Sigmoid", "args": {"base": NETWORKS[name]}}
        restorer = Restorer(Spec.parse(spec))
    level = torch.full((1, 1, 1, 1), NOISE) if restorer.contract.dials else None
    restorer.eval()
    target.mkdir(exist_ok=True)
    for path in sorted(source.iterdir()):
        with Image.open(path) as opened:
            pixels = np.asarray(opened.convert("RGB"), np.float32) / 255
        given = torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy())
        with torch.no_grad():
            result = restorer(given, level)[0].clamp(0, 1)
        samples = (255 * result).round().byte().permute(1, 2, 0).squeeze(-1).numpy()
        Image.fromarray(samples).save(target / path.name, quality=90)


def folder(path: Path, pictures: int) -> Path:
    """A folder of so many pictures."""
    path.mkdir()
    large = photograph(SIDE, SIDE + 8 * pictures)
    for number in range(pictures):
        part = images.from_array(large[:, 8 * number : 8 * number + SIDE])
        images.write(path / f"{number:04}.jpg", part)
    return path


def run(way: Way, source: Path, target: Path) -> Used:
    """One whole process over a folder."""
    words = list(way.command)
    words += [str(source), str(target)] if "--eager" in words else [str(source), "-o", str(target)]
    used = used_by(words, cwd=HERE)
    if used.status:
        raise SystemExit(f"{way.network}, {way.how}: ended with status {used.status}")
    return used


def thousand(one: Used, all_of_them: Used, pictures: int) -> Found:
    """What MANY pictures take, by what one and a sample took."""

    def scaled(first: float, last: float) -> float:
        return first + (MANY - 1) * (last - first) / (pictures - 1)

    return Found(
        scaled(one.seconds, all_of_them.seconds),
        scaled(one.cpu, all_of_them.cpu),
        all_of_them.peak,
    )


def show(found: Sequence[tuple[Way, Found]]) -> None:
    """Prints the table; times are against the eager row above, in processor time."""
    cores = os.cpu_count() or 1
    print("| network | by | s for 1,000 | processor s over cores | times | MiB at most |")
    print("|---|---|---|---|---|---|")
    base = 0.0
    for way, one in found:
        base = one.processor if "eager" in way.how else base
        print(
            f"| {way.network} | {way.how} | {one.seconds:,.0f} | {one.processor / cores:,.0f} | "
            f"{base / one.processor:.1f} | {one.peak / 2**20:,.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, help="for --eager: from, to")
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--few", type=int, default=6, help="of the slow networks")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--eager", metavar="NETWORK", help="run that one here")
    options = parser.parse_args()
    if options.eager:
        eager(options.eager, options.data, *options.folders)
        return
    print(f"{processor()}, {os.cpu_count()} cores")
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        alone = folder(place / "one", 1)
        samples = {n: folder(place / f"{n}", n) for n in {options.pictures, options.few}}
        for way in list(ways(place, options.data.resolve())):
            count = options.few if way.network in SLOW else options.pictures
            first, sample = (run(way, source, place / "out") for source in (alone, samples[count]))
            found.append((way, thousand(first, sample, count)))
            print(f"{way.network}, {way.how}: {found[-1][1]}", file=sys.stderr)
    show(found)


if __name__ == "__main__":
    main()
