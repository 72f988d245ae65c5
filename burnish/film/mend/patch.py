"""Patching: what was dirty is taken from the witnesses, samples as they are, with their grain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...pipeline.mend import mended as gone_on
from ..frame import Frame, Layout, Plane
from .dirt import Found
from .library import opencv
from .marks import Marked, grown
from .motion import Flow
from .sights import Sight
from .witnesses import View

Indices = NDArray[np.intp]
#: the side of the square in which a witness is compared with the frame, in pixels
AROUND = 15
#: a witness that is darker or brighter around the place is brought to it, by so many 8-bit steps
#: at the most
LIFTED = 8.0
#: pixels around a place that nobody knows, by which it is filled
BESIDE = 24


@dataclass(frozen=True)
class Choice:
    """From which witness, and by which motion, each pixel of a frame would be taken."""

    #: the number of each way to come to a pixel, from 0; -1 where no witness knows it. [H, W]
    way: NDArray[np.int8]
    #: what is to be added to its luma, in 8-bit steps, [H, W]
    lift: Array


def patched(sight: Sight, found: Found, layout: Layout) -> Frame:
    """The frame with what was found taken from its witnesses; all other samples are the same.

    What none of them knows goes on from what surrounds it.
    """
    choice = _chosen(sight.luma, found)
    planes = tuple(
        _plane(number, plane, found, choice, layout)
        for number, plane in enumerate(sight.frame.planes)
    )
    return replace(sight.frame, planes=planes)


def _chosen(luma: Array, found: Found) -> Choice:
    """For each pixel the way by which its surroundings come out most alike."""
    cv2 = opencv()
    size = (AROUND, AROUND)
    way = np.full(luma.shape, -1, np.int8)
    lift = np.zeros(luma.shape, np.float32)
    if not found.views:
        return Choice(way, lift)
    # Samples of colour stand for up to four pixels a side, and ask at the first of them.
    asked = grown(found.marked, 3)
    known = (~found.marked).astype(np.float32)
    weight = np.maximum(cv2.blur(known, size)[asked], np.float32(1e-3))
    errors, lifts = [], []
    for view, at, moved in _ways(found.views):
        difference = (luma - moved) * known
        error = cv2.blur(np.abs(difference), size)[asked] / weight
        errors.append(np.where(_dirty(view, at)[asked], np.float32(np.inf), error))
        lifts.append(cv2.blur(difference, size)[asked] / weight)
    best = np.argmin(errors, 0)
    every = np.arange(len(best))
    way[asked] = np.where(np.isinf(np.stack(errors)[best, every]), -1, best)
    lift[asked] = np.clip(np.stack(lifts)[best, every], -LIFTED, LIFTED)
    return Choice(way, lift)


def _ways(views: Sequence[View]) -> list[tuple[View, Flow, Array]]:
    """Each witness, by each motion: where its pixels are, and its luma moved."""
    return [
        (view, at, moved)
        for view in views
        for at, moved in zip(view.places, view.luma, strict=True)
    ]


def _dirty(view: View, at: Flow) -> Marked:
    """Where a witness was dirty itself, as the frame sees it. [H, W]"""
    cv2 = opencv()
    dirty = view.sight.dirty.astype(np.uint8)
    moved: Marked = cv2.remap(dirty, at, None, cv2.INTER_LINEAR, borderValue=1) > 0
    return moved


def _plane(number: int, plane: Plane, found: Found, choice: Choice, layout: Layout) -> Plane:
    """One plane of the frame, patched."""
    across, down = layout.shared(number)
    marked = _any(found.marked, plane.shape, across, down)
    way = choice.way[::down, ::across][marked]
    lift = choice.lift[::down, ::across][marked] * np.float32(2.0 ** (layout.bits - 8))
    values = plane[marked].astype(np.float32)
    rows, columns = np.nonzero(marked)
    for index, (view, at, _) in enumerate(_ways(found.views)):
        here = way == index
        source = view.sight.frame.planes[number]
        values[here] = _sampled(source, _there(at, rows[here], columns[here], across, down))
    if number == 0 or layout.model == "rgb":
        values += np.where(way >= 0, lift, 0)
    done = plane.copy()
    top = 2**layout.bits - 1
    done[marked] = np.clip(np.rint(values), 0, top).astype(plane.dtype)
    unknown = np.zeros_like(marked)
    unknown[marked] = way < 0
    return _filled(done, unknown, found.grain, top) if unknown.any() else done


def _any(marked: Marked, shape: tuple[int, ...], across: int, down: int) -> Marked:
    """The samples of a coarser plane that share a marked pixel."""
    if across == down == 1:
        return marked
    height, width = shape
    rows, columns = marked.shape
    pad = ((0, max(0, height * down - rows)), (0, max(0, width * across - columns)))
    whole = np.pad(marked, pad)[: height * down, : width * across]
    coarse: Marked = np.asarray(whole.reshape(height, down, width, across).any((1, 3)))
    return coarse


def _there(at: Flow, rows: Indices, columns: Indices, across: int, down: int) -> Flow:
    """Column and row in a witness's plane of samples of the frame's. [N, 2]"""
    luma = np.stack([columns * across, rows * down], 1)
    away = at[luma[:, 1], luma[:, 0]] - luma
    found = np.stack([columns, rows], 1) + away / (across, down)
    return np.asarray(found, np.float32)


def _sampled(plane: Plane, at: Flow) -> Array:
    """What a plane has at columns and rows [N, 2], by cubic interpolation."""
    cv2 = opencv()
    # OpenCV takes places in rows, none of them longer than 32,767.
    count = len(at)
    if count == 0:
        return np.zeros(0, np.float32)
    rows = -(-count // 1024)
    laid = np.zeros((rows * 1024, 2), np.float32)
    laid[:count] = at
    values = cv2.remap(
        plane.astype(np.float32),
        laid.reshape(rows, 1024, 2),
        None,
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(values.reshape(-1)[:count], np.float32)


def _filled(plane: Plane, unknown: Marked, grain: float, top: int) -> Plane:
    """The plane with what nobody knows gone on from what surrounds it."""
    rows, columns = (np.flatnonzero(unknown.any(axis)) for axis in (1, 0))
    box = tuple(
        slice(max(0, int(places[0]) - BESIDE), int(places[-1]) + BESIDE + 1)
        for places in (rows, columns)
    )
    pixels = plane[box].astype(np.float32)[None, None] / np.float32(top)
    filled = gone_on(pixels, unknown[box], grain)[0, 0] * np.float32(top)
    done = plane.copy()
    done[box][unknown[box]] = np.clip(np.rint(filled[unknown[box]]), 0, top).astype(plane.dtype)
    return done
