"""What `style` knows by heart: stretches of its paintings, gathered in a minute.

python -m benchmarks.strokes recipes/style.yaml runs/style/style.safetensors

Writes the network that ships. Nothing is trained in it; the recipe would train it further. Each
painting is looked at in eight turns, in every square of 64 pixels that begins at a place. Squares
are put into clusters by how they look from afar, and of each cluster the one is taken that is most
even in itself: one look, one direction of strokes, strokes everywhere. The linear map of colours is
known, too: evened colours get the mean and the covariance of the painting's.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from burnish.ground.evened import MEAN, SPREAD, evened
from burnish.training.losses.style import painting
from burnish.training.networks.archs.painter import (
    BLOCK,
    SHARP,
    SIDE,
    STEP,
    Hand,
    Painter,
    window,
)
from burnish.training.networks.initialise import initialise
from burnish.training.networks.restorer import Restorer
from burnish.training.parts.strict import plain
from burnish.training.recipe.file import load

#: how much three colours and two numbers of a direction count, where looks are held together
COUNTS = (1.0, 1.0, 1.0, 0.35, 0.35)
#: how much a square is worse by how its look varies, by how the strength of its strokes varies, and
#: better by that strength, both as logarithms
WAVY, UNEVEN, STRONG = 2.0, 0.05, 0.02
#: squares that begin nearer than this to one that is taken, in places, are not taken
APART = 3
#: how sharply places choose by looks
BETA = 300.0
#: rounds of gathering, and squares of strokes that are none
ROUNDS, NONE = 20, 1e-4
#: what pieces are multiplied with, so that they and the shares of them are of one size
LARGE = 4.0


@dataclass(frozen=True)
class Squares:
    """Squares of BLOCK x BLOCK places of a painting, in one of its turns."""

    #: the strokes of each place of the painting, [3 SIDE^2, h, w]
    strokes: Tensor
    #: of each square, where it begins, row by row: its mean look [n, SEEN], and how bad it is [n]
    mean: Tensor
    bad: Tensor
    #: squares that begin in a row
    across: int

    @classmethod
    def of(cls, net: Painter, picture: Tensor) -> Squares:
        """All squares of a painting [1, 3, H, W]."""
        height, width = (side // STEP * STEP for side in picture.shape[-2:])
        picture = picture[..., :height, :width]
        _, looks = net.sight(torch.from_numpy(evened(picture.numpy())) - MEAN)
        strokes = picture - net.ground(net.sight(picture)[0])
        parts = nn.functional.unfold(strokes, SIDE, padding=(SIDE - STEP) // 2, stride=STEP)
        strength = nn.functional.avg_pool2d(strokes.square().sum(1, keepdim=True), STEP)
        mean, waves = _moments(looks)
        strong, uneven = _moments((strength + NONE).log())
        counts = torch.tensor(COUNTS).square()[:, None, None]
        bad = WAVY * (waves * counts).sum(0) + UNEVEN * uneven[0] - STRONG * strong[0]
        places = parts.view(-1, *looks.shape[-2:])
        rows = mean.flatten(1).T
        return cls(places, rows, bad.flatten(), mean.shape[-1])

    def cut(self, down: int, across: int) -> tuple[Tensor, Tensor]:
        """The look of a square, [SEEN], and the strokes of its places, [BLOCK^2, 3 SIDE^2]."""
        part = self.strokes[:, down : down + BLOCK, across : across + BLOCK]
        return self.mean[down * self.across + across], part.flatten(1).T


def _moments(planes: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of planes [1, C, h, w] over each square, [C, h', w'] each."""
    mean = nn.functional.avg_pool2d(planes, BLOCK, 1)
    square = nn.functional.avg_pool2d(planes.square(), BLOCK, 1)
    return mean[0], (square - mean.square())[0]


def turns(picture: Tensor) -> Iterator[Tensor]:
    """A picture [1, 3, H, W] in its eight turns."""
    for quarter in range(4):
        turned = torch.rot90(picture, quarter, (2, 3))
        yield from (turned, turned.flip(3))


