"""What `burnish serve` does under load: nothing lost, memory, latency, and the command line's pace.

    python -m benchmarks.load [--requests 10000] [--clients 32] [--write]

Clients send pictures of 192x128 to `POST /v1/restore`, each as soon as its last one is back, and
come again where the server says that too many wait. Every answer is held against the bytes that the
command line writes. Then pictures come at random, at 70 % of the pace that was reached, for the
latencies. Some pictures of 576x384 follow, of which what HTTP costs is a smaller share. The command
line's pace is that of a folder of the same pictures, less its start, before and after. On a busy
machine both mean little, and the seconds of processor that a picture costs mean more.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

from burnish.ground.processor import facts

from .markdown import put, rows

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "face_noise15.jpg"
#: how a picture is restored: the same in both ways, with nothing looked at before
WORDS = {"model": "photo", "d": "noise=15"}
#: pictures that differ; their size; and a larger one, with the share of the requests that are of it
DIFFERENT = 16
SIZE, LARGER, SHARE = (192, 128), (576, 384), 0.02
#: the share of the pace that was reached at which latencies are measured, and for how many requests
LOAD, MEASURED = 0.7, 200
#: the share of the requests after which memory is looked at first
FIRST = 0.1


@dataclass
class Pace:
    """How fast pictures of one size are restored, and at what cost."""

    #: their width and height
    size: tuple[int, int]
    #: pictures a second: of the server, and of the command line
    server: float = 0.0
    command: float = 0.0
    #: seconds of processor a picture: of the server with its workers, and of the command line
    cost: float = 0.0
    command_cost: float = 0.0


@dataclass
class Found:
    """What was found."""

    #: requests, those that came back with the command line's bytes, and those sent again
    asked: int = 0
    right: int = 0
    again: int = 0
    #: megabytes of the server and its workers, after a part of the requests and after all
    memory: list[float] = field(default_factory=list)
    #: for each size of pictures
    paces: list[Pace] = field(default_factory=list)
    #: seconds from asking to the whole answer, at LOAD
    latencies: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Pictures:
    """Pictures of one size, in files, and what the command line makes of them."""

    size: tuple[int, int]
    files: list[Path]
    expected: list[bytes]


def pictures(folder: Path, size: tuple[int, int]) -> list[Path]:
    """Noisy pictures of a size in a folder, cut from an example that goes on mirrored."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    example = np.asarray(Image.open(EXAMPLE).convert("RGB"))
    wide = np.hstack([example, example[:, ::-1]])
    whole = Image.fromarray(np.vstack([wide, wide[::-1]]))
    found = []
    for number in range(DIFFERENT):
        left = int(rng.integers(whole.width - size[0]))
        top = int(rng.integers(whole.height - size[1]))
        path = folder / f"{number}.png"
        whole.crop((left, top, left + size[0], top + size[1])).save(path)
        found.append(path)
    return found


def by_command(sources: list[Path], folder: Path, count: int) -> tuple[list[bytes], float, float]:
    """The results of the command line, its pictures a second over so many, and the seconds of
    processor that one takes.
    """

    def seconds(count: int, name: str) -> tuple[float, float]:
        many = folder / name
        many.mkdir(parents=True)
        for number in range(count):
            source = sources[number % len(sources)]
            (many / f"{number:05}.png").hardlink_to(source)
        words = ["restore", str(many), "-o", f"{folder / name}_out", "-m", WORDS["model"]]
        begun, used = time.perf_counter(), by_children()
        command = [sys.executable, "-m", "burnish.cli", *words, "-d", WORDS["d"], "--quiet"]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        return time.perf_counter() - begun, by_children() - used

    few, many = seconds(len(sources), "few"), seconds(count + len(sources), "many")
    pace = count / (many[0] - few[0])
    results = [(folder / "few_out" / f"{n:05}.png").read_bytes() for n in range(len(sources))]
    return results, pace, (many[1] - few[1]) / count


