"""Ways to give a network a dial: networks that wrap a network. A table of contents, as in `archs`."""

from __future__ import annotations

DIALS = {
    "LevelPlane": "burnish.training.dials.level_plane:LevelPlane",
}
