"""Table A of docs/dials.md: ways to give one host a dial, at one budget, on CBSD68 in colour: what each gives at every level against an expert for it.

python -m benchmarks.dials_a [--only ROW] [--every 4] [--out runs/dials_a] [--write]    # trains what is not trained yet, measures, prints the table
python -m benchmarks.dials_a --page                                                     # the page and the table of docs/dials.md, of the committed results

`studies/dials_a.yaml` says what the rows are. PSNR of float noise at the dial's best setting, and where the dial is noise itself, at the true one. A row that
stops goes on with the same command. --every takes each n-th picture. --write keeps the results in benchmarks/results/dials_a.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.dial_rows import trained
from benchmarks.markdown import put, rows
from burnish.degrade.noise import noise
from burnish.errors import DialError
from burnish.images import atomic_write
from burnish.report.page import paragraph, picture, section, table, write_page
from burnish.report.plot import lines
from burnish.study.evaluate import Folder
from burnish.study.machine import processor
from burnish.study.rows import open_row
from burnish.study.smooth import expert_psnr, smooth
from burnish.study.verify import export_verified
from burnish.training.cost import multiply_adds, parameters
from burnish.training.recipe_file import load_yaml
from burnish.training.restorer import Restorer

STUDY, RESULTS, PAGE = Path("studies/dials_a.yaml"), Path("benchmarks/results/dials_a.json"), Path("docs/studies/dials_a/page.html")
DOC = Path("docs/dials.md")
FORMAT = 1


@dataclass(frozen=True)
class Found:
    """One row. psnr: by level, at the best setting; matched: at the true one; best: by level, the setting; bend, turns: by level, see smooth.Track."""

    name: str
    hours: float
    parameters: int
    multiply_adds: float
    folds: bool
    psnr: Mapping[str, float]
    best: Mapping[str, float] = field(default_factory=dict)
    matched: Mapping[str, float] = field(default_factory=dict)
    bend: Mapping[str, float] = field(default_factory=dict)
    turns: Mapping[str, int] = field(default_factory=dict)
    curves: Mapping[str, list[list[float]]] = field(default_factory=dict)


def measured(study: Mapping[str, Any], name: str, out: Path, seed: int, pictures: list[Any]) -> Found:
    """The row on the pictures, in our engine at float32."""
    weights = trained(study, name, out, seed)
    restorer, model = Restorer.load(weights), weights.with_suffix(".onnx")
    export_verified(weights, model)
    row, damage = open_row(str(model), name=name, device="cpu"), noise()
    base: dict[str, Any] = {
        "hours": 0.0 if "blend" in study["rows"][name] else float(restorer.card["training"]["hours"]),
        "parameters": parameters(restorer),
        "multiply_adds": multiply_adds(restorer),
        "folds": _folds(restorer),
    }
    if name.startswith("expert"):
        level = float(name.split()[1])
        return Found(name, **base, psnr={f"{level:g}": expert_psnr(row, pictures, damage, level)})
    levels = [float(level) for level in study["levels"]]
    if not row.contract.dials:
        return Found(name, **base, psnr={f"{level:g}": expert_psnr(row, pictures, damage, level) for level in levels})
    found = smooth(row, pictures, damage, levels, turn=row.contract.dials[0].name)
    tracks = {f"{track.level:g}": track for track in found.tracks}
    return Found(
        name,
        **base,
        psnr={level: found.best(track)[1] for level, track in tracks.items()},
        best={level: found.best(track)[0] for level, track in tracks.items()},
        matched={level: found.at(track, track.level) for level, track in tracks.items()} if found.dial.name == damage.dial.name else {},
        bend={level: track.bend for level, track in tracks.items()},
        turns={level: track.turns for level, track in tracks.items()},
        curves={level: [[x, y] for x, y in zip(found.settings, track.psnr, strict=True)] for level, track in tracks.items()},
    )


def _folds(restorer: Restorer) -> bool:
    try:
        restorer.fold(**{dial.name: (dial.low + dial.high) / 2 for dial in restorer.contract.dials})
    except DialError:
        return not restorer.contract.dials
    return True


def heading(record: Mapping[str, Any]) -> list[str]:
    return ["", *(f"noise {level:g}" for level in record["levels"]), "parameters", "MMACs a pixel", "folds", "minutes"]


def rows_of(record: Mapping[str, Any]) -> list[list[str]]:
    """The table: PSNR at the best setting, and behind it the dip against the expert of that level, where there is one; the mean over the seeds."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for one in record["rows"]:
        by_name.setdefault(one["name"], []).append(one)
    experts = {
        next(iter(several[0]["psnr"])): _mean(several, "psnr", next(iter(several[0]["psnr"]))) for name, several in by_name.items() if name.startswith("expert")
    }
    rows = []
    for name, several in by_name.items():
        cells = []
        for level in (f"{level:g}" for level in record["levels"]):
            known = [one for one in several if level in one["psnr"]]
            dip = f" ({_mean(known, 'psnr', level) - experts[level]:+.2f})" if known and level in experts and not name.startswith("expert") else ""
            cells.append(f"{_mean(known, 'psnr', level):.2f}{dip}" if known else "")
        first = several[0]
        minutes = sum(one["hours"] for one in several) / len(several) * 60
        rows.append([name, *cells, f"{first['parameters']:,}", f"{first['multiply_adds'] / 1e6:.3f}", "yes" if first["folds"] else "no", f"{minutes:.0f}"])
    return rows


def _mean(several: list[Mapping[str, Any]], what: str, level: str) -> float:
    return float(sum(one[what][level] for one in several) / len(several))


def page(record: Mapping[str, Any]) -> Path:
    """Table and curves as one page."""
    drawn = []
    for level in (f"{level:g}" for level in record["levels"]):
        curves = {one["name"]: [one["curves"][level]] for one in record["rows"] if one["curves"] and one["matched"]}
        if curves:
            drawn.append(picture(lines(curves, "noise dial", f"PSNR at noise {level}")))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    parts = [paragraph(said(record)), table(heading(record), rows_of(record)), section("Along the dial", drawn)]
    return write_page(PAGE, "Table A: ways to give a host a dial", parts)


def said(record: Mapping[str, Any]) -> str:
    """On what, and of what."""
    return (
        f"CBSD68, colour, float noise, every {record['every']}th picture; {record['processor']}, one core; seeds {', '.join(map(str, record['seeds']))}. "
        "PSNR at the best setting of each row's dial, and behind it the difference to the expert of that level."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one row")
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/dials_a"))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--page", action="store_true", help="the page alone, of the committed results")
    args = parser.parse_args()
    if args.page:
        record = json.loads(RESULTS.read_text())
        print(page(record))
        print(put(DOC, "table A", [*rows(heading(record), rows_of(record)), "", said(record)]))
        return
    study = load_yaml(STUDY)
    pictures = list(Folder(args.data / "test" / "cbsd68"))[:: args.every]
    found = []
    for seed in args.seeds:
        for name in [args.only] if args.only else study["rows"]:
            began = time.monotonic()
            found.append(measured(study, name, args.out, seed, pictures))
            print(f"{name}, seed {seed}: {time.monotonic() - began:.0f} s", flush=True)
    record = {
        "format": FORMAT,
        "processor": processor(),
        "every": args.every,
        "seeds": args.seeds,
        "levels": study["levels"],
        "rows": [asdict(one) for one in found],
    }
    for line in [heading(record), *rows_of(record)]:
        print("  ".join(line))
    if args.write:
        atomic_write(RESULTS, json.dumps(record, indent=1).encode())


if __name__ == "__main__":
    main()
