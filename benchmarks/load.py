"""What `burnish serve` does under load: nothing lost, memory, latency, and the command line's pace.

    python -m benchmarks.load [--requests 10000] [--clients 32] [--write]

Clients send pictures of 192x128 to `POST /v1/restore`, each as soon as its last one is back, and
come again where the server says that too many wait. Every answer is held against the bytes that the
command line writes. Then pictures come at random, at 70 % of the pace that was reached, for the
latencies. The command line's pace is that of a folder of the same pictures, less its start. On a
busy machine both mean little, and the seconds of processor that a picture costs mean more.
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
#: pictures that differ, and their size
DIFFERENT, SIZE = 16, (192, 128)
#: the share of the pace that was reached at which latencies are measured, and for how many requests
LOAD, MEASURED = 0.7, 200
#: the share of the requests after which memory is looked at first
FIRST = 0.1


@dataclass
class Found:
    """What was found."""

    #: requests, those that came back with the command line's bytes, and those sent again
    asked: int = 0
    right: int = 0
    again: int = 0
    #: megabytes of the server and its workers, after a part of the requests and after all
    memory: list[float] = field(default_factory=list)
    #: pictures a second: of the server, and of the command line
    pace: float = 0.0
    command: float = 0.0
    #: seconds of processor a picture: of the server with its workers, and of the command line
    cost: float = 0.0
    command_cost: float = 0.0
    #: seconds from asking to the whole answer, at LOAD
    latencies: list[float] = field(default_factory=list)


def pictures(folder: Path) -> list[Path]:
    """Noisy pictures in a folder, cut from an example."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    whole = Image.open(EXAMPLE).convert("RGB")
    found = []
    for number in range(DIFFERENT):
        left = int(rng.integers(whole.width - SIZE[0]))
        top = int(rng.integers(whole.height - SIZE[1]))
        path = folder / f"{number}.png"
        whole.crop((left, top, left + SIZE[0], top + SIZE[1])).save(path)
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


async def one(
    client: httpx.AsyncClient, number: int, sent: list[bytes], expected: list[bytes], found: Found
) -> float:
    """Sends a picture until it is taken; the seconds that it took."""
    which = number % len(sent)
    begun = time.perf_counter()
    found.asked += 1
    while True:
        words = {**WORDS, "name": f"{which}.png"}
        answer = await client.post("/v1/restore", params=words, content=sent[which])
        if answer.status_code != 429:
            break
        found.again += 1
        await asyncio.sleep(float(answer.headers["retry-after"]) * random.random())
    found.right += answer.status_code == 200 and answer.content == expected[which]
    return time.perf_counter() - begun


async def load(
    address: str, pid: int, sent: list[bytes], expected: list[bytes], requests: int, clients: int
) -> Found:
    """Everything but the command line's pace. pid: the server's."""
    base, _, token = address.partition("#token=")
    head = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=2 * clients)
    found = Found()
    async with httpx.AsyncClient(base_url=base, headers=head, timeout=600, limits=limits) as client:
        await one(client, 0, sent, expected, Found())  # the models are open then
        numbers = iter(range(requests))

        async def work() -> None:
            for number in numbers:
                await one(client, number, sent, expected, found)
                if number in (int(FIRST * requests), requests - 1):
                    found.memory.append(await memory(client))

        begun, used = time.perf_counter(), by_all(pid)
        await asyncio.gather(*(work() for _ in range(clients)))
        found.cost = (by_all(pid) - used) / requests
        found.pace = requests / (time.perf_counter() - begun)
        spread = random.Random(0)
        tasks = []
        for number in range(MEASURED):
            tasks.append(asyncio.create_task(one(client, number, sent, expected, found)))
            await asyncio.sleep(spread.expovariate(LOAD * found.pace))
        found.latencies = sorted(await asyncio.gather(*tasks))
    return found


async def memory(client: httpx.AsyncClient) -> float:
    """Megabytes that the server and its workers have."""
    text = (await client.get("/v1/metrics")).text
    each = re.findall(r"^burnish_resident_bytes.* (.*)$", text, re.MULTILINE)
    return sum(map(float, each)) / 1e6


def said(found: Found, clients: int) -> list[tuple[str, str]]:
    """What was found, in words."""
    p50, p95 = (found.latencies[int(share * len(found.latencies))] for share in (0.5, 0.95))
    grown = found.memory[-1] - found.memory[0]
    asked = found.asked - MEASURED
    return [
        (f"requests, of {clients} clients", f"{asked:,}"),
        ("lost, or other than the command line's bytes", f"{found.asked - found.right}"),
        ("sent again, as too many waited", f"{found.again:,}"),
        ("pictures a second", f"{found.pace:.1f}"),
        ("of the command line", f"{found.command:.1f}"),
        ("share of its pace", f"{found.pace / found.command:.2f}"),
        ("processor for a picture", f"{1000 * found.cost:.0f} ms"),
        ("of the command line", f"{1000 * found.command_cost:.0f} ms"),
        (f"memory after {FIRST:.0%} of them", f"{found.memory[0]:.0f} MB"),
        ("grown until the end", f"{grown:.0f} MB"),
        (f"latency at {LOAD:.0%} of the pace, p50", f"{1000 * p50:.0f} ms"),
        ("p95", f"{1000 * p95:.0f} ms, {p95 / p50:.1f} times p50"),
    ]


def main() -> None:
    """Measures, and prints or writes what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--write", action="store_true", help="into docs/serve.md")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = pictures(folder / "pictures")
        sent = [source.read_bytes() for source in sources]
        expected, *before = by_command(sources, folder / "one", told.requests // 10)
        words = [sys.executable, "-m", "burnish.cli", "serve", "--port", "0"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
            assert server.stdout is not None
            try:
                address = server.stdout.readline().strip()
                asked = load(address, server.pid, sent, expected, told.requests, told.clients)
                found = asyncio.run(asked)
            finally:
                server.terminate()
        _, *after = by_command(sources, folder / "two", told.requests // 10)
    found.command, found.command_cost = map(statistics.mean, zip(before, after, strict=True))
    name = facts().get("model name", "unknown")
    lines = rows(("what", f"on {name}, {psutil.cpu_count()} threads"), said(found, told.clients))
    print("\n".join(lines))
    if told.write:
        put(ROOT / "docs" / "serve.md", "load", lines)


if __name__ == "__main__":
    main()
