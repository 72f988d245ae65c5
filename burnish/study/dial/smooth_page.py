"""What `smooth` measured as one page: curves, the best setting against the true one, wrong
settings, and every gate with the figure that it wants.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import MissingExtra
from ...report.page import gates as gates_table
from ...report.page import paragraph, picture, section, table, write_page
from .smooth import BOX, WRONG, Smoothness, Track


def page(path: Path, found: Smoothness, experts: Mapping[float, float] | None = None) -> Path:
    """Writes the page and returns its path. experts: the PSNR, on the same pictures, of a network
    for each level alone.
    """
    parts = [
        paragraph(
            f"The dial {found.dial.name} of {found.model} turned from {found.dial.low:g} to "
            f"{found.dial.high:g} on {found.pictures} pictures of known "
            f"{found.damage}. PSNR on RGB in 8 bits."
        ),
        section("Gates", [gates_table(gates(found, experts))]),
        section("PSNR along the dial", _curves(found)),
        section("Settings", _settings(found, experts)),
        section("A wrong setting", _wrong(found)),
    ]
    if found.beyond:
        parts.append(section("Beyond the range", _beyond(found)))
    return write_page(path, f"{found.model}: {found.dial.name}", parts)


Gate = tuple[str, str, bool]


def gates(found: Smoothness, experts: Mapping[float, float] | None = None) -> list[Gate]:
    """(what is wanted of a smooth dial, what was found, whether that is enough), one for each gate
    that could be measured.
    """
    return [
        *_gates_of_experts(found, experts or {}),
        *_gates_of_unit(found),
        *_gates_of_curves(found.tracks),
        *_gates_of_pictures(found.tracks),
        *_gates_of_maps(found),
    ]


def _gates_of_experts(found: Smoothness, experts: Mapping[float, float]) -> list[Gate]:
    """How far below models for one level alone the dial stays."""
    dips = list(_dips(found, experts).values()) if experts else []
    if not dips:
        return []
    worst, mean = max(dips), sum(dips) / len(dips)
    return [
        (
            "dip against an expert of each level, at most 0.05 dB",
            f"{worst:.3f} dB",
            worst <= 0.05,
        ),
        ("and 0.02 dB in the mean", f"{mean:.3f} dB", mean <= 0.02),
    ]


def _gates_of_unit(found: Smoothness) -> list[Gate]:
    """Whether a dial in the damage's unit says the truth."""
    if found.dial.name != found.damage:
        return []
    span = found.dial.high - found.dial.low
    off = max(abs(found.best(track)[0] - track.level) / span for track in found.tracks)
    return [
        ("the best setting is the true one, within 3 % of the range", f"{off:.1%}", off <= 0.03)
    ]


def _gates_of_curves(tracks: Sequence[Track]) -> list[Gate]:
    """How PSNR goes along the dial."""
    turns = max(track.turns for track in tracks)
    bend = max(track.bend for track in tracks)
    jump = max(track.jump for track in tracks)
    return [
        ("PSNR has one top along the dial", f"{turns} turns at most", turns <= 1),
        ("second difference over the step, mean", f"{bend:.3f}", bend < 0.5),
        ("largest step over the median one", f"{jump:.2f}", jump < 5),
    ]


def _gates_of_pictures(tracks: Sequence[Track]) -> list[Gate]:
    """How the pictures change along the dial."""
    removing = min(track.removing for track in tracks)
    smoothing = min(track.smoothing for track in tracks)
    drift = max(max(track.drift) for track in tracks)
    return [
        (
            "a setting for more damage takes no less away, of 99.9 % of neighbours",
            f"{removing:.2%}",
            removing >= 0.999,
        ),
        ("and leaves no more variation", f"{smoothing:.2%}", smoothing >= 0.999),
        (
            f"mean colour of windows of {BOX} pixels stays, within 1 of 255",
            f"{drift:.2f}",
            drift <= 1,
        ),
    ]


def _gates_of_maps(found: Smoothness) -> list[Gate]:
    difference = found.map_difference
    if difference is None:
        return []
    return [("an even map is the number, to 1e-6", f"{difference:.1e}", difference <= 1e-6)]


