"""Plots: the curves of training runs laid over each other, bars, points and lines.

This is the one file that uses matplotlib, which it imports when it is asked to draw.
"""

from __future__ import annotations

import base64
import html
import io
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, MissingExtra, UsageError
from ..ground.files import atomic_write
from .curves import CURVES, read_lines

#: the curves that are drawn where nothing is said: those whose names hold one of these words
USUAL = ("loss", "psnr", "ssim", "learning_rate", "steps_a_second", "waiting_for_data")
#: the steps, and the value at each
Series = tuple[list[int], list[float]]
COLOURS = ("#2563a8", "#c2452d", "#3a8f4d", "#8a5aa8", "#b8860b", "#1a8f9c", "#7a5440", "#666666")
DASHES: tuple[Any, ...] = (
    "-",
    "--",
    ":",
    "-.",
    (0, (6, 1, 1, 1, 1, 1)),
    (0, (8, 3)),
    (0, (1, 3)),
    (0, (3, 1, 3, 4)),
)


@dataclass(frozen=True)
class RunCurves:
    """The curves of one run."""

    #: what it is called in plots
    name: str
    #: its curves, by their names
    curves: Mapping[str, Series]


def read_run(place: Path) -> RunCurves:
    """Reads the curves of a run. place: its folder, or its metrics.jsonl.

    DataError where there are none.
    """
    file = place / CURVES if place.is_dir() else place
    if not file.is_file():
        raise DataError(
            f"{file}: no such file; `burnish plot` wants the folder of a run, which training "
            "makes, as runs/photo"
        )
    curves: dict[str, Series] = {}
    for record in read_lines(file):
        step = record.pop("step")
        for name, value in record.items():
            steps, values = curves.setdefault(name, ([], []))
            steps.append(step)
            values.append(math.nan if value is None else float(value))
    if not curves:
        raise DataError(f"{file}: there are no curves in it yet")
    return RunCurves(place.name if place.is_dir() else place.parent.name, curves)


def smoothed(values: Sequence[float], amount: float) -> list[float]:
    """The running mean in which each value counts `amount` times as much as the one after it.

    It starts unbiased, and steps over what is not a number.
    """
    result = []
    total = 0.0
    weight = 0.0
    for value in values:
        if math.isfinite(value):
            total = amount * total + (1 - amount) * value
            weight = amount * weight + (1 - amount)
        result.append(total / weight if weight else math.nan)
    return result


def panel_of(name: str) -> str:
    """The panel that a curve is drawn in: one for all of a loss, and one for a table's levels."""
    name = name.removeprefix("validation ") if name.startswith("validation loss") else name
    return name.split("/")[0]


def chosen(runs: Sequence[RunCurves], what: Sequence[str]) -> dict[str, list[str]]:
    """The curves that are drawn, panel by panel, in the order of the words.

    what: words that the names of curves hold; without them, USUAL. UsageError where a word fits
    none.
    """
    names = list(dict.fromkeys(name for run in runs for name in run.curves))
    for word in what:
        if not any(word.lower() in name.lower() for name in names):
            known = ", ".join(dict.fromkeys(panel_of(name) for name in names))
            raise UsageError(f"--what {word}: no curve is called like that; there is {known}")

    words = [word.lower() for word in what or USUAL]

    def place_of(name: str) -> int:
        """The number of the first word that the name holds; that of all words for none."""
        fits = (i for i, word in enumerate(words) if word in name.lower())
        return next(fits, len(words))

    panels: dict[str, list[str]] = {}
    for name in sorted(names, key=place_of):
        unasked = not what and name.startswith("gradient norm")
        if place_of(name) < len(words) and not unasked:
            panels.setdefault(panel_of(name), []).append(name)
    return panels


def plot_runs(
    places: Sequence[Path], output: Path, *, smooth: float = 0.9, what: Sequence[str] = ()
) -> None:
    """Draws the curves of several runs over each other.

    places: the folders of the runs.
    output: a .png; or an .html page with the picture, and a table of where the curves end.
    smooth: from 0 to below 1. What was measured shows pale behind the smoothed curve; validation
    figures are drawn as they are.
    what: words that the names of curves hold; without them, the usual ones.

    Raises UsageError, DataError.
    """
    if not 0 <= smooth < 1:
        raise UsageError(f"--smooth {smooth:g} is out of range: from 0 (as measured) to below 1")
    if output.suffix.lower() not in (".png", ".html"):
        raise UsageError(f"{output}: curves are written as .png or .html")

    # The runs, by names that tell them apart.
    read = [read_run(place) for place in places]
    names = _told_apart([run.name for run in read], places)
    runs = [RunCurves(name, run.curves) for name, run in zip(names, read, strict=True)]

    # The picture, and the page around it.
    panels = chosen(runs, what)
    content = _png(_drawn(runs, panels, smooth))
    if output.suffix.lower() == ".html":
        content = _page(runs, panels, content).encode()
    atomic_write(output, content)


