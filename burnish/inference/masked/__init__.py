"""Models that work where a mask says, and leave the rest as it is: menders, cleaners of pages."""

from __future__ import annotations

from .cleaner import Cleaner
from .masked import MARKED, Masked, given_mask, write_mask
from .mender import FindingMender, Mender

__all__ = ["MARKED", "Cleaner", "FindingMender", "Masked", "Mender", "given_mask", "write_mask"]
