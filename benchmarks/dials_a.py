"""Table A of docs/dials.md: ways to give one host a dial, at one budget, on CBSD68 and Kodak24:
what each gives at every level against an expert for it.

python -m benchmarks.dials_a [--only ROW] [--every 4] [--out runs/dials_a] [--write]    # trains
what is not trained yet, measures, prints the table python -m benchmarks.dials_a --compare "level
plane" level-affine --seeds 0 1 2 [--write]  # two rows at the true settings, seed by seed python -m
benchmarks.dials_a --page                                                     # the page and the
table of docs/dials.md, of the committed results

`studies/dials_a.yaml` says what the rows are. The curves along the dial, and the setting that is
best for each level, are of the middle of some of CBSD68's; PSNR of float noise is that of all
pictures whole, at that setting, and at the true one where the dial is noise itself. A row that
stops goes on with the same command, and one that was measured keeps its figures beside its weights.
--every takes each n-th picture. --write keeps the results in benchmarks/results/dials_a.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.dial_rows import place_of, trained
from benchmarks.markdown import put, rows
from burnish.degrade.noise import noise
from burnish.errors import DialError
from burnish.ground.files import atomic_write
from burnish.report.page import paragraph, picture, section, table, write_page
from burnish.report.plot import lines
from burnish.report.sheet import Cell, sheet
from burnish.study.dial.smooth import psnr_at, smooth
from burnish.study.evaluate import Folder
from burnish.study.machine import processor
from burnish.study.rows import Row, open_row
from burnish.study.trained.verify import export_verified
from burnish.training.networks.cost import multiply_adds, parameters
from burnish.training.networks.restorer import Restorer
from burnish.training.recipe.file import load_yaml

STUDY, RESULTS, PAGE = (
    Path("studies/dials_a.yaml"),
    Path("benchmarks/results/dials_a.json"),
    Path("docs/studies/dials_a/page.html"),
)
DOC = Path("docs/dials.md")
DIPS = PAGE.with_name("dips.png")
FORMAT = 2
SETS = ("cbsd68", "kodak24")
COSTS = ["", "parameters", "MMACs a pixel", "folds", "minutes"]
#: of the curves: every other of the pictures, side of the piece in their middle, settings from end
#: to end besides the true levels
CURVES, SIDE, SETTINGS = 2, 128, 11


@dataclass(frozen=True)
class Found:
    """One row. psnr: by set and level, at the best setting; matched: likewise at the true one;
    best: by level, the setting; bend, turns: by level, see smooth.Track.
    """

    name: str
    hours: float
    parameters: int
    multiply_adds: float
    folds: bool
    psnr: Mapping[str, Mapping[str, float]]
    best: Mapping[str, float] = field(default_factory=dict)
    matched: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    bend: Mapping[str, float] = field(default_factory=dict)
    turns: Mapping[str, int] = field(default_factory=dict)
    curves: Mapping[str, list[list[float]]] = field(default_factory=dict)


def measured(
    study: Mapping[str, Any], name: str, out: Path, seed: int, pictures: Mapping[str, list[Any]]
) -> Found:
    """The row on the pictures, in our engine at float32."""
    weights = trained(study, name, out, seed)
    restorer, model = Restorer.load(weights), weights.with_suffix(".onnx")
    export_verified(weights, model)
    row, damage = open_row(str(model), name=name, device="cpu"), noise()
    base: dict[str, Any] = {
        "hours": 0.0
        if "blend" in study["rows"][name]
        else float(restorer.card["training"]["hours"]),
        "parameters": parameters(restorer),
        "multiply_adds": multiply_adds(restorer),
        "folds": _folds(restorer),
    }
    levels = (
        [float(name.split()[1])]
        if name.startswith("expert")
        else [float(level) for level in study["levels"]]
    )
    if name.startswith("expert") or not row.contract.dials:
        return Found(name, **base, psnr=whole(row, levels, pictures))
    dial = row.contract.dials[0].name
    found = smooth(
        row, pictures[SETS[0]][::CURVES], damage, levels, turn=dial, side=SIDE, settings=SETTINGS
    )
    tracks = {f"{track.level:g}": track for track in found.tracks}
    best = {track.level: found.best(track)[0] for track in found.tracks}
    return Found(
        name,
        **base,
        psnr=whole(
            row, levels, pictures, {level: {dial: setting} for level, setting in best.items()}
        ),
        best={f"{level:g}": setting for level, setting in best.items()},
        matched=whole(row, levels, pictures) if dial == damage.dial.name else {},
        bend={level: track.bend for level, track in tracks.items()},
        turns={level: track.turns for level, track in tracks.items()},
        curves={
            level: [[x, y] for x, y in zip(found.settings, track.psnr, strict=True)]
            for level, track in tracks.items()
        },
    )


def whole(
    row: Row,
    levels: Sequence[float],
    pictures: Mapping[str, list[Any]],
    turned: Mapping[float, Mapping[str, float]] | None = None,
) -> dict[str, Any]:
    """PSNR of whole pictures, by set and level; at the true settings if none are given."""
    at = turned or dict.fromkeys(levels)
    return {
        part: {f"{level:g}": psnr_at(row, several, noise(), level, at[level]) for level in levels}
        for part, several in pictures.items()
    }


def compared(
    study: Mapping[str, Any],
    names: Sequence[str],
    seeds: Sequence[int],
    out: Path,
    every: int,
    data: Path,
) -> dict[str, Any]:
    """Two rows trained from several seeds: PSNR of whole pictures at the true settings, by row, set
    and level, a number for each seed.
    """
    found: dict[str, Any] = {
        name: {part: {f"{level:g}": [] for level in study["levels"]} for part in SETS}
        for name in names
    }
    for name, seed in itertools.product(names, seeds):
        weights = trained(study, name, out, seed)
        kept = weights.with_name(f"matched_{every}.json")
        if not kept.exists():
            export_verified(weights, weights.with_suffix(".onnx"))
            row = open_row(str(weights.with_suffix(".onnx")), name=name, device="cpu")
            atomic_write(
                kept,
                json.dumps(
                    whole(
                        row, [float(level) for level in study["levels"]], pictures_of(data, every)
                    )
                ).encode(),
            )
        for part, by_level in json.loads(kept.read_text()).items():
            for level, psnr_here in by_level.items():
                found[name][part][level].append(psnr_here)
    return {"every": every, "seeds": list(seeds), "rows": found, "processor": processor()}


def pictures_of(data: Path, every: int) -> dict[str, list[Any]]:
    return {part: list(Folder(data / "test" / part))[::every] for part in SETS}


def gains(record: Mapping[str, Any]) -> list[str]:
    """The second of two rows less the first, by set and level: the mean over the seeds, and from
    the least to the most of them.
    """
    first, second = record["rows"]
    lines, levels = [], list(record["rows"][first][SETS[0]])
    for part in SETS:
        differences = [
            [
                b - a
                for a, b in zip(
                    record["rows"][first][part][one], record["rows"][second][part][one], strict=True
                )
            ]
            for one in levels
        ]
        by_seed = [sum(column) / len(column) for column in zip(*differences, strict=True)]
        lines.append([part, *map(_spread, differences), _spread(by_seed)])
    heading_ = [f"{second} less {first}, dB", *(f"noise {level}" for level in levels), "mean"]
    seeds = ", ".join(map(str, record["seeds"]))
    over = (
        f"The mean over seeds {seeds}, and from the least to the most of them"
        if len(record["seeds"]) > 1
        else f"Seed {seeds}"
    )
    about = f"{over};\nevery {record['every']}th picture, at the true setting."
    return [*rows(heading_, lines), "", about]


def _spread(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):+.3f}" + (
        f" ({min(values):+.3f} to {max(values):+.3f})" if len(values) > 1 else ""
    )


def _folds(restorer: Restorer) -> bool:
    try:
        restorer.fold(**{dial.name: (dial.low + dial.high) / 2 for dial in restorer.contract.dials})
    except DialError:
        return not restorer.contract.dials
    return True


def heading(record: Mapping[str, Any]) -> list[str]:
    return [
        "",
        *(f"noise {level:g}" for level in record["levels"]),
        "mean dip",
        "worst",
        "at the true setting",
    ]


def rows_of(record: Mapping[str, Any], part: str) -> list[list[str]]:
    """The table of one set: PSNR at the best setting, and behind it the dip against the expert of
    that level, where there is one; the mean over the seeds.
    """
    by_name = _by_name(record)
    experts = _experts(by_name, part)
    rows = []
    for name, several in by_name.items():
        found = _best(several, part)
        dips = (
            {}
            if name.startswith("expert") or not several[0]["best"]
            else {level: found[level] - psnr for level, psnr in experts.items()}
        )
        cells = [
            (f"{found[level]:.2f}" if level in found else "")
            + (f" ({dips[level]:+.2f})" if level in dips else "")
            for level in _levels(record)
        ]
        matched = _mean(several, "matched", part)
        true = [matched[level] - psnr for level, psnr in experts.items()] if matched else []
        ends = [
            _dip(list(dips.values())),
            _worst(list(dips.values())),
            f"{_dip(true)}, {_worst(true)}" if true else "",
        ]
        rows.append([name, *cells, *ends])
    return rows


def sizes_of(record: Mapping[str, Any]) -> list[list[str]]:
    """What each row costs."""
    found = []
    for name, several in _by_name(record).items():
        first = several[0]
        minutes = sum(one["hours"] for one in several) / len(several) * 60
        found.append(
            [
                name,
                f"{first['parameters']:,}",
                f"{first['multiply_adds'] / 1e6:.3f}",
                "yes" if first["folds"] else "no",
                f"{minutes:.0f}",
            ]
        )
    return found


def _by_name(record: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in record["rows"]:
        found.setdefault(one["name"], []).append(one)
    return found


def _experts(by_name: Mapping[str, list[Mapping[str, Any]]], part: str) -> dict[str, float]:
    """What the expert of each level reaches."""
    return {
        level: psnr
        for name, several in by_name.items()
        if name.startswith("expert")
        for level, psnr in _mean(several, "psnr", part).items()
    }


def _levels(record: Mapping[str, Any]) -> list[str]:
    return [f"{level:g}" for level in record["levels"]]


def _mean(several: list[Mapping[str, Any]], what: str, part: str) -> dict[str, float]:
    """By level, over the seeds; empty where it was not measured."""
    return {
        level: float(sum(one[what][part][level] for one in several) / len(several))
        for level in several[0][what].get(part, {})
    }


def _best(several: list[Mapping[str, Any]], part: str) -> dict[str, float]:
    """PSNR at the better of the setting that was best on the pieces and the true one, by level."""
    found, matched = _mean(several, "psnr", part), _mean(several, "matched", part)
    return {level: max(psnr, matched.get(level, psnr)) for level, psnr in found.items()}


def _dip(dips: list[float]) -> str:
    return f"{sum(dips) / len(dips):+.3f}" if dips else ""


def _worst(dips: list[float]) -> str:
    return f"{min(dips):+.3f}" if dips else ""


def dips(record: Mapping[str, Any], part: str) -> Any:
    """What each way lacks against an expert, over the noise. [H, W, 3]"""
    by_name = _by_name(record)
    experts = _experts(by_name, part)
    found = {name: _best(several, part) for name, several in by_name.items() if several[0]["best"]}
    curves = {
        name: [sorted((float(level), psnr[level] - experts[level]) for level in experts)]
        for name, psnr in found.items()
    }
    return lines(curves, "noise", f"PSNR on {part} less that of an expert of that level, dB")


def page(record: Mapping[str, Any]) -> Path:
    """Table and curves as one page; and the dips as a picture for the document."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    lacking = [dips(record, part) for part in SETS]
    sheet([[Cell(one) for one in lacking]], DIPS, 800)
    drawn = []
    for level in (f"{level:g}" for level in record["levels"]):
        curves = {
            one["name"]: [one["curves"][level]]
            for one in record["rows"]
            if one["curves"] and one["matched"]
        }
        if curves:
            drawn.append(picture(lines(curves, "noise dial", f"PSNR at noise {level}")))
    parts = [paragraph(said(record))]
    parts += [section(part, [table(heading(record), rows_of(record, part))]) for part in SETS]
    parts += [section("Against an expert of each level", [picture(one) for one in lacking])]
    parts += [
        section("What each costs", [table(COSTS, sizes_of(record))]),
        section("Along the dial", drawn),
    ]
    return write_page(PAGE, "Table A: ways to give a host a dial", parts)


