"""Documents: uneven paper made white, and pictures made black and white. White, 1, is paper."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import Array, Contract, Dial
from ...errors import UsageError
from ...ground.channels import to_channels
from . import Filter, per_picture, same_size
from .libraries import opencv, scikit_image

#: side of the median, in pixels, that keeps the noise out of the paper's brightness: else that
#: would be the brightness of the brightest pixels
MEDIAN = 5
#: paper that is darker than this is taken to be this bright
DARKEST = 1 / 255
#: Sauvola's R: half the range of grey (128 of 8 bits)
RANGE = 0.5


def background_division(channels: int = 3) -> Filter:
    """Makes paper white: the picture is divided by its paper, and clipped to [0, 1].

    That is done channel by channel, so that yellow paper becomes white, too. The paper is what is
    left when dark strokes are closed (Serra 1982), blurred.

    Dial: radius in pixels, half the width of the widest stroke that is ink.
    """
    dials = (Dial("radius", 2, 50, 15, "pixels: half the width of the widest stroke"),)
    card = {
        "task": (
            "makes uneven paper white: the picture over what is left of it when dark "
            "strokes are closed"
        ),
        "source": "Serra, Image analysis and mathematical morphology, 1982 (closing); Lu, Su, "
        "Tan, Document image binarization using background estimation and "
        "stroke edges, IJDAR 2010 (division by the paper)",
        "library": "OpenCV",
        "licence": "Apache-2.0 (OpenCV)",
        "bytes_per_pixel": 100,
    }
    return Filter(
        same_size(channels, MEDIAN // 2 + 3 * 50, dials),
        per_picture(_background_division),
        card,
        (opencv,),
    )


def _background_division(planes: Array, radius: float) -> Array:
    cv2 = opencv()
    half = round(radius)
    window = np.ones((2 * half + 1, 2 * half + 1), np.uint8)
    result = np.empty_like(planes)
    for c, plane in enumerate(planes):
        calm = cv2.medianBlur(np.ascontiguousarray(plane), MEDIAN)
        closed = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, window)
        paper = cv2.GaussianBlur(closed, window.shape, half / 2)
        result[c] = np.clip(plane / np.maximum(paper, np.float32(DARKEST)), 0, 1)
    return result


def sauvola(channels: int = 3) -> Filter:
    """Makes a picture black and white by a threshold for each pixel (Sauvola, Pietikäinen 2000).

    It is m (1 + k (s / R - 1)), with mean m and standard deviation s of the window, and R = 0.5.
    Colour (channels=3) is turned grey first.

    Dials: window in pixels, made odd by one more; and k, where a smaller one gives more ink.
    """
    dials = (
        Dial("window", 3, 101, 15, "pixels, odd"),
        Dial("k", 0.01, 1, 0.2, "how far below the mean ink is"),
    )
    card = {
        "task": (
            "makes pages black and white, by a threshold for each pixel; colour is turned "
            "grey first"
        ),
        "source": (
            "Sauvola, Pietikäinen, Adaptive document image binarization, Pattern "
            "Recognition 33, 2000"
        ),
        "library": "scikit-image",
        "licence": "BSD-3-Clause (scikit-image)",
        "bytes_per_pixel": 200,
    }
    return Filter(
        _contract(channels, 101 // 2, dials), per_picture(_sauvola), card, (scikit_image,)
    )


def _sauvola(planes: Array, window: float, k: float) -> NDArray[Any]:
    grey = _grey(planes)
    # Without RANGE it would take R = 1 for floats, as if they went from -1 to 1.
    side = int(window) // 2 * 2 + 1
    threshold = scikit_image().filters.threshold_sauvola(grey, side, k, RANGE)
    white: NDArray[Any] = (grey > threshold)[None]
    return white


def otsu(channels: int = 3) -> Filter:
    """Makes a picture black and white by one threshold (Otsu 1979).

    It is the one that parts the picture's values best, in 256 bins. Colour (channels=3) is turned
    grey first. There are no dials.
    """
    card = {
        "task": (
            "makes pages black and white, by one threshold for the whole picture; colour "
            "is turned grey first"
        ),
        "source": (
            "Otsu, A threshold selection method from gray-level histograms, IEEE "
            "Transactions on Systems, Man, and Cybernetics 9, 1979"
        ),
        "library": "scikit-image",
        "licence": "BSD-3-Clause (scikit-image)",
        "bytes_per_pixel": 100,
    }
    return Filter(_contract(channels, None, ()), per_picture(_otsu), card, (scikit_image,))


def _otsu(planes: Array) -> NDArray[Any]:
    grey = _grey(planes)
    if grey.min() == grey.max():
        # Nothing to part: an empty page is white, though none of it is above the threshold.
        return (grey >= 0.5)[None]
    white: NDArray[Any] = (grey > scikit_image().filters.threshold_otsu(grey))[None]
    return white


def _grey(planes: Array) -> NDArray[np.float64]:
    grey: NDArray[np.float64] = to_channels(planes[None], 1)[0, 0].astype(np.float64)
    return grey


def _contract(channels: int, reach: int | None, dials: tuple[Dial, ...]) -> Contract:
    """The contract of a filter from grey or colour to grey. UsageError for other channels."""
    if channels not in (1, 3):
        raise UsageError(
            f"channels={channels} does not fit: 1 (grey) or 3 (colour, turned grey) is wanted"
        )
    return Contract(channels_in=channels, channels_out=1, reach=reach, level="image", dials=dials)