def _drawn(runs: Sequence[RunCurves], panels: Mapping[str, Sequence[str]], smooth: float) -> Any:
    """The figure of all panels, in one column or two."""
    columns = 1 if len(panels) == 1 else 2
    rows = max(1, math.ceil(len(panels) / columns))
    figure = _figure(7.5 * columns, 3.7 * rows)
    for place, (panel, names) in enumerate(panels.items()):
        axes = figure.add_subplot(rows, columns, place + 1)
        _panel(axes, runs, names, smooth)
        axes.set_title(panel.replace("_", " "), fontsize=11, loc="left")
        axes.set_xlabel("step", fontsize=9)
    return figure


def _panel(axes: Any, runs: Sequence[RunCurves], names: Sequence[str], smooth: float) -> None:
    """Draws the curves of one panel.

    With one run a colour is a curve; with several a colour is a run, and dashes tell its curves
    apart.
    """
    drawn: list[float] = []
    lines = 0
    for i, run in enumerate(runs):
        for j, name in enumerate(names):
            if name not in run.curves:
                continue
            steps, values = run.curves[name]
            drawn += values
            dense = len(steps) > 30 and not name.startswith("validation")
            colour = COLOURS[(j if len(runs) == 1 else i) % len(COLOURS)]
            dash = "-" if len(runs) == 1 else DASHES[j % len(DASHES)]
            label = _label(run.name if len(runs) > 1 else "", name, single=len(names) == 1)
            if dense and smooth:
                axes.plot(steps, values, color=colour, alpha=0.2, linewidth=0.8)
            shown = smoothed(values, smooth) if dense else values
            axes.plot(
                steps,
                shown,
                linestyle=dash,
                color=colour,
                linewidth=1.6,
                label=label,
                marker="o" if len(steps) < 15 else None,
                markersize=3,
            )
            lines += 1
    if _spread(drawn) > 30:
        axes.set_yscale("log")
    _plain(axes)
    if lines > 1 or (lines and len(runs) > 1):
        # Many curves leave no room for their names among them.
        beside: dict[str, Any] = {}
        if lines > 3:
            beside = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}
        axes.legend(fontsize=8, frameon=False, handlelength=3, **beside)


def _label(run: str, name: str, *, single: bool) -> str:
    """What a curve is called in the legend. single: whether its panel has no other."""
    inner = name.partition("/")[2] or name
    if name.startswith("validation "):
        inner = f"validation {inner}" if "/" in name else name
    return run if run and single else f"{run} {inner}".strip()


def _spread(values: Sequence[float]) -> float:
    """The largest over the smallest; 1 where they are not all above 0."""
    finite = [value for value in values if math.isfinite(value)]
    return max(finite) / min(finite) if finite and min(finite) > 0 else 1.0


def _page(runs: Sequence[RunCurves], panels: Mapping[str, Sequence[str]], picture: bytes) -> str:
    """The page with the picture, and a table of where the curves end."""
    head = "".join(f"<th>{html.escape(run.name)}</th>" for run in runs)
    body = ""
    for name in (name for inner in panels.values() for name in inner):
        cells = "".join(f"<td>{_last(run, name)}</td>" for run in runs)
        body += f"<tr><td>{html.escape(name)}</td>{cells}</tr>"
    style = (
        "body{font:15px sans-serif;margin:2em "
        "auto;max-width:80em}img{max-width:100%}td,th{padding:.2em "
        "1em;text-align:right}td:first-child{text-align:left}"
    )
    title = html.escape(", ".join(run.name for run in runs))
    return (
        "<!doctype html><html lang=en><meta "
        f"charset=utf-8><title>{title}</title><style>{style}</style><h1>{title}</h1>"
        f'<img alt="curves" src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
        f"<h2>Where they end</h2><table><tr><th></th>{head}</tr>{body}</table></html>"
    )


def _last(run: RunCurves, name: str) -> str:
    """The last value of a curve and its step; empty where the run has no such curve."""
    if name not in run.curves:
        return ""
    steps, values = run.curves[name]
    return f"{values[-1]:.4g} at {steps[-1]}"


