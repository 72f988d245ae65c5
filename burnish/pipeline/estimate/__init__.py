"""auto: what damage a picture shows, as the setting of the dial of that name, and of what kind the
picture is; a function of the whole picture [1, C, H, W] for each.
"""

from __future__ import annotations

from .estimate import Estimate
from .kind import Kind, kind
from .noise import noise
from .quality import quality
from .scale import scale

#: dial -> what finds its setting on a picture, as an Estimate
ESTIMATORS = {"noise": noise, "quality": quality, "scale": scale}

__all__ = ["ESTIMATORS", "Estimate", "Kind", "kind", "noise", "quality", "scale"]
