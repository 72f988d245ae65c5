"""Ways of files through a model: written and read by others, restored as `burnish restore` does."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from ...contract import BELOW, Array, Contract
from ...ground.fill import marked
from ...inference.job import Job, run_job
from ...inference.model import Model
from ...pipeline import ask
from ...pipeline.even import even
from ...training.networks.restorer import Restorer
from ..apart import Allowed
from .loader import Fed
from .way import Case, Way

#: samples of a picture, [H, W] or [H, W, 3]
Samples = NDArray[Any]


@dataclass(frozen=True)
class Kind:
    """A kind of file, by programs that know nothing of Burnish's own reading and writing."""

    #: what it is called
    name: str
    #: the ending of the picture's file
    ending: str
    #: the ending of the result's file
    result: str
    #: the type of its samples
    depth: str
    #: makes a file of samples
    encode: Callable[[Samples], bytes]
    #: gives the samples in the result's file
    decode: Callable[[bytes], Samples]
    #: whether it holds a picture in grey
    grey: bool = False

    @property
    def top(self) -> float:
        """The sample that stands for 1."""
        return 1.0 if self.depth == "float32" else float(np.iinfo(self.depth).max)


def _by_pillow(samples: Samples, **how: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(samples).save(file, **how)
    return file.getvalue()


def _seen_by_pillow(data: bytes) -> Samples:
    return np.asarray(Image.open(io.BytesIO(data)))


def _by_tifffile(samples: Samples) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, photometric="rgb" if samples.ndim == 3 else "minisblack")
    return file.getvalue()


def _seen_by_tifffile(data: bytes) -> Samples:
    return tifffile.imread(io.BytesIO(data))


def _by_imagecodecs(samples: Samples) -> bytes:
    return bytes(imagecodecs.png_encode(samples))


def _pillow(name: str, ending: str, result: str | None = None, **how: Any) -> Kind:
    encode = partial(_by_pillow, **how)
    return Kind(name, ending, result or ending, "uint8", encode, _seen_by_pillow)


PNG = _pillow("PNG", ".png", format="PNG")
PNG_16 = Kind("PNG of 16 bits", ".png", ".png", "uint16", _by_imagecodecs, imagecodecs.png_decode)
#: the kinds of files that are tried
KINDS = (
    PNG,
    replace(PNG, name="grey PNG", grey=True),
    PNG_16,
    replace(PNG_16, name="grey PNG of 16 bits", grey=True),
    Kind("TIFF of 16 bits", ".tif", ".tif", "uint16", _by_tifffile, _seen_by_tifffile),
    Kind("TIFF of floats", ".tif", ".tif", "float32", _by_tifffile, _seen_by_tifffile),
    _pillow("BMP", ".bmp", format="BMP"),
    _pillow("WebP without loss", ".webp", ".png", format="WEBP", lossless=True, exact=True),
    _pillow("JPEG", ".jpg", ".png", format="JPEG", quality=95, subsampling=0),
)


def ways_of_files(
    name: str,
    model: Model,
    restorer: Restorer,
    fed: Fed,
    allowed: Allowed,
    depths: Collection[str],
    folder: Path,
) -> Iterator[Way]:
    """The ways of files through an opened model, crops of a batch one after another.

    allowed: how far they may be apart, before they are rounded. depths: the types of samples of
    the files that are taken. folder: where the files go.
    """
    contract = restorer.contract
    if contract.gives == "filling":
        if "uint8" in depths:
            yield from _fillings(name, model, restorer, fed, allowed)
        return
    if contract.channels_in not in (1, 3):
        return
    kinds = [kind for kind in KINDS if kind.depth in depths and _takes(contract, kind)]
    for number, kind in enumerate(kinds):
        place = number % len(fed.image)
        case, path = _written(kind, restorer, fed, place, folder / f"{number}{kind.ending}")
        target = folder / f"{number}_restored{kind.result}"
        yield Way(
            f"{name}, {kind.name}",
            case,
            allowed.of_steps(0 if kind.depth == "float32" else 1 / kind.top),
            partial(_restored, model, kind, case, path, target),
        )