def bars(values: Mapping[str, float], title: str) -> NDArray[np.uint8]:
    """Draws one bar for each name, in order, on a logarithmic axis. Returns [H, W, 3] in 8 bits."""
    figure = _figure(max(6.0, 0.16 * len(values)), 4.5)
    axes = figure.add_subplot(1, 1, 1)
    axes.bar(range(len(values)), [max(value, 1e-12) for value in values.values()], color=COLOURS[0])
    axes.set_yscale("log")
    axes.set_xticks(
        range(len(values)),
        [name.removeprefix("net.").removesuffix(".weight") for name in values],
        rotation=90,
        fontsize=6,
    )
    axes.set_title(title, fontsize=10, loc="left")
    axes.grid(True, axis="y", alpha=0.3)
    return _pixels(figure)


def plot_sweep(
    rates: Sequence[float],
    losses: Sequence[float],
    smooth: Sequence[float],
    suggestion: float | None,
    output: Path,
) -> None:
    """Draws the loss over learning rates, and the rate that is suggested, as .png.

    losses: as they were measured. smooth: the same, smoothed.
    """
    figure = _figure(8, 4.5)
    axes = figure.add_subplot(1, 1, 1)
    axes.plot(rates, losses, color=COLOURS[0], alpha=0.25, label="as measured")
    axes.plot(rates, smooth, color=COLOURS[0], label="smoothed")
    if suggestion is not None:
        axes.axvline(suggestion, color=COLOURS[1], linestyle="--", label=f"{suggestion:.1e}")
    axes.set_xscale("log")
    # The axis ends at the highest loss before the lowest: what breaks later would flatten the rest.
    low = min([*losses, *smooth])
    high = max(smooth[: smooth.index(min(smooth)) + 1])
    margin = 0.08 * (high - low) or 1.0
    axes.set_ylim(low - margin, high + margin)
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.grid(True, alpha=0.3)
    axes.legend(frameon=False)
    atomic_write(output, _png(figure))


def scatter(
    points: Mapping[str, tuple[float, float]], marked: Sequence[str], x: str, y: str
) -> NDArray[np.uint8]:
    """Draws named points. Returns [H, W, 3] in 8 bits.

    points: (x, y) by names. marked: the names of those that are filled, and joined from left to
    right. x, y: what the axes are called.
    """
    figure = _figure(9, 5)
    axes = figure.add_subplot(1, 1, 1)
    path = sorted(points[name] for name in marked)
    axes.plot([a for a, _ in path], [b for _, b in path], color=COLOURS[0], alpha=0.4)
    for name, (a, b) in points.items():
        inside = COLOURS[0] if name in marked else "white"
        axes.plot([a], [b], "o", color=COLOURS[0], markerfacecolor=inside)
        axes.annotate(name, (a, b), textcoords="offset points", xytext=(6, 4), fontsize=8)
    if _spread([a for a, _ in points.values()]) > 10:
        axes.set_xscale("log")
    axes.margins(x=0.12)
    _labelled(axes, x, y)
    return _pixels(figure)


def lines(
    several: Mapping[str, Sequence[Sequence[Sequence[float]]]], x: str, y: str
) -> NDArray[np.uint8]:
    """Draws some curves of (x, y) for each name, all of one colour. Returns [H, W, 3] in 8 bits.

    x, y: what the axes are called.
    """
    figure = _figure(9, 5)
    axes = figure.add_subplot(1, 1, 1)
    for i, (name, curves) in enumerate(several.items()):
        for j, curve in enumerate(curves):
            style: dict[str, Any] = {
                "color": COLOURS[i % len(COLOURS)],
                "linestyle": DASHES[i // len(COLOURS) % len(DASHES)],
            }
            axes.plot(
                [point[0] for point in curve],
                [point[1] for point in curve],
                label=None if j else name,
                alpha=0.9,
                linewidth=1.3,
                **style,
            )
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    _labelled(axes, x, y)
    return _pixels(figure)


def _labelled(axes: Any, x: str, y: str) -> None:
    """Names the axes, and makes them plain."""
    axes.set_xlabel(x, fontsize=9)
    # A definition may be longer than the axis.
    axes.set_ylabel("\n".join(textwrap.wrap(y, 60)), fontsize=9)
    _plain(axes)


def _plain(axes: Any) -> None:
    """Gives the axes a pale grid and small figures, and takes away the frame."""
    axes.grid(True, alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _figure(width: float, height: float) -> Any:
    """An empty figure of so many inches; no window is opened.

    MissingExtra where matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra(
            f"plots want matplotlib, and it is not installed ({error}); pip install "
            "'burnish[train]' brings it"
        ) from error
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _pixels(figure: Any) -> NDArray[np.uint8]:
    figure.canvas.draw()
    return np.array(figure.canvas.buffer_rgba())[:, :, :3]


def _told_apart(names: Sequence[str], places: Sequence[Path]) -> list[str]:
    """The names of runs, or their paths where two have one name."""
    return list(names) if len(set(names)) == len(names) else [str(place) for place in places]
