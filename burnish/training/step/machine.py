"""The machine of a training run: device, precision, and the other processes that train with it.

Started by `accelerate launch` or torchrun, a run has several processes. Each makes its share of
every batch; the gradients are added up in one fixed order, so that all of them hold the same
weights to the last bit, and a resumed run is exact. (DDP's buckets would be filled in another order
after a resume.) Or each goes on alone for some steps, and then their states become one (local SGD,
Stich, ICLR 2019): processes that wait for each other at every step go at the pace of whichever is
slower at the time.
"""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import DeviceError, MissingExtra
from ...ground.processor import flags
from ..recipe.recipe import Recipe
from . import meter


@dataclass(frozen=True)
class Machine:
    """The device, the precision and the process that a run has on this machine."""

    #: "cpu" or "cuda", which is this process's own
    device: str
    #: "bf16" or "fp32"
    precision: str
    #: how pictures lie in memory, channels last or contiguous
    memory_format: torch.memory_format
    #: which of the run's processes this one is, from 0
    rank: int
    #: how many processes the run has
    world: int
    #: the `accelerate.Accelerator` through which the processes talk
    accelerator: Any

    @property
    def main(self) -> bool:
        """True in the process that speaks, validates and writes."""
        return self.rank == 0

    def say(self, text: str) -> None:
        if self.main:
            meter.say(text)

    def autocast(self) -> AbstractContextManager[None]:
        """Products in the machine's precision."""
        context: AbstractContextManager[None] = self.accelerator.autocast()
        return context

    def mean(self, values: Tensor) -> Tensor:
        """The mean over the processes; the very tensor where there is one."""
        if self.world == 1:
            return values
        total: Tensor = self.accelerator.reduce(values, reduction="sum")
        return total / self.world

    def average_gradients(self, *nets: nn.Module) -> None:
        """Every gradient becomes its mean over the processes.

        A batch is divided evenly, so that is the gradient of the mean over all of it.
        """
        if self.world == 1:
            return
        parameters = [p for net in nets for p in net.parameters() if p.requires_grad]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = self.mean(torch.cat([g.reshape(-1) for g in gradients]))
        for p, mean in zip(
            parameters, torch.split(flat, [g.numel() for g in gradients]), strict=True
        ):
            p.grad = mean.view(p.shape)

    @torch.no_grad()
    def average_states(self, optimizer: torch.optim.Optimizer, *nets: nn.Module) -> None:
        """Makes every floating-point number of networks and optimizer the processes' mean."""
        if any(not steps for (steps,) in self.all_gather([len(optimizer.state)])):
            # a process could not make a single step yet, so all of them begin afresh
            optimizer.state.clear()
        states = [*(net.state_dict() for net in nets), *optimizer.state.values()]
        tensors = []
        for state in states:
            for value in state.values():
                if isinstance(value, Tensor) and value.is_floating_point():
                    tensors.append(value)
        # In float64 the mean of equal numbers is that number for any count of processes, so that
        # what is frozen stays as it is.
        flat = self.mean(
            torch.cat([value.reshape(-1).to(self.device, torch.float64) for value in tensors])
        )
        for value, mean in zip(
            tensors, torch.split(flat, [value.numel() for value in tensors]), strict=True
        ):
            value.copy_(mean.view(value.shape))

    def all_gather(self, values: Sequence[float]) -> list[list[float]]:
        """The numbers of every process, known to all of them."""
        if self.world == 1:
            return [list(values)]
        table = torch.zeros(self.world, len(values), dtype=torch.float64, device=self.device)
        table[self.rank] = torch.tensor(list(values), dtype=torch.float64)
        found: list[list[float]] = self.accelerator.reduce(table, reduction="sum").tolist()
        return found

    def broadcast(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The main process's tensors, in all of them."""
        if self.world == 1:
            return dict(state)
        from accelerate.utils import broadcast as spread

        copied: dict[str, Tensor] = spread({name: value.clone() for name, value in state.items()})
        return copied

    def from_main(self, values: Sequence[float]) -> list[float]:
        """The main process's numbers, known to all of them."""
        return self.all_gather(values)[0]

    def barrier(self) -> None:
        """Waits for the other processes."""
        self.accelerator.wait_for_everyone()


def make_machine(recipe: Recipe) -> Machine:
    """The device, precision, threads and memory layout that a recipe asks for, made ready.

    From here on this process takes denormal numbers for 0. DeviceError where there is no such
    device; MissingExtra where accelerate is not installed.
    """
    device = chosen_device(recipe.device)
    precision = chosen_precision(recipe.precision, device)
    try:
        from accelerate import Accelerator
        from accelerate.state import AcceleratorState
        from accelerate.utils import InitProcessGroupKwargs
    except ImportError as error:
        raise MissingExtra(
            f"training wants accelerate, and it is not installed ({error}); pip install "
            "'burnish[train]' brings it"
        ) from error
    # It remembers the precision of a run before this one in the same process.
    AcceleratorState._reset_state(reset_partial_state=True)
    # The others wait while the main process validates.
    patient = InitProcessGroupKwargs(timeout=timedelta(days=1))
    accelerator = Accelerator(
        mixed_precision="bf16" if precision == "bf16" else "no",
        cpu=device == "cpu",
        kwargs_handlers=[patient],
    )
    # A process that ends with its group still open is aborted now and then, over a thread that
    # nobody has joined.
    if accelerator.num_processes > 1:
        atexit.register(accelerator.end_training)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    # The momentum of a filter that no longer learns decays into denormal numbers, which a processor
    # multiplies a hundred times more slowly: after two thousand steps a run would go at half its
    # speed and less.
    torch.set_flush_denormal(True)
    layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
    return Machine(
        device, precision, layout, accelerator.process_index, accelerator.num_processes, accelerator
    )


def chosen_device(asked: str) -> str:
    """The device, "cpu" or "cuda"; DeviceError where a GPU is wanted and PyTorch sees none."""
    usable = torch.cuda.is_available()
    if asked == "cuda" and not usable:
        raise DeviceError(
            "device: cuda is asked for, but PyTorch sees no CUDA GPU here; use device=cpu, or "
            "install a CUDA build of PyTorch and the driver"
        )
    return "cuda" if usable and asked != "cpu" else "cpu"


def chosen_precision(asked: str, device: str) -> str:
    """The precision, "bf16" or "fp32".

    `auto` is bf16 only where the machine multiplies it in hardware: elsewhere it is slower than
    float32.
    """
    if asked != "auto":
        return asked
    fast = (
        torch.cuda.is_bf16_supported(including_emulation=False)
        if device == "cuda"
        else bool(flags() & {"avx512_bf16", "amx_bf16"})
    )
    return "bf16" if fast else "fp32"
