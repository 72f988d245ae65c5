"""Export, held against the training forward at three sizes before the file is kept: what runs is what was trained."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import torch

from ..errors import ModelMismatch
from ..images.atomic import atomic_write
from ..inference.backends import open_model
from ..inference.wire import read_header
from ..training.export import example, export, rounded
from ..training.restorer import Restorer

#: the largest difference in fp32 that an exported file may show
TOLERANCE = 1e-4


def export_verified(source: Path, target: Path, *, half: bool = True, trusted: bool = False) -> str:
    """The safetensors file `source` as the model file `target`; ModelMismatch, and no file, where the two disagree. Returns a sentence with what was found.

    A `source` that was saved in half precision loses nothing by `half`. trusted: its network may be one that is not listed.
    """
    restorer = Restorer.load(source, trusted=trusted)
    handle, name = tempfile.mkstemp(suffix=".onnx", prefix="burnish-")
    os.close(handle)
    trial = Path(name)
    try:
        export(restorer, trial, source=source, half=half)
        read_header(trial)  # the checks that every file goes through before it is restored with
        worst = largest_difference(rounded(restorer) if half else restorer, trial)
        if not worst <= TOLERANCE:
            raise ModelMismatch(f"{source}: the exported graph differs from the training forward by {worst:.1e}, more than {TOLERANCE:.0e}; nothing was kept")
        atomic_write(target, trial.read_bytes())
    finally:
        trial.unlink(missing_ok=True)
    return f"held against the training forward at three sizes: largest difference {worst:.1e}"


def largest_difference(restorer: Restorer, path: Path, backend: str | None = None) -> float:
    """The largest absolute difference between what a model file gives in fp32 and what the network gives, over three sizes and a batch of two."""
    contract = restorer.contract
    run = open_model(path, contract, device="cpu", fp32=True, backend=backend).run
    worst = 0.0
    for batch, height, width in ((1, 1, 1), (2, 3, 5), (1, 8, 6)):
        inputs = example(contract, batch, height * contract.multiple, width * contract.multiple)
        with torch.no_grad():
            wanted = restorer.predict(*inputs).numpy()
        got = run(inputs[0].numpy(), inputs[1].numpy() if len(inputs) > 1 else None)
        worst = max(worst, float(np.abs(got - wanted).max()))
    return worst