def by_children() -> float:
    """Seconds of processor of the processes that this one began and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def by_all(pid: int) -> float:
    """Seconds of processor of a process that runs, and of its children."""
    server = psutil.Process(pid)
    each = [one.cpu_times() for one in (server, *server.children())]
    return sum(one.user + one.system for one in each)


async def one(client: httpx.AsyncClient, number: int, given: Pictures, found: Found) -> float:
    """Sends a picture until it is taken; the seconds that it took."""
    which = number % len(given.files)
    content = given.files[which].read_bytes()
    begun = time.perf_counter()
    found.asked += 1
    while True:
        words = {**WORDS, "name": f"{which}.png"}
        answer = await client.post("/v1/restore", params=words, content=content)
        if answer.status_code != 429:
            break
        found.again += 1
        await asyncio.sleep(float(answer.headers["retry-after"]) * random.random())
    found.right += answer.status_code == 200 and answer.content == given.expected[which]
    return time.perf_counter() - begun


async def all_at_once(
    client: httpx.AsyncClient, pid: int, given: Pictures, requests: int, clients: int, found: Found
) -> None:
    """So many pictures, each sent when a client has its last one back; their pace, and memory."""
    numbers = iter(range(requests))

    async def work() -> None:
        for number in numbers:
            await one(client, number, given, found)
            if number in (int(FIRST * requests), requests - 1):
                found.memory.append(await memory(client))

    begun, used = time.perf_counter(), by_all(pid)
    await asyncio.gather(*(work() for _ in range(clients)))
    pace = requests / (time.perf_counter() - begun)
    found.paces.append(Pace(given.size, server=pace, cost=(by_all(pid) - used) / requests))


async def load(
    address: str, pid: int, small: Pictures, large: Pictures, requests: int, clients: int
) -> Found:
    """Everything but the command line's pace. pid: the server's."""
    base, _, token = address.partition("#token=")
    head = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=2 * clients)
    found = Found()
    async with httpx.AsyncClient(base_url=base, headers=head, timeout=600, limits=limits) as client:
        # The models are open then, in both processes that restore.
        await asyncio.gather(*(one(client, n, small, Found()) for n in range(2)))
        await all_at_once(client, pid, small, requests, clients, found)
        spread = random.Random(0)
        tasks = []
        for number in range(MEASURED):
            tasks.append(asyncio.create_task(one(client, number, small, found)))
            await asyncio.sleep(spread.expovariate(LOAD * found.paces[0].server))
        found.latencies = sorted(await asyncio.gather(*tasks))
        await all_at_once(client, pid, large, int(SHARE * requests), clients, found)
    return found


async def memory(client: httpx.AsyncClient) -> float:
    """Megabytes that the server and its workers have."""
    text = (await client.get("/v1/metrics")).text
    each = re.findall(r"^burnish_resident_bytes.* (.*)$", text, re.MULTILINE)
    return sum(map(float, each)) / 1e6


def said(found: Found, clients: int) -> list[tuple[str, str]]:
    """What was found, in words."""
    p50, p95 = (found.latencies[int(share * len(found.latencies))] for share in (0.5, 0.95))
    grown = found.memory[1] - found.memory[0]
    lines = [
        (f"requests, of {clients} clients", f"{found.asked:,}"),
        ("lost, or other than the command line's bytes", f"{found.asked - found.right}"),
        ("sent again, as too many waited", f"{found.again:,}"),
        (f"memory after {FIRST:.0%} of them", f"{found.memory[0]:.0f} MB"),
        ("grown until the end", f"{grown:.0f} MB"),
        (f"latency at {LOAD:.0%} of the pace, p50", f"{1000 * p50:.0f} ms"),
        ("p95", f"{1000 * p95:.0f} ms, {p95 / p50:.1f} times p50"),
    ]
    for pace in found.paces:
        size = "x".join(map(str, pace.size))
        share = pace.server / pace.command
        lines += [
            (f"pictures of {size} a second", f"{pace.server:.1f}"),
            ("of the command line", f"{pace.command:.1f}"),
            ("share of its pace", f"{share:.2f}"),
            ("processor for a picture", f"{1000 * pace.cost:.0f} ms"),
            ("of the command line", f"{1000 * pace.command_cost:.0f} ms"),
        ]
    return [*lines, ("load of the machine in the last 15 minutes", f"{psutil.getloadavg()[2]:.0f}")]


def main() -> None:
    """Measures, and prints or writes what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--write", action="store_true", help="into docs/service.md")
    told = parser.parse_args()
    counts = (told.requests // 10, int(SHARE * told.requests))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds, before = [], []
        for size, count in zip((SIZE, LARGER), counts, strict=True):
            files = pictures(folder / "pictures" / str(size[0]), size)
            expected, *first = by_command(files, folder / f"before-{size[0]}", count)
            kinds.append(Pictures(size, files, expected))
            before.append(first)
        words = [sys.executable, "-m", "burnish.cli", "serve", "--port", "0"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
            assert server.stdout is not None
            try:
                address = server.stdout.readline().strip()
                small, large = kinds
                asked = load(address, server.pid, small, large, told.requests, told.clients)
                found = asyncio.run(asked)
            finally:
                server.terminate()
        for pace, kind, first, count in zip(found.paces, kinds, before, counts, strict=True):
            _, *again = by_command(kind.files, folder / f"after-{kind.size[0]}", count)
            means = map(statistics.mean, zip(first, again, strict=True))
            pace.command, pace.command_cost = means
    name = facts().get("model name", "unknown")
    lines = rows(("what", f"on {name}, {psutil.cpu_count()} threads"), said(found, told.clients))
    print("\n".join(lines))
    if told.write:
        put(ROOT / "docs" / "service.md", "load", lines)


if __name__ == "__main__":
    main()
