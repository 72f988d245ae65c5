"""Sidecars: NAME.burnish.json beside a result says how it came about; replay() makes it again.

There is nothing in it of the day or of how long it took, so the same run leaves the same sidecar.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ... import __version__
from ...contract import Opened
from ...errors import InputError, InputMissing, ModelMismatch, UsageError
from ...ground.files import atomic_write, digest
from ...pipeline import FOUND, Finding, MapFile, Size, ask
from .. import zoo
from ..addresses import is_address, put
from ..backends import BACKENDS, PRECISIONS
from ..backends.table import installed
from ..job import Job, JobReport, run_job
from ..model import Model
from ..pages import Pages
from ..pdf import is_pdf
from ..several.automatic import Automatic
from ..several.chain import ModelChain

#: what the name of a sidecar ends in, behind that of the result
ENDING = ".burnish.json"
#: bytes that a file's name may have
LONGEST = 255
#: where a setting comes from that was found once for many pictures
ALIKE = "alike"
#: what is added to the name of a result that is made again beside the first
SUFFIX = "_replayed"
#: libraries that may make another result of the same
LIBRARIES = (
    *("numpy", "pillow", "imagecodecs", "tifffile", "pikepdf"),
    *("openvino", "onnxruntime", "ncnn"),
)
#: what of a job is said in a sidecar by itself, or is nothing to the result
_APART = ("source", "target", "asked", "overwrite", "salvage")


def sidecar_of(result: str) -> str:
    """The path of a result's sidecar. A name too long for one is cut, and told by its hash."""
    folder, name = os.path.split(result)
    if len(os.fsencode(name)) + len(ENDING) > LONGEST:
        tail = f"~{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"
        name = os.fsdecode(os.fsencode(name)[: LONGEST - len(ENDING) - len(tail)]) + tail
    return os.path.join(folder, name + ENDING)


def about_run(
    name: str, model: Model, job: Job, opened: Opened, threads: int | None
) -> dict[str, Any]:
    """What the sidecars of all results of a run say alike.

    name: that of the model, or the path of its file. opened: what it runs on. threads: of the
    processor; None is all.
    """
    return {
        "burnish": __version__,
        "libraries": _versions(),
        "model": {"name": name, "sha256": hash_of(model)},
        "strength": _strength(job),
        "icc": job.asked.icc,
        "options": options_of(job),
        "backend": opened.backend,
        "precision": opened.precisions,
        "threads": threads or os.cpu_count() or 1,
    }


def settled_in(
    dials: Mapping[str, float | str], origins: Mapping[str, str], alike: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """The setting of each dial and where it comes from, as a sidecar has them.

    alike: the dials that were settled once for many pictures.
    """
    return {
        name: {"setting": value, "from": ALIKE if name in alike else origins[name]}
        for name, value in dials.items()
    }


def write_sidecar(
    about: Mapping[str, Any],
    source: str,
    target: str,
    hashes: tuple[str, str],
    dials: Mapping[str, Mapping[str, Any]],
    there: float | None = None,
) -> str:
    """Writes the sidecar of a result that stands under its name, and returns its path.

    about: what `about_run` says, and the threads. source, target: the paths of the picture and of
    the result. hashes: their SHA-256. dials: the setting of each, and where it comes from. there:
    how much of the picture was there, from 0 to 1; None where its file is whole.
    OutputError where it cannot be written.
    """
    path = sidecar_of(target)
    record = {
        **about,
        "dials": dials,
        "source": {"path": _from(source, os.path.dirname(path)), "sha256": hashes[0]},
        "result": {"name": os.path.basename(target), "sha256": hashes[1]},
    }
    if there is not None:
        record["salvaged"] = {"there": there}
    content = (json.dumps(record, indent=1) + "\n").encode()
    if is_address(path):
        put(content, path)
    else:
        atomic_write(path, content)
    return path


def _from(source: str, folder: str) -> str:
    """The path of a picture from a folder; whole, where one of them is an address."""
    if is_address(source) or is_address(folder):
        return source
    return os.path.relpath(source, folder)


def options_of(job: Job) -> dict[str, Any]:
    """What of a job is the same for all pictures of a run, but for dials and strength."""
    found = {f.name: getattr(job, f.name) for f in fields(job) if f.name not in _APART}
    words = {
        name: None if value is None else value.words
        for name, value in (("pages", job.pages), ("size", job.size))
    }
    return {**found, **words}


def _strength(job: Job) -> float | dict[str, Any]:
    """The strength as it is written: a number, or a map with its ends."""
    strength = job.asked.strength
    if isinstance(strength, MapFile):
        path = os.path.abspath(strength.path)
        return {"map": path, "black": strength.black, "white": strength.white}
    return float(strength)


def _versions() -> dict[str, str]:
    """The versions of the libraries that are installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def read_sidecar(path: Path) -> dict[str, Any]:
    """What a sidecar says. InputMissing where there is none, InputError for another file."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        for name, inside in (("model", "name"), ("source", "path"), ("result", "sha256")):
            record[name][inside]
        for name in (
            "libraries",
            "dials",
            "options",
            "strength",
            "backend",
            "precision",
            "threads",
        ):
            record[name]
    except FileNotFoundError as error:
        raise InputMissing(f"{path}: no such file; check the name") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: is no sidecar of Burnish's; name a file that ends in {ENDING}"
        ) from error
    return dict(record)


