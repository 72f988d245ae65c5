"""Ways: what is done to the frames of a film, by the words of -m and -d."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ...contract import Contract
from ...errors import UsageError
from ...pipeline import NOTHING
from ..opening import open_model
from ..options import MENDS

if TYPE_CHECKING:
    from ...contract import Dial, Opened
    from ...film.treatment import Treatment
    from ...images import Picture
    from ...inference.model import Model
    from ...pipeline import Asked, Restored, Restores, Settled

#: the side of tiles where nobody says another. It is fixed, since tiles that are planned from free
#: memory may move a value by a step, and a run that goes on makes the same frames
TILE = 512


@dataclass(frozen=True)
class Way:
    """What is done to the frames of films."""

    #: what is done
    treatment: Treatment
    #: what makes it what it is, in words: two runs with the same make the same frames
    identity: Mapping[str, str]


@dataclass(frozen=True)
class InTiles:
    """A model whose tiles are of one size, whatever memory is free."""

    #: the model
    model: Model
    #: the side of a tile in pixels; 0 is no tiles
    tile: int

    @property
    def contract(self) -> Contract:
        """That of the model."""
        return self.model.contract

    def settle(self, picture: Picture, asked: Asked = NOTHING) -> Settled:
        """What a picture would be restored with."""
        return self.model.settle(picture, asked)

    def restore(self, picture: Picture, asked: Asked = NOTHING) -> Restored:
        """The picture restored, as it was asked for."""
        return self.model.restore(picture, asked, tile=0 if self.model.whole else self.tile)


def way_of(
    word: str,
    asked: Callable[[Contract], Asked],
    *,
    tile: int | None,
    device: str,
    threads: int | None,
    precision: str,
    opened: Callable[[Opened], object],
) -> Way:
    """What -m and -d mean for films.

    word: the model's, or those of several with a plus between them. asked: what is asked of a
    contract. tile: the side of a tile; None is TILE. device, threads and precision: as `Model.open`
    takes them. opened: is told of each model that is loaded.
    """
    from ...film.mend import CONTRACT
    from ...ground.files import digest
    from ...inference.classical import STILL

    names = [word] if Path(word).is_file() else word.split("+")
    for name in names:
        if name.partition(":")[0] in STILL:
            raise UsageError(
                f"-m {name}: in a film it would stand still over all frames, or jump; leave it out"
            )
    models = {name: open_model(name) for name in names if name != MENDS}
    side = TILE if tile is None else tile
    restores = {name: InTiles(model, side) for name, model in models.items()}
    dials = {dial.name: dial for each in restores.values() for dial in each.contract.dials}
    mends = [dial for dial in CONTRACT.dials if dial.name not in dials] if MENDS in names else []
    wanted = asked(Contract(reach=None, dials=(*dials.values(), *mends)))
    for model in models.values():
        opened(model.open(device=device, threads=threads, precision=precision))
    files = [model.path for model in models.values() if model.path is not None]
    identity = {
        "model": word,
        "weights": " ".join(digest(path) for path in files),
        "dials": repr(sorted(wanted.dials.items())),
        "strength": str(wanted.strength),
        "engine": f"{device}, {threads} threads, {precision}, tiles of {side}",
    }
    return Way(_in_turn(names, restores, wanted, mends), identity)


def _in_turn(
    names: Sequence[str], restores: Mapping[str, InTiles], asked: Asked, dials: Sequence[Dial]
) -> Treatment:
    """What the words mean, one after another. Models that follow one another are one chain.

    dials: those of mending that can be asked for. One that a model has too, as noise, is the
    model's, so that nothing is done twice.
    """
    from ...film.mending import ByMending, InTurn
    from ...film.models import ByModel

    parts: list[Treatment] = []
    for mends, group in groupby(names, key=lambda name: name == MENDS):
        if mends:
            parts.append(ByMending(_numbers(asked, dials)))
        else:
            chain = _chain({name: restores[name] for name in group})
            parts.append(ByModel(chain, _own(asked, chain.contract)))
    return parts[0] if len(parts) == 1 else InTurn(parts)


def _numbers(asked: Asked, dials: Sequence[Dial]) -> dict[str, float]:
    """What is asked of mending, in numbers. UsageError for a map, or a share of it."""
    from ...film.mend import CONTRACT

    found = {dial.name: float(dial.default) for dial in CONTRACT.dials}
    for dial in dials:
        value = asked.dials.get(dial.name, dial.default)
        if not isinstance(value, float | int):
            raise UsageError(f"-d {dial.name}: of a film, this is a number")
        found[dial.name] = float(value)
    return found


def _own(asked: Asked, contract: Contract) -> Asked:
    """What is asked of the dials of a contract."""
    names = {dial.name for dial in contract.dials}
    dials = {name: value for name, value in asked.dials.items() if name in names}
    return replace(asked, dials=dials)


def _chain(models: Mapping[str, InTiles]) -> Restores:
    """Models that restore one after another."""
    from ...study.rows import Chain, Row

    if len(models) == 1:
        return next(iter(models.values()))
    return Chain([Row(name, model) for name, model in models.items()])
