"""Grey and colour: how a picture gets the channels that somebody wants."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Array, Contract
from ..errors import UsageError

#: ITU-R BT.601: what red, green and blue weigh in grey. Wherever Burnish says grey, it means this
BT601 = (0.299, 0.587, 0.114)
LUMA = np.array(BT601, np.float32)


def grey(planes: NDArray[Any]) -> Array:
    """The brightness [H, W] (BT.601) of one picture [1 or 3, H, W]. Grey is its own brightness."""
    if len(planes) == 1:
        return np.asarray(planes[0], np.float32)
    return np.asarray(np.tensordot(LUMA, planes.astype(np.float32, copy=False), 1), np.float32)


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


def to_input(contract: Contract, images: Array) -> Array:
    """The images in the channels that a model takes.

    They go from [B, 1 or C, H, W] to [B, channels_in, H, W]. Grey is repeated, as a view. Colour is
    turned grey for a model that colours; UsageError for one that does not.
    """
    if contract.channels_out > contract.channels_in:
        return to_channels(images, contract.channels_in)
    return as_channels(images, contract.channels_in)


def without_copies(images: Array) -> Array:
    """Grey images that are stored in equal channels, in one; others as they are. [B, C, H, W]"""
    first = images[:, :1]
    if images.shape[1] > 1 and np.array_equal(
        images[:, 1:], np.broadcast_to(first, images[:, 1:].shape)
    ):
        return first
    return images


def bilevel(image: Array) -> bool:
    """Whether an image [1, C, H, W] is nothing but 0 and 1, the same in all channels, as a fax
    is.
    """
    first = image[0, 0]
    return bool(all(np.array_equal(first, plane) for plane in image[0, 1:])) and bool(
        ((first == 0) | (first == 1)).all()
    )
