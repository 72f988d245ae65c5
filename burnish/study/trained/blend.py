"""What `burnish blend` does: finished networks with a mix dial between them.

DNI: Wang et al., CVPR 2019. Or it makes the one network at a fixed place between two (Wortsman et
al., "Model soups", ICML 2022). It also says whether they are relatives at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...contract import Dial
from ...errors import ModelMismatch, UsageError
from ...report.plot import lines
from ...report.sheet import Cell, sheet
from ...training.networks.dials.blend import Blend
from ...training.networks.restorer import Restorer
from ...training.parts.build import Spec
from .filters import convolved, mosaic

#: filters of networks of one parent are more alike than this in the mean, 0.76 where they are least
#: alike in the paper (noise 20 and 60, last layer); those of two that were trained apart are not
#: alike at all
RELATED = 0.5


@dataclass(frozen=True)
class Kinship:
    """How alike the filters of two networks are."""

    #: name of each convolution -> mean correlation of its filters, -1 to 1
    layers: Mapping[str, float]

    @property
    def mean(self) -> float:
        """The mean over the layers."""
        return float(np.mean(list(self.layers.values())))

    def to_text(self) -> str:
        """Returns a table for a terminal."""
        width = max(map(len, self.layers))
        lines = [f"{name:<{width}}  {value:6.3f}" for name, value in self.layers.items()]
        return "\n".join([*lines, f"{'mean':<{width}}  {self.mean:6.3f}"])


def kinship(one: Restorer, other: Restorer) -> Kinship:
    """Returns Pearson's correlation of filters at the same place (DNI, section 3.1).

    Raises ModelMismatch where the networks are not built alike.
    """
    if one.spec != other.spec or one.contract.dials != other.contract.dials:
        raise ModelMismatch(
            f"the networks are not built alike: {one.spec.use} {dict(one.spec.args)} and "
            f"{other.spec.use} {dict(other.spec.args)}"
        )
    pairs = zip(convolved(one), convolved(other), strict=True)
    return Kinship({name: _correlation(a, b) for (name, a), (_, b) in pairs})


def blend(files: Sequence[Path]) -> tuple[Restorer, list[Kinship]]:
    """Returns a Restorer with the dial "mix", and how the networks are related to the first.

    Where there are more than two files the dials are mix1, mix2, ... At mix 0 it is the first
    network, at 1 the second. Raises ModelMismatch, with the correlation, where they do not share a
    parent: between such there is nothing.
    """
    networks, found = _relatives(files)
    first = networks[0]
    if first.contract.dials:
        raise UsageError(
            f"{files[0]}: a network with a dial of its own gets no mix dial beside it; --at MIX "
            "makes the one network there"
        )
    names = ["mix"] if len(files) == 2 else [f"mix{i}" for i in range(1, len(files))]
    dials = tuple(
        Dial(name, 0, 1, 0, f"0 for {files[0].stem} to 1 for {file.stem}")
        for name, file in zip(names, files[1:], strict=True)
    )
    result = Restorer(Spec("Blend", {"base": first.spec, "corners": len(files)}), dials)
    assert isinstance(result.net, Blend)
    for corner, network in enumerate(networks):
        result.net.take(corner, network.net.state_dict())
    stems = ", ".join(file.stem for file in files)
    task = f"blend of {stems}: {first.card.get('task', 'no card')}"
    result.card = {**first.card, "task": task, "quality": {}}
    return result.eval(), found


def between(files: Sequence[Path], at: float) -> tuple[Restorer, list[Kinship]]:
    """Returns the network at a place between two, and how these are related.

    Every weight is (1 - at) of the first file's and at of the second's; it has the dials that they
    have, and its card says of both how they were trained. Raises UsageError for another number of
    files, ModelMismatch as `blend` does.
    """
    if len(files) != 2:
        raise UsageError(
            "--at is for two networks; fold a blend of more with burnish export --at "
            "mix1=0.2,mix2=0.3"
        )
    (first, second), found = _relatives(files)
    state = first.net.state_dict()
    other = second.net.state_dict()
    mixed = {
        name: torch.lerp(value, other[name], at) if value.is_floating_point() else value
        for name, value in state.items()
    }
    first.net.load_state_dict(mixed)
    first.card = _card_between(first.card, second.card, at)
    return first.eval(), found


def _card_between(first: Mapping[str, Any], second: Mapping[str, Any], at: float) -> dict[str, Any]:
    """The first one's card without what was measured of it, and how both were trained."""
    measured = ("quality", "validation", "dial", "speed")
    card = {key: value for key, value in first.items() if key not in measured}
    one = first.get("training", {})
    two = second.get("training", {})
    trained = {key: one.get(key, 0) + two.get(key, 0) for key in ("steps", "hours")}
    other = {key: value for key, value in two.items() if key != "before"}
    return {**card, "training": {**one, **trained, "blended": {"at": at, "with": other}}}


def _relatives(files: Sequence[Path]) -> tuple[list[Restorer], list[Kinship]]:
    """The networks, and how each after the first is related to it.

    UsageError for fewer than two, ModelMismatch where they share no parent.
    """
    if len(files) < 2:
        raise UsageError(
            "name two networks or more to blend, as in burnish blend soft.safetensors "
            "sharp.safetensors -o both.safetensors"
        )
    networks = [Restorer.load(file) for file in files]
    found = [kinship(networks[0], other) for other in networks[1:]]
    for file, related in zip(files[1:], found, strict=True):
        if related.mean < RELATED:
            raise ModelMismatch(
                f"{file}: its filters correlate by {related.mean:.2f} with those of {files[0]}, "
                "so they were not fine-tuned from one another; "
                "what lies between two networks that were trained apart restores nothing"
            )
    return networks, found


def draw(path: Path, files: Sequence[Path], found: Sequence[Kinship]) -> None:
    """Draws the correlation layer by layer, and filters of every network, in one picture.

    The filters are those of the first and of the last convolution.
    """
    curves = {
        file.stem: [list(enumerate(related.layers.values(), 1))]
        for file, related in zip(files[1:], found, strict=True)
    }
    rows = [[Cell(lines(curves, "convolution", f"correlation with {files[0].stem}"))]]
    for where, place in (("first", 0), ("last", -1)):
        rows.append(
            [
                Cell(
                    mosaic(convolved(Restorer.load(file))[place][1]),
                    f"{file.stem}: filters of the {where} convolution",
                )
                for file in files
            ]
        )
    sheet(rows, path, 700)


def _correlation(a: Tensor, b: Tensor) -> float:
    """Mean over the filters; one that is the same number throughout has none, and is left out."""
    a, b = (weight.flatten(1) - weight.flatten(1).mean(1, keepdim=True) for weight in (a, b))
    norms = a.norm(dim=1) * b.norm(dim=1)
    known = norms > 0
    return float(((a * b).sum(1)[known] / norms[known]).mean()) if bool(known.any()) else 0.0