def stretches(
    net: Painter, picture: Tensor, count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The looks [count, SEEN] and the strokes [count, BLOCK^2, 3 SIDE^2] of what is taken."""
    turned = [Squares.of(net, one) for one in turns(picture)]
    begins = [
        (turn, *divmod(number, one.across))
        for turn, one in enumerate(turned)
        for number in range(len(one.mean))
    ]
    places = torch.tensor(begins)
    looks = torch.cat([one.mean for one in turned]) * torch.tensor(COUNTS)
    bad = torch.cat([one.bad for one in turned])
    taken: list[int] = []
    for middle in clusters(looks, count, generator):
        best = int(((looks - middle).square().sum(1) + bad).argmin())
        taken.append(best)
        apart = (places - places[best]).abs()
        bad[(apart[:, 0] == 0) & (apart[:, 1:] < APART).all(1)] = torch.inf
    cuts = [turned[begins[one][0]].cut(*begins[one][1:]) for one in in_a_row(taken, looks)]
    return torch.stack([look for look, _ in cuts]), torch.stack([part for _, part in cuts])


def clusters(values: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """The middles of clusters of values [n, D], [count, D]: k-means, begun far from each other."""
    middles = values[torch.randint(len(values), (1,), generator=generator)]
    while len(middles) < count:
        apart = torch.cdist(values, middles).min(1).values.square()
        middles = torch.cat([middles, values[torch.multinomial(apart, 1, generator=generator)]])
    for _ in range(ROUNDS):
        which = torch.cdist(values, middles).argmin(1)
        sums = torch.zeros_like(middles).index_add_(0, which, values)
        held = torch.bincount(which, minlength=count)[:, None]
        middles = torch.where(held > 0, sums / held.clamp_min(1), middles)
    return middles


def in_a_row(numbers: list[int], looks: Tensor) -> list[int]:
    """Numbers of squares, each followed by the one that looks most like it, the darkest first.

    So those that look alike are preferred by different blocks of a picture.
    """
    left = sorted(numbers, key=lambda number: float(looks[number, :3].sum()))
    row = [left.pop(0)]
    while left:
        apart = (looks[left] - looks[row[-1]]).square().sum(1)
        row.append(left.pop(int(apart.argmin())))
    return row


@torch.no_grad()
def begin(source: Path, target: Path) -> None:
    """Writes the network of a recipe that knows the paintings of its loss by heart."""
    recipe = load(source)
    restorer = Restorer(recipe.arch, recipe.dials)
    generator = torch.Generator().manual_seed(0)
    initialise(restorer.net, "kaiming", generator)
    net = restorer.net
    assert isinstance(net, Painter)
    args = recipe.loss.args
    pictures = [painting(Path(file), args["side"]) for file in args["pictures"]]
    hands = [cast(Hand, hand) for hand in net.hands]
    count = len(hands[0].sees.weight) // BLOCK**2
    known = [stretches(net, picture, count, generator) for picture in pictures]
    _learn_by_heart(net, hands, known)
    for layer, picture in zip(net.colours, pictures, strict=True):
        for own, found in zip(layer.parameters(), colours(picture), strict=True):
            own.copy_(found)
    target.parent.mkdir(parents=True, exist_ok=True)
    words = {name: text for name, text in plain(recipe.card).items() if text}
    restorer.save(target, {**words, "training": {"steps": 0, "recipe": plain(recipe)}})


def _learn_by_heart(net: Painter, hands: list[Hand], known: list[tuple[Tensor, Tensor]]) -> None:
    """Gives a network the looks and the strokes of stretches.

    Parts are held as shares of the pieces that make up most of them (principal components), as
    they are seen through a window.
    """
    fade = window().repeat(3, 1, 1).flatten().sqrt()
    parts = torch.cat([strokes.flatten(0, 1) for _, strokes in known]) * fade
    _, vectors = torch.linalg.eigh(parts.T @ parts)
    pieces = vectors[:, -len(net.strokes.weight) :]
    net.strokes.weight.copy_((LARGE * pieces.T * fade).view_as(net.strokes.weight))
    counts = torch.tensor(COUNTS)
    for hand, (looks, strokes) in zip(hands, known, strict=True):
        # The nearest look is the one with the largest product, less half of its own square.
        wanted = BETA / SHARP * looks.repeat_interleave(BLOCK**2, 0)
        own = (looks * counts).square().sum(1).repeat_interleave(BLOCK**2)
        hand.sees.weight.copy_((2 * wanted * counts**2)[..., None, None])
        assert hand.sees.bias is not None
        hand.sees.bias.copy_(-BETA / SHARP * own)
        shares = strokes.flatten(0, 1) * fade @ pieces / LARGE
        hand.takes.weight.copy_(shares.T[..., None, None])


def colours(picture: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of the 1x1 convolution that gives evened colours those of a picture."""
    pixels = picture[0].flatten(1).double()
    values, vectors = torch.linalg.eigh(torch.cov(pixels))
    matrix = vectors * values.clamp_min(0).sqrt() @ vectors.T / SPREAD
    return matrix.float()[..., None, None], (pixels.mean(1) - MEAN).float()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", type=Path)
    parser.add_argument("target", type=Path)
    words = parser.parse_args()
    begin(words.recipe, words.target)


if __name__ == "__main__":
    main()
