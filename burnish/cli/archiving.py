"""Archive mode by the words of `burnish restore`: its options, what they mean together, and the
run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from ..inference.addresses import address_of, check_written
from .clusters import Cluster
from .outputs import ending, pairs_of

if TYPE_CHECKING:
    from ..inference.archive.work import Archive
    from ..inference.job import Job, JobReport
    from ..inference.model import Model
    from .console import Console

Archived = Annotated[
    bool, typer.Option("--archive", help="Keep a journal in OUT: the same command goes on.")
]
InPlace = Annotated[
    bool, typer.Option("--in-place", help="Replace the pictures themselves; with a journal.")
]
Restart = Annotated[bool, typer.Option("--restart", help="Drop the journal of an earlier run.")]
Verify = Annotated[bool, typer.Option("--verify", help="Hash again what is done already.")]
Alike = Annotated[bool, typer.Option("--same", help="One setting of dials for all pictures.")]
Beside = Annotated[
    bool | None,
    typer.Option(
        "--sidecar/--no-sidecar",
        show_default=False,
        help="NAME.burnish.json beside each result.",
    ),
]


@dataclass(frozen=True)
class Mode:
    """What the options of archive mode say. UsageError where they do not fit together."""

    #: whether the run keeps a journal
    archive: bool = False
    #: whether results take the places of their pictures
    in_place: bool = False
    #: whether the journal of an earlier run is dropped
    restart: bool = False
    #: whether what is done is hashed again
    verify: bool = False
    #: whether all pictures get the same settings of dials
    alike: bool = False
    #: whether every result gets a sidecar; None is as the mode wants it
    sidecar: bool | None = None
    #: whether what is left of damaged files is restored
    salvage: bool = False
    #: which machines do it
    cluster: Cluster = field(default_factory=lambda: Cluster())

    def __post_init__(self) -> None:
        wants_journal = {"restart": self.restart, "verify": self.verify, "same": self.alike}
        for word, said in wants_journal.items():
            if said and not self.keeps_journal:
                raise UsageError(f"--{word}: is for runs with a journal; say --archive, too")

        if self.salvage and self.in_place:
            raise UsageError(
                "--salvage: a damaged original is never replaced by what is left of it; say -o and "
                "a folder, in place of --in-place"
            )

    @property
    def keeps_journal(self) -> bool:
        """Whether it is a run of `burnish.inference.archive`."""
        return self.archive or self.in_place or self.cluster.named

    @property
    def sidecars(self) -> bool:
        """Whether every result gets a sidecar."""
        return self.keeps_journal if self.sidecar is None else self.sidecar

    def pairs(
        self,
        inputs: Sequence[Path],
        output: str | None,
        recursive: bool,
        suffix: str | None,
        format: str | None,
    ) -> list[tuple[str, str]]:
        """Pairs every picture that is meant with its target."""
        if self.in_place:
            from ..inference.targets import in_place

            for word, said in {"-o": output, "--suffix": suffix, "-f": format}.items():
                if said is not None:
                    raise UsageError(f"{word}: --in-place keeps every name; leave one of them out")
            return in_place(inputs, recursive=recursive)
        if self.archive or self.cluster.named:
            option = "--archive" if self.archive else "--cluster"
            if output is None:
                raise UsageError(f"{option}: say -o and a folder, which has the journal, too")
            output = os.path.join(output, "")
        self._check_addresses(inputs, output)
        return pairs_of(inputs, output, recursive=recursive, suffix=suffix, format=format)

    def _check_addresses(self, inputs: Sequence[Path], output: str | None) -> None:
        """UsageError where an address is named in a run without a journal, or one that replaces
        pictures; OutputError where results can not go to theirs.
        """
        words = [*map(str, inputs), *([] if output is None else [output])]
        address = next(filter(None, map(address_of, words)), None)
        if address is not None and not self.keeps_journal:
            raise UsageError(f"{address}: is an address; say --archive, or --cluster ray, too")
        if output is not None and address_of(output) is not None:
            check_written(str(address_of(output)))

    def address(self, output: str | None) -> str | None:
        """The address of the results; None where they go into a folder."""
        address = None if output is None else address_of(output)
        return None if address is None else address.rstrip("/")

    def root(self, inputs: Sequence[Path], output: str | None) -> Path | None:
        """The folder of the results, where the journal lies too; None where there is none."""
        if not self.keeps_journal:
            return None
        address = self.address(output)
        if address is not None:
            return journal_of(address)
        if output is not None:
            return Path(output)
        folders = {path if path.is_dir() else path.parent for path in inputs}
        roots = {os.path.realpath(folder) for folder in folders}
        if len(roots) > 1:
            raise UsageError("--in-place: takes one folder at a time, or files of one folder")
        return Path(roots.pop())


@dataclass(frozen=True)
class Meant:
    """What a command is to restore, and with what."""

    #: (source, target) of every picture
    pairs: Sequence[tuple[str, str]]
    #: what is to be done with each of them
    job: Job
    #: the word for the model
    word: str
    #: the model of that word
    model: Model
    #: "auto", or the word of a device, such as "cpu" or "openvino:gpu"
    device: str
    #: threads of the processor; None is all
    threads: int | None
    #: in which precision it computes
    precision: str
    #: the word of -f
    format: str | None
    #: what is added to names
    suffix: str | None

    def jobs(self) -> Iterator[Job]:
        """The job of each picture."""
        for source, target in self.pairs:
            yield replace(self.job, source=source, target=target)

    @property
    def name(self) -> str:
        """The name by which any process finds the model: that of one that ships, or its path."""
        from ..inference.zoo import folder

        path = self.model.path
        return self.word if path is None or path.parent == folder() else os.path.abspath(path)


def order_of(meant: Meant, mode: Mode, root: Path, address: str | None = None) -> Archive:
    """What a run with a journal is to do.

    root: the folder of the results, or, where they go to an address, that of the journal.
    """
    from ..inference.archive.work import Archive

    return Archive(
        root,
        meant.name,
        meant.job,
        meant.device,
        mode.cluster.threads(meant.threads),
        meant.precision,
        ending(meant.format),
        meant.suffix,
        sidecars=mode.sidecars,
        alike=mode.alike,
        overwrite=meant.job.overwrite,
        restart=mode.restart,
        verify=mode.verify,
        address=address,
    )


def journal_of(address: str) -> Path:
    """The folder of the journal of results at an address: among what this user's programs keep."""
    from ..ground.files import state_folder

    return state_folder() / "runs" / hashlib.sha256(address.encode()).hexdigest()[:16]