def _takes(contract: Contract, kind: Kind) -> bool:
    """Whether a model takes pictures of the channels that a kind holds."""
    return kind.grey or contract.channels_in == 3


def _written(kind: Kind, restorer: Restorer, fed: Fed, place: int, path: Path) -> tuple[Case, Path]:
    """Writes a crop as a file of a kind, and says what is to come of it: (that, its path)."""
    planes = fed.image[place]
    if kind.grey or len(planes) == 1:
        planes = planes.mean(0, keepdims=True)
    samples = planes.transpose(1, 2, 0)
    if kind.depth != "float32":
        samples = np.rint(samples.clip(0, 1) * kind.top).astype(kind.depth)
    samples = np.ascontiguousarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    data = kind.encode(samples)
    path.write_bytes(data)
    # What others read in the file, which of a JPEG is not what was written.
    if kind.ending == kind.result:
        pixels = _planes(kind.decode(data), kind.top)
    else:
        pixels = _planes(_seen_by_pillow(data), kind.top)
    return _wanted(kind, restorer, pixels, _level(fed, place)), path


def _planes(samples: Samples, top: float) -> Array:
    """Samples as an image [1, C, H, W] in 0..1."""
    planes = samples[None] if samples.ndim == 2 else samples.transpose(2, 0, 1)
    return np.ascontiguousarray(planes[None], np.float32) / np.float32(top)


def _level(fed: Fed, place: int) -> Array | None:
    return None if fed.level is None else fed.level[place % len(fed.level)][None]


def _wanted(kind: Kind, restorer: Restorer, pixels: Array, level: Array | None) -> Case:
    """The case of a picture [1, C, H, W] as its file holds it, with what its result's is to hold.

    Grey goes in as equal channels, and comes back grey. What is perfectly even stays.
    """
    contract = restorer.contract
    grey = pixels.shape[1] == 1 or bool((pixels == pixels[:, :1]).all())
    seen = np.repeat(pixels[:, :1], contract.channels_in, 1) if grey else pixels
    result = Case.of(restorer, seen, level).wanted
    colours = contract.channels_out > contract.channels_in
    if grey and not colours:
        result = result.mean(1, keepdims=True)
    if not colours:
        result = np.broadcast_to(result, (1, pixels.shape[1], *result.shape[2:]))
    if contract.residual and pixels.shape == result.shape:
        result = np.where(even(pixels), pixels, result)
    if kind.depth != "float32":
        result = result.clip(0, 1)
    return Case(pixels, level, np.asarray(result, np.float32))


def _restored(model: Model, kind: Kind, case: Case, path: Path, target: Path) -> Array:
    """The file restored, as a file, and read by others."""
    settings: dict[str, float] = {}
    if case.level is not None:
        told = case.level.reshape(-1).tolist()
        settings = {dial.name: at for dial, at in zip(model.contract.dials, told, strict=True)}
    asked = ask(model.contract, settings, 1.0)
    run_job(Job(str(path), str(target), asked, overwrite=True), model)
    return _planes(kind.decode(target.read_bytes()), kind.top)


def _fillings(
    name: str,
    model: Model,
    restorer: Restorer,
    fed: Fed,
    allowed: Allowed,
) -> Iterator[Way]:
    """The ways of pictures of which something is lost, as a mask says."""
    for number, image in enumerate(fed.image):
        lost = image[0] < BELOW
        pixels = np.where(lost, np.float32(0), image).clip(0, 1)
        case = Case.of(restorer, marked(pixels, lost)[None], None)
        wanted = np.where(lost, case.wanted, pixels)
        go = partial(_filled, model, pixels, lost)
        lost_case = Case(case.image, None, wanted)
        yield Way(f"{name}, filled by mask {number + 1}", lost_case, allowed, go)


def _filled(model: Model, pixels: Array, lost: NDArray[np.bool_]) -> Array:
    return model.fill(pixels, lost)[None]
