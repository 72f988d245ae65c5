"""What is wrong with a data set, before the first step.

`check` looks at every file once, `quick` at headers alone. Neither needs PyTorch.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ...contract import Array
from ...errors import BurnishError
from .alone import faults_of_header, faults_of_look
from .both import Both, faults_of_both, faults_of_headers, registered
from .findings import FAULTS, Finding, Found, gathered
from .gather import CheckSource, Unit, gather
from .header import CheckedHeader, fault_of, header_of
from .look import Look, look_at
from .report import Report
from .statistics import statistics
from .whole import duplicates, faults_of_pairs, groups_of, leaks, mixtures, swapped, together

__all__ = ["FAULTS", "CheckSource", "Finding", "Found", "Report", "Unit", "check", "quick"]

#: units of which the noise is estimated, spread evenly over the set
SAMPLE = 32


def check(
    source: CheckSource,
    *,
    validation: CheckSource | None = None,
    scale: int = 1,
    crop: int = 128,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Everything about a data set; every picture is decoded once.

    scale: how many times larger the clean side is. crop: the side of a crop, in pixels of the clean
    side. progress: is told (done, total). DataError where a folder does not exist.
    """
    units, found = gather(source)
    pairs = _are_pairs(source, units)
    others, others_found = gather(validation) if validation else ([], [])
    seen = list(_seen(_sampled(units, others), progress))
    mine, theirs = seen[: len(units)], seen[len(units) :]

    # what each file is, by its unit's place
    headers = {i: both.clean for i, both in enumerate(mine)}
    looks = _clean_looks(mine)
    spoiled = {i: both.spoiled for i, both in enumerate(mine)} if pairs else {}
    spoiled_looks = _spoiled_looks(mine) if pairs else {}
    groups = groups_of(looks, headers) if pairs else ()

    # what is wrong with each alone, with its pair, with all of them, and beside the validation
    found += others_found
    found += _faults_of_each(units, mine, scale, crop)
    found += _faults_of_each(others, theirs, scale, 1)
    found += faults_of_pairs(units, groups, spoiled_looks, spoiled, looks)
    known = {place.files for place in found if place.fault == "swapped"}
    found += [place for place in swapped(mine if pairs else []) if place.files not in known]
    found += duplicates(units, looks, headers, pairs=pairs)
    found += _mixtures(headers, spoiled)
    if others:
        their_headers = {i: both.clean for i, both in enumerate(theirs)}
        found += leaks(units, looks, headers, others, _clean_looks(theirs), their_headers)

    figures = statistics(
        list(headers.values()),
        list(looks.values()),
        list(spoiled.values()),
        list(spoiled_looks.values()),
        crop,
    )
    faults = gathered(_once(found))
    joined = together(units, groups, found)
    return Report(source, pairs, scale, tuple(units), faults, figures, joined)


def _sampled(units: Sequence[Unit], others: Sequence[Unit]) -> list[tuple[Unit, bool]]:
    """Every unit, and whether its noise is estimated."""
    every = max(1, math.ceil(len(units) / SAMPLE))
    mine = [(unit, i % every == 0) for i, unit in enumerate(units)]
    return mine + [(unit, False) for unit in others]


def _clean_looks(seen: Sequence[Both]) -> dict[int, Look]:
    return {i: both.clean_look for i, both in enumerate(seen) if both.clean_look is not None}


def _spoiled_looks(seen: Sequence[Both]) -> dict[int, Look]:
    """Of the pairs whose clean side could be looked at too."""
    return {
        i: both.spoiled_look
        for i, both in enumerate(seen)
        if both.spoiled_look is not None and both.clean_look is not None
    }


def _faults_of_each(
    units: Sequence[Unit], seen: Sequence[Both], scale: int, crop: int
) -> Iterator[Found]:
    for unit, both in zip(units, seen, strict=True):
        yield from _faults(unit, both, scale, crop)


