"""What a run over a cluster promises, and what it costs; on a Ray cluster of two machines, both of
which are this one:

python -m benchmarks.cluster kill     # 1,000 small pictures, a worker killed every five seconds
python -m benchmarks.cluster share    # two workers against one process a core, in turns
python -m benchmarks.cluster paper    # what a picture costs the driver, for docs/cluster.md
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from . import archive

#: a machine of the cluster
NODE: dict[str, Any] = {
    "num_cpus": 1,
    "object_store_memory": 80_000_000,
    "include_dashboard": False,
}
#: what the processes are called in which Ray runs the workers of a run
ACTOR = "ray::_Worker"


def workers_at_work() -> list[int]:
    """The numbers of the processes that are workers of a run in a cluster of this machine."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if " ".join(process.info["cmdline"] or ()).startswith(ACTOR):
            found.append(process.pid)
    return found


@contextmanager
def two_machines() -> Iterator[str]:
    """A Ray cluster of two machines, both of which are this one; gives its address."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster: Any = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        cluster.add_node(**{**NODE, "include_dashboard": None})
        yield str(cluster.address)
    finally:
        cluster.shutdown()


def command(source: Path, target: Path, address: str, *words: str, model: str) -> list[str]:
    """The words of a run over a cluster."""
    found = archive.command(source, target, *words, model=model)
    found[found.index("--archive") : found.index("--archive") + 1] = ["--cluster", f"ray:{address}"]
    return found


def kill(folder: Path, count: int, every: float) -> None:
    """Small pictures over the cluster, with a worker killed every so many seconds."""
    archive.pictures(folder / "in", count, 96, 128)
    begun = time.monotonic()
    whole = archive.command(folder / "in", folder / "whole")
    subprocess.run(whole, env=archive.environment(), check=True)
    print(f"one machine: {time.monotonic() - begun:.0f} s", flush=True)
    chance = random.Random(0)
    killed = 0
    with two_machines() as address:
        words = command(folder / "in", folder / "out", address, model=archive.QUICK)
        begun = due = time.monotonic()
        with subprocess.Popen(words, env=archive.environment()) as run:
            while run.poll() is None:
                time.sleep(0.05)
                found = workers_at_work() if time.monotonic() > due + every else []
                if found:
                    psutil.Process(chance.choice(found)).kill()
                    killed += 1
                    due = time.monotonic()
        seconds = time.monotonic() - begun
    expected, found_ = archive.tree(folder / "whole"), archive.tree(folder / "out")
    torn = archive.torn(found_, expected)
    missing = expected.keys() - found_.keys()
    print(
        f"{count} pictures, {killed} workers killed, {seconds:.0f} s, exit status "
        f"{run.returncode}; {len(torn)} torn or other, {len(missing)} missing, of "
        f"{len(expected)} files with sidecars"
    )


def share(folder: Path, count: int, rounds: int) -> None:
    """Two workers of a cluster against two processes with half of the pictures each, in turns."""
    archive.pictures(folder / "in", count, 480, 640)
    halves = [folder / "first", folder / "second"]
    for number, file in enumerate(sorted((folder / "in/000").iterdir())):
        half = halves[number % 2]
        half.mkdir(exist_ok=True)
        shutil.copy(file, half)
    seconds: dict[str, list[float]] = {"processes": [], "cluster": []}
    model = ["--precision", "fp32", "--restart", "--overwrite"]
    with two_machines() as address:
        for _ in range(rounds):
            begun = time.monotonic()
            runs = [
                subprocess.Popen(
                    archive.command(half, folder / f"out-{half.name}", *model, model="photo"),
                    env=archive.environment(),
                )
                for half in halves
            ]
            for run in runs:
                run.wait()
            seconds["processes"].append(time.monotonic() - begun)
            begun = time.monotonic()
            words = command(folder / "in", folder / "out", address, *model, model="photo")
            subprocess.run(words, env=archive.environment(), check=True)
            seconds["cluster"].append(time.monotonic() - begun)
    each = zip(seconds["processes"], seconds["cluster"], strict=True)
    ratio = median(process / cluster for process, cluster in each)
    rounded = {name: [round(value, 1) for value in values] for name, values in seconds.items()}
    print(f"{rounded}; the cluster is {ratio:.2f} as fast (median of {rounds})")


def paper(folder: Path, count: int) -> None:
    """What a picture costs the driver, in processor and journal; with a filter that is quick."""
    archive.pictures(folder / "in", count)
    with two_machines() as address:
        words = command(folder / "in", folder / "out", address, model=archive.QUICK)
        before = archive.worked()
        begun = time.monotonic()
        subprocess.run(words, env=archive.environment(), check=True)
        seconds = time.monotonic() - begun
        spent = archive.worked() - before
    journal = (folder / "out/.burnish/journal.db").stat().st_size
    print(
        f"{count} pictures in {seconds:.0f} s; the driver: {1000 * spent / count:.1f} ms of "
        f"processor and {journal / count:.0f} bytes of journal a picture"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("kill", "share", "paper"))
    parser.add_argument("--count", type=int)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if words.what == "kill":
            kill(folder, words.count or 1000, words.every)
        elif words.what == "share":
            share(folder, words.count or 40, words.rounds)
        else:
            paper(folder, words.count or 2000)


if __name__ == "__main__":
    main()
