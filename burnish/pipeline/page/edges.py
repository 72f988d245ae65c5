"""The edges of strokes, where a network has seen them small: thresholds know these better.

One threshold holds for the whole page, and is believed as far as its ink is clear. Another lies
nearby between the light of what the network takes for paper and for ink (as in Su, Lu, Tan, DAS
2010), and is believed where the network sees ink within half a stroke.
"""

from __future__ import annotations

import numpy as np

from ...contract import Array, mix
from ...ground.planes import highest, mean
from .planes import blocks, spread, total
from .tones import Tones

#: the threshold is so far from paper towards ink: one for the page, and one nearby; and such a
#: share of each is believed at the most
EDGE, BELIEVED = 0.4, 0.75
EDGE_NEAR, BELIEVED_NEAR = 0.45, 0.5
#: nearby is within so many widths of strokes, but no fewer pixels
WIDTHS, FEWEST = 2, 4
#: ink within such a share of a stroke's width is asked for: less sure than the first is no ink,
#: surer than the second is
WITHIN, FAINT, SURE = 0.5, 0.3, 0.7


def sharpened(found: Array, light: Array, width: float) -> Array:
    """How sure paper is [H, W], with the edges of strokes as sharp as an evened page has them.

    found: the same as the network tells it. light: the page [H, W]. width: that of its strokes.
    """
    near = mix(found, _nearby(found, light, width), BELIEVED_NEAR)
    tones = Tones.of(light, found)
    if tones is None:
        return near
    whole = np.clip((EDGE - tones.darkness(light)) * 2 + 0.5, 0, 1)
    return mix(near, whole, BELIEVED * tones.clear)


def _nearby(found: Array, light: Array, width: float) -> Array:
    """How sure paper is [H, W], by the light of paper and ink nearby."""
    side = max(FEWEST, round(WIDTHS * width))
    paper = _light(light, found**2, side)
    depth = np.maximum(paper - _light(light, (1 - found) ** 2, side), np.float32(1e-3))
    ink = np.clip(((paper - light) / depth - EDGE_NEAR) * 2 + 0.5, 0, 1)
    sure = highest(1 - found, max(1, int(WITHIN * width)))
    return np.asarray(1 - ink * np.clip((sure - FAINT) / (SURE - FAINT), 0, 1), np.float32)


def _light(light: Array, weights: Array, side: int) -> Array:
    """The mean light [H, W] of what has weight, in blocks and the blocks around."""
    sums = mean(blocks(light * weights, side, total), 1)
    whole = mean(blocks(weights, side, total), 1)
    found = np.asarray(sums / np.maximum(whole, np.float32(1e-6)), np.float32)
    return spread(found, side, light.shape)
