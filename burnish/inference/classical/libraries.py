"""The libraries of `burnish[classical]`, each imported here alone, and only when a filter that
wants it is opened.
"""

from __future__ import annotations

from typing import Any

from ...errors import MissingExtra


def opencv(threads: int | None = None) -> Any:
    """The module cv2, on so many threads if that is said; MissingExtra."""
    try:
        import cv2
    except ImportError as error:
        raise _missing("OpenCV") from error
    if threads:
        cv2.setNumThreads(threads)
    return cv2


def scikit_image(threads: int | None = None) -> Any:
    """The module skimage with its filters and restoration, which run on one thread whatever is
    said; MissingExtra.
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
