"""A batch of tiles through one network, measured in a process of its own.

python -m burnish.study.speed.batch_point MODEL WHERE PRECISION TILE BATCH TURNS

It prints a record as JSON. In a process of its own, memory is that of this one alone.
"""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Any

import numpy as np

from ...contract import Array, level_array
from ...inference.model import Model
from ...inference.zoo import find
from .point import example, peak


def measured(
    word: str, where: str, precision: str, tile: int, batch: int, turns: int
) -> dict[str, Any]:
    """The record of one size of tiles and batches."""
    model = Model(find(word))
    opened = model.open(device=where, precision=precision)
    contract = model.contract
    channels = np.arange(contract.channels_in) % 3  # a mosaic has a fourth plane
    image = np.repeat(example(tile).pixels[:, channels], batch, 0)
    level = _level(model, image)
    before = peak()
    opened.run(image, level)
    after = peak()
    seconds = []
    for _ in range(turns):
        begun = time.perf_counter()
        opened.run(image, level)
        seconds.append(time.perf_counter() - begun)
    return {
        "model": word,
        "backend": opened.backend,
        "device": opened.device,
        "precision": opened.precision,
        "tile": tile,
        "batch": batch,
        "margin": math.ceil((contract.reach or 0) / contract.multiple) * contract.multiple,
        "seconds": seconds,
        "memory": None if before is None or after is None else after - before,
        "bytes_per_pixel": opened.bytes_per_pixel or model.bytes_per_pixel,
    }


def _level(model: Model, image: Array) -> Array | None:
    """Every dial at its default, as a network is told it."""
    level = level_array([dial.default for dial in model.contract.dials])
    if level is None:
        return None
    size = image.shape[-2:] if model.contract.level == "pixel" else (1, 1)
    pictures = 1 if model.contract.level == "batch" else len(image)
    return np.broadcast_to(level, (pictures, level.shape[1], *size)).copy()


def main() -> None:
    word, where, precision, tile, batch, turns = sys.argv[1:]
    print(json.dumps(measured(word, where, precision, int(tile), int(batch), int(turns))))


if __name__ == "__main__":
    main()
