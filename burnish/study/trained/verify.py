"""Export, held against the training forward at three sizes before the file is kept.

So what runs is what was trained.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from ...contract import Run
from ...errors import ModelMismatch
from ...ground.files import atomic_write
from ...inference.backends import open_model
from ...inference.wire import read_header
from ...training.networks.eight_bits import whole_convolutions
from ...training.networks.export import example, export, rounded
from ...training.networks.restorer import Restorer
from ..apart import EXACT, FOLDED, ROUNDED, Allowed


def export_verified(
    source: Path,
    target: Path,
    *,
    half: bool = True,
    trusted: bool = False,
    at: Mapping[str, float] | None = None,
) -> str:
    """Writes the safetensors file `source` as the model file `target`, and says what was found.

    It raises ModelMismatch, and leaves no file, where the two disagree. A `source` that was saved
    in half precision loses nothing by `half`. trusted: its network may be one that is not listed.
    at: a setting of the dials at which it is folded into a plain network first (it was then not
    trained as it is, so the torch backend, which wants the trained weights, does not run the file).
    Raises DialError where it does not fold.
    """
    restorer = Restorer.load(source, trusted=trusted)
    if at is not None:
        restorer = folded(restorer, at, str(source))
    handle, name = tempfile.mkstemp(suffix=".onnx", prefix="burnish-")
    os.close(handle)
    trial = Path(name)
    try:
        export(restorer, trial, source=source if at is None else None, half=half)
        read_header(trial)  # the checks that every file goes through before it is restored with
        worst = largest_difference(rounded(restorer) if half else restorer, trial)
        held = said_of(worst, restorer, source)
        atomic_write(target, trial.read_bytes())
    finally:
        trial.unlink(missing_ok=True)
    return held


def said_of(worst: float, restorer: Restorer, source: Path) -> str:
    """Returns in words how far an export of `source` is from it; ModelMismatch if too far."""
    allowed = allowed_of(restorer)
    if not worst <= allowed.most:
        raise ModelMismatch(
            f"{source}: the exported graph differs from the training forward by "
            f"{worst:.1e}, more than {allowed.most:.0e}; nothing was kept"
        )
    return f"held against the training forward at three sizes: largest difference {worst:.1e}"


def folded(restorer: Restorer, at: Mapping[str, float], source: str) -> Restorer:
    """Returns the plain network at a setting of the dials, held against the one it was.

    source: what it is called in messages. Raises ModelMismatch where the two disagree, DialError
    where it does not fold.
    """
    plain = restorer.fold(**at)
    image = example(plain.contract, 1, 8 * plain.contract.multiple, 6 * plain.contract.multiple)[0]
    level = torch.tensor(restorer.contract.settings(at)).view(1, -1, 1, 1)
    with torch.no_grad():
        wanted = restorer(image, level).numpy()
        got = plain(image).numpy()
    allowed = allowed_of(restorer, FOLDED)
    difference = allowed.apart(got, wanted)
    if not difference <= allowed.most:
        raise ModelMismatch(
            f"{source}: the folded network differs from the one it was by {difference:.1e}, "
            f"more than {allowed.most:.0e}; nothing was kept"
        )
    return plain


def allowed_of(restorer: Restorer, exact: Allowed = EXACT) -> Allowed:
    """How far another way through a network may be; `exact` is for one that does not round."""
    return ROUNDED if whole_convolutions(restorer) else exact


def largest_difference(restorer: Restorer, path: Path, backend: str | None = None) -> float:
    """Returns the largest absolute difference between a model file in fp32 and its network.

    It is that over three sizes and a batch of two; of a network that rounds, as `ROUNDED` has it.
    """
    contract = restorer.contract
    eight = path if whole_convolutions(restorer) else None
    precision = "auto" if eight else "fp32"
    opened = open_model(
        path, contract, device="cpu", precision=precision, eight=eight, backend=backend
    )
    return apart(restorer, opened.run)


def apart(restorer: Restorer, run: Run) -> float:
    """Returns how far a Run is from the network at most, over three sizes and a batch of two."""
    contract = restorer.contract
    allowed = allowed_of(restorer)
    worst = 0.0
    for batch, height, width in ((1, 1, 1), (2, 3, 5), (1, 8, 6)):
        inputs = example(contract, batch, height * contract.multiple, width * contract.multiple)
        with torch.no_grad():
            wanted = restorer.predict(*inputs).numpy()
        got = run(inputs[0].numpy(), inputs[1].numpy() if len(inputs) > 1 else None)
        # np.maximum keeps NaN, as max() does not
        worst = float(np.maximum(worst, allowed.apart(got, wanted)))
    return worst
