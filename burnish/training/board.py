"""Curves and sample pictures for TensorBoard, where it is installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import Array


class Board:
    """Writes into `folder`; on resuming, what was written after `step` is dropped. Without TensorBoard it says so once and does nothing."""

    def __init__(self, folder: Path, step: int, notice: Callable[[str], None]) -> None:
        self._writer: Any = None
        self._notice = notice
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            notice("no curves are kept: tensorboard is not installed; pip install tensorboard brings them")
            return
        self._writer = SummaryWriter(str(folder), purge_step=step or None)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._try("add_scalar", name, value, step)

    def picture(self, step: int, name: str, image: Array) -> None:
        """image [C, H, W] in [0, 1]."""
        self._try("add_image", name, np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8), step)

    def close(self) -> None:
        self._try("close")

    def _try(self, method: str, *arguments: Any) -> None:
        """Curves are not worth a run: where they cannot be written, that is said, and the training goes on."""
        if self._writer is None:
            return
        try:
            getattr(self._writer, method)(*arguments)
        except OSError as error:
            self._writer = None
            self._notice(f"no more curves are kept: {error}")
