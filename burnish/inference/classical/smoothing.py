"""Smoothing: bilateral, non-local means and median.

Pictures are float, their values may leave [0, 1], and nothing is rounded to 8 bits.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ...contract import Array, Dial
from . import Filter, per_picture, same_size
from .libraries import opencv, scikit_image

#: Each line is the noise up to which it is taken (sigma in 8-bit steps), the side of the patches,
#: how far they are searched for, and h over sigma; for grey and for colour. They are those of
#: Buades, Coll, Morel, "Non-local means denoising", Image Processing On Line 2011, whose smallest
#: patches are 3x3; but scikit-image's fast way leaves out a row and a column of each patch, and 2x2
#: costs 0.7 dB at noise 25.
GREY = ((30, 5, 10, 0.40), (45, 7, 17, 0.35), (75, 9, 17, 0.35), (100, 11, 17, 0.30))
COLOUR = ((25, 5, 10, 0.55), (55, 5, 17, 0.40), (100, 7, 17, 0.35))
#: radii up to which OpenCV's median takes float pictures
OPENCV_MEDIAN = 2


def bilateral(channels: int = 3) -> Filter:
    """Takes the mean of what is near in place and in colour (Tomasi, Manduchi 1998).

    Three channels are compared together, any other number one by one.

    Dials: radius and space (sigma) in pixels; and colour, sigma in 8-bit steps of the mean absolute
    difference over the channels.
    """
    dials = (
        Dial("radius", 1, 40, 20, "pixels"),
        Dial("space", 1, 100, 15, "sigma in pixels"),
        Dial(
            "colour", 1, 255, 10, "sigma in 8-bit steps, of the mean difference over the channels"
        ),
    )
    card = {
        "task": "smooths and keeps edges: the mean of what is near in place and in colour",
        "source": "Tomasi, Manduchi, Bilateral filtering for gray and color images, ICCV 1998",
        "library": "OpenCV",
        "licence": "Apache-2.0 (OpenCV)",
        "bytes_per_pixel": 100,
    }
    return Filter(same_size(channels, 40, dials), per_picture(_bilateral), card, (opencv,))


def _bilateral(planes: Array, radius: float, space: float, colour: float) -> Array:
    if len(planes) not in (1, 3):
        return np.concatenate([_bilateral(plane[None], radius, space, colour) for plane in planes])
    joint = np.ascontiguousarray(planes.transpose(1, 2, 0))
    # OpenCV adds the differences of the channels up, so that its sigma is ours times the channels.
    # With a mean, grey that is repeated in three channels gives what grey alone does.
    sigma = colour / 255 * len(planes)
    smooth = opencv().bilateralFilter(joint, 2 * round(radius) + 1, sigma, space)
    result: Array = smooth.reshape(joint.shape).transpose(2, 0, 1)
    return result


def nlmeans(channels: int = 3) -> Filter:
    """Takes the mean of what has like surroundings (Buades, Coll, Morel 2005).

    This is the fast way of scikit-image, with the noise's own share taken from distances.

    Dial: noise, sigma in 8-bit steps, from which patches, search and h follow (GREY for one
    channel, COLOUR for more). 0 gives the picture back exactly.
    """
    sizes = GREY if channels == 1 else COLOUR
    dials = (Dial("noise", 0, 100, 25, "sigma in 8-bit steps"),)
    card = {
        "task": "removes noise: the mean of what has like surroundings",
        "source": "Buades, Coll, Morel, A non-local algorithm for image denoising, CVPR 2005; "
        "Non-local means denoising, Image Processing On Line 2011; "
        "Darbon et al., Fast nonlocal filtering, ISBI 2008",
        "library": "scikit-image",
        "licence": "BSD-3-Clause (scikit-image)",
        "bytes_per_pixel": 250,
    }
    contract = same_size(
        channels, max(search + side // 2 for _, side, search, _ in sizes), dials, identity=(0.0,)
    )
    return Filter(contract, per_picture(partial(_nlmeans, sizes=sizes)), card, (scikit_image,))


def _nlmeans(
    planes: Array, noise: float, *, sizes: tuple[tuple[int, int, int, float], ...]
) -> Array:
    if noise == 0:
        return planes
    _, side, search, share = next(line for line in sizes if noise <= line[0])
    # In float64, since sums over the picture are taken: a large one in float32 would lose small
    # distances.
    joint = planes.transpose(1, 2, 0).astype(np.float64)
    smooth = scikit_image().restoration.denoise_nl_means(
        joint, side, search, share * noise / 255, sigma=noise / 255, channel_axis=-1
    )
    # scikit-image drops axes of length 1.
    result: Array = smooth.reshape(joint.shape).transpose(2, 0, 1)
    return result


def median(channels: int = 3) -> Filter:
    """Takes the median of a square window, channel by channel (Tukey 1977).

    Dial: radius in whole pixels; 1 is a window of 3x3.
    """
    dials = (Dial("radius", 1, 10, 1, "pixels; 1 is a window of 3x3"),)
    card = {
        "task": "removes salt and pepper: the median of a window",
        "source": (
            "Tukey, Exploratory data analysis, 1977; Huang, Yang, Tang, A fast "
            "two-dimensional median filtering algorithm, 1979"
        ),
        "library": "OpenCV and scikit-image",
        "licence": "Apache-2.0 (OpenCV), BSD-3-Clause (scikit-image)",
        "bytes_per_pixel": 100,
    }
    return Filter(
        same_size(channels, 10, dials), per_picture(_median), card, (opencv, scikit_image)
    )


def _median(planes: Array, radius: float) -> Array:
    side = 2 * round(radius) + 1
    if side <= 2 * OPENCV_MEDIAN + 1:
        results = [opencv().medianBlur(np.ascontiguousarray(plane), side) for plane in planes]
        return np.stack(results)
    # mode="nearest" is how OpenCV has borders.
    window = np.ones((side, side))
    smooth = scikit_image().filters.median
    return np.stack([smooth(plane, window, mode="nearest") for plane in planes])
