"""The libraries of `burnish[classical]`, which are imported here alone.

Each is imported when a filter that wants it is opened.
"""

from __future__ import annotations

from typing import Any

from ...errors import MissingExtra


def opencv(threads: int | None = None) -> Any:
    """The module cv2, on so many threads if that is said. MissingExtra where it is not there."""
    try:
        import cv2
    except ImportError as error:
        raise _missing("OpenCV") from error
    if threads:
        cv2.setNumThreads(threads)
    return cv2


def scikit_image(threads: int | None = None) -> Any:
    """The module skimage with its filters and restoration. MissingExtra where it is not there.

    It runs on one thread, whatever is said.
    """
    try:
        import skimage
        import skimage.filters
        import skimage.restoration
    except ImportError as error:
        raise _missing("scikit-image") from error
    return skimage


def _missing(library: str) -> MissingExtra:
    return MissingExtra(
        f"this filter needs {library}, which is not installed; pip install 'burnish[classical]' "
        "brings it"
    )
