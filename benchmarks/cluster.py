"""What a run over a cluster promises, and what it costs; on a Ray cluster of two machines, both of
which are this one:

python -m benchmarks.cluster kill     # 1,000 small pictures, a worker killed every 5 s
python -m benchmarks.cluster share    # two workers against one process a core, in turns
python -m benchmarks.cluster paper    # what a picture costs, and what that makes of ten million

With --write, each puts what it found into docs/cluster.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from burnish.errors import FolderLocked
from burnish.ground.lock import locked
from burnish.ground.processor import facts

from . import archive
from .markdown import put, rows
from .s3_store import store

Row = tuple[str, str]
#: pictures of the run on paper, seconds of one core for each, bytes of a JPEG, cores of a machine;
#: docs/archive.md measured the middle ones
MILLIONS, PHOTO, JPEG, CORES = 10, 2.5, 1_200_000, 16
#: pictures of a run that is mostly its beginning
FEW = 16
#: a machine of the cluster
NODE: dict[str, Any] = {
    "num_cpus": 1,
    "object_store_memory": 80_000_000,
    "include_dashboard": False,
}
#: what the processes are called in which Ray runs the workers of a run
ACTOR = "ray::_Worker"


def at_work(words: str = ACTOR) -> list[psutil.Process]:
    """The processes of the clusters that this process has begun in whose command some words are;
    the workers of a run where none are said. Those of others on this machine are none of them.
    """
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if words in " ".join(process.cmdline()):
                found.append(process)
    return found


@contextmanager
def two_machines() -> Iterator[str]:
    """A Ray cluster of two machines, both of which are this one; gives its address."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    # One at a time: a node that is not there within half a minute is given up.
    turns = Path(tempfile.gettempdir()) / "burnish-two-machines"
    turns.mkdir(exist_ok=True)
    with ExitStack() as held:
        with locked(turns, FolderLocked("another cluster begins"), patience=None):
            cluster: Any = Cluster(initialize_head=True, head_node_args=NODE)
            held.callback(cluster.shutdown)
            cluster.add_node(**{**NODE, "include_dashboard": None})
        yield str(cluster.address)


def command(source: Path, target: Path, address: str, *words: str, model: str) -> list[str]:
    """The words of a run over a cluster."""
    found = archive.command(source, target, *words, model=model)
    found[found.index("--archive") : found.index("--archive") + 1] = ["--cluster", f"ray:{address}"]
    return found


def kill(folder: Path, count: int, every: float, model: str) -> list[Row]:
    """Small pictures over the cluster, with a worker killed every so many seconds."""
    archive.pictures(folder / "in", count, 96, 128)
    fixed = ["--precision", "fp32"]
    begun = time.monotonic()
    whole = archive.command(folder / "in", folder / "whole", *fixed, model=model)
    subprocess.run(whole, env=archive.environment(), check=True)
    alone = time.monotonic() - begun
    print(f"one machine: {alone:.0f} s", flush=True)
    chance = random.Random(0)
    killed = 0
    with two_machines() as address:
        words = command(folder / "in", folder / "out", address, *fixed, model=model)
        begun = due = time.monotonic()
        with subprocess.Popen(words, env=archive.environment()) as run:
            while run.poll() is None:
                time.sleep(0.05)
                found = at_work() if time.monotonic() > due + every else []
                if found:
                    chance.choice(found).kill()
                    killed += 1
                    due = time.monotonic()
        seconds = time.monotonic() - begun
    expected, found_ = archive.tree(folder / "whole"), archive.tree(folder / "out")
    torn = archive.torn(found_, expected)
    missing = expected.keys() - found_.keys()
    files = f"{len(expected):,} files with sidecars"
    return [
        ("pictures of 128x96", f"{count:,} through {model}, in fp32"),
        (f"workers killed, one every {every:g} s", f"{killed}, in {seconds:.0f} s"),
        (f"of {files}: torn, or other than on one machine", f"{len(torn)}"),
        ("missing", f"{len(missing)}"),
        ("exit status", f"{run.returncode}"),
        ("one machine, one thread, nobody killed", f"{alone:.0f} s"),
    ]


def share(folder: Path, count: int, rounds: int) -> list[Row]:
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
    return [
        ("pictures of 640x480 through photo", f"{count}, {rounds} times in turns"),
        ("one process a core", f"{rounded['processes']} s, from command to end"),
        ("a worker a core", f"{rounded['cluster']} s"),
        ("share of the pace", f"{ratio:.2f}"),
    ]


