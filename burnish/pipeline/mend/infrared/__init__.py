"""Infrared: dirt by the plane that a film scanner takes beside the colours.

Film lets infrared through, and dust, hair and scratches do not. `dirt` lays the plane on the
picture and finds them; `brightened` gives back the light that thin ones have taken.
"""

from __future__ import annotations

from .brighten import brightened
from .dirt import Dirt, dirt

__all__ = ["Dirt", "brightened", "dirt"]
