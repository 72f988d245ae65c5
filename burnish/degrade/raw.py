"""Unprocessing: from a developed picture back to what a sensor saw, and forward again.

Brooks et al., CVPR 2019. Backward: undo the tone curve 3x^2 - 2x^3 and the gamma 2.2, go to the
camera's colours, undo white balance and exposure without darkening highlights, mosaic. Packed
planes are [B, 4, H/2, W/2] in the order red, green (of the red rows), green (of the blue rows),
blue; 0 is black and 1 is white.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from ..errors import UsageError

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

#: from XYZ to the colours of four cameras
CAMERAS = np.array(
    [
        [[1.0234, -0.2969, -0.2266], [-0.5625, 1.6328, -0.0469], [-0.0703, 0.2188, 0.6406]],
        [[0.4913, -0.0541, -0.0202], [-0.6130, 1.3513, 0.2906], [-0.1564, 0.2151, 0.7183]],
        [[0.8380, -0.2630, -0.0639], [-0.2887, 1.0725, 0.2496], [-0.0627, 0.1427, 0.5438]],
        [[0.6596, -0.2079, -0.0562], [-0.4782, 1.3016, 0.1933], [-0.0970, 0.1581, 0.5181]],
    ]
)
#: from linear sRGB to XYZ (D65)
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
GAMMA = 2.2
#: above this grey, exposure and white balance are undone less and less, so that what is white stays
#: white
HIGHLIGHT = 0.9


@dataclass(frozen=True)
class Metadata:
    """What a camera notes of one picture."""

    #: gain of red by the white balance
    red: float
    #: gain of blue by the white balance
    blue: float
    #: gain of all colours
    exposure: float
    #: matrix from linear sRGB to the camera's colours; its rows add up to 1
    to_camera: Matrix

    @property
    def gains(self) -> Array:
        """What raw red, green and blue are multiplied by: [3, 1, 1]."""
        return np.array(
            [self.red * self.exposure, self.exposure, self.blue * self.exposure], np.float32
        ).reshape(3, 1, 1)


def draw_metadata(rng: np.random.Generator) -> Metadata:
    """A camera somewhere between the four, a light, and an exposure."""
    weights = rng.uniform(1e-8, 1e8, 4)
    matrix = np.tensordot(weights / weights.sum(), CAMERAS, 1) @ TO_XYZ
    rows = (matrix / matrix.sum(1, keepdims=True)).tolist()
    exposure = 1 / rng.normal(0.8, 0.1)
    return Metadata(
        rng.uniform(1.9, 2.4),
        rng.uniform(1.5, 1.9),
        exposure,
        (tuple(rows[0]), tuple(rows[1]), tuple(rows[2])),
    )


def unprocess(image: Array, metadata: Sequence[Metadata]) -> Array:
    """Takes developed pictures [B, 3, H, W] to packed planes, with the metadata of each.

    The planes are [B, 4, H/2, W/2] in [0, 1]. Raises UsageError where a side is odd.
    """
    if (
        image.ndim != 4
        or image.shape[1] != 3
        or image.shape[2] % 2
        or image.shape[3] % 2
        or len(image) != len(metadata)
    ):
        raise UsageError(
            f"pictures of shape {list(image.shape)} with {len(metadata)} metadata cannot become "
            "raw: [B, 3, H, W] with even sides is wanted"
        )
    return mosaic(
        np.stack([_to_sensor(picture, m) for picture, m in zip(image, metadata, strict=True)])
    )


def process(
    raw: Array,
    metadata: Sequence[Metadata],
    black: float = 0.0,
    white: float = 1.0,
    tone: bool = True,
) -> Array:
    """Develops packed planes [B, 4, h, w] to pictures [B, 3, 2h, 2w] in [0, 1].

    tone: end with the curve 3x^2 - 2x^3 that unprocess undoes. It is the inverse of unprocess
    wherever nothing was clipped and the picture is smooth: the mosaic keeps one colour a pixel, and
    the others are interpolated.
    """
    if raw.ndim != 4 or raw.shape[1] != 4 or len(raw) != len(metadata):
        raise UsageError(
            f"raw of shape {list(raw.shape)} with {len(metadata)} metadata cannot be developed: "
            "packed planes [B, 4, h, w] are wanted"
        )
    gains = np.stack([m.gains[[0, 1, 1, 2]] for m in metadata])
    balanced = np.clip((raw - np.float32(black)) * (gains / np.float32(white - black)), 0, 1)
    linear = np.stack(
        [
            _mixed(np.linalg.inv(m.to_camera), p)
            for p, m in zip(demosaic(balanced), metadata, strict=True)
        ]
    )
    developed = np.clip(linear, 1e-8, 1) ** np.float32(1 / GAMMA)
    return tone_curve(developed) if tone else developed


def tone_curve(image: Array) -> Array:
    """3x^2 - 2x^3"""
    return np.asarray(image * image * (3 - 2 * image), np.float32)


def inverse_tone_curve(image: Array) -> Array:
    """The x in [0, 1] for which 3x^2 - 2x^3 is the image, clipped to [0, 1]."""
    return np.asarray(0.5 - np.sin(np.arcsin(1 - 2 * np.clip(image, 0, 1)) / 3), np.float32)


def _to_sensor(picture: Array, metadata: Metadata) -> Array:
    """A developed picture as the light on the sensor, all three colours at every pixel.

    The shape is [3, H, W], the range [0, 1].
    """
    linear = np.maximum(inverse_tone_curve(picture), 1e-8) ** np.float32(GAMMA)
    return np.clip(_undo_gains(_mixed(np.array(metadata.to_camera), linear), metadata.gains), 0, 1)


def _undo_gains(camera: Array, gains: Array) -> Array:
    """The picture divided by the gains.

    Highlights are divided by less, down to not at all, where dividing would make them grey.
    """
    light = (np.maximum(camera.mean(0) - np.float32(HIGHLIGHT), 0) / np.float32(1 - HIGHLIGHT)) ** 2
    factor = 1 / gains
    return np.asarray(camera * np.maximum(light + (1 - light) * factor, factor), np.float32)


def _mixed(matrix: NDArray[np.floating[Any]], picture: Array) -> Array:
    """Each pixel's colour times the matrix. [3, H, W]"""
    return (matrix.astype(np.float32) @ picture.reshape(3, -1)).reshape(picture.shape)


