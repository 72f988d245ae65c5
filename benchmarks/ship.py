"""Makes a trained network one that ships: weights rounded to half precision, card completed with
what was measured, exported and verified.

python -m benchmarks.ship runs/photo/photo.safetensors [--name photo] [--results
benchmarks/results/cbsd68.json] [--along noise=10,25,50 [--expert 25=FILE]]

Writes burnish/weights/NAME.safetensors and NAME.onnx. The figures of quality come from the results
of a benchmark on these very weights, so: ship, run `python -m benchmarks.cbsd68 --write`, ship
again. --along measures a dial gate by gate (`burnish smooth`), for the card. Refused where rounding
to half precision costs 0.01 dB or more on what is looked at, or 0.01 of F1 where the network gives
masks; those have `benchmarks.scratch` and `benchmarks.repair` with --out into the same folder, and
what fills has `benchmarks.repair` with --out into fill.json there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import yaml

from burnish.cli.words import parse_experts, parse_levels
from burnish.degrade import damage_by
from burnish.inference.zoo import folder
from burnish.metrics import METRICS
from burnish.metrics.masks import MASKS
from burnish.pipeline import Bare
from burnish.study.dial.smooth import psnr_at, smooth
from burnish.study.dial.smooth_page import for_card
from burnish.study.evaluate import Folder
from burnish.study.machine import processor
from burnish.study.rows import open_row
from burnish.study.speed.bench import in_process
from burnish.study.trained.verify import export_verified
from burnish.training.networks.cost import multiply_adds, parameters
from burnish.training.networks.export import rounded
from burnish.training.networks.restorer import Restorer
from burnish.training.networks.smaller.batch_norms import without_batch_norms
from burnish.training.networks.torch_backend import runner
from burnish.training.recipe.file import from_record
from burnish.training.recipe.resolve import resolve
from burnish.training.step.feed import held_out
from burnish.training.validation.validate import centre_crops, marked, tables

#: where the recipes of what ships are
RECIPES = Path("recipes")
#: what half precision may cost, in dB, or in F1 of masks
ALLOWED = 0.01
#: what masks are looked at by
F1 = next(metric for metric in MASKS if metric.name == "f1-0.5")
#: for the dial: every n-th picture, and the side of the piece in its middle
EVERY, PIECE = 3, 256
#: the side of the picture on which memory is measured
SIDE = 1024
#: the precisions in which files in float are measured
FLOATS = ("fp32", "bf16")


def of_no_machine(card: Any) -> Any:
    """A card without paths that begin at the root of some machine: their names are left."""
    if isinstance(card, dict):
        return {key: of_no_machine(value) for key, value in card.items()}
    if isinstance(card, list):
        return [of_no_machine(value) for value in card]
    rooted = isinstance(card, str) and Path(card).is_absolute()
    return Path(card).name if rooted else card


def weights_digest(path: Path) -> str:
    """SHA-256 of a safetensors file's tensors alone, without its header and so without its card."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    return hashlib.sha256(data[8 + length :]).hexdigest()


def cost_of_rounding(restorer: Restorer) -> float:
    """The most that it costs, in dB or in F1, on what the recipe in its card validates with."""
    stage = resolve(from_record(restorer.card["training"]["recipe"]))[-1]
    pictures = held_out(stage, restorer.contract, print)
    if pictures is None:
        raise SystemExit("its recipe leaves no pictures out to validate on")
    scale, data = restorer.contract.scale, stage.data
    held = centre_crops(pictures, stage.validation.crop, scale, data.raw, data.tones)
    gives_masks = restorer.contract.gives == "mask"
    held = marked(held, stage.validation) if gives_masks else held
    metric = F1 if gives_masks else METRICS["psnr"]
    full, half = (
        tables(Bare(one.contract, runner(one)), stage.validation, held, [metric])
        for one in (restorer, rounded(restorer))
    )
    return max(
        table.mean(metric.name, setting) - half[kind].mean(metric.name, setting)
        for kind, table in full.items()
        for setting in table.settings
    )


