"""PDFs: their pictures are taken out, restored, and put back where they were.

A PDF is no format of pictures: it is a document that stays, and what is restored are some of its
streams. Importing this loads nothing that is heavy.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...images import FORMATS

#: how names of such files end
ENDING = ".pdf"
#: how such files begin, and within how many bytes
BEGINS, WITHIN = b"%PDF-", 1024


def is_pdf(path: str | Path) -> bool:
    """Whether a file is a PDF, by its contents; what cannot be opened is none."""
    try:
        # what is no file, such as a pipe, could block
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            head = file.read(WITHIN)
    except (OSError, ValueError):
        return False
    return BEGINS in head and not any(format.recognises(head) for format in FORMATS.values())
