"""Ways: what is done to the frames of a film, by the words of -m and -d."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..pipeline import NOTHING
from .opening import open_model

if TYPE_CHECKING:
    from ..contract import Contract, Opened
    from ..film.treatment import Treatment
    from ..images import Picture
    from ..inference.model import Model
    from ..pipeline import Asked, Restored, Restores, Settled

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
        return self.model.restore(picture, asked, tile=self.tile)


def way_of(
    word: str,
    asked: Callable[[Contract], Asked],
    *,
    tile: int | None,
    device: str,
    threads: int | None,
    fp32: bool,
    opened: Callable[[Opened], object],
) -> Way:
    """What -m and -d mean for films.

    word: the model's, or those of several with a plus between them. asked: what is asked of a
    contract. tile: the side of a tile; None is TILE. device, threads and fp32: as `Model.open`
    takes them. opened: is told of each model that is loaded.
    """
    from ..film.models import ByModel
    from ..ground.files import digest

    parts = [word] if Path(word).is_file() else word.split("+")
    models = [open_model(part) for part in parts]
    restores = _chain([InTiles(model, TILE if tile is None else tile) for model in models], parts)
    wanted = asked(restores.contract)
    for model in models:
        opened(model.open(device=device, threads=threads, fp32=fp32))
    files = [model.path for model in models if model.path is not None]
    identity = {
        "model": word,
        "weights": " ".join(digest(path) for path in files),
        "dials": repr(sorted(wanted.dials.items())),
        "strength": str(wanted.strength),
        "engine": f"{device}, {threads} threads, fp32 {fp32}, tiles of {tile or TILE}",
    }
    return Way(ByModel(restores, wanted), identity)


def _chain(models: list[InTiles], names: list[str]) -> Restores:
    """Models that restore one after another."""
    from ..study.rows import Chain, Row

    if len(models) == 1:
        return models[0]
    rows = zip(names, models, strict=True)
    return Chain([Row(name, model) for name, model in rows])
