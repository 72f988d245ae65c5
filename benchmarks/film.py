"""What -m film does to clips of which the clean side is known, beside what practitioners run.

python -m benchmarks.film [--shared ../shared] [--chain PYTHON] [--every 1] [--out FILE]

The clips are those of `benchmarks.film_clips`; the damage is laid on them by a fixed seed, with
masks that no training has seen. `--chain` is a Python in which `benchmarks/film_chain.py` runs, and
says how it is set up. PSNR is that of luma, in 0..255: of whole frames, and inside of what the
damage covers so that it can be seen; against the clip with its grain, and against the smooth one
before the grain. Flicker is the RMS change from frame to frame of how far the mean of luma lies
from the clean clip's, after against before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from burnish.film.frame import Frame
from burnish.film.mend import mended

from .film_clips import Clip, Damage, clips

Stack = NDArray[np.uint8]
#: what befalls the clips, in turn
KINDS = {
    "dirt": Damage(lines=0, flicker=0),
    "lines": Damage(dirt=False, flicker=0),
    "flicker": Damage(dirt=False, lines=0),
    "all of these": Damage(),
    "nothing": Damage(dirt=False, lines=0, flicker=0),
}
#: what is laid on the clips of which noise is taken, and how much of it is asked to go
GRAIN, NOISE = Damage(dirt=False, lines=0, flicker=0, grain=6), 5.0


def luma(frames: Sequence[Frame]) -> Stack:
    """The luma of frames, [frames, H, W]."""
    return np.stack([frame.planes[0] for frame in frames]).astype(np.uint8)


def psnr(result: Stack, wanted: Stack, where: NDArray[np.bool_] | None = None) -> float | None:
    """The PSNR in dB, of some pixels alone; None where there are none, or all are equal."""
    difference = np.square(result.astype(np.float32) - wanted)
    chosen = difference if where is None else difference[where]
    if chosen.size == 0 or not chosen.any():
        return None
    return round(float(10 * np.log10(255**2 / chosen.mean(dtype=np.float64))), 3)


def flicker(result: Stack, clean: Stack) -> float:
    """The RMS change from frame to frame of the error of the mean, in 8-bit steps."""
    off = result.mean((1, 2), dtype=np.float64) - clean.mean((1, 2), dtype=np.float64)
    return float(np.sqrt(np.square(np.diff(off)).mean()))


def figures(clip: Clip, result: Stack, seconds: float) -> dict[str, float | None]:
    """What came out, against what is known."""
    clean, spoiled = luma(clip.clean), luma(clip.spoiled)
    before = flicker(spoiled, clean)
    return {
        "whole": psnr(result, clean),
        "inside": psnr(result, clean, clip.damaged),
        "against smooth": psnr(result, luma(clip.smooth)),
        "flicker left": round(flicker(result, clean) / before, 4) if before > 0.3 else None,
        "percent changed": round(100 * float((result != spoiled).mean()), 4),
        "frames changed": int((result != spoiled).any((1, 2)).sum()),
        "frames a second": round(len(result) / seconds, 2) if seconds else None,
    }


def by_burnish(clip: Clip, settings: Mapping[str, float]) -> tuple[Stack, float]:
    """The clip as -m film gives it, and the seconds that it took."""
    begun = time.perf_counter()
    frames = list(mended(iter(clip.spoiled), clip.layout, settings))
    return luma(frames), time.perf_counter() - begun


def by_chain(clip: Clip, python: str) -> tuple[Stack, float]:
    """The clip as the practitioners' chain gives it, and the seconds with those of its start."""
    script = Path(__file__).with_name("film_chain.py")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "from.npz", Path(folder) / "to.npz"
        planes = [np.stack([frame.planes[n] for frame in clip.spoiled]) for n in range(3)]
        np.savez(source, *planes)
        begun = time.perf_counter()
        subprocess.run([python, str(script), str(source), str(target)], check=True)
        seconds = time.perf_counter() - begun
        with np.load(target) as file:
            return file["arr_0"], seconds


def measure(shared: Path, python: str | None, every: int) -> dict[str, dict[str, Any]]:
    """The rows of every kind of damage, of each clip."""
    found: dict[str, dict[str, Any]] = {}
    for kind, damage in KINDS.items():
        found[kind] = {}
        for clip in clips(shared, damage, every):
            rows = {"as it came": figures(clip, luma(clip.spoiled), 0.0)}
            rows["burnish"] = figures(clip, *by_burnish(clip, {}))
            if python is not None:
                rows["chain"] = figures(clip, *by_chain(clip, python))
            found[kind][clip.name] = rows
            print(kind, clip.name, json.dumps(rows), flush=True)
    found["noise"] = {}
    for clip in clips(shared, GRAIN, every):
        # The grain is what is to go: the clip before it is the clean side.
        clip = replace(clip, clean=clip.smooth)
        rows = {"as it came": figures(clip, luma(clip.spoiled), 0.0)}
        rows["burnish"] = figures(clip, *by_burnish(clip, {"noise": NOISE}))
        found["noise"][clip.name] = rows
        print("noise", clip.name, json.dumps(rows), flush=True)
    return found


def means(rows: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The mean of every figure over the clips, of each row; those that are None left out."""
    found: dict[str, dict[str, float]] = {}
    for name in next(iter(rows.values())):
        found[name] = {}
        for figure in next(iter(rows.values()))[name]:
            values = [clip[name][figure] for clip in rows.values()]
            known = [value for value in values if value is not None]
            if known:
                found[name][figure] = round(sum(known) / len(known), 3)
    return found


def report(found: Mapping[str, Any]) -> str:
    """The means as lines of text."""
    lines = []
    for kind, rows in found.items():
        lines.append(kind)
        for name, row in means(rows).items():
            values = ", ".join(f"{figure} {value:g}" for figure, value in row.items())
            lines.append(f"  {name:10}  {values}")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--chain", help="a Python that runs benchmarks/film_chain.py")
    parser.add_argument("--every", type=int, default=1, help="every so-manieth clip alone")
    parser.add_argument("--out", type=Path, help="all figures as JSON")
    words = parser.parse_args()
    found = measure(words.shared, words.chain, words.every)
    print(report(found))
    if words.out:
        words.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
