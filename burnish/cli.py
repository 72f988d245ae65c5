"""The command line: words -> Job or Recipe; errors -> one line and an exit code. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from . import __version__
from .errors import BurnishError, InputError, MissingExtra, ModelMissing, UsageError, about_one, unforeseen
from .words import parse_dials, parse_experts, parse_levels, parse_settings, parse_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .inference.model import Model

app = typer.Typer(
    add_completion=True,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Device(StrEnum):
    """Where a model runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


Inputs = Annotated[list[Path], typer.Argument(metavar="INPUT", show_default=False, help="Pictures, or folders of them.")]
Dials = Annotated[list[str], typer.Option("-d", "--dial", metavar="NAME=VALUE", show_default=False, help="A dial's setting: a number, auto, or a map's file.")]
ModelName = Annotated[str, typer.Option("-m", "--model", metavar="MODEL", help="A shipped model's name, or a model file.")]
Threads = Annotated[int | None, typer.Option(min=1, metavar="N", show_default=False, help="Processor threads.")]
Full = Annotated[bool, typer.Option("--fp32", help="Full precision.")]
Where = Annotated[Device, typer.Option("--device", help="auto, cpu or cuda.", show_choices=False)]
Megapixels = Annotated[float, typer.Option("--max-megapixels", min=0, metavar="MP", help="Refuse larger pictures; 0 lifts the limit.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]


def main() -> None:
    """The console script."""
    debug = "--debug" in sys.argv
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that is not UTF-8 must not end a run
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    as_json = "--json" in sys.argv
    try:
        sys.exit(app([word for word in sys.argv[1:] if word != "--debug"], prog_name="burnish", standalone_mode=not as_json))
    except Exception as error:
        if as_json and hasattr(error, "format_message"):  # typer's own: a word or a number that does not fit
            fail(UsageError(error.format_message()))
        if debug:
            raise
        fail(error if isinstance(error, BurnishError) else unforeseen(error))


def fail(error: BurnishError) -> NoReturn:
    """One line on stderr (an object on stdout with --json), and the error's exit status."""
    if "--json" in sys.argv:
        print(json.dumps({"error": {"code": error.code, "message": str(error)}}), flush=True)
    say(f"burnish: {error} [{error.code}]")
    sys.exit(error.exit_status)


def say(text: str) -> None:
    from .console import tell

    tell(text, sys.stderr)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"burnish {__version__}")
        raise typer.Exit


@app.callback(epilog="Any command takes --debug, for a traceback.")
def root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False) -> None:
    """burnish restore photo.jpg -d noise=25

    Image restoration with dials.
    """