def bytes_per_pixel(path: Path, precisions: Sequence[str] = FLOATS) -> dict[str, int]:
    """Memory that our engine takes for each pixel of a tile, and a tenth more, by the precision in
    which it computes here.

    precisions: to ask for. Each is measured in a process of its own.
    """
    found = {}
    for precision in precisions:
        record = in_process("batch_point", path, "cpu", precision, SIDE, 1, 1)
        if isinstance(record, str):
            raise SystemExit(f"{path}: its memory could not be measured: {record}")
        taken = record["memory"] / SIDE**2
        if taken < 12:
            raise SystemExit(f"{path}: {taken:.1f} bytes a pixel cannot be; the measurement failed")
        found[record["precision"]] = int(1.1 * taken)
    return found


def remeasure(name: str) -> None:
    """Measures the memory of a shipped model anew, and writes its card; nothing else changes."""
    source = folder() / f"{name}.safetensors"
    restorer = Restorer.load(source)
    card = {**restorer.card, "bytes_per_pixel": bytes_per_pixel(source.with_suffix(".onnx"))}
    restorer.save(source, card, half=True)
    verified = export_verified(source, source.with_suffix(".onnx"))
    print(f"{source}: {card['bytes_per_pixel']} bytes a pixel; {verified}; on {processor()}")


def words_of(name: str) -> dict[str, Any]:
    """What the recipe of a model says for its card, where there is one: task, data, flaws."""
    recipe = RECIPES / f"{name}.yaml"
    if not recipe.is_file():
        return {}
    words: dict[str, Any] = yaml.safe_load(recipe.read_text())["card"]
    return words


def reword(name: str) -> None:
    """Puts what its recipe says now into the card of a shipped model; nothing else changes."""
    source = folder() / f"{name}.safetensors"
    restorer = Restorer.load(source)
    restorer.save(source, {**restorer.card, **words_of(name)}, half=True)
    print(f"{source}: {export_verified(source, source.with_suffix('.onnx'))}; on {processor()}")


def measured(results: Path, name: str, digest: str) -> dict[str, Any]:
    """Quality and speed from a benchmark's results, where they are those of these weights."""
    record = json.loads(results.read_text()) if results.exists() else {"entrants": {}}
    entry = record["entrants"].get(name)
    if entry is None or entry["weights"] != digest:
        return {}
    if "quality" in entry:
        return {"quality": entry["quality"], "speed": entry["speed"]}
    quality: dict[str, dict[str, float]] = {}
    for column, value in entry["psnr"].items():
        kind, level = column.split()
        quality.setdefault(f"CBSD68, {kind} noise, {record['definition']}", {}).update(
            {f"noise={level}": value}
        )
    engine, seconds = next((k, v) for k, v in entry["seconds"].items() if k.startswith("ours"))
    return {
        "quality": quality,
        "speed": (
            f"{seconds:.2f} s a megapixel ({engine.removeprefix('ours ')}) on "
            f"{record['processor']}, two cores"
        ),
    }


def on_pictures_people_have(folder: Path, name: str, digest: str) -> dict[str, dict[str, float]]:
    """Rows of the card on real noise and on pictures that need nothing, from the results of
    `benchmarks.real_noise` and `benchmarks.harmless`, where they are of these weights.
    """
    rows: dict[str, dict[str, float]] = {}
    real = _record(folder / "real_noise.json")
    entrant = real.get("entrants", {}).get(name, {})
    if entrant.get("weights") == digest:
        before, figures = real["as saved"], entrant["figures"]
        alone = real["entrants"].get("auto", entrant)["figures"]["auto"]
        row = {
            "as saved": mean(before),
            "burnish restore": mean(alone),
            "at the best setting": mean(figures["best"]),
            "worst pair, gain": min(a - b for a, b in zip(alone, before, strict=True)),
        }
        for peer, entry in real["entrants"].items():
            if peer not in (name, "auto"):
                row[f"{peer} at its best setting"] = mean(entry["figures"]["best"])
        rows[f"real noise of cameras, PSNR[RGB, 8-bit, mean of {len(before)}]"] = row
    plain = _record(folder / "harmless.json")
    if plain.get("weights") == digest and plain.get("model") == name:
        unchanged = {
            f"{kind}, {which}": value
            for kind, found in plain["to what went in, dB"].items()
            for which, value in found.items()
        }
        rows["clean pictures at auto, PSNR to what went in"] = unchanged
        rows["even cards"] = {"mean moves by at most, steps": plain["even cards move by, steps"]}
    return {title: {k: round(v, 2) for k, v in row.items()} for title, row in rows.items()}


