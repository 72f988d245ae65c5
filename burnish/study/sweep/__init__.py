"""`burnish sweep`: many recipes trained and measured alike, and one page that compares them."""

from __future__ import annotations

from .places import HERE, Places
from .plan import Point, Sweep, load
from .run import outline, remake, run

__all__ = ["HERE", "Places", "Point", "Sweep", "load", "outline", "remake", "run"]
