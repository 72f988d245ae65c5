"""Painter: what turns a photograph into a painting, with stretches of paintings known by heart.

Each place of the picture looks at itself from afar, in colours and in the direction of its forms,
and takes the stretch of the painting that looks like it: attention, as of Vaswani et al. (NIPS
2017), over strokes in place of words. Of a stretch it takes the part that lies where the place lies
in a block of 8x8 places. So neighbours that take the same stretch go on with the same strokes, as
pieces do that grow together in Ashikhmin, "Synthesizing natural textures" (2001).

Parts are sums of `basis` pieces that all share, and are laid on through soft windows that overlap
(Chen and Schmidt, "Fast patch-based style transfer of arbitrary style", 2016). Under them lie the
picture's colours, brought to those of the painting by one linear map.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ....contract import Gives, Level
from ..network import Layer, Network

#: pixels from one place to the next; of the window of a place; places of a side of a block, and of
#: a square of four blocks
STEP, SIDE, BLOCK, SQUARE = 8, 16, 8, 16
#: sigma of the blur under slopes, in pixels, and the side of its filter
FINE, SLOPE = 1.2, 7
#: sigma of the blur of what is seen, in places, and the side of its filter
BROAD, AROUND = 1.2, 5
#: squares of slopes below this tell no direction
FAINT = 2e-4
#: what is seen of a place: three colours and two numbers of a direction
SEEN = 5
#: bits that say where a place stands in a block, and how much each of them counts
BITS, STANDS = 6, 10.0
#: bits that say in which block of a square, and how much each of them counts
KINDS, PREFERS = 2, 1.5
#: how sharply a place chooses, beside what its weights say
SHARP = 100.0
#: places around a pixel on which it depends: one by its window, AROUND's half, and one by the
#: windows that it sees through; and its own
REACH = STEP * (1 + AROUND // 2 + 1 + 1) + SLOPE // 2


class Painter(Network):
    """Makes of `[B, 3, H, W]` with evened colours a painting `[B, 3, H, W]`.

    H and W are multiples of 128. The level [B, 1, H, W], from 0 to `high`, is the way from the
    first painting to the second, pixel by pixel: along a straight line, since it mixes what is laid
    on.

    stretches: that are known of each painting. basis: pieces of which each part of one is a sum.
    """

    tiny: ClassVar[dict[str, Any]] = {"stretches": 2, "basis": 48, "high": 75}
    multiple = STEP * SQUARE
    reach = REACH
    gives: Gives = "painting"
    dials = 1
    level: Level = "pixel"
    window: Tensor
    bits: Tensor

    def __init__(self, stretches: int = 24, basis: int = 96, high: float = 100.0) -> None:
        super().__init__()
        self.high = high
        self.sight = Sight()
        self.hands = nn.ModuleList(Hand(stretches, basis) for _ in range(2))
        edge = (STEP + SIDE) // 2
        self.strokes = nn.ConvTranspose2d(basis, 3, SIDE, STEP, edge, bias=False)
        self.colours = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(2))
        #: how much of the picture's own detail stays
        self.detail = nn.Parameter(torch.full((1, 1, 1, 1), 0.4))
        self.register_buffer("window", window().expand(3, 1, SIDE, SIDE).contiguous(), False)
        self.register_buffer("bits", square().T.reshape(-1).contiguous(), False)

    def after_init(self) -> None:
        """After the weights were drawn: colours stay as they are."""
        with torch.no_grad():
            for colours in self.colours:
                assert isinstance(colours, nn.Conv2d)
                assert colours.bias is not None
                colours.weight.copy_(torch.eye(3)[..., None, None])
                colours.bias.zero_()

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        centred = image - 0.5
        way = level.expand(-1, -1, *image.shape[-2:]) / self.high
        colours, seen = self.sight(centred)
        where = self._where(seen)
        first, second = (hand(seen, where) for hand in self.hands)
        laid = first + nn.functional.avg_pool2d(way, STEP) * (second - first)
        ground = self.ground(colours)
        mixed = ground + self.detail * (centred - ground)
        one, other = (colours(mixed) for colours in self.colours)
        return one + way * (other - one) + self.strokes(_framed(laid)) + 0.5

    def ground(self, colours: Tensor) -> Tensor:
        """The colours of places [B, 3, H / 8, W / 8] through their windows, [B, 3, H, W]."""
        edge = (STEP + SIDE) // 2
        return nn.functional.conv_transpose2d(
            _framed(colours), self.window, None, STEP, edge, groups=3
        )

    def _where(self, seen: Tensor) -> Tensor:
        """Of each place, the bits that say where it stands in its block."""
        squares = nn.functional.avg_pool2d(seen[:, :1], SQUARE)
        nothing = self.bits.new_zeros(len(self.bits), 1, 1, 1)
        told = nn.functional.conv2d(squares, nothing, self.bits)
        return nn.functional.pixel_shuffle(told, SQUARE)


class Sight(Layer):
    """How each place looks from afar: its colours [B, 3, H / 8, W / 8], and [B, SEEN, H / 8, W / 8]

    Of the latter, three are the colours around, and two the direction of forms around, as cosine
    and sine of twice its angle, weak where there is none: the structure tensor's (Bigun and
    Granlund 1987). Nothing in it is learnt.
    """

    __call__: Callable[..., tuple[Tensor, Tensor]]  # type: ignore[assignment]
    window: Tensor
    slopes: Tensor
    near: Tensor

    def __init__(self) -> None:
        super().__init__()
        see = window() / STEP**2
        self.register_buffer("window", see.expand(6, 1, SIDE, SIDE).contiguous(), False)
        self.register_buffer("slopes", slopes(), False)
        near = bell(AROUND, BROAD)
        near = (near[:, None] * near).expand(6, 1, AROUND, AROUND).contiguous()
        self.register_buffer("near", near, False)

    def forward(self, centred: Tensor) -> tuple[Tensor, Tensor]:
        edge = (SLOPE // 2,) * 4
        slopes = nn.functional.conv2d(
            nn.functional.pad(centred, edge, mode="replicate"), self.slopes
        )
        across, down = slopes[:, :1], slopes[:, 1:]
        level, upright, diagonal = across * across, down * down, across * down
        planes = torch.cat([centred, level - upright, 2 * diagonal, level + upright], 1)
        edge = ((SIDE - STEP) // 2,) * 4
        planes = nn.functional.pad(planes, edge, mode="replicate")
        near = nn.functional.conv2d(planes, self.window, None, STEP, groups=6)
        around = nn.functional.pad(near, (AROUND // 2,) * 4, mode="replicate")
        around = nn.functional.conv2d(around, self.near, groups=6)
        direction = around[:, 3:5] / (around[:, 5:] + FAINT)
        return near[:, :3], torch.cat([around[:, :3], direction], 1)


class Hand(Layer):
    """The stretches of one painting. What places see, and where they are -> `basis` numbers each"""

    stands: Tensor

    def __init__(self, stretches: int, basis: int) -> None:
        super().__init__()
        self.sees = nn.Conv2d(SEEN, stretches * BLOCK**2, 1)
        self.takes = nn.Conv2d(stretches * BLOCK**2, basis, 1, bias=False)
        places = bits(torch.arange(BLOCK**2), BITS).repeat(stretches, 1)
        kinds = bits(torch.arange(stretches), KINDS).repeat_interleave(BLOCK**2, 0)
        stands = torch.cat([STANDS * places, PREFERS * kinds], 1)
        self.register_buffer("stands", stands[:, :, None, None], False)

    def forward(self, seen: Tensor, where: Tensor) -> Tensor:
        alike = SHARP * self.sees(seen) + nn.functional.conv2d(where, self.stands)
        return self.takes(alike.softmax(1))


def window() -> Tensor:
    """What a place sees and paints through, [SIDE, SIDE]; windows of all places sum up to 1."""
    along = torch.sin(math.pi * (torch.arange(SIDE) + 0.5) / SIDE) ** 2
    along = along * 2 * STEP / SIDE
    return along[:, None] * along


def bits(numbers: Tensor, count: int) -> Tensor:
    """Numbers [N] in bits that are 1 or -1, [N, count]."""
    return torch.stack([2.0 * (numbers >> bit & 1) - 1 for bit in range(count)], 1)


def square() -> Tensor:
    """Of each place of a square, row by row, the bits of where it stands. [256, BITS + KINDS]

    The lower two blocks stand half a block aside, as bricks do.
    """
    down, across = torch.meshgrid(torch.arange(SQUARE), torch.arange(SQUARE), indexing="ij")
    across = (across + down // BLOCK * (BLOCK // 2)) % SQUARE
    places = down % BLOCK * BLOCK + across % BLOCK
    kinds = down // BLOCK * 2 + across // BLOCK
    return torch.cat([bits(places.reshape(-1), BITS), bits(kinds.reshape(-1), KINDS)], 1)


def slopes() -> Tensor:
    """Filters for the slope of brightness across and down, [2, 3, SLOPE, SLOPE]."""
    blur = bell(SLOPE, FINE)
    tilt = blur * (torch.arange(SLOPE) - SLOPE // 2) / FINE**2
    both = torch.stack([blur[:, None] * tilt, tilt[:, None] * blur])
    return torch.tensor([0.299, 0.587, 0.114])[None, :, None, None] * both[:, None]


def bell(side: int, sigma: float) -> Tensor:
    """A Gaussian that sums up to 1, [side]."""
    found = torch.exp(-0.5 * ((torch.arange(side) - side // 2) / sigma) ** 2)
    return found / found.sum()


def _framed(planes: Tensor) -> Tensor:
    """With places beyond the picture's edge, whose windows reach into it."""
    return nn.functional.pad(planes, (1, 1, 1, 1), mode="replicate")
