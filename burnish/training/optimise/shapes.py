"""Shapes of the learning rate over a run: the share of the highest rate at a time, of a total.

Time is counted in steps or in epochs. Names and arguments are those of `torch.optim.lr_scheduler`,
with closed forms in place of its running products, but for the rates themselves: `lowest` (there
eta_min, base_lr, min_lr) is a share of `optimizer.args.lr`, which is the highest rate. Only the
learning rate moves: momentum is not cycled.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ..parts.strict import key


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from 1 to `lowest` over the whole run."""

    lowest: float = key(0.0, doc="share of the highest rate at the end", low=0, high=1)

    def share(self, time: int, total: int) -> float:
        return _between(self.lowest, 0.5 * (1 + math.cos(math.pi * min(time / total, 1.0))))


@dataclass(frozen=True)
class Constant:
    """The highest rate throughout."""

    def share(self, time: int, total: int) -> float:
        return 1.0


@dataclass(frozen=True)
class Linear:
    """A straight line from 1 to `lowest` over the whole run."""

    lowest: float = key(0.0, doc="share of the highest rate at the end", low=0, high=1)

    def share(self, time: int, total: int) -> float:
        return _between(self.lowest, 1 - min(time / total, 1.0))


@dataclass(frozen=True)
class StepLR:
    """Times gamma every `step_size`."""

    step_size: int = key(doc="steps (or epochs) between two falls", low=1)
    gamma: float = key(0.1, doc="what the rate is multiplied by", low=0, high=1)

    def share(self, time: int, total: int) -> float:
        return float(self.gamma ** (time // self.step_size))


@dataclass(frozen=True)
class MultiStepLR:
    """Times gamma at every milestone."""

    milestones: tuple[int, ...] = key(doc="steps (or epochs) at which the rate falls", low=0)
    gamma: float = key(0.1, doc="what the rate is multiplied by", low=0, high=1)

    def share(self, time: int, total: int) -> float:
        return float(self.gamma ** bisect_right(sorted(self.milestones), time))


@dataclass(frozen=True)
class ExponentialLR:
    """Times gamma at every step (or epoch)."""

    gamma: float = key(doc="what the rate is multiplied by", low=0, high=1)

    def share(self, time: int, total: int) -> float:
        return float(self.gamma**time)


@dataclass(frozen=True)
class CyclicLR:
    """Up from `lowest` to 1 and down again, over and over (Smith, WACV 2017).

    `triangular2` halves every cycle, `exp_range` shrinks by gamma at every step.
    """

    lowest: float = key(doc="share of the highest rate where a cycle begins", low=0, high=1)
    step_size_up: int = key(2000, doc="steps (or epochs) up", low=1)
    step_size_down: int | None = key(None, doc="and down; without it, as many as up", low=1)
    mode: Literal["triangular", "triangular2", "exp_range"] = key(
        "triangular", doc="whether the cycles shrink"
    )
    gamma: float = key(1.0, doc="of exp_range", low=0, high=1)

    def share(self, time: int, total: int) -> float:
        down = self.step_size_down or self.step_size_up
        cycle, place = divmod(time, self.step_size_up + down)
        height = (
            place / self.step_size_up
            if place <= self.step_size_up
            else (self.step_size_up + down - place) / down
        )
        shrink = {"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": self.gamma**time}[
            self.mode
        ]
        return _between(self.lowest, height * shrink)


@dataclass(frozen=True)
class CosineAnnealingWarmRestarts:
    """Half a cosine from 1 to `lowest`, begun anew after T_0, then after T_0 T_mult, and so on.

    The source is Loshchilov and Hutter (ICLR 2017).
    """

    T_0: int = key(doc="steps (or epochs) to the first restart", low=1)
    T_mult: int = key(1, doc="how many times longer each stretch is than the one before", low=1)
    lowest: float = key(0.0, doc="share of the highest rate before a restart", low=0, high=1)

    def share(self, time: int, total: int) -> float:
        length = self.T_0
        if self.T_mult == 1:
            time %= length
        while time >= length:
            time = time - length
            length = length * self.T_mult
        return _between(self.lowest, 0.5 * (1 + math.cos(math.pi * time / length)))


@dataclass(frozen=True)
class OneCycleLR:
    """Up from 1 / div_factor to 1, and down to 1 / (div_factor final_div_factor) over the run.

    The source is Smith and Topin (2018). It warms up by itself, so that warmup is 0.
    """

    pct_start: float = key(
        0.3, doc="share of the run in which the rate rises", low=1e-6, high=0.999999
    )
    anneal_strategy: Literal["cos", "linear"] = key("cos", doc="half cosines or straight lines")
    div_factor: float = key(25.0, doc="how many times lower than the highest rate it begins", low=1)
    final_div_factor: float = key(1e4, doc="how many times lower than there it ends", low=1)
    three_phase: bool = key(
        False, doc="down to the first rate as long as up, and only then to the last"
    )

    def share(self, time: int, total: int) -> float:
        first = 1 / self.div_factor
        last = first / self.final_div_factor
        top = self.pct_start * total - 1
        points = [
            (0.0, first),
            (top, 1.0),
            *([(2 * top, first)] if self.three_phase else []),
            (total - 1.0, last),
        ]
        for (begin, start), (end, stop) in pairwise(points):
            if time <= end:
                done = (time - begin) / (end - begin) if end > begin else 1.0
                return start + (stop - start) * (
                    done
                    if self.anneal_strategy == "linear"
                    else 0.5 * (1 - math.cos(math.pi * done))
                )
        return last


@dataclass(frozen=True)
class ReduceLROnPlateau:
    """The rate falls by `factor` where validation no longer becomes better.

    That is so after more than `patience` measurements in a row without a better one.
    """

    mode: Literal["max", "min"] = key(
        "max", doc="max where a higher figure is better, such as PSNR; min for a loss"
    )
    factor: float = key(0.1, doc="what the rate is multiplied by", low=0, high=0.999999)
    patience: int = key(10, doc="measurements without a better one that are borne", low=0)
    threshold: float = key(1e-4, doc="by how much better counts as better", low=0)
    threshold_mode: Literal["rel", "abs"] = key(
        "rel", doc="rel: a share of the best figure; abs: in the figure's unit"
    )
    cooldown: int = key(0, doc="measurements after a fall that do not count", low=0)
    lowest: float = key(
        0.0, doc="share of the highest rate below which it does not go", low=0, high=1
    )

    def after(self, before: Plateau, figure: float) -> Plateau:
        """The state after one more measurement."""
        better = self._better(figure, before.best)
        best, bad = (figure, 0) if better else (before.best, before.bad + 1)
        # Measurements right after a fall do not count against the next one.
        bad, cooldown = (0, before.cooldown - 1) if before.cooldown else (bad, 0)
        if bad <= self.patience:
            return Plateau(before.share, best, bad, cooldown)
        return Plateau(max(before.share * self.factor, self.lowest), best, 0, self.cooldown)

    def _better(self, figure: float, best: float | None) -> bool:
        if best is None:
            return not math.isnan(figure)
        sign = 1 if self.mode == "max" else -1
        bar = (
            best * (1 + sign * self.threshold)
            if self.threshold_mode == "rel"
            else best + sign * self.threshold
        )
        return sign * figure > sign * bar


@dataclass(frozen=True)
class Plateau:
    """What ReduceLROnPlateau remembers."""

    #: the share of the highest rate now
    share: float = 1.0
    #: the best figure so far; None before the first
    best: float | None = None
    #: measurements since the best one
    bad: int = 0
    #: measurements that still do not count
    cooldown: int = 0


def _between(lowest: float, height: float) -> float:
    return lowest + (1 - lowest) * height
