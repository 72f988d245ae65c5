"""What a run leaves to look at: curves in metrics.jsonl, and more on TensorBoard.

`burnish plot` reads the curves; TensorBoard, where it is installed, has pictures besides. How
often, so that it costs little: loss, learning rate and speed every 15 seconds; with every
validation its figures, sample pictures, and the norms of the gradients and the weights of every
layer; the network once.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import Array
from ...errors import OutputError
from ...ground.files import atomic_write
from ...ground.remarks import Say
from ...report.curves import CURVES, read_lines


class Board:
    """Writes into the run's folder; what an earlier slice wrote after `step` is dropped.

    Without TensorBoard it says so once, and keeps the curves alone.
    """

    def __init__(self, folder: Path, step: int, say: Say, *, on: bool = True) -> None:
        self._writer: Any = None
        self._lines: Path | None = None
        self._say = say
        if not on:  # one process of several writes
            return
        self._lines = folder / CURVES
        self._forget(step)
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            say(
                f"curves are kept in {CURVES} alone: tensorboard is not installed; pip install "
                "tensorboard brings the rest"
            )
            return
        self._writer = SummaryWriter(str(folder / "board"), purge_step=step + 1)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self._line(
            {
                "step": step,
                **{name: value if math.isfinite(value) else None for name, value in values.items()},
            }
        )
        for name, value in values.items():
            self._try("add_scalar", name, value, step)

    def picture(self, step: int, name: str, image: Array) -> None:
        """Adds a picture, [C, H, W] in [0, 1]."""
        self._try("add_image", name, np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8), step)

    def histograms(self, step: int, arrays: Iterable[tuple[str, Array]]) -> None:
        for name, values in arrays if self._writer is not None else ():
            self._try("add_histogram", f"weights/{name}", values, step)

    def network(self, net: Any, inputs: tuple[Any, ...]) -> None:
        """Draws the network, or says in words why it cannot be traced."""
        if self._writer is None:
            return
        self._try("add_text", "network", f"```\n{net}\n```", 0)
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
        ):  # it prints what it raises
            warnings.simplefilter("ignore")
            try:
                self._writer.add_graph(net, inputs)
            # tracing stumbles over networks in a hundred ways, and a drawing is not worth a run
            except Exception as error:
                self._try(
                    "add_text",
                    "network/drawing",
                    f"it cannot be drawn: {type(error).__name__}: {error}",
                    0,
                )

    def close(self) -> None:
        self._try("close")

    def _forget(self, step: int) -> None:
        assert self._lines is not None
        try:
            kept = (
                [line for line in read_lines(self._lines) if line["step"] <= step] if step else []
            )
            if self._lines.exists() and kept != read_lines(self._lines):
                atomic_write(
                    self._lines, "".join(json.dumps(line) + "\n" for line in kept).encode()
                )
        except (OSError, OutputError) as error:
            self._fails(error)

    def _line(self, record: Mapping[str, Any]) -> None:
        if self._lines is None:
            return
        try:
            with self._lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            self._fails(error)

    def _try(self, method: str, *arguments: Any) -> None:
        if self._writer is None:
            return
        try:
            getattr(self._writer, method)(*arguments)
        except OSError as error:
            self._fails(error)

    def _fails(self, error: Exception) -> None:
        """Says that no more curves are kept.

        They are not worth a run: the training goes on.
        """
        self._writer = self._lines = None
        self._say(f"no more curves are kept: {error}")
