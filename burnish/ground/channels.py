"""Grey and colour: how a picture gets the channels that somebody wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Array, Contract
from ..errors import UsageError
from .planes import Computed, Planes, WholeNumbers, bands, raw

#: ITU-R BT.601: what red, green and blue weigh in grey. Wherever Burnish says grey, it means this
BT601 = (0.299, 0.587, 0.114)
LUMA = np.array(BT601, np.float32)


def grey(planes: NDArray[Any]) -> Array:
    """The brightness [H, W] (BT.601) of one picture [1 or 3, H, W]. Grey is its own brightness."""
    if len(planes) == 1:
        return np.asarray(planes[0], np.float32)
    return np.asarray(np.tensordot(LUMA, planes.astype(np.float32, copy=False), 1), np.float32)


def brightness_of(image: Planes) -> Array:
    """As `grey`, of an image [1, 1 or 3, H, W] of any kind, some rows at a time."""
    made = np.empty(image.shape[-2:], np.float32)
    for rows, band in zip(bands(made), bands(image), strict=True):
        rows[:] = grey(band[0])
    return made


def to_channels(images: Array, channels: int) -> Array:
    """The images [B, C, H, W] with that many channels: grey is repeated, colour is turned grey.

    UsageError where neither way leads there.
    """
    if images.shape[1] == 3 and channels == 1:
        # einsum adds one channel after the other, so that the last bit of the sum depends neither
        # on how the images lie in memory nor on the processor.
        brightness: Array = np.einsum("c,bchw->bhw", LUMA, images)[:, None]
        return brightness
    return as_channels(images, channels)


def as_channels(images: Array, channels: int) -> Array:
    """The images with that many channels: grey is repeated, and nothing is lost.

    They go from [B, 1 or C, H, W] to [B, C, H, W], which is a view that is not to be written to.
    UsageError for colour where grey is wanted.
    """
    batch, given, height, width = images.shape
    if given not in (1, channels):
        raise UsageError(f"an image of {given} channels does not fit: this model wants {channels}")
    return np.broadcast_to(images, (batch, channels, height, width))


def from_channels(images: Array, channels: int) -> Array:
    """The way back from `as_channels`: the mean of the channels where one is wanted.

    The images go from [B, C, H, W] to [B, 1 or C, H, W]. UsageError for any other number of
    channels.
    """
    if images.shape[1] == channels:
        return images
    if channels != 1:
        raise UsageError(f"an image of {images.shape[1]} channels cannot become one of {channels}")
    # Differences from the first channel are summed, so that equal channels give theirs to the bit.
    first = images[:, :1]
    apart = (images[:, 1:] - first).sum(1, keepdims=True)
    result: Array = first + apart / np.float32(images.shape[1])
    return result


def to_input(contract: Contract, images: Planes) -> Planes:
    """The images in the channels that a model takes.

    They go from [B, 1 or C, H, W] to [B, channels_in, H, W]. Grey is repeated. Colour is turned
    grey for a model that colours; UsageError for one that does not.
    """
    if contract.channels_out > contract.channels_in:
        return _by_parts(images, contract.channels_in, to_channels)
    return channels_of(images, contract.channels_in)


def channels_of(images: Planes, channels: int) -> Planes:
    """As `as_channels`, of planes of any kind, of which none is made."""
    if isinstance(images, np.ndarray):
        return as_channels(images, channels)
    if isinstance(images, WholeNumbers):
        return replace(images, samples=as_channels(images.samples, channels))
    return _by_parts(images, channels, as_channels)


def _by_parts(images: Planes, channels: int, change: Callable[[Array, int], Array]) -> Planes:
    """The images with their channels changed where they are looked at; a part has all of them."""
    if images.shape[1] == channels:
        return images
    batch, _, height, width = images.shape
    change(np.empty((1, images.shape[1], 0, 0), np.float32), channels)  # what does not fit is said
    return Computed((batch, channels, height, width), lambda part: change(images[part], channels))


def channel_of(images: Planes, number: int) -> Planes:
    """One channel of the images [B, C, H, W], as [B, 1, H, W]."""
    own = np.s_[:, number : number + 1]
    if isinstance(images, np.ndarray):
        return images[own]
    if isinstance(images, WholeNumbers):
        return replace(images, samples=images.samples[own])
    batch, _, height, width = images.shape
    return Computed((batch, 1, height, width), lambda part: images[part][own])


def without_copies(images: Planes) -> Planes:
    """Grey images that are stored in equal channels, in one; others as they are. [B, C, H, W]"""
    if images.shape[1] > 1 and all(
        np.array_equal(band[:, 1:], np.broadcast_to(band[:, :1], band[:, 1:].shape))
        for band in bands(raw(images))
    ):
        return channel_of(images, 0)
    return images


def bilevel(image: Planes) -> bool:
    """Whether an image [1, C, H, W] is nothing but 0 and 1, the same in all channels, as a fax
    is.
    """
    one = image.highest if isinstance(image, WholeNumbers) else 1
    return all(
        bool((band == band[:, :1]).all()) and bool(((band == 0) | (band == one)).all())
        for band in bands(raw(image))
    )
