"""How long models take on one thread by every backend, in seconds of the processor for a megapixel,
which other work on the machine changes little.

python -m benchmarks.one_thread MODEL...

They take turns, in fp32; the median of three turns after a first one, and its share of the first
model's.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import numpy as np

from burnish.contract import level_array, predict
from burnish.inference.backends import table
from burnish.inference.model import Model
from burnish.inference.zoo import find
from burnish.study.machine import processor

#: the backends that can be held to one thread for one model
BACKENDS = ("openvino", "onnxruntime", "ncnn")
#: turns of each, of which the first does not count
TURNS = 4
#: side of the picture, in pixels
SIDE = 768


def seconds(backend: str, models: list[str]) -> list[float]:
    """Of each model, by one backend."""
    opened = []
    for name in models:
        contract = Model(find(name)).contract
        how = {"device": "cpu", "threads": 1, "precision": "fp32", "eight": None}
        opened.append((contract, table.opener(backend)(find(name), contract, **how).run))
    taken: list[list[float]] = [[] for _ in models]
    for _ in range(TURNS):
        for place, (contract, run) in enumerate(opened):
            image = np.random.default_rng(0).random((1, contract.channels_in, SIDE, SIDE))
            begun = time.process_time()
            predict(run, contract, image.astype(np.float32), level_array(contract.settings({})))
            taken[place].append(time.process_time() - begun)
    return [median(each[1:]) * 1e6 / SIDE**2 for each in taken]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+")
    models = parser.parse_args().models
    print(f"on {processor()}, one thread, fp32")
    for backend in filter(table.installed, BACKENDS):
        found = seconds(backend, models)
        for name, value in zip(models, found, strict=True):
            print(f"{backend:12}{value:6.2f} s a megapixel {value / found[0]:6.2f}  {name}")


if __name__ == "__main__":
    main()
