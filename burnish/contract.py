"""The shapes that every room agrees on: Dial, Contract, Run; and predict() and mix(), the one way
to put a picture through a network and to take a share of what it changes.

Images are float32 [B, C, H, W], RGB, clean ones in [0, 1]; a spoiled one may leave that range, and
nothing clamps an input. Levels are float32 [B, K, 1, 1] or, as a map, [B, K, H, W]: one channel per
dial, in the unit a person says. Only the network that reads a level converts it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .errors import DialError, ModelMismatch, UsageError

Array = NDArray[np.float32]
Level = Literal["pixel", "image", "batch"]

#: (image [B, C, H, W], level or None) -> what the network predicts, with sizes that are already
#: multiples; an array that is the caller's to change. Raises OutOfMemory. The seam of every
#: backend.
Run = Callable[[Array, Array | None], Array]


@dataclass(frozen=True)
class Dial:
    """A number that a person turns: its name, its advertised range [low, high], where it stands
    when nobody turns it, and its unit in words.
    """

    name: str
    low: float
    high: float
    default: float
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
        """n levels, uniform over the range, one from each n-th of it in random order, so that every
        batch covers the range (stratified).

        [n]
        """
        strata = (rng.permutation(n) + rng.random(n)) / n
        return (self.low + (self.high - self.low) * strata).astype(np.float32)


@dataclass(frozen=True)
class Contract:
    """What the outside must know to run a network.

    multiple: height and width must be multiples of it. reach: pixels of input to each side that a
    result depends on, None where that is the whole picture (no tiles). level: how it may vary:
    "pixel" (a map), "image" (one for each picture of a batch) or "batch" (one for all: the filters
    change). identity: the dials' setting at which output == input exactly, or None. residual: the
    network predicts what is to be added to its input.
    """

    channels_in: int = 3
    channels_out: int = 3
    scale: int = 1
    multiple: int = 1
    reach: int | None = 0
    level: Level = "image"
    identity: tuple[float, ...] | None = None
    residual: bool = False
    dials: tuple[Dial, ...] = ()

    @property
    def alike(self) -> bool:
        """Whether the output has the channels and the size of the input."""
        return self.channels_in == self.channels_out and self.scale == 1

    def dial(self, name: str) -> Dial:
        """The dial of that name; DialError with the names there are."""
        for dial in self.dials:
            if dial.name == name:
                return dial
        names = ", ".join(d.name for d in self.dials) or "none"
        raise DialError(f"this model has no dial {name!r}; its dials: {names}")

    def settings(self, given: Mapping[str, float]) -> tuple[float, ...]:
        """One checked number for each dial, in the contract's order; a dial that is not given
        stands at its default.
        """
        for name in given:
            self.dial(name)
        return tuple(d.check(given.get(d.name, d.default)) for d in self.dials)

    def takes_maps(self, what: str) -> None:
        """DialError, with the reason, where the level cannot vary within a picture."""
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
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Contract:
        """The inverse of `to_dict`; ModelMismatch names a key that is unknown or missing, or says
        that a value makes no sense.
        """
        known = {f.name for f in fields(cls)}
        if set(record) != known:
            raise ModelMismatch(
                "the model's contract has the wrong keys: "
                f"{', '.join(sorted(set(record) ^ known))}; it was made by another version of "
                "Burnish"
            )
        try:
            dials = tuple(Dial(**d) for d in record["dials"])
            identity = None if record["identity"] is None else tuple(map(float, record["identity"]))
        except (TypeError, ValueError, OverflowError, DialError) as error:
            raise ModelMismatch(f"the model's contract makes no sense ({error})") from error
        whole = all(
            type(record[name]) is int and record[name] >= 1
            for name in ("channels_in", "channels_out", "scale", "multiple")
        )
        reaches = record["reach"] is None or (type(record["reach"]) is int and record["reach"] >= 0)
        if not (
            whole
            and reaches
            and record["level"] in get_args(Level)
            and type(record["residual"]) is bool
        ):
            raise ModelMismatch(
                "the model's contract makes no sense: channels, scale, multiple, reach, level "
                "or residual are what no network has"
            )
        if not all(isinstance(dial.name, str) for dial in dials) or (
            identity is not None and len(identity) != len(dials)
        ):
            raise ModelMismatch(
                "the model's contract makes no sense: its dials have no names, or stand at the "
                "identity by another number of settings"
            )
        return cls(**{**record, "dials": dials, "identity": identity})


@dataclass(frozen=True)
class Opened:
    """A model ready to run, and what to tell the user about it: backend, device ("AMD EPYC"),
    precision ("bf16"), notes (sentences for stderr).
    """

    run: Run
    backend: str
    device: str
    precision: str
    notes: tuple[str, ...] = ()


def level_array(settings: Sequence[float | Array]) -> Array | None:
    """One picture's dial settings as a level [1, K, 1, 1], or [1, K, H, W] where one of them is a
    map [H, W]; None where there are no dials.
    """
    if not settings:
        return None
    size = max((np.shape(setting) for setting in settings), key=len) or (1, 1)
    return np.stack(
        [np.broadcast_to(np.asarray(setting, np.float32), size) for setting in settings]
    )[None]


def pad_to_multiple(image: Array, multiple: int) -> Array:
    """Mirrored at the right and below, edge pixels included, to multiples; works from 1x1 on.

    Mirroring, since repeating the edge turns noise into stripes and costs 0.04 to 0.11 dB over a
    whole picture.
    """
    height, width = image.shape[-2:]
    bottom, right = -height % multiple, -width % multiple
    if not bottom and not right:
        return image
    return np.pad(image, ((0, 0), (0, 0), (0, bottom), (0, right)), mode="symmetric")


def finite(values: Array) -> bool:
    """Whether all of them are numbers, not NaN or infinity; without a mask, which for a picture of
    100 megapixels is 0.3 GB: NaN is its own minimum.
    """
    return bool(np.isfinite(values.min()) and np.isfinite(values.max()))


def predict(
    run: Run,
    contract: Contract,
    image: Array,
    level: Array | None = None,
    share: float | Array = 1.0,
    fitted: Callable[[Run, Contract], Run] | None = None,
) -> Array:
    """The picture through the network: pad, run, crop, and the sum in float32. Nothing is clamped.

    image [B, C, H, W] of any size; level [B or 1, K, 1, 1], or [B or 1, K, H, W] where the contract
    says "pixel", or None. share: how much of the change is taken, as in `mix`; other than 1 only
    where `contract.alike`, whose sum is then made at that share. fitted: makes a Run of any size of
    the network's; without it `padded`. Returns [B, C', scale H, scale W]. UsageError where image or
    level do not fit the contract.
    """
    if image.ndim != 4 or image.shape[1] != contract.channels_in:
        raise UsageError(
            f"an image of shape {list(image.shape)} does not fit: this model wants [B, "
            f"{contract.channels_in}, H, W]"
        )
    fits = (fitted or padded)(run, contract)
    predicted = fits(image, _level_for(contract, level, image.shape))
    if contract.residual:
        return _added(image, predicted, share)
    return mix(image, predicted, share)


def mix(before: Array, after: Array, share: float | Array) -> Array:
    """A share of the change from `before` to `after`, of one shape: 0 gives the bits of `before`, 1
    those of `after`, which is overwritten: a picture of 100 megapixels is 1.2 GB.

    share in [0, 1]: a number, or a map that broadcasts.
    """
    if np.all(np.asarray(share) == 1):
        return after
    after -= before
    return _added(before, after, share)


def _added(before: Array, change: Array, share: float | Array) -> Array:
    """before + share * change, in place of the change."""
    change *= np.asarray(share, np.float32)
    change += before
    return change


def padded(run: Run, contract: Contract) -> Run:
    """A Run of any size: picture and map are padded by mirroring, and the result is cropped."""

    def run_padded(image: Array, level: Array | None) -> Array:
        height, width = image.shape[-2:]
        if level is not None and contract.level == "pixel":
            level = pad_to_multiple(level, contract.multiple)
        result = run(pad_to_multiple(image, contract.multiple), level)
        return result[..., : height * contract.scale, : width * contract.scale]

    return run_padded


def _level_for(contract: Contract, level: Array | None, shape: tuple[int, ...]) -> Array | None:
    """The level in the shape that a Run takes, for a picture of that shape: a plane of its size for
    "pixel", [B, K, 1, 1] for "image", [1, K, 1, 1] for "batch".
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
