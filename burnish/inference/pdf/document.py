"""restore_pdf(): the pictures of a PDF restored, each put back where it was."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import FormatLimit, OutputError, UnsupportedFormat
from ...ground.files import PREFIX, SUFFIX, atomic_write, prepare_folder
from ...ground.remarks import OnProgress, part_of
from ...images import refuse_losses
from ...images.format import Saving
from ...images.sniff import opened as opened_file
from ..pages import Pages
from . import ENDING, library
from .choose import Chosen, choose, sentences
from .claims import check_unsigned, earlier_versions, pdf_a
from .exchange import Exchange, Outcome, Restore

AS_USUAL = Saving()


def restore_pdf(
    source: str | Path,
    target: str | Path,
    restore: Restore,
    *,
    pages: Pages | None = None,
    saving: Saving = AS_USUAL,
    strict: bool = False,
    max_megapixels: float | None = None,
    progress: OnProgress | None = None,
    before: Callable[[Path], object] | None = None,
) -> Outcome:
    """Restores the pictures of a PDF, one after the other, and writes it whole or not at all.

    Text, outlines, metadata, sizes, annotations and forms stay as they are. A picture that cannot
    be read is left as it is, and a note says so.

    pages: of which pages; those of the others stay. saving: how JPEGs are written. strict: whether
    what would be lost is an error. max_megapixels: larger pictures are left alone; None lifts the
    limit. progress: is told (done, total). before: is given the result as a temporary file, before
    it takes its name.

    Raises InputErrors where the document cannot be opened, is encrypted or signed, or has no
    picture to restore; OutputError.
    """
    name = str(source)
    check_ending(source, target)
    with library.opened(checked(source), name) as pdf:
        chosen = examine(pdf, name, pages)
        lost = _lost(pdf, source)
        if strict:
            refuse_losses(lost, name)
        prepare_folder(Path(target))
        outcome = Outcome()
        with _spool(Path(target)) as folder:
            exchange = Exchange(
                pdf, name, chosen, restore, saving, strict, max_megapixels, folder, outcome
            )
            for number, picture in enumerate(chosen.pictures):
                exchange.of(picture, part_of(progress, number, len(chosen.pictures)))
            if not outcome.done:
                raise _nothing(name, chosen)
            outcome.notes += [*_remarks(pdf, chosen), *lost]
            atomic_write(target, lambda file: library.save(pdf, file), before)
    outcome.summary = _summary(outcome, chosen, Path(source), Path(target))
    return outcome


@contextmanager
def _spool(target: Path) -> Iterator[Path]:
    """A folder beside the result for new streams, named as temporary files are; it goes again."""
    try:
        folder = tempfile.TemporaryDirectory(SUFFIX, PREFIX, target.parent)
    except OSError as error:
        raise OutputError(
            f"{target.parent}: cannot be written to ({error.strerror}); choose another -o"
        ) from error
    with folder as path:
        yield Path(path)


def checked(source: str | Path) -> str | Path:
    """The path of a PDF, seen to be a file that can be read."""
    with opened_file(source, str(source)):
        return source


def examine(pdf: Any, name: str, pages: Pages | None) -> Chosen:
    """What of an open PDF will be restored.

    UnsupportedFormat where it is signed, or has no picture there; InputError for pages that it does
    not have.
    """
    check_unsigned(pdf, name)
    chosen = choose(pdf)
    if pages is not None:
        meant = {number + 1 for number in pages.among(chosen.pages, name, "page")}
        chosen.pictures = [p for p in chosen.pictures if meant.intersection(chosen.of(p))]
    if not chosen.pictures:
        raise _nothing(name, chosen)
    return chosen


def check_pdf(source: str | Path, target: str | Path, pages: Pages | None) -> Chosen:
    """What of a PDF would be restored; raises what `restore_pdf` would raise before its work."""
    check_ending(source, target)
    with library.opened(checked(source), str(source)) as pdf:
        return examine(pdf, str(source), pages)


def lost_of_pdf(source: str | Path) -> list[str]:
    """Sentences on what of a PDF a result does not have."""
    with library.opened(checked(source), str(source)) as pdf:
        return _lost(pdf, source)


def check_ending(source: str | Path, target: str | Path) -> None:
    """FormatLimit where a result of a PDF has another ending; UnsupportedFormat where that is so
    because the PDF itself has one.
    """
    if Path(source).suffix.lower() == Path(target).suffix.lower() != ENDING:
        raise UnsupportedFormat(
            f"{source}: is a PDF, whatever its name says; let the name end in {ENDING}"
        )
    if Path(target).suffix.lower() != ENDING:
        raise FormatLimit(
            f"{target}: a PDF comes back as a PDF, with its text and its pages; let the name end "
            f"in {ENDING}, and leave -f away"
        )


def _nothing(name: str, chosen: Chosen) -> UnsupportedFormat:
    """The sentence for a document without a picture to restore."""
    said = sentences(chosen)
    why = f" ({'; '.join(said)})" if said else ""
    return UnsupportedFormat(
        f"{name}: has no picture to restore{why}; Burnish restores pictures of scans, not text "
        "and drawings"
    )


def _remarks(pdf: Any, chosen: Chosen) -> list[str]:
    """What is to be said of a document that is not lost."""
    notes = sentences(chosen)
    if claim := pdf_a(pdf):
        notes.append(
            f"it claims to be {claim}, which nobody has checked of the result; a validator "
            "(veraPDF) does"
        )
    return notes


def _lost(pdf: Any, source: str | Path) -> list[str]:
    """What of a document the result does not have."""
    earlier = earlier_versions(source, pdf.is_linearized)
    if not earlier:
        return []
    versions = "version" if earlier == 1 else "versions"
    return [f"not kept: {earlier} earlier {versions} of it, still in the file before"]


def _summary(outcome: Outcome, chosen: Chosen, source: Path, target: Path) -> str:
    """What became of the document, in a line."""
    before, after = (path.stat().st_size for path in (source, target))
    count = len(outcome.done) - outcome.unchanged
    of = f"{count} picture{'s' if count != 1 else ''}"
    pages = f"{chosen.pages} page{'s' if chosen.pages != 1 else ''}"
    were = "it was" if outcome.unchanged == 1 else "they were"
    left = f" and {outcome.unchanged} left as {were}" if outcome.unchanged else ""
    return f"{of} restored{left}, on {pages}; {before / 1e6:.2f} MB -> {after / 1e6:.2f} MB"