def for_card(
    found: Smoothness, pictures: str, experts: Mapping[float, float] | None = None
) -> dict[str, Any]:
    """What a model file says of its dial: the gates (with `experts`, level -> PSNR, the dip against
    them), the best setting for each true level, and what a wrong one and a level beyond the range
    cost.
    """
    record: dict[str, Any] = {
        "on": (
            f"{found.pictures} pieces of {pictures}, {found.damage} "
            f"{', '.join(f'{track.level:g}' for track in found.tracks)}"
        ),
        "gates": {
            what: f"{figure}, {'met' if met else 'missed'}"
            for what, figure, met in gates(found, experts)
        },
        "best setting": {
            f"{track.level:g}": round(found.best(track)[0], 2) for track in found.tracks
        },
    }
    if experts:
        record["dB below an expert"] = {
            f"{level:g}": round(dip, 3) for level, dip in _dips(found, experts).items()
        }
    if found.dial.name == found.damage:
        record["dB lost by a wrong setting"] = {
            f"{wrong:+.0%}": round(
                max(found.at(t, t.level) - found.at(t, t.level * (1 + wrong)) for t in known), 2
            )
            for wrong in WRONG
            if (
                known := [
                    t
                    for t in found.tracks
                    if math.isfinite(_matched(found, t))
                    and found.dial.low <= t.level * (1 + wrong) <= found.dial.high
                ]
            )
        }
    if found.beyond:
        record["PSNR beyond the range, and by scaling into it"] = {
            f"{found.damage} {found.dial.high * factor:g}": [round(value, 2) for value in both]
            for factor, both in found.beyond.items()
        }
    return record


def text(found: Smoothness) -> str:
    """Best settings and PSNR for a terminal."""
    lines = [
        (
            f"{found.damage:>8}  {'best ' + found.dial.name:>12}  {'PSNR there':>10}  "
            f"{'matched':>8}  {'bend':>6}"
        )
    ]
    for track in found.tracks:
        setting, value = found.best(track)
        matched = f"{_matched(found, track):.2f}" if found.dial.name == found.damage else ""
        lines.append(
            f"{track.level:>8g}  {setting:>12.3g}  {value:>10.2f}  {matched:>8}  {track.bend:>6.3f}"
        )
    return "\n".join(lines)


def _dips(found: Smoothness, experts: Mapping[float, float]) -> dict[float, float]:
    """By level, how many dB PSNR is below that of the expert; not where the picture comes back
    untouched, so that PSNR is infinite.
    """
    known = {
        track.level: _matched(found, track) for track in found.tracks if track.level in experts
    }
    return {level: experts[level] - value for level, value in known.items() if math.isfinite(value)}


def _matched(found: Smoothness, track: Track) -> float:
    """PSNR at the true setting, or where the dial is in another unit, at the best one."""
    return found.at(track, track.level) if found.dial.name == found.damage else found.best(track)[1]


def _curves(found: Smoothness) -> Iterator[str]:
    from ...report.plot import lines

    x = f"{found.dial.name} ({found.dial.unit})"
    try:
        for name, values in (
            ("PSNR", "psnr"),
            ("RMS of what is taken away", "removed"),
            (f"drift of the mean of {BOX}x{BOX} pixels, 8-bit steps", "drift"),
        ):
            curves = {
                f"{found.damage} {track.level:g}": [
                    list(zip(found.settings, getattr(track, values), strict=True))
                ]
                for track in found.tracks
            }
            yield picture(lines(curves, x, name))
    except MissingExtra as error:
        yield paragraph(str(error))


def _settings(found: Smoothness, experts: Mapping[float, float] | None) -> Iterator[str]:
    matched = found.dial.name == found.damage
    heading = [
        f"true {found.damage}",
        "best setting",
        "PSNR there",
        *(["PSNR at the true setting"] if matched else []),
        *(["expert"] if experts else []),
    ]
    rows = []
    for track in found.tracks:
        setting, value = found.best(track)
        cells = [
            f"{track.level:g}",
            f"{setting:.3g}",
            f"{value:.2f}",
            *([f"{_matched(found, track):.2f}"] if matched else []),
        ]
        rows.append(
            [
                *cells,
                *(
                    [f"{experts[track.level]:.2f}" if track.level in experts else ""]
                    if experts
                    else []
                ),
            ]
        )
    yield table(heading, rows)


def _wrong(found: Smoothness) -> Iterator[str]:
    if found.dial.name != found.damage:
        yield paragraph(
            "The dial is in another unit than the damage, so no setting is known to be wrong."
        )
        return
    rows = []
    for track in found.tracks:
        true = found.at(track, track.level)
        if not math.isfinite(true):  # it comes back untouched
            continue
        settings = [track.level * (1 + wrong) for wrong in WRONG]
        rows.append(
            [
                f"{track.level:g}",
                *(
                    f"{found.at(track, s) - true:+.2f}"
                    if found.dial.low <= s <= found.dial.high
                    else ""
                    for s in settings
                ),
            ]
        )
    yield table([f"true {found.damage}", *(f"{wrong:+.0%}" for wrong in WRONG)], rows)
    yield paragraph("dB lost by a setting that is so much too low or too high.")


def _beyond(found: Smoothness) -> Iterator[str]:
    assert found.beyond is not None
    rows = [
        [f"{found.dial.high * factor:g}", f"{turned:.2f}", f"{scaled:.2f}"]
        for factor, (turned, scaled) in found.beyond.items()
    ]
    yield table((found.damage, "turned so far", "picture and level scaled into the range"), rows)
