"""auto: what damage a picture shows, as the setting of the dial of that name, and of what kind the
picture is; a function of the whole picture [1, C, H, W] for each.
"""

from __future__ import annotations

from .kind import Kind, kind
from .noise import noise
from .quality import quality

#: dial -> its setting, found on the picture
ESTIMATORS = {"noise": noise, "quality": quality}

__all__ = ["ESTIMATORS", "Kind", "kind", "noise", "quality"]
