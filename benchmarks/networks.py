"""Time and memory of the documents' networks on 20 pictures of 640x640: eager in float32 and in our
engine, one after the other in this run.

python -m benchmarks.networks --write docs/studies/speed/results.json    # then: --page
docs/studies/speed/results.json

The report's table (facts of 10.2) has 1,000 pictures on its own machines: only ratios can be held
against it. Every network is measured in a process of its own, so that the peaks of memory are its
own; weights are fresh, which changes nothing here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.ground.files import atomic_write
from burnish.inference.model import Model
from burnish.report.page import paragraph, table, write_page
from burnish.study.machine import processor

from .peak import own_peak

if TYPE_CHECKING:
    from burnish.training.networks.restorer import Restorer

SIDE = 640
NETWORKS: dict[str, dict[str, Any]] = {
    "UNet 64..1024": {"use": "UNet", "args": {"channels_out": 1}},
    "LightAutoencoder": {"use": "LightAutoencoder", "args": {}},
    "LightAutoencoder, skips": {"use": "LightAutoencoder", "args": {"skips": True}},
    "ResUNet 24..96": {
        "use": "ResUNet",
        "args": {"channels_out": 1, "widths": [24, 48, 96], "blocks": 1},
    },
}
#: the report's seconds for 1,000 pictures of this size, and MiB: on a GPU, on a processor
REPORT = {
    "UNet 64..1024": (38.48, 1328.8, 2165, 1322),
    "LightAutoencoder": (6.95, 66.5, 1327, 1176),
}


def made(name: str) -> Restorer:
    """The network, fresh, with the sigmoid that the report's have behind it."""
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    return Restorer(Spec.parse({"use": "Sigmoid", "args": {"base": NETWORKS[name]}})).eval()


def exported(name: str, path: Path) -> dict[str, float]:
    """Writes its model file, and says its size."""
    from burnish.study.trained.verify import export_verified
    from burnish.training.networks.cost import multiply_adds, parameters

    restorer = made(name)
    restorer.save(path.with_suffix(".safetensors"), {})
    export_verified(path.with_suffix(".safetensors"), path, half=False)
    return {"parameters": float(parameters(restorer)), "multiply_adds": multiply_adds(restorer)}


def measured(name: str, how: str, pictures: int, path: Path) -> dict[str, float]:
    """Seconds a picture, and the peak of this process in MiB."""
    image = np.random.default_rng(0).random((1, 3, SIDE, SIDE), dtype=np.float32)
    run: Callable[[], object]
    if how == "eager":
        import torch

        restorer, given = made(name), torch.from_numpy(image)
        run = torch.no_grad()(lambda: restorer(given))
    else:
        opened = Model(path).open(device="cpu", precision="fp32")
        run = partial(opened.run, image, None)
    run()
    began = time.perf_counter()
    for _ in range(pictures):
        run()
    return {
        "seconds": (time.perf_counter() - began) / pictures,
        "mebibytes": own_peak() / 2**20,
    }


def child(name: str, how: str, pictures: int, path: Path) -> dict[str, float]:
    """What a process of its own says."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.networks",
        "--only",
        name,
        "--how",
        how,
        "--pictures",
        str(pictures),
        "--file",
        str(path),
    ]
    result: dict[str, float] = json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[
            -1
        ]
    )
    return result


def write_speed_page(record: dict[str, Any], path: Path) -> Path:
    """The figures as a page, held against the report's by their ratios."""
    rows = []
    for name, found in record["networks"].items():
        export, eager, engine = (found[how] for how in ("export", "eager", "engine"))
        sizes = [export["parameters"] / 1e6, export["multiply_adds"] * SIDE**2 / 1e9]
        rows.append(
            [
                name,
                *sizes,
                eager["seconds"],
                engine["seconds"],
                eager["seconds"] / engine["seconds"],
                round(eager["mebibytes"]),
                round(engine["mebibytes"]),
            ]
        )
    heading = (
        "",
        "M parameters",
        "G multiply-adds a picture",
        "eager, s a picture",
        "engine, s a picture",
        "times faster",
        "eager, peak MiB",
        "engine, peak MiB",
    )
    ours = {
        how: record["networks"]["UNet 64..1024"][how]["seconds"]
        / record["networks"]["LightAutoencoder"][how]["seconds"]
        for how in ("eager", "engine")
    }
    gpu, cpu = (REPORT["UNet 64..1024"][i] / REPORT["LightAutoencoder"][i] for i in (0, 1))
    reported = ", ".join(
        f"{name} {times[0]:g} s and {times[1]:g} s, {times[2]} and {times[3]} MiB"
        for name, times in REPORT.items()
    )
    words = (
        f"The report's UNet took {gpu:.1f} times as long as its light autoencoder on a GPU, and "
        f"{cpu:.1f} times on a processor (1,000 pictures: "
        f"{reported}). "
        f"Here it is {ours['eager']:.1f} times eager, and {ours['engine']:.1f} times in our engine."
    )
    how = (
        f"{record['pictures']} pictures of {SIDE}x{SIDE}, float32, each network in a process "
        f"of its own, on {record['processor']}. No GPU was there."
    )
    return write_page(
        path,
        "Speed and memory of the documents' networks",
        [table(heading, rows), paragraph(words), paragraph(how)],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=20)
    parser.add_argument("--only", choices=list(NETWORKS))
    parser.add_argument(
        "--how",
        choices=["export", "eager", "engine"],
        help="with --only and --file: do it here, and print what was found as JSON",
    )
    parser.add_argument("--file", type=Path)
    parser.add_argument("--write", type=Path, help="where the figures go, as JSON")
    parser.add_argument(
        "--page",
        type=Path,
        help="the JSON of figures; writes page.html beside it, and nothing is measured",
    )
    arguments = parser.parse_args()
    if arguments.write:  # before minutes of measuring, not after
        arguments.write.parent.mkdir(parents=True, exist_ok=True)
    if arguments.page:
        print(
            write_speed_page(
                json.loads(arguments.page.read_text()), arguments.page.with_name("page.html")
            )
        )
        return
    if arguments.how:
        done = (
            exported(arguments.only, arguments.file)
            if arguments.how == "export"
            else measured(arguments.only, arguments.how, arguments.pictures, arguments.file)
        )
        print(json.dumps(done))
        return
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in [arguments.only] if arguments.only else NETWORKS:
            found = rows[name] = {
                how: child(name, how, arguments.pictures, Path(folder) / "net.onnx")
                for how in ("export", "eager", "engine")
            }
            print(
                f"{name}: eager {found['eager']['seconds']:.3f} s a picture, "
                f"{found['eager']['mebibytes']:.0f} MiB; ",
                end="",
            )
            engine = found["engine"]
            print(f"engine {engine['seconds']:.3f} s, {engine['mebibytes']:.0f} MiB", flush=True)
    if arguments.write:
        record = {
            "processor": processor(),
            "side": SIDE,
            "pictures": arguments.pictures,
            "networks": rows,
            "report": REPORT,
        }
        atomic_write(arguments.write, (json.dumps(record, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
