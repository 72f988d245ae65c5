"""Motion: where each pixel of a frame was in the one before, or will be in the next.

It is dense inverse search (Kroeger et al., "Fast optical flow using dense inverse search", 2016),
as OpenCV has it, on frames of half the size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...ground.fill import pull_and_push
from .library import opencv

In = TypeVar("In")
Out = TypeVar("Out")
#: frames wider than this are looked at a quarter as large: more costs time, and finds no more
WIDE = 1280
#: rounds of variational refinement: two are worth their time, five are not
REFINED = 2
#: the motion is calmed over squares of so many samples of it, five of them each way
CALM = 4

#: where the pixels of a frame lie in another: what is to be added to columns and rows, in pixels,
#: on a grid as coarse as motion was looked for. [h, w, 2]
Flow = NDArray[np.float32]


def small(luma: Array) -> NDArray[np.uint8]:
    """The luma [H, W], in 8-bit steps, as motion is looked for in it."""
    height, width = luma.shape
    times = 4 if width > WIDE else 2
    size = (max(16, width // times), max(16, height // times))
    shrunk = opencv().resize(luma, size, interpolation=opencv().INTER_AREA)
    glance: NDArray[np.uint8] = np.clip(np.rint(shrunk), 0, 255).astype(np.uint8)
    return glance


def flow(here: NDArray[np.uint8], there: NDArray[np.uint8], width: int) -> Flow:
    """Where the pixels of a small frame lie in another one, in pixels of frames of that width."""
    search = opencv().DISOpticalFlow_create(opencv().DISOPTICAL_FLOW_PRESET_FAST)
    search.setFinestScale(0)
    search.setVariationalRefinementIterations(REFINED)
    found: Flow = search.calc(here, there, None)
    found *= np.float32(width / here.shape[1])
    return found


def calmed(found: Flow) -> Flow:
    """The motion without what differs in small places: its median over wide squares."""
    cv2 = opencv()
    height, width = found.shape[:2]
    size = (max(1, width // CALM), max(1, height // CALM))
    coarse = cv2.resize(found, size, interpolation=cv2.INTER_AREA)
    medians = [cv2.medianBlur(np.ascontiguousarray(coarse[..., n]), 5) for n in (0, 1)]
    calm: Flow = cv2.resize(np.stack(medians, 2), (width, height), interpolation=cv2.INTER_LINEAR)
    return calm


def carried(found: Flow, lost: NDArray[np.bool_]) -> Flow:
    """The motion with that of what is lost [H, W] taken from around it, if there is any."""
    height, width = found.shape[:2]
    small_lost = opencv().resize(
        lost.astype(np.float32), (width, height), interpolation=opencv().INTER_AREA
    )
    if (small_lost > 0).all():
        return found
    around = pull_and_push(found.transpose(2, 0, 1), small_lost > 0)
    return np.ascontiguousarray(around.transpose(1, 2, 0), np.float32)


def places(found: Flow, shape: tuple[int, int]) -> Flow:
    """Columns and rows in the other frame of each pixel of a plane of that shape: [H, W, 2]."""
    cv2 = opencv()
    height, width = shape
    full = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR)
    full += _grid(height, width)
    result: Flow = full
    return result


def warped(plane: Array, at: Flow) -> Array:
    """What the plane [H, W] has at these places, by cubic interpolation; at its border beyond."""
    cv2 = opencv()
    result: Array = cv2.remap(plane, at, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return result


def joined(first: Flow, second: Flow, frame_width: int) -> Flow:
    """The motion over two frames: by the first flow, and by the second from where that leads."""
    cv2 = opencv()
    height, width = first.shape[:2]
    # Flows are in pixels of the frame, and their own grid is coarser.
    at = first * np.float32(width / frame_width) + _grid(height, width)
    border = cv2.BORDER_REPLICATE
    onwards: Flow = cv2.remap(second, at, None, cv2.INTER_LINEAR, borderMode=border)
    return first + onwards


def together(function: Callable[[In], Out], several: Iterable[In]) -> list[Out]:
    """The function of each, two at a time: OpenCV and NumPy leave Python alone meanwhile."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(function, several))


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> Flow:
    """The column and the row of each pixel. [H, W, 2]"""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([columns, rows], 2)
