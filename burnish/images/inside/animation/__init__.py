"""Animations: frames that are laid over one another, and the part of each that is new."""

from __future__ import annotations

from .canvas import After, Area, Laid, composed, like, see_through
from .changes import Changed, changes

__all__ = ["After", "Area", "Changed", "Laid", "changes", "composed", "like", "see_through"]
