"""OpenCV, which is imported here alone when a film is mended."""

from __future__ import annotations

from functools import cache
from typing import Any

from ...errors import MissingExtra


@cache
def opencv() -> Any:
    """The module cv2. MissingExtra where it is not there.

    It runs on one thread: how motion is found depends on how many there are, and a film that was
    stopped must go on with the same frames on another machine. `together` is how two cores are
    used.
    """
    try:
        import cv2
    except ImportError as error:
        raise MissingExtra(
            "mending films needs OpenCV, which is not installed; pip install 'burnish[video]' "
            "brings it"
        ) from error
    cv2.setNumThreads(1)
    return cv2