def archived(
    meant: Meant, mode: Mode, root: Path, console: Console, address: str | None = None
) -> int:
    """Makes a run with a journal. Returns the exit status.

    root: the folder of the results, or, where they go to an address, that of the journal.
    """
    from ..inference.archive.report import PAGE
    from ..inference.archive.run import run

    order = order_of(meant, mode, root, address)
    try:
        with console:
            crew = mode.cluster.crew(order)
            status = run(order, meant.model, meant.pairs, console, crew)
    except (KeyboardInterrupt, SystemExit):
        console.aside("stopped; the same command goes on")
        raise
    console.summary()
    console.aside(f"what became of every file: {os.path.join(order.results, PAGE)}")
    return status


def write_beside(meant: Meant, report: JobReport) -> None:
    """Writes the sidecar of a result that a run without a journal made."""
    from ..ground.files import digest
    from ..inference.archive.sidecar import about_run, settled_in, write_sidecar

    opened = meant.model.opened
    assert opened is not None
    about = about_run(meant.name, meant.model, meant.job, opened, meant.threads)
    hashes = (digest(report.source), digest(report.target))
    dials = settled_in(report.dials, report.origins)
    there = report.there if report.status == "salvaged" else None
    write_sidecar(about, report.source, report.target, hashes, dials, there)
