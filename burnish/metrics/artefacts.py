"""What is wrong with a restored picture beyond its distance from the clean one.

Each fault is a figure with a neutral value, and a sentence where it passes its limit. "Steps" are
8-bit steps, 1 / 255. Pictures are clipped to [0, 1] and not rounded. For documents paper is 1 and
ink 0, and what is darker than 0.5 is ink.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import Metric
from .documents import Ink, ink_of, on_ink, skeleton
from .pictures import Planes, TooSmall, grey, on_planes

#: the widest grid that is looked for, and the root mean square of 1 from which one is seen
PERIOD, VISIBLE = 8, 1 / 255
#: the side of the blocks in which noise, and a drift of colours, are measured; and the share of the
#: picture that counts as smooth
FINE, COARSE, SMOOTH = 8, 32, 0.25
#: the standard deviation of normally distributed values over their median distance from the median
SPREAD = 1.4826
#: how far from ink paper is paper: the blur of a stroke ends there
MARGIN = 3


@dataclass(frozen=True)
class Artefact(Metric):
    """A metric that is good near `neutral`."""

    #: which figures are better: higher ones, lower ones, or those near `neutral`
    better: Literal["higher", "lower", "near"] = "near"
    #: the figure of a picture that shows nothing of the fault
    neutral: float = 0.0
    #: the lower limit, and what is said of a figure below it, with {figure} open
    low: tuple[float, str] = (-math.inf, "")
    #: the upper limit, and what is said of a figure above it, with {figure} open
    high: tuple[float, str] = (math.inf, "")

    def complaint(self, figure: float) -> str | None:
        """Returns the sentence that names the fault.

        It is None where the figure lies within the limits or is NaN.
        """
        if figure < self.low[0]:
            return self.low[1].format(figure=figure)
        if figure > self.high[0]:
            return self.high[1].format(figure=figure)
        return None


def complaints(figures: Mapping[str, float]) -> list[str]:
    """What figures by name, of one picture or the means of several, say is wrong, in sentences.

    Names that are no artefact's are passed over.
    """
    said = [
        artefact.complaint(figures[name]) for name, artefact in ARTEFACTS.items() if name in figures
    ]
    return [sentence for sentence in said if sentence]


def grid_energy(errors: Sequence[NDArray[np.floating]], period: int) -> float:
    """Returns the power in the lines of the spectrum that a grid of that period has.

    It is the variance of the mean over all cells of all the errors [H, W].
    """
    return float(np.mean([folded(error, period) for error in errors], 0).var())


def folded(error: NDArray[np.floating], period: int) -> NDArray[np.floating]:
    """The mean cell [period, period] of an error [H, W]."""
    height, width = (side // period for side in error.shape)
    cell: NDArray[np.floating] = (
        error[: height * period, : width * period]
        .reshape(height, period, width, period)
        .mean((0, 2))
    )
    return cell


@on_planes
def grid(restored: Planes, clean: Planes) -> float:
    """The share in % of the error's power in the lines of its spectrum with periods 8, 4 and 2.

    These are checkerboard artefacts (Odena et al., Distill 2016). The error is the mean of the
    channels. It is 0 where the grid's root mean square is below one step, and nobody sees it.
    Raises TooSmall for a side below 32.
    """
    error = (restored - clean).mean(0)
    if min(error.shape) < 4 * PERIOD:
        raise TooSmall(
            f"a grid is looked for in pictures of {4 * PERIOD}x{4 * PERIOD} and more, not "
            f"{error.shape[1]}x{error.shape[0]}"
        )
    energy = grid_energy([error], PERIOD)
    return 100 * energy / float(error.var()) if energy > VISIBLE**2 else 0.0


@on_planes
def smoothness(restored: Planes, clean: Planes) -> float:
    """The energy of the gradients in % of the clean picture's, where that has detail.

    Detail is within a pixel of a gradient above its root mean square, and all channels count. It is
    measured there, since elsewhere the noise that is left would make up for the detail that is
    lost; within a pixel, since an edge that has moved is not smooth; and without a grid, which is
    no detail. It is 100 where the clean picture has no gradient.
    """
    energy, whole = _gradient_energy(_without_grid(restored, clean)), _gradient_energy(clean)
    detail = dilated(whole > whole.mean(), 1)
    return float(100 * energy[detail].sum() / whole[detail].sum()) if detail.any() else 100.0


@on_planes
def residual_noise(restored: Planes, clean: Planes) -> float:
    """The sigma, in steps, of the noise in the smoothest quarter of the clean picture's 8x8 blocks.

    It is seen through Immerkaer's mask (CVIU 1996), which is blind to slopes, and from there by the
    median distance from the median, which edges do not move. It is the smaller of two: the noise of
    the error, and what the restored picture has beyond the clean one's own; lost texture is error
    too, but adds nothing. A grid is no noise. It is 0 for a picture with a side below 10, which has
    no such block.
    """
    height, width = (max(0, side - 2) // FINE for side in clean.shape[1:])
    if not height or not width:
        return 0.0
    across, down = (
        clean[:, 1:-1, 2:] - clean[:, 1:-1, :-2],
        clean[:, 2:, 1:-1] - clean[:, :-2, 1:-1],
    )
    activity = _in_blocks((across**2 + down**2).sum(0, keepdims=True), height, width).mean((0, 2))
    smooth = activity <= np.quantile(activity, SMOOTH)
    even = _without_grid(restored, clean)
    error, whole, own = (
        _spread(_in_blocks(_curvature(planes), height, width)[:, smooth])
        for planes in (even - clean, even, clean)
    )
    return 255 / 6 * min(error, math.sqrt(max(0.0, whole**2 - own**2)))


@on_planes
def colour_drift(restored: Planes, clean: Planes) -> float:
    """How far the mean of a channel has moved against the mean of all, in steps; 0 for grey.

    It is the root mean square over 32x32 blocks of the channel that moved most. So a cast over part
    of the picture counts by its area.
    """
    error = restored - clean
    rows, columns = (np.arange(0, side, COARSE) for side in error.shape[1:])
    areas = np.outer(np.diff([*rows, error.shape[1]]), np.diff([*columns, error.shape[2]]))
    means = np.add.reduceat(np.add.reduceat(error, rows, 1), columns, 2) / areas
    drifts = means - means.mean(0)
    return float(255 * np.sqrt(np.max((drifts**2 * areas).sum((1, 2)) / areas.sum())))


@on_planes
def background(restored: Planes, clean: Planes) -> float:
    """How far the paper lies below the clean picture's (which is white), in steps.

    It is the median over places more than 3 pixels from clean ink; 0 without any.
    """
    lost = _lost_on_paper(restored, clean)
    return float(255 * np.median(lost)) if lost.size else 0.0


@on_planes
def background_noise(restored: Planes, clean: Planes) -> float:
    """The standard deviation of the error on the same paper, in steps."""
    lost = _lost_on_paper(restored, clean)
    return float(255 * lost.std()) if lost.size else 0.0


@on_ink
def stroke_thickness(result: Ink, truth: Ink) -> float:
    """The mean width of strokes, ink over the length of its skeleton, in % of the clean picture's.

    Ink farther than 3 pixels from clean ink is dirt.

    100 where the clean picture has no ink, 0 where only the restored one has none. MissingExtra
    without scikit-image.
    """
    if not truth.any():
        return 100.0
    strokes = result & dilated(truth, MARGIN)
    return 100 * _width(strokes) / _width(truth) if strokes.any() else 0.0


@on_ink
def broken_lines(result: Ink, truth: Ink) -> float:
    """The share in % of the clean ink's skeleton that the restored ink does not cover.

    The restored ink is dilated by a pixel. It is 0 without ink. Raises MissingExtra without
    scikit-image.
    """
    if not truth.any():
        return 0.0
    return float(100 * np.mean(~dilated(result, 1)[skeleton(truth)]))


def dilated(ink: Ink, pixels: int) -> Ink:
    """The ink and all within so many pixels of it, corners included. [H, W]"""
    for axis in (0, 1):
        padded = np.pad(ink, [(pixels, pixels) if a == axis else (0, 0) for a in (0, 1)])
        ink = np.any(
            np.lib.stride_tricks.sliding_window_view(padded, 2 * pixels + 1, axis), axis=-1
        )
    return ink


def _without_grid(restored: Planes, clean: Planes) -> Planes:
    """The restored picture less the mean 8x8 cell of its error; as it is where it has not one such
    cell.

    [C, H, W]
    """
    _, height, width = clean.shape
    if min(height, width) < PERIOD:
        return restored
    rows, columns = np.arange(height) % PERIOD, np.arange(width) % PERIOD
    return restored - np.stack(
        [folded(plane, PERIOD)[np.ix_(rows, columns)] for plane in restored - clean]
    )


def _gradient_energy(planes: Planes) -> Planes:
    """The squared forward differences, both ways, summed over the channels. [C, H, W] -> [H, W]"""
    down, across = (
        np.diff(planes, axis=1, append=planes[:, -1:]),
        np.diff(planes, axis=2, append=planes[:, :, -1:]),
    )
    energy: Planes = (down**2 + across**2).sum(0)
    return energy


def _curvature(planes: Planes) -> Planes:
    """1 -2 1 both ways, which makes noise six times as large. [C, H, W] -> [C, H - 2, W - 2]"""
    return np.diff(np.diff(planes, 2, 1), 2, 2)


def _spread(values: Planes) -> float:
    """The standard deviation of normally distributed values, whatever fewer than half of them do
    otherwise.
    """
    return float(SPREAD * np.median(np.abs(values - np.median(values))))


def _in_blocks(planes: Planes, height: int, width: int) -> Planes:
    """The first so many 8x8 blocks. [C, H, W] -> [C, height width, 64]"""
    blocks = planes[:, : height * FINE, : width * FINE].reshape(
        len(planes), height, FINE, width, FINE
    )
    return blocks.transpose(0, 1, 3, 2, 4).reshape(len(planes), height * width, FINE * FINE)


def _lost_on_paper(restored: Planes, clean: Planes) -> Planes:
    """By how much the paper away from ink came out darker. [N]"""
    lost: Planes = (grey(clean) - grey(restored))[~dilated(ink_of(clean), MARGIN)]
    return lost


def _width(ink: Ink) -> float:
    """Some ink's area over the length of its skeleton, in pixels."""
    return np.count_nonzero(ink) / np.count_nonzero(skeleton(ink))


