"""The shapes that every room agrees on, and the one way of a picture through a network.

Dial, Contract and Run are the shapes. predict() puts a picture through a network, and mix() takes a
share of what it changes.

Images are float32 [B, C, H, W], RGB, clean ones in [0, 1]; a spoiled one may leave that range, and
nothing clamps an input. Levels are float32 [B, K, 1, 1] or, as a map, [B, K, H, W]: one channel per
dial, in the unit a person says. Only the network that reads a level converts it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .errors import DialError, ModelMismatch, UsageError

Array = NDArray[np.float32]
Level = Literal["pixel", "image", "batch"]
#: what a network gives: a picture; a mask [B, 1, H, W] in [0, 1] of where damage lies in it; paper
#: [B, 1, H, W], how sure it is that no ink is on it; or a filling, the picture with other values
#: where it is LOST; or a painting, of a picture whose colours were evened
Gives = Literal["picture", "mask", "paper", "filling", "painting"]
#: for a network that fills, a pixel that is lost holds a first guess at it, in 0..1, and this
LOST = -2.0
#: what is below this in the first channel is lost
BELOW = -0.5
#: the word of a card that says in what a file computes, where that is not in float: "int8"
COMPUTES = "computes"

#: The seam of every backend: (image [B, C, H, W], level or None) -> what the network predicts.
#: Height and width are multiples of `Contract.multiple` already. The result is the caller's to
#: change. Raises OutOfMemory.
Run = Callable[[Array, Array | None], Array]
#: Gives back the memory that runs have taken. The next run takes it again, and some 0.1 s for it.
Release = Callable[[], None]


@dataclass(frozen=True)
class Dial:
    """A number that a person turns. DialError where its range makes no sense."""

    #: its name, by which it is set, such as "noise"
    name: str
    #: the lower end of its advertised range, in its unit
    low: float
    #: the upper end of its advertised range, in its unit
    high: float
    #: where it stands when nobody turns it, in its unit
    default: float
    #: its unit in words, such as "sigma in 8-bit steps"
    unit: str

    def __post_init__(self) -> None:
        if not (
            -math.inf < self.low <= self.default <= self.high < math.inf and self.low < self.high
        ):
            raise DialError(
                f"dial {self.name}: the range {self.low:g}..{self.high:g} with {self.default:g} "
                "as its default makes no sense"
            )

    def check(self, value: float) -> float:
        """The value as a float; DialError with the range where it lies outside."""
        if not (math.isfinite(value) and self.low <= value <= self.high):
            raise DialError(
                f"{self.name}={value:g} is out of range: this model takes {self.name} from "
                f"{self.low:g} to {self.high:g} ({self.unit})"
            )
        return float(value)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draws n levels [n], uniform over the range and stratified.

        One comes from each n-th of the range, in random order, so that every batch covers it.
        """
        strata = (rng.permutation(n) + rng.random(n)) / n
        return (self.low + (self.high - self.low) * strata).astype(np.float32)


@dataclass(frozen=True)
class Contract:
    """What the outside must know to run a network."""

    #: channels of the picture that goes in: 1 is grey, 3 is RGB
    channels_in: int = 3
    #: channels of the picture that comes out
    channels_out: int = 3
    #: how many times the network enlarges
    scale: int = 1
    #: height and width of what goes in must be multiples of it
    multiple: int = 1
    #: pixels of input to each side that a result depends on; None where that is the whole picture,
    #: which cannot be cut into tiles then
    reach: int | None = 0
    #: how the level may vary: "pixel" (a map), "image" (one for each picture of a batch) or "batch"
    #: (one for all, since the filters themselves change)
    level: Level = "image"
    #: the setting of each dial at which the output is exactly the input; None where there is none
    identity: tuple[float, ...] | None = None
    #: whether the network predicts what is to be added to its input; where it enlarges, to its
    #: input with each pixel repeated `scale` times down and across
    residual: bool = False
    #: its dials, in the order of the level's channels
    dials: tuple[Dial, ...] = ()
    #: whether a picture comes out, a mask of the damage in it, paper without its ink, the picture
    #: filled, or a painting of it
    gives: Gives = "picture"

    @property
    def alike(self) -> bool:
        """Whether the output has the channels and the size of the input."""
        return self.channels_in == self.channels_out and self.scale == 1

    def dial(self, name: str) -> Dial:
        """The dial of that name. DialError, with the names there are, where there is none."""
        for dial in self.dials:
            if dial.name == name:
                return dial
        names = ", ".join(d.name for d in self.dials) or "none"
        raise DialError(f"this model has no dial {name!r}; its dials: {names}")

    def settings(self, given: Mapping[str, float]) -> tuple[float, ...]:
        """One checked number for each dial, in the contract's order.

        A dial that is not given stands at its default. DialError for a name that is no dial's, or
        a value out of its range.
        """
        for name in given:
            self.dial(name)
        return tuple(d.check(given.get(d.name, d.default)) for d in self.dials)

    def takes_maps(self, what: str) -> None:
        """Raises DialError, with the reason, where the level cannot vary within a picture.

        what: the word that asked for a map, with which the sentence begins.
        """
        if self.level == "image":
            raise DialError(
                f"{what}: this model's level is one number for each picture, not a map, since "
                "what it moves is not computed pixel by pixel"
            )
        if self.level == "batch":
            raise DialError(
                f"{what}: this model's level is one number, not a map, since it changes the "
                "filters, which are the same all over a picture"
            )

    def to_dict(self) -> dict[str, Any]:
        """The contract as a record that JSON can hold.

        What it gives is left out for pictures, so that versions that knew nothing else read it.
        """
        record = asdict(self)
        if self.gives == "picture":
            del record["gives"]
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Contract:
        """The contract of a record that `to_dict` made.

        ModelMismatch names a key that is unknown or missing, or says that a value makes no sense.
        """
        known = {f.name for f in fields(cls)}
        wrong = (set(record) ^ known) - ({"gives"} - set(record))
        if wrong:
            raise ModelMismatch(
                f"the model's contract has the wrong keys: {', '.join(sorted(wrong))}; it was "
                "made by another version of Burnish"
            )
        try:
            dials = tuple(Dial(**d) for d in record["dials"])
            identity = None if record["identity"] is None else tuple(map(float, record["identity"]))
        except (TypeError, ValueError, OverflowError, DialError) as error:
            raise ModelMismatch(f"the model's contract makes no sense ({error})") from error
        if not _describes_a_network(record):
            raise ModelMismatch(
                "the model's contract makes no sense: channels, scale, multiple, reach, level, "
                "residual or gives are what no network has"
            )
        named = all(isinstance(dial.name, str) for dial in dials)
        if not named or (identity is not None and len(identity) != len(dials)):
            raise ModelMismatch(
                "the model's contract makes no sense: its dials have no names, or stand at the "
                "identity by another number of settings"
            )
        return cls(**{**record, "dials": dials, "identity": identity})


