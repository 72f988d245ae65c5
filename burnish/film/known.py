"""is_film(): whether a file is a film, by its first bytes, or by its name if they say nothing."""

from __future__ import annotations

import re
from pathlib import Path

from ..images import FORMATS
from ..images.inside.unread import FILMS
from ..images.sniff import HEAD

#: how names of films end
ENDINGS = frozenset(
    ".mkv .webm .mp4 .m4v .mov .qt .3gp .mj2 .avi .mpg .mpeg .m2v .vob .ts .mts .m2ts .mxf .dv "
    ".flv .wmv .asf .ogv .y4m .nut .gxf".split()
)
#: what each kind of FILMS that FFmpeg reads begins its sentence with
SAYS = "is a film"


def is_film(path: Path) -> bool:
    """Whether a file is a film. A picture under a film's name is none, nor is what is absent."""
    try:
        with open(path, "rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    if any(format.recognises(head) for format in FORMATS.values()):
        return False
    films = [kind.begins for kind in FILMS if kind.says.startswith(SAYS)]
    begins = any(re.match(kind, head, re.DOTALL | re.IGNORECASE) for kind in films)
    return begins or path.suffix.lower() in ENDINGS
