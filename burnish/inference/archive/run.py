"""run(): a folder of pictures through a model, with a journal, so that the same command goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from ... import __version__
from ...errors import BurnishError, FolderLocked, InputError, OutputError, UsageError
from ...ground.lock import locked
from ...pipeline import AUTO, Auto
from ..model import Model
from .crew import Crew, OneProcess
from .journal import FOLDER, NAME, VERSION, Journal, State
from .plan import plan
from .report import write_report
from .sidecar import hash_of
from .work import Archive, Listener, Work, recover

#: seconds that a killed run's worker has to be gone, before the folder counts as another's
PATIENCE = 3.0
#: fields of a job that make no other result of a whole file, or are said in other words
_NO_SETTINGS = ("source", "target", "asked", "overwrite", "max_megapixels", "salvage")
#: fields of an order that give results their names
_NAMING = ("format", "suffix")


def run(
    order: Archive,
    model: Model,
    pairs: Sequence[tuple[str, str]],
    listener: Listener,
    crew: Crew | None = None,
) -> int:
    """Restores what is not done yet. Returns the exit status: 0, or 3 where some files failed.

    model: the model of the order, not opened. pairs: (source, target) of every picture, as
    `targets.pair` and `targets.in_place` give them. crew: who does the work; None is one process of
    this machine.

    UsageError where an earlier run there had other settings, FolderLocked where one is at work,
    OutputError where something cannot be written. However it ends, the report says how far it
    came.
    """
    with journal_of(order.root, restart=order.restart) as (journal, descriptor):
        agree(order, model, journal)
        recover(journal, order)
        plan(journal, order.results, pairs, overwrite=order.overwrite, verify=order.verify)
        say_what_is_there(journal, listener)
        begun = time.monotonic()
        try:
            Work(order, model, journal, listener, crew or OneProcess(descriptor)).do()
        except BaseException:
            report_all_the_same(journal, order, time.monotonic() - begun)
            raise
        journal.say(open="0")
        journal.commit()
        write_report(journal, order.root, "finished", time.monotonic() - begun, order.address)
        return InputError.exit_status if journal.counts().get(State.failed) else 0


def report_all_the_same(journal: Journal, order: Archive, seconds: float) -> None:
    """Reports on a run that was stopped; why it was is on its way, and is what counts."""
    try:
        journal.commit()
        write_report(journal, order.root, "stopped", seconds, order.address)
    except BurnishError:
        return


def say_what_is_there(journal: Journal, listener: Listener) -> None:
    """Says what needs nothing to be done."""
    counts = journal.counts()
    done = counts.get(State.done, 0)
    exist = counts.get(State.exists, 0)
    aside = counts.get(State.failed, 0)
    if done + exist + aside:
        listener.passed(done + exist + aside)
    if done:
        listener.say(f"done already: {_pictures(done)}")
    if exist:
        listener.say(
            f"left alone, since other files stand where their results would: {_pictures(exist)}; "
            "--overwrite replaces these files"
        )
    if aside:
        listener.say(f"set aside, since they took their process down: {_pictures(aside)}")


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


@contextmanager
def journal_of(root: Path, *, restart: bool = False) -> Iterator[tuple[Journal, int | None]]:
    """The journal of a folder of results, begun where there is none, and the descriptor of the
    lock that is held meanwhile. restart: whether one that is there is dropped.

    FolderLocked where another run is at work there, OutputError where it cannot be written to.
    """
    own = root / FOLDER
    new = not root.exists()
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{root}: cannot be written to ({error.strerror}); choose another -o"
        ) from error
    busy = FolderLocked(f"{root}: another run is at work there; wait for it, or choose another -o")
    with locked(own, busy, PATIENCE) as descriptor:
        if restart:
            drop(root)
        journal = Journal(root)
        try:
            if new:
                journal.make(["."])
            yield journal, descriptor
        finally:
            journal.close()


def drop(root: Path) -> None:
    """Takes away the journal of a folder of results."""
    for file in (root / FOLDER).glob(f"{NAME}*"):
        try:
            file.unlink()
        except OSError as error:
            raise OutputError(f"{file}: cannot be taken away ({error.strerror})") from error


def settings(order: Archive, model: Model) -> dict[str, str]:
    """What makes results what they are, in words: two runs on one output agree in it."""
    job = order.job
    asked = {dial.name: job.asked.dials.get(dial.name, AUTO) for dial in model.contract.dials}
    dials = {
        f"-d {name}": value.value if isinstance(value, Auto) else str(value)
        for name, value in asked.items()
    }
    options = {
        field.name: str(getattr(job, field.name))
        for field in fields(job)
        if field.name not in _NO_SETTINGS
    }
    return {
        "version": __version__,
        "model": order.model,
        "model file": (hash_of(model) or "none")[:12],
        **dials,
        "strength": str(job.asked.strength),
        "icc": str(job.asked.icc),
        **options,
        "device": order.device,
        "threads": str(order.threads),
        "precision": order.precision,
        **{name: str(getattr(order, name)) for name in _NAMING},
        "same": str(order.alike),
    }


def difference(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between two runs' settings, in words."""
    return [
        f"{name} was {before.get(name, 'not there')}, and is {now.get(name, 'not there')}"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    ]


def agree(order: Archive, model: Model, journal: Journal) -> None:
    """Holds the settings against those of the run that the journal is of.

    UsageError where they differ, unless everything is to be done again, under the same names.
    """
    if journal.said("version") != VERSION:
        raise UsageError(
            f"{order.root}: its journal is of another version of Burnish; --restart drops it"
        )
    now = settings(order, model)
    before = json.loads(journal.said("settings") or "null") or now
    differ = difference(before, now)
    renamed = any(before.get(name) != now[name] for name in _NAMING)
    if renamed or (differ and not order.overwrite):
        again = "" if renamed else "--overwrite does everything again, "
        raise UsageError(
            f"{order.root}: an earlier run there had other settings ({'; '.join(differ)}); "
            f"{again}--restart drops its journal, and another -o keeps both"
        )
    # The same command with --overwrite goes on, too, where it was stopped.
    stopped = journal.said("open") == "1" and journal.said("overwrite") == "1"
    if order.overwrite and (differ or not stopped):
        journal.plan_all_again()
        journal.say(alike="null")
    journal.say(settings=json.dumps(now), open="1", overwrite=str(int(order.overwrite)))
    journal.commit()