@app.command(short_help="Restore pictures.")
def restore(
    inputs: Inputs,
    output: Annotated[str | None, typer.Option("-o", "--output", metavar="OUT", show_default=False, help="A folder, or, for one input, a file.")] = None,
    model: ModelName = "photo",
    dial: Dials = [],  # noqa: B006 (typer's way)
    strength: Annotated[float, typer.Option(metavar="S", help="0 (the input) to 1 (the full effect).")] = 1.0,
    strength_map: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="Where: all of it in white, none in black.")] = None,
    tile: Annotated[str, typer.Option("-t", "--tile", metavar="auto|0|N", help="Tile size in pixels; 0 is no tiles.")] = "auto",
    format: Annotated[
        str | None, typer.Option("-f", "--format", metavar="EXT", show_default=False, help="jpg, png, webp or tif, instead of each input's own.")
    ] = None,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Subfolders too.")] = False,
    suffix: Annotated[str | None, typer.Option(metavar="S", show_default=False, help="Added to names ('_restored' where there is no -o).")] = None,
    quality: Annotated[int | None, typer.Option(min=1, max=100, metavar="Q", show_default=False, help="Of JPEG and lossy WebP (95).")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that exist already.")] = False,
    max_megapixels: Megapixels = 200,
    device: Where = Device.auto,
    threads: Threads = None,
    fp32: Full = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only errors.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Device, engine, precision.")] = False,
    as_json: AsJson = False,
) -> None:
    """burnish restore photo.jpg scans/ -o clean/ -d noise=25

    Restores pictures. What a dial is not told it estimates, where it can. Inputs are never changed.
    """
    from .console import Console
    from .inference.job import Job
    from .inference.names import EXTENSIONS, pair, passed_over

    extension = None if format is None else f".{format.lower().lstrip('.')}"
    target = None if output is None else Path(output)
    pairs = pair(inputs, target, as_folder=output is not None and output.endswith(("/", os.sep)), recursive=recursive, suffix=suffix, extension=extension)
    settings, size = parse_dials(dial), parse_tile(tile)
    if not 0 <= strength <= 1:
        raise UsageError(f"--strength {strength:g} is out of range: from 0 (the input) to 1 (the full effect)")
    if strength_map is not None and not strength_map.is_file():
        raise UsageError(f"--strength-map {strength_map}: no such file")
    mixed = None if strength_map is None else str(strength_map)
    jobs = [Job(str(s), str(t), model, settings, strength, mixed, size, quality, overwrite, max_megapixels or None) for s, t in pairs]
    console = Console(len(jobs), quiet=quiet, verbose=verbose, as_json=as_json)
    opened = open_model(model, settings)
    if passed := passed_over(inputs, recursive):
        console.notice("passed over, of kinds that are not read: " + ", ".join(f"{count} {kind}" for kind, count in passed.items()))
    if not jobs:
        raise InputError(f"no pictures found ({', '.join(EXTENSIONS)}){'' if recursive else '; with -r, subfolders are looked into as well'}")
    if dry_run:
        raise typer.Exit(_plan_all(jobs, opened.contract.scale, console))
    raise typer.Exit(_restore_all(jobs, opened, console, device=device.value, threads=threads, fp32=fp32))


def _restore_all(jobs: list[Any], model: Model, console: Any, *, device: str, threads: int | None, fp32: bool) -> int:
    """Every job in turn. The exit status."""
    from .inference.job import run_job

    if any(job.wanted for job in jobs):  # a folder where all is done loads no model
        console.opened(model.open(device=device, threads=threads, fp32=fp32))
    with console:
        status = _each(jobs, console, lambda job: console.done(run_job(job, model, progress=console.progress, notice=console.notice)))
    console.summary()
    return status


def _plan_all(jobs: list[Any], scale: int, console: Any) -> int:
    """What would be done, and what of it could not be, as far as the heads of the files tell. The exit status."""
    from .inference.job import check_job

    def plan(job: Any) -> None:
        check_job(job, scale)
        console.planned(job)

    return _each(jobs, console, plan)


def _each(jobs: list[Any], console: Any, do: Callable[[Any], None]) -> int:
    """Does it to every job, whatever becomes of the others. The exit status."""
    failures = 0
    for job in jobs:
        try:
            do(job)
        except Exception as error:
            failures += 1
            console.failed(job, about_one(error))
    return 3 if failures else 0


def open_model(name: str, dials: Mapping[str, float | str]) -> Model:
    """The model of a name or path, its dials checked before anything is read. A .safetensors file is exported first, and the result kept in the cache."""
    from .inference.maps import check
    from .inference.zoo import load

    model = load(str(_exported(Path(name))) if name.endswith(".safetensors") else name)
    check(model.contract, dials)
    return model


def _exported(path: Path) -> Path:
    import hashlib
    import tempfile
    from contextlib import suppress

    import platformdirs

    if not path.is_file():
        raise ModelMissing(f"{path}: no such model file")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = platformdirs.user_cache_path("burnish") / "models" / f"{digest[:32]}.onnx"
    if not kept.is_file():
        training_wing()
        from .study.verify import export_verified

        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(kept.parent, os.W_OK):  # it is exported again each time, then
            kept = Path(tempfile.mkdtemp(prefix="burnish-")) / kept.name
        export_verified(path, kept)
    return kept


