"""Parts of a page that compares models.

They are the table of figures, quality against cost with the front marked, curves, artefacts, and
what was not measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

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
    """Returns the names of the front: those whose mean no cheaper one surpasses.

    One that is as good at less cost, or better at the same cost, surpasses.
    """
    metric = results.metrics[0]
    points = _points(results, cost)
    kept = []
    for name, (x, y) in points.items():
        others = [point for other, point in points.items() if other != name]
        beaten = any(
            (ox < x and not better(metric, y, oy)) or (ox <= x and better(metric, oy, y))
            for ox, oy in others
        )
        if not beaten:
            kept.append(name)
    return kept


def _points(results: Results, cost: str) -> dict[str, tuple[float, float]]:
    """By name, what it costs and how good it is; those of which both are known."""
    points = {name: _point(results, name, cost) for name in results.names}
    return {name: point for name, point in points.items() if point is not None}


def _point(results: Results, name: str, cost: str) -> tuple[float, float] | None:
    entries = results.of(name)
    x, _ = mean_and_spread(entry.cost.get(cost, math.nan) for entry in entries)
    y, _ = mean_and_spread(entry.mean(results.metrics[0]) for entry in entries)
    return None if math.isnan(x) or math.isnan(y) else (x, y)


def columns_of(results: Results) -> list[tuple[Column, str]]:
    """Returns (column, metric) in the order of the table.

    The deciding metric comes first, at every setting, and then the others; with many settings of a
    kind, these only at the one in the middle.
    """
    found = [(column, results.metrics[0]) for column in results.columns]
    by_kind: dict[str, list[Column]] = {}
    for column in results.columns:
        by_kind.setdefault(column[0], []).append(column)
    few: list[Column] = []
    for of_kind in by_kind.values():
        few += of_kind if len(of_kind) < 3 else [of_kind[len(of_kind) // 2]]
    for metric in results.metrics[1:]:
        found += [(column, metric) for column in few]
    return found


def figures(results: Results) -> Iterator[str]:
    """Yields the table: the deciding metric at every setting, the others, and the costs."""
    wanted = columns_of(results)
    several = any(len(results.of(name)) > 1 for name in results.names)
    costs = [
        (key, words, unit)
        for key, words, unit in COSTS
        if any(key in entry.cost for entry in results.entries)
    ]
    best = {place: _best(results, place) for place in wanted}
    rows = []
    for name in results.names:
        entries = results.of(name)
        if not entries:
            continue
        cells: list[str | int | float] = [name]
        if several:
            cells.append(len(entries))
        for column, metric in wanted:
            mean, spread = mean_and_spread(entry.figure(column, metric) for entry in entries)
            cells.append(_cell(mean, spread, metric, best[column, metric] == name))
        for key, _, unit in costs:
            mean, _ = mean_and_spread(entry.cost.get(key, math.nan) for entry in entries)
            cells.append(_cost(mean / unit))
        rows.append(cells)
    heading = ["", *(["seeds"] if several else []), *_headings(wanted)]
    yield table([*heading, *(words for _, words, _ in costs)], rows)
    yield paragraph("; ".join(results.definitions(m for _, m in wanted)) + ". * the best mean.")
    if several:
        yield paragraph("After the sign: the standard deviation over the seeds.")


def _headings(wanted: Sequence[tuple[Column, str]]) -> list[str]:
    """The metric, the setting where there are several, and the kind where there are several."""
    kinds = {kind for (kind, _), _ in wanted}
    headings = []
    for (kind, setting), metric in wanted:
        words = (metric, "" if setting == "all" else setting, kind if len(kinds) > 1 else "")
        headings.append(" ".join(word for word in words if word))
    return headings


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
    if not math.isnan(spread):
        text += f" ± {spread:.{digits}f}"
    if best:
        text += " *"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _cost(value: float) -> float | int | str:
    """In whole numbers from a hundred on."""
    if math.isnan(value):
        return ""
    return round(value) if value >= 100 else value


def fronts(results: Results) -> Iterator[str]:
    """Yields plots of quality against time, and against multiply-adds."""
    from ..report.plot import scatter

    metric = results.metrics[0]
    try:
        for key, words, unit in (COSTS[3], COSTS[1]):
            points = {name: (x / unit, y) for name, (x, y) in _points(results, key).items()}
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
    """Returns the table and the artefacts that are named, for a terminal."""
    wanted = columns_of(results)
    heading = [""]
    for (_, setting), metric in wanted:
        heading.append(metric if setting == "all" else f"{metric} {setting}".strip())
    rows = [[*heading, "s a megapixel"]]
    for name in results.names:
        entry = results.of(name)[0]
        cells = [f"{entry.figure(column, m):.{facts(m)[0]}f}" for column, m in wanted]
        rows.append([name, *cells, f"{entry.cost['seconds']:.3f}"])
    lines = _aligned(rows)
    lines += results.definitions(metric for _, metric in wanted)
    for name in results.names:
        lines += [f"{name}: {complaint}" for complaint in results.of(name)[0].complaints()]
    return "\n".join(lines)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of cells: the first of each to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return lines


def curves(results: Results) -> Iterator[str]:
    """Yields what validation said while the points were trained."""
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
    """Yields how much each result shows of every artefact, and sentences where it is too much."""
    names = [name for name in ARTEFACTS if any(name in entry.stamps for entry in results.entries)]
    rows: list[list[str | int | float]] = []
    for name in results.names:
        entries = results.of(name)
        if not entries:
            continue
        cells: list[str | int | float] = [name]
        for artefact in names:
            mean, _ = mean_and_spread(entry.mean(artefact) for entry in entries)
            cells.append(_cost(mean))
        cells.append("; ".join(entries[0].complaints()) or "nothing")
        rows.append(cells)
    yield table(["", *names, "named"], rows)
    yield paragraph("; ".join(results.definitions(names)) + ".")


def not_measured(results: Results) -> Iterator[str]:
    """Yields what failed, and what was left out, with the reasons."""

    def words(name: str, seed: int | None) -> str:
        return name if seed is None else f"{name}, seed {seed}"

    for title, found in (
        ("Failed", [[words(e.name, e.seed), e.failed] for e in results.entries if e.failed]),
        ("Left out", [[words(e.name, e.seed), e.left_out] for e in results.entries if e.left_out]),
    ):
        if found:
            yield section(title, [table(("", "why"), found)])
