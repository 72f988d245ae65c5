"""Folders and large pictures through whole `burnish restore` processes, by this checkout and
another in turns: pictures a second, processor time, and memory.

python -m benchmarks.throughput [--against ../other-checkout] [--count 12] [--turns 1] [--large]
[--sizes 1000]

The folder holds photographs of 2 to 12 megapixels, JPEG to JPEG, with noise=auto. Wall time means
little where other work is going on; processor time changes less. --large: a picture of 12 and one
of 100 megapixels too, for their memory. --sizes: so many pictures of as many sizes go through one
process, whose memory after 50 is held against that at the end.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish import images
from burnish.study.machine import processor

from .peak import Used, used_by
from .speed import HERE, LARGE, SMALL, photograph

#: (height, width) of the photographs of a folder, again and again
SIDES = ((1200, 1600), (1944, 2592), (3000, 4000), (1365, 2048), (1704, 2272), (2248, 4000))
#: a hundred megapixels
HUGE = (8660, 11547)
#: pictures behind which memory is looked at first
SETTLED = 50


@dataclass(frozen=True)
class Way:
    """A checkout, and how it is asked."""

    name: str
    checkout: Path
    #: the words that name the precision
    words: tuple[str, ...]


def restore(way: Way, source: Path, target: str) -> Used:
    """One whole process."""
    command = [sys.executable, "-m", "burnish.cli", "restore", str(source), "-o", target]
    how = ["-m", "photo", "--overwrite", "-q", *way.words]
    used = used_by([*command, *how], cwd=way.checkout)
    if used.status:
        raise SystemExit(f"{way.name}: burnish restore failed with status {used.status}")
    return used


def in_turns(ways: Sequence[Way], source: Path, target: str, turns: int) -> dict[str, list[Used]]:
    """What each way has used for the same, in turns."""
    found: dict[str, list[Used]] = {way.name: [] for way in ways}
    for _ in range(turns):
        for way in ways:
            found[way.name].append(restore(way, source, target))
    return found


def show(what: str, found: dict[str, list[Used]], pictures: int = 1) -> None:
    """Prints a table: medians, and how many times as fast the first way each is."""
    cores = os.cpu_count() or 1
    first = next(iter(found.values()))
    base = statistics.median(used.seconds for used in first)
    print(f"\n| {what} | pictures a second | times | processor, s | wall to it | peak, MiB |")
    print("|---|---|---|---|---|---|")
    for name, each in found.items():
        wall = statistics.median(used.seconds for used in each)
        cpu = statistics.median(used.cpu for used in each)
        peak = max(used.peak for used in each) / 2**20
        print(
            f"| {name} | {pictures / wall:.3g} | {base / wall:.2f} | {cpu:.1f} | "
            f"{wall * cores / cpu:.2f} | {peak:.0f} |"
        )


def write(path: Path, side: tuple[int, int]) -> Path:
    """A photograph of (height, width) as a JPEG."""
    images.write(path, images.from_array(photograph(*side)))
    return path


#: takes the folder and how many sizes; prints the resident memory after SETTLED and at the end
_SIZES = """
import sys
from pathlib import Path
import burnish
from benchmarks.speed import photograph
model = burnish.load("photo")
large = photograph(400, 1200)
for number in range(int(sys.argv[1])):
    height, width = 40 + 37 * number % 331, 60 + 211 * number % 1093
    model(large[:height, :width])
    if number + 1 in (int(sys.argv[2]), int(sys.argv[1])):
        lines = Path("/proc/self/status").read_text().splitlines()
        print(next(line.split()[1] for line in lines if line.startswith("VmRSS:")))
"""


def growth(count: int) -> None:
    """Prints by how much memory grows from the first pictures to the last, of as many sizes."""
    command = [sys.executable, "-c", _SIZES, str(count), str(SETTLED)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    after, end = (int(line) / 1024 for line in done.stdout.split())
    print(
        f"\n{count} pictures of as many sizes: {after:.0f} MiB after {SETTLED}, {end:.0f} at last"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", metavar="FOLDER", type=Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--sizes", type=int, default=0)
    options = parser.parse_args()
    ways = [Way(f"this, {each}", HERE, ("--precision", each)) for each in ("fp32", "int8")]
    if options.against is not None:
        ways.insert(0, Way("before, fp32", options.against.resolve(), ("--fp32",)))
    print(f"{processor()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "in"
        folder.mkdir()
        out = str(Path(scratch) / "out.jpg")
        small = write(Path(scratch) / "small.jpg", SMALL)
        show("384x256", in_turns(ways, small, out, 5 * options.turns))
        for number in range(options.count):
            write(folder / f"{number:03}.jpg", SIDES[number % len(SIDES)])
        if options.count:
            what = f"{options.count} photographs of 2 to 12 megapixels"
            found = in_turns(ways, folder, f"{scratch}/results/", options.turns)
            show(what, found, options.count)
        for side in (LARGE, HUGE) if options.large else ():
            source = write(Path(scratch) / "large.jpg", side)
            what = f"{side[0] * side[1] / 1e6:.0f} megapixels"
            show(what, in_turns(ways, source, out, options.turns))
    if options.sizes:
        growth(options.sizes)


if __name__ == "__main__":
    main()
