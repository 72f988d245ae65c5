"""`burnish sweep`: many recipes trained and measured alike, and one page that compares them."""

from __future__ import annotations

from .plan import Point, Sweep, load
from .run import outline, remake, run

__all__ = ["Point", "Sweep", "load", "outline", "remake", "run"]
