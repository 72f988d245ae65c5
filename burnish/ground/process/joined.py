"""Joining a Ray cluster, and how much room it has."""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from ...errors import DeviceError

#: the name space of the actors' names in a cluster
SPACE = "burnish"


def join(address: str | None) -> None:
    """Joins a cluster, as this process may once.

    address: "HOST:PORT" or "ray://HOST:PORT"; None is the one that runs on this machine, or, where
    none does, one that is begun here. DeviceError where there is no such cluster.
    """
    # Where it begins a cluster here, that reports to nobody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    _speak_on_stderr()
    try:
        ray.init(
            address=address,
            namespace=SPACE,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (RayError, ConnectionError, RuntimeError, ValueError) as error:
        raise DeviceError(
            f"--cluster ray:{address or ''}: cannot be joined "
            f"({str(error).strip().partition(chr(10))[0]}); `ray start --head` begins one"
        ) from error


def _speak_on_stderr() -> None:
    """Has Ray say what goes wrong in the cluster on stderr. Whatever `log_to_driver` is, it prints
    that on stdout, among the answers of the program.
    """
    worker: Any = ray._private.worker
    prints = getattr(worker.print_to_stdstream, "func", worker.print_to_stdstream)

    def aside(prints: Any, data: dict[str, Any], **more: Any) -> None:
        prints({**data, "is_err": True}, **more)

    worker.print_to_stdstream = partial(aside, prints)


def room(cpus: int, gpus: float, wanted: int | None) -> int:
    """So many workers of so many processors and GPUs each: as many as are wanted, or, for None, as
    the machines of the cluster have room for. DeviceError where that is none.
    """
    if wanted:
        return wanted
    needs = {name: need for name, need in (("CPU", cpus), ("GPU", gpus)) if need}
    library: Any = ray
    machines = [node["Resources"] for node in library.nodes() if node["Alive"]]
    found = sum(
        min(int(machine.get(kind, 0) / need + 1e-6) for kind, need in needs.items())
        for machine in machines
    )
    if found < 1:
        raise DeviceError(
            f"--cluster: no machine of it has {cpus} processors and {gpus:g} GPUs free; take fewer "
            "threads, or say --workers, for one that grows"
        )
    return found


def cause_of(error: RayActorError) -> str:
    """In words, what an actor died of: Ray's first sentence."""
    first = str(error).strip().partition("\n")[0].partition(". ")[0].rstrip(".")
    return first[:1].lower() + first[1:] or "no reason is known"
