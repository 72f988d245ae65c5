"""Grey and colour: how a picture gets the channels that somebody wants."""

from __future__ import annotations

import numpy as np

from ..contract import Array
from ..errors import UsageError

#: ITU-R BT.601: what red, green and blue weigh in grey, which means this throughout
BT601 = (0.299, 0.587, 0.114)
LUMA = np.array(BT601, np.float32)


def as_channels(image: Array, channels: int) -> Array:
    """The image with that many channels: a grey one is repeated (a view, not to be written to).

    [B, 1 or C, H, W] -> [B, C, H, W]. UsageError otherwise.
    """
    batch, given, height, width = image.shape
    if given not in (1, channels):
        raise UsageError(f"an image of {given} channels does not fit: this model wants {channels}")
    return np.broadcast_to(image, (batch, channels, height, width))


def from_channels(image: Array, channels: int) -> Array:
    """The way back: the mean of the channels where one is wanted; equal channels give it to the
    last bit.

    [B, C, H, W] -> [B, 1 or C, H, W]
    """
    if image.shape[1] == channels:
        return image
    if channels != 1:
        raise UsageError(f"an image of {image.shape[1]} channels cannot become one of {channels}")
    first = image[:, :1]
    result: Array = first + (image[:, 1:] - first).sum(1, keepdims=True) / np.float32(
        image.shape[1]
    )
    return result


def to_channels(image: Array, channels: int) -> Array:
    """The image with that many channels: a grey one is repeated, a colour one turned grey.

    [1, 1 or 3, H, W]
    """
    if image.shape[1] == 3 and channels == 1:
        grey: Array = np.einsum("c,bchw->bhw", LUMA, image)[:, None]
        return grey
    return as_channels(image, channels)
