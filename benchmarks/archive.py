"""What archive mode promises, and what it costs:

python -m benchmarks.archive kill --times 300     # SIGKILL at random moments
python -m benchmarks.archive failing              # every n-th write, fsync and rename fails
python -m benchmarks.archive many                 # 10,000 small files, killed five times
python -m benchmarks.archive plan                 # a hundred thousand files planned
python -m benchmarks.archive cost --against CHECKOUT   # against a run without a journal, in turns
"""

from __future__ import annotations

import argparse
import errno
import os
import random
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
#: what small pictures go through where only the run counts
QUICK = "median"
#: what of a run's folder is of its day, and not compared
OF_THE_DAY = (".burnish/", "burnish-report.")
#: (what fails, with which error; 0 is half a write)
FAULTS = [
    (call, number)
    for call in ("write", "fsync", "rename")
    for number in (errno.ENOSPC, errno.EIO, errno.EACCES)
] + [("write", 0)]


def pictures(folder: Path, count: int, height: int = 24, width: int = 32, jpeg: int = 3) -> None:
    """Draws so many pictures into subfolders of 500; every `jpeg`-th is a JPEG, the others PNG."""
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 13)], -1)
    rng = np.random.default_rng(0)
    for number in range(count):
        noise = rng.normal(0, 12, waves.shape)
        samples = 128 + 60 * waves * np.cos(number) + noise
        below = folder / f"{number // 500:03d}"
        below.mkdir(parents=True, exist_ok=True)
        ending = "jpg" if number % jpeg == 0 else "png"
        image = Image.fromarray(samples.clip(0, 255).astype(np.uint8))
        image.save(below / f"IMG_{number:05d}.{ending}", quality=92)


def command(source: Path, target: Path, *words: str, model: str = QUICK) -> list[str]:
    """The words of a run with a journal."""
    start = [sys.executable, "-m", "burnish.cli", "restore", str(source), "-o", str(target)]
    return [*start, "-r", "-q", "--archive", "--threads", "1", "-m", model, *words]


def environment(**more: str) -> dict[str, str]:
    """The environment of a run of this checkout."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


def tree(folder: Path) -> dict[str, bytes]:
    """The files of a run's folder by their paths in it, but for journal, report and what has no
    name yet.
    """
    found = {}
    for file in sorted(folder.rglob("*")):
        name = str(file.relative_to(folder))
        ours = name.startswith(OF_THE_DAY) or file.name.startswith(".burnish-")
        if file.is_file() and not ours:
            found[name] = file.read_bytes()
    return found


def torn(found: Mapping[str, bytes], whole: Mapping[str, bytes]) -> list[str]:
    """The files that have another content than those of a run that was never disturbed."""
    return [name for name, content in found.items() if whole.get(name) != content]


def killed(words: Sequence[str], moment: float) -> bool:
    """Runs a command and kills it after so many seconds; whether it was still at work."""
    with subprocess.Popen(words, env=environment(), stderr=subprocess.DEVNULL) as run:
        try:
            run.wait(moment)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            return True
    return False


def kill(times: int, folder: Path, count: int = 12, seed: int = 0) -> dict[str, int]:
    """Kills runs at random moments, each going on from the last, and begins anew when one ends.

    Returns how many were killed at work, how many files were torn, and how many trees differed from
    that of a run that nobody killed.
    """
    pictures(folder / "in", count)
    words = command(folder / "in", folder / "out")
    begun = time.monotonic()
    subprocess.run(command(folder / "in", folder / "whole"), env=environment(), check=True)
    longest = time.monotonic() - begun
    whole = tree(folder / "whole")
    chance = random.Random(seed)
    found = {"killed": 0, "torn": 0, "ended": 0, "differed": 0}
    while found["killed"] < times:
        if killed(words, chance.uniform(0.05, longest)):
            found["killed"] += 1
            found["torn"] += len(torn(tree(folder / "out"), whole))
        else:
            found["ended"] += 1
            found["differed"] += tree(folder / "out") != whole
            shutil.rmtree(folder / "out")
    subprocess.run(words, env=environment(), check=True)
    found["differed"] += tree(folder / "out") != whole
    return found


def compiled(folder: Path) -> Path | None:
    """The library that makes calls fail; None where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "failing.so"
    source = Path(__file__).with_name("failing.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def fail(
    folder: Path, library: Path, call: str, number: int, every: int, whole: Mapping[str, bytes]
) -> dict[str, int]:
    """One run in which every n-th call fails, and one behind it in which none does.

    Returns the exit statuses of both, how many files were torn after the first, and whether the
    tree differs after the second.
    """
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    faults = environment(
        LD_PRELOAD=str(library),
        FAILING_CALL=call,
        FAILING_EVERY=str(every),
        FAILING_WITH=str(number),
        FAILING_BELOW=str(out.resolve()),
    )
    words = command(folder / "in", out)
    first = subprocess.run(words, env=faults, stderr=subprocess.DEVNULL, timeout=120)
    broken = torn(tree(out), whole) if out.exists() else []
    second = subprocess.run(words, env=environment(), stderr=subprocess.DEVNULL, timeout=120)
    differs = tree(out) != whole
    return {
        "status": first.returncode,
        "torn": len(broken),
        "status after": second.returncode,
        "differs": int(differs),
    }


