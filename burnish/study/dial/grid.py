"""Two dials at once: every pair of true levels, restored at every pair of settings, since dials
lean on each other (gate V10).

What `burnish smooth` does when it is given two kinds of damage.

A sharpness that is set too high rings, and the more so the less noise is taken away (CResMD: He,
Dong, Qiao, ECCV 2020, figure of the 2-D modulation).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ...contract import Array, Dial
from ...degrade import Degradation
from ...errors import UsageError
from ...ground.remarks import Say, silent
from ...images import Picture
from ...metrics import psnr
from ...metrics.evaluate import generator, spoiled_picture
from ...pipeline import ask
from ...report.page import gates as gates_table
from ...report.page import paragraph, section, table, write_page
from ..rows import Row
from .smooth import fitting

#: side of the windows whose range of the clean picture a restored one may not leave
AROUND = 5
#: what the matched setting may lie below the best one of the grid, in dB, and how much of the local
#: contrast may be overshot
DIP, OVERSHOOT = 0.1, 0.05
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """psnr, overshoot [levels of the first, of the second, settings of the first, of the second]:
    means over the pictures.

    The settings are the levels.

    overshoot: how far, on the mean, the restored picture leaves the range of the clean one within
    AROUND pixels, over that range.
    """

    model: str
    dials: tuple[Dial, Dial]
    levels: tuple[tuple[float, ...], tuple[float, ...]]
    psnr: Values
    overshoot: Values
    pictures: int

    def dip(self) -> Values:
        """How far the matched setting lies below the best one of the grid.

        [levels of the first, of the second], dB
        """
        best, (first, second) = self.psnr.max((2, 3)), np.indices(self.psnr.shape[:2])
        matched = self.psnr[first, second, first, second]
        with np.errstate(invalid="ignore"):  # what comes back untouched has an infinite PSNR
            return np.asarray(np.where(matched == best, 0.0, best - matched))

    def best(self, i: int, j: int) -> tuple[float, float]:
        """The settings of the grid that are best for a pair of levels."""
        a, b = np.unravel_index(int(self.psnr[i, j].argmax()), self.psnr.shape[2:])
        return self.levels[0][a], self.levels[1][b]

    def caps(self) -> list[tuple[float, float | None]]:
        """(setting of the first dial, the highest of the second that overshoots no picture by more
        than OVERSHOOT, or None where all do).
        """
        worst = self.overshoot.max((0, 1))
        found = []
        for setting, line in zip(self.levels[0], worst, strict=True):
            sound = [
                self.levels[1][b] for b in range(len(line)) if (line[: b + 1] <= OVERSHOOT).all()
            ]
            found.append((setting, max(sound) if sound else None))
        return found


def grid(
    row: Row,
    pictures: Iterable[tuple[str, Picture]],
    damages: Sequence[Degradation],
    levels: Sequence[Sequence[float]],
    *,
    side: int | None = None,
    seed: int = 0,
    say: Say = silent,
) -> Grid:
    """Spoils every picture by both, in their order, at every pair of levels, and restores it at
    every pair of settings of the dials of these names.

    The other dials are settled on every picture as `burnish restore` does. side: of the piece in
    the middle of each picture. DialError, UsageError.
    """
    if len(damages) != 2 or len(levels) != 2 or not all(levels):
        raise UsageError("a grid wants two kinds of damage, with a few levels each")
    contract = row.contract
    dials = (contract.dial(damages[0].dial.name), contract.dial(damages[1].dial.name))
    stops = (tuple(sorted(levels[0])), tuple(sorted(levels[1])))
    for dial, several in zip(dials, stops, strict=True):
        for level in several:
            dial.check(level)
    held = [fitting(clean, side, contract.channels_out) for _, clean in pictures]
    if not held:
        raise UsageError("there are no pictures to measure on")
    shape = (len(stops[0]), len(stops[1]))
    figures = np.zeros((2, *shape, *shape))
    places = list(np.ndindex(shape))
    for i, j in places:
        true = {dials[0].name: stops[0][i], dials[1].name: stops[1][j]}
        say(", ".join(f"{name} {level:g}" for name, level in true.items()))
        for number, clean in enumerate(held):
            spoiled = spoiled_picture(clean, true, damages, generator(seed, number, true), False)
            low, high = _range(clean.pixels)
            for a, b in places:
                turned = {dials[0].name: stops[0][a], dials[1].name: stops[1][b]}
                restored = row.restore(spoiled, ask(contract, turned)).picture.pixels
                beyond = np.maximum(restored - high, 0) + np.maximum(low - restored, 0)
                figures[:, i, j, a, b] += (
                    psnr(restored, clean.pixels),
                    float(beyond.mean() / max(float((high - low).mean()), 1e-6)),
                )
    return Grid(row.name, dials, stops, figures[0] / len(held), figures[1] / len(held), len(held))


def _range(clean: Array) -> tuple[Array, Array]:
    """The least and the most of the clean picture around each pixel. [1, C, H, W] each"""
    reach = AROUND // 2
    padded = np.pad(clean, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    low, high = padded, padded
    for axis in (2, 3):
        low, high = (
            sliding_window_view(low, AROUND, axis).min(-1),
            sliding_window_view(high, AROUND, axis).max(-1),
        )
    return low, high


def gates(found: Grid) -> list[tuple[str, str, bool]]:
    """(wanted, found, whether that is enough)."""
    dip, matched = (
        found.dip(),
        [
            found.overshoot[i, j, i, j]
            for i, j in itertools.product(*map(range, found.overshoot.shape[:2]))
        ],
    )
    return [
        (
            f"the true setting is the best of the grid, to {DIP:g} dB, at every pair of levels",
            f"{dip.max():.2f} dB",
            bool(dip.max() <= DIP),
        ),
        (
            f"no ringing at the true setting: at most {OVERSHOOT:.0%} of the local contrast",
            f"{max(matched):.1%}",
            max(matched) <= OVERSHOOT,
        ),
    ]


def page(path: Path, found: Grid) -> Path:
    """The grid as a page: gates, dips, best settings, and how far one dial may be turned at each
    setting of the other.
    """
    first, second = (dial.name for dial in found.dials)
    heading = [f"{first} \\ {second}", *(f"{level:g}" for level in found.levels[1])]

    def cells(text: Callable[[int, int], str]) -> str:
        return table(
            heading,
            [
                [f"{level:g}", *(text(i, j) for j in range(len(found.levels[1])))]
                for i, level in enumerate(found.levels[0])
            ],
        )

    def parts() -> Iterator[str]:
        yield paragraph(
            f"{found.pictures} pictures with {first}, then {second}, restored by {found.model} "
            "at every pair of the same settings."
        )
        yield section("Gates", [gates_table(gates(found))])
        dip = found.dip()
        yield section(
            "PSNR at the true settings, and what the best of the grid has more",
            [cells(lambda i, j: f"{found.psnr[i, j, i, j]:.2f} +{dip[i, j]:.2f}")],
        )
        yield section(
            "The best settings",
            [cells(lambda i, j: " ".join(f"{value:g}" for value in found.best(i, j)))],
        )
        caps = [
            [f"{setting:g}", "none" if cap is None else f"{cap:g}"] for setting, cap in found.caps()
        ]
        said = (
            f"The highest {second} that leaves the range of the clean picture by no more "
            f"than {OVERSHOOT:.0%} of the local contrast, whatever the damage."
        )
        yield section(
            "How far it may be turned",
            [paragraph(said), table((f"{first} set to", f"{second} up to"), caps)],
        )

    return write_page(path, f"{found.model}: {first} and {second}", parts())


def text(found: Grid) -> str:
    """The gates, and PSNR at the true settings, for a terminal."""
    lines = [
        f"{what}: {figure}, {'met' if met else 'missed'}" for what, figure, met in gates(found)
    ]
    first, second = (dial.name for dial in found.dials)
    lines.append(
        f"{first} \\ {second}".ljust(16) + "".join(f"{level:>8g}" for level in found.levels[1])
    )
    lines += [
        f"{level:<16g}"
        + "".join(f"{found.psnr[i, j, i, j]:>8.2f}" for j in range(len(found.levels[1])))
        for i, level in enumerate(found.levels[0])
    ]
    return "\n".join(lines)
