"""Two dials at once: every pair of true levels, restored at every pair of settings.

Dials lean on each other (gate V10): a sharpness that is set too high rings, and the more so the
less noise is taken away (CResMD: He, Dong, Qiao, ECCV 2020, figure of the 2-D modulation). This is
what `burnish smooth` does when it is given two kinds of damage.
"""

from __future__ import annotations

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
from ...metrics.evaluate import spoiled_picture
from ...pipeline import ask
from ...report.page import gates as gates_table
from ...report.page import paragraph, section, table, write_page
from ..rows import Row
from .smooth import fitting

#: side of the windows whose range of the clean picture a restored one may not leave
AROUND = 5
#: what the matched setting may lie below the best one of the grid, in dB
DIP = 0.1
#: share of the local contrast that may be overshot
OVERSHOOT = 0.05
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """What a grid of levels and settings gave.

    The settings are the levels. The figures are means over the pictures, [levels of the first,
    levels of the second, settings of the first, settings of the second].
    """

    #: its name
    model: str
    #: the first and the second
    dials: tuple[Dial, Dial]
    #: of the first and of the second, rising
    levels: tuple[tuple[float, ...], tuple[float, ...]]
    #: in dB
    psnr: Values
    #: how far, on the mean, the restored picture leaves the range of the clean one within AROUND
    #: pixels, over that range
    overshoot: Values
    #: how many there were
    pictures: int

    def dip(self) -> Values:
        """Returns how far the matched setting lies below the best one of the grid, in dB.

        The shape is [levels of the first, levels of the second].
        """
        best = self.psnr.max((2, 3))
        first, second = np.indices(self.psnr.shape[:2])
        matched = self.psnr[first, second, first, second]
        with np.errstate(invalid="ignore"):  # what comes back untouched has an infinite PSNR
            return np.asarray(np.where(matched == best, 0.0, best - matched))

    def best(self, i: int, j: int) -> tuple[float, float]:
        """Returns the settings of the grid that are best for a pair of levels."""
        a, b = np.unravel_index(int(self.psnr[i, j].argmax()), self.psnr.shape[2:])
        return self.levels[0][a], self.levels[1][b]

    def caps(self) -> list[tuple[float, float | None]]:
        """Returns, by the setting of the first dial, how far the second may be turned.

        That is the highest setting that overshoots no picture by more than OVERSHOOT, or None where
        all do.
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
    """Restores every picture at every pair of levels with every pair of settings.

    Each picture is spoiled by both kinds of damage, in their order, and restored by the dials of
    their names. The other dials are settled on every picture as `burnish restore` does. side: of
    the piece in the middle of each picture. Raises DialError, UsageError.
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
            spoiled = spoiled_picture(clean, true, damages, seed, number, False)
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
    """The least and the most of the clean picture around each pixel, [1, C, H, W] each."""
    reach = AROUND // 2
    low = np.pad(clean, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    high = low
    for axis in (2, 3):
        low = sliding_window_view(low, AROUND, axis).min(-1)
        high = sliding_window_view(high, AROUND, axis).max(-1)
    return low, high


def gates(found: Grid) -> list[tuple[str, str, bool]]:
    """Returns, for each gate, what is wanted, what was found, and whether that is enough."""
    dip = found.dip().max()
    first, second = np.indices(found.overshoot.shape[:2])
    matched = found.overshoot[first, second, first, second].max()
    return [
        (
            f"the true setting is the best of the grid, to {DIP:g} dB, at every pair of levels",
            f"{dip:.2f} dB",
            bool(dip <= DIP),
        ),
        (
            f"no ringing at the true setting: at most {OVERSHOOT:.0%} of the local contrast",
            f"{matched:.1%}",
            bool(matched <= OVERSHOOT),
        ),
    ]


def page(path: Path, found: Grid) -> Path:
    """Writes the grid as a page, and returns its path.

    It has the gates, dips, best settings, and how far one dial may be turned at each setting of the
    other.
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
    """Returns the gates, and PSNR at the true settings, for a terminal."""
    lines = [
        f"{what}: {figure}, {'met' if met else 'missed'}" for what, figure, met in gates(found)
    ]
    first, second = (dial.name for dial in found.dials)
    heading = "".join(f"{level:>8g}" for level in found.levels[1])
    lines.append(f"{first} \\ {second}".ljust(16) + heading)
    for i, level in enumerate(found.levels[0]):
        cells = [f"{found.psnr[i, j, i, j]:>8.2f}" for j in range(len(found.levels[1]))]
        lines.append(f"{level:<16g}" + "".join(cells))
    return "\n".join(lines)