def mosaic(image: Array) -> Array:
    """One colour of each pixel, red, green / green, blue, as packed planes.

    [B, 3, H, W] -> [B, 4, H/2, W/2]
    """
    return np.stack(
        [
            image[:, 0, ::2, ::2],
            image[:, 1, ::2, 1::2],
            image[:, 1, 1::2, ::2],
            image[:, 2, 1::2, 1::2],
        ],
        1,
    )


def demosaic(raw: Array) -> Array:
    """Interpolates the colours that each pixel lacks: [B, 4, h, w] -> [B, 3, 2h, 2w].

    Each is the mean of its nearest neighbours (bilinear).
    """
    batch, _, height, width = raw.shape
    image = np.zeros((batch, 3, 2 * height, 2 * width), np.float32)
    (
        image[:, 0, ::2, ::2],
        image[:, 1, ::2, 1::2],
        image[:, 1, 1::2, ::2],
        image[:, 2, 1::2, 1::2],
    ) = raw.transpose(1, 0, 2, 3)
    padded = np.pad(
        image, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect"
    )  # mirrored without the edge, a pixel's neighbours have the right colours
    rows = padded[:, :, :-2] + padded[:, :, 2:]
    cross = rows[..., 1:-1] + padded[:, :, 1:-1, :-2] + padded[:, :, 1:-1, 2:]
    mixed = padded[:, ::2, :-2] / 2 + padded[:, ::2, 1:-1] + padded[:, ::2, 2:] / 2
    image[:, ::2] = mixed[..., :-2] / 2 + mixed[..., 1:-1] + mixed[..., 2:] / 2
    image[:, 1] += cross[:, 1] / 4  # green: where there is none of its own
    return image
