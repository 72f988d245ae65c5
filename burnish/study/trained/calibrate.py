"""A dial in a method's own unit becomes one in the unit that a person says.

The setting that is best for each true level is kept in the file.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import torch

from ...contract import Dial
from ...degrade import Degradation
from ...errors import ModelMismatch
from ...training.networks.dials.amount import Turned
from ...training.networks.restorer import Restorer
from ...training.parts.build import Spec
from ..dial.smooth import Smoothness


def calibrate(
    source: Path, output: Path, found: Smoothness, damage: Degradation
) -> list[tuple[float, float]]:
    """Writes the weights of `source` with a dial of the damage's name.

    It goes from the lowest to the highest level of `found`, in straight lines between the levels.
    Returns (level, setting) for each. Raises ModelMismatch for a method that has its levels in real
    units already, for several dials, and where a higher level wants no other setting.
    """
    restorer = Restorer.load(source)
    net = restorer.net
    if not isinstance(net, Turned) or len(restorer.contract.dials) != 1:
        raise ModelMismatch(
            f"{source}: {restorer.spec.use} has no dial that could be calibrated: one that is "
            "turned between two ends can"
        )
    pairs = sorted((track.level, found.best(track)[0]) for track in found.tracks)
    levels = [level for level, _ in pairs]
    settings = [setting for _, setting in pairs]
    if len(levels) < 2 or any(a == b for a, b in itertools.pairwise(settings)):
        raise ModelMismatch(
            f"{source}: levels {levels} want settings {[round(s, 3) for s in settings]}; two "
            "levels or more are wanted, of different best settings"
        )
    amounts = net.amount(torch.tensor(settings)).tolist()
    dial = Dial(
        damage.dial.name,
        levels[0],
        levels[-1],
        min(max(damage.dial.default, levels[0]), levels[-1]),
        damage.dial.unit,
    )
    spec = Spec(restorer.spec.use, {**restorer.spec.args, "levels": levels, "amounts": amounts})
    result = Restorer(spec, (dial,))
    result.load_state_dict(restorer.state_dict())
    result.save(
        output,
        {
            **restorer.card,
            "calibrated": {f"{level:g}": round(setting, 4) for level, setting in pairs},
        },
    )
    return pairs
