"""A cluster by the words of a command: which, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from ..inference.archive.crew import Crew
    from ..inference.archive.work import Archive

OnCluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ray[:ADDRESS]",
        show_default=False,
        help="On the machines of a Ray cluster.",
    ),
]
# Who names a cluster finds these in docs/cluster.md; so they need no line of --help.
Workers = Annotated[int | None, typer.Option(min=1, metavar="N", hidden=True)]
Share = Annotated[float | None, typer.Option("--gpu-share", min=0.01, metavar="S", hidden=True)]


@dataclass(frozen=True)
class Cluster:
    """What the options say of a cluster. UsageError where they do not fit together."""

    #: "ray" or "ray:ADDRESS"; None is this machine alone
    word: str | None = None
    #: how many workers there are at most; None is as many as there is room for
    workers: int | None = None
    #: the share of a GPU that each has; None is a whole one where GPUs are meant
    share: float | None = None

    def __post_init__(self) -> None:
        if self.word is not None and self.word.partition(":")[0] != "ray":
            raise UsageError(
                f"--cluster {self.word}: is ray, or ray: and an address, as in ray:10.0.0.1:6379"
            )
        if self.word is None and (self.workers or self.share):
            raise UsageError("--workers, --gpu-share: are of a cluster; say --cluster ray, too")

    @property
    def named(self) -> bool:
        """Whether there is one."""
        return self.word is not None

    @property
    def address(self) -> str | None:
        """Where it is; None is the one at hand."""
        return (self.word or "").partition(":")[2] or None

    def threads(self, said: int | None) -> int | None:
        """Threads of a worker: as somebody says, or, in a cluster, one, with a worker a core."""
        return said or 1 if self.named else said

    def crew(self, order: Archive) -> Crew | None:
        """The workers of a run in the cluster; None where there is none.

        MissingExtra where Ray is not installed, DeviceError where the cluster cannot be joined.
        """
        if self.word is None:
            return None
        with ray_wanted():
            from ..inference.archive.cluster import RayCrew
        gpus = self.share or float("cuda" in order.device)
        return RayCrew(
            self.address,
            order.results,
            threads=order.threads or 1,
            gpus=gpus,
            most=self.workers,
        )


@contextmanager
def ray_wanted() -> Iterator[None]:
    """A context in which Ray is imported. MissingExtra where it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise MissingExtra(
            "--cluster needs Ray, which is not installed; pip install 'burnish[cluster]' brings it"
        ) from error
