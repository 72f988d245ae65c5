"""A teacher: a trained network whose answers a smaller one learns to give (distillation; Hinton,
Vinyals, Dean, 2015).

What is learnt is the clean picture, mixed with what the teacher makes of the spoiled one. To a
squared error that is the same as two errors, weighted and added; and any loss takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..networks.restorer import Restorer
from ..recipe.recipe import TeacherKeys
from .machine import Machine


@dataclass(frozen=True)
class Teacher:
    """A network that is asked, and learns nothing."""

    #: frozen, in eval mode
    restorer: Restorer
    #: of its answer in what is learnt
    share: float

    def to(self, machine: Machine) -> None:
        """Brings it to the machine that trains."""
        self.restorer.to(machine.device)
        self.restorer.to(memory_format=machine.memory_format)  # type: ignore[call-overload]

    @torch.no_grad()
    def aim(self, spoiled: Tensor, clean: Tensor, level: Tensor | None) -> Tensor:
        """What is to be learnt of pictures [B, C, H, W], told the level that the student is told:
        the clean ones, mixed with the teacher's answer.
        """
        return torch.lerp(clean, self.restorer(spoiled, level).float(), self.share)


def load_teacher(keys: TeacherKeys) -> Teacher:
    """The teacher that a recipe names. Raises what `Restorer.load` does."""
    restorer = Restorer.load(Path(keys.file), trusted=True)
    return Teacher(restorer.requires_grad_(False), keys.share)