def of_damage(folder: Path, name: str, digest: str) -> dict[str, dict[str, float]]:
    """Rows of the card on damage that is found, mended or filled, from the results of
    `benchmarks.scratch` and `benchmarks.repair`, where they are of these weights.
    """
    rows: dict[str, dict[str, float]] = {}
    found = _record(folder / "scratch.json")
    if found.get("weights") == digest and found.get("name") == name:
        at = found["model"][f"{found['at']:g}"]
        peer = {"median and threshold, best for each": max(found["median"].values())}
        rows["damage on kodak24, of the mask [mean of 72]"] = at | peer
        rows["percent touched of what has no damage"] = {
            f"{kind}, {word}": function(found[key].values())
            for kind, key in (("kodak24", "clean"), ("drawn to look like dirt", "drawn"))
            for word, function in (("mean", mean), ("worst", max))
        }
    mended = _record(folder / "repair.json")
    if mended.get("weights") == digest and mended.get("name") == name:
        rows["damage on kodak24, PSNR[RGB, 8-bit, mean of 72]"] = mended["whole pictures"]
    filled = _record(folder / "fill.json")
    if filled.get("filler") == digest and name == "fill":
        rows |= {
            f"what is lost, {width}, PSNR[RGB, 8-bit, {filled['pictures']} of kodak24]": row
            for width, row in filled.items()
            if width.endswith("wide")
        }
    return {title: {k: round(v, 3) for k, v in row.items()} for title, row in rows.items()}


def of_enlarging(folder: Path, name: str, digest: str) -> dict[str, dict[str, float]]:
    """Rows of the card on pictures enlarged, from the results of `benchmarks.upscale`, where they
    are of these weights.
    """
    found = _record(folder / "upscale.json").get("models", {}).get(name, {})
    if not found or found["weights"] != digest:
        return {}
    stamp = METRICS["psnr-y"].stamp(3, found["scale"], None)
    rows = {
        f"{part}, x{found['scale']}, {stamp}": {way: one["psnr-y"] for way, one in ways.items()}
        for part, ways in found["clean"].items()
    }
    distance = {way: one["distance"] for way, one in found["kodak24"].items()}
    rows["kodak24, perceptual distance (SqueezeNet)"] = distance
    return {title: {k: round(v, 3) for k, v in row.items()} for title, row in rows.items()}


def of_mosaics(folder: Path, name: str, digest: str) -> dict[str, dict[str, float]]:
    """Rows of the card on raw files, from the results of `benchmarks.raw`, where they are of these
    weights.
    """
    found = _record(folder / "raw.json")
    if name != "raw" or found.get("weights") != digest:
        return {}
    return {
        f"{kind} of kodak24 as raw files, {way}, PSNR[RGB, 8-bit, crop 0, mean of 3]": row
        for kind, ways in found["figures"].items()
        for way, row in ways.items()
    }


def of_paintings(folder: Path, name: str, digest: str) -> dict[str, dict[str, float]]:
    """Rows of the card on paintings, from the results of `benchmarks.style`, where they are of
    these weights.
    """
    found = _record(folder / "style.json")
    if name != "style" or found.get("weights") != digest:
        return {}
    on = f"{found['pictures']} pieces of kodak24, {found['side']} pixels"
    return {
        f"{end}, distance in {what} (SqueezeNet), {on}": {
            way: round(figures[what], 3) for way, figures in ways.items()
        }
        for end, ways in found["ends"].items()
        for what in ("style", "content")
    }


