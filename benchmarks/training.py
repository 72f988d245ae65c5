"""Training against a plain eager fp32 loop of the same network: pictures a second, in slices that
take turns, so that other work on the machine hits both.

python -m benchmarks.training [--recipe recipes/photo.yaml] [--steps 20] [--rounds 3] [KEY=VALUE
...]

The plain loop is what one writes first: batches made in between the steps, contiguous tensors,
float32, Adam, no average of weights. Ours is the loop of `burnish train` with everything on:
workers, memory format, the machine's precision, compiled on a GPU, the recipe's optimizer,
clipping, averaging.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from burnish.study.machine import processor
from burnish.training.data import Batch, stream
from burnish.training.recipe.file import load
from burnish.training.recipe.recipe import Recipe
from burnish.training.recipe.resolve import resolve
from burnish.training.step.initial import build_initial, initial_network
from burnish.training.step.machine import make_machine
from burnish.training.step.setup import Setup, set_up
from burnish.training.step.step import clip, gradients, to_device, update


def plain_loop(setup: Setup) -> Callable[[int], float]:
    """A function that makes so many steps and returns the share of the time that went into making
    batches.
    """
    device, crops = setup.machine.device, setup.crops
    net = initial_network(setup.stage).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
    wheres = itertools.count()

    def run(steps: int) -> float:
        began, waited = time.perf_counter(), 0.0
        for _ in range(steps):
            asked = time.perf_counter()
            batch = crops[divmod(next(wheres), crops.epoch_length)]
            waited += time.perf_counter() - asked
            spoiled, clean, level, _ = to_device(batch, device)
            optimizer.zero_grad()
            loss = (net(spoiled, level if net.contract.dials else None) - clean).abs().mean()
            loss.backward()
            optimizer.step()
        wait_for(device)
        return waited / (time.perf_counter() - began)

    return run


def our_loop(setup: Setup, batches: Iterator[Batch]) -> Callable[[int], float]:
    """The same of Burnish's own steps."""
    rates, counted = setup.rates(10**9), itertools.count()

    def run(steps: int) -> float:
        began, waited = time.perf_counter(), 0.0
        for _ in range(steps):
            asked = time.perf_counter()
            batch = next(batches)
            waited += time.perf_counter() - asked
            losses = gradients(setup, [batch])
            update(setup, rates, next(counted), finite=clip(setup, losses))
        wait_for(setup.machine.device)
        return waited / (time.perf_counter() - began)

    return run


def wait_for(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def timed(
    run: Callable[[int], float], steps: int, pictures: int, first: int
) -> tuple[float, float]:
    """(pictures a second, share of the time spent waiting for data), after so many steps that use
    up what workers made during the other loop's turn.
    """
    run(first)
    began = time.perf_counter()
    waiting = run(steps)
    return steps * pictures / (time.perf_counter() - began), waiting


def compare(recipe: Recipe, steps: int, rounds: int) -> None:
    stage = resolve(recipe)[0]
    data, machine = stage.data, make_machine(recipe)
    setup = set_up(build_initial([stage], machine.world)[0], machine)
    first = 4 * data.workers  # as many as they make ahead
    batches = stream(
        setup.crops,
        0,
        3 + (first + steps) * rounds,
        workers=data.workers,
        pinned=setup.machine.device == "cuda",
    )
    loops = {"plain": plain_loop(setup), "ours": our_loop(setup, batches)}
    for run in loops.values():
        run(3)  # pictures decoded, kernels chosen, graphs compiled
    found = [
        {name: timed(run, steps, data.batch, first) for name, run in loops.items()}
        for _ in range(rounds)
    ]
    device = torch.cuda.get_device_name() if setup.machine.device == "cuda" else processor()
    print(
        f"{recipe.name}, {data.batch} crops of {data.crop}, {data.workers} "
        f"workers, {setup.machine.precision}, on {device}\n"
    )
    print("| loop | pictures a second | waiting for data |\n|---|---|---|")
    for name in loops:
        speed, waiting = (statistics.median(one[name][i] for one in found) for i in (0, 1))
        print(f"| {name} | {speed:.2f} | {100 * waiting:.1f} % |")
    ratios = sorted(one["ours"][0] / one["plain"][0] for one in found)
    print(
        f"\nours is {statistics.median(ratios):.2f} times as fast (of {rounds} rounds: "
        f"{ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", type=Path, default=Path("recipes/photo.yaml"))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("changes", nargs="*", metavar="KEY=VALUE")
    arguments = parser.parse_args()
    compare(load(arguments.recipe, arguments.changes), arguments.steps, arguments.rounds)


if __name__ == "__main__":
    main()