@dataclass(frozen=True)
class Replayed:
    """What came of making a result again."""

    #: what became of the picture
    report: JobReport
    #: whether the bytes are those of the first result
    same: bool
    #: what differs from the first time and may be why they are not
    differs: tuple[str, ...]


def replay(path: Path, target: Path | None = None, *, overwrite: bool = False) -> Replayed:
    """Makes a result again as its sidecar says, on the processor.

    target: where it goes; None is beside the sidecar, as NAME_replayed.

    InputError where the sidecar or the picture is not what it was, ModelMismatch where the model
    is not; what `run_job` raises.
    """
    record = read_sidecar(path)
    source = os.path.normpath(os.path.join(path.parent, record["source"]["path"]))
    _check_source(source, record["source"]["sha256"])
    model = zoo.load(record["model"]["name"])
    _check_model(model, record["model"])
    if target is None:
        stem, ending = os.path.splitext(record["result"]["name"])
        target = path.parent / f"{stem}{SUFFIX}{ending}"
    job = _job(record, model, source, str(target), overwrite)
    if not job.wanted:
        raise UsageError(f"{target}: exists already; --overwrite replaces it")

    said = record["precision"]
    precision = said if said in PRECISIONS else "auto"
    by = record["backend"]
    device = f"{by}:cpu" if by in BACKENDS and installed(by) else "cpu"
    opened = model.open(device=device, threads=int(record["threads"]), precision=precision)
    report = run_job(job, model)
    now = {"backend": opened.backend, "precision": opened.precisions, **_versions()}
    then = {name: record[name] for name in ("backend", "precision")} | record["libraries"]
    differs = [
        f"{name} was {then.get(name)}, and is {now.get(name)}"
        for name in sorted({*now, *then})
        if now.get(name) != then.get(name)
    ]
    same = digest(target) == record["result"]["sha256"]
    return Replayed(report, same, tuple(differs))


def _check_source(source: str, expected: str) -> None:
    if not os.path.isfile(source):
        raise InputMissing(f"{source}: the picture is no longer there; put it back")
    if digest(Path(source)) != expected:
        raise InputError(
            f"{source}: is not the picture that was restored (its hash is another); put that back"
        )


def _check_model(model: Model, said: Mapping[str, Any]) -> None:
    found = hash_of(model)
    if found != said["sha256"]:
        raise ModelMismatch(
            f"{said['name']}: is another model than the one that made the result (its hash is "
            "another); install the version of Burnish that the sidecar names"
        )


def _setting(dial: Mapping[str, Any]) -> float | str | Finding:
    """The setting of a dial in a sidecar. What was found chooses the models again, as it did."""
    told = dial["from"] not in (*FOUND, ALIKE)
    return dial["setting"] if told else Finding(dial["setting"], "pixels")


def hash_of(model: Model) -> str | None:
    """The SHA-256 of a model's file; of what is made of several models, that of their hashes, in
    their order; for a filter, of the files that it depends on, or None.
    """
    if isinstance(model, Automatic | ModelChain):
        hashes = "".join(str(hash_of(one)) for one in model.models.values())
        return hashlib.sha256(hashes.encode()).hexdigest()
    if model.path is None and model.files:
        hashes = "".join(map(digest, model.files))
        return hashlib.sha256(hashes.encode()).hexdigest()
    return None if model.path is None else digest(model.path)


def _job(record: Mapping[str, Any], model: Model, source: str, target: str, overwrite: bool) -> Job:
    """The job that a sidecar describes. InputError where it describes none."""
    strength = record["strength"]
    if isinstance(strength, dict):
        white, black = strength["white"], strength["black"]
        strength = MapFile(Path(strength["map"]), black, white, strength["map"])
    try:
        options = dict(record["options"])
        options["pages"] = Pages.parse(options["pages"]) if options["pages"] else None
        options["size"] = Size.parse(options["size"]) if options.get("size") else None
        # Pages that were settled one by one, as those of a PDF always are, are settled so again.
        one_by_one = options["each"] or is_pdf(source)
        dials = {
            name: _setting(dial)
            for name, dial in record["dials"].items()
            if not (one_by_one and dial["from"] in FOUND)
        }
        asked = ask(model.contract, dials, strength, record.get("icc", True) is True)
        salvage = "salvaged" in record
        return Job(source, target, asked=asked, overwrite=overwrite, salvage=salvage, **options)
    except (KeyError, TypeError) as error:
        raise InputError(
            f"the sidecar of {target} says what this version does not know ({error}); install the "
            "version that it names"
        ) from error
