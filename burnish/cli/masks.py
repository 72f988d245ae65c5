"""Masks by the words of `burnish restore`: where they are written, and which is taken instead."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .archiving import Mode
from .opening import open_model

if TYPE_CHECKING:
    from ..images import Picture
    from ..inference.job import Job, JobReport
    from ..inference.model import Model
    from ..pipeline import Asked, Restored

#: what is added to the name of a picture whose mask goes into a folder
SUFFIX = "_mask.png"


class Filled(StrEnum):
    """By what lost places are filled (`Asked.fill`)."""

    learned = "learned"
    classical = "classical"


MaskOut = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|DIR/",
        show_default=False,
        help="Write what was mended, or cleaned, in white.",
    ),
]
MaskIn = Annotated[
    Path | None,
    typer.Option(metavar="FILE", show_default=False, help="Mend, or clean, what is white in it."),
]
MaskOnly = Annotated[bool, typer.Option("--mask-only", help="Write masks, and no pictures.")]
Infrared = Annotated[
    str,
    typer.Option(
        "--infrared",
        metavar="auto|off|FILE",
        show_default=False,
        help="A scan's infrared plane, to find dirt by.",
    ),
]
FillBy = Annotated[
    Filled,
    typer.Option("--fill", show_default=False, help="By a network, or smoothly all over."),
]
#: what `--infrared` says beside the names of files
AUTOMATIC, OFF = "auto", "off"


@dataclass(frozen=True)
class Masks:
    """What the options of masks and of infrared say. UsageError where they do not fit together."""

    #: a file, or a folder with a slash at its end; None where no mask is written
    out: str | None = None
    #: a mask that is taken in place of what is found
    given: Path | None = None
    #: whether masks alone are written
    only: bool = False
    #: whether masks that exist are replaced
    overwrite: bool = False
    #: "auto", "off", or the file of an infrared plane
    infrared: str = AUTOMATIC
    #: by what is filled
    fill: Filled = Filled.learned

    def __post_init__(self) -> None:
        if self.only and self.out is None:
            raise UsageError("--mask-only: say where the masks go, as in --mask-out masks/")
        if self.only and self.given is not None:
            raise UsageError("--mask-only: finds a mask; leave --mask-in out")
        if self.given is not None and self.infrared != AUTOMATIC:
            raise UsageError("--infrared: finds dirt, and --mask-in marks it; leave one out")

    def check(self, pairs: Sequence[tuple[str, str]], model: Model, word: str, mode: Mode) -> None:
        """UsageError where the model has no mask, or a mask would replace another file."""
        from ..inference.masked import Masked, Mender
        from ..inference.pdf import is_pdf

        option = self._option
        if option is None:
            return
        mends = {"--infrared": self.infrared != AUTOMATIC, "--fill": self.fill != Filled.learned}
        said = next((said for said, given in mends.items() if given), None)
        if said and not isinstance(model, Mender):
            raise UsageError(f"{said}: goes with a model that finds damage, and -m {word} is none")
        if not isinstance(model, Masked):
            raise UsageError(
                f"{option}: goes with a model that finds damage, or cleans pages, and -m {word} is "
                "neither; with --mask-in and no -m, what that mask marks is mended"
            )
        if mode.keeps_journal or mode.sidecars:
            raise UsageError(f"{option}: goes without a journal and sidecars, which know no masks")
        for word, file, what in self._files:
            said = f"{word} {file}: is {what} of one picture"
            if len(pairs) > 1:
                raise UsageError(f"{said}, and these are {len(pairs)}")
            if any(is_pdf(source) for source, _ in pairs):
                raise UsageError(f"{said}, and a PDF may hold several")
        self._check_targets(pairs)

    @property
    def _option(self) -> str | None:
        """One of the options that were given, which a model that mends is needed for."""
        said = {
            "--mask-in": self.given is not None,
            "--infrared": self.infrared != AUTOMATIC,
            "--mask-out": self.out is not None,
            "--fill": self.fill != Filled.learned,
        }
        return next((option for option, given in said.items() if given), None)

    @property
    def _files(self) -> list[tuple[str, Path, str]]:
        """The files that are of one picture: the option that named each, and what it is."""
        files = [] if self.given is None else [("--mask-in", self.given, "the mask")]
        if self.infrared not in (AUTOMATIC, OFF):
            files.append(("--infrared", Path(self.infrared), "the infrared plane"))
        return files

    def _check_targets(self, pairs: Sequence[tuple[str, str]]) -> None:
        from ..ground.files import places, replaces

        for word, file, _ in self._files:
            own = set(places(file))
            if any(replaces(Path(target), own) for _, target in pairs):
                raise UsageError(f"{word} {file}: would be replaced by the result")
        if self.out is None:
            return
        if not self._is_folder and len(pairs) > 1:
            raise UsageError(
                f"--mask-out {self.out}: of several pictures, masks go into a folder; end it in /"
            )
        own = {place for source, _ in pairs for place in places(Path(source))}
        others = {os.path.abspath(target) for _, target in pairs}
        masks = [self.target(source) for source, _ in pairs]
        for mask in masks:
            if replaces(mask, own) or (not self.only and os.path.abspath(mask) in others):
                raise UsageError(f"--mask-out {mask}: would replace a picture; choose another")
            if masks.count(mask) > 1:
                raise UsageError(f"--mask-out {mask}: would be the mask of several pictures")
            if mask.exists() and not self.overwrite:
                raise UsageError(f"--mask-out {mask}: exists already; --overwrite replaces it")

    @property
    def _is_folder(self) -> bool:
        assert self.out is not None
        return self.out.endswith(("/", os.sep)) or os.path.isdir(self.out)

    def target(self, source: str) -> Path:
        """The file of the mask of a picture."""
        assert self.out is not None  # it is asked for where one is written
        return (
            Path(self.out) / f"{Path(source).name}{SUFFIX}" if self._is_folder else Path(self.out)
        )

    def meant(
        self, word: str, pairs: Sequence[tuple[str, str]], mode: Mode
    ) -> tuple[Model, list[tuple[str, str]]]:
        """The model of a word, and the pairs but those whose source is the infrared of another.

        Where a mask is given and no model named, it is what mends and no more. UsageError where the
        model does not mend, or a mask would replace another file.
        """
        from ..inference.masked import Mender
        from ..inference.zoo import DEFAULT, filler

        alone = self.given is not None and word == DEFAULT
        model = Mender(filler()) if alone else open_model(word)
        self.check(pairs, model, word, mode)
        return model, self.pictures(model, pairs)

    def pictures(self, model: Model, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """The pairs but those whose source is the infrared of another, where the model takes it."""
        from ..inference.masked import Mender

        infrared = isinstance(model, Mender) and self.infrared == AUTOMATIC
        return _pictures(pairs) if infrared else list(pairs)

    def asked(self, asked: Asked) -> Asked:
        """What is asked, with the mask or the infrared plane that was given."""
        from ..pipeline import MapFile

        for word, file, _ in self._files:
            if not file.is_file():
                raise UsageError(f"{word} {file}: no such file")
        asked = replace(asked, fill=self.fill.value)
        if self.given is not None:
            return replace(asked, mask=MapFile(self.given, 0.0, 1.0, str(self.given)))
        if self.infrared == AUTOMATIC:
            return asked
        return replace(asked, infrared=None if self.infrared == OFF else Path(self.infrared))

    def keep(self, source: str) -> Callable[[Picture, Restored], object] | None:
        """What writes the mask of a picture that was restored; None where none is written."""
        if self.out is None:
            return None
        written: list[Path] = []

        def write(picture: Picture, restored: Restored) -> None:
            from ..inference.job import several_for_a_mask
            from ..inference.masked import write_mask

            if written:
                raise several_for_a_mask(source)
            assert restored.mask is not None  # `check` has asked for a model with masks
            written.append(self.target(source))
            write_mask(written[0], picture, restored.mask)

        return write

    def find(self, job: Job, model: Model) -> JobReport:
        """Writes the mask of a job's picture, and no picture. The report is on the mask."""
        from ..inference.job import find_job
        from ..inference.masked import Masked

        assert isinstance(model, Masked)  # `check` has asked
        return find_job(replace(job, target=""), model, self.target(job.source))


def _pictures(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs but those whose source is the infrared of another; UsageError where a result would
    replace one.
    """
    from ..ground.files import places, replaces
    from ..pipeline import infrared_beside, without_infrared

    left = without_infrared(pairs)
    beside = filter(None, (infrared_beside(source) for source, _ in left))
    own = {place for file in beside for place in places(file)}
    for _, target in left:
        if own and replaces(Path(target), own):
            raise UsageError(f"{target}: is the infrared of a picture; choose another -o")
    return left
