"""Pictures that a network restores on the way.

They are shown, held against the clean ones by the loss, and looked at for signs of a collapse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ...contract import Array
from ...errors import UsageError
from ...ground.channels import from_channels, to_channels
from ...images import Picture
from ...metrics.evaluate import Settings, generator, in_words, spoil, told
from ...pipeline import Restores, ask
from ...report.sheet import visible
from ..losses import Loss
from ..networks.restorer import Restorer
from ..recipe.stage import Validation
from ..step.step import TOTAL, evaluated
from .board import Board
from .collapse import collapses
from .validate import Held

#: pictures that are shown of each kind
SHOWN = 4


@dataclass(frozen=True)
class Sample:
    """A picture before and after the network; each picture is [1, C, H, W] in [0, 1]."""

    #: how it was spoiled, in words
    kind: str
    #: what the picture is called
    name: str
    #: what the network was given
    spoiled: Array
    #: what it made of that
    restored: Array
    #: what it should have made
    clean: Array
    #: the levels that it was told; None without dials
    level: Array | None = None


def samples(
    model: Restores,
    validation: Validation,
    held: Sequence[Held],
    names: Collection[str] | None = None,
) -> list[Sample]:
    """The validation's pictures as the model restores them, or only those of these names.

    They are all clean pictures at the middle one of the levels (the first few for each kind of
    input after the first), and all pairs.
    """

    contract = model.contract

    def restored(kind: str, one: Held, spoiled: Array, setting: Settings) -> Sample:
        spoiled = to_channels(spoiled, contract.channels_in)
        found = model.restore(Picture(spoiled), ask(contract, told(contract, setting)))
        pixels = found.picture.pixels
        return Sample(
            f"{kind}, {in_words(setting)}",
            one.name,
            spoiled,
            from_channels(pixels, min(pixels.shape[1], contract.channels_out)),
            one.clean,
            found.settled.level,
        )

    return [restored(*given) for given in _spoiled(validation, held, names)]


def _spoiled(
    validation: Validation, held: Sequence[Held], names: Collection[str] | None
) -> Iterator[tuple[str, Held, Array, Settings]]:
    """The kind, the picture, its spoiled side, and what the network is told, of each sample."""
    setting = validation.settings[len(validation.settings) // 2]
    clean = [one for one in held if one.spoiled is None]
    for i, clip in enumerate(validation.clip):
        for place, one in enumerate(clean if i == 0 else clean[:SHOWN]):
            if names is None or one.name in names:
                yield (
                    "8-bit" if clip else "float",
                    one,
                    spoil(
                        one.clean, setting, validation.damage, generator(0, place, setting), clip
                    ),
                    setting,
                )
    for one in held:
        if one.spoiled is not None and (names is None or one.name in names):
            yield "pairs", one, one.spoiled, one.setting


def show(board: Board, step: int, found: Sequence[Sample]) -> None:
    """Draws the first of each kind: spoiled, restored and clean, side by side."""
    for kind in dict.fromkeys(sample.kind for sample in found):
        for sample in [one for one in found if one.kind == kind][:SHOWN]:
            board.picture(
                step,
                f"{kind}/{sample.name}",
                beside(
                    [visible(part[0]) for part in (sample.spoiled, sample.restored, sample.clean)]
                ),
            )


def losses_of(loss: Loss, found: Sequence[Sample], device: str) -> dict[str, float]:
    """The loss and its terms, by the names of the curves, each the mean over the pictures.

    A picture too small for the loss is left out. A loss that wants logits gets those of the
    restored pictures, as far as these tell them.
    """
    sums: dict[str, list[float]] = {}
    for sample in found:
        restored = torch.from_numpy(np.array(sample.restored)).to(device)
        if loss.on_logits:
            restored = torch.logit(restored, eps=1e-6)
        clean = torch.from_numpy(np.array(to_channels(sample.clean, restored.shape[1]))).to(device)
        level = None if sample.level is None else torch.from_numpy(sample.level).to(device)
        try:
            with torch.no_grad():
                value, terms = evaluated(loss, restored, clean, None, level)
        except UsageError:
            continue
        for name, part in {"": value, **terms}.items():
            sums.setdefault(f"validation {TOTAL}/{name}".rstrip("/"), []).append(float(part))
    return {name: sum(values) / len(values) for name, values in sums.items()}


def complaints(restorer: Restorer, found: Sequence[Sample]) -> list[str]:
    """The signs that the network has collapsed, in sentences; none where it has not."""
    clean = [to_channels(sample.clean, restorer.contract.channels_out) for sample in found]
    period = restorer.contract.multiple * restorer.contract.scale
    return collapses([sample.restored for sample in found], clean, min(max(8, period), 32))


def beside(pictures: Sequence[Array]) -> Array:
    """Puts pictures [1 or 3, H, W] side by side.

    Grey becomes colour where there is both, and smaller ones are enlarged by whole numbers to
    (about) the largest.
    """
    height = max(picture.shape[1] for picture in pictures)
    channels = max(len(picture) for picture in pictures)
    large = [
        picture.repeat(height // picture.shape[1], 1).repeat(height // picture.shape[1], 2)
        for picture in pictures
    ]
    least = min(picture.shape[1] for picture in large)
    return np.concatenate(
        [
            np.broadcast_to(picture[:, :least], (channels, least, picture.shape[2]))
            for picture in large
        ],
        2,
    )