def quick(
    sources: Sequence[CheckSource],
    *,
    validation: Sequence[CheckSource] = (),
    scale: int = 1,
    crop: int | None = None,
    pairs: Sequence[CheckSource] = (),
) -> Report:
    """Returns what headers alone can tell of the clean folders `sources` and of `pairs`.

    That is names, sizes, depths, channels, and files that cannot be opened. crop: the least side
    that the training can use, None where smaller pictures are enlarged. It takes some milliseconds
    for a picture at most, as a rule less than one. Raises DataError where a folder does not exist;
    what is wrong is in the report, and `report.refuse()` raises the errors.
    """
    found: list[Found] = []
    units: list[Unit] = []
    for source, both in [
        *((s, False) for s in (*sources, *validation)),
        *((s, True) for s in pairs),
    ]:
        some, faults = gather(source, pairs=both)
        found += (fault for fault in faults if fault.fault != "perhaps-pairs")
        units += some if source not in validation else ()
    clean, spoiled = {}, {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda unit: [header_of(path) for path in unit.files], units)
        for i, headers in enumerate(results):
            clean[i] = headers[-1]
            smallest = 1 if crop is None else crop
            found += faults_of_header(headers[-1], smallest=smallest)
            if len(headers) == 2:
                spoiled[i] = headers[0]
                found += faults_of_header(headers[0], smallest=max(1, smallest // scale))
                found += faults_of_headers(headers[0], headers[1], scale)
    figures = statistics(list(clean.values()), [], list(spoiled.values()), [], crop or 1)
    return Report(
        (*sources, *pairs)[0], bool(pairs), scale, tuple(units), gathered(_once(found)), figures
    )


def _are_pairs(source: CheckSource, units: Sequence[Unit]) -> bool:
    return (
        any(unit.spoiled is not None for unit in units)
        or source.names is not None
        or source.folder is None
    )


def _seen(
    jobs: Sequence[tuple[Unit, bool]], progress: Callable[[int, int], None]
) -> Iterator[Both]:
    """Every unit looked at, in order, on all processors: decoding and numpy let other threads run
    meanwhile.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, both in enumerate(pool.map(lambda job: _look(*job), jobs), 1):
            progress(done, len(jobs))
            yield both


def _look(unit: Unit, sampled: bool) -> Both:
    """The headers and looks of a unit; for a single picture, both sides are the clean one's header
    and only it has a look.
    """
    clean, clean_look, theirs = _tried(header_of(unit.clean), sampled)
    if unit.spoiled is None:
        return Both(clean, clean, None, clean_look)
    spoiled, spoiled_look, mine = _tried(header_of(unit.spoiled), sampled)
    shift = registered(spoiled, mine, theirs) if mine is not None and theirs is not None else None
    return Both(spoiled, clean, spoiled_look, clean_look, shift)


def _tried(header: CheckedHeader, sampled: bool) -> tuple[CheckedHeader, Look | None, Array | None]:
    """The header, with the error where the pixels cannot be decoded; the look and the brightness
    where they can.
    """
    if header.error:
        return header, None, None
    try:
        return header, *look_at(header, sampled)
    except BurnishError as error:
        return replace(header, error=fault_of(error, header.path)), None, None


def _faults(unit: Unit, both: Both, scale: int, crop: int) -> Iterator[Found]:
    """All that is wrong with one unit by itself."""
    yield from faults_of_header(both.clean, smallest=crop)
    if both.clean_look is not None:
        yield from faults_of_look(both.clean, both.clean_look, clean=True)
    if unit.spoiled is None:
        return
    yield from faults_of_header(both.spoiled, smallest=max(1, crop // scale))
    if both.spoiled_look is not None:
        yield from faults_of_look(both.spoiled, both.spoiled_look, clean=False)
    yield from faults_of_headers(both.spoiled, both.clean, scale)
    yield from faults_of_both(both)


def _mixtures(
    clean: Mapping[int, CheckedHeader], spoiled: Mapping[int, CheckedHeader]
) -> Iterator[Found]:
    for side, headers in (("clean", clean), ("spoiled", spoiled)):
        yield from mixtures([header for header in headers.values() if not header.error], side)


def _once(found: Iterable[Found]) -> list[Found]:
    """Without what was found twice, as of a clean file that several pairs share."""
    return list(dict.fromkeys(found))
