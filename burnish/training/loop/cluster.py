"""A training run by processes on the machines of a Ray cluster.

They are told by their environment how they find each other, as torchrun does, and train as if it
had begun them: the same shares of every batch, the same state, the same bits. Where one of them
dies, the others are ended, and all begin again from the last checkpoint. So what a death costs is
what `save_every` says, and no machine has to be waited for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import TrainingError, kind_of
from ...ground.process import signals_noted
from ...ground.process.elsewhere import Elsewhere
from ...ground.process.joined import join, room
from ...ground.remarks import Say
from ..parts.strict import plain
from ..recipe.recipe import Recipe
from .process import Order
from .progress import TrainingRun

#: the module that each of the processes runs
MODULE = "burnish.training.loop.process"
#: so many deaths in a row without a checkpoint between them end the run
MOST_DEATHS = 3
#: seconds between two looks at what processes say
TICK = 0.2
#: seconds that the others have to end in, when one is dead: they may wait for it
PATIENCE = 10.0


def train_on_cluster(
    recipe: Recipe,
    out: Path | None = None,
    *,
    say: Say,
    address: str | None = None,
    processes: int | None = None,
    resume: bool = True,
    minutes: float | None = None,
) -> Path:
    """Trains what the recipe says, as `train` does, on a Ray cluster; returns the file of the
    averaged weights.

    The folder `out`, and all that the recipe names, lie where every machine sees them under the
    same path. Each process has as many processors as `recipe.threads` says (1), and a GPU where
    `recipe.device` is cuda.

    say: is told what the first of the processes says. address: of the cluster, as `join` has it.
    processes: how many; None is as many as there is room for now.

    Raises what `train` raises, DeviceError where the cluster cannot be used, and TrainingError
    where processes die again and again; SystemExit as `train`.
    """
    join(address)
    cpus, gpus = recipe.threads or 1, float(recipe.device == "cuda")
    world = room(cpus, gpus, processes)
    run = TrainingRun(recipe, Path(out or recipe.out or Path("runs") / recipe.name), None)
    until = None if minutes is None else time.monotonic() + 60 * minutes
    order = Order(plain(recipe), str(run.out.absolute()), resume, minutes)
    first = before = _stamp(run.state)
    deaths = 0
    while True:
        order = replace(order, minutes=_minutes_to(until))
        came = _life([Elsewhere(cpus, gpus) for _ in range(world)], order, say)
        if isinstance(came, Path):
            return came
        now = _stamp(run.state)
        deaths, before = 1 + (deaths if now == before else 0), now
        if deaths == MOST_DEATHS:
            raise _enough(run, came)
        say(f"a process died ({came}); all begin again from the last checkpoint")
        # A run that is begun anew must not go on with the checkpoint of an earlier one.
        order = replace(order, resume=resume or now != first)


def _enough(run: TrainingRun, cause: str) -> TrainingError:
    """What is said of processes that die again and again, the last of a cause in words."""
    return TrainingError(
        f"{run.out}: processes died {MOST_DEATHS} times without a checkpoint between them "
        f"({cause}); see to the machines, or lower save_every"
    )


def _minutes_to(until: float | None) -> float | None:
    return None if until is None else max(0.0, until - time.monotonic()) / 60


def _stamp(state: Path) -> int | None:
    """A number that another checkpoint has another one of; None where there is none."""
    return state.stat().st_mtime_ns if state.exists() else None


def _life(processes: Sequence[Elsewhere], order: Order, say: Say) -> Path | str:
    """Trains with these processes, to the end of all of them. The file of the weights; or, in
    words, what the first that died has died of.

    Raises what `train` raised in them; SystemExit where this process was told to end.
    """
    try:
        with signals_noted() as heard:
            cause = _started(processes, order, heard) or _listened(processes, heard, say)
    finally:
        for each in processes:
            each.kill()
    if heard:
        raise SystemExit(128 + heard[0])
    answers = [json.loads(each.ended.answer or "{}") for each in processes if each.ended]
    for answer in answers:
        if "code" in answer:
            raise kind_of(answer["code"])(answer["message"])
    return cause or Path(answers[0]["weights"])


def _started(processes: Sequence[Elsewhere], order: Order, heard: Sequence[int]) -> str:
    """Waits until all of them have a place, and has them begin. What one died of meanwhile, or ""
    where none did. heard: numbers of signals.
    """
    places = []
    for each in processes:
        while (place := each.place(TICK)) is None:
            if each.ended is not None:
                return each.ended.cause
            if heard:
                return "told to end"
        places.append(place)
    host, port = places[0]
    for rank, each in enumerate(processes):
        # To itself each is alone on its machine, and sees the GPU that it has.
        more = {
            **{"RANK": str(rank), "WORLD_SIZE": str(len(processes))},
            **{"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"},
            **{"MASTER_ADDR": host, "MASTER_PORT": str(port)},
        }
        each.start(MODULE, told=order.line, more=more)
    return ""


def _listened(processes: Sequence[Elsewhere], heard: Sequence[int], say: Say) -> str:
    """Listens until all have ended; where one dies, or somebody says so, they are asked to. What
    the first died of, or "" where none did.
    """
    last = [""] * len(processes)
    cause = ""
    until = float("inf")
    asked = False
    while any(each.ended is None for each in processes) and time.monotonic() < until:
        for rank, each in enumerate(processes):
            for line in each.hear(TICK):
                last[rank] = line.strip() or last[rank]
                if rank == 0:
                    say(line)
            if each.ended is not None and each.ended.status != 0 and not asked:
                cause = cause or f"{each.ended.cause}: {last[rank]}".rstrip(": ")
        if (cause or heard) and not asked:
            asked = True
            for each in processes:
                each.terminate()
            if not heard:
                until = time.monotonic() + PATIENCE
        if len(heard) > 1:
            break
    return cause