def failing(folder: Path, most: int) -> list[str]:
    """Every fault at every n up to `most`; the sentences on what went wrong."""
    pictures(folder / "in", 6)
    subprocess.run(command(folder / "in", folder / "whole"), env=environment(), check=True)
    whole = tree(folder / "whole")
    library = compiled(folder)
    if library is None:
        return ["not done: there is no C compiler"]
    wrong = []
    statuses: dict[int, int] = {}
    for call, number in FAULTS:
        for every in range(1, most + 1):
            found = fail(folder, library, call, number, every, whole)
            statuses[found["status"]] = statuses.get(found["status"], 0) + 1
            fine = found["status"] in (0, 4) and not found["torn"]
            if not fine or found["status after"] or found["differs"]:
                wrong.append(f"{call} {number} every {every}: {found}")
    print(f"exit statuses: {statuses}")
    return wrong


def peak_of(words: Sequence[str]) -> tuple[float, float]:
    """The peak of a command's memory, in KB, and its seconds; of the process that keeps the
    journal alone.
    """
    program = (
        "import re, sys\n"
        "from burnish.cli import main\n"
        "sys.argv = sys.argv[1:]\n"
        "try:\n    main()\n"
        "finally:  # getrusage would count the process that started this one, too\n"
        "    print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    )
    begun = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-c", program, "burnish", *words[3:]],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(run.stdout.split()[-1]), time.monotonic() - begun


def results(folder: Path) -> int:
    """How many results of `pictures` stand in a run's folder, without reading any."""
    below = (entry.path for entry in os.scandir(folder) if entry.name.isdecimal())
    return sum(len(os.listdir(path)) for path in below)


def killed_with(words: Sequence[str], folder: Path, count: int) -> float:
    """Runs a command until so many results stand in its folder, and kills it; the seconds that
    took.
    """
    begun = time.monotonic()
    with subprocess.Popen(words, env=environment()) as run:
        while not folder.exists() or (results(folder) < count and run.poll() is None):
            time.sleep(0.05)
        seconds = time.monotonic() - begun
        run.send_signal(signal.SIGKILL)
    return seconds


def many(folder: Path, count: int) -> None:
    """A folder of small files: killed five times, and five times more when it goes on; then to its
    end, and how memory grows.
    """
    pictures(folder / "in", count)
    out = folder / "out"
    words = command(folder / "in", out, "--no-sidecar")
    for part in range(1, 6):
        killed_with(words, out, part * count // 6)
        done = results(out)
        seconds = killed_with(words, out, done + 1)
        print(f"killed with {done:,} done; goes on after {seconds:.1f} s", flush=True)
    most, seconds = peak_of(words)
    print(f"the rest: {seconds:.0f} s; {results(out):,} results")
    few = folder / "few"
    shutil.copytree(folder / "in" / "000", few / "in")
    least, _ = peak_of(command(few / "in", few / "out", "--no-sidecar"))
    print(
        f"memory: {(most - least) / (count - 500):.2f} KB a file ({most / 1024:.0f} MB at the peak)"
    )


def plan(folder: Path, count: int) -> None:
    """How long it takes to plan so many files, and how much memory."""
    from burnish.inference.archive.journal import FOLDER, Journal
    from burnish.inference.archive.plan import plan as planned
    from burnish.inference.targets import pair

    for number in range(count):
        below = folder / "in" / f"{number // 1000:03d}"
        if number % 1000 == 0:
            below.mkdir(parents=True)
        (below / f"IMG_{number:06d}.jpg").touch()
    (folder / "out" / FOLDER).mkdir(parents=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(2):
        begun = time.monotonic()
        journal = Journal(folder / "out")
        pairs = pair([folder / "in"], folder / "out", recursive=True)
        found = time.monotonic() - begun
        planned(journal, folder / "out", pairs)
        journal.close()
        print(
            f"{len(pairs)} files: found in {found:.1f} s, planned {time.monotonic() - begun:.1f} s"
        )
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"memory: {grown / count:.2f} KB a file")


def cost(folder: Path, against: Path | None, count: int, rounds: int, model: str) -> None:
    """A folder of 2-megapixel JPEGs with a journal, and without one by another build, in turns."""
    pictures(folder / "in", count, 1200, 1667, jpeg=1)
    plain = [word for word in command(folder / "in", folder / "out") if word != "--archive"]
    ways = {
        "without": ([*plain[:-1], model], environment(PYTHONPATH=str(against or ROOT))),
        "with": (command(folder / "in", folder / "out", model=model), environment()),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    work: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (words, where) in ways.items():
            shutil.rmtree(folder / "out", ignore_errors=True)
            begun = time.monotonic()
            before = worked()
            subprocess.run(words, env=where, check=True, stderr=subprocess.DEVNULL)
            seconds[name].append(time.monotonic() - begun)
            work[name].append(worked() - before)
    for what, found in (("seconds", seconds), ("seconds of processor", work)):
        pairs = zip(found["with"], found["without"], strict=True)
        share = statistics.median(100 * (dear / cheap - 1) for dear, cheap in pairs)
        each = {name: [round(value, 1) for value in values] for name, values in found.items()}
        print(f"{what}: {each}; the journal costs {share:.1f} % (median of {rounds} pairs)")


def worked() -> float:
    """Seconds of processor that the processes which this one began have taken, with their own."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("kill", "failing", "many", "plan", "cost"))
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--most", type=int, default=12)
    parser.add_argument("--count", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--model", default="photo")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if words.what == "kill":
            print(kill(words.times, folder))
        elif words.what == "failing":
            print("\n".join(failing(folder, words.most)) or "nothing torn, right exit statuses")
        elif words.what == "many":
            many(folder, words.count or 10_000)
        elif words.what == "plan":
            plan(folder, words.count or 100_000)
        else:
            cost(folder, words.against, words.count or 32, words.rounds, words.model)


if __name__ == "__main__":
    main()
