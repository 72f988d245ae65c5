"""The figures of a run while it goes on, and the signals by which it hears that it is to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from torch import Tensor

T = TypeVar("T")
#: seconds between two progress lines
PULSE = 15.0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Meter:
    """Losses, speed and time spent waiting for data since the last reading.

    Losses stay tensors until they are read, so that a GPU is not waited for. `steps` is how many
    the stage has, `pictures` the crops in a step.
    """

    def __init__(self, steps: int, pictures: int) -> None:
        self.steps = steps
        self.pictures = pictures
        self._restart()

    def _restart(self) -> None:
        self.started = time.monotonic()
        self.waited = 0.0
        self.taken = 0
        self.counted = 0
        self.losses: dict[str, Tensor] = {}

    def watch(self, batches: Iterator[T]) -> Iterator[T]:
        """The same batches; what the step waits for them is counted."""
        while True:
            asked = time.monotonic()
            batch = next(batches, None)
            self.waited += time.monotonic() - asked
            if batch is None:
                return
            yield batch

    def step(self, losses: Mapping[str, Tensor] | None) -> None:
        """One step: its loss and the terms of it, or None where it was left out."""
        self.taken += 1
        if losses is not None:
            self.counted += 1
            self.losses = {
                name: self.losses[name] + value if name in self.losses else value
                for name, value in losses.items()
            }

    def leave_out(self, seconds: float) -> None:
        """Leaves out time that went into looking and saving.

        Speed and waiting are then those of the steps.
        """
        self.started += seconds

    def due(self) -> bool:
        return time.monotonic() - self.started >= PULSE

    def read(self, rate: float) -> dict[str, float]:
        """The figures since the last reading, by the names of the curves."""
        seconds = max(time.monotonic() - self.started, 1e-9)
        result = {
            **{name: float(total) / max(self.counted, 1) for name, total in self.losses.items()},
            "learning_rate": rate,
            "steps_a_second": self.taken / seconds,
            "pictures_a_second": self.taken * self.pictures / seconds,
            "waiting_for_data": self.waited / seconds,
        }
        self._restart()
        return result

    def line(self, step: int, figures: dict[str, float]) -> str:
        left = duration((self.steps - step) / max(figures["steps_a_second"], 1e-9))
        loss = f"loss {figures['loss']:.5f}" if "loss" in figures else "no loss"
        return (
            f"step {step}/{self.steps}  {loss}  rate {figures['learning_rate']:.2e}  "
            f"{figures['steps_a_second']:.2f} steps/s  "
            f"waiting for data {100 * figures['waiting_for_data']:.1f} %  left {left}"
        )


def duration(seconds: float) -> str:
    """The time in words, such as 1 h 05 min, 7 min, or 40 s."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min" if minutes else f"{rest} s"


@contextmanager
def signals(speaking: bool = True, steps: int = 1) -> Iterator[list[int]]:
    """Gives the list of the signals that are received inside.

    The first SIGINT or SIGTERM is only noted, so that the step in hand can end and be saved; a
    second one ends all. `steps` says after how many of them the processes meet, which is where a
    run can stop.
    """
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if received:
            raise SystemExit(128 + number)
        received.append(number)
        if speaking:
            when = f"where the processes meet, in {steps} steps at most"
            if steps == 1:
                when = "after this step"
            # A signal may come in the middle of a print, which cannot be entered twice.
            os.write(2, f"stopping {when}, and saving; once more stops at once\n".encode())

    # Only the main thread can have handlers.
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
