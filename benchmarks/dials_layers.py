"""What the identity at the start is worth to filter transitions, on hosts of 5, 10 and 16 layers:
loss and PSNR by step, and the gradients layer by layer.

python -m benchmarks.dials_layers [--only ROW] [--out runs/dials_layers] [--write]    # trains what
is not trained yet python -m benchmarks.dials_layers --page
# docs/studies/dials_layers/page.html and the table of docs/dials.md

`studies/dials_layers.yaml` says what the rows are. --write keeps the results in
benchmarks/results/dials_layers.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.dial_rows import trained
from benchmarks.markdown import put, rows
from burnish.ground.files import atomic_write
from burnish.report.page import paragraph, picture, section, table, write_page
from burnish.report.plot import bars, lines, read_run
from burnish.study.machine import processor
from burnish.training.networks.cost import parameters
from burnish.training.networks.restorer import Restorer
from burnish.training.recipe.file import load_yaml

STUDY, RESULTS, DOC = (
    Path("studies/dials_layers.yaml"),
    Path("benchmarks/results/dials_layers.json"),
    Path("docs/dials.md"),
)
PAGE = Path("docs/studies/dials_layers/page.html")
FORMAT = 1
#: the levels of the two ends
ENDS = (51, 140)


def measured(study: Mapping[str, Any], name: str, out: Path) -> dict[str, Any]:
    """A row's curves as its run wrote them, and the last gradients of its filters."""
    weights = trained(study, name, out, 0)
    restorer, run = Restorer.load(weights), read_run(weights.parent)
    curves = {
        key: [list(point) for point in zip(*series, strict=True)]
        for key, series in run.curves.items()
    }
    psnr = {
        str(end): next(
            (
                curve
                for key, curve in curves.items()
                if "float, PSNR" in key and key.endswith(f"noise {end}")
            ),
            [],
        )
        for end in ENDS
    }
    flow = {
        key.removeprefix("gradient norm/"): curve
        for key, curve in curves.items()
        if key.startswith("gradient norm/")
    }
    return {
        "name": name,
        "parameters": parameters(restorer),
        "hours": float(restorer.card["training"]["hours"]),
        "psnr": psnr,
        "loss": curves.get("validation loss", []),
        "gradients": {key: [curve[0][1], curve[-1][1]] for key, curve in flow.items()},
    }


def heading() -> list[str]:
    return [
        "",
        *(f"PSNR at {end}" for end in ENDS),
        "validation loss, first and last",
        "parameters",
        "minutes",
    ]


def rows_of(record: Mapping[str, Any]) -> list[list[str]]:
    found = []
    for one in record["rows"]:
        ends = [
            f"{one['psnr'][str(end)][-1][1]:.2f}" if one["psnr"][str(end)] else "" for end in ENDS
        ]
        loss = f"{one['loss'][0][1]:.4f} {one['loss'][-1][1]:.4f}" if one["loss"] else ""
        found.append(
            [one["name"], *ends, loss, f"{one['parameters']:,}", f"{one['hours'] * 60:.0f}"]
        )
    return found


def said(record: Mapping[str, Any]) -> str:
    return (
        "Set14 in colour, the middle 180 pixels;\ntransitions are trained on noise 127 to "
        f"153 with the host frozen.\n{record['processor']}, one core."
    )


def written(record: Mapping[str, Any]) -> Path:
    """The page: table, curves, gradients."""
    moved = [one for one in record["rows"] if one["gradients"] and "," in one["name"]]
    parts = [paragraph(said(record)), table(heading(), rows_of(record))]
    parts.append(
        section(
            "Loss by step",
            [
                picture(
                    lines(
                        {one["name"]: [one["loss"]] for one in record["rows"] if one["loss"]},
                        "step",
                        "validation loss",
                    )
                )
            ],
        )
    )
    at_end = {
        one["name"]: [one["psnr"][str(ENDS[1])]]
        for one in record["rows"]
        if one["psnr"][str(ENDS[1])]
    }
    parts.append(
        section("PSNR by step", [picture(lines(at_end, "step", f"PSNR at noise {ENDS[1]}"))])
    )
    drawn = [
        picture(
            bars(
                {key: last for key, (_, last) in one["gradients"].items()},
                f"{one['name']}: norm of the gradient at the last step",
            )
        )
        for one in moved
    ]
    parts.append(section("Gradients, layer by layer", drawn))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    return write_page(PAGE, "Transitions: the identity at the start", parts)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="one row")
    parser.add_argument("--out", type=Path, default=Path("runs/dials_layers"))
    parser.add_argument("--write", action="store_true")
    parser.add_argument(
        "--page", action="store_true", help="page and table alone, of the committed results"
    )
    args = parser.parse_args()
    if args.page:
        record = json.loads(RESULTS.read_text())
        print(written(record))
        print(put(DOC, "layers", [*rows(heading(), rows_of(record)), "", said(record)]))
        return
    study = load_yaml(STUDY)
    names = [args.only] if args.only else list(study["rows"])
    record = {
        "format": FORMAT,
        "processor": processor(),
        "rows": [measured(study, name, args.out) for name in names],
    }
    for line in [heading(), *rows_of(record)]:
        print("  ".join(line))
    if args.write and not args.only:
        atomic_write(RESULTS, json.dumps(record, indent=1).encode())


if __name__ == "__main__":
    main()
