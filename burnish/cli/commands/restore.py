"""`burnish restore`: pictures through a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import InputError
from ...inference.addresses import is_address
from ..app import app, each
from ..archiving import (
    Alike,
    Archived,
    Beside,
    InPlace,
    Meant,
    Mode,
    Restart,
    Verify,
    archived,
    write_beside,
)
from ..clusters import Cluster, OnCluster, Share, Workers
from ..console import Console
from ..film.words import (
    CodecName,
    Fields,
    Interlaced,
    Sequenced,
    StreamNumber,
    films_meant,
    restore_films,
)
from ..masks import AUTOMATIC, FillBy, Filled, Infrared, MaskIn, MaskOnly, MaskOut, Masks
from ..meant import meant_by, painting
from ..opening import begin_opening
from ..options import (
    AsJson,
    By,
    Dials,
    Each,
    Format,
    Full,
    Inputs,
    Megapixels,
    ModelName,
    NoProfile,
    Output,
    Overwrite,
    PageNumbers,
    Paintings,
    Precise,
    Precision,
    Quality,
    Quiet,
    Recursive,
    Salvage,
    Sampled,
    Sized,
    Strength,
    StrengthMap,
    Strict,
    Suffix,
    Threads,
    Tile,
    Verbose,
    Where,
)
from ..starting import starting

if TYPE_CHECKING:
    from ...errors import BurnishError
    from ...inference.job import Job, JobReport

    #: a job, and what returns what became of it
    Done = tuple[Job, Callable[[], JobReport]]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")]


@app.command(short_help="Restore pictures and films.")
def restore(
    context: typer.Context,
    inputs: Inputs,
    output: Output = None,
    model: ModelName = "auto",
    dial: Dials = [],  # noqa: B006 (typer's way)
    style: Paintings = [],  # noqa: B006
    strength: Strength = 1.0,
    strength_map: StrengthMap = None,
    to: Sized = None,
    tile: Tile = "auto",
    format: Format = None,
    recursive: Recursive = False,
    suffix: Suffix = None,
    quality: Quality = None,
    sampling: Sampled = None,
    strict: Strict = False,
    salvage: Salvage = False,
    no_icc: NoProfile = False,
    pages: PageNumbers = None,
    alone: Each = False,
    overwrite: Overwrite = False,
    max_megapixels: Megapixels = 200,
    device: Where = "auto",
    backend: By = None,
    threads: Threads = None,
    precision: Precise = Precision.auto,
    fp32: Full = False,
    archive: Archived = False,
    in_place: InPlace = False,
    restart: Restart = False,
    verify: Verify = False,
    same: Alike = False,
    sidecar: Beside = None,
    cluster: OnCluster = None,
    workers: Workers = None,
    gpu_share: Share = None,
    mask_out: MaskOut = None,
    mask_in: MaskIn = None,
    mask_only: MaskOnly = False,
    infrared: Infrared = AUTOMATIC,
    fill: FillBy = Filled.learned,
    sequence: Sequenced = False,
    codec: CodecName = None,
    stream: StreamNumber = None,
    interlaced: Fields = Interlaced.refuse,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """burnish restore photo.jpg scans/ -o clean/ -d noise=25

    Restores pictures and films. What is not told, a look decides. Inputs stay."""
    begin_opening(inputs, context.params)
    if films_meant(context):
        raise typer.Exit(restore_films(context))
    on = Cluster(cluster, workers, gpu_share)
    mode = Mode(archive, in_place, restart, verify, same, sidecar, salvage, on)
    raise typer.Exit(_restore(inputs, mode, context))


def _restore(inputs: Sequence[Path], mode: Mode, context: typer.Context) -> int:
    """Does what is meant, or says what would be done. Returns the exit status."""
    said = context.params
    said["model"] = painting(said["model"], said["style"])
    own = ("mask_out", "mask_in", "mask_only", "overwrite", "infrared", "fill")
    masks = Masks(*(said[name] for name in own))
    output, recursive, format = said["output"], said["recursive"], said["format"]
    found = mode.pairs(inputs, output, recursive, said["suffix"], format)
    meant = meant_by(*masks.meant(said["model"], found, mode), masks, context)
    tone = {name: said[name] for name in ("quiet", "verbose", "as_json")}
    console = Console(len(meant.pairs), **tone)
    _look_over(inputs, meant.pairs, len(found), recursive, format, console)
    root = mode.root(inputs, output)
    if said["dry_run"]:
        return _plan_all(meant, console)
    if root is None:
        status = _restore_all(meant, mode.sidecars, masks, console)
    else:
        status = archived(meant, mode, root, console, mode.address(output))
    if console.damaged and not meant.job.salvage:
        files = "1 file is" if console.damaged == 1 else f"{console.damaged:,} files are"
        console.say(f"{files} cut or damaged; --salvage restores what is left")
    return status


def _look_over(
    inputs: Sequence[Path],
    pairs: Sequence[tuple[str, str]],
    found: int,
    recursive: bool,
    format: str | None,
    console: Console,
) -> None:
    """Says which files and folders among the inputs are left out, and which results are of another
    format. InputError where nothing is left.
    """
    from ...film.known import ENDINGS
    from ...images import endings
    from ...inference.targets import documents_stay, never_written, not_followed, passed_over

    passed = passed_over(inputs, recursive)
    if passed:
        kinds = ", ".join(f"{count} {kind}" for kind, count in passed.items())
        console.say(f"passed over, of kinds that are not read: {kinds}")
    if passed.keys() & ENDINGS:
        console.say("films are restored by name, and not as a part of their folder")
    if len(pairs) < found:
        console.say(f"taken as the infrared of pictures beside them: {found - len(pairs)}")
    left = not_followed(inputs) if recursive else None
    if left:
        console.say(left)
    for remark in (never_written(pairs), documents_stay(pairs, format)):
        if remark:
            console.say(remark)
    if not pairs:
        deeper = "" if recursive else "; with -r, subfolders are looked into as well"
        raise InputError(f"no pictures found ({', '.join(endings())}){deeper}")


def _restore_all(meant: Meant, sidecars: bool, masks: Masks, console: Console) -> int:
    """Restores one file after the other, several at once. Returns the exit status.

    sidecars: whether every result gets one. masks: what becomes of masks.
    """
    from ...ground.overlap import GoOn, hands, overlapped
    from ...inference.job import ROOM, megapixels_of, run_job, weight_of

    def restore_one(job: Job, go_on: GoOn) -> JobReport:
        def progress(done: int, total: int) -> None:
            go_on()
            console.progress(done, total, job.source)

        if masks.only:
            return masks.find(job, meant.model)
        keep = masks.keep(job.source)
        report = run_job(
            job,
            meant.model,
            progress=progress,
            say=console.say,
            look=keep,
            before=lambda _: go_on(),
        )
        if sidecars and report.status != "skipped":
            write_beside(meant, report)
        return report

    def done(one: Done) -> None:
        console.done(one[1]())

    # Where all is done already, no model is loaded.
    jobs = list(meant.jobs())
    if any(job.wanted for job in jobs):
        with starting():
            how = {"device": meant.device, "precision": meant.precision}
            much = megapixels_of(jobs)
            opened = meant.model.open(threads=meant.threads, megapixels=much, **how)
        console.opened(opened)
    weigh = partial(weight_of, scale=meant.model.contract.scale)
    at_once = min(len(jobs), hands())
    with console, overlapped(jobs, restore_one, weigh, ROOM, at_once) as results:
        status = each(results, done, lambda one, error: _failed(console, one[0], error))
    console.summary()
    return status


def _plan_all(meant: Meant, console: Console) -> int:
    """Says what would be done, and what of it could not be, as far as the heads of files tell.

    Returns the exit status.
    """
    from ...inference.job import check_job

    def plan_one(job: Job) -> None:
        elsewhere = is_address(job.source) or is_address(job.target)
        notes = [] if elsewhere else check_job(job, meant.model.contract.scale)
        console.planned(job, notes)

    return each(meant.jobs(), plan_one, partial(_failed, console))


def _failed(console: Console, job: Job, error: BurnishError) -> None:
    console.failed(job.source, job.target, error)
