"""How a network's filters move along its dial, layer by layer.

`burnish plot` draws it of a model file.
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

#: settings along the dial
SETTINGS = 17
#: layers that get a curve of their own
LAYERS = 14


def convolved(restorer: Restorer) -> list[tuple[str, Tensor]]:
    """Returns (name, weight [out, in, h, w]) of every convolution."""
    found = []
    for name, layer in restorer.net.named_modules():
        if isinstance(layer, CONVOLUTIONS):
            weight: Tensor = layer.weight.detach()
            transposed = isinstance(layer, torch.nn.ConvTranspose2d)
            found.append((name, weight.transpose(0, 1) if transposed else weight))
    return found


def mosaic(weight: Tensor, shown: int = 16) -> Any:
    """Returns the first filters of [out, in, h, w] as a picture [H, W], grey 0.5 for 0.

    There is a row for each, or a column where that is wider.
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
    """Returns, by convolution, how far its filters move with the first dial.

    They are points (setting, distance from where the filters are in the middle of the dial, over
    their size there); the other dials stand at their defaults. Raises DialError where there is no
    dial, or the network is no row of convolutions at one setting.
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
    """Draws curves of the layers that move, and filters of the first and the last of them.

    Where there are many layers, some are shown, evenly. Beside the filters stands what they differ
    at both ends of the dial.
    """
    restorer = Restorer.load(model)
    dial = _dial(restorer)
    settings = np.linspace(dial.low, dial.high, SETTINGS).tolist()
    curves = {
        name: points
        for name, points in moved(restorer, settings).items()
        if max(distance for _, distance in points) > 1e-6
    }
    rows = []

    # curves of some layers
    shown = list(curves)[:: max(1, -(-len(curves) // LAYERS))]
    if shown:
        drawn = {name: [curves[name]] for name in shown}
        words = "distance of the filters from those in the middle, over their size"
        rows.append([Cell(lines(drawn, dial.name, words))])

    # filters of the first and the last one: in the middle, and what differs at both ends
    middle = (dial.low + dial.high) / 2
    at = {
        setting: dict(convolved(restorer.fold(**{dial.name: setting})))
        for setting in (dial.low, middle, dial.high)
    }
    names = list(curves or at[middle])
    for name in dict.fromkeys((names[0], names[-1])):
        still = at[middle][name]
        row = [Cell(mosaic(still), f"filters of {name}, {dial.name} {middle:g}")]
        for end in (dial.low, dial.high):
            words = f"what they differ at {end:g}, on a scale of its own"
            row.append(Cell(mosaic(at[end][name] - still), words))
        rows.append(row)
    return sheet(rows, output, 700)
