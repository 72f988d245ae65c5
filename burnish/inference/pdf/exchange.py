"""Exchange: pictures of a PDF taken out, restored, and put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FormatLimit, InputCorrupt, InputError, NonFiniteOutput, OutputError
from ...ground.planes import all_finite
from ...ground.remarks import OnProgress
from ...images import Picture, refuse_losses
from ...images.damage import damage
from ...images.format import Saving
from ...pipeline import Restored, Settled
from . import library
from .choose import Chosen
from .colours import Space
from .mosaic import Mosaic
from .packing import Packed, pack
from .pictures import check_size, read_picture

#: (picture, progress) -> what came of restoring it
Restore = Callable[[Picture, OnProgress | None], Restored]

MEGA = 1e6
GREY_PAGE = "1-bit, and 8-bit grey in the result, which has greys; -m sauvola gives black and white"
GREY_STENCIL = (
    "it is a stencil, which holds black and white alone, and its result has greys; -m sauvola "
    "gives black and white"
)


@dataclass
class Outcome:
    """What became of a document."""

    #: sentences on what was met, and on what is not as before
    notes: list[str] = field(default_factory=list)
    #: what each picture was restored with, and its megapixels
    done: list[tuple[Settled, float]] = field(default_factory=list)
    #: how many of them needed nothing, and keep their streams
    unchanged: int = 0
    #: how many pictures and pages, and how large the file was and is, in a line
    summary: str = ""


@dataclass(frozen=True)
class Exchange:
    """Takes pictures of a document out, restores them, and puts them back."""

    #: the document, open
    pdf: Any
    #: what it is called in sentences
    name: str
    #: what of it is restored
    chosen: Chosen
    #: what restores
    restore: Restore
    #: how JPEGs are written
    saving: Saving
    #: whether what would be lost is an error
    strict: bool
    #: larger pictures are left alone; None lifts the limit
    max_megapixels: float | None
    #: where new streams wait until the document is written
    folder: Path
    #: what becomes of it
    outcome: Outcome

    def of(self, mosaic: Mosaic, progress: OnProgress | None) -> None:
        """Exchanges one picture; what cannot be read, or not be put back, is left as it is."""
        try:
            with damage("it"):
                picture, spaces = read_mosaic(self.pdf, mosaic, self.max_megapixels)
        except InputError as error:
            self._leave(error, mosaic)
            return
        if self.strict:
            refuse_losses(picture.lost, f"{self.name}, page {self.chosen.of(mosaic)[0]}")
        try:
            restored = self.restore(picture, progress)
            unchanged = np.array_equal(restored.picture.pixels, picture.pixels)
            if not unchanged:
                self._put_back(mosaic, self._packed(mosaic, spaces, restored.picture))
        except InputError as error:
            self._leave(error, mosaic)
            return
        self.outcome.done.append((restored.settled, mosaic.width * mosaic.height / MEGA))
        self.outcome.unchanged += unchanged
        # what keeps its stream loses nothing
        for note in () if unchanged else (*picture.notes, *picture.lost):
            self._say(note, mosaic)

    def _say(self, sentence: str, mosaic: Mosaic) -> None:
        for page in self.chosen.of(mosaic):
            self.chosen.say(sentence, page)

    def _leave(self, error: InputError, mosaic: Mosaic) -> None:
        """Says that a picture is left as it is."""
        self._say(f"left alone, since {str(error).replace('it: ', 'it ', 1)}", mosaic)

    def _packed(self, mosaic: Mosaic, spaces: list[Space], picture: Picture) -> list[Packed]:
        """The pieces of a result as streams."""
        if not all_finite(picture.planes):
            raise NonFiniteOutput("its result holds NaN or infinity; try --fp32, or another model")
        scale = picture.size[1] // mosaic.width
        packed = []
        for piece, space in zip(mosaic.pieces, spaces, strict=True):
            part = replace(picture, planes=piece.of(picture.pixels, scale), alpha=None)
            packed.append(pack(part, space, self.saving))
        kind = self.chosen.kinds[mosaic.pieces[0].place.key]
        if kind.bits == 1 and any(part.entries["/BitsPerComponent"] != 1 for part in packed):
            if kind.stencil:
                raise FormatLimit(GREY_STENCIL)
            self._say(GREY_PAGE, mosaic)
        return [_as_stencil(part) for part in packed] if kind.stencil else packed

    def _put_back(self, mosaic: Mosaic, packed: list[Packed]) -> None:
        for piece, part in zip(mosaic.pieces, packed, strict=True):
            file = self.folder / "-".join(map(str, piece.place.key))
            _wait(file, part.data)
            library.replace(self.pdf, piece.place.stream, file, part.entries)
        for number in self.chosen.of(mosaic):
            # a small copy of the page would go on showing it as it was
            library.without(self.pdf.pages[number - 1], "/Thumb")


def read_mosaic(pdf: Any, mosaic: Mosaic, limit: float | None) -> tuple[Picture, list[Space]]:
    """The picture of all pieces together, and the space of each.

    limit: larger ones are refused, in megapixels. InputErrors that begin with "it" or "its".
    """
    check_size(mosaic.width, mosaic.height, limit)
    streams = [piece.place.stream for piece in mosaic.pieces]
    first, space = read_picture(pdf, streams[0], limit)
    if len(streams) == 1:
        return first, [space]
    pixels = np.empty((*first.planes.shape[:2], mosaic.height, mosaic.width), np.float32)
    spaces = []
    for piece in mosaic.pieces:
        picture, space = read_picture(pdf, piece.place.stream, limit)
        if picture.channels != pixels.shape[1] or picture.depth != first.depth:
            raise InputCorrupt("its strips are of different kinds")
        piece.of(pixels)[:] = picture.pixels
        spaces.append(space)
    return replace(first, planes=pixels, alpha=None), spaces


def _as_stencil(part: Packed) -> Packed:
    """Black and white as a stencil, which has no colours."""
    return Packed(part.data, {**part.entries, "/ColorSpace": None})


def _wait(file: Path, data: bytes) -> None:
    """Puts a stream where it waits for the document; it need not outlast a failing machine."""
    try:
        file.write_bytes(data)
    except OSError as error:
        raise OutputError(
            f"{file.parent.parent}: cannot be written to ({error.strerror}); make room, or choose "
            "another -o"
        ) from error
