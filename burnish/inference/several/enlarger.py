"""Enlarger: a network that enlarges, and says what it enlarges with the picture."""

from __future__ import annotations

from dataclasses import replace

from ...ground.remarks import OnProgress, Say, silent
from ...images import Picture
from ...pipeline import Look, Restored, Size
from ..backends.files import names
from ..model import Model
from .automatic import NAME, choose_for
from .chain import AND


class Enlarger(Model):
    """A network that enlarges a picture as it is: noise and blocks as well.

    Where a look at the picture shows such damage, a note of the result says so, and what takes it
    off first. In a chain nothing is said: it is not asked there for the size of the whole.
    """

    def at_size(
        self,
        restored: Restored,
        size: Size | None,
        before: Picture,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Restored:
        """What came of the picture `before`, at the size that is wanted of it; with the note, all
        else is as in `Model`.
        """
        result = super().at_size(restored, size, before, tile=tile, progress=progress, say=say)
        choice = choose_for(before, Look(before))
        if not choice.models or self.path is None:
            return result
        own = self.path.stem if self.path.stem in names() else self.path
        first = f"-m {NAME}{AND}{own}"
        note = f"it is {choice.why}, and that is enlarged with it; {first} takes it off first"
        picture = replace(result.picture, notes=(*result.picture.notes, note))
        return replace(result, picture=picture)