def said(record: Mapping[str, Any]) -> str:
    """On what, and of what."""
    return (
        f"Colour, float noise, every {record['every']}th picture of each set;\n"
        f"{record['processor']}, one core; seeds {', '.join(map(str, record['seeds']))}.\n"
        "PSNR at the best setting of each row's dial, and behind it the difference to the "
        "expert of that level;\nmean and worst of these, and of those at the "
        "true setting.\nMinutes: of training what the row adds."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="one row")
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/dials_a"))
    parser.add_argument(
        "--compare", nargs=2, metavar="ROW", help="two rows at the true settings, seed by seed"
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument(
        "--page", action="store_true", help="the page alone, of the committed results"
    )
    args = parser.parse_args()
    if args.page:
        record = json.loads(RESULTS.read_text())
        print(page(record))
        tables = [
            line
            for part in SETS
            for line in (*rows([part, *heading(record)[1:]], rows_of(record, part)), "")
        ]
        drawn = ["![PSNR of each way less that of an expert](studies/dials_a/dips.png)", ""]
        more = [line for two in record.get("compared", {}).values() for line in ("", *gains(two))]
        print(
            put(
                DOC,
                "table A",
                [*tables, *drawn, *rows(COSTS, sizes_of(record)), "", said(record), *more],
            )
        )
        return
    study = load_yaml(STUDY)
    if args.compare:
        two = compared(study, args.compare, args.seeds, args.out, args.every, args.data)
        print("\n".join(gains(two)))
        if args.write:
            before = json.loads(RESULTS.read_text())
            before["compared"] = {**before.get("compared", {}), " and ".join(args.compare): two}
            atomic_write(RESULTS, json.dumps(before, indent=1).encode())
        return
    pictures, found = pictures_of(args.data, args.every), []
    for seed in args.seeds:
        for name in [args.only] if args.only else study["rows"]:
            began = time.monotonic()
            kept = place_of(args.out, seed, name) / f"measured_{args.every}.json"
            if kept.exists():
                found.append(json.loads(kept.read_text()))
                continue
            found.append(asdict(measured(study, name, args.out, seed, pictures)))
            atomic_write(kept, json.dumps(found[-1]).encode())
            print(f"{name}, seed {seed}: {time.monotonic() - began:.0f} s", flush=True)
    record = {
        "format": FORMAT,
        "processor": processor(),
        "every": args.every,
        "seeds": args.seeds,
        "levels": study["levels"],
        "rows": found,
    }
    for part in SETS:
        for line in [heading(record), *rows_of(record, part)]:
            print("  ".join(line))
    if RESULTS.exists() and "compared" in (before := json.loads(RESULTS.read_text())):
        record["compared"] = before["compared"]
    if args.write and not args.only:
        atomic_write(RESULTS, json.dumps(record, indent=1).encode())


if __name__ == "__main__":
    main()
