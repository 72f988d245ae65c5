"""A dry run: what a recipe comes to, with what it would cost on this machine.

A few steps are made for that; nothing is written.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import replace

import torch
import yaml

from ..networks.cost import multiply_adds, parameters
from ..parts.strict import plain
from ..recipe.recipe import Recipe
from ..recipe.resolve import resolve
from ..step.initial import build_initial
from ..step.machine import Machine, make_machine
from ..step.meter import duration
from ..step.prune import pruned
from ..step.setup import Setup, set_up
from ..step.speed import seconds_a_step

#: steps that are measured after those that warm up
MEASURED = 10
#: seconds after which it has seen enough
ENOUGH = 10.0
#: multiply-adds of a step for each of a forward pass: forward, and twice that backward
TRAINED = 3


def plan(recipe: Recipe) -> str:
    """The recipe as YAML, and for every stage what it has and what it would cost.

    That is its pictures, parameters, multiply-adds, and, measured by some steps, its memory and
    time.
    """
    # Without workers, so that the time is that of one process that makes its batches too: the run
    # is no slower.
    stages = [replace(s, data=replace(s.data, workers=0)) for s in resolve(recipe)]
    machine = make_machine(recipe)
    initials = build_initial(stages, machine.world)
    lines = [
        yaml.safe_dump(plain(recipe), sort_keys=False, allow_unicode=True, width=120).rstrip(),
        "",
    ]
    for initial in initials:
        name = f"stage {initial.stage.name}: " if initial.stage.name else ""
        lines += [f"{name}{line}" for line in _stage(pruned(set_up(initial, machine)))]
    return "\n".join(lines)


def _stage(setup: Setup) -> list[str]:
    stage = setup.stage
    machine = setup.machine
    trained = sum(p.numel() for p in setup.restorer.parameters() if p.requires_grad)
    pixels = stage.data.batch * stage.accumulate * setup.crops.cut.side**2
    per_pixel = multiply_adds(setup.ema)
    seconds = seconds_a_step(setup, MEASURED, ENOUGH)
    steps = setup.steps() or max(1, round(3600 * (stage.schedule.hours or 0) / seconds))
    return [
        (
            f"{len(setup.crops.pictures)} pictures, {len(setup.others or ())} held out; "
            f"{setup.epoch:g} steps an epoch"
        ),
        f"{parameters(setup.ema):,} parameters, of which {trained:,} learn",
        (
            f"{per_pixel:,.0f} multiply-adds a pixel, about "
            f"{TRAINED * per_pixel * pixels / 1e9:.1f} G a step"
        ),
        (
            f"{steps:,} steps of {seconds:.3g} s (measured on {machine.device} in "
            f"{machine.precision}, data made in between): about {duration(steps * seconds)}"
        ),
        f"{_memory(machine):.2f} GB of memory at the most, {_kind(machine)}",
    ]


def _memory(machine: Machine) -> float:
    """The peak of memory so far, in GB."""
    if machine.device == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        * (1 if sys.platform == "darwin" else 1024)
        / 1e9
    )


def _kind(machine: Machine) -> str:
    return (
        "on the GPU"
        if machine.device == "cuda"
        else "of this process, PyTorch and pictures included"
    )
