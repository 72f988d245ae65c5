"""One model on one device in one precision, measured in a process of its own.

python -m burnish.study.speed.point MODEL WHERE PRECISION SIDE TURNS TILE FOLDER

It prints a record as JSON, and leaves the result as FOLDER/result.npy, to be held against others.
In a process of its own, memory and loading are those of this one alone, and what a backend breaks,
it breaks there.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from ...images import Picture, from_array, read
from ...inference.model import Model
from ...inference.zoo import load
from ...pipeline import ask

#: the photograph with noise that ships
EXAMPLE = Path(__file__).resolve().parents[2] / "cli" / "commands" / "demo.png"


def example(side: int) -> Picture:
    """The photograph that ships, repeated in mirror images to a square of that side, in 8 bits."""
    pixels = read(EXAMPLE).pixels[0]
    height, width = pixels.shape[-2:]
    pad = ((0, 0), (0, max(0, side - height)), (0, max(0, side - width)))
    large = np.pad(pixels, pad, mode="symmetric")[:, :side, :side]
    return from_array(np.rint(large.transpose(1, 2, 0) * 255).astype(np.uint8))


def measured(
    word: str, where: str, precision: str, side: int, turns: int, tile: int | None, folder: Path
) -> dict[str, Any]:
    """The record of one model."""
    begun = time.perf_counter()
    model = load(word)
    opened = model.open(device=where, precision=precision)
    loaded = time.perf_counter() - begun
    picture = example(side)
    first, _ = _once(model, picture, tile)
    seconds = [_once(model, picture, tile) for _ in range(turns)]
    result = _restored(model, picture, tile)
    np.save(folder / "result.npy", result.picture.pixels)
    return {
        "model": word,
        "backend": opened.backend,
        "device": opened.device,
        "precision": opened.precision,
        "notes": list(opened.notes),
        "side": side,
        "load": loaded,
        "first": first,
        "seconds": [whole for whole, _ in seconds],
        "network": [network for _, network in seconds],
        "peak": peak(),
        "multiply_adds": model.card.get("multiply_adds"),
        "bytes_per_pixel": opened.bytes_per_pixel or model.bytes_per_pixel,
    }


def _once(model: Model, picture: Picture, tile: int | None) -> tuple[float, float]:
    """Seconds that a picture takes, and those of the network alone."""
    begun = time.perf_counter()
    restored = _restored(model, picture, tile)
    return time.perf_counter() - begun, restored.seconds


def _restored(model: Model, picture: Picture, tile: int | None) -> Any:
    """The picture restored with every dial at its default, so that nothing is estimated."""
    dials = {dial.name: dial.default for dial in model.contract.dials}
    return model.restore(picture, ask(model.contract, dials), tile=tile)


def peak() -> int | None:
    """The most memory that this process has had, in bytes; None where the system is not Linux."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    found = next(line for line in lines if line.startswith("VmHWM:"))
    return 1024 * int(found.split()[1])


def main() -> None:
    word, where, precision, side, turns, tile, folder = sys.argv[1:]
    cut = None if tile == "auto" else int(tile)
    record = measured(word, where, precision, int(side), int(turns), cut, Path(folder))
    print(json.dumps(record))


if __name__ == "__main__":
    main()