def training_wing() -> None:
    """MissingExtra, in a sentence, where PyTorch and what comes with it are not installed."""
    import importlib.util

    missing = [name for name in ("torch", "safetensors", "onnx", "onnxscript", "accelerate", "yaml") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(f"this needs the training wing, and {', '.join(missing)} is not installed; pip install 'burnish[train]' brings it")


@app.command(short_help="The models that ship.")
def models(as_json: AsJson = False) -> None:
    """burnish models

    The models that ship: task, dials, size, measured quality and speed, training data, licence. Then the filters, which have no weights.
    """
    from .inference.classical import FILTERS, cards
    from .inference.zoo import find, load, names
    from .report.cards import describe, record

    shipped = [(find(name), load(name)) for name in names()]
    if as_json:
        for each in [*(record(path, model.contract, model.card) for path, model in shipped), *map(cards.record, FILTERS)]:
            print(json.dumps(each))
        return
    print("\n\n".join([*(describe(path, model.contract, model.card) for path, model in shipped), cards.listing()]))


@app.command(short_help="A model's card, or a picture's facts.")
def info(
    file: Annotated[str, typer.Argument(metavar="FILE", show_default=False, help="A model's name or file, or a picture.")], as_json: AsJson = False
) -> None:
    """burnish info photo

    A model's card, or a picture's facts.
    """
    from . import images
    from .inference.classical import cards, listed
    from .inference.model import Model
    from .inference.zoo import find, names
    from .report.cards import describe, record

    if listed(file) and file not in names():
        print(json.dumps(cards.record(file)) if as_json else cards.describe(file))
        return
    if file in names() or file.endswith((".onnx", ".safetensors")):
        if file.endswith(".safetensors"):
            training_wing()
            from .training.restorer import Restorer

            restorer = Restorer.load(Path(file))
            path, contract, card = Path(file), restorer.contract, restorer.card
        else:
            path = find(file)
            model = Model(path)
            contract, card = model.contract, model.card
        print(json.dumps(record(path, contract, card)) if as_json else describe(path, contract, card, whole=True))
        return
    facts = images.facts(Path(file))
    print(json.dumps(facts) if as_json else "\n".join(f"{key:<12} {value}" for key, value in facts.items()))


@app.command(short_help="A shipped example at several dial positions.")
def demo(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where the contact sheet goes.")] = Path("burnish_demo.png"),
    threads: Threads = None,
) -> None:
    """burnish demo

    Restores a shipped example at several dial positions: one contact sheet, with the residual beside each.
    """
    from .demo import make_sheet

    print(make_sheet(output, say, threads=threads))


@app.command(short_help="Make a model file, and verify it.")
def export(
    source: Annotated[str, typer.Argument(metavar="NAME|FILE", show_default=False, help="A shipped model's name, or a .safetensors file.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", show_default=False, help="The .onnx file to write.")],
    full: Annotated[bool, typer.Option("--full", help="Keep weights in float32 (twice the size).")] = False,
    at: Annotated[list[str], typer.Option("--at", metavar="NAME=VALUE", show_default=False, help="Fold the dials at this setting into a plain network.")] = [],  # noqa: B006
) -> None:
    """burnish export runs/photo/photo.safetensors -o photo.onnx

    Makes a model file: ONNX with contract and card inside, held against the training forward before it is kept.
    """
    from .inference.zoo import find

    training_wing()
    from .inference.outputs import MODEL, prepare
    from .study.verify import export_verified

    prepare(output, "-o", MODEL, [Path(source)])
    path = Path(source) if source.endswith(".safetensors") else find(source).with_suffix(".safetensors")
    print(f"{output}  {export_verified(path, output, half=not full, at=parse_settings(at) or None)}")


@app.command(short_help="A picture along a dial, side by side.")
def dial(
    model: Annotated[str, typer.Argument(metavar="MODEL", show_default=False, help="A shipped model's name, or a model file.")],
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", show_default=False, help="A picture.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", show_default=False, help="The strip to write (.png, .jpg).")],
    dial: Annotated[list[str], typer.Option("-d", "--dial", metavar="NAME=A,B,C", show_default=False, help="Which dial, and where it stands.")] = [],  # noqa: B006
    whole: Annotated[bool, typer.Option("--whole", help="All of the picture, not the piece with most detail.")] = False,
    device: Where = Device.auto,
    threads: Threads = None,
    fp32: Full = False,
) -> None:
    """burnish dial photo scan.png -o strip.png -d noise=5,15,25,50

    Shows a piece of the picture at several settings, with what each took away below it. Other dials are set with -d NAME=A.
    """
    from .inference.outputs import SHEET, prepare
    from .study.dial import strip

    levels = parse_levels(dial)
    several = [name for name, values in levels.items() if len(values) > 1] or list(levels)[:1]
    if len(several) > 1:
        raise UsageError(f"-d: one dial at a time is turned; {' and '.join(several)} have several values")
    others = {name: values[0] for name, values in levels.items() if name not in several}
    turned = several[0] if several else None
    prepare(output, "-o", SHEET, [picture])
    opened = open_model(model, {})
    opened.open(device=device.value, threads=threads, fp32=fp32)
    print(
        strip(
            opened,
            picture,
            output,
            dial=turned,
            values=levels[turned] if turned else (),
            others=dict(others),
            side=None if whole else 256,
            say=say,
        )
    )


@app.command(short_help="How a dial behaves along its range.")
def smooth(
    model: Annotated[str, typer.Argument(metavar="MODEL", show_default=False, help="A shipped model's name, or a model file.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False, help="A folder of clean pictures.")],
    dial: Annotated[list[str], typer.Option("-d", "--dial", metavar="NAME=A,B,C", show_default=False, help="What to spoil them with, and how much.")],
    turn: Annotated[str | None, typer.Option(metavar="DIAL", show_default=False, help="Which dial is turned (that of the same name).")] = None,
    expert: Annotated[list[str], typer.Option(metavar="LEVEL=MODEL", show_default=False, help="A model for one level alone, to compare with.")] = [],  # noqa: B006
    settings: Annotated[int, typer.Option(min=3, metavar="N", help="Settings along the range.")] = 21,
    side: Annotated[int | None, typer.Option(min=32, metavar="N", show_default=False, help="The middle N pixels of each picture alone.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="A page with curves and gates.")] = None,
    calibrated: Annotated[
        Path | None, typer.Option("--calibrate", metavar="OUT", show_default=False, help="Keep the best settings as the dial (.safetensors).")
    ] = None,
    threads: Threads = None,
) -> None:
    """burnish smooth photo kodak24/ -d noise=10,25,50 --html page.html

    Restores pictures of known damage at many settings: best settings, bends, jumps, drift, and what a wrong setting costs. With two kinds of
    damage: how a model's two dials get along.
    """
    from .inference.outputs import PAGE, WEIGHTS, prepare
    from .study.evaluate import Folder, owner
    from .study.rows import open_row
    from .study.smooth import psnr_at
    from .study.smooth import smooth as measure
    from .study.smooth_page import page, text

    levels = parse_levels(dial)
    if html is not None:
        prepare(html, "--html", PAGE)
    if calibrated is not None:
        training_wing()
        prepare(calibrated, "--calibrate", WEIGHTS, [Path(model)])
    if len(levels) == 2:
        from .study import grid

        pair = list(levels)
        row = open_row(_as_file(model), name=model, device="cpu", threads=threads)
        both = grid.grid(row, Folder(folder), [owner(n, row.contract.scale) for n in pair], [*levels.values()], side=side, say=say)
        print(grid.text(both))
        if html is not None:
            say(str(grid.page(html, both)))
        return
    if len(levels) != 1:
        raise UsageError("-d: one kind of damage, such as -d noise=10,25,50, or two, for a model of two dials")
    (name, true), pictures = next(iter(levels.items())), list(Folder(folder))
    row = open_row(_as_file(model), name=model, device="cpu", threads=threads)
    damage = owner(name, row.contract.scale)
    others = {level: open_row(_as_file(file), device="cpu", threads=threads) for level, file in parse_experts(expert).items()}
    found = measure(row, pictures, damage, true, turn=turn, settings=settings, side=side, say=say)
    experts = {level: psnr_at(other, pictures, damage, level, side=side) for level, other in others.items()}
    print(text(found))
    if html is not None:
        say(str(page(html, found, experts)))
    if calibrated is not None:
        from .study.calibrate import calibrate

        for level, setting in calibrate(Path(model), calibrated, found, damage):
            print(f"{name} {level:g} is {found.dial.name} {setting:.3g}")


@app.command(short_help="Which setting a few examples ask for.")
def tune(
    model: Annotated[str, typer.Argument(metavar="MODEL", show_default=False, help="A shipped model's name, or a model file.")],
    folder: Annotated[Path, typer.Argument(metavar="PAIRS", show_default=False, help="A folder of pairs; or of pictures that have no clean side.")],
    dial: Annotated[list[str], typer.Option("-d", "--dial", metavar="NAME", show_default=False, help="Which dials (all), or strength.")] = [],  # noqa: B006
    metric: Annotated[str, typer.Option(metavar="NAME", help="What is to be best; docs/metrics.md lists them.")] = "psnr",
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where strips go, where there are no clean sides.")] = Path("burnish_strips"),
    whole: Annotated[bool, typer.Option("--whole", help="All of each picture, not the piece with most detail.")] = False,
    device: Where = Device.auto,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """burnish tune photo pairs/ -d noise -d strength

    Finds the dials' best settings on pairs (noisy beside clean), with the interval they come from. Without clean sides, shows strips to choose from.
    """
    from dataclasses import asdict

    from .inference.outputs import SHEET, prepare
    from .study.evaluate import Pairs, holds_pairs
    from .study.rows import open_row
    from .study.tune import choose, next_step
    from .study.tune import tune as fit

    if not folder.is_dir() or not holds_pairs(folder):
        prepare(output / "strip.png", "-o", SHEET, [folder])
        say("no clean sides there, so your eyes choose:")
        opened = open_model(model, {})
        opened.open(device=device.value, threads=threads)
        for made in choose(opened, folder, output, dial=dial[0] if dial else None, say=say):
            print(json.dumps({"strip": str(made)}) if as_json else made)
        return
    row = open_row(_as_file(model), name=model, device=device.value, threads=threads)
    found = fit(row, Pairs(folder), dial, metric=metric, side=None if whole else 256, say=say)
    for tuned in found:
        print(json.dumps(asdict(tuned)) if as_json else tuned.sentence())
    if not as_json:
        print(next_step(model, found))


@app.command(short_help="One model with a mix dial, of relatives.")
def blend(
    files: Annotated[list[Path], typer.Argument(metavar="A B", show_default=False, help="Networks (.safetensors) fine-tuned from one another.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", show_default=False, help="The .safetensors file to write.")],
    at: Annotated[float | None, typer.Option(metavar="MIX", min=0, max=1, show_default=False, help="The one network there, without a mix dial.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="A picture of how alike their filters are (.png).")] = None,
) -> None:
    """burnish blend soft.safetensors sharp.safetensors -o both.safetensors

    Prints how alike the filters are, layer by layer; networks that were trained apart are refused, since nothing lies between them.
    """
    training_wing()
    from .inference.outputs import PLOT, WEIGHTS, prepare
    from .study.blend import between, draw
    from .study.blend import blend as blended

    prepare(output, "-o", WEIGHTS, files)
    if plot is not None:
        prepare(plot, "--plot", PLOT)
    restorer, found = blended(files) if at is None else between(files, at)
    if plot is not None:
        draw(plot, files, found)
    for related in found:
        print(related.to_text())
    restorer.save(output)
    print(output)


@app.command(short_help="Train what a recipe says, or go on.")
def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", show_default=False, help="A recipe (YAML).")],
    changes: Annotated[list[str], typer.Argument(metavar="KEY=VALUE", show_default=False, help="Keys to change, such as optimizer.args.lr=5e-4.")] = [],  # noqa: B006
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FOLDER", show_default=False, help="The run's folder (runs/NAME).")] = None,
    minutes: Annotated[float | None, typer.Option(metavar="N", show_default=False, help="Stop after so long; the same command goes on from there.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin again where a run could be resumed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be trained, and what it would cost; writes nothing.")] = False,
    overfit: Annotated[int | None, typer.Option(metavar="N", min=1, show_default=False, help="See whether N fixed crops are learnt; writes nothing.")] = None,
    find_lr: Annotated[bool, typer.Option("--find-lr", help="Sweep the learning rate; writes a plot, find_lr.png, alone.")] = False,
) -> None:
    """burnish train recipes/photo.yaml data.batch=16

    Trains what a recipe says; the same command resumes after a stop, to the same bits. Several processes: torchrun -m burnish.cli train ...
    """
    training_wing()
    from .training.recipe_file import load

    loaded, main = load(recipe, changes), os.environ.get("RANK", "0") == "0"
    if sum((dry_run, overfit is not None, find_lr)) > 1:
        raise UsageError("--dry-run, --overfit and --find-lr are three things; take one at a time")
    if dry_run:
        from .training.plan import plan

        result = plan(loaded)
    elif overfit is not None:
        from .training.overfit import overfit as learn_by_heart

        result = learn_by_heart(loaded, overfit)
    elif find_lr:
        from .training.find_lr import find_lr as sweep

        picture = (out or Path(loaded.out or Path("runs") / loaded.name)) / "find_lr.png"
        rate = sweep(loaded, picture).suggestion
        result = f"{picture}  {'the loss falls at no rate' if rate is None else f'optimizer.args.lr={rate:.1e}'}"
    else:
        from .training.train import train as run

        result = str(run(loaded, out, resume=not fresh, minutes=minutes))
    if main:
        print(result)


@app.command(short_help="The curves of training runs.")
def plot(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", show_default=False, help="Folders of runs, or a model file with a dial.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="A .png, or an .html page with it.")] = Path("burnish_curves.png"),
    smooth: Annotated[float, typer.Option(metavar="S", help="0 (as measured) to below 1.")] = 0.9,
    what: Annotated[str | None, typer.Option(metavar="NAME,...", show_default=False, help="Curves whose names hold these words.")] = None,
) -> None:
    """burnish plot runs/photo runs/other -o curves.png --what loss,psnr

    Draws the curves of training runs, smoothed, laid over each other; of a model file (.safetensors), how its filters move along its dial.
    """
    from .inference.outputs import PAGE, PLOT, prepare
    from .report.plot import plot_runs

    prepare(output, "-o", (*PLOT, *PAGE), runs)
    if len(runs) == 1 and runs[0].suffix == ".safetensors":
        training_wing()
        from .study.filters import draw

        print(draw(runs[0], output))
        return
    plot_runs(runs, output, smooth=smooth, what=[word.strip() for word in what.split(",") if word.strip()] if what else ())
    print(output)


@app.command(short_help="Measure models on clean pictures that are spoiled, or on pairs.")
def evaluate(
    model: Annotated[list[str], typer.Argument(metavar="MODEL... FOLDER", show_default=False, help="Models, then a folder of clean pictures, or of pairs.")],
    dial: Annotated[list[str], typer.Option("-d", "--dial", metavar="NAME=A,B,C", show_default=False, help="Levels to spoil with and to set.")] = [],  # noqa: B006
    metrics: Annotated[str, typer.Option(metavar="NAME,...", help="What is measured; docs/metrics.md lists them.")] = "psnr,ssim",
    features: Annotated[str | None, typer.Option(metavar="NET[:FILE]", show_default=False, help="The network of the metric likeness.")] = None,
    artefacts: Annotated[bool, typer.Option("--artefacts", help="Look for grids, smoothing, noise left, colour drift.")] = False,
    clip: Annotated[bool, typer.Option("--clip", help="Clip and round the spoiled pictures, as 8-bit files are.")] = False,
    crop: Annotated[int | None, typer.Option(min=0, metavar="N", show_default=False, help="Border that does not count (the scale).")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="Every picture's figures.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="A page with table, plots and a contact sheet.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of the test noise.")] = 0,
    device: Where = Device.auto,
    threads: Threads = None,
    fp32: Full = False,
    as_json: AsJson = False,
) -> None:
    """burnish evaluate photo nlmeans median+photo kodak24/ -d noise=15,25,50

    Spoils clean pictures (or takes pairs), restores them, and prints figures with their definition, and the time. A+B is B after A.
    """
    from .inference.outputs import FIGURES, PAGE, SHEET, prepare
    from .study.comparison import text
    from .study.evaluate import compared, evaluate_row, metrics_of, write_comparison, write_csv
    from .study.rows import open_row

    if len(model) < 2:
        raise UsageError("name at least one model, and then a folder of pictures, as in burnish evaluate photo kodak24/ -d noise=25")
    *names, folder = model
    if csv is not None:
        prepare(csv, "--csv", FIGURES)
    if html is not None:
        prepare(html, "--html", PAGE)
        prepare(html.with_suffix(".jpg"), "--html", SHEET, [Path(folder)])  # the contact sheet beside the page
    wanted = [name.strip() for name in metrics.split(",") if name.strip()]
    if features:
        training_wing()
    measured, levels = metrics_of(wanted, with_artefacts=artefacts or html is not None, features=features), parse_levels(dial)
    rows = [open_row(_as_file(name), name=name, fp32=fp32, device=device.value, threads=threads, notice=say) for name in dict.fromkeys(names)]
    tables = {row.name: evaluate_row(row, Path(folder), levels, metrics=measured, clip=clip, seed=seed, crop=crop) for row in rows}
    if csv is not None:
        write_csv(csv, tables)
    results = compared(tables, wanted, {row.name: row.cost for row in rows}, f"{', '.join(tables)} on {Path(folder).name}")
    if html is not None:
        say(str(write_comparison(html, results, rows, Path(folder), levels, clip, seed)))
    if as_json:
        print(json.dumps(next(iter(tables.values())).to_dict() if len(tables) == 1 else {name: table.to_dict() for name, table in tables.items()}))
    elif len(tables) == 1:
        print("\n".join([next(iter(tables.values())).to_text(), *results.entries[0].complaints()]))
    else:
        print(text(results), next(iter(tables.values())).conditions(), sep="\n")


def _as_file(words: str) -> str:
    """The words of a row, with every .safetensors file in them exported."""
    parts = [words] if Path(words).is_file() else words.split("+")  # a folder's name may hold a +
    return "+".join(str(_exported(Path(part))) if part.endswith(".safetensors") else part for part in parts)


@app.command(short_help="Train many recipes alike, and compare them on a page.")
def sweep(
    file: Annotated[Path, typer.Argument(metavar="SWEEP", show_default=False, help="A sweep (YAML).")],
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FOLDER", show_default=False, help="The sweep's folder (runs/NAME).")] = None,
    only: Annotated[str | None, typer.Option(metavar="POINT", show_default=False, help="One point alone.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed.")] = False,
    page: Annotated[bool, typer.Option("--page", help="Make the page alone, of the results in the folder.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be trained.")] = False,
) -> None:
    """burnish sweep studies/which_loss.yaml

    Trains a recipe once for every value of some of its keys, with several seeds, and compares the results on one page. The same command resumes.
    """
    training_wing()
    from .study.sweep import load, outline, remake, run

    loaded = load(file, out, check=not page)
    if dry_run:
        print(outline(loaded))
    elif page:
        print(remake(loaded, str(file)))
    else:
        print(run(loaded, say, source=str(file), only=only, retry=retry))


@app.command(short_help="Damage pictures on purpose.")
def spoil(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", show_default=False, help="Pictures, or folders of them.")] = [],  # noqa: B006
    output: Annotated[str | None, typer.Option("-o", "--output", metavar="OUT", show_default=False, help="A folder, or, for one input, a file.")] = None,
    dial: Annotated[list[str], typer.Option("-d", "--dial", metavar="NAME=VALUE", show_default=False, help="What damage, and how bad.")] = [],  # noqa: B006
    use: Annotated[list[str], typer.Option("--use", metavar="NAME[:ARG=VALUE,...]", show_default=False, help="Damage by its name; comes first.")] = [],  # noqa: B006
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is drawn.")] = 0,
    mask: Annotated[bool, typer.Option("--mask", help="Write where the damage is, as NAME_mask.png.")] = False,
    format: Annotated[str | None, typer.Option("-f", "--format", metavar="EXT", show_default=False, help="jpg, png, webp or tif.")] = None,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Subfolders too.")] = False,
    suffix: Annotated[str | None, typer.Option(metavar="S", show_default=False, help="Added to names ('_spoiled' where there is no -o).")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that exist already.")] = False,
    max_megapixels: Megapixels = 200,
    listing: Annotated[bool, typer.Option("--list", help="Every kind of damage, with its dial.")] = False,
    as_json: AsJson = False,
) -> None:
    """burnish spoil photo.png -d blur=1.5,noise=25,quality=30 -o spoiled/

    Damages pictures on purpose, in the order of the dials. Inputs are never changed.
    """
    from .console import answer
    from .inference.names import pair
    from .spoil import SUFFIX, is_mask, listing_text, spoil_all, steps_of
    from .spoil import listing as records

    if listing:
        print("\n".join(json.dumps(record) for record in records()) if as_json else listing_text())
        return
    if not inputs:
        raise UsageError("name the pictures to damage, or folders of them; --list shows every kind of damage")
    steps, target = steps_of(use, parse_dials(dial)), None if output is None else Path(output)
    folder, extension = output is not None and output.endswith(("/", os.sep)), None if format is None else f".{format.lower().lstrip('.')}"
    mark = SUFFIX if suffix is None and target is None else suffix
    found = pair(inputs, target, as_folder=folder, recursive=recursive, suffix=mark, extension=extension)
    pairs = [(source, result) for source, result in found if source in inputs or not is_mask(source)]
    raise typer.Exit(
        spoil_all(pairs, steps, say, answer, seed=seed, with_mask=mask, overwrite=overwrite, max_megapixels=max_megapixels or None, as_json=as_json)
    )


@app.command(short_help="What is wrong with a data set.")
def check(
    data: Annotated[Path, typer.Argument(metavar="DATA", show_default=False, help="Clean pictures, or pairs: lq|lr|noisy beside gt|hr|clean.")],
    pairs: Annotated[str | None, typer.Option(metavar="TEMPLATE", show_default=False, help='Names, as in "{name}_real.jpg,{name}_mean.jpg".')] = None,
    val: Annotated[Path | None, typer.Option(metavar="FOLDER", show_default=False, help="Validation: nothing of DATA may be in it.")] = None,
    scale: Annotated[int, typer.Option(metavar="N", min=1, max=16, help="How many times larger the clean side is.")] = 1,
    crop: Annotated[int, typer.Option(metavar="N", min=8, help="Side of a crop, in clean pixels.")] = 128,
    html: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="A page with the files shown, and plots.")] = None,
    recipe: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="Propose a recipe (YAML).")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a recipe that exists already.")] = False,
    as_json: AsJson = False,
) -> None:
    """burnish check pairs/ --val validation/ --html page.html

    Says what is wrong with a data set before it is trained on. Exit status 3 where a training should not start.
    """
    from .console import counting
    from .inference.outputs import PAGE, RECIPE, prepare
    from .training.check import Source
    from .training.check import check as look

    if html is not None:
        prepare(html, "--html", PAGE)
    if recipe is not None:
        training_wing()
        prepare(recipe, "--recipe", RECIPE)
        if recipe.exists() and not overwrite:
            raise UsageError(f"--recipe {recipe}: exists already; --overwrite replaces it")
    with counting("looking") as progress:
        validation = Source(val) if val is not None else None
        report = look(Source(data, names=pairs), validation=validation, scale=scale, crop=crop, progress=progress)
    if html is not None:
        from .training.check.show import write_report

        write_report(report, html)
    print(json.dumps(report.to_dict()) if as_json else report.to_text(None if html is None else str(html)))
    if recipe is not None:
        from .training.check.propose import write_recipe

        say("written: " + ", ".join(map(str, write_recipe(report, recipe))))
    raise typer.Exit(3 if report.errors else 0)


@app.command(short_help="The JSON schema of recipes.")
def schema() -> None:
    """burnish schema > recipe.schema.json

    The JSON schema of recipes, for editors.
    """
    training_wing()
    from .training.recipe_file import schema as recipe_schema

    print(json.dumps(recipe_schema(), indent=2))


if __name__ == "__main__":
    main()