def _describes_a_network(record: Mapping[str, Any]) -> bool:
    """Whether the plain values of a contract's record are of their types, and in their ranges."""
    # The types are compared by `is`, since True is an int to isinstance.
    counted = ("channels_in", "channels_out", "scale", "multiple")
    counts = all(type(record[name]) is int and record[name] >= 1 for name in counted)
    reach = record["reach"]
    reaches = reach is None or (type(reach) is int and reach >= 0)
    levels = record["level"] in get_args(Level)
    return counts and reaches and levels and type(record["residual"]) is bool and _gives(record)


def _gives(record: Mapping[str, Any]) -> bool:
    """Whether a record says what comes out: a mask or paper of one channel, a filling's own."""
    gives = record.get("gives", "picture")
    own = record["channels_in"]
    channels = {"mask": 1, "paper": 1, "filling": own, "painting": own}
    shape = (record["channels_out"], record["scale"], record["residual"])
    return gives == "picture" or (gives in channels and shape == (channels[gives], 1, False))


@dataclass(frozen=True)
class Place:
    """One of the devices that a backend has on this machine."""

    #: the word that asks for it, such as "cpu", "cuda" or "gpu.1"
    word: str
    #: what it is, such as "AMD EPYC"; "" where nobody says
    called: str = ""


def nothing_to_release() -> None:
    """What gives back no memory, since there is none to speak of."""


@dataclass(frozen=True)
class Opened:
    """A model ready to run, and what to tell the user about it."""

    #: what runs it
    run: Run
    #: the name of the backend, or of a filter's library
    backend: str
    #: what it runs on, in words, such as "AMD EPYC"
    device: str
    #: the precision in which it computes, such as "bf16"
    precision: str
    #: sentences for the user
    notes: tuple[str, ...] = ()
    #: why it computes in that precision, in a few words, where that is to be said
    why: str = ""
    #: which backend was chosen and why, in a few words, such as "torch since it was asked for"
    chosen: str = ""
    #: the same model in a finer precision, for what this one is too coarse for: pictures of more
    #: than 8 bits; None where this one does for all
    finer: Opened | None = None
    #: bytes of memory that it takes for each pixel of a tile, by the card of the file that runs;
    #: None for what has none
    bytes_per_pixel: int | None = None
    #: gives back what it can of its memory; what has none to speak of does nothing
    release: Release = nothing_to_release

    @property
    def precisions(self) -> str:
        """All precisions in which it computes, such as "int8, bf16 beyond 8 bits"."""
        if self.finer is None:
            return self.precision
        return f"{self.precision}, {self.finer.precision} beyond 8 bits"

    def of_depth(self, depth: str) -> Opened:
        """What runs pictures of a depth, such as "uint16"."""
        return self if self.finer is None or depth == "uint8" else self.finer

    def told_of(self, run: Run) -> Opened:
        """What it says of itself, with another Run in place of its own and nothing to release."""
        finer = None if self.finer is None else self.finer.told_of(run)
        return replace(self, run=run, release=nothing_to_release, finer=finer)


