"""What `burnish verify` does: takes every way through a model, and holds each against training."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...contract import Opened
from ...errors import BurnishError, MissingExtra, ModelMismatch, ModelMissing, unforeseen
from ...ground.remarks import Say, silent
from ...inference.backends import BACKENDS
from ...inference.backends.files import in_eight_bits
from ...inference.model import Model
from ...training.networks.export import source_digest
from ...training.networks.restorer import Restorer
from ..apart import EXACT, HALF
from ..trained.verify import allowed_of
from .files import ways_of_files
from .loader import CROPS, Fed, fed
from .runs import Cases, ways_of_arrays
from .way import Outcome, Way

#: the word for every backend that is installed
ALL = "all"
#: how far what computes in float may be apart, by its precision; in half of it is `HALF`
IN_FLOAT = {"fp32": EXACT}


@dataclass(frozen=True, eq=False)
class Subject:
    """A model file with the weights that it was made of, and what goes through both."""

    #: the file
    path: Path
    #: the network of the weights
    restorer: Restorer
    #: what goes in several ways, and what training's forward makes of it
    cases: Cases

    @classmethod
    def of(cls, path: Path, weights: Path, given: Fed) -> Subject:
        """The subject of a file and its weights, for a batch of the training loader."""
        restorer = Restorer.load(weights)
        return cls(path, restorer, Cases.of(restorer, given))


def verify(
    path: Path,
    pictures: Sequence[Path],
    *,
    weights: Path | None = None,
    backend: str | None = None,
    precisions: Sequence[str] = ("fp32", "auto"),
    crops: int = CROPS,
    seed: int = 0,
    say: Say = silent,
) -> Iterator[Outcome]:
    """Takes every way through a model file, and yields what came of each.

    path: the model file.
    pictures: files, and folders of them.
    weights: the .safetensors file that it was made of; None is the one beside it.
    backend: one of BACKENDS, "all" for every one that is installed, or None for the one that
    `restore` takes.
    precisions: what it is opened with; one that computes as an earlier one did is left out.
    crops: how many go through.
    seed: of how they are cut and spoiled.
    say: is told what goes in, and what is left out.

    Raises ModelMissing where the weights are not there, ModelMismatch where they are those of
    another contract, MissingExtra, and what `fed` raises.
    """
    weights = path.with_suffix(".safetensors") if weights is None else weights
    restorer = Restorer.load(_there(weights, path))
    if Model(path).contract != restorer.contract:
        raise ModelMismatch(
            f"{path}: has another contract (channels, dials, multiple or the like) than {weights}, "
            "so it was made of other weights; name them with --against FILE.safetensors"
        )
    given = fed(restorer, pictures, crops, seed)
    say(f"{path.name} against training's forward of {weights}")
    say(f"{crops} crops of {given.image.shape[-1]}x{given.image.shape[-2]}, {given.said}")
    _say_of_source(path, weights, say)
    exact = Subject.of(path, weights, given)
    eight = _in_eight_bits(exact, given, say)
    for model in _models(path, backend, precisions, say):
        with tempfile.TemporaryDirectory(prefix="burnish-") as folder:
            yield from map(_taken, _ways(model, exact, eight, given, Path(folder)))


def _there(weights: Path, path: Path) -> Path:
    if not weights.is_file():
        raise ModelMissing(
            f"{weights}: the weights that {path.name} was made of are not there; name them with "
            "--against FILE.safetensors"
        )
    return weights


def _say_of_source(path: Path, weights: Path, say: Say) -> None:
    """Says it where a model file was made of other weights than those that it is held against."""
    made_of = source_digest(path)
    if made_of not in (None, hashlib.sha256(weights.read_bytes()).hexdigest()):
        say(f"{path.name} was made of other weights than {weights}, or of an earlier state of them")


def _in_eight_bits(exact: Subject, given: Fed, say: Say) -> Subject | None:
    """The same model in 8 bits, which is held against its own weights; None without one."""
    eight = in_eight_bits(exact.path, exact.restorer.contract)
    if eight is None:
        return None
    weights = eight.with_suffix(".safetensors")
    if not weights.is_file():
        say(f"{eight}: is left out, since the weights that it was made of are not beside it")
        return None
    return Subject.of(eight, weights, given)


def _models(
    path: Path, backend: str | None, precisions: Sequence[str], say: Say
) -> Iterator[Model]:
    """The model opened by each backend that is asked for, in each way to compute that it has."""
    for word in [*BACKENDS] if backend == ALL else [backend]:
        met = set()
        for precision in precisions:
            model = Model(path)
            try:
                opened = model.open(device="cpu", precision=precision, backend=word)
            except (MissingExtra, ModelMissing) as error:
                if backend != ALL:
                    raise
                say(str(error))
                break
            if opened.precisions not in met:
                met.add(opened.precisions)
                yield model


def _ways(
    model: Model, exact: Subject, eight: Subject | None, given: Fed, folder: Path
) -> Iterator[Way]:
    """The ways through an opened model: of arrays, and of files that are written into a folder."""
    assert model.opened is not None
    for opened, depths in _by_depth(model.opened):
        subject = eight if opened.precision == "int8" and eight is not None else exact
        restorer = subject.restorer
        allowed = allowed_of(restorer, IN_FLOAT.get(opened.precision, HALF))
        name = f"{opened.backend} {opened.precision}"
        yield from ways_of_arrays(name, opened.run, restorer.contract, subject.cases, allowed)
        place = folder / opened.precision
        place.mkdir()
        yield from ways_of_files(name, model, restorer, given, allowed, depths, place)


def _by_depth(opened: Opened) -> list[tuple[Opened, tuple[str, ...]]]:
    """What a model was opened with, and the types of samples that it runs."""
    if opened.finer is None:
        return [(opened, ("uint8", "uint16", "float32"))]
    return [(opened, ("uint8",)), (opened.finer, ("uint16", "float32"))]


def _taken(way: Way) -> Outcome:
    """A way taken; what goes wrong on it is said in the outcome."""
    try:
        return Outcome(way, way.go())
    except BurnishError as error:
        return Outcome(way, None, str(error))
    except Exception as error:
        return Outcome(way, None, str(unforeseen(error)))