@dataclass(frozen=True)
class Seen:
    """What a run of two machines at addresses cost in all."""

    pictures: int
    #: from command to end
    seconds: float
    #: seconds of the processor of the command's machine
    driver: float
    #: seconds of the workers, from reading to writing
    work: float
    #: bytes of the journal
    journal: int
    #: what the store was asked, by method, and bytes of the bodies that it took or gave
    asked: Counter[str]
    moved: Counter[str]

    def beyond(self, few: Seen) -> Seen:
        """What this run cost more than a shorter one: its pictures, without the beginning."""
        return Seen(
            self.pictures - few.pictures,
            self.seconds - few.seconds,
            self.driver - few.driver,
            self.work - few.work,
            self.journal - few.journal,
            self.asked - few.asked,
            self.moved - few.moved,
        )


def seen(folder: Path, count: int) -> Seen:
    """Pictures of 640x480 in a store through `photo`, into the store again."""
    archive.pictures(folder / "in", count, 480, 640, jpeg=1)
    with store() as s3:
        for file in (folder / "in").rglob("*.jpg"):
            s3.keep("scans", file.name, file.read_bytes())
        # The machines of the cluster have the environment of whoever begins them.
        os.environ.update(s3.environment)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        with two_machines() as address:
            words = command(Path("in"), Path("out"), address, "--precision", "fp32", model="photo")
            words[words.index("in")], words[words.index("out")] = "s3://scans", "s3://results"
            before, begun = archive.worked(), time.monotonic()
            subprocess.run(words, env=archive.environment(), check=True)
            seconds, spent = time.monotonic() - begun, archive.worked() - before
        report = json.loads(s3.content("results", "burnish-report.json"))
        asked, moved = Counter(s3.asked), Counter(s3.moved)
    (journal,) = (folder / "state").rglob("journal.db")
    work = sum(file["seconds"] for file in report["files"])
    # The pictures that the report shows are some, however many there are.
    with closing(sqlite3.connect(journal, isolation_level=None)) as data:
        data.executescript("DELETE FROM shown; VACUUM;")
    return Seen(count, seconds, spent, work, journal.stat().st_size, asked, moved)


def paper(folder: Path, count: int) -> list[Row]:
    """What a picture costs the store and the machines, and what that makes of ten million."""
    few = seen(folder / "few", FEW)
    cost = seen(folder / "many", count + FEW).beyond(few)
    driver = cost.driver / count
    calls = [
        f"{cost.asked[method] / count:.2f} {method} ({cost.moved[method] / count / 1e3:.0f} kB)"
        for method in ("GET", "PUT")
    ]
    lines = [
        (f"{count} more JPEGs of 640x480 at addresses, two workers", f"{cost.seconds:.1f} s"),
        (
            "reckoned: half of the seconds that the workers have them in hand",
            f"{cost.work / 2:.1f} s ({cost.work / count:.2f} s each)",
        ),
        ("the store is asked, for each", ", ".join(calls)),
        (
            "the command's machine, for each",
            f"{1000 * driver:.1f} ms of processor, {cost.journal / count:.0f} bytes of journal",
        ),
    ]
    whole = MILLIONS * 1e6
    for machines in (10, 45):
        share = whole / machines
        seconds = share * PHOTO / CORES
        size = 2 * share * JPEG
        lines.append(
            (
                f"{MILLIONS} million JPEGs of 2 megapixels on {machines} machines of {CORES} cores",
                f"a machine: {share:,.0f} pictures, {seconds / 3600:.1f} hours, {size / 1e9:,.0f} "
                f"GB in and out ({size / seconds / 1e6:.0f} MB/s); the one core that keeps the "
                f"journal is at work {whole * driver / seconds:.0%} of the time",
            )
        )
    requests = sum(cost.asked[method] for method in ("GET", "PUT")) / count
    size = MILLIONS * cost.journal / count / 1e3
    lines.append(("journal, requests", f"{size:.1f} GB, {MILLIONS * requests:.0f} million"))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("kill", "share", "paper"))
    parser.add_argument("--count", type=int)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="photo", help="of kill")
    parser.add_argument("--write", action="store_true", help="into docs/cluster.md")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if words.what == "kill":
            found = kill(folder, words.count or 1000, words.every, words.model)
        elif words.what == "share":
            found = share(folder, words.count or 40, words.rounds)
        else:
            found = paper(folder, words.count or 160)
    found.append(("load of the machine in the last 15 minutes", f"{psutil.getloadavg()[2]:.0f}"))
    kind = facts().get("model name", "unknown")
    lines = rows(("what", f"on {kind}, {psutil.cpu_count()} threads"), found)
    print("\n".join(lines))
    if words.write:
        put(archive.ROOT / "docs" / "cluster.md", words.what, lines)


if __name__ == "__main__":
    main()