def level_array(settings: Sequence[float | Array]) -> Array | None:
    """One picture's dial settings as a level.

    It is [1, K, 1, 1], or [1, K, H, W] where one of the settings is a map [H, W], and None where
    there are no dials.
    """
    if not settings:
        return None
    size = max((np.shape(setting) for setting in settings), key=len) or (1, 1)
    planes = [np.broadcast_to(np.asarray(setting, np.float32), size) for setting in settings]
    return np.stack(planes)[None]


def pad_to_multiple(image: Array, multiple: int) -> Array:
    """The image [B, C, H, W] padded at the right and below, so that its sides are multiples.

    It is mirrored with its edge pixels, and may be as small as 1x1. To repeat the edge instead
    would turn noise into stripes, and cost 0.04 to 0.11 dB over a whole picture.
    """
    height, width = image.shape[-2:]
    bottom = -height % multiple
    right = -width % multiple
    if not bottom and not right:
        return image
    return np.pad(image, ((0, 0), (0, 0), (0, bottom), (0, right)), mode="symmetric")


def finite(values: Array) -> bool:
    """Whether all values are numbers, and none is NaN or infinity."""
    # NaN is its own minimum. A mask of a picture of 100 megapixels would take 0.3 GB.
    return bool(np.isfinite(values.min()) and np.isfinite(values.max()))


def predict(
    run: Run,
    contract: Contract,
    image: Array,
    level: Array | None = None,
    share: float | Array = 1.0,
) -> Array:
    """Puts a picture through a network: pad, run, crop, and the sum in float32.

    image: [B, C, H, W] of any size.
    level: [B or 1, K, 1, 1]; or [B or 1, K, H, W] where the contract says "pixel"; or None.
    share: how much of the change is taken, as in `mix`. It may be other than 1 only where
    `contract.alike`.

    Returns [B, C', scale H, scale W], which is not clamped. UsageError where image or level do not
    fit the contract.
    """
    if image.ndim != 4 or image.shape[1] != contract.channels_in:
        raise UsageError(
            f"an image of shape {list(image.shape)} does not fit: this model wants [B, "
            f"{contract.channels_in}, H, W]"
        )
    predicted = padded(run, contract)(image, level_for(contract, level, image.shape))
    if contract.residual:
        return _added(repeated(image, contract.scale), predicted, share)
    return mix(image, predicted, share)


def repeated(image: Array, scale: int) -> Array:
    """The image [B, C, H, W] with each pixel `scale` times down and across, or as it is for 1."""
    return image if scale == 1 else image.repeat(scale, -2).repeat(scale, -1)


def mix(before: Array, after: Array, share: float | Array) -> Array:
    """Takes a share of the change from `before` to `after`, which have one shape.

    share: a number in [0, 1], or a map of such numbers that broadcasts. 0 gives the bits of
    `before`, and 1 those of `after`. `after` is overwritten.
    """
    if np.all(np.asarray(share) == 1):
        return after
    # In place, since a picture of 100 megapixels is 1.2 GB.
    after -= before
    return _added(before, after, share)


def _added(before: Array, change: Array, share: float | Array) -> Array:
    """before + share * change, in place of the change."""
    change *= np.asarray(share, np.float32)
    change += before
    return change


def padded(run: Run, contract: Contract) -> Run:
    """A Run that takes pictures of any size.

    Picture and map are padded by mirroring, and the result is cropped.
    """

    def run_padded(image: Array, level: Array | None) -> Array:
        height, width = image.shape[-2:]
        if level is not None and contract.level == "pixel":
            level = pad_to_multiple(level, contract.multiple)
        result = run(pad_to_multiple(image, contract.multiple), level)
        return result[..., : height * contract.scale, : width * contract.scale]

    return run_padded


def level_for(contract: Contract, level: Array | None, shape: tuple[int, ...]) -> Array | None:
    """The level in the shape that a Run takes, for a picture of that shape [B, C, H, W].

    It is a plane of the picture's size for "pixel", [B, K, 1, 1] for "image", and [1, K, 1, 1] for
    "batch". UsageError where it fits neither the contract nor the picture.
    """
    dials = len(contract.dials)
    if not dials:
        return None
    if level is None or level.ndim != 4 or level.shape[1] != dials:
        given = None if level is None else list(level.shape)
        raise UsageError(
            f"a level of shape {given} does not fit: this model has {dials} dial(s) and wants "
            f"[B, {dials}, 1, 1]"
        )
    batch, _, height, width = shape
    if level.shape[-2:] != (1, 1):
        contract.takes_maps("the level")
    if contract.level == "batch":
        if level.shape[0] != 1:
            raise UsageError("this model takes one level for a whole batch")
        return level
    if contract.level == "image":
        return np.broadcast_to(level, (batch, dials, 1, 1))
    if level.shape[-2:] not in ((1, 1), (height, width)):
        raise UsageError(
            f"a level map of {level.shape[-1]}x{level.shape[-2]} does not fit a picture of "
            f"{width}x{height}"
        )
    return np.broadcast_to(level, (batch, dials, height, width))