#: what may be wrong, by name
ARTEFACTS = {
    "grid": Artefact(
        "grid",
        "grid[{planes}, % of the error's power at periods 8 4 2, crop {crop}]",
        grid,
        1,
        high=(10, "checkered: a grid of 8 pixels or less makes up {figure:.0f} % of its error"),
    ),
    "smoothness": Artefact(
        "smoothness",
        "gradient energy[{planes}, % of the clean picture's where that has detail, crop {crop}]",
        smoothness,
        1,
        neutral=100,
        low=(70, "over-smoothed: its gradients have {figure:.0f} % of the clean picture's energy"),
        high=(140, "rough: its gradients have {figure:.0f} % of the clean picture's energy"),
    ),
    "residual-noise": Artefact(
        "residual-noise",
        "noise left[{planes}, sigma in 8-bit steps, smoothest quarter, crop {crop}]",
        residual_noise,
        2,
        high=(
            2,
            "noisy: noise of {figure:.1f} 8-bit steps is left where the clean picture is smooth",
        ),
    ),
    "colour-drift": Artefact(
        "colour-drift",
        "colour drift[{planes}, 8-bit steps, over 32x32, crop {crop}]",
        colour_drift,
        2,
        high=(
            2,
            "its colours drift: a channel lies {figure:.1f} 8-bit steps off against the others",
        ),
    ),
    "background": Artefact(
        "background",
        "grey paper[8-bit steps below the clean picture's, crop {crop}]",
        background,
        1,
        high=(
            8,
            "grey background: its paper is {figure:.0f} 8-bit steps darker than the clean "
            "picture's",
        ),
    ),
    "background-noise": Artefact(
        "background-noise",
        "dirty paper[sigma in 8-bit steps, crop {crop}]",
        background_noise,
        1,
        high=(5, "dirty background: its paper varies by {figure:.0f} 8-bit steps"),
    ),
    "stroke-thickness": Artefact(
        "stroke-thickness",
        "stroke width[% of the clean picture's, ink below 0.5 of grey, crop {crop}]",
        stroke_thickness,
        1,
        neutral=100,
        low=(75, "thin strokes: they are {figure:.0f} % as wide as the clean picture's"),
        high=(130, "bold strokes: they are {figure:.0f} % as wide as the clean picture's"),
    ),
    "broken-lines": Artefact(
        "broken-lines",
        "lines lost[% of the clean ink's skeleton, ink below 0.5 of grey, crop {crop}]",
        broken_lines,
        1,
        high=(5, "broken lines: {figure:.0f} % of the clean picture's strokes are missing"),
    ),
}
#: which of them to ask of any picture, and which of documents beside
OF_PICTURES = ("grid", "smoothness", "residual-noise", "colour-drift")
OF_DOCUMENTS = ("background", "background-noise", "stroke-thickness", "broken-lines")
