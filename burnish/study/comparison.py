"""Parts of a page that compares models: the table of figures, quality against cost with the front
marked, curves, artefacts, what was not measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..errors import MissingExtra
from ..metrics import facts
from ..metrics.artefacts import ARTEFACTS
from ..report.page import paragraph, picture, section, table
from .results import Column, Results, better, mean_and_spread

#: what a model costs: its name in an Entry, how it is said, and what a number of it is divided by
COSTS = (
    ("parameters", "parameters, thousands", 1e3),
    ("multiply_adds", "multiply-adds a pixel, thousands", 1e3),
    ("megabytes", "file, MB", 1.0),
    ("seconds", "seconds a megapixel", 1.0),
    ("hours", "minutes of training", 1 / 60),
)


def front(results: Results, cost: str) -> list[str]:
    """The names that no other is as good as at less cost: those of a mean that is not surpassed by
    a cheaper one.
    """
    metric = results.metrics[0]
    points = {
        name: point for name in results.names if (point := _point(results, name, cost)) is not None
    }
    kept = []
    for name, (x, y) in points.items():
        beaten = any(
            (ox < x and not better(metric, y, oy)) or (ox <= x and better(metric, oy, y))
            for other, (ox, oy) in points.items()
            if other != name
        )
        kept += [] if beaten else [name]
    return kept


def _point(results: Results, name: str, cost: str) -> tuple[float, float] | None:
    entries = results.of(name)
    x, _ = mean_and_spread(entry.cost.get(cost, math.nan) for entry in entries)
    y, _ = mean_and_spread(entry.mean(results.metrics[0]) for entry in entries)
    return None if math.isnan(x) or math.isnan(y) else (x, y)


def columns_of(results: Results) -> list[tuple[Column, str]]:
    """(column, metric) in the order of the table: the deciding metric at every setting, then the
    others; with many settings, these in the middle alone.
    """
    found = [(column, results.metrics[0]) for column in results.columns]
    kinds = {
        kind: [column for column in results.columns if column[0] == kind]
        for kind, _ in results.columns
    }
    for metric in results.metrics[1:]:
        found += [
            (column, metric)
            for of_kind in kinds.values()
            for column in (of_kind if len(of_kind) < 3 else [of_kind[len(of_kind) // 2]])
        ]
    return found


def figures(results: Results) -> Iterator[str]:
    """The table: the deciding metric at every setting, the others, and what each model costs."""
    wanted = columns_of(results)
    several = any(len(results.of(name)) > 1 for name in results.names)
    costs = [
        (key, words, unit)
        for key, words, unit in COSTS
        if any(key in entry.cost for entry in results.entries)
    ]
    kinds = {kind for (kind, _), _ in wanted}
    heading = ["", *(["seeds"] if several else [])]
    heading += [
        " ".join(
            filter(
                None, (metric, setting if setting != "all" else "", kind if len(kinds) > 1 else "")
            )
        )
        for (kind, setting), metric in wanted
    ]
    best = {place: _best(results, place) for place in wanted}
    rows = []
    for name in results.names:
        entries = results.of(name)
        if not entries:
            continue
        cells: list[str | int | float] = [name, *([len(entries)] if several else [])]
        cells += [
            _cell(
                *mean_and_spread(entry.figure(column, m) for entry in entries),
                m,
                best[column, m] == name,
            )
            for column, m in wanted
        ]
        cells += [
            _cost(mean_and_spread(entry.cost.get(key, math.nan) for entry in entries)[0] / unit)
            for key, _, unit in costs
        ]
        rows.append(cells)
    yield table([*heading, *(words for _, words, _ in costs)], rows)
    yield paragraph("; ".join(results.definitions(m for _, m in wanted)) + ". * the best mean.")
    if several:
        yield paragraph("After the sign: the standard deviation over the seeds.")


def _best(results: Results, place: tuple[Column, str]) -> str:
    column, metric = place
    means = {
        name: mean_and_spread(entry.figure(column, metric) for entry in results.of(name))[0]
        for name in results.names
    }
    known = {name: mean for name, mean in means.items() if not math.isnan(mean)}
    if not known or not results.comparable(metric):
        return ""
    return (max if facts(metric)[1] else min)(known, key=lambda name: known[name])


def _cell(mean: float, spread: float, metric: str, best: bool) -> str:
    digits = facts(metric)[0]
    text = "" if math.isnan(mean) else f"{mean:.{digits}f}"
    whole = (
        text
        + (f" ± {spread:.{digits}f}" if not math.isnan(spread) else "")
        + (" *" if best else "")
    )
    return whole.replace(" ", "\N{NO-BREAK SPACE}")


def _cost(value: float) -> float | int | str:
    """In whole numbers from a hundred on."""
    return "" if math.isnan(value) else round(value) if value >= 100 else value


def fronts(results: Results) -> Iterator[str]:
    """Quality against time, and against multiply-adds."""
    from ..report.plot import scatter

    metric = results.metrics[0]
    try:
        for key, words, unit in (COSTS[3], COSTS[1]):
            points = {
                name: (x / unit, y)
                for name in results.names
                if (point := _point(results, name, key)) is not None
                for x, y in [point]
            }
            if len({x for x, _ in points.values()}) > 1:
                marked = front(results, key)
                drawn = scatter(points, marked, words, results.stamps.get(metric, metric))
                yield picture(
                    drawn,
                    f"{metric}, mean over all settings, against {words}; filled and joined: the "
                    "front, which no cheaper one is as good as",
                )
    except MissingExtra as error:
        yield paragraph(str(error))


def text(results: Results) -> str:
    """The table and the artefacts that are named, for a terminal."""
    wanted = columns_of(results)
    heading = [
        "",
        *(
            " ".join(filter(None, (metric, setting if setting != "all" else "")))
            for (_, setting), metric in wanted
        ),
        "s a megapixel",
    ]
    rows = [heading]
    for name in results.names:
        entry = results.of(name)[0]
        rows.append(
            [
                name,
                *(f"{entry.figure(column, m):.{facts(m)[0]}f}" for column, m in wanted),
                f"{entry.cost['seconds']:.3f}",
            ]
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(heading))]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
    lines += results.definitions(metric for _, metric in wanted)
    lines += [
        f"{name}: {complaint}"
        for name in results.names
        for complaint in results.of(name)[0].complaints()
    ]
    return "\n".join(lines)


def curves(results: Results) -> Iterator[str]:
    """What validation said while the points were trained."""
    from ..report.plot import lines

    found = {
        name: [entry.curve for entry in results.of(name) if len(entry.curve) > 1]
        for name in results.names
    }
    drawn = {name: several for name, several in found.items() if several}
    if not drawn:
        yield paragraph("No point was looked at more than once while it was trained.")
        return
    try:
        yield picture(
            lines(drawn, "step", "PSNR at validation, mean over all settings"),
            "one line for each seed",
        )
    except MissingExtra as error:
        yield paragraph(str(error))


def artefacts(results: Results) -> Iterator[str]:
    """How much each result shows of every artefact, and the sentences where it is too much."""
    names = [name for name in ARTEFACTS if any(name in entry.stamps for entry in results.entries)]
    rows = []
    for name in results.names:
        if entries := results.of(name):
            figures = [
                mean_and_spread(entry.mean(artefact) for entry in entries)[0] for artefact in names
            ]
            rows.append(
                [
                    name,
                    *(_cost(figure) for figure in figures),
                    "; ".join(entries[0].complaints()) or "nothing",
                ]
            )
    yield table(["", *names, "named"], rows)
    yield paragraph("; ".join(results.definitions(names)) + ".")


def not_measured(results: Results) -> Iterator[str]:
    """What failed, and what was left out, with the reasons."""

    def words(name: str, seed: int | None) -> str:
        return name if seed is None else f"{name}, seed {seed}"

    for title, found in (
        ("Failed", [[words(e.name, e.seed), e.failed] for e in results.entries if e.failed]),
        ("Left out", [[words(e.name, e.seed), e.left_out] for e in results.entries if e.left_out]),
    ):
        if found:
            yield section(title, [table(("", "why"), found)])