def _record(file: Path) -> dict[str, Any]:
    """A benchmark's results, or nothing where it was never run."""
    record: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return record


def along(path: Path, words: str, pictures: Path, experts: Mapping[float, str]) -> dict[str, Any]:
    """What `burnish smooth` finds on the middle of every third picture, and of experts the dip and
    how long they were trained.
    """
    (name, levels), held = (
        next(iter(parse_levels([words]).items())),
        list(Folder(pictures))[::EVERY],
    )
    damage = damage_by(name, 1)
    found = smooth(open_row(str(path), device="cpu"), held, damage, levels, side=PIECE, say=print)
    best = {}
    for level, file in experts.items():
        export_verified(Path(file), Path(file).with_suffix(".onnx"))
        best[level] = psnr_at(
            open_row(str(Path(file).with_suffix(".onnx")), device="cpu"),
            held,
            damage,
            level,
            side=PIECE,
        )
    steps = {Restorer.load(Path(file)).card["training"]["steps"] for file in experts.values()}
    trained = (
        {
            "experts": (
                f"these weights, {' or '.join(map(str, sorted(steps)))} steps more at "
                "their level alone"
            )
        }
        if steps
        else {}
    )
    return for_card(found, pictures.name, best) | trained


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("--name", default=None)
    parser.add_argument("--results", type=Path, default=Path("benchmarks/results/cbsd68.json"))
    parser.add_argument(
        "--along", metavar="NAME=A,B,C", help="damage whose dial is measured along its range"
    )
    parser.add_argument(
        "--expert",
        metavar="LEVEL=FILE",
        action="append",
        default=[],
        help="for --along: a network for one level (benchmarks.experts)",
    )
    parser.add_argument(
        "--pictures", type=Path, default=Path("../shared/data/test/kodak24"), help="for --along"
    )
    parser.add_argument(
        "--memory", action="store_true", help="measure the memory of a shipped model alone"
    )
    parser.add_argument(
        "--words", action="store_true", help="take the words of a shipped model's recipe alone"
    )
    arguments = parser.parse_args()
    if arguments.memory or arguments.words:
        (remeasure if arguments.memory else reword)(arguments.weights.stem)
        return
    name = arguments.name or arguments.weights.stem
    restorer = without_batch_norms(Restorer.load(arguments.weights))
    cost = cost_of_rounding(restorer)
    if cost >= ALLOWED:
        raise SystemExit(f"half precision costs {cost:.3f}; nothing was written")
    source = folder() / f"{name}.safetensors"
    kept = {key: value for key, value in restorer.card.items() if key not in ("quality", "speed")}
    counted = {"parameters": parameters(restorer), "multiply_adds": multiply_adds(restorer)}
    card = {**of_no_machine(kept), **words_of(name), **counted}
    restorer.save(source, card, half=True)
    export_verified(source, source.with_suffix(".onnx"))
    digest = weights_digest(source)
    found = measured(arguments.results, name, digest)
    folder_of_results = arguments.results.parent
    quality = found.get("quality", {}) | on_pictures_people_have(folder_of_results, name, digest)
    quality |= of_damage(folder_of_results, name, digest)
    quality |= of_enlarging(folder_of_results, name, digest)
    quality |= of_paintings(folder_of_results, name, digest)
    quality |= of_mosaics(folder_of_results, name, digest)
    card |= {"bytes_per_pixel": bytes_per_pixel(source.with_suffix(".onnx")), **found}
    if quality:
        card["quality"] = quality
    if arguments.along:
        card["dial"] = along(
            source.with_suffix(".onnx"),
            arguments.along,
            arguments.pictures,
            parse_experts(arguments.expert),
        )
    restorer.save(source, card, half=True)
    print(
        f"{source}: half precision costs {cost:.4f}; "
        f"{export_verified(source, source.with_suffix('.onnx'))}; on {processor()}"
    )


if __name__ == "__main__":
    main()
