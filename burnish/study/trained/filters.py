"""How a network's filters move along its dial, layer by layer: what `burnish plot` draws of a model
file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...contract import Dial
from ...errors import DialError
from ...report.plot import lines
from ...report.sheet import Cell, sheet
from ...training.networks.dials.places import CONVOLUTIONS
from ...training.networks.restorer import Restorer

#: settings along the dial, and layers that get a curve of their own
SETTINGS, LAYERS = 17, 14


def convolved(restorer: Restorer) -> list[tuple[str, Tensor]]:
    """(name, weight [out, in, h, w]) of every convolution."""
    found: list[tuple[str, Any]] = [
        (name, layer)
        for name, layer in restorer.net.named_modules()
        if isinstance(layer, CONVOLUTIONS)
    ]
    return [
        (
            name,
            (
                layer.weight.transpose(0, 1)
                if isinstance(layer, torch.nn.ConvTranspose2d)
                else layer.weight
            ).detach(),
        )
        for name, layer in found
    ]


def mosaic(weight: Tensor, shown: int = 16) -> Any:
    """The first filters of [out, in, h, w], a row for each, or a column where that is wider, grey
    0.5 for 0.

    [H, W]
    """
    some = weight[:shown, :shown].numpy()
    if some.shape[0] > some.shape[1]:
        some = some.swapaxes(0, 1)
    height, width = some.shape[2] + 1, some.shape[3] + 1
    canvas = np.ones((some.shape[0] * height + 1, some.shape[1] * width + 1), np.float32)
    scale = max(float(np.abs(some).max()), 1e-12)
    for i, filters in enumerate(some):
        for j, one in enumerate(filters):
            canvas[i * height + 1 : (i + 1) * height, j * width + 1 : (j + 1) * width] = (
                0.5 + 0.5 * one / scale
            )
    return canvas


def moved(restorer: Restorer, settings: list[float]) -> dict[str, list[tuple[float, float]]]:
    """By convolution, (setting, how far its filters are from where they are in the middle of the
    first dial, over their size there); the other dials at their defaults.

    DialError where there is no dial, or the network is no row of convolutions at one setting.
    """
    dial = _dial(restorer)
    middle = dict(convolved(restorer.fold(**{dial.name: (dial.low + dial.high) / 2})))
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in middle}
    for setting in settings:
        for name, weight in convolved(restorer.fold(**{dial.name: setting})):
            distance = (weight - middle[name]).norm() / middle[name].norm().clamp(min=1e-12)
            curves[name].append((setting, float(distance)))
    return curves


def _dial(restorer: Restorer) -> Dial:
    if not restorer.contract.dials:
        raise DialError("this model has no dial, so its filters stand still")
    return restorer.contract.dials[0]


def draw(model: Path, output: Path) -> Path:
    """Curves of the layers that move (some, evenly, where there are many); of the first and the
    last of them the filters, and what differs at both ends.
    """
    restorer = Restorer.load(model)
    dial = _dial(restorer)
    settings = np.linspace(dial.low, dial.high, SETTINGS).tolist()
    curves = {
        name: points
        for name, points in moved(restorer, settings).items()
        if max(distance for _, distance in points) > 1e-6
    }
    shown = list(curves)[:: max(1, -(-len(curves) // LAYERS))]
    rows, ends = [], (dial.low, (dial.low + dial.high) / 2, dial.high)
    if shown:
        rows.append(
            [
                Cell(
                    lines(
                        {name: [curves[name]] for name in shown},
                        dial.name,
                        "distance of the filters from those in the middle, over their size",
                    )
                )
            ]
        )
    at = [dict(convolved(restorer.fold(**{dial.name: setting}))) for setting in ends]
    for name in dict.fromkeys(list(curves or at[0])[place] for place in (0, -1)):
        low, middle, high = (one[name] for one in at)
        rows.append([Cell(mosaic(middle), f"filters of {name}, {dial.name} {ends[1]:g}")])
        rows[-1] += [
            Cell(mosaic(end - middle), f"what they differ at {setting:g}, on a scale of its own")
            for end, setting in ((low, ends[0]), (high, ends[2]))
        ]
    return sheet(rows, output, 700)
