"""Runs a sweep: one process a point and seed, one after the other here, or several at a time on a
cluster; what is done is not done again; then the results, the sheet and the page.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import RecipeError
from ...ground.files import atomic_write
from ...ground.overlap import GoOn, overlapped
from ...ground.process import signals_noted
from ...ground.remarks import Say
from ...training.networks.cost import parameters
from ...training.parts.strict import plain
from ...training.recipe.file import from_record
from ...training.recipe.fixed import fixed
from ...training.recipe.resolve import resolve
from ...training.step.initial import initial_network
from ..machine import processor
from ..results import Entry, Results, entry_of
from .page import RESULTS, SHEET, write_page
from .places import HERE, LOG, Begin, Places
from .plan import Point, Sweep, first_recipe, folder_name, grid, recipe_of
from .point import ORDER, RESULT, keep, order_of, result_in
from .sheet import write_sheet

#: seconds between two looks at a point in work
TICK = 0.2
#: how many of a failed point's last lines are searched for its reason
LAST = 30


def run(
    sweep: Sweep,
    say: Say,
    *,
    source: str = "",
    only: str | None = None,
    retry: bool = False,
    places: Places = HERE,
) -> Path:
    """Trains and measures what is not done yet, and writes results.json, sheet.jpg and page.html in
    the sweep's folder; returns the page.

    source: the sweep's file, for the page; only: the name of one point (or row), which is done
    alone; retry: what failed is tried again; places: where the points are trained. Raises
    RecipeError; SystemExit 130 or 143 where it was stopped: the same call goes on from there.
    """
    out = sweep.folder
    out.mkdir(parents=True, exist_ok=True)

    # What is to be done: the trials of a search are chosen, and made, at once.
    with signals_noted() as heard:
        settling = partial(settle, say=say, retry=retry, begin=places.begin, heard=heard)
        searched: list[tuple[Path, dict[str, Any]]] = []
        orders = [_row_of(sweep, name, words) for name, words in sweep.references.items()]
        if sweep.search is not None:
            searched = _searched(sweep, say, only, settling, places.most)
        else:
            orders = [given for point in grid(sweep) for given in _seeds_of(sweep, point)] + orders
        chosen = [given for given in orders if only is None or given[1]["name"] == only]
        if only is not None and not chosen:
            raise RecipeError(
                f"there is no point {only!r}; there is "
                f"{', '.join(dict.fromkeys(order['name'] for _, order in orders))}"
            )
        _settle_all(chosen, settling, places.most)

    # What became of all of them, on one page.
    orders = searched + orders
    entries = [entry for folder, _ in orders if (entry := result_in(folder)) is not None]
    results = Results(sweep.title or sweep.name, sweep.metrics, entries, processor())
    results.write(out / RESULTS)
    write_sheet(out / SHEET, [(order["name"], folder) for folder, order in orders], sweep)
    return write_page(out, results, sweep, source)


def _settle_all(
    chosen: Sequence[tuple[Path, dict[str, Any]]], settling: Callable[..., Any], most: int
) -> None:
    """Settles so many at a time."""

    def one(item: tuple[int, tuple[Path, dict[str, Any]]], go_on: GoOn) -> None:
        number, (folder, order) = item
        settling(folder, order, go_on=go_on, counted=f"{number} of {len(chosen)}")

    with overlapped(enumerate(chosen, 1), one, lambda _: 1, most, most) as results:
        for _, result in results:
            result()


def _searched(
    sweep: Sweep, say: Say, only: str | None, settling: Callable[..., Any], most: int
) -> list[tuple[Path, dict[str, Any]]]:
    """The trials that a sampler chooses, made; where one row is asked for alone, those that were
    made before, which stay in the page.
    """
    from .search import search

    assert sweep.search is not None
    if only is not None and only not in sweep.references:
        raise RecipeError(
            f"there is no row {only!r} to be measured alone, and trials are chosen by the "
            f"sampler; there is {', '.join(sweep.references) or 'none'}"
        )
    none_more = replace(sweep, search=replace(sweep.search, trials=0))
    return search(
        sweep if only is None else none_more,
        lambda point: _seeds_of(sweep, point),
        lambda folder, order, watch: settling(folder, order, watch=watch),
        say,
        most,
    )


def remake(sweep: Sweep, source: str = "") -> Path:
    """The page of the results and the sheet that lie in the sweep's folder.

    DataError where there are none.
    """
    return write_page(sweep.folder, Results.read(sweep.folder / RESULTS), sweep, source)


def outline(sweep: Sweep) -> str:
    """What would be trained, in words: every point with its size."""
    if sweep.search is not None:
        return (
            f"{sweep.search.trials} trials ({sweep.search.sampler}) over "
            f"{', '.join(sweep.axes)}, {len(sweep.seeds)} seed(s) each, in {sweep.folder}"
        )
    lines = [
        (
            f"{len(grid(sweep))} points, {len(sweep.seeds)} seed(s) each, {len(sweep.references)} "
            f"rows besides, in {sweep.folder}"
        )
    ]
    for point in grid(sweep):
        stages = resolve(recipe_of(sweep, point, sweep.seeds[0]))
        lengths = " ".join(
            f"{value:g} {name}"
            for stage in stages
            for name, value in stage.schedule.lengths.items()
        )
        millions = parameters(initial_network(stages[-1])) / 1e6
        lines.append(f"  {point.name}: {millions:.3f} M parameters, {lengths}")
    return "\n".join(lines)


def settle(
    folder: Path,
    order: Mapping[str, Any],
    *,
    say: Say,
    begin: Begin,
    heard: Sequence[int],
    retry: bool = False,
    watch: Callable[[], bool] = lambda: False,
    go_on: GoOn = lambda: None,
    counted: str = "",
) -> Entry | None:
    """The point's result: what stands in its folder already, or else what its process makes of it.

    None where `watch` said to stop it. begin: begins the process. heard: the numbers of signals
    that came. go_on: raises where nobody waits for it any more. counted: which of how many it is.
    """
    done = _answered(folder, order)
    name = entry_name(order)
    if done is not None and not (retry and done.failed):
        return done
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / ORDER, json.dumps(order, indent=1).encode())
    began = time.monotonic()
    say(f"{counted} {name}".strip())
    code = _process(folder, begin, heard, watch, go_on)
    if code is None:
        return None
    entry = result_in(folder)
    if entry is None or _answered(folder, order) is None:
        entry = Entry(order["name"], order["labels"], order["seed"], failed=_reason(folder, code))
        keep(folder, order, entry)
    became = entry.failed or entry.left_out or "done"
    say(f"  {name}: {became} after {time.monotonic() - began:.0f} s")
    return entry


def entry_name(order: Mapping[str, Any]) -> str:
    return order["name"] if order["seed"] is None else f"{order['name']}, seed {order['seed']}"


def _answered(folder: Path, order: Mapping[str, Any]) -> Entry | None:
    """The result, if it answers this very order.

    RecipeError where the folder holds another training.
    """
    try:
        record = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    before = record["order"]
    if before == json.loads(json.dumps(order)):
        return entry_of(record["entry"])
    if order["row"] is None and fixed(from_record(before["recipe"])) != fixed(
        from_record(order["recipe"])
    ):
        raise RecipeError(
            f"{folder}: its recipe has changed since it was trained; remove the folder, or give "
            "the sweep another `out`"
        )
    return None


def _seeds_of(sweep: Sweep, point: Point) -> list[tuple[Path, dict[str, Any]]]:
    result = []
    for seed in sweep.seeds:
        recipe = plain(recipe_of(sweep, point, seed))
        result.append(
            (
                sweep.folder / "points" / folder_name(point) / f"seed{seed}",
                order_of(point.name, point.labels, seed, recipe, sweep),
            )
        )
    return result


def _row_of(sweep: Sweep, name: str, words: str) -> tuple[Path, dict[str, Any]]:
    recipe = plain(first_recipe(sweep))
    row = Point({"row": name}, {})
    return sweep.folder / "rows" / folder_name(row), order_of(name, {}, None, recipe, sweep, words)


def _process(
    folder: Path,
    begin: Begin,
    heard: Sequence[int],
    watch: Callable[[], bool],
    go_on: GoOn,
) -> int | None:
    """The point's process, to its end; its exit status (negative: the signal that killed it), or
    None where `watch` had it stopped. SystemExit where a signal came.
    """
    if heard:
        raise SystemExit(128 + heard[0])
    with begin(folder) as process:
        while (code := process.poll()) is None:
            go_on()
            if heard:
                raise SystemExit(128 + heard[0])
            if watch():
                return None
            time.sleep(TICK)
    return code


def _reason(folder: Path, code: int) -> str:
    """Why a process left no result, in a line."""
    if code < 0:
        more = "; the machine may have run out of memory" if code == -signal.SIGKILL else ""
        return f"killed by {signal.Signals(-code).name}{more}"
    lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").split("\n")[-LAST:]
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"ended with status {code}: {last}"
