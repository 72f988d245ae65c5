"""Ways of arrays through a model: by every backend and precision, in batches, sizes and tiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...contract import Array, Contract, Run, predict
from ...ground.evened import evened
from ...inference.engine import predict_in_tiles
from ...training.networks.restorer import Restorer
from ..apart import Allowed
from .loader import Fed
from .way import Case, Way

#: sizes of pictures besides the crops', height and width
SIZES = ((1, 1), (13, 17))
#: sides of tiles
TILES = (32, 50)
#: the height of the picture that is cut into tiles
STRIP = 48


@dataclass(frozen=True, eq=False)
class Cases:
    """What goes into a network in several ways."""

    #: all crops at once
    batch: Case
    #: each crop alone
    alone: tuple[Case, ...]
    #: by what it is called: corners of the first crop, of sizes that are no multiples
    sizes: dict[str, Case]
    #: a wide picture, crops side by side, for tiles; None where the network sees whole pictures
    strip: Case | None

    @classmethod
    def of(cls, restorer: Restorer, fed: Fed) -> Cases:
        """The cases that a batch of the training loader gives."""
        contract = restorer.contract
        levels = [_of_crop(fed.level, place) for place in range(len(fed.image))]
        first = fed.image[:1], levels[0]
        sizes = {
            f"{width}x{height}": Case.of(restorer, first[0][..., :height, :width], first[1])
            for height, width in SIZES
        }
        return cls(
            Case.of(restorer, fed.image, fed.level),
            tuple(
                Case.of(restorer, fed.image[place : place + 1], level)
                for place, level in enumerate(levels)
            ),
            sizes,
            None if contract.reach is None else _strip(restorer, fed),
        )


def _of_crop(level: Array | None, place: int) -> Array | None:
    """What the network is told of one crop of a batch."""
    return None if level is None else level[place % len(level)][None]


def _strip(restorer: Restorer, fed: Fed) -> Case:
    """Crops side by side, so many that the tiles in the middle do not see the ends.

    Where the level may be a map, it is that of each crop.
    """
    contract = restorer.contract
    assert contract.reach is not None
    crops, _, _, side = fed.image.shape
    count = max(crops, -(-2 * (contract.reach + max(TILES)) // side))
    order = [place % crops for place in range(count)]
    height = -(-STRIP // contract.multiple) * contract.multiple
    image = np.concatenate([fed.image[place, :, :height] for place in order], -1)[None]
    level = _of_crop(fed.level, 0)
    if fed.level is not None and contract.level == "pixel":
        told = np.concatenate([fed.level[place].repeat(side, -1) for place in order], -1)[None]
        level = told.repeat(image.shape[-2], -2)
    return Case.of(restorer, image, level)


def ways_of_arrays(
    name: str, run: Run, contract: Contract, cases: Cases, allowed: Allowed
) -> Iterator[Way]:
    """The ways of arrays through a Run of a model file. allowed: how far they may be apart."""

    def by(case: Case) -> Array:
        return predict(run, contract, _seen(case.image, contract), case.level)

    def one_by_one() -> Array:
        return np.concatenate([by(case) for case in cases.alone])

    def by_tiles(case: Case, tile: int) -> Array:
        image = _seen(case.image, contract)
        return predict_in_tiles(run, contract, image, case.level, tile=tile)

    batch = cases.batch
    for said, case in {f"a batch of {len(batch.image)}": batch, **cases.sizes}.items():
        yield Way(f"{name}, {said}", case, allowed, partial(by, case))
    yield Way(f"{name}, one by one", batch, allowed, one_by_one)
    if cases.strip is not None:
        for tile in TILES:
            go = partial(by_tiles, cases.strip, tile)
            yield Way(f"{name}, tiles of {tile}", cases.strip, allowed, go)


def _seen(image: Array, contract: Contract) -> Array:
    """What the network of a contract is to see of pictures [B, C, H, W]."""
    return evened(image) if contract.gives == "painting" else image
